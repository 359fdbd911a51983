//! How far the caller has read.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::MarkBody;
use http::StatusCode;

use super::conversations::conversation;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::json::Json;
use crate::refusal::Refusal;

/// `PUT /v1/conversations/{id}/read`
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<MarkBody>,
) -> Result<Response, Refusal> {
    commands::read(&app, caller.actor, conversation(id)?, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT /v1/conversations/{id}/unread`
pub(super) async fn mark_unread(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<MarkBody>,
) -> Result<Response, Refusal> {
    commands::mark_unread(&app, caller.actor, conversation(id)?, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
