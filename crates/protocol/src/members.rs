//! Those whom a command names.

use crate::AccountId;

/// Accounts that one command names: 1 to 100, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountList(Vec<AccountId>);

impl AccountList {
    /// How many one command may name.
    pub const ACCOUNTS_MAX: usize = 100;

    /// In the order in which they are named; none if they are none or too many. A repeated one counts, but stands once.
    pub fn new(accounts: Vec<AccountId>) -> Option<Self> {
        if accounts.is_empty() || accounts.len() > Self::ACCOUNTS_MAX {
            return None;
        }
        let mut once: Vec<AccountId> = Vec::with_capacity(accounts.len());
        for account in accounts {
            if !once.contains(&account) {
                once.push(account);
            }
        }
        Some(Self(once))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = AccountId> {
        self.0.iter().copied()
    }
}

/// How long a member writes nothing: 1 second to a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MuteSeconds(u32);

impl MuteSeconds {
    /// The longest.
    pub const MAX: u32 = 365 * 24 * 60 * 60;

    /// So many; none if that is nothing or more than [`MuteSeconds::MAX`].
    pub fn new(seconds: u64) -> Option<Self> {
        u32::try_from(seconds).ok().filter(|seconds| (1..=Self::MAX).contains(seconds)).map(Self)
    }

    /// The seconds.
    pub const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let id = |number: u8| AccountId::from_bytes([number; 16]);
        assert_eq!(AccountList::new(Vec::new()), None);
        let list = AccountList::new(vec![id(2), id(1), id(2)]).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), [id(2), id(1)]);
        assert!(AccountList::new((0..100).map(id).collect()).is_some());
        assert_eq!(AccountList::new((0..101).map(id).collect()), None);
    }

    #[test]
    fn mutes() {
        assert_eq!(MuteSeconds::new(0), None);
        assert_eq!(MuteSeconds::new(31_536_000).map(MuteSeconds::get), Some(31_536_000));
        assert_eq!(MuteSeconds::new(31_536_001), None);
        assert_eq!(MuteSeconds::new(u64::MAX), None);
    }
}
