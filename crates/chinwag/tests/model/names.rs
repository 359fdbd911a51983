//! What is counted, by name: commands, records, refusals. A new one does not compile before it is named here.

use chinwag_client::{Protocol, Transport};
use chinwag_protocol::{
    AccountChange, BlockChange, Code, ConversationChange, DeviceChange, EndReason, FrameCommand,
    InviteChange, MemberChange, MembersChange, Record,
};

/// A function that names each, and the names of all that are due.
macro_rules! named {
    ($name:ident, $due:ident, $type:ty, { $($pattern:pat => $text:literal,)* } never { $($rare:pat => $other:literal,)* }) => {
        pub(crate) const $due: &[&str] = &[$($text),*];

        pub(crate) fn $name(it: &$type) -> &'static str {
            match it {
                $($pattern => $text,)*
                $($rare => $other,)*
            }
        }
    };
}

named! { command, COMMANDS, FrameCommand, {
    FrameCommand::OpenRoom { .. } => "open_room",
    FrameCommand::SendMessage { .. } => "send_message",
    FrameCommand::EditMessage { .. } => "edit_message",
    FrameCommand::React { .. } => "react",
    FrameCommand::Unreact { .. } => "unreact",
    FrameCommand::Pin { .. } => "pin",
    FrameCommand::Unpin { .. } => "unpin",
    FrameCommand::DeleteMessage { .. } => "delete_message",
    FrameCommand::Leave { .. } => "leave",
    FrameCommand::SignOut => "sign_out",
    FrameCommand::CreateGroup(_) => "create_group",
    FrameCommand::AddMembers { .. } => "add_members",
    FrameCommand::RemoveMember { .. } => "remove_member",
    FrameCommand::SetRole { .. } => "set_role",
    FrameCommand::HandOver { .. } => "hand_over",
    FrameCommand::Ban { .. } => "ban",
    FrameCommand::LiftBan { .. } => "lift_ban",
    FrameCommand::Mute { .. } => "mute",
    FrameCommand::LiftMute { .. } => "lift_mute",
    FrameCommand::ChangeConversation { .. } => "change_conversation",
    FrameCommand::CreateInvite { .. } => "create_invite",
    FrameCommand::RevokeInvite { .. } => "revoke_invite",
    FrameCommand::AcceptInvite { .. } => "accept_invite",
    FrameCommand::Ack(_) => "ack",
    FrameCommand::Ping(_) => "ping",
    FrameCommand::Register(_) => "register",
    FrameCommand::ChangePassword(_) => "change_password",
    FrameCommand::NewRecoveryCodes(_) => "new_recovery_codes",
    FrameCommand::DeleteAccount(_) => "delete_account",
    FrameCommand::UpdateAccount(_) => "update_account",
    FrameCommand::RemoveDevice { .. } => "remove_device",
    FrameCommand::RemoveOtherDevices => "remove_other_devices",
    FrameCommand::OpenDirect { .. } => "open_direct",
    FrameCommand::OpenDirectByName(_) => "open_direct_by_name",
    FrameCommand::Accept { .. } => "accept",
    FrameCommand::Block { .. } => "block",
    FrameCommand::Unblock { .. } => "unblock",
    FrameCommand::View(_) => "view",
    FrameCommand::SetPresence(_) => "set_presence",
    FrameCommand::Typing { .. } => "typing",
    FrameCommand::Read { .. } => "read",
    FrameCommand::MarkUnread { .. } => "mark_unread",
    FrameCommand::SetPreferences(_) => "set_preferences",
    FrameCommand::SetConversationSettings { .. } => "set_conversation_settings",
    FrameCommand::PutDraft { .. } => "put_draft",
} never {} }

/// Requests of those who are not signed in.
pub(crate) const ENTRIES: &[&str] = &["guest", "sign_up", "sign_in", "recover"];

