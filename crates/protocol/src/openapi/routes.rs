//! Every route under `/v1/`, in the order of `docs/protocol.md`.

use serde_json::{Value, json};

use super::operation::{Answer, Asker, Operation};
use super::schemas::reference;
use crate::Code;
use crate::Code::*;

/// What any request can meet, before its route is looked at.
pub(super) const ANY: &[Code] = &[
    InvalidQuery,
    InvalidHeader,
    OriginRefused,
    AddressBanned,
    UriTooLong,
    HeadersTooLarge,
    TooManyRequests,
    Overloaded,
];
/// What asks the store.
const STORED: &[Code] = &[Internal, Unavailable, ShuttingDown];
/// What needs a device.
pub(super) const KNOWN: &[Code] = &[AccountRequired, Unauthenticated, Internal, Unavailable, ShuttingDown];
/// What has a body.
pub(super) const BODY: &[Code] =
    &[MalformedJson, InvalidField, RequestTimeout, BodyTooLarge, UnsupportedMediaType];

/// What changes a message as only who may write can.
pub(super) const WRITING: &[Code] = &[Forbidden, Blocked, AccountRemoved, Locked, Muted, NotFound];

pub(super) fn json_body(status: u16, description: &'static str, schema: &str) -> Answer {
    Answer { status, description, content: vec![("application/json", reference(schema))], headers: &[] }
}

pub(super) fn no_body(status: u16, description: &'static str) -> Answer {
    Answer { status, description, content: Vec::new(), headers: &[] }
}

/// A parameter that may be left out.
pub(super) fn optional(place: &str, name: &str, description: &str, schema: &Value) -> Value {
    json!({ "in": place, "name": name, "required": false, "description": description, "schema": schema })
}

pub(super) fn in_path(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "in": "path", "name": name, "required": true, "description": description, "schema": schema })
}

pub(super) fn conversation() -> Value {
    in_path("id", "The conversation.", &reference("ConversationId"))
}

pub(super) fn operations() -> Vec<Operation> {
    let mut all = session();
    all.extend(entering());
    all.extend(account());
    all.extend(devices());
    all.extend(conversations());
    all.extend(super::marks::operations());
    all.extend(super::groups::operations());
    all.extend(super::markers::operations());
    all.extend(direct());
    all.extend(reading());
    all.extend(super::presence::operations());
    all.extend(about());
    all.extend(super::programs::operations());
    all
}

