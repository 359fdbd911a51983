//! How often somebody may try a secret that is not theirs. Only wrong tries count.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::options::SlowRate;
use crate::slow_rate_limit::SlowRateLimit;

/// Tries at secrets of one kind, counted for whoever tries (`G`) and for each address. The first is the narrower one, so that
/// one guesser does not use up what all others at that address have.
#[derive(Debug)]
pub(crate) struct Guesses<G> {
    of_guesser: SlowRateLimit<G>,
    of_address: SlowRateLimit<IpAddr>,
}

/// A try. It counts unless it is given back.
#[derive(Debug)]
pub(crate) struct Try<G> {
    guesser: G,
    address: Option<IpAddr>,
}

/// Whose wrong tries there were too many of, and in how long there may be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMany {
    OfGuesser(Duration),
    OfAddress(Duration),
}

impl<G: Hash + Eq + Clone> Guesses<G> {
    pub(crate) fn new(of_guesser: SlowRate, of_address: SlowRate) -> Self {
        Self { of_guesser: SlowRateLimit::new(of_guesser), of_address: SlowRateLimit::new(of_address) }
    }

    /// Counts one more, by address as well if there is one.
    pub(crate) fn take(&self, guesser: G, address: Option<IpAddr>, now: Instant) -> Result<Try<G>, TooMany> {
        self.of_guesser.take(guesser.clone(), now).map_err(TooMany::OfGuesser)?;
        if let Some(address) = address
            && let Err(wait) = self.of_address.take(address, now)
        {
            self.of_guesser.give_back(guesser, now);
            return Err(TooMany::OfAddress(wait));
        }
        Ok(Try { guesser, address })
    }

    /// What was tried was right, or nobody knows.
    pub(crate) fn give_back(&self, tried: Try<G>, now: Instant) {
        self.of_guesser.give_back(tried.guesser, now);
        if let Some(address) = tried.address {
            self.of_address.give_back(address, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(30);

    #[test]
    fn one_guesser_leaves_something_to_others_at_its_address() {
        let guesses = Guesses::new(SlowRate { burst: 2, every: EVERY }, SlowRate { burst: 3, every: EVERY });
        let (start, home) = (Instant::now(), Some(IpAddr::from([192, 0, 2, 1])));
        for _ in 0..10 {
            let _ = guesses.take("eve", home, start);
        }
        assert_eq!(guesses.take("eve", home, start).unwrap_err(), TooMany::OfGuesser(EVERY));
        let right = guesses.take("ada", home, start).unwrap();
        guesses.give_back(right, start);
        assert!(guesses.take("ada", home, start).is_ok());
        assert_eq!(guesses.take("ada", home, start).unwrap_err(), TooMany::OfAddress(EVERY));
        // What the address did not allow is not held against who asked.
        assert!(guesses.take("ada", None, start).is_ok());
        assert!(guesses.take("bob", Some(IpAddr::from([192, 0, 2, 2])), start).is_ok());
    }
}