named! { record, RECORDS, Record, {
    Record::Hello { .. } => "hello",
    Record::Message(_) => "message",
    Record::Delete { .. } => "delete",
    Record::Edit { .. } => "edit",
    Record::Reaction { .. } => "reaction",
    Record::Pin { .. } => "pin",
    Record::Erased { .. } => "erased",
    Record::Hidden { .. } => "hidden",
    Record::Conversation { change: ConversationChange::Created, .. } => "conversation created",
    Record::ConversationChanged { .. } => "conversation_changed",
    Record::Member { change: MemberChange::Joined, .. } => "member joined",
    Record::Member { change: MemberChange::Left, .. } => "member left",
    Record::Member { change: MemberChange::Removed, .. } => "member removed",
    Record::Member { change: MemberChange::Banned, .. } => "member banned",
    Record::Member { change: MemberChange::Unbanned, .. } => "member unbanned",
    Record::Member { change: MemberChange::Role, .. } => "member role",
    Record::Member { change: MemberChange::Muted, .. } => "member muted",
    Record::Member { change: MemberChange::Unmuted, .. } => "member unmuted",
    Record::Member { change: MemberChange::Accepted, .. } => "member accepted",
    Record::Members { change: MembersChange::Added, .. } => "members added",
    Record::Members { change: MembersChange::Joined, .. } => "members joined",
    Record::Members { change: MembersChange::Left, .. } => "members left",
    Record::Members { change: MembersChange::Removed, .. } => "members removed",
    Record::Members { change: MembersChange::Banned, .. } => "members banned",
    Record::Members { change: MembersChange::Unbanned, .. } => "members unbanned",
    Record::Members { change: MembersChange::Role, .. } => "members role",
    Record::Members { change: MembersChange::Owner, .. } => "members owner",
    Record::Invite { change: InviteChange::Created, .. } => "invite created",
    Record::Invite { change: InviteChange::Revoked, .. } => "invite revoked",
    Record::Block { change: BlockChange::Blocked, .. } => "block blocked",
    Record::Block { change: BlockChange::Unblocked, .. } => "block unblocked",
    Record::Marker { .. } => "marker",
    Record::Receipt { .. } => "receipt",
    Record::Preferences { .. } => "preferences",
    Record::ConversationSettings { .. } => "conversation_settings",
    Record::Draft { .. } => "draft",
    Record::Device { change: DeviceChange::Added, .. } => "device added",
    Record::Device { change: DeviceChange::Removed, .. } => "device removed",
    Record::Account { change: AccountChange::Registered, .. } => "account registered",
    Record::Account { change: AccountChange::Updated, .. } => "account updated",
    Record::Account { change: AccountChange::PasswordChanged, .. } => "account password_changed",
    Record::Account { change: AccountChange::RecoveryCodesMade, .. } => "account recovery_codes_made",
    Record::End { reason: EndReason::SignedOut, .. } => "end signed_out",
} never {
    // Its devices are cut off at once.
    Record::Account { change: AccountChange::Deleted, .. } => "account deleted",
    // Nobody waits for that long.
    Record::Account { change: AccountChange::Expired, .. } => "account expired",
    // Of the server's own account, which has no devices.
    Record::Account { change: AccountChange::Ruled, .. } => "account ruled",
    Record::Heartbeat { .. } => "heartbeat",
    Record::End { reason: EndReason::Lifetime, .. } => "end lifetime",
    // Readers are told to pause before the restart.
    Record::End { reason: EndReason::Restart, .. } => "end restart",
    // No device is ever away for that long.
    Record::Gap { .. } => "gap",
    // Each device reads for one account.
    Record::AccountEnd { .. } => "account_end",
    // The readers look at nothing.
    Record::Presence { .. } => "presence",
    Record::Typing { .. } => "typing",
    Record::Present { .. } => "present",
    Record::Unknown => "unknown",
} }

