//! From a request to events, or a refusal.

use chinwag_protocol::{
    AccountCard, AccountId, Actor, ClientId, Code, Command, Conversation, ConversationId, DeviceId, Event,
    InviteHash, InviteId, Name, OwnSettings, PasswordHash, Pos, Preferences, Problem, RecoveryCodeHash, Role,
    Sender, Seq, Timestamp,
};
use chinwag_sabotage::{Promise, breaks};

use crate::command::{
    accept, accept_invite, add_members, ban, block, change_own_settings, change_password, change_settings,
    continue_removal, create_group, create_guest, create_invite, delete_account, delete_message,
    edit_message, expire_device, expire_guest, hand_over, leave, mark_unread, mute, new_recovery_codes,
    open_direct, open_room, pin, put_draft, react, read, receive, recover, register, remove_device,
    remove_member, remove_other_devices, revoke_invite, send_message, set_preferences, set_role, sign_in,
    sign_out, unblock, update_account,
};
use crate::operation;
use crate::request::{Idempotency, Request, RequestHash, Salt, TokenHash};
use crate::ruling::{Subject, Terms};
use crate::state::{Marks, MessagePlace, Need, Restriction, State};

/// The function that the log's writer is handed.
pub type Decide = fn(&State, &Request, Timestamp) -> Result<Decision, Problem>;

/// What follows from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Appended in this order; none if nothing changes.
    pub appends: Vec<Append>,
    /// The answer once they are durable.
    pub reply: Reply,
    /// Of a step of removing an account: what it changes beside.
    pub step: Option<RemovalStep>,
}

/// What a step of removing an account changes beside what its events say. A next one goes on after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalStep {
    /// Whose.
    pub account: AccountId,
    /// Messages that lose their text, each with the row of its conversation that says so.
    pub emptied: Vec<(MessagePlace, Seq)>,
    /// Everything that the account sent up to this client id is empty.
    pub after: Option<ClientId>,
    /// Whether nothing is left to do.
    pub done: bool,
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
        /// What holds for the sender from now on, where the slow mode is on.
        restriction: Option<Restriction>,
    },
    /// Of an edit.
    Edited {
        /// Where the message stands in the log.
        pos: Pos,
    },
    /// Of a reaction or a pin: all that has been added to the message from now on.
    Marked(Marks),
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
        /// What the device is called.
        device_name: Option<Name>,
    },
    /// Of a device that signs in.
    Device {
        /// What it is called.
        name: Option<Name>,
        /// Of its token.
        token: TokenHash,
    },
    /// Of a password that is set.
    Password {
        /// What is kept of it.
        hash: PasswordHash,
        /// Counts the account's passwords, from 1 on.
        version: u64,
        /// The recovery code that allowed it, which is good no more.
        used: Option<RecoveryCodeHash>,
    },
    /// Of recovery codes that are made: all that are good from now on.
    RecoveryCodes(Vec<RecoveryCodeHash>),
    /// Of a new group.
    Group {
        /// The maker's id for it.
        client_id: ClientId,
        /// Tells a retry from another request under the same `client_id`.
        hash: RequestHash,
    },
    /// Of a new link into a group.
    Invite {
        /// Of its token.
        token: InviteHash,
    },
    /// Of who came by a link.
    Invited {
        /// Which.
        invite: InviteId,
        /// How many more may come by it, if they are counted.
        left: Option<u32>,
    },
    /// Of what those who run the server have decided.
    Ruling {
        /// About what.
        subject: Subject,
        /// What holds from now on; nothing if it is lifted.
        terms: Option<Terms>,
    },
    /// Of what changes more than a membership.
    Restricted {
        /// Where.
        conversation: ConversationId,
        /// For whom.
        account: AccountId,
        /// What holds from now on.
        restriction: Restriction,
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
        /// How the account has come to be in it.
        entry: Entry,
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
    /// The account as it is now.
    Account(AccountCard),
    /// What the account has chosen, as it is now.
    Preferences {
        /// What.
        preferences: Preferences,
        /// Counts the changes.
        version: u64,
    },
    /// What the account has set for itself in a conversation, as it is now.
    OwnSettings {
        /// What.
        settings: OwnSettings,
        /// Counts the changes.
        version: u64,
    },
    /// A device has signed in to this account.
    SignedIn(AccountCard),
    /// A group was made, now or by the first request of its kind.
    Group {
        /// Which.
        conversation: ConversationId,
    },
    /// A link into a group was made.
    Invite {
        /// Which.
        invite: InviteId,
    },
    /// The account is in the group that a link leads into, now or before.
    Invited {
        /// Which.
        conversation: ConversationId,
        /// How the account has come to be in it.
        entry: Entry,
    },
    /// Others were brought in, as far as that is possible.
    Added(Added),
    /// A step of removing an account is done.
    Removing {
        /// Whether another must follow.
        more: bool,
    },
    /// The direct chat is open to the account.
    Direct {
        /// Which.
        conversation: Conversation,
        /// Whom the account talks to there.
        peer: Sender,
        /// How the account has come to be in it.
        entry: Entry,
    },
}

