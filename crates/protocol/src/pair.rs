//! The two of a direct chat.

use crate::AccountId;

/// Two accounts in no order; both may be the same one, which keeps notes to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    lower: AccountId,
    higher: AccountId,
}

impl Pair {
    /// The two, whoever is named first.
    pub fn of(one: AccountId, other: AccountId) -> Self {
        Self { lower: one.min(other), higher: one.max(other) }
    }

    /// What only their conversation is found by. No slug looks like it: none has a colon.
    pub fn key(&self) -> String {
        format!("direct:{}:{}", self.lower, self.higher)
    }

    /// The pair of a [`Pair::key`]; none if it is no such key.
    pub fn from_key(key: &str) -> Option<Self> {
        let (lower, higher) = key.strip_prefix("direct:")?.split_once(':')?;
        let pair = Self { lower: lower.parse().ok()?, higher: higher.parse().ok()? };
        (pair.lower <= pair.higher && pair.key() == key).then_some(pair)
    }

    /// The other of the two; none for who keeps notes, and for who is neither.
    pub fn other(&self, account: AccountId) -> Option<AccountId> {
        match (self.lower == account, self.higher == account) {
            (true, false) => Some(self.higher),
            (false, true) => Some(self.lower),
            _ => None,
        }
    }

    /// Whom an account of the two talks to: the other, or itself.
    pub fn peer(&self, account: AccountId) -> AccountId {
        self.other(account).unwrap_or(account)
    }

    /// Both; of notes, one.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        let higher = (self.higher != self.lower).then_some(self.higher);
        std::iter::once(self.lower).chain(higher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_no_order_and_one_key() {
        let (a, b) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let pair = Pair::of(b, a);
        assert_eq!(pair, Pair::of(a, b));
        let key = "direct:01010101-0101-0101-0101-010101010101:02020202-0202-0202-0202-020202020202";
        assert_eq!(pair.key(), key);
        assert_eq!(Pair::from_key(key), Some(pair));
        assert_eq!((pair.other(a), pair.other(b)), (Some(b), Some(a)));
        assert_eq!(pair.accounts().collect::<Vec<_>>(), [a, b]);
        let notes = Pair::of(a, a);
        assert_eq!((notes.other(a), notes.peer(a)), (None, a));
        assert_eq!(notes.accounts().collect::<Vec<_>>(), [a]);
        assert_eq!(Pair::from_key(&notes.key()), Some(notes));
        for wrong in ["tea", "direct:", "direct:1:2", &format!("direct:{b}:{a}"), &key.replace("-", "")] {
            assert_eq!(Pair::from_key(wrong), None, "{wrong}");
        }
    }
}
