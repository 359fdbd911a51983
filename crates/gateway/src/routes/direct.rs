//! Direct chats.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{AccountId, DirectBody, Problem};
use http::StatusCode;

use super::conversations;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::json::Json;
use crate::refusal::Refusal;

/// `PUT /v1/direct/{account}`
pub(super) async fn open(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let (chat, is_new) = commands::open_direct(&app, caller.actor, account(id)?).await?;
    Ok(answer(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &chat))
}

/// `PUT /v1/direct`
pub(super) async fn open_by_name(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<DirectBody>,
) -> Result<Response, Refusal> {
    let (chat, is_new) = commands::open_direct_by_name(&app, caller.actor, body).await?;
    Ok(answer(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &chat))
}

/// `POST /v1/conversations/{id}/accept`
pub(super) async fn accept(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::accept(&app, caller.actor, conversations::conversation(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The account in a path.
pub(super) fn account(id: Result<Path<String>, PathRejection>) -> Result<AccountId, Problem> {
    let Path(id) = id.map_err(|_| Problem::no_account())?;
    commands::account(&id)
}
