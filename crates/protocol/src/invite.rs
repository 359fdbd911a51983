//! Invitations into groups.

use std::fmt;

/// SHA-256 of an invitation's token; the token itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InviteHash(pub [u8; 32]);

impl fmt::Debug for InviteHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digests of secrets have no place in a log.
        f.write_str("InviteHash(..)")
    }
}

/// How long an invitation is good, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InviteTerms {
    seconds: Option<u32>,
    uses: Option<u32>,
}

impl InviteTerms {
    /// The longest that one that expires is good, in seconds: a year.
    pub const SECONDS_MAX: u32 = 365 * 24 * 60 * 60;
    /// How many may come by one that counts them.
    pub const USES_MAX: u32 = 10_000;

    /// For so many seconds and so many accounts; without a limit where there is none. None if one of them is 0 or too many.
    pub fn new(seconds: Option<u64>, uses: Option<u64>) -> Option<Self> {
        let within = |number: Option<u64>, max: u32| match number {
            None => Some(None),
            Some(number) => u32::try_from(number).ok().filter(|number| (1..=max).contains(number)).map(Some),
        };
        Some(Self { seconds: within(seconds, Self::SECONDS_MAX)?, uses: within(uses, Self::USES_MAX)? })
    }

    /// For how long, if it expires.
    pub const fn seconds(self) -> Option<u32> {
        self.seconds
    }

    /// For how many, if they are counted.
    pub const fn uses(self) -> Option<u32> {
        self.uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms() {
        let table = [
            (None, None, true),
            (Some(1), Some(1), true),
            (Some(31_536_000), Some(10_000), true),
            (Some(0), None, false),
            (None, Some(0), false),
            (Some(31_536_001), None, false),
            (None, Some(10_001), false),
            (Some(u64::MAX), None, false),
        ];
        for (seconds, uses, good) in table {
            assert_eq!(InviteTerms::new(seconds, uses).is_some(), good, "{seconds:?} {uses:?}");
        }
    }
}
