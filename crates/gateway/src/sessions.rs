//! Who tokens belong to, remembered so that a request need not ask the store.

use std::collections::HashMap;
use std::sync::Arc;

use chinwag_chat::TokenHash;
use chinwag_protocol::{Actor, Body, DeviceId, Event};
use chinwag_sabotage::{Promise, breaks};
use chinwag_store::Tail;
use parking_lot::Mutex;

/// Sessions in one generation; two are kept.
const GENERATION_MAX: usize = 50_000;

/// A bounded memory of sessions that the log's tail keeps right. It holds nothing of an account but its id, so that no change
/// of an account makes it wrong.
///
/// It must be part of the tail that the store's writer publishes to: a device's removal is forgotten here before the removal
/// is answered.
#[derive(Default)]
pub struct Sessions(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    young: Generation,
    /// What was not asked for since the young generation began; thrown away when that is full.
    old: Generation,
    /// Devices removed so far.
    removals: u64,
}

/// Both maps always hold the same devices.
#[derive(Default)]
struct Generation {
    sessions: HashMap<TokenHash, Actor>,
    tokens: HashMap<DeviceId, TokenHash>,
}

/// A moment in the order of removals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions(..)")
    }
}

impl Sessions {
    /// Remembers nothing yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The session of a token; else the moment to give to [`Self::remember`] with what the store says.
    pub(crate) fn find(&self, token: TokenHash) -> Result<Actor, Moment> {
        let mut memory = self.0.lock();
        if let Some(session) = memory.young.sessions.get(&token) {
            return Ok(*session);
        }
        let Some(session) = memory.old.sessions.get(&token).copied() else {
            return Err(Moment(memory.removals));
        };
        memory.old.remove(session.device);
        memory.insert(token, session);
        Ok(session)
    }

    /// Remembers what the store said after `asked`, or says that it must be asked again: a device was removed since, which may
    /// be this one, and the store may have answered before.
    #[must_use]
    pub(crate) fn remember(&self, asked: Moment, token: TokenHash, session: Actor) -> bool {
        let mut memory = self.0.lock();
        let holds = asked == Moment(memory.removals);
        if holds {
            memory.insert(token, session);
        }
        holds
    }
}

impl Tail for Sessions {
    fn publish(&self, events: &[Event]) {
        let removed = events.iter().filter_map(|event| match event.body {
            Body::DeviceRemoved { device, .. } => Some(device),
            _ => None,
        });
        for device in removed.filter(|_| !breaks(Promise::ForgetSessions)) {
            let mut memory = self.0.lock();
            memory.removals += 1;
            memory.young.remove(device);
            memory.old.remove(device);
        }
    }
}

impl Memory {
    fn insert(&mut self, token: TokenHash, session: Actor) {
        if self.young.sessions.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.tokens.insert(session.device, token);
        self.young.sessions.insert(token, session);
    }
}

impl Generation {
    fn remove(&mut self, device: DeviceId) {
        if let Some(token) = self.tokens.remove(&device) {
            self.sessions.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::{AccountId, Pos, Seq, Timestamp};

    use super::*;

    fn session(number: u64) -> (TokenHash, Actor) {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let account = AccountId::from_bytes(bytes);
        let actor = Actor { account, device: DeviceId::from_bytes(bytes) };
        let mut token = [0; 32];
        token[..8].copy_from_slice(&number.to_be_bytes());
        (TokenHash(token), actor)
    }

    fn removal(session: Actor) -> Event {
        Event {
            pos: Pos::new(1),
            seq: Seq::new(1),
            at: Timestamp::from_millis(0),
            body: Body::DeviceRemoved { account: session.account, device: session.device },
        }
    }

    #[test]
    fn a_removal_forgets_the_session() {
        let sessions = Sessions::new();
        let (token, ada) = session(1);
        let moment = sessions.find(token).unwrap_err();
        assert!(sessions.remember(moment, token, ada));
        assert_eq!(sessions.find(token), Ok(ada));
        sessions.publish(&[removal(ada)]);
        assert!(sessions.find(token).is_err());
    }

    #[test]
    fn an_answer_that_a_removal_overtook_is_not_remembered() {
        let sessions = Sessions::new();
        let (token, ada) = session(1);
        let moment = sessions.find(token).unwrap_err();
        sessions.publish(&[removal(ada)]);
        assert!(!sessions.remember(moment, token, ada));
        assert!(sessions.find(token).is_err());
    }

    #[test]
    fn is_bounded_keeps_what_is_used_and_forgets_it_when_removed() {
        let sessions = Sessions::new();
        let (token, ada) = session(0);
        for number in 0..5 * GENERATION_MAX as u64 {
            let (token, session) = session(number);
            let moment = sessions.find(token).unwrap_err();
            assert!(sessions.remember(moment, token, session));
            if number % 1_000 == 0 {
                assert!(sessions.find(token_of(0)).is_ok());
            }
        }
        {
            let memory = sessions.0.lock();
            for generation in [&memory.young, &memory.old] {
                assert!(generation.sessions.len() <= GENERATION_MAX);
                assert_eq!(generation.sessions.len(), generation.tokens.len());
            }
        }
        assert!(sessions.find(token).is_ok());
        sessions.publish(&[removal(ada)]);
        assert!(sessions.find(token).is_err());
    }

    fn token_of(number: u64) -> TokenHash {
        session(number).0
    }
}
