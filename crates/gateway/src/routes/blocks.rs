//! Whom an account blocks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{BlocksPage, SenderCard};
use chinwag_store::Blocks;
use http::StatusCode;

use super::direct::account;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};
use crate::{commands, history};

/// `GET /v1/blocks`
pub(super) async fn page(State(app): State<App>, caller: Caller, query: Query) -> Result<Response, Refusal> {
    let after = query.text("after")?.map(str::parse).transpose();
    let after = after.map_err(|_| invalid_query("\"after\" is the \"next\" of the page before."))?;
    let limit = match query.number("limit")? {
        None => history::PAGE_DEFAULT,
        Some(0) => return Err(invalid_query("\"limit\" is at least 1.").into()),
        Some(limit) => limit.min(u64::from(app.hub.server().limits.page_messages)) as usize,
    };
    let Blocks { accounts, next } = app.store.blocks(caller.session.actor.account, after, limit).await?;
    let blocks = accounts.iter().map(SenderCard::from).collect();
    Ok(answer(StatusCode::OK, &BlocksPage { blocks, next }))
}

/// `PUT /v1/blocks/{account}`
pub(super) async fn block(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::block(&app, caller.session.actor, account(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /v1/blocks/{account}`
pub(super) async fn unblock(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::unblock(&app, caller.session.actor, account(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
