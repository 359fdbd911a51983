//! The gateway.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chinwag_hub::Hub;
use chinwag_store::{Clock, Store, StoreError};
use tokio::net::TcpListener;

use crate::address_bans::AddressBans;
use crate::app::{App, Shared};
use crate::front::Front;
use crate::limits::Limits;
use crate::metrics::GatewayMetrics;
use crate::options::{GatewayOptions, SlowRate};
use crate::passwords::Passwords;
use crate::sessions::Sessions;
use crate::slow_rate_limit::SlowRateLimit;
use crate::tickets::Tickets;
use crate::{accept, admin, routes};

/// Connections of the admin server, which must answer when the chat server is full.
const ADMIN_CONNECTIONS_MAX: usize = 64;

/// How long after a failure it is read again which addresses are banned.
const BANS_RETRY: Duration = Duration::from_secs(1);

/// How often the store is told that a device was seen. It keeps that to the hour.
const SEEN: SlowRate = SlowRate { burst: 1, every: Duration::from_secs(30 * 60) };

/// Serves clients. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Gateway {
    chat: Arc<Front>,
    admin: Arc<Front>,
    /// Answers the commands that come up WebSockets. The hub holds it weakly, so it must live here.
    _commands: Arc<App>,
}

impl Gateway {
    /// A gateway to `store` and `hub`. `sessions` and `address_bans` must be part of the tail that the store publishes to.
    pub fn new(
        store: Arc<dyn Store>,
        hub: Hub,
        sessions: Arc<Sessions>,
        address_bans: Arc<AddressBans>,
        clock: Clock,
        options: GatewayOptions,
    ) -> Self {
        let metrics = GatewayMetrics::default();
        if options.tls.is_some() {
            metrics.certificate_loaded_seconds.set(clock().as_millis() / 1_000);
        }
        let app = App::new(Shared {
            store,
            hub,
            sessions,
            address_bans,
            tickets: Tickets::new(options.tickets_per_device_max, options.tickets_max),
            clock,
            limits: Limits::new(&options, &metrics),
            passwords: Passwords::new(&options, &metrics),
            seen: SlowRateLimit::new(SEEN),
            wrong_admin_tokens: SlowRateLimit::new(options.wrong_admin_tokens),
            options,
            metrics,
            stopping: AtomicBool::new(false),
        });
        let commands = Arc::new(app.clone());
        let weak: Weak<App> = Arc::downgrade(&commands);
        app.hub.answer_with(weak);
        Self {
            _commands: commands,
            chat: Arc::new(Front::new(
                app.clone(),
                routes::router(app.clone()),
                true,
                app.options.connections_max,
            )),
            admin: Arc::new(Front::new(app.clone(), admin::router(app), false, ADMIN_CONNECTIONS_MAX)),
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
        let options = &app.options;
        // Before anybody is let in.
        self.read_address_bans().await;
        let serving = accept::serve(
            self.chat.clone(),
            listener,
            options.tls.clone(),
            options.connections_max,
            shutdown,
        );
        let following = async {
            loop {
                app.address_bans.stale().await;
                self.read_address_bans().await;
            }
        };
        tokio::select! {
            () = serving => {}
            () = following => {}
        }
    }

    /// Reads which networks are banned, until that succeeds.
    async fn read_address_bans(&self) {
        let app = &self.chat.app;
        while let Err(error) = app.read_address_bans().await {
            if matches!(error, StoreError::Closed) {
                return;
            }
            tracing::warn!(%error, "which addresses are banned could not be read; it is tried again");
            tokio::time::sleep(BANS_RETRY).await;
        }
    }

    /// Reads the certificate and its key again, for connections that come from now on. If that fails, the old ones stay.
    /// Without TLS, this does nothing.
    pub async fn reload_certificate(&self) {
        let app = &self.chat.app;
        let Some(tls) = app.options.tls.clone() else { return };
        let reloaded = tokio::task::spawn_blocking(move || tls.reload()).await;
        let error: Box<dyn std::error::Error> = match reloaded {
            Ok(Ok(())) => {
                app.metrics.certificate_loaded_seconds.set((app.clock)().as_millis() / 1_000);
                tracing::info!("the certificate was loaded again");
                return;
            }
            Ok(Err(error)) => error.into(),
            Err(error) => error.into(),
        };
        app.metrics.certificate_reloads_failed.inc();
        tracing::error!(%error, "the certificate could not be loaded again; the old one stays in use");
    }

    /// Serves `/metrics`, `/live`, `/ready` and, to whoever has the admin token, `/admin/v1/`. To be stopped last, so that it tells of the stopping.
    pub async fn serve_admin(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        accept::serve(self.admin.clone(), listener, None, ADMIN_CONNECTIONS_MAX, shutdown).await;
    }
}
