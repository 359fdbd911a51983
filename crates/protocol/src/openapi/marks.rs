//! Routes about what is added to messages: reactions and pins.

use serde_json::{Value, json};

use super::groups::operation;
use super::operation::{Answer, Operation};
use super::routes::{WRITING, conversation, in_path, json_body, no_body, optional};
use super::schemas::reference;
use crate::Code::*;

fn message() -> Value {
    in_path("seq", "The message.", &reference("Seq"))
}

pub(super) fn operations() -> Vec<Operation> {
    let emoji = || in_path("emoji", "One emoji.", &json!({ "type": "string", "minLength": 1 }));
    let limit = json!({ "type": "integer", "minimum": 1, "default": 100 });
    let after = json!({ "type": "string" });
    let row = |description: &'static str| -> Answer { json_body(200, description, "SendAnswer") };
    let undone = |mut undo: Operation, description: &'static str| {
        undo.answers.push(no_body(204, description));
        undo
    };
    vec![
        operation(
            ("/v1/conversations/{id}/messages/{seq}/reactions", "get", "listReactions"),
            "Who reacts to a message, in the order of their ids.",
            vec![
                conversation(),
                message(),
                optional("query", "after", "The `next` of the page before.", &after),
                optional("query", "limit", "Reactions at most; more than 200 is 200.", &limit),
            ],
            None,
            json_body(200, "A page.", "ReactionsPage"),
            &[NotFound],
        ),
        {
            let mut react = operation(
                ("/v1/conversations/{id}/messages/{seq}/reactions/{emoji}", "put", "react"),
                "Reacts to a message.",
                vec![conversation(), message(), emoji()],
                None,
                row("Where the reaction stands."),
                &[InvalidEmoji, TooManyReactions],
            );
            react.problems.push(WRITING);
            react
        },
        undone(
            operation(
                ("/v1/conversations/{id}/messages/{seq}/reactions/{emoji}", "delete", "unreact"),
                "Takes a reaction back.",
                vec![conversation(), message(), emoji()],
                None,
                row("Where that stands."),
                &[InvalidEmoji, NotFound],
            ),
            "There was no such reaction.",
        ),
        operation(
            ("/v1/conversations/{id}/pins", "get", "listPins"),
            "The pinned messages, the last pinned first.",
            vec![conversation()],
            None,
            json_body(200, "All of them.", "MessageList"),
            &[NotFound],
        ),
        operation(
            ("/v1/conversations/{id}/pins/{seq}", "put", "pin"),
            "Pins a message for everybody.",
            vec![conversation(), message()],
            None,
            row("Where the pin stands."),
            &[Forbidden, NotFound, TooManyPins],
        ),
        undone(
            operation(
                ("/v1/conversations/{id}/pins/{seq}", "delete", "unpin"),
                "Pins a message no more.",
                vec![conversation(), message()],
                None,
                row("Where that stands."),
                &[Forbidden, NotFound],
            ),
            "It was not pinned.",
        ),
    ]
}
