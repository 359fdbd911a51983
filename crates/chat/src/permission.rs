//! Which role may do what, in which kind of conversation. Every command asks here.

use chinwag_protocol::{Code, Kind, Problem, Role};

use crate::ruling::ApiKeyHash;

/// What a member may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Post a message.
    Write,
    /// Post one while the conversation is locked.
    WriteLocked,
    /// Post one without waiting for the slow mode.
    WriteAtOnce,
    /// Delete a message of somebody else's.
    DeleteAny,
    /// Bring others in.
    AddMembers,
    /// Send away who stands below.
    Remove,
    /// Keep out who stands below, let them in again, and see who is kept out.
    Ban,
    /// Forbid writing to who stands below, for a while.
    Mute,
    /// Give a role below one's own to who stands below.
    SetRole,
    /// Make another the owner.
    HandOver,
    /// Change title, topic and how the conversation may be used.
    ChangeSettings,
    /// Make, see and revoke links by which others come in.
    Invite,
    /// See who is in it.
    SeeMembers,
    /// Name everybody in a message.
    MentionAll,
    /// Pin messages for everybody, and take that back.
    Pin,
}

impl Action {
    /// Every action.
    pub const ALL: &[Self] = &[
        Self::Write,
        Self::WriteLocked,
        Self::WriteAtOnce,
        Self::DeleteAny,
        Self::AddMembers,
        Self::Remove,
        Self::Ban,
        Self::Mute,
        Self::SetRole,
        Self::HandOver,
        Self::ChangeSettings,
        Self::Invite,
        Self::SeeMembers,
        Self::MentionAll,
        Self::Pin,
    ];
}

/// Whether a member in this role may.
pub const fn may(role: Role, action: Action, kind: Kind) -> bool {
    use Action::*;
    use Role::*;
    match (kind, action) {
        (Kind::Room | Kind::Group | Kind::Direct, Write) | (Kind::Group | Kind::Direct, MentionAll) | (Kind::Direct, Pin) => match role {
            Owner | Admin | Moderator | Member => true,
            ReadOnly => false,
        },
        (Kind::Room | Kind::Group, WriteLocked | WriteAtOnce | DeleteAny | Remove | Ban | Mute | Pin)
        // However many are in a room, they are no group that knows each other.
        | (Kind::Room, MentionAll) => match role {
            Owner | Admin | Moderator => true,
            Member | ReadOnly => false,
        },
        // Whoever wants to be in a room opens it.
        (Kind::Room, AddMembers | Invite) => false,
        (Kind::Group, AddMembers | Invite) | (Kind::Room | Kind::Group, SetRole | ChangeSettings) => {
            match role {
                Owner | Admin => true,
                Moderator | Member | ReadOnly => false,
            }
        }
        (Kind::Room | Kind::Group, HandOver) => match role {
            Owner => true,
            Admin | Moderator | Member | ReadOnly => false,
        },
        (Kind::Room | Kind::Group, SeeMembers) => match role {
            Owner | Admin | Moderator | Member | ReadOnly => true,
        },
        // The two are equals, and nobody else comes in. It is never locked or slow. Who is in it
        // already would tell a sender whether the other has blocked them.
        (
            Kind::Direct,
            WriteLocked | WriteAtOnce | DeleteAny | AddMembers | Remove | Ban | Mute | SetRole | HandOver
            | ChangeSettings | Invite | SeeMembers,
        ) => false,
    }
}

/// Why somebody may act on the server as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// They run the server.
    Operator,
    /// They are a program with this key.
    Key(ApiKeyHash),
}

/// What may be done to the server as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerAction {
    /// Say whether people sign up, come as guests and make rooms.
    CloseEntrances,
    /// Keep out networks.
    BanAddresses,
    /// Keep out accounts.
    BanAccounts,
    /// Close rooms and groups.
    CloseConversations,
    /// Make and revoke keys.
    ManageKeys,
    /// Delete anybody's messages.
    DeleteMessages,
    /// Send away members of anything.
    RemoveMembers,
    /// Make anybody the owner of anything.
    HandOver,
    /// Sign out devices.
    SignOut,
    /// Give an account another password.
    ResetPasswords,
    /// Delete accounts.
    DeleteAccounts,
    /// Make accounts, however closed the server is.
    CreateAccounts,
    /// Sign devices in to accounts.
    AddDevices,
}

impl ServerAction {
    /// Every action.
    pub const ALL: &[Self] = &[
        Self::CloseEntrances,
        Self::BanAddresses,
        Self::BanAccounts,
        Self::CloseConversations,
        Self::ManageKeys,
        Self::DeleteMessages,
        Self::RemoveMembers,
        Self::HandOver,
        Self::SignOut,
        Self::ResetPasswords,
        Self::DeleteAccounts,
        Self::CreateAccounts,
        Self::AddDevices,
    ];
}

