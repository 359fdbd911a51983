//! The gateway.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_hub::Hub;
use chinwag_store::{Clock, Store};
use tokio::net::TcpListener;

use crate::app::{App, Shared};
use crate::front::Front;
use crate::limits::Limits;
use crate::metrics::GatewayMetrics;
use crate::options::GatewayOptions;
use crate::sessions::Sessions;
use crate::tickets::Tickets;
use crate::{accept, admin, routes};

/// Connections of the admin server, which must answer when the chat server is full.
const ADMIN_CONNECTIONS_MAX: usize = 64;

/// Serves clients. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Gateway {
    chat: Arc<Front>,
    admin: Arc<Front>,
}

impl Gateway {
    /// A gateway to `store` and `hub`. `sessions` must be part of the tail that the store publishes to.
    pub fn new(
        store: Arc<dyn Store>,
        hub: Hub,
        sessions: Arc<Sessions>,
        clock: Clock,
        options: GatewayOptions,
    ) -> Self {
        let app = App::new(Shared {
            store,
            hub,
            sessions,
            tickets: Tickets::default(),
            clock,
            limits: Limits::new(options.limits_on),
            options,
            metrics: GatewayMetrics::default(),
            stopping: AtomicBool::new(false),
        });
        Self {
            chat: Arc::new(Front::new(app.clone(), routes::router(app.clone()))),
            admin: Arc::new(Front::new(app.clone(), admin::router(app))),
        }
    }

    /// Serves the chat and its web app.
    ///
    /// When `shutdown` is ready it accepts no more, lets open requests end for as long as there is time to drain, and
    /// returns. Streams and held polls are the hub's to end.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let app = &self.chat.app;
        let shutdown = async {
            shutdown.await;
            app.stopping.store(true, Ordering::Relaxed);
        };
        accept::serve(self.chat.clone(), listener, app.options.connections_max, shutdown).await;
    }

    /// Serves `/metrics`, `/live` and `/ready`. To be stopped last, so that it tells of the stopping.
    pub async fn serve_admin(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        accept::serve(self.admin.clone(), listener, ADMIN_CONNECTIONS_MAX, shutdown).await;
    }
}
