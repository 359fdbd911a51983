//! One-time tickets, for readers that can send neither a header nor a cookie.

use std::collections::{HashMap, VecDeque};

use chinwag_chat::TokenHash;
use chinwag_protocol::Timestamp;
use parking_lot::Mutex;

/// Seconds that a ticket lives.
pub(crate) const LIFETIME_SECONDS: u32 = 30;
/// Tickets that were given and not used. They live in memory: a restart voids them, and a new one costs a request.
#[derive(Debug)]
pub(crate) struct Tickets {
    given: Mutex<Given>,
    per_device_max: u32,
    max: usize,
}

/// Why there is no more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The device has too many.
    Device,
    /// All devices together have.
    All,
}

#[derive(Debug, Default)]
struct Given {
    /// By the hash of each ticket, the token that it stands for.
    tokens: HashMap<TokenHash, (TokenHash, Timestamp)>,
    /// By token, how many there are.
    counts: HashMap<TokenHash, u32>,
    /// In the order in which they expire.
    order: VecDeque<(Timestamp, TokenHash)>,
}

impl Tickets {
    pub(crate) fn new(per_device_max: u32, max: usize) -> Self {
        Self { given: Mutex::default(), per_device_max, max }
    }

    /// Gives a ticket for a token at `now`.
    pub(crate) fn give(&self, ticket: TokenHash, token: TokenHash, now: Timestamp) -> Result<(), Full> {
        let mut given = self.given.lock();
        given.forget_expired(now);
        if given.order.len() >= self.max {
            return Err(Full::All);
        }
        let count = given.counts.entry(token).or_default();
        if *count >= self.per_device_max {
            return Err(Full::Device);
        }
        *count += 1;
        let expires = Timestamp::from_millis(now.as_millis() + i64::from(LIFETIME_SECONDS) * 1000);
        given.tokens.insert(ticket, (token, expires));
        given.order.push_back((expires, ticket));
        Ok(())
    }

    /// Takes a ticket, which is then used up: the token that it stands for.
    pub(crate) fn redeem(&self, ticket: TokenHash, now: Timestamp) -> Option<TokenHash> {
        let (token, expires) = self.given.lock().take(ticket)?;
        (now < expires).then_some(token)
    }
}

impl Given {
    fn forget_expired(&mut self, now: Timestamp) {
        while let Some(&(expires, ticket)) = self.order.front()
            && (expires <= now || !self.tokens.contains_key(&ticket))
        {
            self.order.pop_front();
            let _ = self.take(ticket);
        }
    }

    fn take(&mut self, ticket: TokenHash) -> Option<(TokenHash, Timestamp)> {
        let (token, expires) = self.tokens.remove(&ticket)?;
        if let Some(count) = self.counts.get_mut(&token) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&token);
            }
        }
        Some((token, expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: TokenHash = TokenHash([9; 32]);

    fn ticket(number: usize) -> TokenHash {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        TokenHash(bytes)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1000)
    }

    #[test]
    fn is_good_once_and_for_half_a_minute() {
        let tickets = Tickets::new(10, 10);
        tickets.give(ticket(1), TOKEN, at(0)).unwrap();
        tickets.give(ticket(2), TOKEN, at(0)).unwrap();
        assert_eq!(tickets.redeem(ticket(1), at(29)), Some(TOKEN));
        assert_eq!(tickets.redeem(ticket(1), at(29)), None);
        assert_eq!(tickets.redeem(ticket(2), at(30)), None);
        assert_eq!(tickets.redeem(ticket(3), at(0)), None);
    }

    #[test]
    fn is_bounded_and_has_room_again() {
        const MAX: usize = 10;
        let tickets = Tickets::new(5, MAX);
        let other = |number: usize| TokenHash([number as u8 / 4; 32]);
        for number in 0..MAX {
            tickets.give(ticket(number), other(number), at(0)).unwrap();
        }
        assert_eq!(tickets.give(ticket(MAX), TOKEN, at(29)), Err(Full::All));
        tickets.give(ticket(MAX), TOKEN, at(30)).unwrap();
        let given = tickets.given.lock();
        assert_eq!((given.tokens.len(), given.order.len(), given.counts.len()), (1, 1, 1));
    }

    #[test]
    fn one_device_cannot_have_them_all() {
        let tickets = Tickets::new(2, 10);
        for number in [1, 2] {
            tickets.give(ticket(number), TOKEN, at(0)).unwrap();
        }
        assert_eq!(tickets.give(ticket(3), TOKEN, at(1)), Err(Full::Device));
        tickets.give(ticket(3), TokenHash([8; 32]), at(1)).unwrap();
        assert_eq!(tickets.redeem(ticket(1), at(2)), Some(TOKEN));
        tickets.give(ticket(4), TOKEN, at(2)).unwrap();
        // Those that were not used run out.
        tickets.give(ticket(5), TOKEN, at(31)).unwrap();
    }
}
