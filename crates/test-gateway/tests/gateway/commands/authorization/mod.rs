//! Who may do what: every command and every way to read, in every role, in each kind of conversation, by REST and as a frame.
//!
//! The tables have no defaults: what a role gets stands in the row, or the row does not compile. Whatever is refused changes
//! nothing, and to whom a conversation does not exist, it looks like one that never was.

mod account;
mod direct;
mod events;
mod group;
mod people;
mod room;
mod server;

use std::time::Duration;

use chinwag_protocol::{Command, Role};
use chinwag_store::Store;

use people::{People, Place};

use super::beside_rest::samples;
use crate::server::Server;

/// Done.
const OK: &str = "ok";
/// There is no such thing, or none for who asks.
const NF: &str = "not_found";
/// The role is the reason.
const FB: &str = "forbidden";

/// What is asked for, and what each role gets: [`OK`] or the code of the refusal.
///
/// Texts name people by the names of [`People`], and stand for what else there is: `CONV` the conversation, `SELF` the account
/// that asks, `ROW` a message of Tom's, `MINE` the last one that was sent before, `TOKEN` and `INVITE` a link, `FRESH` and `EARLIER` new ids.
struct Row<const ROLES: usize> {
    /// A command by its name in frames, or `read` and what. After a comma, the circumstances.
    name: &'static str,
    /// Method, path and body.
    rest: (&'static str, &'static str, &'static str),
    /// The fields of the frame; none if frames do not have it.
    frame: Option<&'static str>,
    /// What is done before, by whom: method, path and body.
    before: &'static [(&'static str, &'static str, &'static str, &'static str)],
    expected: [&'static str; ROLES],
}

impl<const ROLES: usize> Row<ROLES> {
    fn command(&self) -> &'static str {
        self.name.split(',').next().unwrap()
    }
}

/// A row of a command.
const fn row<const ROLES: usize>(
    name: &'static str,
    rest: (&'static str, &'static str, &'static str),
    frame: &'static str,
    expected: [&'static str; ROLES],
) -> Row<ROLES> {
    Row { name, rest, frame: Some(frame), before: &[], expected }
}

/// A row of what is only read.
const fn read<const ROLES: usize>(
    name: &'static str,
    path: &'static str,
    expected: [&'static str; ROLES],
) -> Row<ROLES> {
    Row { name, rest: ("GET", path, ""), frame: None, before: &[], expected }
}

impl<const ROLES: usize> Row<ROLES> {
    const fn after(
        self,
        before: &'static [(&'static str, &'static str, &'static str, &'static str)],
    ) -> Self {
        Self { before, ..self }
    }
}

/// One that counts no requests, and answers at once.
async fn server() -> Server {
    Server::with(|setup| {
        setup.gateway.limits_on = false;
        setup.hub.linger = Duration::ZERO;
    })
    .await
}

/// Tries a row with each of `roles`, in a place of the kind that `make` makes.
async fn try_row<const ROLES: usize>(
    row: &Row<ROLES>,
    roles: &[&'static str; ROLES],
    make: impl AsyncFn(&People<'_>) -> Place,
) {
    let server = server().await;
    let mut people = People::arrive(&server).await;
    let ways = if row.frame.is_some() { people::Way::ALL } else { &people::Way::ALL[..1] };
    let mut untouched = None;
    for (who, expected) in roles.iter().zip(row.expected) {
        for way in ways {
            // What is refused changes nothing, so the next one may be tried in the same place.
            let mut place = match untouched.take() {
                Some(place) => place,
                None => make(&people).await,
            };
            for (by, method, path, body) in row.before {
                people.prepare(by.replace("SELF", who).as_str(), who, &mut place, (method, path, body)).await;
            }
            let head = server.store.head().await.unwrap();
            let (code, told) = people.ask(who, &place, row, *way).await;
            assert_eq!(code, expected, "{}: {who} {way:?} got {told}", row.name);
            if code != OK {
                assert_eq!(server.store.head().await.unwrap(), head, "{}: {who} {way:?}", row.name);
                assert!(!told["detail"].as_str().unwrap().is_empty(), "{told}");
            }
            if code == NF && row.rest.1.contains("CONV") {
                let (_, absent) = people.ask(who, &place.absent(), row, *way).await;
                assert_eq!(told, absent, "{}: {who} {way:?}: absent and forbidden are the same", row.name);
            }
            if code != OK && row.before.is_empty() {
                untouched = Some(place);
            }
        }
    }
}

/// Where a command is about.
enum About {
    /// One conversation: it has a row for each kind.
    Conversation,
    /// The account that asks.
    Account,
}

/// A new command does not compile until it stands here.
fn named(command: &Command) -> (&'static str, About) {
    use About::*;
    match command {
        Command::OpenRoom { .. } => ("open_room", Account),
        Command::SendMessage { .. } => ("send_message", Conversation),
        Command::EditMessage { .. } => ("edit_message", Conversation),
        Command::React { .. } => ("react", Conversation),
        Command::Unreact { .. } => ("unreact", Conversation),
        Command::Pin { .. } => ("pin", Conversation),
        Command::Unpin { .. } => ("unpin", Conversation),
        Command::DeleteMessage { .. } => ("delete_message", Conversation),
        Command::Leave { .. } => ("leave", Conversation),
        Command::SignOut => ("sign_out", Account),
        Command::Register { .. } => ("register", Account),
        Command::ChangePassword { .. } => ("change_password", Account),
        Command::NewRecoveryCodes { .. } => ("new_recovery_codes", Account),
        Command::UpdateAccount { .. } => ("update_account", Account),
        Command::DeleteAccount { .. } => ("delete_account", Account),
        Command::RemoveDevice { .. } => ("remove_device", Account),
        Command::RemoveOtherDevices => ("remove_other_devices", Account),
        Command::CreateGroup { .. } => ("create_group", Account),
        Command::AddMembers { .. } => ("add_members", Conversation),
        Command::RemoveMember { .. } => ("remove_member", Conversation),
        Command::SetRole { .. } => ("set_role", Conversation),
        Command::HandOver { .. } => ("hand_over", Conversation),
        Command::Ban { .. } => ("ban", Conversation),
        Command::LiftBan { .. } => ("lift_ban", Conversation),
        Command::Mute { .. } => ("mute", Conversation),
        Command::LiftMute { .. } => ("lift_mute", Conversation),
        Command::CreateInvite { .. } => ("create_invite", Conversation),
        Command::RevokeInvite { .. } => ("revoke_invite", Conversation),
        Command::AcceptInvite { .. } => ("accept_invite", Account),
        Command::ChangeSettings { .. } => ("change_conversation", Conversation),
        Command::OpenDirect { .. } => ("open_direct", Account),
        Command::Accept { .. } => ("accept", Conversation),
        Command::Block { .. } => ("block", Account),
        Command::Unblock { .. } => ("unblock", Account),
        Command::Read { .. } => ("read", Conversation),
        Command::MarkUnread { .. } => ("mark_unread", Conversation),
        Command::SetPreferences { .. } => ("set_preferences", Account),
        Command::ChangeOwnSettings { .. } => ("set_conversation_settings", Conversation),
        Command::PutDraft { .. } => ("put_draft", Conversation),
    }
}

/// Who is in a conversation in which role; a new role does not compile until somebody has it.
const fn in_role(role: Role) -> &'static str {
    match role {
        Role::ReadOnly => "REA",
        Role::Member => "MEG",
        Role::Moderator => "MO",
        Role::Admin => "ANA",
        Role::Owner => "OLGA",
    }
}

#[test]
fn every_command_has_its_rows() {
    let group: Vec<_> = group::TABLE.iter().map(Row::command).collect();
    let room: Vec<_> = room::TABLE.iter().map(Row::command).collect();
    let direct: Vec<_> = direct::TABLE.iter().map(Row::command).collect();
    let account: Vec<_> = account::TABLE.iter().map(Row::command).collect();
    for command in samples() {
        let (name, about) = named(&command);
        match about {
            About::Conversation => {
                for (kind, table) in [("group", &group), ("room", &room), ("direct chat", &direct)] {
                    assert!(table.contains(&name), "no row for {name} in a {kind}");
                }
            }
            About::Account => assert!(account.contains(&name), "no row for {name} of an account"),
        }
    }
    for role in [Role::ReadOnly, Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
        assert!(group::ROLES.contains(&in_role(role)));
        assert!(room::ROLES.contains(&in_role(role)));
    }
}
