//! One-time tickets, for readers that can send neither a header nor a cookie.

use std::collections::{HashMap, VecDeque};

use chinwag_chat::TokenHash;
use chinwag_protocol::{Code, Problem, Timestamp};
use parking_lot::Mutex;

/// Seconds that a ticket lives.
pub(crate) const LIFETIME_SECONDS: u32 = 30;
/// Tickets that were not used yet; one more is refused.
const TICKETS_MAX: usize = 10_000;

/// Tickets that were given and not used. They live in memory: a restart voids them, and a new one costs a request.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<Given>);

#[derive(Debug, Default)]
struct Given {
    /// By the hash of each ticket, the token that it stands for.
    tokens: HashMap<TokenHash, (TokenHash, Timestamp)>,
    /// In the order in which they expire.
    order: VecDeque<(Timestamp, TokenHash)>,
}

impl Tickets {
    /// Gives a ticket for a token at `now`.
    pub(crate) fn give(&self, ticket: TokenHash, token: TokenHash, now: Timestamp) -> Result<(), Problem> {
        let mut given = self.0.lock();
        given.forget_expired(now);
        if given.order.len() >= TICKETS_MAX {
            let detail = "There are too many tickets that were not used. Try again in a moment.";
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(LIFETIME_SECONDS));
        }
        let expires = Timestamp::from_millis(now.as_millis() + i64::from(LIFETIME_SECONDS) * 1000);
        given.tokens.insert(ticket, (token, expires));
        given.order.push_back((expires, ticket));
        Ok(())
    }

    /// Takes a ticket, which is then used up: the token that it stands for.
    pub(crate) fn redeem(&self, ticket: TokenHash, now: Timestamp) -> Option<TokenHash> {
        let (token, expires) = self.0.lock().tokens.remove(&ticket)?;
        (now < expires).then_some(token)
    }
}

impl Given {
    fn forget_expired(&mut self, now: Timestamp) {
        while let Some(&(expires, ticket)) = self.order.front()
            && (expires <= now || !self.tokens.contains_key(&ticket))
        {
            self.order.pop_front();
            self.tokens.remove(&ticket);
        }
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
        let tickets = Tickets::default();
        tickets.give(ticket(1), TOKEN, at(0)).unwrap();
        tickets.give(ticket(2), TOKEN, at(0)).unwrap();
        assert_eq!(tickets.redeem(ticket(1), at(29)), Some(TOKEN));
        assert_eq!(tickets.redeem(ticket(1), at(29)), None);
        assert_eq!(tickets.redeem(ticket(2), at(30)), None);
        assert_eq!(tickets.redeem(ticket(3), at(0)), None);
    }

    #[test]
    fn is_bounded_and_has_room_again() {
        let tickets = Tickets::default();
        for number in 0..TICKETS_MAX {
            tickets.give(ticket(number), TOKEN, at(0)).unwrap();
        }
        let refused = tickets.give(ticket(TICKETS_MAX), TOKEN, at(29)).unwrap_err();
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::TooManyRequests, Some(30)));
        tickets.give(ticket(TICKETS_MAX), TOKEN, at(30)).unwrap();
        let given = tickets.0.lock();
        assert_eq!((given.tokens.len(), given.order.len()), (1, 1));
    }
}
