//! What a server answers, read whole.

use bytes::Bytes;
use chinwag_protocol::Problem;
use http::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::ClientError;

/// Bytes of an answer that is read whole: a poll's 1 MiB and one more record, with room.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Reads what is left of an answer.
pub(crate) async fn read_whole(answer: Response<Incoming>) -> Result<Response<Bytes>, ClientError> {
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
        match error.downcast::<hyper::Error>() {
            Ok(error) => ClientError::from(*error),
            Err(error) => ClientError::Protocol(error.to_string()),
        }
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// The refusal that an answer is.
pub(crate) fn problem(answer: &Response<Bytes>) -> ClientError {
    if content_type(answer) != Some("application/problem+json") {
        return ClientError::Protocol(format!("status {} without a problem document", answer.status()));
    }
    match serde_json::from_slice::<Problem>(answer.body()) {
        Ok(mut problem) => {
            let seconds =
                answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            problem.retry_after_seconds = problem.retry_after_seconds.or(seconds);
            problem.into()
        }
        Err(error) => ClientError::Protocol(format!("a problem document that is none: {error}")),
    }
}

/// The media type of an answer, without its parameters.
pub(crate) fn content_type<B>(answer: &Response<B>) -> Option<&str> {
    let value = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}
