//! What the server is.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::answer::answer;
use crate::app::App;

/// `GET /v1/server`
pub(super) async fn show(State(app): State<App>) -> Response {
    answer(StatusCode::OK, &app.hub.server())
}
