//! Refusals, the same on every transport (RFC 9457).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $title:literal;)*) => {
        /// The stable name of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, TS)]
        #[ts(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $title] $variant,)*
            /// A code that this version does not know; only ever read, never sent.
            Unknown,
        }

        impl Code {
            /// Every code that this version sends.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* Code::Unknown => "unknown" }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* Code::Unknown => 500 }
            }

            /// A short summary, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* Code::Unknown => "Unknown problem" }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" 400 "Malformed JSON";
    InvalidField "invalid_field" 400 "Invalid field";
    InvalidQuery "invalid_query" 400 "Invalid query";
    InvalidHeader "invalid_header" 400 "Invalid header";
    InvalidName "invalid_name" 400 "Invalid name";
    InvalidSlug "invalid_slug" 400 "Invalid room name";
    InvalidText "invalid_text" 400 "Invalid text";
    InvalidCursor "invalid_cursor" 400 "Invalid cursor";
    Unauthenticated "unauthenticated" 401 "Not signed in";
    OriginRefused "origin_refused" 403 "Origin refused";
    Forbidden "forbidden" 403 "Forbidden";
    NotFound "not_found" 404 "Not found";
    MethodNotAllowed "method_not_allowed" 405 "Method not allowed";
    NotAcceptable "not_acceptable" 406 "Not acceptable";
    RequestTimeout "request_timeout" 408 "Request timeout";
    ClientIdReused "client_id_reused" 409 "Client id reused";
    IdempotencyKeyReused "idempotency_key_reused" 409 "Idempotency key reused";
    PredecessorMissing "predecessor_missing" 409 "Predecessor missing";
    BodyTooLarge "body_too_large" 413 "Body too large";
    UriTooLong "uri_too_long" 414 "URI too long";
    UnsupportedMediaType "unsupported_media_type" 415 "Unsupported media type";
    UpgradeRequired "upgrade_required" 426 "Upgrade required";
    TooManyRequests "too_many_requests" 429 "Too many requests";
    HeadersTooLarge "headers_too_large" 431 "Headers too large";
    Internal "internal" 500 "Internal error";
    NotImplemented "not_implemented" 501 "Not implemented";
    Unavailable "unavailable" 503 "Unavailable";
    Overloaded "overloaded" 503 "Overloaded";
    ShuttingDown "shutting_down" 503 "Shutting down";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(Code::ALL.iter().copied().find(|code| code.as_str() == text).unwrap_or(Code::Unknown))
    }
}

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

/// [`Problem`] as it travels.
#[derive(Serialize, Deserialize, TS)]
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
