//! Direct chats, with Dan: nobody else comes in, and the two are equals. Nobody is banned from one or removed, or has a role.

use super::people::{People, Place};
use super::{FB, NF, OK, Row, read, row, try_row};

/// Meg and Bly each have a chat with Dan, who blocks Bly.
const ROLES: [&str; 4] = ["SAM", "GUS", "MEG", "BLY"];

const SEND: (&str, &str, &str) =
    ("POST", "/v1/conversations/CONV/messages", r#"{"client_id":"FRESH","text":"hello"}"#);
const SEND_FRAME: &str = r#""conversation":"CONV","client_id":"FRESH","text":"hello""#;

const NAMING: (&str, &str, &str) = (
    "POST",
    "/v1/conversations/CONV/messages",
    r#"{"client_id":"FRESH","text":"@all","entities":[{"type":"mention_all","offset":0,"length":4}]}"#,
);
const NAMING_FRAME: &str = r#""conversation":"CONV","client_id":"FRESH","text":"@all","entities":[{"type":"mention_all","offset":0,"length":4}]"#;
const EARLIER: (&str, &str, &str, &str) =
    ("SELF", "POST", "/v1/conversations/CONV/messages", r#"{"client_id":"EARLIER","text":"first"}"#);
const EDIT: (&str, &str, &str) = ("PATCH", "/v1/conversations/CONV/messages/MINE", r#"{"text":"second"}"#);
const EDIT_FRAME: &str = r#""conversation":"CONV","seq":MINE,"text":"second""#;
const REACT_FRAME: &str = r#""conversation":"CONV","seq":ROW,"emoji":"👍""#;

#[rustfmt::skip]
pub(super) const TABLE: &[Row<4>] = &[
    //                                                          stranger guest peer blocked
    row("send_message", SEND, SEND_FRAME,                       [NF, NF, OK, OK]),
    row("send_message, to whom one blocks", SEND, SEND_FRAME,   [NF, NF, "blocked", "blocked"])
        .after(&[("SELF", "PUT", "/v1/blocks/DAN", "")]),
    row("send_message, naming everybody", NAMING, NAMING_FRAME, [NF, NF, OK, OK]),
    row("edit_message, another's", ("PATCH", "/v1/conversations/CONV/messages/ROW", r#"{"text":"mine"}"#),
        r#""conversation":"CONV","seq":ROW,"text":"mine""#,     [NF, NF, FB, FB]),
    row("edit_message, one's own", EDIT, EDIT_FRAME,            [NF, NF, OK, OK]).after(&[EARLIER]),
    row("edit_message, to whom one blocks", EDIT, EDIT_FRAME,   [NF, NF, "blocked", "blocked"])
        .after(&[EARLIER, ("SELF", "PUT", "/v1/blocks/DAN", "")]),
    row("react", ("PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""), REACT_FRAME,
                                                                [NF, NF, OK, OK]),
    row("react, to whom one blocks", ("PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""),
        REACT_FRAME,                                            [NF, NF, "blocked", "blocked"])
        .after(&[("SELF", "PUT", "/v1/blocks/DAN", "")]),
    row("unreact", ("DELETE", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""), REACT_FRAME,
                                                                [NF, NF, OK, OK]),
    row("pin", ("PUT", "/v1/conversations/CONV/pins/ROW", ""), r#""conversation":"CONV","seq":ROW"#,
                                                                [NF, NF, OK, OK]),
    row("unpin", ("DELETE", "/v1/conversations/CONV/pins/ROW", ""), r#""conversation":"CONV","seq":ROW"#,
                                                                [NF, NF, OK, OK]),
    row("delete_message, another's", ("DELETE", "/v1/conversations/CONV/messages/ROW", ""),
        r#""conversation":"CONV","seq":ROW"#,                   [NF, NF, FB, FB]),
    row("leave", ("DELETE", "/v1/conversations/CONV/membership", ""),
        r#""conversation":"CONV""#,                             [OK, OK, FB, FB]),
    row("add_members", ("POST", "/v1/conversations/CONV/members", r#"{"accounts":["ZOE"]}"#),
        r#""conversation":"CONV","accounts":["ZOE"]"#,          [NF, NF, FB, FB]),
    row("add_members, oneself", ("POST", "/v1/conversations/CONV/members", r#"{"accounts":["SELF"]}"#),
        r#""conversation":"CONV","accounts":["SELF"]"#,           [NF, NF, FB, FB]),
    row("remove_member", ("DELETE", "/v1/conversations/CONV/members/DAN", ""),
        r#""conversation":"CONV","account":"DAN""#,             [NF, NF, FB, FB]),
    row("set_role", ("PUT", "/v1/conversations/CONV/members/SELF/role", r#"{"role":"owner"}"#),
        r#""conversation":"CONV","account":"SELF","role":"owner""#, [NF, NF, FB, FB]),
    row("hand_over", ("POST", "/v1/conversations/CONV/owner", r#"{"account":"SELF"}"#),
        r#""conversation":"CONV","account":"SELF""#,              [NF, NF, FB, FB]),
    row("ban", ("PUT", "/v1/conversations/CONV/bans/DAN", ""),
        r#""conversation":"CONV","account":"DAN""#,             [NF, NF, FB, FB]),
    row("lift_ban", ("DELETE", "/v1/conversations/CONV/bans/DAN", ""),
        r#""conversation":"CONV","account":"DAN""#,             [NF, NF, FB, FB]),
    row("mute", ("PUT", "/v1/conversations/CONV/mutes/DAN", r#"{"seconds":60}"#),
        r#""conversation":"CONV","account":"DAN","seconds":60"#, [NF, NF, FB, FB]),
    row("lift_mute", ("DELETE", "/v1/conversations/CONV/mutes/DAN", ""),
        r#""conversation":"CONV","account":"DAN""#,             [NF, NF, FB, FB]),
    row("change_conversation", ("PATCH", "/v1/conversations/CONV", r#"{"locked":true}"#),
        r#""conversation":"CONV","locked":true"#,               [NF, NF, FB, FB]),
    row("create_invite", ("POST", "/v1/conversations/CONV/invites", r#"{"uses":1}"#),
        r#""conversation":"CONV","uses":1"#,                    [NF, NF, FB, FB]),
    row("revoke_invite", ("DELETE", "/v1/conversations/CONV/invites/INVITE", ""),
        r#""conversation":"CONV","invite":"INVITE""#,           [NF, NF, FB, FB]),
    row("read", ("PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
        r#""conversation":"CONV","seq":ROW"#,                   [NF, NF, OK, OK]),
    row("mark_unread", ("PUT", "/v1/conversations/CONV/unread", r#"{"seq":ROW}"#),
        r#""conversation":"CONV","seq":ROW"#,                   [NF, NF, OK, OK]),
    row("set_conversation_settings", ("PATCH", "/v1/conversations/CONV/settings", r#"{"pinned":true}"#),
        r#""conversation":"CONV","pinned":true"#,               [NF, NF, OK, OK]),
    row("put_draft, of another's device", ("PUT", "/v1/conversations/CONV/drafts/INVITE", r#"{"text":"a"}"#),
        r#""conversation":"CONV","device":"INVITE","text":"a""#, [NF, NF, NF, NF]),
    row("put_draft", ("PUT", "/v1/conversations/CONV/drafts/DEVICE", r#"{"text":"a"}"#),
        r#""conversation":"CONV","device":"DEVICE","text":"a""#, [NF, NF, OK, OK]),
    row("accept", ("POST", "/v1/conversations/CONV/accept", ""),
        r#""conversation":"CONV""#,                             [NF, NF, OK, OK]),
    row("typing", ("POST", "/v1/conversations/CONV/typing", r#"{"on":true}"#),
        r#""conversation":"CONV","on":true"#, [NF, NF, OK, OK]),
    row("typing, no more", ("POST", "/v1/conversations/CONV/typing", r#"{"on":false}"#),
        r#""conversation":"CONV","on":false"#, [NF, NF, OK, OK]),
    read("read who is there", "/v1/conversations/CONV/present", [NF, NF, FB, FB]),
    read("read it", "/v1/conversations/CONV",                   [NF, NF, OK, OK]),
    read("read messages", "/v1/conversations/CONV/messages",    [NF, NF, OK, OK]),
    read("read messages one by one", "/v1/conversations/CONV/messages?seqs=ROW", [NF, NF, OK, OK]),
    read("read messages around one", "/v1/conversations/CONV/messages?around=ROW", [NF, NF, OK, OK]),
    read("read reactions", "/v1/conversations/CONV/messages/ROW/reactions", [NF, NF, OK, OK]),
    read("read pins", "/v1/conversations/CONV/pins",            [NF, NF, OK, OK]),
    read("read receipts", "/v1/conversations/CONV/receipts",    [NF, NF, OK, OK]),
    read("read who has read", "/v1/conversations/CONV/messages/ROW/readers",
                                                                [NF, NF, OK, OK]),
    read("read members", "/v1/conversations/CONV/members",      [NF, NF, FB, FB]),
    read("read bans", "/v1/conversations/CONV/bans",            [NF, NF, FB, FB]),
    read("read invites", "/v1/conversations/CONV/invites",      [NF, NF, FB, FB]),
];

/// Meg's chat: who is in none asks for this one.
async fn with_meg(people: &People<'_>) -> Place {
    with(people, "MEG").await
}

async fn with_bly(people: &People<'_>) -> Place {
    let place = with(people, "BLY").await;
    people.does("DAN", "PUT", "/v1/blocks/BLY", "").await;
    place
}

/// Both have written.
async fn with(people: &People<'_>, who: &str) -> Place {
    let opened = people.does(who, "PUT", "/v1/direct/DAN", "").await;
    let mut place = Place::new(&opened["conversation"]);
    people.does(who, "DELETE", "/v1/blocks/DAN", "").await;
    people.does("DAN", "DELETE", &format!("/v1/blocks/{who}"), "").await;
    people.sends(who, &place.conversation).await;
    place.row = people.sends("DAN", &place.conversation).await;
    place
}

#[tokio::test]
async fn in_a_direct_chat() {
    let [stranger, guest, peer, blocked] = ROLES;
    for Row { name, rest, frame, before, expected } in TABLE {
        let (name, rest, frame, before) = (*name, *rest, *frame, *before);
        let [one, two, three, four] = *expected;
        let outside_and_peer = Row { name, rest, frame, before, expected: [one, two, three] };
        try_row(&outside_and_peer, &[stranger, guest, peer], with_meg).await;
        try_row(&Row { name, rest, frame, before, expected: [four] }, &[blocked], with_bly).await;
    }
}
