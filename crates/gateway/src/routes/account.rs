//! The account that asks.

use axum::extract::State;
use axum::response::Response;
use chinwag_protocol::{AccountUpdateBody, PasswordChangeBody, RecoveryCodesBody, RegistrationBody};
use http::StatusCode;

use crate::account_commands;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::json::Json;
use crate::refusal::Refusal;

/// `GET /v1/account`
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &app.account(caller.actor.account).await?))
}

/// `PATCH /v1/account`
pub(super) async fn update(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<AccountUpdateBody>,
) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &account_commands::update_account(&app, caller.actor, body).await?))
}

/// `POST /v1/account/registration`
pub(super) async fn register(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<RegistrationBody>,
) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &account_commands::register(&app, caller.actor, &body).await?))
}

/// `PUT /v1/account/password`
pub(super) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<PasswordChangeBody>,
) -> Result<StatusCode, Refusal> {
    account_commands::change_password(&app, caller.actor, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/account/recovery-codes`
pub(super) async fn new_recovery_codes(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<RecoveryCodesBody>,
) -> Result<Response, Refusal> {
    let codes = account_commands::new_recovery_codes(&app, caller.actor, &body).await?;
    Ok(answer(StatusCode::CREATED, &codes))
}
