//! Routes about who is there, who types and who looks.

use serde_json::json;

use super::operation::{Asker, Operation};
use super::routes::{ANY, BODY, KNOWN, conversation, json_body, no_body, optional};
use super::schemas::reference;
use crate::Code::*;

pub(super) fn operations() -> Vec<Operation> {
    let limit = json!({ "type": "integer", "minimum": 1, "default": 100 });
    vec![
        Operation {
            path: "/v1/presence",
            method: "put",
            id: "setPresence",
            summary: "Says whether this device is in use, or that the account is to be invisible.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("PresenceBody"),
            answers: vec![no_body(204, "It is so.")],
            problems: vec![ANY, KNOWN, BODY],
        },
        Operation {
            path: "/v1/view",
            method: "post",
            id: "setView",
            summary: "Says what a stream of this device looks at, instead of what it looked at before.",
            asker: Asker::Device,
            parameters: Vec::new(),
            body: Some("StreamViewBody"),
            answers: vec![no_body(204, "It looks at these.")],
            problems: vec![ANY, KNOWN, BODY, &[NotFound]],
        },
        Operation {
            path: "/v1/conversations/{id}/typing",
            method: "post",
            id: "type",
            summary: "Tells members who look at a conversation that the caller types, or no more.",
            asker: Asker::Device,
            parameters: vec![conversation()],
            body: Some("TypingBody"),
            answers: vec![no_body(204, "Whoever may know will.")],
            problems: vec![ANY, KNOWN, BODY, &[NotFound]],
        },
        Operation {
            path: "/v1/conversations/{id}/present",
            method: "get",
            id: "listPresent",
            summary: "Which members of a room are there.",
            asker: Asker::Device,
            parameters: vec![
                conversation(),
                optional("query", "after", "The `next` of the page before.", &reference("AccountId")),
                optional("query", "limit", "Accounts at most; more than 200 is 200.", &limit),
            ],
            body: None,
            answers: vec![json_body(200, "A page.", "PresentPage")],
            problems: vec![ANY, KNOWN, &[Forbidden, NotFound]],
        },
    ]
}
