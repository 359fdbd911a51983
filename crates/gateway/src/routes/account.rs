//! The account that asks, and what others show of themselves.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_protocol::{
    AccountUpdateBody, DeletionBody, PasswordChangeBody, Problem, RecoveryCodesBody, RegistrationBody,
};
use http::StatusCode;

use super::{direct, session};
use crate::account_commands;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::json::Json;
use crate::refusal::Refusal;

/// `GET /v1/account`
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &app.account(caller.actor.account).await?))
}

/// `GET /v1/accounts/{id}`
pub(super) async fn show_any(
    State(app): State<App>,
    _caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let card = app.store.account(direct::account(id)?).await?.ok_or_else(Problem::no_account)?;
    Ok(answer(StatusCode::OK, &card))
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

/// `POST /v1/account/deletion`
pub(super) async fn delete(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    caller: Caller,
    Json(body): Json<DeletionBody>,
) -> Result<Response, Refusal> {
    account_commands::delete_account(&app, caller.actor, &body).await?;
    Ok(session::ended(&client, &caller))
}
