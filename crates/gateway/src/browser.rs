//! As which accounts a browser is signed in.

use chinwag_protocol::{AccountId, Actor, Code, Problem};
use http::HeaderMap;

use crate::app::App;
use crate::token::{Cookies, Credential};

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
