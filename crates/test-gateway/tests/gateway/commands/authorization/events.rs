//! Who is told what: every event in every role, over every transport, as it happens and from a cursor.

use chinwag_chat::{Received, Reply, Request};
use chinwag_protocol::{Body, Keyed};
use chinwag_store::Store;
use serde_json::Value;

use super::people::{People, Place};
use super::{group, room, server};
use crate::cases::reader::{Reader, Transport};
use crate::server::Server;
use crate::socket::Over;

type Does = (&'static str, &'static str, &'static str, &'static str);

/// What happens, by whom, and what everyone is told of it: `type change` of each record, one after the other.
struct Row<const ROLES: usize> {
    /// The event. After a comma, the circumstances.
    event: &'static str,
    /// By whom, method, path and body.
    does: Does,
    told: [&'static str; ROLES],
}

/// Nothing.
const NO: &str = "";

const fn row<const ROLES: usize>(event: &'static str, does: Does, told: [&'static str; ROLES]) -> Row<ROLES> {
    Row { event, does, told }
}

/// The columns of groups and rooms: a stranger, a guest, who reads only, a member, a moderator, an admin, the owner, who is
/// banned, who was removed, whom Tom blocks; then Tom, to whom it is done, and Zoe, who comes from outside.
const CROWD: [&str; 12] =
    ["SAM", "GUS", "REA", "MEG", "MO", "ANA", "OLGA", "BEA", "RAY", "BLY", "TOM", "ZOE"];

