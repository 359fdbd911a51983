//! For which accounts something is read: for the one that asks, or for several that a browser is signed in as.

use axum::extract::FromRequestParts;
use chinwag_chat::TokenHash;
use chinwag_hub::Actors;
use chinwag_protocol::{AccountId, Actor, Problem};
use http::Method;
use http::request::Parts;

use crate::app::App;
use crate::browser::ACCOUNTS_PER_BROWSER_MAX;
use crate::caller::{Caller, nobody};
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};
use crate::token::Credential;

/// Who reads.
#[derive(Debug)]
pub(crate) struct Readers {
    pub(crate) actors: Actors,
    /// Accounts that were named as well and as which nobody is signed in here.
    pub(crate) lost: Vec<AccountId>,
    /// Of each device its token.
    pub(crate) tokens: Vec<(AccountId, TokenHash)>,
    /// Whether a browser's cookies said so.
    pub(crate) by_cookie: bool,
}

impl From<Caller> for Readers {
    fn from(Caller { actor, token, by_cookie }: Caller) -> Self {
        Self { actors: actor.into(), lost: Vec::new(), tokens: vec![(actor.account, token)], by_cookie }
    }
}

impl FromRequestParts<App> for Readers {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::parse(parts.uri.query())?;
        let Some(accounts) = query.text("accounts")? else {
            return Ok(Caller::from_request_parts(parts, app).await?.into());
        };
        let accounts = parse(accounts)?;
        let credential = Credential::of(&parts.headers);
        let by_cookie = matches!(credential, Credential::Cookies(_));
        let mut found = Vec::new();
        match credential {
            Credential::None => {}
            Credential::Header(token) => {
                let actor = match token {
                    Some(token) => app.session(token).await?.map(|actor| (actor, token)),
                    None => None,
                };
                found.extend(actor.filter(|(actor, _)| accounts.contains(&actor.account)));
            }
            Credential::Cookies(cookies) => {
                for cookie in accounts.iter().filter_map(|account| cookies.of_account(*account)) {
                    found.extend(app.session_of(cookie).await?.zip(cookie.token));
                }
            }
        }
        Ok(Self::new(app, parts, &accounts, found, by_cookie)?)
    }
}

impl Readers {
    fn new(
        app: &App,
        parts: &Parts,
        accounts: &[AccountId],
        found: Vec<(Actor, TokenHash)>,
        by_cookie: bool,
    ) -> Result<Self, Problem> {
        // Changes are counted where they are made.
        if parts.method.is_safe() || parts.method == Method::CONNECT {
            for (actor, _) in &found {
                app.limits.read(actor.device)?;
            }
        }
        let is_lost = |account: &AccountId| !found.iter().any(|(actor, _)| actor.account == *account);
        let lost = accounts.iter().copied().filter(is_lost).collect();
        let tokens = found.iter().map(|(actor, token)| (actor.account, *token)).collect();
        let actors = found.into_iter().map(|(actor, _)| actor).collect();
        Ok(Self { actors: Actors::new(actors).ok_or_else(nobody)?, lost, tokens, by_cookie })
    }
}

fn parse(accounts: &str) -> Result<Vec<AccountId>, Problem> {
    let wrong = || {
        let detail = format!(
            "\"accounts\" has 1 to {ACCOUNTS_PER_BROWSER_MAX} different ids of accounts, with commas between."
        );
        invalid_query(detail)
    };
    let mut parsed: Vec<AccountId> = Vec::new();
    for account in accounts.split(',') {
        let account = account.parse().map_err(|_| wrong())?;
        if parsed.len() == ACCOUNTS_PER_BROWSER_MAX || parsed.contains(&account) {
            return Err(wrong());
        }
        parsed.push(account);
    }
    Ok(parsed)
}
