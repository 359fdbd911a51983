//! What is done to the server as a whole, by those who run it and by programs with a key: one file for each.
//!
//! What they decide is a ruling, which is made and lifted by an event of the server's own topic. The first operation makes the
//! server's own account, in whose name all of it is done.

mod add_device;
mod create_account;
mod delete_account;
mod delete_message;
pub(crate) mod end_device;
mod hand_over;
mod key;
mod remove_members;
mod reset_password;
mod rule;
mod server;
mod sign_out;

use chinwag_protocol::{
    AccountId, ApiKeyId, ConversationId, DeviceId, Name, PasswordHash, Problem, Seq, Timestamp,
};

use crate::appends::Appends;
use crate::decide::Decision;
use crate::permission::{Authority, ServerAction, permit_on_server};
use crate::request::{CreateGuest, NewDevice};
use crate::ruling::{ApiKeyHash, Subject, SubjectKind};
use crate::state::{Need, State};

/// Members that one operation sends away; whoever sends away more does it in several.
pub const REMOVED_AT_ONCE_MAX: usize = 100;

/// An operation, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operate {
    /// Why they may.
    pub authority: Authority,
    /// What for.
    pub operation: Operation,
    /// The device that the server's account is made with, and without which it is left.
    pub fresh: NewDevice,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Close an entrance, ban a network or an account, or close a conversation; until then, or until it is lifted.
    Rule {
        /// Which.
        subject: Subject,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Lift such a ruling, or revoke a key.
    Lift(Subject),
    /// Make a key.
    MakeKey {
        /// Of its secret.
        hash: ApiKeyHash,
        /// Its id.
        id: ApiKeyId,
        /// What it is called.
        name: Name,
    },
    /// Delete a message.
    DeleteMessage {
        /// Where.
        conversation: ConversationId,
        /// Which.
        seq: Seq,
    },
    /// Send away members, at most [`REMOVED_AT_ONCE_MAX`].
    RemoveMembers {
        /// Of what.
        conversation: ConversationId,
        /// Whom; who is none is passed over.
        accounts: Vec<AccountId>,
    },
    /// Make another the owner, who need not be a member yet.
    HandOver {
        /// Of what.
        conversation: ConversationId,
        /// Who owns it now, as far as the asker knows.
        from: AccountId,
        /// Who is to.
        account: AccountId,
    },
    /// Sign out one device of an account, or all.
    SignOut {
        /// Whose.
        account: AccountId,
        /// Which; all if absent.
        device: Option<DeviceId>,
    },
    /// Give an account another password, and sign out all of its devices.
    ResetPassword {
        /// Whose.
        account: AccountId,
        /// What is kept of it.
        password: PasswordHash,
    },
    /// Delete an account, as its owner may.
    DeleteAccount(AccountId),
    /// Make an account that programs with keys may sign in and out.
    CreateAccount(CreateGuest),
    /// Sign in a device to such an account.
    AddDevice {
        /// Which account.
        account: AccountId,
        /// The device.
        device: NewDevice,
        /// When it is signed out again; never by itself if absent.
        until: Option<Timestamp>,
    },
}

impl Operation {
    /// What the asker must be allowed to do; none if nobody may.
    fn action(&self) -> Option<ServerAction> {
        Some(match self {
            Self::Rule { subject, .. } | Self::Lift(subject) => match subject.kind() {
                SubjectKind::Entrance => ServerAction::CloseEntrances,
                SubjectKind::Address => ServerAction::BanAddresses,
                SubjectKind::Account => ServerAction::BanAccounts,
                SubjectKind::Conversation => ServerAction::CloseConversations,
                SubjectKind::Key if matches!(self, Self::Lift(_)) => ServerAction::ManageKeys,
                // These come and go with something else.
                SubjectKind::Key | SubjectKind::Managed | SubjectKind::Expiry => return None,
            },
            Self::MakeKey { .. } => ServerAction::ManageKeys,
            Self::DeleteMessage { .. } => ServerAction::DeleteMessages,
            Self::RemoveMembers { .. } => ServerAction::RemoveMembers,
            Self::HandOver { .. } => ServerAction::HandOver,
            Self::SignOut { .. } => ServerAction::SignOut,
            Self::ResetPassword { .. } => ServerAction::ResetPasswords,
            Self::DeleteAccount(_) => ServerAction::DeleteAccounts,
            Self::CreateAccount(_) => ServerAction::CreateAccounts,
            Self::AddDevice { .. } => ServerAction::AddDevices,
        })
    }
}

pub(crate) fn needs(operate: &Operate, mut need: impl FnMut(Need)) {
    need(Need::Account(AccountId::SERVER));
    if let Authority::Key(hash) = operate.authority {
        need(Need::Ruling(Subject::Key(hash)));
    }
    match &operate.operation {
        Operation::Rule { subject, .. } | Operation::Lift(subject) => rule::needs(*subject, need),
        Operation::MakeKey { hash, .. } => key::needs(*hash, need),
        Operation::DeleteMessage { conversation, seq } => delete_message::needs(*conversation, *seq, need),
        Operation::RemoveMembers { conversation, accounts } => {
            remove_members::needs(*conversation, accounts, need);
        }
        Operation::HandOver { conversation, from, account } => {
            hand_over::needs(*conversation, *from, *account, need);
        }
        Operation::SignOut { account, .. } => sign_out::needs(*account, need),
        Operation::ResetPassword { account, .. } => reset_password::needs(*account, need),
        Operation::DeleteAccount(account) => delete_account::needs(*account, need),
        Operation::CreateAccount(guest) => create_account::needs(guest, need),
        Operation::AddDevice { account, .. } => add_device::needs(*account, need),
    }
}

pub(crate) fn decide(state: &State, operate: &Operate, now: Timestamp) -> Result<Decision, Problem> {
    let Operate { authority, operation, fresh } = operate;
    let used = match authority {
        Authority::Operator => None,
        Authority::Key(hash) => Some(key::check(state, *hash, now)?),
    };
    match operation.action() {
        Some(action) => permit_on_server(authority, action)?,
        None => return Err(Problem::unavailable()),
    }
    let server = server::Server { state, fresh };
    let decision = match operation {
        Operation::Rule { subject, until } => rule::make(&server, *subject, *until, now),
        Operation::Lift(subject) => rule::lift(&server, *subject, now),
        Operation::MakeKey { hash, id, name } => key::make(&server, *hash, *id, name, now),
        Operation::DeleteMessage { conversation, seq } => {
            delete_message::decide(&server, *conversation, *seq, now)
        }
        Operation::RemoveMembers { conversation, accounts } => {
            remove_members::decide(&server, *conversation, accounts, now)
        }
        Operation::HandOver { conversation, from, account } => {
            hand_over::decide(&server, *conversation, *from, *account, now)
        }
        Operation::SignOut { account, device } => sign_out::decide(state, authority, *account, *device, now),
        Operation::ResetPassword { account, password } => {
            reset_password::decide(state, *account, password, now)
        }
        Operation::DeleteAccount(account) => delete_account::decide(state, *account, now),
        Operation::CreateAccount(guest) => create_account::decide(&server, used.as_ref(), guest, now),
        Operation::AddDevice { account, device, until } => {
            add_device::decide(&server, *account, device, *until, now)
        }
    }?;
    match (authority, used) {
        (Authority::Key(hash), Some(terms)) if key::is_news(&terms, now) => {
            let (mut appends, reply) = Appends::after(state, now, decision);
            key::note(&server, &mut appends, *hash, terms)?;
            Ok(appends.decision(reply))
        }
        _ => Ok(decision),
    }
}
