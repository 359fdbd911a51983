//! What the caller has set for itself in a conversation, and what its devices have begun to write there.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{DraftBody, OwnSettingsBody, Problem};
use http::StatusCode;

use super::conversations::conversation;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::json::Json;
use crate::refusal::Refusal;
use crate::{account_commands, commands};

/// `PATCH /v1/conversations/{id}/settings`
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<OwnSettingsBody>,
) -> Result<Response, Refusal> {
    let card = commands::change_own_settings(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::OK, &card))
}

/// `PUT /v1/conversations/{id}/drafts/{device}`
pub(super) async fn put_draft(
    State(app): State<App>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    Json(body): Json<DraftBody>,
) -> Result<Response, Refusal> {
    let Path((id, device)) = path.map_err(|_| Problem::no_conversation())?;
    let (id, device) = (commands::conversation(&id)?, account_commands::device(&device)?);
    commands::put_draft(&app, caller.actor, id, device, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