const SENDS: Does =
    ("TOM", "POST", "/v1/conversations/CONV/messages", r#"{"client_id":"FRESH","text":"hello"}"#);
const M: &str = "message";
const D: &str = "delete";
const C: &str = "conversation_changed";
const E: &str = "erased";
const ED: &str = "edit";
const R: &str = "reaction";
const P: &str = "pin";
const RC: &str = "receipt";

/// Abe, who has written, deletes the account.
const ABE_GOES: Does = ("ABE", "POST", "/v1/account/deletion", "{}");

#[rustfmt::skip]
const GROUP: &[Row<12>] = &[
    //            stranger guest read-only member moderator admin owner banned removed blocked Tom Zoe
    row("Message", SENDS, [NO, NO, M, M, M, M, M, NO, NO, M, M, NO]),
    row("Delete", ("MO", "DELETE", "/v1/conversations/CONV/messages/ROW", ""),
        [NO, NO, D, D, D, D, D, NO, NO, D, D, NO]),
    row("Edit", ("TOM", "PATCH", "/v1/conversations/CONV/messages/ROW", r#"{"text":"other"}"#),
        [NO, NO, ED, ED, ED, ED, ED, NO, NO, ED, ED, NO]),
    row("Reaction", ("MEG", "PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""),
        [NO, NO, R, R, R, R, R, NO, NO, R, R, NO]),
    row("Pin", ("MO", "PUT", "/v1/conversations/CONV/pins/ROW", ""),
        [NO, NO, P, P, P, P, P, NO, NO, P, P, NO]),
    row("Erased", ABE_GOES, [NO, NO, GONE, GONE, GONE, GONE, GONE, NO, NO, GONE, GONE, NO]),
    row("Joined, added", ("OLGA", "POST", "/v1/conversations/CONV/members", r#"{"accounts":["ZOE"]}"#),
        [NO, NO, ADD, ADD, ADD, ADD, ADD, NO, NO, ADD, ADD, "member joined, members added"]),
    row("Joined, invited", ("ZOE", "POST", "/v1/invites/TOKEN", ""),
        [NO, NO, IN, IN, IN, IN, IN, NO, NO, IN, IN, "member joined, members joined"]),
    row("Left", ("TOM", "DELETE", "/v1/conversations/CONV/membership", ""),
        [NO, NO, OUT, OUT, OUT, OUT, OUT, NO, NO, OUT, "member left", NO]),
    row("Left, removed", ("MO", "DELETE", "/v1/conversations/CONV/members/TOM", ""),
        [NO, NO, SENT, SENT, SENT, SENT, SENT, NO, NO, SENT, "member removed", NO]),
    row("Left, banned", ("MO", "PUT", "/v1/conversations/CONV/bans/TOM", ""),
        [NO, NO, BAN, BAN, BAN, BAN, BAN, NO, NO, BAN, "member banned", NO]),
    row("Members, banned from outside", ("MO", "PUT", "/v1/conversations/CONV/bans/ZOE", ""),
        [NO, NO, BAN, BAN, BAN, BAN, BAN, NO, NO, BAN, BAN, NO]),
    row("Members, unbanned", ("MO", "DELETE", "/v1/conversations/CONV/bans/BEA", ""),
        [NO, NO, UNBAN, UNBAN, UNBAN, UNBAN, UNBAN, NO, NO, UNBAN, UNBAN, NO]),
    row("RoleChanged", ("ANA", "PUT", "/v1/conversations/CONV/members/TOM/role", r#"{"role":"moderator"}"#),
        [NO, NO, ROLE, ROLE, ROLE, ROLE, ROLE, NO, NO, ROLE, "member role, members role", NO]),
    row("RoleChanged, handed over", ("OLGA", "POST", "/v1/conversations/CONV/owner", r#"{"account":"TOM"}"#),
        [NO, NO, OWN, OWN, OWN, OWN, "member role, members owner", NO, NO, OWN, "member role, members owner", NO]),
    row("Restricted, muted", ("MO", "PUT", "/v1/conversations/CONV/mutes/TOM", r#"{"seconds":60}"#),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member muted", NO]),
    row("ConversationChanged", ("ANA", "PATCH", "/v1/conversations/CONV", r#"{"title":"Choir"}"#),
        [NO, NO, C, C, C, C, C, NO, NO, C, C, NO]),
    row("InviteCreated", ("ANA", "POST", "/v1/conversations/CONV/invites", r#"{"uses":1}"#),
        [NO, NO, NO, NO, NO, "invite created", NO, NO, NO, NO, NO, NO]),
    row("InviteRevoked", ("ANA", "DELETE", "/v1/conversations/CONV/invites/INVITE", ""),
        [NO, NO, NO, NO, NO, "invite revoked", NO, NO, NO, NO, NO, NO]),
    row("ConversationCreated", ("MEG", "POST", "/v1/groups", r#"{"client_id":"FRESH","title":"Other"}"#),
        [NO, NO, NO, "conversation created, member joined", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Blocked", ("MEG", "PUT", "/v1/blocks/TOM", ""),
        [NO, NO, NO, "block blocked", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Unblocked", ("TOM", "DELETE", "/v1/blocks/BLY", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "block unblocked", NO]),
    row("Marker", ("MEG", "PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
        [NO, NO, NO, "marker", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Marker, marked as unread", ("MEG", "PUT", "/v1/conversations/CONV/unread", r#"{"seq":ROW}"#),
        [NO, NO, NO, "marker", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Receipt", ("MEG", "PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
        [NO, NO, RC, "marker, receipt", RC, RC, RC, NO, NO, RC, RC, NO]),
    row("Preferences", ("MEG", "PATCH", "/v1/account/preferences", r#"{"receipts":false}"#),
        [NO, NO, NO, "preferences", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Settings", ("MEG", "PATCH", "/v1/conversations/CONV/settings", r#"{"archived":true}"#),
        [NO, NO, NO, "conversation_settings", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Draft", ("MEG", "PUT", "/v1/conversations/CONV/drafts/DEVICE", r#"{"text":"Dear all"}"#),
        [NO, NO, NO, "draft", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("Account", ("MEG", "PATCH", "/v1/account", r#"{"name":"Margaret"}"#),
        [NO, NO, NO, "account updated", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("DeviceAdded", ("GUS", "POST", "/v1/sessions", r#"{"username":"sam","password":"PASSWORD"}"#),
        ["device added", NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO]),
    row("DeviceRemoved", ("SAM", "DELETE", "/v1/devices", ""),
        ["device removed", NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO]),
    row("GuestCreated", ("MEG", "POST", "/v1/guests", r#"{"name":"New"}"#),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO]),
];

const GONE: &str = "members left, erased";
const ADD: &str = "members added";
const IN: &str = "members joined";
const OUT: &str = "members left";
const SENT: &str = "members removed";
const BAN: &str = "members banned";
const UNBAN: &str = "members unbanned";
const ROLE: &str = "members role";
const OWN: &str = "members owner";

/// Of who comes and goes in a room, only they themselves are told.
#[rustfmt::skip]
const ROOM: &[Row<12>] = &[
    //            stranger guest read-only member moderator admin owner banned removed blocked Tom Zoe
    row("Message", SENDS, [NO, NO, M, M, M, M, M, NO, NO, M, M, NO]),
    row("Delete", ("MO", "DELETE", "/v1/conversations/CONV/messages/ROW", ""),
        [NO, NO, D, D, D, D, D, NO, NO, D, D, NO]),
    row("Edit", ("TOM", "PATCH", "/v1/conversations/CONV/messages/ROW", r#"{"text":"other"}"#),
        [NO, NO, ED, ED, ED, ED, ED, NO, NO, ED, ED, NO]),
    row("Reaction", ("MEG", "PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""),
        [NO, NO, R, R, R, R, R, NO, NO, R, R, NO]),
    row("Pin", ("MO", "PUT", "/v1/conversations/CONV/pins/ROW", ""),
        [NO, NO, P, P, P, P, P, NO, NO, P, P, NO]),
    row("Erased", ABE_GOES, [NO, NO, E, E, E, E, E, NO, NO, E, E, NO]),
    row("Joined", ("ZOE", "PUT", "/v1/rooms/SLUG", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member joined"]),
    row("Left", ("TOM", "DELETE", "/v1/conversations/CONV/membership", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member left", NO]),
    row("Left, removed", ("MO", "DELETE", "/v1/conversations/CONV/members/TOM", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member removed", NO]),
    row("Left, banned", ("MO", "PUT", "/v1/conversations/CONV/bans/TOM", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member banned", NO]),
    row("Restricted, banned from outside", ("MO", "PUT", "/v1/conversations/CONV/bans/ZOE", ""),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member banned"]),
    row("Restricted, unbanned", ("MO", "DELETE", "/v1/conversations/CONV/bans/BEA", ""),
        [NO, NO, NO, NO, NO, NO, NO, "member unbanned", NO, NO, NO, NO]),
    row("Restricted, muted", ("MO", "PUT", "/v1/conversations/CONV/mutes/TOM", r#"{"seconds":60}"#),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member muted", NO]),
    row("Marker", ("MEG", "PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
        [NO, NO, NO, "marker", NO, NO, NO, NO, NO, NO, NO, NO]),
    row("RoleChanged", ("ANA", "PUT", "/v1/conversations/CONV/members/TOM/role", r#"{"role":"moderator"}"#),
        [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, "member role", NO]),
    row("RoleChanged, handed over", ("OLGA", "POST", "/v1/conversations/CONV/owner", r#"{"account":"TOM"}"#),
        [NO, NO, NO, NO, NO, NO, "member role", NO, NO, NO, "member role", NO]),
    row("ConversationChanged", ("ANA", "PATCH", "/v1/conversations/CONV", r#"{"title":"Choir"}"#),
        [NO, NO, C, C, C, C, C, NO, NO, C, C, NO]),
    row("ConversationCreated", ("MEG", "PUT", "/v1/rooms/FRESH", ""),
        [NO, NO, NO, "conversation created, member joined", NO, NO, NO, NO, NO, NO, NO, NO]),
];

/// Direct chats with Dan: a stranger, a guest, Meg who has one, Bly whom he blocks and who has one, Dan.
const PAIRS: [&str; 5] = ["SAM", "GUS", "MEG", "BLY", "DAN"];

#[rustfmt::skip]
const DIRECT: &[Row<5>] = &[
    //                                                                  stranger guest Meg Bly Dan
    row("Message", ("DAN", SENDS.1, SENDS.2, SENDS.3),                  [NO, NO, M, NO, M]),
    row("Message, to the other", ("MEG", SENDS.1, SENDS.2, SENDS.3),    [NO, NO, M, NO, M]),
    row("Message, of who is blocked", ("BLY", "POST", "/v1/conversations/OTHER/messages", SENDS.3),
                                                                        [NO, NO, NO, M, "hidden"]),
    row("Delete", ("DAN", "DELETE", "/v1/conversations/CONV/messages/ROW", ""),
                                                                        [NO, NO, D, NO, D]),
    row("Edit", ("DAN", "PATCH", "/v1/conversations/CONV/messages/ROW", r#"{"text":"other"}"#),
                                                                        [NO, NO, ED, NO, ED]),
    row("Edit, of who is blocked", ("BLY", "PATCH", "/v1/conversations/OTHER/messages/1", r#"{"text":"other"}"#),
                                                                        [NO, NO, NO, ED, "hidden"]),
    row("Reaction", ("MEG", "PUT", "/v1/conversations/CONV/messages/ROW/reactions/%F0%9F%91%8D", ""),
                                                                        [NO, NO, R, NO, R]),
    row("Reaction, of who is blocked", ("BLY", "PUT", "/v1/conversations/OTHER/messages/1/reactions/%F0%9F%91%8D", ""),
                                                                        [NO, NO, NO, R, "hidden"]),
    row("Pin", ("MEG", "PUT", "/v1/conversations/CONV/pins/ROW", ""),   [NO, NO, P, NO, P]),
    row("ConversationCreated, before anybody writes", ("MEG", "PUT", "/v1/direct/SAM", ""),
        [NO, NO, "conversation created, member joined", NO, NO]),
    row("Joined, by a stranger's first message", ("SAM", "POST", "/v1/conversations/FIRST/messages", SENDS.3),
        [M, NO, NO, NO, "member joined, message"]),
    row("Accepted, by answering", ("DAN", "POST", "/v1/conversations/REQUEST/messages", SENDS.3),
        [NO, M, NO, NO, "member accepted, message"]),
    row("Accepted", ("DAN", "POST", "/v1/conversations/REQUEST/accept", ""),
                                                                        [NO, NO, NO, NO, "member accepted"]),
    row("Message, of a request again", ("GUS", "POST", "/v1/conversations/REQUEST/messages", SENDS.3),
                                                                        [NO, M, NO, NO, M]),
    row("Marker", ("MEG", "PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
                                                                        [NO, NO, "marker", NO, NO]),
    row("Receipt", ("MEG", "PUT", "/v1/conversations/CONV/read", r#"{"seq":ROW}"#),
                                                                        [NO, NO, "marker, receipt", NO, RC]),
    row("Blocked", ("DAN", "PUT", "/v1/blocks/MEG", ""),                [NO, NO, NO, NO, "block blocked"]),
    row("Unblocked", ("DAN", "DELETE", "/v1/blocks/BLY", ""),           [NO, NO, NO, NO, "block unblocked"]),
];

/// A new event does not compile until it stands here.
fn named(body: &Body) -> &'static str {
    match body {
        Body::Message(_) => "Message",
        Body::Delete { .. } => "Delete",
        Body::Edit { .. } => "Edit",
        Body::Reaction { .. } => "Reaction",
        Body::Pin { .. } => "Pin",
        Body::Erased { .. } => "Erased",
        Body::ConversationCreated { .. } => "ConversationCreated",
        Body::Joined { .. } => "Joined",
        Body::Left { .. } => "Left",
        Body::GuestCreated { .. } => "GuestCreated",
        Body::DeviceRemoved { .. } => "DeviceRemoved",
        Body::DeviceAdded { .. } => "DeviceAdded",
        Body::Account { .. } => "Account",
        Body::Members { .. } => "Members",
        Body::ConversationChanged { .. } => "ConversationChanged",
        Body::RoleChanged { .. } => "RoleChanged",
        Body::InviteCreated { .. } => "InviteCreated",
        Body::InviteRevoked { .. } => "InviteRevoked",
        Body::Restricted { .. } => "Restricted",
        Body::Accepted { .. } => "Accepted",
        Body::Blocked { .. } => "Blocked",
        Body::Unblocked { .. } => "Unblocked",
        Body::Keyed(Keyed::Marker { .. }) => "Marker",
        Body::Keyed(Keyed::Receipt { .. }) => "Receipt",
        Body::Keyed(Keyed::Preferences { .. }) => "Preferences",
        Body::Keyed(Keyed::Settings { .. }) => "Settings",
        Body::Keyed(Keyed::Draft { .. }) => "Draft",
    }
}

/// Everybody watches while a row happens, and reads it again from where they were before.
async fn try_rows<const ROLES: usize>(
    rows: &[Row<ROLES>],
    watchers: &[&'static str; ROLES],
    make: impl AsyncFn(&People<'_>) -> Place,
    others: impl AsyncFn(&People<'_>) -> Vec<(&'static str, String)>,
) {
    for (number, row) in rows.iter().enumerate() {
        // The protocols take turns.
        let over = Over::ALL[number % 2];
        let ways = || Transport::ALL.into_iter().filter(move |way| way.1 == over);
        let server = server().await;
        let people = People::arrive(&server).await;
        // Everyone is in here, so that they see when a row is over.
        let mut plaza = String::new();
        for who in watchers {
            let opened = people.does(who, "PUT", "/v1/rooms/plaza", "").await;
            plaza = opened["conversation"]["id"].as_str().unwrap().to_owned();
        }
        let place = make(&people).await;
        let others = others(&people).await;
        let mut live = Vec::new();
        let mut cursors = Vec::new();
        for who in watchers {
            let cursor = people.does(who, "GET", "/v1/events", "").await;
            let cursor = cursor["cursor"].as_str().unwrap().to_owned();
            for way in ways() {
                live.push(Reader::open(&server, way, people.token(who), &cursor).await);
            }
            cursors.push(cursor);
        }
        let (by, method, path, body) = row.does;
        let named =
            |text: &str| others.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id));
        let appended = server.store.head().await.unwrap();
        people.does_there(by, &place, (method, &named(path), &named(body))).await;
        go_on_removing(&server).await;
        let event = row.event.split(',').next().unwrap();
        if event == "Receipt" {
            tell_receipts(&server, &people, &place).await;
        }
        let events = server.store.recent(usize::MAX).await.unwrap();
        let happened: Vec<_> = events
            .iter()
            .filter(|event| event.pos > appended)
            .map(|event| self::named(&event.body))
            .collect();
        assert!(happened.contains(&event), "{}: {happened:?}", row.event);
        people.sends(watchers[0], &plaza).await;
        let everybody =
            watchers.iter().zip(row.told).flat_map(|(who, told)| ways().map(move |way| (who, told, way)));
        for ((who, told, way), reader) in everybody.clone().zip(live) {
            assert_eq!(until(reader, &plaza).await, told, "{}: {who} {way:?}, live", row.event);
        }
        let cursors = cursors.iter().flat_map(|cursor| ways().map(move |_| cursor));
        for ((who, told, way), cursor) in everybody.zip(cursors) {
            let reader = Reader::open(&server, way, people.token(who), cursor).await;
            assert_eq!(until(reader, &plaza).await, told, "{}: {who} {way:?}, from a cursor", row.event);
        }
    }
}

/// What the hub does now and then, of Meg alone.
async fn tell_receipts(server: &Server, people: &People<'_>, place: &Place) {
    let account = people.account("MEG").parse().unwrap();
    let conversation = place.conversation.parse().unwrap();
    let received = Received { account, conversation, delivered: None };
    server.store.submit(Request::Receive(vec![received])).await.unwrap();
}

/// What the program does in the background.
async fn go_on_removing(server: &Server) {
    for account in server.store.removals(10).await.unwrap() {
        while server.store.submit(Request::ContinueRemoval(account)).await.unwrap()
            == (Reply::Removing { more: true })
        {}
    }
}

/// Everything that comes before the message in the square.
async fn until(mut reader: Reader<'_>, plaza: &str) -> String {
    let mut told = Vec::new();
    loop {
        let record = reader.record().await;
        if record["type"] == "message" && record["conversation"] == plaza {
            return told.join(", ");
        }
        told.push(short(&record));
    }
}

fn short(record: &Value) -> String {
    let kind = record["type"].as_str().unwrap();
    match record["change"].as_str() {
        Some(change) => format!("{kind} {change}"),
        None => kind.to_owned(),
    }
}

async fn nothing_else(_: &People<'_>) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// Bly's chat with Dan, a request of Gus's, and one of Sam's that says nothing yet.
async fn chats(people: &People<'_>) -> Vec<(&'static str, String)> {
    let mut chats = Vec::new();
    for (name, who) in [("OTHER", "BLY"), ("REQUEST", "GUS"), ("FIRST", "SAM")] {
        let opened = people.does(who, "PUT", "/v1/direct/DAN", "").await;
        let id = opened["conversation"]["id"].as_str().unwrap().to_owned();
        if name != "FIRST" {
            people.sends(who, &id).await;
        }
        chats.push((name, id));
    }
    people.does("DAN", "PUT", "/v1/blocks/BLY", "").await;
    chats
}

async fn with_meg(people: &People<'_>) -> Place {
    let opened = people.does("MEG", "PUT", "/v1/direct/DAN", "").await;
    let mut place = Place::new(&opened["conversation"]);
    people.sends("MEG", &place.conversation).await;
    place.row = people.sends("DAN", &place.conversation).await;
    place
}

#[tokio::test]
async fn of_a_group() {
    try_rows(GROUP, &CROWD, group::make, nothing_else).await;
}

#[tokio::test]
async fn of_a_room() {
    try_rows(ROOM, &CROWD, room::make, nothing_else).await;
}

#[tokio::test]
async fn of_a_direct_chat() {
    try_rows(DIRECT, &PAIRS, with_meg, chats).await;
}

#[test]
fn every_event_has_a_row() {
    let rows = GROUP.iter().map(|row| row.event).chain(ROOM.iter().map(|row| row.event));
    let rows: Vec<_> = rows.chain(DIRECT.iter().map(|row| row.event)).collect();
    for name in ALL {
        let has = rows.iter().any(|row| row.split(',').next() == Some(name));
        assert!(has, "no row for {name}");
    }
}

/// What [`named`] gives.
const ALL: [&str; 27] = [
    "Message",
    "Delete",
    "Edit",
    "Reaction",
    "Pin",
    "Erased",
    "ConversationCreated",
    "Joined",
    "Left",
    "GuestCreated",
    "DeviceRemoved",
    "DeviceAdded",
    "Account",
    "Members",
    "ConversationChanged",
    "RoleChanged",
    "InviteCreated",
    "InviteRevoked",
    "Restricted",
    "Accepted",
    "Blocked",
    "Unblocked",
    "Marker",
    "Receipt",
    "Preferences",
    "Settings",
    "Draft",
];
