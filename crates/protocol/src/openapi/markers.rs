//! Routes about how far the caller has read.

use super::operation::{Asker, Operation};
use super::routes::{ANY, BODY, KNOWN, conversation, no_body};
use crate::Code::*;

pub(super) fn operations() -> Vec<Operation> {
    let mark = |path, id, summary| Operation {
        path,
        method: "put",
        id,
        summary,
        asker: Asker::Device,
        parameters: vec![conversation()],
        body: Some("MarkBody"),
        answers: vec![no_body(204, "It is so.")],
        problems: vec![ANY, KNOWN, BODY, &[NotFound]],
    };
    vec![
        mark("/v1/conversations/{id}/read", "read", "Says up to which row the caller has read."),
        mark("/v1/conversations/{id}/unread", "markUnread", "Marks a conversation as unread, until it is read."),
    ]
}
