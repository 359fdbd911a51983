//! The device that asks, and its end.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{DeviceCard, SessionAnswer, SessionEntry, SessionsAnswer};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};

use crate::answer::answer;
use crate::app::App;
use crate::browser::Browser;
use crate::caller::{self, Caller};
use crate::client::Client;
use crate::commands;
use crate::refusal::Refusal;
use crate::token::{Credential, Token, cleared_cookies, cleared_former_cookie};

/// `GET /v1/session`
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let account = app.account(caller.actor.account).await?;
    let device = DeviceCard { id: caller.actor.device };
    Ok(answer(StatusCode::OK, &SessionAnswer { account, device }))
}

/// `GET /v1/sessions`
pub(super) async fn list(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let named = caller::named(&headers)?;
    let mut former = Token::former(&headers, client.https);
    let mut browser = match Credential::of(&headers) {
        Credential::None => Browser::default(),
        // Who has a token is told as with every request whether it is good.
        Credential::Header(token) => {
            former = None;
            let (actor, _) = caller::by_token(&app, token, None).await?;
            Browser { signed_in: vec![actor], void: Vec::new() }
        }
        Credential::Cookies(cookies) => Browser::with(&app, &cookies).await?,
    };
    let mut set_cookies = Vec::new();
    if let Some(former) = former {
        set_cookies.extend(browser.take_over(&app, &former, client.https).await?);
        set_cookies.extend(cleared_former_cookie(client.https));
    }
    let is_only = named.is_none() && browser.signed_in.len() == 1;
    let mut sessions = Vec::with_capacity(browser.signed_in.len());
    for actor in browser.signed_in {
        app.limits.read(actor.device)?;
        sessions.push(SessionEntry {
            account: app.account(actor.account).await?,
            device: DeviceCard { id: actor.device },
            current: is_only || named == Some(actor.account),
        });
    }
    let mut response = answer(StatusCode::OK, &SessionsAnswer { sessions });
    set_cookies.extend(browser.void.into_iter().flat_map(|account| cleared_cookies(account, client.https)));
    for cookie in set_cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
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
        for cookie in cleared_cookies(caller.actor.account, client.https) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
