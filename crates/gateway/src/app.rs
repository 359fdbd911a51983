//! What all routes share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chinwag_chat::TokenHash;
use chinwag_hub::Hub;
use chinwag_protocol::{AccountCard, AccountId, Actor, DeviceId, Pos, Problem};
use chinwag_store::{Clock, Store, StoreError};
use tokio::time::Instant;

use crate::address_bans::AddressBans;
use crate::limits::Limits;
use crate::metrics::GatewayMetrics;
use crate::options::GatewayOptions;
use crate::passwords::Passwords;
use crate::refusal::{internal, store_problem};
use crate::sessions::Sessions;
use crate::slow_rate_limit::SlowRateLimit;
use crate::tickets::Tickets;
use crate::token::Cookie;

/// Shared by all routes. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Hub,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) address_bans: Arc<AddressBans>,
    pub(crate) tickets: Tickets,
    pub(crate) clock: Clock,
    pub(crate) options: GatewayOptions,
    pub(crate) limits: Limits,
    pub(crate) metrics: GatewayMetrics,
    pub(crate) passwords: Passwords,
    /// Counts those who come to the admin listener without its token.
    pub(crate) wrong_admin_tokens: SlowRateLimit<()>,
    /// Lets through once in a while that a device was seen.
    pub(crate) seen: SlowRateLimit<DeviceId>,
    /// Set when the server begins to stop, and never reset.
    pub(crate) stopping: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Whose token it is.
    pub(crate) async fn session(&self, token: TokenHash) -> Result<Option<Actor>, Problem> {
        let found = self.find_session(token).await?;
        if let Some(actor) = found
            && self.seen.take(actor.device, Instant::now()).is_ok()
        {
            // No place lies before the first, so this says no more than that the device is there.
            self.hub.acknowledge(actor, Pos::ZERO);
        }
        Ok(found)
    }

    /// Whose cookie it is; nobody's if it is not of the account that it is called after.
    pub(crate) async fn session_of(&self, cookie: &Cookie) -> Result<Option<Actor>, Problem> {
        let Some(token) = cookie.token else { return Ok(None) };
        Ok(self.session(token).await?.filter(|actor| actor.account == cookie.account))
    }

    /// Reads which networks are banned, and cuts the streams from there.
    pub(crate) async fn read_address_bans(&self) -> Result<(), StoreError> {
        self.address_bans.read(&*self.store).await?;
        let (bans, now) = (self.address_bans.clone(), (self.clock)());
        self.hub.cut(move |address| bans.check(address, now).is_err()).await;
        Ok(())
    }

    /// What an account shows of itself, as of now.
    pub(crate) async fn account(&self, id: AccountId) -> Result<AccountCard, Problem> {
        self.store.account(id).await.map_err(|error| store_problem(&error))?.ok_or_else(internal)
    }

    async fn find_session(&self, token: TokenHash) -> Result<Option<Actor>, Problem> {
        loop {
            let asked = match self.sessions.find(token) {
                Ok(session) => return Ok(Some(session)),
                Err(moment) => moment,
            };
            let session = self.store.session(token).await.map_err(|error| store_problem(&error))?;
            let Some(session) = session else { return Ok(None) };
            if self.sessions.remember(asked, token, session) {
                return Ok(Some(session));
            }
        }
    }
}