/// Who asks.
fn session() -> Vec<Operation> {
    let key = json!({ "type": "string", "pattern": "^[!-~]{16,128}$" });
    let key_text = "The same request under the same key within 24 hours gets the first answer.";
    vec![
        Operation {
            path: "/v1/guests",
            method: "post",
            id: "createGuest",
            summary: "Makes an account with one device.",
            asker: Asker::Anybody,
            parameters: vec![optional("header", "Idempotency-Key", key_text, &key)],
            body: Some("GuestBody"),
            answers: vec![Answer {
                headers: &[("Set-Cookie", "The cookie, if it was asked for.")],
                ..json_body(201, "The account, the device and its token.", "GuestAnswer")
            }],
            problems: vec![
                ANY,
                STORED,
                BODY,
                &[InvalidName, GuestsClosed, TooManyAccounts, IdempotencyKeyReused],
            ],
        },
        Operation {
            path: "/v1/session",
            method: "get",
            id: "showSession",
            summary: "Who the token or cookie is.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: None,
            answers: vec![json_body(200, "The account and the device.", "SessionAnswer")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/session",
            method: "delete",
            id: "signOut",
            summary: "Signs this device out: its token is void, its streams end.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: None,
            answers: vec![Answer {
                headers: &[("Set-Cookie", "Clears the cookie of who came by one.")],
                ..no_body(204, "Signed out.")
            }],
            problems: vec![ANY, KNOWN],
        },
    ]
}

/// How devices get in beside guests.
fn entering() -> Vec<Operation> {
    let key = json!({ "type": "string", "pattern": "^[!-~]{16,128}$" });
    let key_text = "The same request under the same key within 24 hours gets the first answer.";
    let admitted = || Answer {
        headers: &[("Set-Cookie", "The cookie, if it was asked for.")],
        ..json_body(201, "The account, the device and its token.", "GuestAnswer")
    };
    vec![
        Operation {
            path: "/v1/accounts",
            method: "post",
            id: "signUp",
            summary: "Makes an account that can be signed in to, with one device.",
            asker: Asker::Anybody,
            parameters: vec![optional("header", "Idempotency-Key", key_text, &key)],
            body: Some("SignUpBody"),
            answers: vec![admitted()],
            problems: vec![
                ANY,
                STORED,
                BODY,
                &[InvalidName, InvalidUsername, InvalidPassword, UsernameTaken, TooManyAccounts],
                &[SignUpClosed, IdempotencyKeyReused],
            ],
        },
        Operation {
            path: "/v1/sessions",
            method: "get",
            id: "listSessions",
            summary: "As which accounts the browser is signed in.",
            asker: Asker::Perhaps,
            parameters: Vec::new(),
            body: None,
            answers: vec![Answer {
                headers: &[("Set-Cookie", "Clears each cookie that is good for nothing.")],
                ..json_body(200, "The accounts.", "SessionsAnswer")
            }],
            problems: vec![ANY, STORED, &[Unauthenticated]],
        },
        Operation {
            path: "/v1/sessions",
            method: "post",
            id: "signIn",
            summary: "Signs in to an account with a new device.",
            asker: Asker::Anybody,
            parameters: Vec::new(),
            body: Some("SignInBody"),
            answers: vec![admitted()],
            problems: vec![
                ANY,
                STORED,
                BODY,
                &[InvalidName, InvalidUsername, InvalidPassword, WrongCredentials, TooManyAccounts],
                &[AccountBanned],
            ],
        },
        Operation {
            path: "/v1/account/recovery",
            method: "post",
            id: "recover",
            summary: "Signs in with a recovery code, sets the password, and signs all other devices out.",
            asker: Asker::Anybody,
            parameters: Vec::new(),
            body: Some("RecoveryBody"),
            answers: vec![admitted()],
            problems: vec![
                ANY,
                STORED,
                BODY,
                &[InvalidName, InvalidUsername, InvalidPassword, WrongCredentials, TooManyAccounts],
                &[AccountBanned],
            ],
        },
    ]
}

/// The account that asks.
fn account() -> Vec<Operation> {
    let card = |description| json_body(200, description, "AccountCard");
    vec![
        Operation {
            path: "/v1/account",
            method: "get",
            id: "showAccount",
            summary: "The account that asks.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: None,
            answers: vec![card("The account.")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/accounts/{id}",
            method: "get",
            id: "showAnyAccount",
            summary: "What an account shows of itself.",
            asker: Asker::Device,
            parameters: vec![in_path("id", "The account.", &reference("AccountId"))],
            body: None,
            answers: vec![card("The account.")],
            problems: vec![ANY, KNOWN, &[NotFound]],
        },
        Operation {
            path: "/v1/account",
            method: "patch",
            id: "updateAccount",
            summary: "Changes what the account shows of itself.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("AccountUpdateBody"),
            answers: vec![card("The account as it is now.")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidName, InvalidText]],
        },
        Operation {
            path: "/v1/account/registration",
            method: "post",
            id: "register",
            summary: "Makes a guest an account that can be signed in to.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("RegistrationBody"),
            answers: vec![card("The account as it is now.")],
            problems: vec![
                ANY,
                KNOWN,
                BODY,
                &[InvalidUsername, InvalidPassword, UsernameTaken, AlreadyRegistered, SignUpClosed],
            ],
        },
        Operation {
            path: "/v1/account/password",
            method: "put",
            id: "changePassword",
            summary: "Sets another password, and signs all other devices out.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("PasswordChangeBody"),
            answers: vec![no_body(204, "It is set.")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidPassword, WrongCredentials]],
        },
        Operation {
            path: "/v1/account/recovery-codes",
            method: "post",
            id: "newRecoveryCodes",
            summary: "Makes ten recovery codes, and voids those before.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("RecoveryCodesBody"),
            answers: vec![json_body(201, "The codes, shown once.", "RecoveryCodesAnswer")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidPassword, WrongCredentials]],
        },
        Operation {
            path: "/v1/account/deletion",
            method: "post",
            id: "deleteAccount",
            summary: "Deletes the account: signs out its devices, leaves its conversations, and empties all that it wrote.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("DeletionBody"),
            answers: vec![no_body(204, "It is no more.")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidPassword, WrongCredentials, LastOwner]],
        },
    ]
}

