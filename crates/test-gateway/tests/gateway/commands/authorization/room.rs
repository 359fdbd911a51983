//! Rooms. There are no links into them, and nobody is added: whoever wants to be in one opens it.

use super::people::{People, Place, fresh};
use super::{FB, NF, OK, Row, read, row, try_row};

pub(super) const ROLES: [&str; 10] = ["SAM", "GUS", "REA", "MEG", "MO", "ANA", "OLGA", "BEA", "RAY", "BLY"];

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
pub(super) const TABLE: &[Row<10>] = &[
    //                    stranger guest read-only member moderator admin owner banned removed blocked
    row("open_room", ("PUT", "/v1/rooms/SLUG", ""), r#""slug":"SLUG""#,
        [OK, OK, OK, OK, OK, OK, OK, "banned", OK, OK]),
    row("send_message", SEND, SEND_FRAME,
        [NF, NF, FB, OK, OK, OK, OK, NF, NF, OK]),
    row("send_message, locked", SEND, SEND_FRAME,
        [NF, NF, FB, "locked", OK, OK, OK, NF, NF, "locked"])
        .after(&[("OLGA", "PATCH", "/v1/conversations/CONV", r#"{"locked":true}"#)]),
    row("send_message, muted", SEND, SEND_FRAME,
        [NF, NF, FB, "muted", "muted", "muted", OK, NF, NF, "muted"])
        .after(&[("OLGA", "PUT", "/v1/conversations/CONV/mutes/SELF", r#"{"seconds":60}"#)]),
    row("send_message, too soon", SEND, SEND_FRAME,
        [NF, NF, FB, "slow_mode", OK, OK, OK, NF, NF, "slow_mode"])
        .after(&[
            ("OLGA", "PATCH", "/v1/conversations/CONV", r#"{"slow_mode_seconds":60}"#),
            ("SELF", "POST", "/v1/conversations/CONV/messages", r#"{"client_id":"EARLIER","text":"first"}"#),
        ]),
    row("send_message, naming everybody", NAMING, NAMING_FRAME,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("send_message, an answer", ("POST", "/v1/conversations/CONV/messages", r#"{"client_id":"FRESH","text":"yes","reply_to":ROW}"#),
        r#""conversation":"CONV","client_id":"FRESH","text":"yes","reply_to":ROW"#,
        [NF, NF, FB, OK, OK, OK, OK, NF, NF, OK]),
    row("edit_message, another's", ("PATCH", "/v1/conversations/CONV/messages/ROW", r#"{"text":"mine"}"#),
        r#""conversation":"CONV","seq":ROW,"text":"mine""#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("edit_message, one's own", EDIT, EDIT_FRAME,
        [NF, NF, NF, OK, OK, OK, OK, NF, NF, OK])
        .after(&[EARLIER]),
    row("edit_message, locked", EDIT, EDIT_FRAME,
        [NF, NF, NF, "locked", OK, OK, OK, NF, NF, "locked"])
        .after(&[EARLIER, ("OLGA", "PATCH", "/v1/conversations/CONV", r#"{"locked":true}"#)]),
    row("edit_message, muted", EDIT, EDIT_FRAME,
        [NF, NF, NF, "muted", "muted", "muted", OK, NF, NF, "muted"])
        .after(&[EARLIER, ("OLGA", "PUT", "/v1/conversations/CONV/mutes/SELF", r#"{"seconds":60}"#)]),
    row("edit_message, too soon for another", EDIT, EDIT_FRAME,
        [NF, NF, NF, OK, OK, OK, OK, NF, NF, OK])
        .after(&[("OLGA", "PATCH", "/v1/conversations/CONV", r#"{"slow_mode_seconds":60}"#), EARLIER]),
    row("react", ("PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""), REACT_FRAME,
        [NF, NF, FB, OK, OK, OK, OK, NF, NF, OK]),
    row("react, muted", ("PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""), REACT_FRAME,
        [NF, NF, FB, "muted", "muted", "muted", OK, NF, NF, "muted"])
        .after(&[("OLGA", "PUT", "/v1/conversations/CONV/mutes/SELF", r#"{"seconds":60}"#)]),
    row("unreact", ("DELETE", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""), REACT_FRAME,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("pin", ("PUT", "/v1/conversations/CONV/pins/ROW", ""), r#""conversation":"CONV","seq":ROW"#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("unpin", ("DELETE", "/v1/conversations/CONV/pins/ROW", ""), r#""conversation":"CONV","seq":ROW"#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB])
        .after(&[("OLGA", "PUT", "/v1/conversations/CONV/pins/ROW", "")]),
    row("delete_message, another's", ("DELETE", "/v1/conversations/CONV/messages/ROW", ""),
        r#""conversation":"CONV","seq":ROW"#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("leave", ("DELETE", "/v1/conversations/CONV/membership", ""), r#""conversation":"CONV""#,
        [OK, OK, OK, OK, OK, OK, OK, OK, OK, OK]),
    row("add_members", ("POST", "/v1/conversations/CONV/members", r#"{"accounts":["ZOE"]}"#),
        r#""conversation":"CONV","accounts":["ZOE"]"#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("remove_member, a member", ("DELETE", "/v1/conversations/CONV/members/TOM", ""),
        r#""conversation":"CONV","account":"TOM""#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("remove_member, an admin", ("DELETE", "/v1/conversations/CONV/members/ABE", ""),
        r#""conversation":"CONV","account":"ABE""#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("set_role, to moderator", ("PUT", "/v1/conversations/CONV/members/TOM/role", r#"{"role":"moderator"}"#),
        r#""conversation":"CONV","account":"TOM","role":"moderator""#,
        [NF, NF, FB, FB, FB, OK, OK, NF, NF, FB]),
    row("set_role, to admin", ("PUT", "/v1/conversations/CONV/members/TOM/role", r#"{"role":"admin"}"#),
        r#""conversation":"CONV","account":"TOM","role":"admin""#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("set_role, to owner", ("PUT", "/v1/conversations/CONV/members/TOM/role", r#"{"role":"owner"}"#),
        r#""conversation":"CONV","account":"TOM","role":"owner""#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("set_role, one's own", ("PUT", "/v1/conversations/CONV/members/SELF/role", r#"{"role":"admin"}"#),
        r#""conversation":"CONV","account":"SELF","role":"admin""#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("hand_over", ("POST", "/v1/conversations/CONV/owner", r#"{"account":"TOM"}"#),
        r#""conversation":"CONV","account":"TOM""#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("hand_over, to oneself", ("POST", "/v1/conversations/CONV/owner", r#"{"account":"SELF"}"#),
        r#""conversation":"CONV","account":"SELF""#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("ban, a member", ("PUT", "/v1/conversations/CONV/bans/TOM", ""),
        r#""conversation":"CONV","account":"TOM""#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("ban, an admin", ("PUT", "/v1/conversations/CONV/bans/ABE", ""),
        r#""conversation":"CONV","account":"ABE""#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("ban, somebody outside", ("PUT", "/v1/conversations/CONV/bans/ZOE", ""),
        r#""conversation":"CONV","account":"ZOE""#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("lift_ban", ("DELETE", "/v1/conversations/CONV/bans/BEA", ""),
        r#""conversation":"CONV","account":"BEA""#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("mute, a member", ("PUT", "/v1/conversations/CONV/mutes/TOM", r#"{"seconds":60}"#),
        r#""conversation":"CONV","account":"TOM","seconds":60"#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("mute, an admin", ("PUT", "/v1/conversations/CONV/mutes/ABE", r#"{"seconds":60}"#),
        r#""conversation":"CONV","account":"ABE","seconds":60"#,
        [NF, NF, FB, FB, FB, FB, OK, NF, NF, FB]),
    row("lift_mute", ("DELETE", "/v1/conversations/CONV/mutes/TOM", ""),
        r#""conversation":"CONV","account":"TOM""#,
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    row("lift_mute, one's own", ("DELETE", "/v1/conversations/CONV/mutes/SELF", ""),
        r#""conversation":"CONV","account":"SELF""#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB])
        .after(&[("OLGA", "PUT", "/v1/conversations/CONV/mutes/SELF", r#"{"seconds":60}"#)]),
    row("change_conversation", ("PATCH", "/v1/conversations/CONV", r#"{"title":"Choir"}"#),
        r#""conversation":"CONV","title":"Choir""#,
        [NF, NF, FB, FB, FB, OK, OK, NF, NF, FB]),
    row("create_invite", ("POST", "/v1/conversations/CONV/invites", r#"{"uses":1}"#),
        r#""conversation":"CONV","uses":1"#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("revoke_invite", ("DELETE", "/v1/conversations/CONV/invites/INVITE", ""),
        r#""conversation":"CONV","invite":"INVITE""#,
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    row("read", ("PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#), r#""conversation":"CONV","seq":ROW"#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("read, what is not there", ("PUT", "/v1/conversations/CONV/read", r#"{"seq":999}"#),
        r#""conversation":"CONV","seq":999"#,
        [NF, NF, NF, NF, NF, NF, NF, NF, NF, NF]),
    row("mark_unread", ("PUT", "/v1/conversations/CONV/unread", r#"{"seq":ROW}"#),
        r#""conversation":"CONV","seq":ROW"#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("set_conversation_settings", ("PATCH", "/v1/conversations/CONV/settings", r#"{"pinned":true}"#),
        r#""conversation":"CONV","pinned":true"#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("put_draft, of another's device", ("PUT", "/v1/conversations/CONV/drafts/INVITE", r#"{"text":"a"}"#),
        r#""conversation":"CONV","device":"INVITE","text":"a""#,
        [NF, NF, NF, NF, NF, NF, NF, NF, NF, NF]),
    row("put_draft", ("PUT", "/v1/conversations/CONV/drafts/DEVICE", r#"{"text":"a"}"#),
        r#""conversation":"CONV","device":"DEVICE","text":"a""#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("accept", ("POST", "/v1/conversations/CONV/accept", ""), r#""conversation":"CONV""#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("typing", ("POST", "/v1/conversations/CONV/typing", r#"{"on":true}"#),
        r#""conversation":"CONV","on":true"#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    row("typing, no more", ("POST", "/v1/conversations/CONV/typing", r#"{"on":false}"#),
        r#""conversation":"CONV","on":false"#,
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read who is there", "/v1/conversations/CONV/present",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read it", "/v1/conversations/CONV",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read messages", "/v1/conversations/CONV/messages",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read messages one by one", "/v1/conversations/CONV/messages?seqs=ROW",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read messages around one", "/v1/conversations/CONV/messages?around=ROW",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read reactions", "/v1/conversations/CONV/messages/ROW/reactions",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read pins", "/v1/conversations/CONV/pins",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read receipts", "/v1/conversations/CONV/receipts",
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    read("read who has read", "/v1/conversations/CONV/messages/ROW/readers",
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
    read("read members", "/v1/conversations/CONV/members",
        [NF, NF, OK, OK, OK, OK, OK, NF, NF, OK]),
    read("read bans", "/v1/conversations/CONV/bans",
        [NF, NF, FB, FB, OK, OK, OK, NF, NF, FB]),
    read("read invites", "/v1/conversations/CONV/invites",
        [NF, NF, FB, FB, FB, FB, FB, NF, NF, FB]),
];

pub(super) async fn make(people: &People<'_>) -> Place {
    let path = format!("/v1/rooms/tea-{}", fresh());
    let mut place = None;
    for who in ["OLGA", "REA", "MEG", "MO", "ANA", "BEA", "RAY", "BLY", "TOM", "ABE"] {
        let opened = people.does(who, "PUT", &path, "").await;
        place.get_or_insert_with(|| Place::new(&opened["conversation"]));
    }
    let mut place = place.unwrap();
    people.take_roles(&place.conversation).await;
    place.row = people.sends("TOM", &place.conversation).await;
    people.sends("ABE", &place.conversation).await;
    place
}

#[tokio::test]
async fn in_a_room() {
    for row in TABLE {
        try_row(row, &ROLES, make).await;
    }
}
