//! The whole document.

use serde_json::{Map, Value, json};

use super::operation::refusals;
use super::routes::{operations, optional};
use super::schemas::{reference, schemas};
use crate::generated::check;
use crate::{Code, PROTOCOL_VERSION};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

const DESCRIPTION: &str = "The REST side of the Chinwag protocol. What the fields mean, and how the stream of records and \
    WebSockets work, stands in docs/protocol.md.\n\nHEAD answers wherever GET does. A method that a path does not have \
    gets 405 `method_not_allowed`, a path that is none gets 404 `not_found`. A request that is no HTTP, or whose head is \
    larger than the server reads, is answered with a bare status (400, 414, 431) and the connection is closed.";

fn document() -> Value {
    let mut paths = Map::new();
    let operations = operations();
    for operation in &operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        assert_eq!(path.get(operation.method), None, "{} stands twice", operation.id);
        path[operation.method] = operation.render();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Chinwag",
            "version": PROTOCOL_VERSION.to_string(),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "parameters": { "account": account() },
            "responses": refusals(&operations),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A device's token, of POST /v1/guests. Never in a URL.",
                },
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of a program, of `chinwag admin keys make`. Never in a browser.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "chinwag-ACCOUNT",
                    "description": "For browsers, with the account's id in its name; called `__Host-chinwag-ACCOUNT` by TLS. A changing request then needs an allowed Origin.",
                },
                "ticket": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "ticket",
                    "description": "Of POST /v1/tickets; good once, and for 30 seconds.",
                },
            },
        },
    })
}

/// Of whoever has cookies of several accounts.
fn account() -> Value {
    let text = "Which account asks, of a browser that is signed in as several; it may be left out with one.";
    optional("header", "Chinwag-Account", text, &reference("AccountId"))
}

#[test]
fn the_document_is_current() {
    check(FILE, &format!("{:#}\n", document()));
}

#[test]
fn every_code_stands_in_it() {
    let documented: Vec<Code> =
        operations().iter().flat_map(|operation| operation.problems.concat()).collect();
    for code in Code::ALL {
        // These two answer methods that the document does not have, and the third who runs the server.
        let elsewhere = matches!(code, Code::MethodNotAllowed | Code::NotImplemented | Code::TooManyRulings);
        assert_eq!(documented.contains(code), !elsewhere, "{code}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let pointer = reference.split('"').next().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
