//! One-time tickets, for readers that can send neither a header nor a cookie.

use std::collections::{HashMap, VecDeque};

use chinwag_chat::TokenHash;
use chinwag_protocol::{AccountId, Timestamp};
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

/// An account that a ticket reads for, and the token of its device; none if there was none already.
pub(crate) type Holder = (AccountId, Option<TokenHash>);

#[derive(Debug, Default)]
struct Given {
    /// By the hash of each ticket, what it stands for.
    holders: HashMap<TokenHash, (Vec<Holder>, Timestamp)>,
    /// By token, how many there are.
    counts: HashMap<TokenHash, u32>,
    /// In the order in which they expire.
    order: VecDeque<(Timestamp, TokenHash)>,
}

impl Tickets {
    pub(crate) fn new(per_device_max: u32, max: usize) -> Self {
        Self { given: Mutex::default(), per_device_max, max }
    }

    /// Gives a ticket for these at `now`. It counts for each of the devices.
    pub(crate) fn give(&self, ticket: TokenHash, holders: Vec<Holder>, now: Timestamp) -> Result<(), Full> {
        let mut given = self.given.lock();
        given.forget_expired(now);
        if given.order.len() >= self.max {
            return Err(Full::All);
        }
        let count = |token: &TokenHash| given.counts.get(token).copied().unwrap_or_default();
        if tokens(&holders).any(|token| count(&token) >= self.per_device_max) {
            return Err(Full::Device);
        }
        for token in tokens(&holders) {
            *given.counts.entry(token).or_default() += 1;
        }
        let expires = Timestamp::from_millis(now.as_millis() + i64::from(LIFETIME_SECONDS) * 1000);
        given.holders.insert(ticket, (holders, expires));
        given.order.push_back((expires, ticket));
        Ok(())
    }

    /// Takes a ticket, which is then used up: what it stands for.
    pub(crate) fn redeem(&self, ticket: TokenHash, now: Timestamp) -> Option<Vec<Holder>> {
        let (holders, expires) = self.given.lock().take(ticket)?;
        (now < expires).then_some(holders)
    }
}

fn tokens(holders: &[Holder]) -> impl Iterator<Item = TokenHash> {
    holders.iter().filter_map(|(_, token)| *token)
}

impl Given {
    fn forget_expired(&mut self, now: Timestamp) {
        while let Some(&(expires, ticket)) = self.order.front()
            && (expires <= now || !self.holders.contains_key(&ticket))
        {
            self.order.pop_front();
            let _ = self.take(ticket);
        }
    }

    fn take(&mut self, ticket: TokenHash) -> Option<(Vec<Holder>, Timestamp)> {
        let (holders, expires) = self.holders.remove(&ticket)?;
        for token in tokens(&holders) {
            if let Some(count) = self.counts.get_mut(&token) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&token);
                }
            }
        }
        Some((holders, expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: TokenHash = TokenHash([9; 32]);

    fn of(tokens: &[TokenHash]) -> Vec<Holder> {
        let account = |token: &TokenHash| AccountId::from_bytes([token.0[0]; 16]);
        tokens.iter().map(|token| (account(token), Some(*token))).collect()
    }

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
        tickets.give(ticket(1), of(&[TOKEN]), at(0)).unwrap();
        tickets.give(ticket(2), of(&[TOKEN]), at(0)).unwrap();
        assert_eq!(tickets.redeem(ticket(1), at(29)), Some(of(&[TOKEN])));
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
            tickets.give(ticket(number), of(&[other(number)]), at(0)).unwrap();
        }
        assert_eq!(tickets.give(ticket(MAX), of(&[TOKEN]), at(29)), Err(Full::All));
        tickets.give(ticket(MAX), of(&[TOKEN]), at(30)).unwrap();
        let given = tickets.given.lock();
        assert_eq!((given.holders.len(), given.order.len(), given.counts.len()), (1, 1, 1));
    }

    #[test]
    fn one_device_cannot_have_them_all() {
        let tickets = Tickets::new(2, 10);
        for number in [1, 2] {
            tickets.give(ticket(number), of(&[TOKEN]), at(0)).unwrap();
        }
        assert_eq!(tickets.give(ticket(3), of(&[TOKEN]), at(1)), Err(Full::Device));
        tickets.give(ticket(3), of(&[TokenHash([8; 32])]), at(1)).unwrap();
        assert_eq!(tickets.redeem(ticket(1), at(2)), Some(of(&[TOKEN])));
        tickets.give(ticket(4), of(&[TOKEN]), at(2)).unwrap();
        // Those that were not used run out.
        tickets.give(ticket(5), of(&[TOKEN]), at(31)).unwrap();
    }

    #[test]
    fn one_of_several_accounts_counts_for_each() {
        let tickets = Tickets::new(1, 10);
        let other = TokenHash([8; 32]);
        let gone = (AccountId::from_bytes([7; 16]), None);
        let both = [of(&[TOKEN, other]), vec![gone]].concat();
        tickets.give(ticket(1), both.clone(), at(0)).unwrap();
        for token in [TOKEN, other] {
            assert_eq!(tickets.give(ticket(2), of(&[token]), at(0)), Err(Full::Device));
        }
        assert_eq!(tickets.redeem(ticket(1), at(0)), Some(both));
        tickets.give(ticket(2), of(&[TOKEN]), at(0)).unwrap();
        // Who is refused for one does not count for the other.
        assert_eq!(tickets.give(ticket(3), of(&[other, TOKEN]), at(0)), Err(Full::Device));
        tickets.give(ticket(4), of(&[other]), at(0)).unwrap();
    }
}