/// The account's devices.
fn devices() -> Vec<Operation> {
    vec![
        Operation {
            path: "/v1/devices",
            method: "get",
            id: "listDevices",
            summary: "The account's devices, oldest first.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: None,
            answers: vec![json_body(200, "The devices.", "DevicesAnswer")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/devices",
            method: "delete",
            id: "removeOtherDevices",
            summary: "Signs out all of the account's devices but the one that asks.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: None,
            answers: vec![no_body(204, "Signed out.")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/devices/{id}",
            method: "delete",
            id: "removeDevice",
            summary: "Signs out one of the account's devices.",
            asker: Asker::Device,
            parameters: vec![in_path("id", "The device.", &reference("DeviceId"))],
            body: None,
            answers: vec![no_body(204, "Signed out.")],
            problems: vec![ANY, KNOWN, &[NotFound]],
        },
    ]
}

/// Rooms and their messages.
fn conversations() -> Vec<Operation> {
    let seq = json!({ "type": "integer", "minimum": 0 });
    let limit = json!({ "type": "integer", "minimum": 1, "default": 50 });
    let seqs = json!({ "type": "string", "pattern": "^[0-9]+(,[0-9]+)*$" });
    let slug = json!({ "type": "string", "minLength": 1, "maxLength": 64 });
    let rooms = json!({ "type": "integer", "minimum": 1, "default": 100 });
    vec![
        Operation {
            path: "/v1/rooms",
            method: "get",
            id: "listRooms",
            summary: "A page of the rooms that are listed.",
            asker: Asker::Device,
            parameters: vec![
                optional("query", "after", "The `next` of the page before.", &slug),
                optional("query", "limit", "Rooms at most; more than 200 is 200.", &rooms),
            ],
            body: None,
            answers: vec![json_body(200, "The page.", "RoomsPage")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/rooms/{slug}",
            method: "put",
            id: "openRoom",
            summary: "Opens a room, makes it if it is new, and makes the caller a member.",
            asker: Asker::Device,
            parameters: vec![in_path("slug", "The room's name.", &slug)],
            body: None,
            answers: vec![
                json_body(200, "The room and its newest page.", "RoomAnswer"),
                json_body(201, "The same, of a new room.", "RoomAnswer"),
            ],
            // Absent, if the membership ends between the opening and the reading.
            problems: vec![
                ANY,
                KNOWN,
                &[InvalidSlug, Banned, Closed, RoomCreationClosed, NotFound, TooManyConversations],
            ],
        },
        Operation {
            path: "/v1/conversations/{id}/messages",
            method: "get",
            id: "readMessages",
            summary: "A page of a conversation's messages, without parameters the newest; with `seqs`, messages one by one.",
            asker: Asker::Device,
            parameters: vec![
                conversation(),
                optional("query", "before", "Rows before this one.", &seq),
                optional("query", "after", "Rows after this one; not with `before`.", &seq),
                optional("query", "around", "Rows around this one; not with those.", &seq),
                optional("query", "limit", "Messages at most; more than 200 is 200.", &limit),
                optional("query", "seqs", "Up to 50 rows, separated by commas; alone.", &seqs),
            ],
            body: None,
            answers: vec![Answer {
                content: vec![(
                    "application/json",
                    json!({ "oneOf": [reference("HistoryPage"), reference("MessageList")] }),
                )],
                ..no_body(
                    200,
                    "The page; with `seqs`, those of the rows that are messages which the caller may see.",
                )
            }],
            problems: vec![ANY, KNOWN, &[NotFound]],
        },
        Operation {
            path: "/v1/conversations/{id}/messages",
            method: "post",
            id: "sendMessage",
            summary: "Posts a message. The answer comes after it is durable.",
            asker: Asker::Device,
            parameters: vec![conversation()],
            body: Some("SendBody"),
            answers: vec![json_body(201, "Where it stands; the same for every retry.", "SendAnswer")],
            problems: vec![
                ANY,
                KNOWN,
                BODY,
                &[
                    InvalidText,
                    InvalidEntities,
                    Forbidden,
                    Blocked,
                    AccountRemoved,
                    Locked,
                    Muted,
                    NotFound,
                    ClientIdReused,
                    PredecessorMissing,
                    SlowMode,
                    TooManyConversations,
                    RequestPending,
                ],
            ],
        },
        Operation {
            path: "/v1/conversations/{id}/messages/{seq}",
            method: "patch",
            id: "editMessage",
            summary: "Gives a message of one's own another text.",
            asker: Asker::Device,
            parameters: vec![conversation(), in_path("seq", "The message.", &reference("Seq"))],
            body: Some("EditBody"),
            answers: vec![json_body(200, "Where the edit stands.", "SendAnswer")],
            problems: vec![ANY, KNOWN, BODY, WRITING, &[InvalidText, InvalidEntities]],
        },
        Operation {
            path: "/v1/conversations/{id}/messages/{seq}",
            method: "delete",
            id: "deleteMessage",
            summary: "Deletes a message.",
            asker: Asker::Device,
            parameters: vec![conversation(), in_path("seq", "The message.", &reference("Seq"))],
            body: None,
            answers: vec![json_body(200, "Where the deletion stands.", "SendAnswer")],
            problems: vec![ANY, KNOWN, &[Forbidden, NotFound]],
        },
        Operation {
            path: "/v1/conversations/{id}/membership",
            method: "delete",
            id: "leave",
            summary: "Leaves a conversation.",
            asker: Asker::Device,
            parameters: vec![conversation()],
            body: None,
            answers: vec![no_body(204, "Left.")],
            problems: vec![ANY, KNOWN, &[Forbidden, NotFound, LastOwner]],
        },
    ]
}

/// Direct chats, and who is kept out of them.
fn direct() -> Vec<Operation> {
    let account = || in_path("account", "The account.", &reference("AccountId"));
    let limit = json!({ "type": "integer", "minimum": 1, "default": 100 });
    vec![
        Operation {
            path: "/v1/direct/{account}",
            method: "put",
            id: "openDirect",
            summary: "Opens the direct chat with an account, and makes it if it is new. The other learns nothing of it.",
            asker: Asker::Device,
            parameters: vec![account()],
            body: None,
            answers: vec![
                json_body(200, "The chat and its newest page.", "RoomAnswer"),
                json_body(201, "The same, of a new one.", "RoomAnswer"),
            ],
            problems: vec![ANY, KNOWN, &[NotFound, TooManyConversations]],
        },
        Operation {
            path: "/v1/direct",
            method: "put",
            id: "openDirectByName",
            summary: "The same with the account that signs in with a user name.",
            asker: Asker::Device,
            parameters: vec![],
            body: Some("DirectBody"),
            answers: vec![
                json_body(200, "The chat and its newest page.", "RoomAnswer"),
                json_body(201, "The same, of a new one.", "RoomAnswer"),
            ],
            problems: vec![ANY, KNOWN, BODY, &[NotFound, TooManyConversations]],
        },
        Operation {
            path: "/v1/conversations/{id}/accept",
            method: "post",
            id: "accept",
            summary: "Takes up a direct chat that a stranger began.",
            asker: Asker::Device,
            parameters: vec![conversation()],
            body: None,
            answers: vec![no_body(204, "Accepted.")],
            problems: vec![ANY, KNOWN, &[NotFound]],
        },
        Operation {
            path: "/v1/blocks",
            method: "get",
            id: "listBlocks",
            summary: "Whom the account blocks.",
            asker: Asker::Device,
            parameters: vec![
                optional("query", "after", "The `next` of the page before.", &reference("AccountId")),
                optional("query", "limit", "Accounts at most; more than 200 is 200.", &limit),
            ],
            body: None,
            answers: vec![json_body(200, "A page.", "BlocksPage")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/blocks/{account}",
            method: "put",
            id: "block",
            summary: "Shows nothing of what an account writes in a direct chat from now on.",
            asker: Asker::Device,
            parameters: vec![account()],
            body: None,
            answers: vec![no_body(204, "Blocked.")],
            problems: vec![ANY, KNOWN, &[Forbidden, NotFound, TooManyBlocks]],
        },
        Operation {
            path: "/v1/blocks/{account}",
            method: "delete",
            id: "unblock",
            summary: "Shows again what an account writes from now on.",
            asker: Asker::Device,
            parameters: vec![account()],
            body: None,
            answers: vec![no_body(204, "Not blocked.")],
            // What is no id at all.
            problems: vec![ANY, KNOWN, &[NotFound]],
        },
    ]
}

/// Of which accounts, of those that a browser is signed in as.
fn accounts() -> Value {
    let list = json!({ "type": "array", "items": reference("AccountId"), "minItems": 1, "maxItems": 10 });
    let text = "For which accounts; then `Chinwag-Account` is not looked at.";
    let mut parameter = optional("query", "accounts", text, &list);
    parameter["style"] = "form".into();
    parameter["explode"] = false.into();
    parameter
}

/// What came, and how far a device has got.
fn reading() -> Vec<Operation> {
    let cursor = reference("Cursor");
    let last = json!({ "type": "string", "pattern": "^([A-Za-z0-9_-]{22})?$" });
    let seconds = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": "string" });
    let next = "The `next` of the page before.";
    let conversations = json!({ "type": "string", "description": "Ids with commas between them." });
    let looked_at = conversations.clone();
    let tag = "The `ETag` of the last answer: without news, the answer is 304.";
    vec![
        Operation {
            path: "/v1/sync",
            method: "get",
            id: "sync",
            summary: "The account's conversations, newest activity first, 100 to a page.",
            asker: Asker::Device,
            parameters: vec![optional("query", "next", next, &text)],
            body: None,
            answers: vec![json_body(200, "A page.", "SyncPage")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/ack",
            method: "post",
            id: "acknowledge",
            summary: "This device has everything up to a cursor.",
            asker: Asker::Device,
            parameters: vec![accounts()],
            body: Some("AckBody"),
            answers: vec![no_body(204, "Noted.")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidCursor]],
        },
        Operation {
            path: "/v1/tickets",
            method: "post",
            id: "createTicket",
            summary: "A ticket, with which `GET /v1/events` reads as this device, once and within 30 seconds.",
            asker: Asker::Device,
            parameters: vec![accounts()],
            body: None,
            answers: vec![json_body(201, "The ticket.", "TicketAnswer")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/events",
            method: "get",
            id: "readEvents",
            summary: "The stream of records, as a poll, a stream of lines, Server-Sent Events or a WebSocket.",
            asker: Asker::DeviceOrTicket,
            parameters: vec![
                accounts(),
                optional("query", "after", "Where to go on; without it, now.", &cursor),
                optional("query", "view_conversations", "Conversations to look at.", &conversations),
                optional("query", "view_accounts", "Accounts to look at.", &looked_at),
                optional("query", "view_as", "Which of several accounts looks.", &reference("AccountId")),
                optional("query", "wait", "Seconds that a poll may wait; above 30 is 30.", &seconds),
                optional("header", "Last-Event-ID", "Wins over `after`, unless it is empty.", &last),
                optional("header", "If-None-Match", tag, &text),
            ],
            body: None,
            answers: vec![
                no_body(101, "A WebSocket begins, for who asked for one."),
                Answer {
                    status: 200,
                    description: "What `Accept` asks for.",
                    content: vec![
                        ("application/json", reference("Poll")),
                        (
                            "application/x-ndjson",
                            json!({ "type": "string", "description": "One Record a line." }),
                        ),
                        (
                            "text/event-stream",
                            json!({ "type": "string", "description": "One Record in each `data:`." }),
                        ),
                    ],
                    headers: &[("ETag", "Of a poll.")],
                },
                Answer { headers: &[("ETag", "As it was sent.")], ..no_body(304, "A poll without news.") },
            ],
            problems: vec![ANY, KNOWN, &[InvalidCursor, NotAcceptable, UpgradeRequired]],
        },
    ]
}

/// The server itself.
fn about() -> Vec<Operation> {
    vec![
        Operation {
            path: "/v1/server",
            method: "get",
            id: "showServer",
            summary: "What the server is, and its limits.",
            asker: Asker::Anybody,
            parameters: Vec::new(),
            body: None,
            answers: vec![json_body(200, "What `hello` tells.", "ServerAnswer")],
            problems: vec![ANY],
        },
        Operation {
            path: "/v1/openapi.json",
            method: "get",
            id: "showDocument",
            summary: "This document.",
            asker: Asker::Anybody,
            parameters: Vec::new(),
            body: None,
            answers: vec![Answer {
                content: vec![("application/json", json!({ "type": "object" }))],
                ..no_body(200, "OpenAPI 3.1.")
            }],
            problems: vec![ANY],
        },
    ]
}
