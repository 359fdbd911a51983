//! Refusals, the same on every transport (RFC 9457).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::Code;

/// A refusal, for a program (`code`) and for a person (`detail`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// What happened.
    pub code: Code,
    /// What happened and what to do, for a person.
    pub detail: String,
    /// Seconds after which the same request may succeed.
    pub retry_after_seconds: Option<u32>,
}

/// A refusal as it travels (RFC 9457).
#[derive(Serialize, Deserialize, TS)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Problem))]
#[ts(rename = "Problem")]
pub(crate) struct ProblemDocument {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: Code,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A refusal with its text.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_seconds: None }
    }

    /// Says after how many seconds another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Absent and forbidden conversations are answered alike, so that nobody can find out what exists.
    pub fn no_conversation() -> Self {
        Self::new(Code::NotFound, "There is no such conversation, or you are not a member of it.")
    }

    /// Who is named does not exist.
    pub fn no_account() -> Self {
        Self::new(Code::NotFound, "There is no such account.")
    }

    /// The result of a commit is not known, or the store does not answer.
    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "The server could not store this just now. Try again with the same client_id; nothing is stored twice.",
        )
        .retry_after(1)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ProblemDocument {
            kind: format!("urn:chinwag:problem:{}", self.code),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            code: self.code,
            detail: self.detail.clone(),
            retry_after_seconds: self.retry_after_seconds,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = ProblemDocument::deserialize(deserializer)?;
        Ok(Self {
            code: document.code,
            detail: document.detail,
            retry_after_seconds: document.retry_after_seconds,
        })
    }
}
