//! Random choices that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// A number from the environment.
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, which is no number")))
}

/// Messages that a long test posts.
pub(crate) fn messages() -> usize {
    variable("CHINWAG_MESSAGES").unwrap_or(2_000) as usize
}

/// Servers that share a database of PostgreSQL; none if each test has a data folder.
pub(crate) fn nodes() -> Option<usize> {
    variable("CHINWAG_TEST_NODES").map(|nodes| nodes as usize)
}

/// The test's randomness: another each time, unless `CHINWAG_SEED` says which.
#[expect(clippy::print_stdout, reason = "whoever repeats the test needs the seed")]
pub(crate) fn random(test: &str) -> fastrand::Rng {
    let seed = variable("CHINWAG_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        u64::from(now.subsec_nanos())
    });
    println!("{test}: CHINWAG_SEED={seed} CHINWAG_MESSAGES={}", messages());
    fastrand::Rng::with_seed(seed)
}
