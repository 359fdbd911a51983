//! Who asks.

use axum::extract::FromRequestParts;
use chinwag_chat::TokenHash;
use chinwag_protocol::{AccountId, Actor, Code, Problem};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use crate::app::App;
use crate::refusal::{Refusal, invalid_header, unauthenticated};
use crate::token::{Cookies, Credential};

/// Names the account that asks, of those that a browser is signed in as.
const ACCOUNT: HeaderName = HeaderName::from_static("chinwag-account");

/// The signed-in device that a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    /// Of the token that the device is known by.
    pub(crate) token: TokenHash,
    /// Whether a browser's cookie said so.
    pub(crate) by_cookie: bool,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let named = named(&parts.headers)?;
        let (found, by_cookie) = match Credential::of(&parts.headers) {
            Credential::Header(token) => (by_token(app, token, named).await?, false),
            Credential::Cookies(cookies) => (by_cookies(app, &cookies, named).await?, true),
            Credential::None => {
                let detail = "Send \"Authorization: Bearer TOKEN\"; POST /v1/guests gives a token.";
                return Err(unauthenticated(detail).into());
            }
        };
        let (actor, token) = found;
        // Changes are counted where they are made, for not all of them come this way.
        if parts.method.is_safe() || parts.method == Method::CONNECT {
            app.limits.read(actor.device)?;
        }
        Ok(Self { actor, token, by_cookie })
    }
}

/// The device of a token, which may be called only after its own account.
pub(crate) async fn by_token(
    app: &App,
    token: Option<TokenHash>,
    named: Option<AccountId>,
) -> Result<(Actor, TokenHash), Problem> {
    let token = token.ok_or_else(unknown_token)?;
    let actor = app.session(token).await?.ok_or_else(unknown_token)?;
    if named.is_some_and(|named| named != actor.account) {
        return Err(nobody());
    }
    Ok((actor, token))
}

async fn by_cookies(
    app: &App,
    cookies: &Cookies,
    named: Option<AccountId>,
) -> Result<(Actor, TokenHash), Problem> {
    let (cookie, void): (_, fn() -> Problem) = match named {
        Some(account) => (cookies.of_account(account).ok_or_else(nobody)?, nobody),
        None => (cookies.only().ok_or_else(account_required)?, unknown_token),
    };
    app.session_of(cookie).await?.zip(cookie.token).ok_or_else(void)
}

/// The account that a request names.
pub(crate) fn named(headers: &HeaderMap) -> Result<Option<AccountId>, Problem> {
    let mut values = headers.get_all(ACCOUNT).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid_header("Chinwag-Account stands once, and names one account."));
    }
    let account = value.to_str().ok().and_then(|value| value.parse().ok());
    account.map(Some).ok_or_else(nobody)
}

fn unknown_token() -> Problem {
    unauthenticated("This token is not known here, or its device was signed out. Get a new one.")
}

/// Whoever asks is not signed in as the account that was named, whether there is such an account or not.
pub(crate) fn nobody() -> Problem {
    unauthenticated(
        "You are not signed in here as this account. Sign in to it; GET /v1/sessions tells as which accounts you are.",
    )
}

/// Whoever asks is signed in as several accounts, and names none.
fn account_required() -> Problem {
    let detail = "This browser is signed in as several accounts. Name the one that asks in the header Chinwag-Account, or \
                  those to read for in \"accounts\"; GET /v1/sessions tells which there are.";
    Problem::new(Code::AccountRequired, detail)
}