named! { code, CODES, Code, {
    Code::InvalidField => "invalid_field",
    Code::InvalidName => "invalid_name",
    Code::InvalidUsername => "invalid_username",
    Code::InvalidPassword => "invalid_password",
    Code::InvalidSlug => "invalid_slug",
    Code::InvalidText => "invalid_text",
    Code::InvalidTitle => "invalid_title",
    Code::InvalidTopic => "invalid_topic",
    Code::InvalidCursor => "invalid_cursor",
    Code::InvalidEntities => "invalid_entities",
    Code::InvalidEmoji => "invalid_emoji",
    Code::Unauthenticated => "unauthenticated",
    Code::WrongCredentials => "wrong_credentials",
    Code::Forbidden => "forbidden",
    Code::Banned => "banned",
    Code::Locked => "locked",
    Code::Muted => "muted",
    Code::Blocked => "blocked",
    Code::AccountRemoved => "account_removed",
    Code::NotFound => "not_found",
    Code::ClientIdReused => "client_id_reused",
    Code::PredecessorMissing => "predecessor_missing",
    Code::UsernameTaken => "username_taken",
    Code::AlreadyRegistered => "already_registered",
    Code::LastOwner => "last_owner",
    Code::SlowMode => "slow_mode",
    Code::RequestPending => "request_pending",
} never {
    // Of HTTP and JSON, not of the rules.
    Code::MalformedJson => "malformed_json",
    Code::InvalidQuery => "invalid_query",
    Code::InvalidHeader => "invalid_header",
    Code::AccountRequired => "account_required",
    Code::TooManyAccounts => "too_many_accounts",
    Code::OriginRefused => "origin_refused",
    Code::MethodNotAllowed => "method_not_allowed",
    Code::NotAcceptable => "not_acceptable",
    Code::RequestTimeout => "request_timeout",
    Code::IdempotencyKeyReused => "idempotency_key_reused",
    Code::BodyTooLarge => "body_too_large",
    Code::UriTooLong => "uri_too_long",
    Code::UnsupportedMediaType => "unsupported_media_type",
    Code::UpgradeRequired => "upgrade_required",
    Code::HeadersTooLarge => "headers_too_large",
    Code::NotImplemented => "not_implemented",
    // Of those who run the server, who decide nothing here.
    Code::AccountBanned => "account_banned",
    Code::AddressBanned => "address_banned",
    Code::Closed => "closed",
    Code::SignUpClosed => "sign_up_closed",
    Code::GuestsClosed => "guests_closed",
    Code::RoomCreationClosed => "room_creation_closed",
    Code::TooManyRulings => "too_many_rulings",
    // Of numbers that no seed comes to.
    Code::TooManyBlocks => "too_many_blocks",
    Code::GroupFull => "group_full",
    Code::TooManyGroups => "too_many_groups",
    Code::TooManyConversations => "too_many_conversations",
    Code::TooManyInvites => "too_many_invites",
    Code::TooManyReactions => "too_many_reactions",
    Code::TooManyPins => "too_many_pins",
    Code::TooManyDrafts => "too_many_drafts",
    Code::TooManyRequests => "too_many_requests",
    // Of trouble that nobody makes here.
    Code::Internal => "internal",
    Code::Unavailable => "unavailable",
    Code::Overloaded => "overloaded",
    Code::ShuttingDown => "shutting_down",
    Code::Unknown => "unknown",
} }

/// The ways of reading.
pub(crate) const WAYS: &[&str] = &[
    "short polling over HTTP/1.1",
    "long polling over HTTP/1.1",
    "HTTP streaming over HTTP/1.1",
    "Server-Sent Events over HTTP/1.1",
    "WebSocket over HTTP/1.1",
    "short polling over HTTP/2",
    "long polling over HTTP/2",
    "HTTP streaming over HTTP/2",
    "Server-Sent Events over HTTP/2",
    "WebSocket over HTTP/2",
];

pub(crate) fn way(transport: Transport, protocol: Protocol) -> String {
    let version = match protocol {
        Protocol::Http1 => "HTTP/1.1",
        Protocol::Http2 => "HTTP/2",
    };
    format!("{transport} over {version}")
}