/// How an account has come to be in the conversation that it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// This request made the conversation, and the account a member.
    Made,
    /// This request made the account a member.
    Joined,
    /// It was one before.
    Before,
}

/// What became of those who were to be brought in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Added {
    /// In now.
    pub added: Vec<AccountId>,
    /// In before.
    pub already: Vec<AccountId>,
    /// Not in: they do not exist, are kept out, or are in too many conversations.
    pub refused: Vec<AccountId>,
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
                Command::SendMessage { conversation, client_id, follows, attributes, .. } => {
                    send_message::needs(actor, *conversation, *client_id, *follows, attributes, need);
                }
                Command::EditMessage { conversation, seq, entities, .. } => {
                    edit_message::needs(actor, *conversation, *seq, entities, need);
                }
                Command::React { conversation, seq, .. } | Command::Unreact { conversation, seq, .. } => {
                    react::needs(actor, *conversation, *seq, need);
                }
                Command::Pin { conversation, seq } | Command::Unpin { conversation, seq } => {
                    pin::needs(actor, *conversation, *seq, need);
                }
                Command::DeleteMessage { conversation, seq } => {
                    delete_message::needs(actor, *conversation, *seq, need);
                }
                Command::Leave { conversation } => leave::needs(actor, *conversation, need),
                Command::SignOut => {}
                Command::Register { username, .. } => register::needs(actor, username, need),
                Command::ChangePassword { .. } => change_password::needs(actor, need),
                Command::NewRecoveryCodes { .. } => new_recovery_codes::needs(actor, need),
                Command::UpdateAccount { .. } => {}
                Command::DeleteAccount { .. } => delete_account::needs(actor, need),
                Command::RemoveDevice { .. } | Command::RemoveOtherDevices => {
                    need(Need::Devices(actor.account));
                }
                Command::CreateGroup { client_id, .. } => create_group::needs(actor, *client_id, need),
                Command::AddMembers { conversation, accounts } => {
                    add_members::needs(actor, *conversation, accounts, need);
                }
                Command::RemoveMember { conversation, account } => {
                    remove_member::needs(actor, *conversation, *account, need);
                }
                Command::SetRole { conversation, account, .. } => {
                    set_role::needs(actor, *conversation, *account, need);
                }
                Command::HandOver { conversation, account } => {
                    hand_over::needs(actor, *conversation, *account, need);
                }
                Command::Ban { conversation, account } | Command::LiftBan { conversation, account } => {
                    ban::needs(actor, *conversation, *account, need);
                }
                Command::Mute { conversation, account, .. } | Command::LiftMute { conversation, account } => {
                    mute::needs(actor, *conversation, *account, need);
                }
                Command::CreateInvite { conversation, .. } => {
                    create_invite::needs(actor, *conversation, need)
                }
                Command::RevokeInvite { conversation, .. } => {
                    revoke_invite::needs(actor, *conversation, need)
                }
                Command::AcceptInvite { token } => accept_invite::needs(actor, *token, need),
                Command::ChangeSettings { conversation, .. } => {
                    change_settings::needs(actor, *conversation, need);
                }
                Command::OpenDirect { account } => open_direct::needs(actor, *account, need),
                Command::Accept { conversation } => accept::needs(actor, *conversation, need),
                Command::Block { account } => block::needs(actor, *account, need),
                Command::Unblock { account } => unblock::needs(actor, *account, need),
                Command::Read { conversation, seq } => read::needs(actor, *conversation, *seq, need),
                Command::MarkUnread { conversation, seq } => {
                    mark_unread::needs(actor, *conversation, *seq, need);
                }
                Command::SetPreferences { .. } => set_preferences::needs(actor, need),
                Command::ChangeOwnSettings { conversation, .. } => {
                    change_own_settings::needs(actor, *conversation, need);
                }
                Command::PutDraft { conversation, device, .. } => {
                    put_draft::needs(actor, *conversation, *device, need);
                }
            }
        }
        Request::SignIn(sign_in) => sign_in::needs(sign_in, need),
        Request::Recover(recover) => recover::needs(recover, need),
        Request::ExpireDevice(expire) => expire_device::needs(expire, need),
        Request::ExpireGuest(expire) => expire_guest::needs(expire, need),
        Request::ContinueRemoval(account) => need(Need::Removal(*account)),
        Request::Receive(all) => receive::needs(all, need),
        Request::Operate(operate) => operation::needs(operate, need),
        Request::EndDevice(end) => operation::end_device::needs(end, need),
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
                Command::SendMessage { conversation, client_id, text, follows, attributes } => {
                    let send = send_message::Send {
                        conversation: *conversation,
                        client_id: *client_id,
                        text,
                        follows: *follows,
                        attributes,
                        hash: *hash,
                    };
                    send_message::decide(state, actor, &send, now)
                }
                Command::EditMessage { conversation, seq, text, entities } => {
                    let edit = edit_message::Edit { conversation: *conversation, seq: *seq, text, entities };
                    edit_message::decide(state, actor, &edit, now)
                }
                Command::React { conversation, seq, emoji } => {
                    react::decide(state, actor, (*conversation, *seq), emoji, now)
                }
                Command::Unreact { conversation, seq, emoji } => {
                    react::take_back(state, actor, (*conversation, *seq), emoji, now)
                }
                Command::Pin { conversation, seq } => {
                    pin::decide(state, actor, (*conversation, *seq), true, now)
                }
                Command::Unpin { conversation, seq } => {
                    pin::decide(state, actor, (*conversation, *seq), false, now)
                }
                Command::DeleteMessage { conversation, seq } => {
                    delete_message::decide(state, actor, *conversation, *seq, now)
                }
                Command::Leave { conversation } => leave::decide(state, actor, *conversation, now),
                Command::SignOut => Ok(Decision::nothing(Reply::Done)),
                Command::Register { username, password } => {
                    register::decide(state, actor, username, password, now)
                }
                Command::ChangePassword { verified, password } => {
                    change_password::decide(state, actor, *verified, password, now)
                }
                Command::NewRecoveryCodes { verified, codes } => {
                    new_recovery_codes::decide(state, actor, *verified, codes, now)
                }
                Command::UpdateAccount { name, about, color } => {
                    let change =
                        update_account::Update { name: name.as_ref(), about: about.as_ref(), color: *color };
                    update_account::decide(state, actor, &change, now)
                }
                Command::DeleteAccount { verified } => delete_account::decide(state, actor, *verified, now),
                Command::RemoveDevice { device } => remove_device::decide(state, actor, *device, now),
                Command::RemoveOtherDevices => remove_other_devices::decide(state, actor, now),
                Command::CreateGroup { client_id, settings } => {
                    let group =
                        create_group::Group { id: *fresh, client_id: *client_id, settings, hash: *hash };
                    create_group::decide(state, actor, &group, now)
                }
                Command::AddMembers { conversation, accounts } => {
                    add_members::decide(state, actor, *conversation, accounts, now)
                }
                Command::RemoveMember { conversation, account } => {
                    remove_member::decide(state, actor, *conversation, *account, now)
                }
                Command::SetRole { conversation, account, role } => {
                    set_role::decide(state, actor, *conversation, *account, *role, now)
                }
                Command::HandOver { conversation, account } => {
                    hand_over::decide(state, actor, *conversation, *account, now)
                }
                Command::Ban { conversation, account } => {
                    ban::decide(state, actor, *conversation, *account, true, now)
                }
                Command::LiftBan { conversation, account } => {
                    ban::decide(state, actor, *conversation, *account, false, now)
                }
                Command::Mute { conversation, account, seconds } => {
                    mute::decide(state, actor, *conversation, *account, Some(*seconds), now)
                }
                Command::LiftMute { conversation, account } => {
                    mute::decide(state, actor, *conversation, *account, None, now)
                }
                Command::CreateInvite { conversation, token, terms } => {
                    let id = InviteId::from_bytes(*fresh.as_bytes());
                    let link = create_invite::Link { id, token: *token, terms: *terms };
                    create_invite::decide(state, actor, *conversation, &link, now)
                }
                Command::RevokeInvite { conversation, invite } => {
                    revoke_invite::decide(state, actor, *conversation, *invite, now)
                }
                Command::AcceptInvite { token } => accept_invite::decide(state, actor, *token, now),
                Command::ChangeSettings { conversation, change } => {
                    change_settings::decide(state, actor, *conversation, change, now)
                }
                Command::OpenDirect { account } => open_direct::decide(state, actor, *account, *fresh, now),
                Command::Accept { conversation } => accept::decide(state, actor, *conversation, now),
                Command::Block { account } => block::decide(state, actor, *account, now),
                Command::Unblock { account } => unblock::decide(state, actor, *account, now),
                Command::Read { conversation, seq } => read::decide(state, actor, *conversation, *seq, now),
                Command::MarkUnread { conversation, seq } => {
                    mark_unread::decide(state, actor, *conversation, *seq, now)
                }
                Command::SetPreferences { receipts } => set_preferences::decide(state, actor, *receipts, now),
                Command::ChangeOwnSettings { conversation, change } => {
                    change_own_settings::decide(state, actor, *conversation, change, now)
                }
                Command::PutDraft { conversation, device, text } => {
                    put_draft::decide(state, actor, *conversation, *device, text, now)
                }
            }
        }
        Request::SignIn(sign_in) => sign_in::decide(state, sign_in, now),
        Request::Recover(recover) => recover::decide(state, recover, now),
        Request::ExpireDevice(expire) => Ok(expire_device::decide(state, expire, now)),
        Request::ExpireGuest(expire) => Ok(expire_guest::decide(state, expire, now)),
        Request::ContinueRemoval(account) => continue_removal::decide(state, *account, now),
        Request::Receive(all) => receive::decide(state, all, now),
        Request::Operate(operate) => operation::decide(state, operate, now),
        Request::EndDevice(end) => operation::end_device::decide(state, end, now),
    }
}

impl Decision {
    /// These events.
    pub(crate) fn of(appends: Vec<Append>, reply: Reply) -> Self {
        Self { appends, reply, step: None }
    }

    /// Nothing changes.
    pub(crate) fn nothing(reply: Reply) -> Self {
        Self::of(Vec::new(), reply)
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
