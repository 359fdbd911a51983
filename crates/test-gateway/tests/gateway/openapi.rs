//! The OpenAPI document: what it says comes, and nothing comes that it does not say.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::server::Server;
use crate::wire::Answer;

const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"));

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(FILE).unwrap());

/// One method of one path.
pub(crate) struct Operation {
    pub(crate) path: &'static str,
    pub(crate) method: String,
    described: &'static Value,
}

impl Operation {
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                all.push(Self { path, method: method.to_uppercase(), described });
            }
        }
        all
    }

    /// The one that answers this request.
    fn find(method: &str, path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap();
        let method = if method == "HEAD" { "GET" } else { method };
        Self::all().into_iter().find(|operation| operation.method == method && matches(operation.path, path))
    }

    /// What is said of a status.
    fn response(&self, status: u16) -> Option<&'static Value> {
        let response = self.described["responses"].get(status.to_string())?;
        match response["$ref"].as_str() {
            Some(place) => DOCUMENT.pointer(&place[1..]),
            None => Some(response),
        }
    }

    /// The codes of its refusals.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let statuses: &Map<String, Value> = self.described["responses"].as_object().unwrap();
        let refusals = statuses.keys().filter_map(|status| self.response(status.parse().unwrap()));
        refusals.flat_map(codes).collect()
    }

    pub(crate) fn has_body(&self) -> bool {
        self.described.get("requestBody").is_some()
    }

    /// Whether it needs a token.
    pub(crate) fn is_secured(&self) -> bool {
        self.described["security"] != Value::Array(Vec::new())
    }
}

fn codes(response: &'static Value) -> Vec<&'static str> {
    let enumerated =
        response.pointer("/content/application~1problem+json/schema/allOf/1/properties/code/enum");
    let codes = enumerated.and_then(Value::as_array).into_iter().flatten();
    codes.map(|code| code.as_str().unwrap()).collect()
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(path)
            .all(|(wanted, found)| if wanted.starts_with('{') { !found.is_empty() } else { *wanted == found })
}

/// Fails where an answer is not as the document has it. Of every answer of these tests.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let Some(operation) = Operation::find(method, path) else { return };
    let said = operation.response(answer.status);
    let said = said.unwrap_or_else(|| panic!("{method} {path} answers {answer:?}, which is not documented"));
    let content = said["content"].as_object();
    if method != "HEAD" && !matches!(answer.status, 101 | 204 | 304) {
        let media_type = answer.header("content-type").unwrap();
        assert!(content.unwrap().contains_key(media_type), "{method} {path}: {media_type}");
    }
    if answer.status >= 400 && method != "HEAD" {
        let code = answer.code();
        assert!(codes(said).contains(&code.as_str()), "{method} {path}: {code} is not documented");
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let server = Server::start().await;
    let answer = server.ask("GET", "/v1/openapi.json", &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.text(), FILE);
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_methods_are_those_of_the_routes() {
    let server = Server::start().await;
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        let path = path
            .replace("{slug}", "tea")
            .replace("{id}", "x")
            .replace("{seq}", "1")
            .replace("{account}", "x");
        let answer = server.ask("OPTIONS", &path, &[], "").await;
        let mut allowed: Vec<String> =
            answer.header("allow").unwrap().split(", ").map(str::to_lowercase).collect();
        allowed.retain(|method| method != "head" && method != "options");
        allowed.sort();
        let described: Vec<&String> = methods.as_object().unwrap().keys().collect();
        assert_eq!(allowed.iter().collect::<Vec<_>>(), described, "{path}");
    }
}
