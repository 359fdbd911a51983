//! The device that asks, and its end.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{DeviceCard, SessionAnswer};
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::commands;
use crate::refusal::Refusal;
use crate::token::cleared_cookie;

/// `GET /v1/session`
pub(super) async fn show(caller: Caller) -> Response {
    let session = &caller.session;
    let device = DeviceCard { id: session.actor.device };
    answer(StatusCode::OK, &SessionAnswer { account: session.account.clone(), device })
}

/// `DELETE /v1/session`
pub(super) async fn sign_out(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    caller: Caller,
) -> Result<Response, Refusal> {
    commands::sign_out(&app, caller.session.actor).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if caller.by_cookie
        && let Some(cookie) = cleared_cookie(client.https)
    {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}
