//! Whom an account blocks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{BlocksPage, SenderCard};
use chinwag_store::AccountPage;
use http::StatusCode;

use super::direct::account;
use super::groups;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::query::Query;
use crate::refusal::Refusal;

/// `GET /v1/blocks`
pub(super) async fn page(State(app): State<App>, caller: Caller, query: Query) -> Result<Response, Refusal> {
    let (after, limit) = groups::page(&query)?;
    let AccountPage { rows, more } = app.store.blocks(caller.actor.account, after, limit).await?;
    let next = rows.last().map(|blocked| blocked.id).filter(|_| more);
    Ok(answer(StatusCode::OK, &BlocksPage { blocks: rows.iter().map(SenderCard::from).collect(), next }))
}

/// `PUT /v1/blocks/{account}`
pub(super) async fn block(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::block(&app, caller.actor, account(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /v1/blocks/{account}`
pub(super) async fn unblock(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::unblock(&app, caller.actor, account(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
