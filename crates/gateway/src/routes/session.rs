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
use crate::token::cleared_cookies;

/// `GET /v1/session`
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let account = app.account(caller.actor.account).await?;
    let device = DeviceCard { id: caller.actor.device };
    Ok(answer(StatusCode::OK, &SessionAnswer { account, device }))
}

/// `DELETE /v1/session`
pub(super) async fn sign_out(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    caller: Caller,
) -> Result<Response, Refusal> {
    commands::sign_out(&app, caller.actor).await?;
    Ok(ended(&client, &caller))
}

/// The answer to a device that is signed in no more, without its cookie.
pub(super) fn ended(client: &Client, caller: &Caller) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if caller.by_cookie {
        for cookie in cleared_cookies(client.https) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
