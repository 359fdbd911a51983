//! When messages are due in an open loop: drawn before the run, so that no answer can move it.

use std::time::Duration;

/// Times at which messages are due, counted from the beginning of the run, rising without end. Drawn as a Poisson process:
/// the times between are exponentially distributed, as those of many people who know nothing of each other.
#[derive(Debug, Clone)]
pub struct Schedule {
    random: fastrand::Rng,
    mean_seconds: f64,
    due_seconds: f64,
}

impl Schedule {
    /// So many messages a second. The same seed gives the same times.
    pub fn new(per_second: f64, seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), mean_seconds: 1.0 / per_second, due_seconds: 0.0 }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        // Of 1 - [0, 1), so that its logarithm is finite.
        self.due_seconds += -(1.0 - self.random.f64()).ln() * self.mean_seconds;
        Duration::try_from_secs_f64(self.due_seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_the_spread_are_those_of_a_poisson_process() {
        let due: Vec<Duration> = Schedule::new(1_000.0, 1).take(100_000).collect();
        assert!(due.is_sorted());
        let seconds = due[99_999].as_secs_f64();
        assert!((99.0..101.0).contains(&seconds), "100,000 at 1,000/s took {seconds} s");
        // A time between is longer than the mean with the probability 1/e.
        let long = due.windows(2).filter(|pair| pair[1] - pair[0] > Duration::from_millis(1)).count();
        assert!((36_300..37_300).contains(&long), "{long}");
    }

    #[test]
    fn a_seed_gives_the_same_times_again() {
        let draw = |seed| Schedule::new(50.0, seed).take(100).collect::<Vec<_>>();
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
