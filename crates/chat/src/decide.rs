//! From a request to events, or a refusal.

use chinwag_protocol::{
    AccountId, Actor, Code, Command, Conversation, DeviceId, Event, Name, Pos, Problem, Role, Sender, Seq,
    Timestamp,
};
use chinwag_sabotage::{Promise, breaks};

use crate::command::{
    accept, block, create_guest, delete_message, leave, open_direct, open_room, send_message, sign_out,
    unblock,
};
use crate::request::{Idempotency, Request, RequestHash, Salt, TokenHash};
use crate::state::{Need, State};

/// The function that the log's writer is handed.
pub type Decide = fn(&State, &Request, Timestamp) -> Result<Decision, Problem>;

/// What follows from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Appended in this order; none if nothing changes.
    pub appends: Vec<Append>,
    /// The answer once they are durable.
    pub reply: Reply,
}

/// An event, and what the store keeps beside it that no reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// What readers see.
    pub event: Event,
    /// What only the store sees.
    pub private: Private,
}

/// What is kept beside an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Private {
    /// Nothing.
    Nothing,
    /// Of a message.
    Sent {
        /// Tells a retry from another request under the same `client_id`.
        hash: RequestHash,
    },
    /// Of a new conversation.
    Conversation {
        /// Who owns it.
        owner: AccountId,
    },
    /// Of a new guest.
    Guest {
        /// As typed.
        name: Name,
        /// Whether the name may be taken for another.
        lookalike: bool,
        /// Of the device's token.
        token: TokenHash,
        /// Makes retries get the first answer.
        idempotency: Option<Idempotency>,
        /// When `idempotency` is forgotten.
        expires: Timestamp,
    },
}

/// The answer to a request that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A guest was made, now or by the first request under this key.
    Guest {
        /// Its account.
        account: AccountId,
        /// Its device.
        device: DeviceId,
        /// What its token is derived with, if the request had an idempotency key.
        salt: Option<Salt>,
    },
    /// The room is open to the account.
    Room {
        /// Which.
        conversation: Conversation,
        /// As what.
        role: Role,
        /// Whether this request made it.
        created: bool,
    },
    /// A row of a timeline is stored, now or by the first request of its kind.
    Stored {
        /// Which row.
        seq: Seq,
        /// Its place in the log.
        pos: Pos,
        /// When.
        at: Timestamp,
    },
    /// It is so, now or already.
    Done,
    /// The direct chat is open to the account.
    Direct {
        /// Which.
        conversation: Conversation,
        /// Whom the account talks to there.
        peer: Sender,
        /// Whether this request made it.
        created: bool,
    },
}

/// Names every row that deciding `request` reads.
pub fn needs(request: &Request, mut need: impl FnMut(Need)) {
    match request {
        Request::CreateGuest(guest) => create_guest::needs(guest, need),
        Request::Command { actor, command, .. } => {
            need(Need::Device(actor.device));
            need(Need::Account(actor.account));
            match command {
                Command::OpenRoom { slug } => open_room::needs(actor, slug, need),
                Command::SendMessage { conversation, client_id, follows, .. } => {
                    send_message::needs(actor, *conversation, *client_id, *follows, need);
                }
                Command::DeleteMessage { conversation, seq } => {
                    delete_message::needs(actor, *conversation, *seq, need);
                }
                Command::Leave { conversation } => leave::needs(actor, *conversation, need),
                Command::SignOut => {}
                Command::OpenDirect { account } => open_direct::needs(actor, *account, need),
                Command::Accept { conversation } => accept::needs(actor, *conversation, need),
                Command::Block { account } => block::needs(actor, *account, need),
                Command::Unblock { account } => unblock::needs(actor, *account, need),
            }
        }
    }
}

/// Decides a request at `now`. Every row that [`needs`] names must be in `state`.
pub fn decide(state: &State, request: &Request, now: Timestamp) -> Result<Decision, Problem> {
    match request {
        Request::CreateGuest(guest) => create_guest::decide(state, guest, now),
        Request::Command { actor, command: Command::SignOut, .. } => Ok(sign_out::decide(state, actor, now)),
        Request::Command { actor, command, hash, fresh } => {
            check_signed_in(state, actor)?;
            match command {
                Command::OpenRoom { slug } => open_room::decide(state, actor, slug, *fresh, now),
                Command::SendMessage { conversation, client_id, text, follows } => {
                    let send = send_message::Send {
                        conversation: *conversation,
                        client_id: *client_id,
                        text,
                        follows: *follows,
                        hash: *hash,
                    };
                    send_message::decide(state, actor, &send, now)
                }
                Command::DeleteMessage { conversation, seq } => {
                    delete_message::decide(state, actor, *conversation, *seq, now)
                }
                Command::Leave { conversation } => leave::decide(state, actor, *conversation, now),
                Command::SignOut => Ok(Decision::nothing(Reply::Done)),
                Command::OpenDirect { account } => open_direct::decide(state, actor, *account, *fresh, now),
                Command::Accept { conversation } => accept::decide(state, actor, *conversation, now),
                Command::Block { account } => block::decide(state, actor, *account, now),
                Command::Unblock { account } => unblock::decide(state, actor, *account, now),
            }
        }
    }
}

impl Decision {
    /// Nothing changes.
    pub(crate) fn nothing(reply: Reply) -> Self {
        Self { appends: Vec::new(), reply }
    }
}

/// The gateway has looked at the token, but the device may have been signed out since.
fn check_signed_in(state: &State, actor: &Actor) -> Result<(), Problem> {
    if state.device(actor.device) == Some(actor.account) || breaks(Promise::SignedOutIsOut) {
        Ok(())
    } else {
        Err(Problem::new(Code::Unauthenticated, "This device was signed out. Get a new token."))
    }
}
