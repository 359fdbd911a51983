//! For whom a stream or a poll reads.

use chinwag_protocol::{AccountId, Actor};

/// One device, or one of each of several accounts that a browser is signed in as. One is the usual case, and takes no memory
/// beside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actors(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    One(Actor),
    /// In the order of the accounts' ids, each once.
    Several(Box<[Actor]>),
}

impl Actors {
    /// Of these; of two of one account the first counts. `None` if there is none.
    pub fn new(mut actors: Vec<Actor>) -> Option<Self> {
        actors.sort_by_key(|actor| actor.account);
        actors.dedup_by_key(|actor| actor.account);
        match actors[..] {
            [] => None,
            [actor] => Some(actor.into()),
            [_, _, ..] => Some(Self(Kept::Several(actors.into()))),
        }
    }

    /// All of them, in the order of the accounts' ids.
    pub fn as_slice(&self) -> &[Actor] {
        match &self.0 {
            Kept::One(actor) => std::slice::from_ref(actor),
            Kept::Several(actors) => actors,
        }
    }

    /// The one whose account's id comes first.
    pub fn first(&self) -> Actor {
        match &self.0 {
            Kept::One(actor) => *actor,
            Kept::Several(actors) => actors[0],
        }
    }

    /// The one of this account.
    pub fn of(&self, account: AccountId) -> Option<Actor> {
        self.as_slice().iter().copied().find(|actor| actor.account == account)
    }

    /// The only one, if it is.
    pub fn only(&self) -> Option<Actor> {
        match self.as_slice() {
            [actor] => Some(*actor),
            _ => None,
        }
    }
}

impl From<Actor> for Actors {
    fn from(actor: Actor) -> Self {
        Self(Kept::One(actor))
    }
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::DeviceId;

    use super::*;

    fn actor(account: u8, device: u8) -> Actor {
        Actor { account: AccountId::from_bytes([account; 16]), device: DeviceId::from_bytes([device; 16]) }
    }

    #[test]
    fn are_a_set_of_accounts_in_their_order() {
        assert_eq!(Actors::new(Vec::new()), None);
        assert_eq!(Actors::new(vec![actor(1, 7)]), Some(actor(1, 7).into()));
        assert_eq!(Actors::new(vec![actor(1, 7), actor(1, 8)]), Some(actor(1, 7).into()));
        let two = Actors::new(vec![actor(2, 8), actor(1, 7), actor(2, 9)]).unwrap();
        assert_eq!(two.as_slice(), [actor(1, 7), actor(2, 8)]);
        assert_eq!((two.first(), two.only()), (actor(1, 7), None));
        assert_eq!(two.of(actor(2, 0).account), Some(actor(2, 8)));
        assert_eq!(two.of(actor(3, 0).account), None);
        assert_eq!(Actors::from(actor(1, 7)).only(), Some(actor(1, 7)));
    }
}
