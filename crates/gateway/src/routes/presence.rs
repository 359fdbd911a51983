//! Who is there, who types, and what streams look at.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_protocol::{PresenceBody, StreamViewBody, TypingBody};
use http::StatusCode;

use super::conversations::conversation;
use super::groups;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::json::Json;
use crate::presence;
use crate::query::Query;
use crate::refusal::Refusal;

/// `PUT /v1/presence`
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<PresenceBody>,
) -> Result<StatusCode, Refusal> {
    presence::set(&app, caller.actor, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/view`
pub(super) async fn set_view(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<StreamViewBody>,
) -> Result<StatusCode, Refusal> {
    presence::set_view(&app, caller.actor, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/conversations/{id}/typing`
pub(super) async fn typing(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<TypingBody>,
) -> Result<StatusCode, Refusal> {
    presence::typing(&app, caller.actor, conversation(id)?, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/conversations/{id}/present`
pub(super) async fn present(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = groups::page(&query)?;
    let present = presence::present(&app, caller.actor.account, conversation(id)?, page).await?;
    Ok(answer(StatusCode::OK, &present))
}
