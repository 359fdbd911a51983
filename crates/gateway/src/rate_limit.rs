//! How often somebody may ask.

use std::fmt;
use std::hash::Hash;

use chinwag_sabotage::{Promise, breaks};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::generations::Generations;
use crate::options::Rate;

/// Keys that each limit remembers, twice.
const KEYS_MAX: usize = 50_000;

/// A token bucket for each key.
pub(crate) struct RateLimit<K> {
    buckets: Mutex<Generations<K, Bucket>>,
    rate: Rate,
}

/// What one key has left.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), filled: now }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * f64::from(rate.per_second);
        self.tokens = (self.tokens + gained).min(f64::from(rate.burst));
        self.filled = now;
        let is_there = self.tokens >= 1.0 || breaks(Promise::LimitRates);
        if is_there {
            self.tokens -= 1.0;
        }
        is_there
    }

    /// Puts one back that turned out not to be needed.
    fn give_back(&mut self, rate: Rate) {
        self.tokens = (self.tokens + 1.0).min(f64::from(rate.burst));
    }
}

impl<K> fmt::Debug for RateLimit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateLimit({:?})", self.rate)
    }
}

impl<K: Hash + Eq> RateLimit<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { buckets: Mutex::new(Generations::new(KEYS_MAX)), rate }
    }

    /// Counts one more; whether it comes within what is allowed. At least one a second comes back.
    pub(crate) fn take(&self, key: K, now: Instant) -> bool {
        let mut buckets = self.buckets.lock();
        buckets.entry(key, || Bucket::new(self.rate, now)).take(self.rate, now)
    }

    /// Takes back what was counted, for it turned out to be none that counts.
    pub(crate) fn give_back(&self, key: K, now: Instant) {
        let mut buckets = self.buckets.lock();
        buckets.entry(key, || Bucket::new(self.rate, now)).give_back(self.rate);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_a_rate() {
        let limit = RateLimit::new(Rate { burst: 3, per_second: 2 });
        let start = Instant::now();
        assert!((0..3).all(|_| limit.take("a", start)));
        assert!(!limit.take("a", start));
        assert!(limit.take("b", start));
        assert!(limit.take("a", start + Duration::from_millis(500)));
        assert!(!limit.take("a", start + Duration::from_millis(500)));
        let later = start + Duration::from_secs(3600);
        assert!((0..3).all(|_| limit.take("a", later)));
        assert!(!limit.take("a", later));
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let limit = RateLimit::new(Rate { burst: 2, per_second: 1 });
        let start = Instant::now();
        for _ in 0..100 {
            assert!(limit.take("a", start));
            limit.give_back("a", start);
        }
        assert!(limit.take("a", start) && limit.take("a", start));
        assert!(!limit.take("a", start));
        // Nobody gains more than a full bucket.
        limit.give_back("b", start);
        assert!(limit.take("b", start) && limit.take("b", start));
        assert!(!limit.take("b", start));
    }
}
