//! How often somebody may try what few people do more than once.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use chinwag_sabotage::{Promise, breaks};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::generations::Generations;
use crate::options::SlowRate;

/// Keys that each limit remembers, twice.
const KEYS_MAX: usize = 50_000;

/// A token bucket for each key, which says how long it takes until there is another token.
pub(crate) struct SlowRateLimit<K> {
    buckets: Mutex<Generations<K, Bucket>>,
    rate: SlowRate,
}

/// What one key has left: the bucket is full at this moment.
struct Bucket {
    full: Instant,
}

impl<K> fmt::Debug for SlowRateLimit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlowRateLimit({:?})", self.rate)
    }
}

impl<K: Hash + Eq> SlowRateLimit<K> {
    pub(crate) fn new(rate: SlowRate) -> Self {
        Self { buckets: Mutex::new(Generations::new(KEYS_MAX)), rate }
    }

    /// Counts one more, or says in how long there may be one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let SlowRate { burst, every } = self.rate;
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(key, || Bucket { full: now });
        let full = bucket.full.max(now) + every;
        let wait = full.saturating_duration_since(now + every * burst);
        if wait.is_zero() || breaks(Promise::LimitRates) {
            bucket.full = full;
            Ok(())
        } else {
            Err(wait)
        }
    }

    /// Takes back what was counted, for it turned out to be none that counts.
    pub(crate) fn give_back(&self, key: K, now: Instant) {
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(key, || Bucket { full: now });
        bucket.full = bucket.full.checked_sub(self.rate.every).unwrap_or(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_in_a_while() {
        let every = Duration::from_secs(30);
        let limit = SlowRateLimit::new(SlowRate { burst: 5, every });
        let start = Instant::now();
        assert!((0..5).all(|_| limit.take("a", start).is_ok()));
        assert_eq!(limit.take("a", start), Err(every));
        assert_eq!(limit.take("a", start + Duration::from_secs(20)), Err(Duration::from_secs(10)));
        assert!(limit.take("b", start).is_ok());
        assert!(limit.take("a", start + every).is_ok());
        assert_eq!(limit.take("a", start + every), Err(every));
        let later = start + Duration::from_secs(3600);
        assert!((0..5).all(|_| limit.take("a", later).is_ok()));
        assert!(limit.take("a", later).is_err());
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let limit = SlowRateLimit::new(SlowRate { burst: 2, every: Duration::from_secs(30) });
        let start = Instant::now();
        for _ in 0..100 {
            assert!(limit.take("a", start).is_ok());
            limit.give_back("a", start);
        }
        assert!(limit.take("a", start).is_ok() && limit.take("a", start).is_ok());
        assert!(limit.take("a", start).is_err());
        // Nobody gains more than a full bucket.
        limit.give_back("b", start);
        assert!((0..2).all(|_| limit.take("b", start).is_ok()));
        assert!(limit.take("b", start).is_err());
    }
}
