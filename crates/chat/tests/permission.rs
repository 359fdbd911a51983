//! Who may do what, written by hand: each action, in each role, in each kind of conversation.

use chinwag_chat::{Action, ApiKeyHash, Authority, ServerAction, may, may_on_server, outranks};
use chinwag_protocol::{Kind, Role};

/// In the order of [`Role::ALL`]: owner, admin, moderator, member, reader.
const YES: bool = true;
const NO: bool = false;

/// A new action does not compile until it has its three rows.
const fn rows(action: Action) -> [[bool; 5]; 3] {
    match action {
        //                          owner  admin  moder. member reader
        // In a room, a group, a direct chat.
        Action::Write => [[YES, YES, YES, YES, NO], [YES, YES, YES, YES, NO], [YES, YES, YES, YES, NO]],
        Action::WriteLocked => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::WriteAtOnce => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::DeleteAny => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::AddMembers => [[NO, NO, NO, NO, NO], [YES, YES, NO, NO, NO], [NO; 5]],
        Action::Remove => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::Ban => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::Mute => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [NO; 5]],
        Action::SetRole => [[YES, YES, NO, NO, NO], [YES, YES, NO, NO, NO], [NO; 5]],
        Action::HandOver => [[YES, NO, NO, NO, NO], [YES, NO, NO, NO, NO], [NO; 5]],
        Action::ChangeSettings => [[YES, YES, NO, NO, NO], [YES, YES, NO, NO, NO], [NO; 5]],
        Action::SeeMembers => [[YES; 5], [YES; 5], [NO; 5]],
        Action::MentionAll => [[YES, YES, YES, NO, NO], [YES, YES, YES, YES, NO], [YES, YES, YES, YES, NO]],
        Action::Pin => [[YES, YES, YES, NO, NO], [YES, YES, YES, NO, NO], [YES, YES, YES, YES, NO]],
        Action::Invite => [[NO, NO, NO, NO, NO], [YES, YES, NO, NO, NO], [NO; 5]],
    }
}

/// A new kind or role does not compile until it has its place.
const fn kind_index(kind: Kind) -> usize {
    match kind {
        Kind::Room => 0,
        Kind::Group => 1,
        Kind::Direct => 2,
    }
}

const fn role_index(role: Role) -> usize {
    match role {
        Role::Owner => 0,
        Role::Admin => 1,
        Role::Moderator => 2,
        Role::Member => 3,
        Role::ReadOnly => 4,
    }
}

#[test]
fn every_role_may_what_the_table_says() {
    assert_eq!(Action::ALL.len(), 15, "every action is tried");
    assert_eq!(Role::ALL.len(), 5, "every role is tried");
    for action in Action::ALL {
        for kind in [Kind::Room, Kind::Group, Kind::Direct] {
            for role in Role::ALL {
                let expected = rows(*action)[kind_index(kind)][role_index(*role)];
                assert_eq!(may(*role, *action, kind), expected, "{role:?} {action:?} {kind:?}");
            }
        }
    }
}

#[test]
fn nobody_stands_above_themselves_or_the_owner() {
    // Whom each stands above, in the order of the roles.
    let table = [
        (Role::Owner, [NO, YES, YES, YES, YES]),
        (Role::Admin, [NO, NO, YES, YES, YES]),
        (Role::Moderator, [NO, NO, NO, YES, YES]),
        (Role::Member, [NO, NO, NO, NO, YES]),
        (Role::ReadOnly, [NO, NO, NO, NO, NO]),
    ];
    for (role, above) in table {
        for other in Role::ALL {
            assert_eq!(outranks(role, *other), above[role_index(*other)], "{role:?} {other:?}");
        }
    }
}

/// Who runs the server, and a program with a key. A new action does not compile until it has its row.
const fn on_server(action: ServerAction) -> [bool; 2] {
    match action {
        //                                   operator key
        ServerAction::CloseEntrances => [YES, NO],
        ServerAction::BanAddresses => [YES, NO],
        ServerAction::BanAccounts => [YES, NO],
        ServerAction::CloseConversations => [YES, NO],
        ServerAction::ManageKeys => [YES, NO],
        ServerAction::DeleteMessages => [YES, NO],
        ServerAction::RemoveMembers => [YES, NO],
        ServerAction::HandOver => [YES, NO],
        ServerAction::SignOut => [YES, YES],
        ServerAction::ResetPasswords => [YES, NO],
        ServerAction::DeleteAccounts => [YES, NO],
        ServerAction::CreateAccounts => [NO, YES],
        ServerAction::AddDevices => [NO, YES],
    }
}

#[test]
fn who_runs_the_server_and_programs_may_what_the_table_says() {
    assert_eq!(ServerAction::ALL.len(), 13, "every action is tried");
    for action in ServerAction::ALL {
        let authorities = [Authority::Operator, Authority::Key(ApiKeyHash([1; 32]))];
        for (authority, expected) in authorities.iter().zip(on_server(*action)) {
            assert_eq!(may_on_server(authority, *action), expected, "{authority:?} {action:?}");
        }
    }
}
