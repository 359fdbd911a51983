//! One method of one route.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schemas::reference;
use crate::Code;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    Anybody,
    /// The same; who has a token or cookies is told more.
    Perhaps,
    /// Whoever has a device's token or cookie.
    Device,
    /// Or a ticket in their place.
    DeviceOrTicket,
    /// A program with a key.
    Program,
}

/// An answer that is no problem.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) description: &'static str,
    /// Media types and schemas of its body.
    pub(super) content: Vec<(&'static str, Value)>,
    /// Headers beside those that every answer has, and what is in them.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

pub(super) struct Operation {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    /// Names it for generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) asker: Asker,
    /// Beside those in the path.
    pub(super) parameters: Vec<Value>,
    /// The type of its body.
    pub(super) body: Option<&'static str>,
    pub(super) answers: Vec<Answer>,
    /// Every refusal that can come.
    pub(super) problems: Vec<&'static [Code]>,
}

impl Operation {
    pub(super) fn render(&self) -> Value {
        let mut rendered = json!({
            "operationId": self.id,
            "summary": self.summary,
            "security": match self.asker {
                Asker::Anybody => json!([]),
                Asker::Perhaps => json!([{}, { "token": [] }, { "cookie": [] }]),
                Asker::Device => json!([{ "token": [] }, { "cookie": [] }]),
                Asker::Program => json!([{ "key": [] }]),
                Asker::DeviceOrTicket => json!([{ "token": [] }, { "cookie": [] }, { "ticket": [] }]),
            },
            "responses": self.responses(),
        });
        let mut parameters = self.parameters.clone();
        if !matches!(self.asker, Asker::Anybody | Asker::Program) {
            parameters.push(json!({ "$ref": "#/components/parameters/account" }));
        }
        if !parameters.is_empty() {
            rendered["parameters"] = parameters.into();
        }
        if let Some(body) = self.body {
            rendered["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": reference(body) } } });
        }
        rendered
    }

    /// The codes of each status that refuses, in the order of the table of codes.
    fn refusals(&self) -> BTreeMap<u16, Vec<Code>> {
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        let problems = self.problems.concat();
        for code in Code::ALL.iter().filter(|code| problems.contains(code)) {
            by_status.entry(code.status()).or_default().push(*code);
        }
        by_status
    }

    fn responses(&self) -> Value {
        let mut responses = Map::new();
        for answer in &self.answers {
            let mut response = json!({ "description": answer.description });
            for (media_type, schema) in &answer.content {
                response["content"][*media_type]["schema"] = schema.clone();
            }
            for (name, what) in answer.headers {
                response["headers"][*name] = json!({ "description": what, "schema": { "type": "string" } });
            }
            responses.insert(answer.status.to_string(), response);
        }
        for (status, codes) in self.refusals() {
            let place = format!("#/components/responses/{}", name(&codes));
            responses.insert(status.to_string(), json!({ "$ref": place }));
        }
        Value::Object(responses)
    }
}

/// `components/responses`: each status that refuses, with the codes that may be in it there.
pub(super) fn refusals(operations: &[Operation]) -> Value {
    let refusals = operations.iter().flat_map(Operation::refusals);
    Value::Object(refusals.map(|(status, codes)| (name(&codes), refusal(status, &codes))).collect())
}

fn name(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("-")
}

fn refusal(status: u16, codes: &[Code]) -> Value {
    let titles: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}.", code.title())).collect();
    let mut response = json!({
        "description": titles.join(" "),
        "content": { "application/problem+json": { "schema": {
            "allOf": [
                reference("Problem"),
                { "type": "object", "properties": { "status": { "const": status }, "code": { "enum": codes } } },
            ],
        } } },
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", json!({ "type": "string", "const": "Bearer" }))),
        429 | 503 => Some(("Retry-After", json!({ "type": "integer", "minimum": 1 }))),
        _ => None,
    };
    if let Some((name, schema)) = header {
        response["headers"][name] = json!({ "required": true, "schema": schema });
    }
    response
}
