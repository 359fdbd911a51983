//! What all routes share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chinwag_chat::TokenHash;
use chinwag_hub::Hub;
use chinwag_protocol::Problem;
use chinwag_store::{Clock, DeviceSession, Store};

use crate::limits::Limits;
use crate::metrics::GatewayMetrics;
use crate::options::GatewayOptions;
use crate::refusal::store_problem;
use crate::sessions::Sessions;
use crate::tickets::Tickets;

/// Shared by all routes. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Hub,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) tickets: Tickets,
    pub(crate) clock: Clock,
    pub(crate) options: GatewayOptions,
    pub(crate) limits: Limits,
    pub(crate) metrics: GatewayMetrics,
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
    pub(crate) async fn session(&self, token: TokenHash) -> Result<Option<Arc<DeviceSession>>, Problem> {
        loop {
            let asked = match self.sessions.find(token) {
                Ok(session) => return Ok(Some(session)),
                Err(moment) => moment,
            };
            let session = self.store.session(token).await.map_err(|error| store_problem(&error))?;
            let Some(session) = session.map(Arc::new) else { return Ok(None) };
            if self.sessions.remember(asked, token, session.clone()) {
                return Ok(Some(session));
            }
        }
    }
}
