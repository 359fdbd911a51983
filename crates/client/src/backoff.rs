//! When to try again: full jitter, so that clients that were dropped together do not come back together.

use std::fmt;
use std::time::Duration;

/// A source of randomness: evenly from 0 to 1, 1 excluded.
pub type Random = Box<dyn FnMut() -> f64 + Send>;

/// The system's randomness.
pub fn system_random() -> Random {
    Box::new(|| {
        // A system without randomness still reconnects, in the middle of the window.
        let bits = getrandom::u64().unwrap_or(1 << 63);
        (bits >> 11) as f64 / (1u64 << 53) as f64
    })
}

/// The first window, and the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffOptions {
    /// Window after the first failure; doubles with each one more.
    pub first: Duration,
    /// The window grows no longer than this.
    pub longest: Duration,
}

impl Default for BackoffOptions {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_secs(30) }
    }
}

/// Counts failures and draws the wait after each.
pub struct Backoff {
    options: BackoffOptions,
    random: Random,
    failures: u32,
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("options", &self.options)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl Backoff {
    /// Without failures so far.
    pub fn new(options: BackoffOptions, random: Random) -> Self {
        Self { options, random, failures: 0 }
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Something worked: the next failure is the first again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Something failed: how long to wait before the next try.
    pub fn failed(&mut self) -> Duration {
        let growth = 1u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        self.within(self.options.first.saturating_mul(growth).min(self.options.longest))
    }

    /// A moment of a window that someone else has named.
    pub fn within(&mut self, window: Duration) -> Duration {
        window.mul_f64((self.random)().clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(fraction: f64) -> Backoff {
        Backoff::new(BackoffOptions::default(), Box::new(move || fraction))
    }

    #[test]
    fn windows_double_up_to_thirty_seconds() {
        let mut backoff = at(0.5);
        for seconds in [1, 2, 4, 8, 15, 15, 15] {
            assert_eq!(backoff.failed(), Duration::from_secs(seconds));
        }
        backoff.succeeded();
        assert_eq!(backoff.failed(), Duration::from_secs(1));
    }

    #[test]
    fn many_failures_do_not_overflow() {
        let mut backoff = at(0.5);
        for _ in 0..100 {
            assert!(backoff.failed() <= Duration::from_secs(15));
        }
        assert_eq!(backoff.failures(), 100);
    }

    #[test]
    fn the_whole_window_is_used() {
        assert_eq!(at(0.0).failed(), Duration::ZERO);
        assert!(at(0.999).failed() > Duration::from_millis(1_990));
    }

    #[test]
    fn clients_that_were_dropped_together_come_back_evenly() {
        // Ten evenly spaced draws for each tenth of a second: a cap that piled them up would show.
        for (failures, window_ms) in [(0u32, 2_000u32), (1, 4_000), (4, 30_000), (9, 30_000)] {
            let clients = window_ms / 10;
            let mut counts = vec![0u32; (window_ms / 100) as usize];
            for client in 0..clients {
                let fraction = (f64::from(client) + 0.5) / f64::from(clients);
                let mut backoff = at(fraction);
                for _ in 0..failures {
                    backoff.failed();
                }
                counts[(backoff.failed().as_millis() / 100) as usize] += 1;
            }
            assert!(counts.iter().all(|&count| count == 10), "after {failures} failures: {counts:?}");
        }
    }
}
