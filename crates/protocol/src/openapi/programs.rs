//! Routes of programs with keys.

use serde_json::json;

use super::operation::{Asker, Operation};
use super::routes::{ANY, BODY, in_path, json_body, no_body, optional};
use super::schemas::reference;
use crate::Code::{self, *};

/// What needs a key.
const KNOWN_KEY: &[Code] = &[Unauthenticated, Internal, Unavailable, ShuttingDown];

pub(super) fn operations() -> Vec<Operation> {
    let account = || in_path("id", "An account that keys have made.", &reference("AccountId"));
    let key = json!({ "type": "string", "pattern": "^[!-~]{16,128}$" });
    let key_text = "The same request under the same key within 24 hours gets the first answer.";
    vec![
        Operation {
            path: "/v1/server/accounts",
            method: "post",
            id: "createServerAccount",
            summary: "Makes an account with one device, which programs with keys sign in and out.",
            asker: Asker::Program,
            parameters: vec![optional("header", "Idempotency-Key", key_text, &key)],
            body: Some("ServerAccountBody"),
            answers: vec![json_body(201, "The account, the device and its token.", "GuestAnswer")],
            problems: vec![ANY, KNOWN_KEY, BODY, &[InvalidName, IdempotencyKeyReused]],
        },
        Operation {
            path: "/v1/server/accounts/{id}/devices",
            method: "post",
            id: "addServerDevice",
            summary: "Signs a device in to such an account.",
            asker: Asker::Program,
            parameters: vec![account()],
            body: Some("ServerDeviceBody"),
            answers: vec![json_body(201, "The account, the device and its token.", "DeviceTokenAnswer")],
            problems: vec![ANY, KNOWN_KEY, BODY, &[InvalidName, AccountBanned, NotFound]],
        },
        Operation {
            path: "/v1/server/accounts/{id}/devices",
            method: "delete",
            id: "removeServerDevices",
            summary: "Signs all devices of such an account out.",
            asker: Asker::Program,
            parameters: vec![account()],
            body: None,
            answers: vec![no_body(204, "Signed out.")],
            problems: vec![ANY, KNOWN_KEY, &[NotFound]],
        },
        Operation {
            path: "/v1/server/accounts/{id}/devices/{device}",
            method: "delete",
            id: "removeServerDevice",
            summary: "Signs one device of such an account out.",
            asker: Asker::Program,
            parameters: vec![account(), in_path("device", "One of its devices.", &reference("DeviceId"))],
            body: None,
            answers: vec![no_body(204, "Signed out.")],
            problems: vec![ANY, KNOWN_KEY, &[NotFound]],
        },
    ]
}
