//! Problems as responses (RFC 9457).

use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use chinwag_store::StoreError;
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

/// A problem that answers a request.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Problem,
    /// What the answer must say beside it.
    headers: Option<Box<HeaderMap>>,
}

impl Refusal {
    pub(crate) fn with_headers(problem: Problem, headers: HeaderMap) -> Self {
        Self { problem, headers: Some(Box::new(headers)) }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, headers: None }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        store_problem(&error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { problem, headers: more } = self;
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        if let Some(more) = more {
            headers.extend(*more);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = problem.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        match problem.code {
            Code::Unauthenticated | Code::WrongCredentials => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            // Part of the request may still be on its way, and would be taken for the next one.
            Code::RequestTimeout | Code::BodyTooLarge | Code::UriTooLong | Code::HeadersTooLarge => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// What a client is told when the store could not answer.
pub(crate) fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Closed => shutting_down(),
        StoreError::Database(_) => {
            tracing::error!(%error, "the store did not answer");
            unavailable()
        }
        StoreError::Damaged { .. } => {
            tracing::error!(%error, "the store did not answer");
            internal()
        }
    }
}

pub(crate) fn unavailable() -> Problem {
    Problem::new(Code::Unavailable, "The server could not read this just now. Try again.").retry_after(1)
}

pub(crate) fn shutting_down() -> Problem {
    Problem::new(Code::ShuttingDown, "The server is stopping or restarting. Try again.").retry_after(1)
}

pub(crate) fn internal() -> Problem {
    Problem::new(Code::Internal, "Something went wrong in the server. Try again; its log says more.")
}

pub(crate) fn invalid_query(detail: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidQuery, detail)
}

pub(crate) fn invalid_header(detail: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidHeader, detail)
}

pub(crate) fn unauthenticated(detail: impl Into<String>) -> Problem {
    Problem::new(Code::Unauthenticated, detail)
}
