//! Routes about how far the caller has read.

use super::operation::{Asker, Operation};
use serde_json::json;

use super::routes::{ANY, BODY, KNOWN, conversation, in_path, json_body, no_body, optional};
use super::schemas::reference;
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
    let limit = json!({ "type": "integer", "minimum": 1, "default": 100 });
    let ask = |(path, id), summary, parameters, answer| Operation {
        path,
        method: "get",
        id,
        summary,
        asker: Asker::Device,
        parameters,
        body: None,
        answers: vec![answer],
        problems: vec![ANY, KNOWN, &[Forbidden, NotFound]],
    };
    vec![
        mark("/v1/conversations/{id}/read", "read", "Says up to which row the caller has read."),
        mark(
            "/v1/conversations/{id}/unread",
            "markUnread",
            "Marks a conversation as unread, until it is read.",
        ),
        ask(
            ("/v1/conversations/{id}/receipts", "showReceipts"),
            "How far the members are.",
            vec![conversation()],
            json_body(200, "All that there are.", "ReceiptsAnswer"),
        ),
        ask(
            ("/v1/conversations/{id}/messages/{seq}/readers", "listReaders"),
            "Who has read a message.",
            vec![
                conversation(),
                in_path("seq", "The message.", &reference("Seq")),
                optional("query", "after", "The `next` of the page before.", &reference("AccountId")),
                optional("query", "limit", "Accounts at most; more than 200 is 200.", &limit),
            ],
            json_body(200, "A page.", "ReadersPage"),
        ),
        Operation {
            path: "/v1/conversations/{id}/settings",
            method: "patch",
            id: "changeOwnSettings",
            summary: "Sets something for oneself in a conversation.",
            asker: Asker::Device,
            parameters: vec![conversation()],
            body: Some("OwnSettingsBody"),
            answers: vec![json_body(200, "What holds now.", "OwnSettingsCard")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidTitle, NotFound]],
        },
        Operation {
            path: "/v1/conversations/{id}/drafts/{device}",
            method: "put",
            id: "putDraft",
            summary: "Keeps what a device has begun to write.",
            asker: Asker::Device,
            parameters: vec![
                conversation(),
                in_path("device", "The device of the account.", &reference("DeviceId")),
            ],
            body: Some("DraftBody"),
            answers: vec![no_body(204, "Kept.")],
            problems: vec![ANY, KNOWN, BODY, &[InvalidText, NotFound, TooManyDrafts]],
        },
        Operation {
            path: "/v1/account/preferences",
            method: "get",
            id: "showPreferences",
            summary: "What the account has chosen for all of its conversations.",
            asker: Asker::Device,
            parameters: vec![],
            body: None,
            answers: vec![json_body(200, "What holds.", "PreferencesCard")],
            problems: vec![ANY, KNOWN],
        },
        Operation {
            path: "/v1/account/preferences",
            method: "patch",
            id: "setPreferences",
            summary: "Chooses something for all of the account's conversations.",
            asker: Asker::Device,
            parameters: vec![],
            body: Some("PreferencesBody"),
            answers: vec![json_body(200, "What holds now.", "PreferencesCard")],
            problems: vec![ANY, KNOWN, BODY],
        },
    ]
}
