//! Who may do what to the server as a whole: nobody in particular, a person, a program with a key, and who runs it.

use chinwag_chat::{ApiKeyHash, CreateGuest, Entrance, NewDevice, Operation, Subject, TokenHash};
use chinwag_protocol::{
    AccountId, AddressRange, ApiKeyId, ConversationId, DeviceId, Name, PasswordHash, Seq,
};
use chinwag_store::Store;
use serde_json::json;
use uuid::Uuid;

use super::{NF, OK, server};
use crate::server::ADMIN_TOKEN;
use crate::wire::Wire;

/// Not by this token.
const UN: &str = "unauthenticated";

struct Row {
    /// The operation. After a comma, the circumstances.
    operation: &'static str,
    /// Method, path and body. `/admin/` is on the admin listener.
    rest: (&'static str, &'static str, &'static str),
    /// Without a token, with a device's, with a key, with the admin token.
    expected: [&'static str; 4],
}

const fn row(
    operation: &'static str,
    rest: (&'static str, &'static str, &'static str),
    expected: [&'static str; 4],
) -> Row {
    Row { operation, rest, expected }
}

const OPERATOR: [&str; 4] = [UN, UN, UN, OK];
const KEY: [&str; 4] = [UN, UN, OK, UN];

/// Sam has an account of its own, Bot one that the key has made; the room is Sam's, with a message of Sam's.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("Rule, an entrance", ("PATCH", "/admin/v1/settings", r#"{"sign_up":false}"#), OPERATOR),
    row("Rule, an address", ("POST", "/admin/v1/addresses", r#"{"range":"192.0.2.1"}"#), OPERATOR),
    row("Rule, an account", ("PUT", "/admin/v1/accounts/SAM/ban", "{}"), OPERATOR),
    row("Rule, a conversation", ("PUT", "/admin/v1/conversations/ROOM/closure", ""), OPERATOR),
    row("Lift, an entrance", ("PATCH", "/admin/v1/settings", r#"{"guests":true}"#), OPERATOR),
    row("Lift, an account", ("DELETE", "/admin/v1/accounts/SAM/ban", ""), OPERATOR),
    row("Lift, a conversation", ("DELETE", "/admin/v1/conversations/ROOM/closure", ""), OPERATOR),
    row("MakeKey", ("POST", "/admin/v1/keys", r#"{"name":"forum"}"#), OPERATOR),
    row("DeleteMessage", ("DELETE", "/admin/v1/conversations/ROOM/messages/1", ""), OPERATOR),
    row("RemoveMembers", ("DELETE", "/admin/v1/conversations/ROOM/members/SAM", ""), OPERATOR),
    row("HandOver", ("POST", "/admin/v1/conversations/ROOM/owner", r#"{"account":"BOT"}"#), OPERATOR),
    row("SignOut, of the operator", ("DELETE", "/admin/v1/accounts/SAM/devices", ""), OPERATOR),
    row("SignOut, of a program", ("DELETE", "/v1/server/accounts/BOT/devices", ""), KEY),
    row("SignOut, of another's account", ("DELETE", "/v1/server/accounts/SAM/devices", ""), [UN, UN, NF, UN]),
    row("ResetPassword", ("POST", "/admin/v1/accounts/SAM/password", ""), OPERATOR),
    row("DeleteAccount", ("DELETE", "/admin/v1/accounts/BOT", ""), OPERATOR),
    row("CreateAccount", ("POST", "/v1/server/accounts", r#"{"name":"Another"}"#), KEY),
    row("AddDevice", ("POST", "/v1/server/accounts/BOT/devices", "{}"), KEY),
    row("AddDevice, to another's account", ("POST", "/v1/server/accounts/SAM/devices", "{}"), [UN, UN, NF, UN]),
    row("read settings", ("GET", "/admin/v1/settings", ""), OPERATOR),
    row("read accounts", ("GET", "/admin/v1/accounts", ""), OPERATOR),
    row("read an account", ("GET", "/admin/v1/accounts/SAM", ""), OPERATOR),
    row("read rooms", ("GET", "/admin/v1/rooms", ""), OPERATOR),
    row("read a conversation", ("GET", "/admin/v1/conversations/ROOM", ""), OPERATOR),
    row("read members", ("GET", "/admin/v1/conversations/ROOM/members", ""), OPERATOR),
    row("read messages", ("GET", "/admin/v1/conversations/ROOM/messages", ""), OPERATOR),
    row("read addresses", ("GET", "/admin/v1/addresses", ""), OPERATOR),
    row("read keys", ("GET", "/admin/v1/keys", ""), OPERATOR),
];

#[tokio::test]
async fn who_may_do_what_to_the_server() {
    for row in TABLE {
        let server = server().await;
        let (key, sam) = (server.key("shop").await, server.guest("Sam").await);
        let body = json!({"username": "sam", "password": "correct horse"}).to_string();
        let id = server.json(&sam, "POST", "/v1/account/registration", &body).await.field("id");
        let bot = server.json(&key, "POST", "/v1/server/accounts", r#"{"name":"Bot"}"#).await;
        let bot = bot.json()["account"]["id"].as_str().unwrap().to_owned();
        let (room, _) = server.room(&sam, "tea").await;
        assert_eq!(server.send(&sam, &room, "hello").await.status, 201);
        let (method, path, body) = row.rest;
        let filled = |text: &str| text.replace("SAM", &id).replace("BOT", &bot).replace("ROOM", &room);
        let (path, body) = (filled(path), filled(body));
        let address = if path.starts_with("/admin/") { server.admin } else { server.address };
        let tokens = ["", sam.as_str(), key.as_str(), ADMIN_TOKEN];
        for (token, expected) in tokens.iter().zip(row.expected) {
            let bearer = format!("authorization: Bearer {token}");
            let mut lines = Vec::new();
            if !token.is_empty() {
                lines.push(bearer.as_str());
            }
            if !body.is_empty() {
                lines.push("content-type: application/json");
            }
            let head = server.store.head().await.unwrap();
            let answer = Wire::connect(address).await.ask(method, &path, &lines, &body).await;
            let code = if answer.status < 300 { OK.to_owned() } else { answer.code() };
            assert_eq!(code, expected, "{}: {token:?} got {}", row.operation, answer.text());
            if code != OK {
                assert_eq!(server.store.head().await.unwrap(), head, "{}: {token:?}", row.operation);
            }
        }
    }
}

/// A new operation does not compile until it stands here.
fn named(operation: &Operation) -> &'static str {
    match operation {
        Operation::Rule { .. } => "Rule",
        Operation::Lift(_) => "Lift",
        Operation::MakeKey { .. } => "MakeKey",
        Operation::DeleteMessage { .. } => "DeleteMessage",
        Operation::RemoveMembers { .. } => "RemoveMembers",
        Operation::HandOver { .. } => "HandOver",
        Operation::SignOut { .. } => "SignOut",
        Operation::ResetPassword { .. } => "ResetPassword",
        Operation::DeleteAccount(_) => "DeleteAccount",
        Operation::CreateAccount(_) => "CreateAccount",
        Operation::AddDevice { .. } => "AddDevice",
    }
}

#[test]
fn every_operation_has_its_rows() {
    let account = AccountId::new(Uuid::from_u128(1));
    let conversation = ConversationId::new(Uuid::from_u128(2));
    let device = DeviceId::new(Uuid::from_u128(3));
    let name = Name::parse("Bot").unwrap();
    let token = TokenHash([0; 32]);
    let range: AddressRange = "192.0.2.1".parse().unwrap();
    let operations = [
        Operation::Rule { subject: Subject::Entrance(Entrance::Guests), until: None },
        Operation::Lift(Subject::Address(range)),
        Operation::MakeKey {
            hash: ApiKeyHash([0; 32]),
            id: ApiKeyId::new(Uuid::from_u128(4)),
            name: name.clone(),
        },
        Operation::DeleteMessage { conversation, seq: Seq::new(1) },
        Operation::RemoveMembers { conversation, accounts: vec![account] },
        Operation::HandOver { conversation, from: account, account },
        Operation::SignOut { account, device: None },
        Operation::ResetPassword { account, password: PasswordHash::new("x") },
        Operation::DeleteAccount(account),
        Operation::CreateAccount(CreateGuest {
            account,
            device,
            name,
            token,
            idempotency: None,
            device_name: None,
            registration: None,
        }),
        Operation::AddDevice { account, device: NewDevice { id: device, name: None, token }, until: None },
    ];
    for operation in &operations {
        let name = named(operation);
        let has_row = TABLE.iter().any(|row| row.operation.split(',').next() == Some(name));
        assert!(has_row, "no row for {name}");
    }
}
