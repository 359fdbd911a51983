//! The description of the REST routes.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

/// Written from `crates/protocol/src/openapi/`.
pub(super) const DOCUMENT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"));

/// `GET /v1/openapi.json`
pub(super) async fn show() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
