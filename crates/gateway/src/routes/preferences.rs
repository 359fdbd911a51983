//! What an account has chosen for all of its conversations.

use axum::extract::State;
use axum::response::Response;
use chinwag_protocol::{PreferencesBody, PreferencesCard};
use http::StatusCode;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::json::Json;
use crate::refusal::Refusal;

/// `GET /v1/account/preferences`
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let (preferences, version) = app.store.preferences(caller.actor.account).await?;
    Ok(answer(StatusCode::OK, &PreferencesCard { preferences, version }))
}

/// `PATCH /v1/account/preferences`
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<PreferencesBody>,
) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &commands::set_preferences(&app, caller.actor, body).await?))
}
