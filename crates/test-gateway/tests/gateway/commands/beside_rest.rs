//! Every command exists in REST and as a frame, with the same result and the same refusals.

use chinwag_protocol::{
    AccountId, AccountList, Attributes, ClientId, Command, ConversationId, DeviceId, DraftText, Emoji,
    Entities, InviteHash, InviteId, InviteTerms, MessageText, MuteSeconds, OwnSettingsChange, PasswordHash,
    Role, Seq, Settings, SettingsChange, Slug, Title, Username,
};
use chinwag_store::Store;
use serde_json::{Value, json};

use super::guest::Guest;
use crate::server::Server;
use crate::socket::Over;

const FIRST: &str = "0197a3b0-0000-7000-8000-000000000001";
const OTHER: &str = "0197a3b0-0000-7000-8000-000000000002";
const ABSENT: &str = "0197a3b0-0000-7000-8000-0000000000ff";

/// Who asks.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// Owns the room, wrote its first row.
    Ada,
    /// A member.
    Bob,
    /// Another new guest for each of the two ways.
    Fresh,
}

/// The same asked for in both ways. `ROOM`, `ADA` and `BOB` stand for their ids, `CHAT` for that of the direct chat that Ada has
/// opened with Bob.
struct Case {
    who: Who,
    /// Method, path and body.
    rest: (&'static str, String, String),
    /// Without `id`.
    frame: String,
    /// REST's status if it is done, the code if it is refused.
    expected: Result<u16, &'static str>,
}

fn case(
    who: Who,
    method: &'static str,
    path: impl Into<String>,
    body: impl Into<String>,
    frame: impl Into<String>,
    expected: Result<u16, &'static str>,
) -> Case {
    Case { who, rest: (method, path.into(), body.into()), frame: frame.into(), expected }
}

/// One command, to find the next one by.
pub(super) fn samples() -> Vec<Command> {
    let conversation = ConversationId::from_bytes([0; 16]);
    let client_id = ClientId::from_bytes([0; 16]);
    let text = MessageText::parse("a".into(), 1).unwrap();
    let account = AccountId::from_bytes([0; 16]);
    let mut all = vec![Command::OpenRoom { slug: Slug::parse("tea").unwrap() }];
    // A new variant does not compile until it stands here, and then `cases` asks for its cases.
    while let Some(next) = match all.last().unwrap() {
        Command::OpenRoom { .. } => {
            let (follows, attributes) = (None, Attributes::default());
            Some(Command::SendMessage { conversation, client_id, text: text.clone(), follows, attributes })
        }
        Command::SendMessage { .. } => {
            let (seq, entities) = (Seq::new(1), Entities::default());
            Some(Command::EditMessage { conversation, seq, text: text.clone(), entities })
        }
        Command::EditMessage { .. } => {
            let emoji = Emoji::parse("👍").unwrap();
            Some(Command::React { conversation, seq: Seq::new(1), emoji })
        }
        Command::React { seq, emoji, .. } => {
            Some(Command::Unreact { conversation, seq: *seq, emoji: emoji.clone() })
        }
        Command::Unreact { seq, .. } => Some(Command::Pin { conversation, seq: *seq }),
        Command::Pin { seq, .. } => Some(Command::Unpin { conversation, seq: *seq }),
        Command::Unpin { seq, .. } => Some(Command::DeleteMessage { conversation, seq: *seq }),
        Command::DeleteMessage { .. } => Some(Command::Leave { conversation }),
        Command::Leave { .. } => Some(Command::SignOut),
        Command::SignOut => Some(Command::Register {
            username: Username::parse("ada").unwrap(),
            password: PasswordHash::new(""),
        }),
        Command::Register { .. } => {
            Some(Command::ChangePassword { verified: 1, password: PasswordHash::new("") })
        }
        Command::ChangePassword { .. } => Some(Command::NewRecoveryCodes { verified: 1, codes: Vec::new() }),
        Command::NewRecoveryCodes { .. } => {
            Some(Command::UpdateAccount { name: None, about: None, color: None })
        }
        Command::UpdateAccount { .. } => Some(Command::DeleteAccount { verified: None }),
        Command::DeleteAccount { .. } => {
            Some(Command::RemoveDevice { device: DeviceId::from_bytes([0; 16]) })
        }
        Command::RemoveDevice { .. } => Some(Command::RemoveOtherDevices),
        Command::RemoveOtherDevices => Some(Command::CreateGroup {
            client_id,
            settings: Settings::new(Some(Title::parse("Crew").unwrap())),
        }),
        Command::CreateGroup { .. } => {
            Some(Command::AddMembers { conversation, accounts: AccountList::new(vec![account]).unwrap() })
        }
        Command::AddMembers { .. } => Some(Command::RemoveMember { conversation, account }),
        Command::RemoveMember { .. } => Some(Command::SetRole { conversation, account, role: Role::Member }),
        Command::SetRole { .. } => Some(Command::HandOver { conversation, account }),
        Command::HandOver { .. } => Some(Command::Ban { conversation, account }),
        Command::Ban { .. } => Some(Command::LiftBan { conversation, account }),
        Command::LiftBan { .. } => {
            Some(Command::Mute { conversation, account, seconds: MuteSeconds::new(1).unwrap() })
        }
        Command::Mute { .. } => Some(Command::LiftMute { conversation, account }),
        Command::LiftMute { .. } => {
            Some(Command::ChangeSettings { conversation, change: SettingsChange::default() })
        }
        Command::ChangeSettings { .. } => {
            let (token, terms) = (InviteHash([0; 32]), InviteTerms::default());
            Some(Command::CreateInvite { conversation, token, terms })
        }
        Command::CreateInvite { .. } => {
            Some(Command::RevokeInvite { conversation, invite: InviteId::from_bytes([0; 16]) })
        }
        Command::RevokeInvite { .. } => Some(Command::AcceptInvite { token: InviteHash([0; 32]) }),
        Command::AcceptInvite { .. } => Some(Command::OpenDirect { account }),
        Command::OpenDirect { .. } => Some(Command::Accept { conversation }),
        Command::Accept { .. } => Some(Command::Block { account }),
        Command::Block { .. } => Some(Command::Unblock { account }),
        Command::Unblock { .. } => Some(Command::Read { conversation, seq: Seq::new(1) }),
        Command::Read { .. } => Some(Command::MarkUnread { conversation, seq: Seq::new(1) }),
        Command::MarkUnread { .. } => Some(Command::SetPreferences { receipts: None }),
        Command::SetPreferences { .. } => {
            Some(Command::ChangeOwnSettings { conversation, change: OwnSettingsChange::default() })
        }
        Command::ChangeOwnSettings { .. } => {
            let (device, text) = (DeviceId::from_bytes([0; 16]), DraftText::parse(String::new(), 1).unwrap());
            Some(Command::PutDraft { conversation, device, text })
        }
        Command::PutDraft { .. } => None,
    } {
        all.push(next);
    }
    all
}

fn cases(command: &Command) -> Vec<Case> {
    match command {
        Command::OpenRoom { .. } => open_room(),
        Command::SendMessage { .. } => send_message(),
        Command::EditMessage { .. } => edit_message(),
        Command::React { .. } => reaction("PUT", "react", [Ok(200), Ok(200)]),
        // The second way finds nothing to undo, and so does the third.
        Command::Unreact { .. } => reaction("DELETE", "unreact", [Ok(204), Ok(204)]),
        Command::Pin { .. } => pin("PUT", "pin"),
        Command::Unpin { .. } => pin("DELETE", "unpin"),
        Command::DeleteMessage { .. } => delete_message(),
        Command::Leave { .. } => leave(),
        Command::SignOut => {
            vec![case(Who::Fresh, "DELETE", "/v1/session", "", r#"{"command":"sign_out"}"#, Ok(204))]
        }
        Command::Register { .. } => register(),
        Command::ChangePassword { .. } => change_password(),
        Command::NewRecoveryCodes { .. } => new_recovery_codes(),
        Command::UpdateAccount { .. } => update_account(),
        Command::DeleteAccount { .. } => delete_account(),
        Command::RemoveDevice { .. } => remove_device(),
        Command::RemoveOtherDevices => {
            let frame = r#"{"command":"remove_other_devices"}"#;
            vec![case(Who::Bob, "DELETE", "/v1/devices", "", frame, Ok(204))]
        }
        Command::CreateGroup { .. } => create_group(),
        Command::AddMembers { .. } => add_members(),
        Command::RemoveMember { .. } => done_to("DELETE", "members", "remove_member", Ok(204)),
        Command::SetRole { .. } => set_role(),
        Command::HandOver { .. } => hand_over(),
        Command::Ban { .. } => done_to("PUT", "bans", "ban", Ok(204)),
        Command::LiftBan { .. } => {
            let mut cases = done_to("DELETE", "bans", "lift_ban", Ok(204));
            // One that is not banned is not banned any more, whoever it is.
            cases.retain(|case| !case.frame.contains("ADA"));
            cases
        }
        Command::Mute { .. } => mute(),
        Command::LiftMute { .. } => done_to("DELETE", "mutes", "lift_mute", Err("not_found")),
        Command::ChangeSettings { .. } => change_conversation(),
        Command::CreateInvite { .. } => create_invite(),
        Command::RevokeInvite { .. } => revoke_invite(),
        Command::AcceptInvite { .. } => accept_invite(),
        Command::OpenDirect { .. } => {
            let mut cases = of_account(
                "open_direct",
                "PUT",
                "/v1/direct/",
                [Ok(200), Err("not_found"), Err("not_found")],
            );
            cases.extend(open_direct_by_name());
            cases
        }
        Command::Accept { .. } => accept(),
        Command::Block { .. } => {
            of_account("block", "PUT", "/v1/blocks/", [Ok(204), Err("not_found"), Err("not_found")])
        }
        Command::Unblock { .. } => {
            of_account("unblock", "DELETE", "/v1/blocks/", [Ok(204), Ok(204), Err("not_found")])
        }
        Command::Read { .. } => mark("read", "read", Ok(204)),
        Command::MarkUnread { .. } => mark("mark_unread", "unread", Err("not_found")),
        Command::SetPreferences { .. } => set_preferences(),
        Command::ChangeOwnSettings { .. } => change_own_settings(),
        Command::PutDraft { .. } => put_draft(),
    }
}

fn open_room() -> Vec<Case> {
    let table = [
        ("tea", "tea", Ok(200)),
        ("TEA", "TEA", Ok(200)),
        ("-", "-", Err("invalid_slug")),
        ("a%20b", "a b", Err("invalid_slug")),
        ("a%E2%80%AEb", "a\u{202e}b", Err("invalid_slug")),
    ];
    let case = |(path, slug, expected)| {
        let frame = json!({"command": "open_room", "slug": slug}).to_string();
        case(Who::Ada, "PUT", format!("/v1/rooms/{path}"), "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn send_message() -> Vec<Case> {
    let send = |id: &str, text: &str| format!(r#""client_id":"{id}","text":"{text}""#);
    let follows = |id: &str| format!(r#"{},"follows":"{id}""#, send(OTHER, "two"));
    let table = [
        ("ROOM", send(FIRST, "one"), Ok(201)),
        ("ROOM", send(FIRST, "another"), Err("client_id_reused")),
        ("ROOM", follows(ABSENT), Err("predecessor_missing")),
        ("ROOM", follows(FIRST), Ok(201)),
        ("ROOM", send(OTHER, "\\u200b \\t"), Err("invalid_text")),
        ("ROOM", send(OTHER, ""), Err("invalid_text")),
        ("ROOM", send(OTHER, "a\\u0000b"), Err("invalid_text")),
        ("ROOM", send(OTHER, &"a".repeat(32_769)), Err("invalid_text")),
        ("ROOM", send(OTHER, "\\ud800"), Err("invalid_field")),
        ("ROOM", send("1", "one"), Err("invalid_field")),
        ("ROOM", format!(r#""client_id":"{OTHER}""#), Err("invalid_field")),
        ("ROOM", r#""text":"one""#.to_owned(), Err("invalid_field")),
        ("ROOM", format!(r#""client_id":"{OTHER}","text":1"#), Err("invalid_field")),
        ("ROOM", format!(r#""client_id":"{OTHER}","text":"a","text":"b""#), Err("invalid_field")),
        ("ROOM", format!(r#"{},"follows":5"#, send(OTHER, "two")), Err("invalid_field")),
        (ABSENT, send(ABSENT, "one"), Err("not_found")),
        ("nonsense", send(OTHER, "one"), Err("not_found")),
        ("nonsense", r#""text":"one""#.to_owned(), Err("invalid_field")),
        ("ROOM", send(OTHER, "a\nb"), Err("malformed_json")),
    ];
    let case = |(place, fields, expected): (&str, String, _)| {
        let frame = format!(r#"{{"command":"send_message","conversation":"{place}",{fields}}}"#);
        let path = format!("/v1/conversations/{place}/messages");
        case(Who::Ada, "POST", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn edit_message() -> Vec<Case> {
    let named = |id: &str| {
        format!(r#""text":"hi","entities":[{{"type":"mention","offset":0,"length":2,"account":"{id}"}}]"#)
    };
    let all = |offset, length| {
        let entity = format!(r#"{{"type":"mention_all","offset":{offset},"length":{length}}}"#);
        format!(r#""text":"hi 😀","entities":[{entity}]"#)
    };
    let text = |text: &str| format!(r#""text":"{text}""#);
    let table = [
        (Who::Ada, "ROOM", "1", text("another"), Ok(200)),
        (Who::Ada, "ROOM", "1", named("BOB"), Ok(200)),
        (Who::Ada, "ROOM", "1", all(3, 2), Ok(200)),
        (Who::Ada, "ROOM", "1", all(4, 1), Err("invalid_entities")),
        (Who::Ada, "ROOM", "1", all(3, 3), Err("invalid_entities")),
        (Who::Ada, "ROOM", "1", all(0, 0), Err("invalid_entities")),
        (Who::Ada, "ROOM", "1", named(ABSENT), Err("invalid_entities")),
        (Who::Ada, "ROOM", "1", named("nobody"), Err("invalid_field")),
        (
            Who::Ada,
            "ROOM",
            "1",
            r#""text":"hi","entities":[{"type":"poem"}]"#.to_owned(),
            Err("invalid_entities"),
        ),
        (Who::Ada, "ROOM", "1", r#""text":"hi","entities":[5]"#.to_owned(), Err("invalid_field")),
        (Who::Ada, "ROOM", "1", text(" "), Err("invalid_text")),
        (Who::Ada, "ROOM", "1", String::new(), Err("invalid_field")),
        (Who::Bob, "ROOM", "1", text("another"), Err("forbidden")),
        (Who::Ada, "ROOM", "0", text("another"), Err("not_found")),
        (Who::Ada, "ROOM", "99", text("another"), Err("not_found")),
        (Who::Ada, "ROOM", "9223372036854775808", text("another"), Err("not_found")),
        (Who::Fresh, "ROOM", "1", text("another"), Err("not_found")),
        (Who::Ada, ABSENT, "1", text("another"), Err("not_found")),
        (Who::Ada, "nonsense", "1", text("another"), Err("not_found")),
    ];
    let case = |(who, place, seq, fields, expected): (_, &str, &str, String, _)| {
        let comma = if fields.is_empty() { "" } else { "," };
        let frame =
            format!(r#"{{"command":"edit_message","conversation":"{place}","seq":{seq}{comma}{fields}}}"#);
        let path = format!("/v1/conversations/{place}/messages/{seq}");
        case(who, "PATCH", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn reaction(method: &'static str, command: &str, done: [Result<u16, &'static str>; 2]) -> Vec<Case> {
    let [first, again] = done;
    let table = [
        // Ada reacts, Bob never did.
        (if method == "PUT" { Who::Ada } else { Who::Bob }, "ROOM", "1", "👍", first),
        (if method == "PUT" { Who::Ada } else { Who::Bob }, "ROOM", "1", "❤", again),
        (Who::Ada, "ROOM", "1", "+1", Err("invalid_emoji")),
        (Who::Ada, "ROOM", "1", "👍👍", Err("invalid_emoji")),
        (Who::Ada, "ROOM", "99", "👍", Err("not_found")),
        (Who::Ada, "ROOM", "9223372036854775808", "👍", Err("not_found")),
        (Who::Fresh, "ROOM", "1", "👍", Err("not_found")),
        (Who::Ada, ABSENT, "1", "👍", Err("not_found")),
        (Who::Ada, "nonsense", "1", "👍", Err("not_found")),
    ];
    let case = |(who, place, seq, emoji, expected): (_, &str, &str, &str, _)| {
        let frame =
            format!(r#"{{"command":"{command}","conversation":"{place}","seq":{seq},"emoji":"{emoji}"}}"#);
        let encoded: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/v1/conversations/{place}/messages/{seq}/reactions/{encoded}");
        case(who, method, path, "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn pin(method: &'static str, command: &str) -> Vec<Case> {
    // The way that comes second finds nothing to undo.
    let table = [
        (Who::Bob, "ROOM", "1", Err("forbidden")),
        (Who::Ada, "ROOM", "0", Err("not_found")),
        (Who::Ada, "ROOM", "99", Err("not_found")),
        (Who::Ada, "ROOM", "9223372036854775808", Err("not_found")),
        (Who::Fresh, "ROOM", "1", Err("not_found")),
        (Who::Ada, ABSENT, "1", Err("not_found")),
        (Who::Ada, "nonsense", "1", Err("not_found")),
        (Who::Ada, "ROOM", "2", Ok(if method == "PUT" { 200 } else { 204 })),
    ];
    let case = |(who, place, seq, expected): (_, &str, &str, _)| {
        let frame = format!(r#"{{"command":"{command}","conversation":"{place}","seq":{seq}}}"#);
        case(who, method, format!("/v1/conversations/{place}/pins/{seq}"), "", frame, expected)
    };
    let mut cases: Vec<Case> = table.into_iter().map(case).collect();
    if method == "DELETE" {
        // What Ada has pinned would be unpinned by one way, and not be by the other.
        cases.pop();
        cases.push(case((Who::Ada, "ROOM", "1", Ok(204))));
    }
    cases
}

fn delete_message() -> Vec<Case> {
    let table = [
        (Who::Bob, "ROOM", "1", Err("forbidden")),
        (Who::Ada, "ROOM", "0", Err("not_found")),
        (Who::Ada, "ROOM", "99", Err("not_found")),
        (Who::Ada, "ROOM", "9007199254740993", Err("not_found")),
        (Who::Ada, "ROOM", "9223372036854775808", Err("not_found")),
        (Who::Fresh, "ROOM", "1", Err("not_found")),
        (Who::Ada, ABSENT, "1", Err("not_found")),
        (Who::Ada, "nonsense", "1", Err("not_found")),
        (Who::Ada, "ROOM", "1", Ok(200)),
        (Who::Ada, "ROOM", "1", Ok(200)),
    ];
    let case = |(who, place, seq, expected)| {
        let frame = format!(r#"{{"command":"delete_message","conversation":"{place}","seq":{seq}}}"#);
        let path = format!("/v1/conversations/{place}/messages/{seq}");
        case(who, "DELETE", path, "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn change_own_settings() -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", "", Ok(200)),
        (
            Who::Ada,
            "ROOM",
            r#""muted_until":"2030-01-01T00:00:00.000Z","level":"mentions","pinned":true"#,
            Ok(200),
        ),
        (Who::Ada, "ROOM", r#""muted_until":null,"archived":true,"name":"Ours""#, Ok(200)),
        (Who::Ada, "ROOM", r#""name":"""#, Ok(200)),
        (Who::Ada, "ROOM", r#""name":" Ours""#, Err("invalid_title")),
        (Who::Ada, "ROOM", r#""name":null"#, Ok(200)),
        (Who::Ada, "ROOM", r#""level":"some""#, Err("invalid_field")),
        (Who::Ada, "ROOM", r#""muted_until":5"#, Err("invalid_field")),
        (Who::Fresh, "ROOM", r#""pinned":true"#, Err("not_found")),
        (Who::Ada, ABSENT, r#""pinned":true"#, Err("not_found")),
    ];
    let case = |(who, place, fields, expected)| {
        let comma = if fields == "" { "" } else { "," };
        let frame =
            format!(r#"{{"command":"set_conversation_settings","conversation":"{place}"{comma}{fields}}}"#);
        let path = format!("/v1/conversations/{place}/settings");
        case(who, "PATCH", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

/// Each of the two ways is another device.
fn put_draft() -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", ABSENT, r#""text":"a""#, Err("not_found")),
        (Who::Ada, "ROOM", "nonsense", r#""text":"a""#, Err("not_found")),
        (Who::Fresh, "ROOM", ABSENT, r#""text":"a""#, Err("not_found")),
        (Who::Ada, ABSENT, ABSENT, r#""text":"a""#, Err("not_found")),
        (Who::Ada, "ROOM", ABSENT, r#""text":5"#, Err("invalid_field")),
        (Who::Ada, "ROOM", ABSENT, r#""text":"a\u0000""#, Err("invalid_text")),
    ];
    let case = |(who, place, device, fields, expected)| {
        let frame =
            format!(r#"{{"command":"put_draft","conversation":"{place}","device":"{device}",{fields}}}"#);
        let path = format!("/v1/conversations/{place}/drafts/{device}");
        case(who, "PUT", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn set_preferences() -> Vec<Case> {
    let table = [
        ("", Ok(200)),
        (r#""receipts":true"#, Ok(200)),
        (r#""receipts":false"#, Ok(200)),
        (r#""receipts":1"#, Err("invalid_field")),
        (r#""receipts":"no""#, Err("invalid_field")),
    ];
    let path = "/v1/account/preferences";
    let case =
        |(fields, expected)| with_fields(Who::Fresh, "PATCH", path, "set_preferences", fields, expected);
    table.into_iter().map(case).collect()
}

/// Row 0 is before all that there is.
fn mark(command: &'static str, path: &'static str, nothing: Result<u16, &'static str>) -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", "0", nothing),
        (Who::Ada, "ROOM", "99", Err("not_found")),
        (Who::Ada, "ROOM", "9223372036854775808", Err("not_found")),
        (Who::Ada, "ROOM", "-1", Err("invalid_field")),
        (Who::Ada, "ROOM", "\"1\"", Err("invalid_field")),
        (Who::Fresh, "ROOM", "1", Err("not_found")),
        (Who::Ada, ABSENT, "1", Err("not_found")),
        (Who::Ada, "nonsense", "1", Err("not_found")),
        (Who::Bob, "ROOM", "1", Ok(204)),
        (Who::Bob, "ROOM", "1", Ok(204)),
    ];
    let case = |(who, place, seq, expected)| {
        let frame = format!(r#"{{"command":"{command}","conversation":"{place}","seq":{seq}}}"#);
        let path = format!("/v1/conversations/{place}/{path}");
        case(who, "PUT", path, format!(r#"{{"seq":{seq}}}"#), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn leave() -> Vec<Case> {
    let table = [(ABSENT, Ok(204)), ("nonsense", Err("not_found")), ("ROOM", Ok(204)), ("ROOM", Ok(204))];
    let case = |(place, expected)| {
        let frame = format!(r#"{{"command":"leave","conversation":"{place}"}}"#);
        case(Who::Bob, "DELETE", format!("/v1/conversations/{place}/membership"), "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

/// The same fields in the body and in the frame.
fn with_fields(
    who: Who,
    method: &'static str,
    path: &str,
    command: &str,
    fields: &str,
    expected: Result<u16, &'static str>,
) -> Case {
    let comma = if fields.is_empty() { "" } else { "," };
    let frame = format!(r#"{{"command":"{command}"{comma}{fields}}}"#);
    case(who, method, path, format!("{{{fields}}}"), frame, expected)
}

fn register() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""username":"Ada","password":"correct horse""#.to_owned(), Ok(200)),
        // A retry, whatever the password.
        (Who::Ada, r#""username":"ada","password":"another horse""#.to_owned(), Ok(200)),
        (
            Who::Ada,
            r#""username":"lovelace","password":"correct horse""#.to_owned(),
            Err("already_registered"),
        ),
        (Who::Bob, r#""username":"aDA","password":"correct horse""#.to_owned(), Err("username_taken")),
        (Who::Bob, r#""username":"b","password":"correct horse""#.to_owned(), Err("invalid_username")),
        (Who::Bob, r#""username":"bo b","password":"correct horse""#.to_owned(), Err("invalid_username")),
        (Who::Bob, r#""username":"bob","password":"short""#.to_owned(), Err("invalid_password")),
        (
            Who::Bob,
            format!(r#""username":"bob","password":"{}""#, "a".repeat(1_025)),
            Err("invalid_password"),
        ),
        (Who::Bob, r#""username":"bob""#.to_owned(), Err("invalid_field")),
        (Who::Bob, r#""username":"bob","password":5"#.to_owned(), Err("invalid_field")),
    ];
    let path = "/v1/account/registration";
    let case = |(who, fields, expected): (_, String, _)| {
        with_fields(who, "POST", path, "register", &fields, expected)
    };
    table.into_iter().map(case).collect()
}

/// The last is done twice: once each way, with the password that the other has set.
fn change_password() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""password":"correct horse","new_password":"short""#, Err("invalid_password")),
        (Who::Ada, r#""password":"wrong horse","new_password":"correct horse""#, Err("wrong_credentials")),
        // A guest has none.
        (Who::Bob, r#""password":"correct horse","new_password":"correct horse""#, Err("wrong_credentials")),
        (Who::Ada, r#""password":"correct horse""#, Err("invalid_field")),
        (Who::Ada, r#""password":"correct horse","new_password":"correct horse""#, Ok(204)),
    ];
    let path = "/v1/account/password";
    let case = |(who, fields, expected)| with_fields(who, "PUT", path, "change_password", fields, expected);
    table.into_iter().map(case).collect()
}

fn new_recovery_codes() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""password":"wrong horse""#, Err("wrong_credentials")),
        (Who::Bob, r#""password":"correct horse""#, Err("wrong_credentials")),
        (Who::Ada, "", Err("invalid_field")),
        (Who::Ada, r#""password":"correct horse""#, Ok(201)),
    ];
    let path = "/v1/account/recovery-codes";
    let case =
        |(who, fields, expected)| with_fields(who, "POST", path, "new_recovery_codes", fields, expected);
    table.into_iter().map(case).collect()
}

fn delete_account() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""password":"short""#, Err("invalid_password")),
        (Who::Ada, r#""password":5"#, Err("invalid_field")),
        (Who::Ada, "", Err("wrong_credentials")),
        (Who::Fresh, r#""password":"correct horse""#, Err("wrong_credentials")),
        (Who::Fresh, "", Ok(204)),
    ];
    let path = "/v1/account/deletion";
    let case = |(who, fields, expected)| with_fields(who, "POST", path, "delete_account", fields, expected);
    table.into_iter().map(case).collect()
}

fn update_account() -> Vec<Case> {
    let table = [
        (r#""name":"Countess","about":"Engines.\nNumbers.","color":7"#.to_owned(), Ok(200)),
        (String::new(), Ok(200)),
        (r#""about":"""#.to_owned(), Ok(200)),
        (r#""name":"""#.to_owned(), Err("invalid_name")),
        (r#""name":"a\u202eb""#.to_owned(), Err("invalid_name")),
        (format!(r#""about":"{}""#, "a".repeat(301)), Err("invalid_text")),
        (r#""about":"a\u0000b""#.to_owned(), Err("invalid_text")),
        (r#""color":12"#.to_owned(), Err("invalid_field")),
        (r#""color":"red""#.to_owned(), Err("invalid_field")),
        (r#""name":5"#.to_owned(), Err("invalid_field")),
    ];
    let case = |(fields, expected): (String, _)| {
        with_fields(Who::Ada, "PATCH", "/v1/account", "update_account", &fields, expected)
    };
    table.into_iter().map(case).collect()
}

fn remove_device() -> Vec<Case> {
    let case = |device| {
        let frame = format!(r#"{{"command":"remove_device","device":"{device}"}}"#);
        let path = format!("/v1/devices/{device}");
        case(Who::Ada, "DELETE", path, "", frame, Err("not_found"))
    };
    [ABSENT, "nonsense"].into_iter().map(case).collect()
}

fn create_group() -> Vec<Case> {
    let make = |id: &str, rest: &str| format!(r#""client_id":"{id}","title":"Crew"{rest}"#);
    let table = [
        (make(ABSENT, ""), Ok(201)),
        (make(ABSENT, r#","topic":"another""#), Err("client_id_reused")),
        (make(FIRST, ""), Err("client_id_reused")),
        (make("1", ""), Err("invalid_field")),
        (format!(r#""client_id":"{ABSENT}""#), Err("invalid_field")),
        (format!(r#""client_id":"{ABSENT}","title":"""#), Err("invalid_title")),
        (format!(r#""client_id":"{ABSENT}","title":"{}""#, "x".repeat(81)), Err("invalid_title")),
        (format!(r#""client_id":"{ABSENT}","title":"a\nb""#), Err("invalid_title")),
        (make(ABSENT, r#","topic":" ""#), Err("invalid_topic")),
        (make(ABSENT, r#","history_visible":1"#), Err("invalid_field")),
    ];
    let case = |(fields, expected): (String, _)| {
        let frame = format!(r#"{{"command":"create_group",{fields}}}"#);
        case(Who::Ada, "POST", "/v1/groups", format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn add_members() -> Vec<Case> {
    let many = vec![format!("\"{ABSENT}\""); 101].join(",");
    let table = [
        (Who::Ada, "ROOM", r#""accounts":["BOB"]"#.to_owned(), Err("forbidden")),
        (Who::Fresh, "ROOM", r#""accounts":["BOB"]"#.to_owned(), Err("not_found")),
        (Who::Ada, ABSENT, r#""accounts":["BOB"]"#.to_owned(), Err("not_found")),
        (Who::Ada, "nonsense", r#""accounts":["BOB"]"#.to_owned(), Err("not_found")),
        (Who::Ada, "ROOM", r#""accounts":[]"#.to_owned(), Err("invalid_field")),
        (Who::Ada, "ROOM", r#""accounts":["nonsense"]"#.to_owned(), Err("invalid_field")),
        (Who::Ada, "ROOM", r#""accounts":"BOB""#.to_owned(), Err("invalid_field")),
        (Who::Ada, "ROOM", format!(r#""accounts":[{many}]"#), Err("invalid_field")),
    ];
    let case = |(who, place, fields, expected): (_, &str, String, _)| {
        let frame = format!(r#"{{"command":"add_members","conversation":"{place}",{fields}}}"#);
        let path = format!("/v1/conversations/{place}/members");
        case(who, "POST", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

/// What is done to somebody, without more to say; `expected` of Bob, who is not there.
fn done_to(
    method: &'static str,
    place: &str,
    command: &str,
    expected: Result<u16, &'static str>,
) -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", "BOB", expected),
        (Who::Ada, "ROOM", "ADA", Err("forbidden")),
        (Who::Ada, "ROOM", "nonsense", Err("not_found")),
        (Who::Fresh, "ROOM", "BOB", Err("not_found")),
        (Who::Ada, ABSENT, "BOB", Err("not_found")),
        (Who::Ada, "nonsense", "BOB", Err("not_found")),
    ];
    let case = |(who, id, account, expected)| {
        let frame = format!(r#"{{"command":"{command}","conversation":"{id}","account":"{account}"}}"#);
        case(who, method, format!("/v1/conversations/{id}/{place}/{account}"), "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn set_role() -> Vec<Case> {
    let table = [
        (Who::Ada, "BOB", r#""role":"admin""#, Err("not_found")),
        (Who::Ada, "ADA", r#""role":"member""#, Err("forbidden")),
        (Who::Ada, "BOB", r#""role":"king""#, Err("invalid_field")),
        (Who::Ada, "BOB", r#""rank":"admin""#, Err("invalid_field")),
        (Who::Fresh, "BOB", r#""role":"admin""#, Err("not_found")),
    ];
    let case = |(who, account, fields, expected)| {
        let frame =
            format!(r#"{{"command":"set_role","conversation":"ROOM","account":"{account}",{fields}}}"#);
        let path = format!("/v1/conversations/ROOM/members/{account}/role");
        case(who, "PUT", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn hand_over() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""account":"BOB""#, Err("not_found")),
        (Who::Ada, r#""account":"ADA""#, Ok(204)),
        (Who::Ada, r#""account":"nonsense""#, Err("invalid_field")),
        (Who::Fresh, r#""account":"ADA""#, Err("not_found")),
    ];
    let case = |(who, fields, expected)| {
        let frame = format!(r#"{{"command":"hand_over","conversation":"ROOM",{fields}}}"#);
        case(who, "POST", "/v1/conversations/ROOM/owner", format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn mute() -> Vec<Case> {
    let table = [
        (Who::Ada, "BOB", r#""seconds":60"#, Err("not_found")),
        (Who::Ada, "ADA", r#""seconds":60"#, Err("forbidden")),
        (Who::Ada, "BOB", r#""seconds":0"#, Err("invalid_field")),
        (Who::Ada, "BOB", r#""seconds":31536001"#, Err("invalid_field")),
        (Who::Ada, "BOB", r#""seconds":-1"#, Err("invalid_field")),
        (Who::Fresh, "ADA", r#""seconds":60"#, Err("not_found")),
    ];
    let case = |(who, account, fields, expected)| {
        let frame = format!(r#"{{"command":"mute","conversation":"ROOM","account":"{account}",{fields}}}"#);
        let path = format!("/v1/conversations/ROOM/mutes/{account}");
        case(who, "PUT", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

/// Of rooms there are none; each that is made is another.
fn create_invite() -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", r#""uses":1"#, Err("forbidden")),
        (Who::Ada, "ROOM", r#""uses":0"#, Err("invalid_field")),
        (Who::Ada, "ROOM", r#""uses":10001"#, Err("invalid_field")),
        (Who::Ada, "ROOM", r#""expires_seconds":31536001"#, Err("invalid_field")),
        (Who::Ada, "ROOM", r#""expires_seconds":"1""#, Err("invalid_field")),
        (Who::Fresh, "ROOM", r#""uses":1"#, Err("not_found")),
        (Who::Ada, ABSENT, r#""uses":1"#, Err("not_found")),
    ];
    let case = |(who, place, fields, expected)| {
        let frame = format!(r#"{{"command":"create_invite","conversation":"{place}",{fields}}}"#);
        let path = format!("/v1/conversations/{place}/invites");
        case(who, "POST", path, format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn revoke_invite() -> Vec<Case> {
    let table = [
        (Who::Ada, "ROOM", ABSENT, Err("forbidden")),
        (Who::Ada, "ROOM", "nonsense", Err("not_found")),
        (Who::Fresh, "ROOM", ABSENT, Err("not_found")),
        (Who::Ada, ABSENT, ABSENT, Err("not_found")),
    ];
    let case = |(who, place, invite, expected)| {
        let frame = format!(r#"{{"command":"revoke_invite","conversation":"{place}","invite":"{invite}"}}"#);
        case(who, "DELETE", format!("/v1/conversations/{place}/invites/{invite}"), "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

fn accept_invite() -> Vec<Case> {
    let case = |token: &str| {
        let frame = format!(r#"{{"command":"accept_invite","token":"{token}"}}"#);
        case(Who::Ada, "POST", format!("/v1/invites/{token}"), "", frame, Err("not_found"))
    };
    ["AAAAAAAAAAAAAAAAAAAAAA", "nonsense", ABSENT].into_iter().map(case).collect()
}

fn change_conversation() -> Vec<Case> {
    let table = [
        (Who::Ada, r#""title":"Tea at five","locked":true"#, Ok(200)),
        (Who::Ada, r#""listed":true,"slow_mode_seconds":3600"#, Ok(200)),
        (Who::Ada, r#""unknown":1"#, Ok(200)),
        (Who::Ada, r#""title":"""#, Err("invalid_title")),
        (Who::Ada, r#""topic":"a\u202eb""#, Err("invalid_topic")),
        (Who::Ada, r#""slow_mode_seconds":3601"#, Err("invalid_field")),
        (Who::Ada, r#""slow_mode_seconds":"1""#, Err("invalid_field")),
        (Who::Ada, r#""history_visible":false"#, Err("invalid_field")),
        (Who::Fresh, r#""locked":false"#, Err("not_found")),
    ];
    let case = |(who, fields, expected)| {
        let frame = format!(r#"{{"command":"change_conversation","conversation":"ROOM",{fields}}}"#);
        case(who, "PATCH", "/v1/conversations/ROOM", format!("{{{fields}}}"), frame, expected)
    };
    table.into_iter().map(case).collect()
}

/// Of Bob, of nobody, and of what is no id.
fn of_account(
    command: &str,
    method: &'static str,
    path: &str,
    expected: [Result<u16, &'static str>; 3],
) -> Vec<Case> {
    let table = ["BOB", ABSENT, "nonsense"].into_iter().zip(expected);
    let case = |(account, expected)| {
        let frame = json!({"command": command, "account": account}).to_string();
        case(Who::Ada, method, format!("{path}{account}"), "", frame, expected)
    };
    table.map(case).collect()
}

/// Ada's notes: she has registered, and has opened them.
fn open_direct_by_name() -> Vec<Case> {
    let table = [
        (r#""username":"aDA""#, Ok(200)),
        (r#""username":"nobody""#, Err("not_found")),
        (r#""username":"-""#, Err("not_found")),
        (r#""username":5"#, Err("invalid_field")),
        (r#""account":"ADA""#, Err("invalid_field")),
    ];
    let case = |(fields, expected)| {
        with_fields(Who::Ada, "PUT", "/v1/direct", "open_direct_by_name", fields, expected)
    };
    table.into_iter().map(case).collect()
}

fn accept() -> Vec<Case> {
    let table = [
        (Who::Ada, "CHAT", Ok(204)),
        (Who::Ada, "ROOM", Ok(204)),
        (Who::Bob, "CHAT", Err("not_found")),
        (Who::Ada, ABSENT, Err("not_found")),
        (Who::Ada, "nonsense", Err("not_found")),
    ];
    let case = |(who, place, expected)| {
        let frame = format!(r#"{{"command":"accept","conversation":"{place}"}}"#);
        case(who, "POST", format!("/v1/conversations/{place}/accept"), "", frame, expected)
    };
    table.into_iter().map(case).collect()
}

#[tokio::test]
async fn every_command_exists_in_both() {
    // All commands are idempotent, so whichever way is second must get what the first got.
    for (frame_first, over) in [(false, Over::Http1), (true, Over::Http2)] {
        let server = Server::start().await;
        let mut ada = Guest::arrive(&server, over, "Ada").await;
        let mut bob = Guest::arrive(&server, over, "Bob").await;
        let room = ada.room("tea").await;
        assert_eq!(bob.room("tea").await, room);
        assert_eq!(ada.rest("PUT", &format!("/v1/direct/{}", ada.account), "").await.0, 201);
        let (_, chat) = ada.rest("PUT", &format!("/v1/direct/{}", bob.account), "").await;
        let chat = chat["conversation"]["id"].as_str().unwrap().to_owned();
        let names =
            [("ROOM", room), ("CHAT", chat), ("ADA", ada.account.clone()), ("BOB", bob.account.clone())];
        for case in samples().iter().flat_map(cases) {
            let mut asked = Vec::new();
            for by_frame in [frame_first, !frame_first] {
                asked.push(match case.who {
                    Who::Ada => ask(&mut ada, &case, &names, by_frame).await,
                    Who::Bob => ask(&mut bob, &case, &names, by_frame).await,
                    Who::Fresh => {
                        let mut eve = Guest::arrive(&server, over, "Eve").await;
                        ask(&mut eve, &case, &names, by_frame).await
                    }
                });
            }
            // Each time they are others.
            if let [one, two] = &mut asked[..]
                && let (Some(ones), Some(twos)) = (one["codes"].as_array(), two["codes"].as_array())
            {
                assert!(ones.len() == 10 && twos.len() == 10 && ones.iter().all(|code| !twos.contains(code)));
                continue;
            }
            assert_eq!(asked[0], asked[1], "{}", case.frame);
        }
    }
}

/// The result or the problem document.
async fn ask(guest: &mut Guest<'_>, case: &Case, names: &[(&str, String)], by_frame: bool) -> Value {
    let named = |text: &str| names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id));
    let (method, path, body) = &case.rest;
    if by_frame {
        let frame = case.frame.replacen('{', r#"{"id":"7","#, 1);
        let frame = named(&frame);
        let answer = guest.frame(&frame).await;
        let (kind, told) = if case.expected.is_ok() {
            ("reply", &answer["result"])
        } else {
            ("problem", &answer["problem"])
        };
        assert_eq!(answer["type"], kind, "{frame} got {answer}");
        // What is not JSON has no readable id.
        let id = if case.expected == Err("malformed_json") { json!(null) } else { json!("7") };
        assert_eq!(answer["id"], id, "{frame}");
        return without_column(told.clone());
    }
    let (status, told) = guest.rest(method, &named(path), &named(body)).await;
    match case.expected {
        Ok(expected) => assert_eq!(status, expected, "{method} {path} {body} got {told}"),
        Err(code) => assert_eq!(told["code"], code, "{method} {path} {body} got {told}"),
    }
    without_column(told)
}

/// Both name the field, but it does not stand in the same column. Bad JSON is a bad body or a bad message.
fn without_column(mut told: Value) -> Value {
    if told["code"] == "malformed_json" {
        told["detail"] = json!("");
    } else if let Some(detail) = told["detail"].as_str() {
        told["detail"] = json!(detail.split(" at line ").next());
    }
    told
}

#[tokio::test]
async fn presence_and_typing_exist_in_both() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let room = ada.room("tea").await;
    let typing = |place: &str, fields: &str| {
        (
            format!(r#""command":"typing","conversation":"{place}",{fields}"#),
            ("POST", format!("/v1/conversations/{place}/typing"), format!("{{{fields}}}")),
        )
    };
    let shows = |fields: &str| {
        (
            format!(r#""command":"set_presence",{fields}"#),
            ("PUT", "/v1/presence".to_owned(), format!("{{{fields}}}")),
        )
    };
    for ((frame, (method, path, body)), expected) in [
        (typing(&room, r#""on":true"#), None),
        (typing(&room, r#""on":false"#), None),
        (typing(ABSENT, r#""on":true"#), Some("not_found")),
        (typing("tea", r#""on":true"#), Some("not_found")),
        (typing(&room, r#""on":1"#), Some("invalid_field")),
        (typing(&room, r#""off":true"#), Some("invalid_field")),
        (shows(r#""status":"away""#), None),
        (shows(r#""status":"online""#), None),
        (shows(r#""status":"invisible""#), None),
        (shows(r#""status":"offline""#), Some("invalid_field")),
        (shows(r#""state":"away""#), Some("invalid_field")),
    ] {
        let by_frame = ada.frame(&format!(r#"{{"id":"1",{frame}}}"#)).await;
        let (status, told) = ada.rest(method, &path, &body).await;
        match expected {
            None => {
                assert_eq!(by_frame, json!({"type": "reply", "id": "1", "result": {}}));
                assert_eq!((status, told), (204, json!({})));
            }
            Some(code) => {
                assert_eq!(told["code"], code, "{frame}");
                assert_eq!(without_column(by_frame["problem"].clone()), without_column(told), "{frame}");
            }
        }
    }
    // A view is that of the stream by which the frame comes.
    for (fields, expected) in [
        (r#""conversations":[],"accounts":[]"#.to_owned(), "reply"),
        (format!(r#""accounts":["{ABSENT}"]"#), "reply"),
        (r#""accounts":["ada"]"#.to_owned(), "problem"),
        (format!(r#""accounts":[{}]"#, vec![format!("\"{ABSENT}\""); 201].join(",")), "problem"),
    ] {
        let answer = ada.frame(&format!(r#"{{"id":"1","command":"view",{fields}}}"#)).await;
        assert_eq!(answer["type"], expected, "{fields:.80}: {answer}");
        if expected == "problem" {
            assert_eq!(answer["problem"]["code"], "invalid_field");
        }
    }
}

#[tokio::test]
async fn acknowledging_exists_in_both() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let (_, opened) = ada.rest("PUT", "/v1/rooms/tea", "").await;
    let cursor = opened["cursor"].as_str().unwrap();
    let forged = "A".repeat(22);
    for (fields, expected) in [
        (format!(r#""cursor":"{cursor}""#), None),
        (format!(r#""cursor":"{forged}""#), Some("invalid_cursor")),
        (r#""cursor":"-1""#.to_owned(), Some("invalid_cursor")),
        (r#""cursor":-1"#.to_owned(), Some("invalid_field")),
        (r#""place":"x""#.to_owned(), Some("invalid_field")),
    ] {
        let frame = ada.frame(&format!(r#"{{"id":"1","command":"ack",{fields}}}"#)).await;
        let (status, told) = ada.rest("POST", "/v1/ack", &format!("{{{fields}}}")).await;
        match expected {
            None => {
                assert_eq!(frame, json!({"type": "reply", "id": "1", "result": {}}));
                assert_eq!((status, told), (204, json!({})));
            }
            Some(code) => {
                assert_eq!(told["code"], code, "{fields}");
                assert_eq!(without_column(frame["problem"].clone()), without_column(told), "{fields}");
            }
        }
    }
}

#[tokio::test]
async fn limits_are_shared() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let mut bob = Guest::arrive(&server, Over::Http1, "Bob").await;
    // 500 at once. Some come back while the loop runs.
    let command = r#"{"id":"1","command":"leave","conversation":"x"}"#;
    let open = r#"{"id":"1","command":"open_room","slug":"tea"}"#;
    let mut refused = false;
    for _ in 0..5_000 {
        let (status, told) = ada.rest("PUT", "/v1/rooms/tea", "").await;
        if status == 429 {
            refused = true;
            assert_eq!(told["retry_after_seconds"], 1);
            break;
        }
    }
    assert!(refused);
    // What refills the bucket within the next few requests is at most a handful.
    let mut codes = Vec::new();
    for _ in 0..50 {
        codes.push(ada.frame(open).await["problem"]["code"].clone());
    }
    assert!(codes.contains(&json!("too_many_requests")), "{codes:?}");
    assert_eq!(bob.frame(open).await["type"], "reply");
    // What costs nothing to store has a larger bucket of its own: pings, acknowledgements and bad frames.
    for note in
        [r#"{"id":"1","command":"ping"}"#, "nonsense", r#"{"id":"1","command":"ack","cursor":"x"}"#, command]
    {
        let mut eve = Guest::arrive(&server, Over::Http1, "Eve").await;
        let mut answers = 0;
        while eve.frame(note).await["problem"]["code"] != "too_many_requests" {
            answers += 1;
            assert!(answers < 20_000, "{note}");
        }
        assert!(answers >= 1_000, "{note}: {answers}");
        assert_eq!(eve.frame(open).await["type"], "reply");
    }
}

#[tokio::test]
async fn a_stopping_server_says_so_in_both() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    // So that who asks is known without the store.
    ada.room("tea").await;
    server.store.close().await;
    let (_, told) = ada.rest("PUT", "/v1/rooms/tea", "").await;
    assert_eq!(told["code"], "shutting_down");
    let frame = ada.frame(r#"{"id":"1","command":"open_room","slug":"tea"}"#).await;
    assert_eq!(frame["problem"], told);
}

#[tokio::test]
async fn a_retry_is_known_across_both() {
    // E9
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let mut bob = Guest::arrive(&server, Over::Http1, "Bob").await;
    let room = ada.room("tea").await;
    bob.room("tea").await;
    let path = format!("/v1/conversations/{room}/messages");
    let body = |text: &str| format!(r#"{{"client_id":"{FIRST}","text":"{text}"}}"#);
    let frame = |text: &str| {
        format!(
            r#"{{"id":"x","command":"send_message","conversation":"{room}","client_id":"{FIRST}","text":"{text}"}}"#
        )
    };
    let first = ada.frame(&frame("hi")).await;
    assert_eq!(first["result"]["seq"], 1);
    assert_eq!(ada.frame(&frame("hi")).await, first);
    assert_eq!(ada.rest("POST", &path, &body("hi")).await, (201, first["result"].clone()));
    assert_eq!(ada.refusal(&frame("ho")).await.0, "client_id_reused");
    // Another's id is no clash.
    assert_eq!(bob.rest("POST", &path, &body("hi")).await.1["seq"], 2);
    assert_eq!(bob.frame(&frame("hi")).await["result"]["seq"], 2);
    // Two at once are one.
    let other = frame("both").replace(FIRST, OTHER);
    ada.say(&other).await;
    ada.say(&other).await;
    let (one, two) = (ada.answer().await, ada.answer().await);
    assert_eq!(one, two);
    let (_, page) = ada.rest("GET", &path, "").await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 3);
}
