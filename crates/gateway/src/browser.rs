//! As which accounts a browser is signed in.

use chinwag_protocol::{AccountId, Actor, Code, Problem};
use http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::token::{Cookies, Credential, Token};

/// Accounts that one browser may be signed in as.
pub const ACCOUNTS_PER_BROWSER_MAX: usize = 10;
/// Cookies that are looked at. A browser has at most as many good ones as it may have accounts, and each of its void ones was
/// good when all of these were.
const COOKIES_MAX: usize = 2 * ACCOUNTS_PER_BROWSER_MAX;

/// What a browser's cookies are good for.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    /// In the order of the accounts' ids.
    pub(crate) signed_in: Vec<Actor>,
    /// Accounts whose cookies are good for nothing.
    pub(crate) void: Vec<AccountId>,
}

impl Browser {
    /// Of a request; nothing if a program sent it.
    pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Self, Problem> {
        match Credential::of(headers) {
            Credential::Cookies(cookies) => Self::with(app, &cookies).await,
            Credential::None | Credential::Header(_) => Ok(Self::default()),
        }
    }

    /// With these cookies.
    pub(crate) async fn with(app: &App, cookies: &Cookies) -> Result<Self, Problem> {
        let mut browser = Self::default();
        for (at, cookie) in cookies.iter().enumerate() {
            let actor = if at < COOKIES_MAX { app.session_of(cookie).await? } else { None };
            match actor {
                Some(actor) => browser.signed_in.push(actor),
                None => browser.void.push(cookie.account),
            }
        }
        browser.signed_in.sort_by_key(|actor| actor.account);
        Ok(browser)
    }

    /// Signs it in by the cookie that it had before there was one for each account; the cookie in its place, if that was good.
    pub(crate) async fn take_over(
        &mut self,
        app: &App,
        former: &Token,
        https: bool,
    ) -> Result<Option<HeaderValue>, Problem> {
        let Some(actor) = app.session(former.hash()).await? else { return Ok(None) };
        let is_there = self.signed_in.iter().any(|signed_in| signed_in.account == actor.account);
        if is_there || self.check_room().is_err() {
            return Ok(None);
        }
        self.void.retain(|account| *account != actor.account);
        self.signed_in.push(actor);
        self.signed_in.sort_by_key(|actor| actor.account);
        Ok(former.cookie(actor.account, https))
    }

    /// Whether it may be signed in as one more.
    pub(crate) fn check_room(&self) -> Result<(), Problem> {
        if self.signed_in.len() < ACCOUNTS_PER_BROWSER_MAX {
            return Ok(());
        }
        let detail = format!(
            "This browser is signed in as {ACCOUNTS_PER_BROWSER_MAX} accounts, which is as many as it may be. Sign one of them out \
             first; GET /v1/sessions tells which there are."
        );
        Err(Problem::new(Code::TooManyAccounts, detail))
    }
}