/// Whether somebody may do this to the server. A key signs in and out no other accounts than those that keys have made.
pub const fn may_on_server(authority: &Authority, action: ServerAction) -> bool {
    use ServerAction::*;
    match action {
        CloseEntrances | BanAddresses | BanAccounts | CloseConversations | ManageKeys | DeleteMessages
        | RemoveMembers | HandOver | ResetPasswords | DeleteAccounts => {
            matches!(authority, Authority::Operator)
        }
        SignOut => true,
        // Who runs the server speaks for nobody: what they do is done in the server's name.
        CreateAccounts | AddDevices => matches!(authority, Authority::Key(_)),
    }
}

/// Refuses what may not be done to the server.
pub(crate) fn permit_on_server(authority: &Authority, action: ServerAction) -> Result<(), Problem> {
    if may_on_server(authority, action) {
        return Ok(());
    }
    let detail = match authority {
        Authority::Operator => "Only programs with a key do this: chinwag admin keys make.",
        Authority::Key(_) => "A key is not good for this. Those who run the server do it: chinwag admin.",
    };
    Err(Problem::new(Code::Forbidden, detail))
}

/// Whether one stands above the other: only then may they be removed, banned or muted, or be given another role. So nobody
/// raises or lowers themselves.
pub const fn outranks(role: Role, other: Role) -> bool {
    rank(role) > rank(other)
}

const fn rank(role: Role) -> u8 {
    match role {
        Role::Owner => 4,
        Role::Admin => 3,
        Role::Moderator => 2,
        Role::Member => 1,
        Role::ReadOnly => 0,
    }
}

/// Refuses a member who may not, and says what to do.
pub fn permit(role: Role, action: Action, kind: Kind) -> Result<(), Problem> {
    if may(role, action, kind) { Ok(()) } else { Err(Problem::new(Code::Forbidden, why_not(action, kind))) }
}

/// Refuses who does not stand above the other.
pub(crate) fn check_rank(role: Role, other: Role) -> Result<(), Problem> {
    if outranks(role, other) {
        return Ok(());
    }
    let detail =
        "You may do this only to members whose role stands below yours. Ask somebody who stands above them.";
    Err(Problem::new(Code::Forbidden, detail))
}

/// What is in the way, and what to do.
const fn why_not(action: Action, kind: Kind) -> &'static str {
    match (action, kind) {
        (Action::Write, _) => "You may read here, but not write. Ask an owner or admin for another role.",
        (Action::WriteLocked | Action::WriteAtOnce, _) => "You may not write here now.",
        (Action::DeleteAny, Kind::Direct) => "In a direct chat only its sender may delete a message.",
        (Action::AddMembers | Action::Invite, Kind::Direct) => {
            "Nobody else comes into a direct chat. Make a group for more than two."
        }
        (Action::Remove | Action::Ban | Action::Mute, Kind::Direct) => {
            "In a direct chat nobody can be sent away, banned or muted. Block the other account to hear no more from it."
        }
        (Action::SetRole | Action::HandOver, Kind::Direct) => "There are no roles in a direct chat.",
        (Action::SeeMembers, Kind::Direct) => {
            "A direct chat has no list of members: \"peer\" says who the other is."
        }
        (Action::SeeMembers, Kind::Room | Kind::Group) => "You may not see who is in here.",
        (Action::ChangeSettings, Kind::Direct) => "A direct chat has no settings.",
        (Action::DeleteAny, Kind::Room | Kind::Group) => {
            "Only its sender and those who run the conversation may delete this message."
        }
        (Action::AddMembers | Action::Invite, Kind::Room) => {
            "Nobody is added to a room: whoever wants to be in it opens it. Tell them its name."
        }
        (Action::AddMembers, Kind::Group) => "Only owners and admins add members. Ask one of them.",
        (Action::Invite, Kind::Group) => "Only owners and admins make invitations. Ask one of them.",
        (Action::Remove | Action::Ban | Action::Mute, Kind::Room | Kind::Group) => {
            "Only owners, admins and moderators may do this. Ask one of them."
        }
        (Action::SetRole | Action::ChangeSettings, Kind::Room | Kind::Group) => {
            "Only owners and admins may do this. Ask one of them."
        }
        (Action::MentionAll, Kind::Room) => {
            "In a room only owners, admins and moderators name everybody. Name those whom you mean."
        }
        (Action::Pin, Kind::Room | Kind::Group) => {
            "Only owners, admins and moderators pin messages. Ask one of them."
        }
        (Action::MentionAll, Kind::Group | Kind::Direct) | (Action::Pin, Kind::Direct) => {
            "You may read here, but write to nobody. Ask an owner or admin for another role."
        }
        (Action::HandOver, Kind::Room | Kind::Group) => "Only the owner hands a conversation over.",
    }
}
