//! How much is tried, and with which random choices.

/// A number from the environment.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(variable) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, which is no number"))
}

/// A test's randomness: the same each time, unless `CHINWAG_SEED` is set.
pub(crate) fn random(test: &str) -> fastrand::Rng {
    let seed = number("CHINWAG_SEED", 1);
    // Each test has another sequence.
    fastrand::Rng::with_seed(test.bytes().fold(seed, |seed, byte| seed.wrapping_mul(31) ^ u64::from(byte)))
}

/// A line that the long set makes its figures from.
#[expect(clippy::print_stdout, reason = "the long set reads it")]
pub(crate) fn figure(name: &str, value: u64) {
    println!("figure {name} {value}");
}
