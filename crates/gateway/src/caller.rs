//! Who asks.

use axum::extract::FromRequestParts;
use chinwag_chat::TokenHash;
use chinwag_protocol::Actor;
use http::Method;
use http::request::Parts;

use crate::app::App;
use crate::refusal::{Refusal, unauthenticated};
use crate::token::Credential;

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
        let (token, by_cookie) = match Credential::of(&parts.headers) {
            Credential::Header(token) => (token, false),
            Credential::Cookie(token) => (token, true),
            Credential::None => {
                let detail = "Send \"Authorization: Bearer TOKEN\"; POST /v1/guests gives a token.";
                return Err(unauthenticated(detail).into());
            }
        };
        let found = match token {
            Some(token) => app.session(token).await?.map(|actor| (token, actor)),
            None => None,
        };
        let Some((token, actor)) = found else {
            let detail = "This token is not known here, or its device was signed out. Get a new one.";
            return Err(unauthenticated(detail).into());
        };
        // Changes are counted where they are made, for not all of them come this way.
        if parts.method.is_safe() || parts.method == Method::CONNECT {
            app.limits.read(actor.device)?;
        }
        Ok(Self { actor, token, by_cookie })
    }
}
