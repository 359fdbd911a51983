//! The wiring: opens the store, fills the window, starts hub and gateway, and takes them down again in order.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chinwag_gateway::{AddressBans, Gateway, GatewayOptions, Rate, Sessions, SlowRate, Tls};
use chinwag_hub::{Hub, HubOptions, Publisher};
use chinwag_protocol::{CursorCipher, Event, Limits, Timestamp};
use chinwag_store::{Clock, Epochs, OpenError, PostgresOptions, SqliteOptions, Tail};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::admin_token;
use crate::compactor::Compactor;
use crate::config::Config;
use crate::expiry::Expiry;
use crate::failure::{Listener, StartError};
use crate::memory;
use crate::opened::Opened;
use crate::removal::Removal;

/// What a configuration does not name, for tests and measurements.
#[derive(Clone)]
pub struct Tuning {
    /// Limits and intervals of the hub; what the configuration names as well is taken from there.
    pub hub: HubOptions,
    /// Sizes of the store in the data directory.
    pub sqlite: SqliteOptions,
    /// Sizes of the store in a database.
    pub postgres: PostgresOptions,
    /// Tells the time.
    pub clock: Clock,
    /// How often devices and guests are looked for that nobody has seen for long.
    pub expiry_interval: Duration,
    /// How often accounts are looked for that were deleted.
    pub removal_interval: Duration,
    /// How often rows of replaced events are taken away.
    pub compaction_interval: Duration,
}

impl std::fmt::Debug for Tuning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hub, sqlite, postgres, clock: _, expiry_interval, removal_interval, compaction_interval } =
            self;
        let mut shown = f.debug_struct("Tuning");
        shown.field("hub", hub).field("sqlite", sqlite).field("postgres", postgres);
        shown.field("expiry_interval", expiry_interval).field("removal_interval", removal_interval);
        shown.field("compaction_interval", compaction_interval);
        shown.finish_non_exhaustive()
    }
}

impl Default for Tuning {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            hub: HubOptions { shards: cores, seed: seed(), ..HubOptions::default() },
            sqlite: SqliteOptions::default(),
            postgres: PostgresOptions::default(),
            clock: Arc::new(system_time),
            expiry_interval: Duration::from_secs(60),
            removal_interval: Duration::from_secs(1),
            compaction_interval: Duration::from_secs(60),
        }
    }
}

/// Serves on `listener` until `shutdown` comes, then drains: see [`run_tuned`]. Sizes are held to the memory that there is.
pub async fn run(
    listener: TcpListener,
    mut config: Config,
    ready: impl FnOnce(),
    reload: mpsc::Receiver<()>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let mut tuning = Tuning::default();
    if let Some(bytes) = memory::available() {
        memory::fit(&mut config, &mut tuning, bytes);
    }
    run_tuned(listener, config, tuning, ready, reload, shutdown).await
}

/// Serves on `listener` until `shutdown` comes; calls `ready` once it does. Whenever something comes by `reload`, it reads
/// the certificate again; closing that channel is no matter. After `shutdown` it stops accepting, tells every stream to
/// reconnect, answers every poll, finishes what was accepted, and closes the store.
pub async fn run_tuned(
    listener: TcpListener,
    config: Config,
    tuning: Tuning,
    ready: impl FnOnce(),
    mut reload: mpsc::Receiver<()>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let mut gateway_options = gateway_options(&config).await?;
    let admin = match config.admin_listen {
        None => None,
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .map_err(|error| StartError::listen(Listener::Admin, address, error))?,
        ),
    };
    let options = hub_options(&config, tuning.hub);
    let (opened, recent) = open(&config, tuning.sqlite, tuning.postgres, options.window_bytes_max).await?;
    if admin.is_some() {
        // The data directory is there now.
        gateway_options.admin_token = admin_token::open(&config);
    }
    let cipher = CursorCipher::new(opened.secrets().cursor);
    let head = recent.last().map_or(chinwag_protocol::Pos::ZERO, |event| event.pos);
    let publisher = Publisher::new(cipher, opened.epochs(), head, &recent, &options);
    let sessions = Sessions::new();
    let address_bans = AddressBans::new();
    let tails = Arc::new(Tails {
        publisher: publisher.clone(),
        sessions: sessions.clone(),
        address_bans: address_bans.clone(),
    });
    let store = opened.start(tuning.clock.clone(), tails)?;
    let hub = Hub::start(publisher, store.clone(), &tuning.clock, options);
    let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let (device_unseen, guest_unseen) = (days(config.device_unseen_days), days(config.guest_unseen_days));
    let expiry = Expiry { store: store.clone(), clock: tuning.clock.clone(), device_unseen, guest_unseen };
    let removal = Removal { store: store.clone() };
    let compactor = Compactor { store: store.clone(), hub: hub.clone(), clock: tuning.clock.clone() };
    let gateway =
        Gateway::new(store.clone(), hub.clone(), sessions, address_bans, tuning.clock, gateway_options);

    ready();
    let (stop, stopped) = watch::channel(false);
    let accepting = gateway.serve(listener, told(stopped.clone()));
    let administering = async {
        if let Some(admin) = admin {
            gateway.serve_admin(admin, told(stopped)).await;
        }
    };
    let ending = async {
        shutdown.await;
        tracing::info!("stopping");
        // Nobody is left to be told if both servers have ended.
        let _ = stop.send(true);
        let drain = Duration::from_secs(config.drain_seconds.into());
        let window = reconnect_window(hub.streams(), drain);
        if tokio::time::timeout(drain, hub.drain(window)).await.is_err() {
            tracing::warn!("some connections did not take the goodbye in time and were cut");
        }
    };
    let reloading = async {
        while reload.recv().await.is_some() {
            gateway.reload_certificate().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = async { tokio::join!(accepting, administering, ending) } => {}
        () = reloading => {}
        () = expiry.run(tuning.expiry_interval) => {}
        () = removal.run(tuning.removal_interval) => {}
        () = compactor.run(tuning.compaction_interval) => {}
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server.
    let _ = stopped.wait_for(|&stopped| stopped).await;
}

/// Opening reads and may migrate the database, which blocks.
async fn open(
    config: &Config,
    sqlite: SqliteOptions,
    postgres: PostgresOptions,
    window_bytes: usize,
) -> Result<(Opened, Vec<Event>), StartError> {
    let (folder, database) = (config.data.clone(), config.database.clone());
    let opening = tokio::task::spawn_blocking(move || {
        let opened = match database {
            Some(url) => Opened::database(&url, postgres)?,
            None => Opened::folder(&folder, sqlite)?,
        };
        let recent = opened.recent(window_bytes)?;
        Ok((opened, recent))
    });
    opening.await.map_err(|error| StartError::store(OpenError::Thread(io::Error::other(error))))?
}

fn hub_options(config: &Config, hub: HubOptions) -> HubOptions {
    let message_bytes = u32::try_from(config.message_bytes_max).unwrap_or(u32::MAX);
    HubOptions {
        window_bytes_max: config.window_bytes_max,
        missed_events_max: config.catch_up_events_max.into(),
        missed_age_max: Duration::from_secs(u64::from(config.catch_up_days_max) * 24 * 60 * 60),
        limits: Limits { message_bytes, ..hub.limits },
        command_bytes_max: u32::try_from(Limits::request_bytes_max(config.message_bytes_max))
            .unwrap_or(u32::MAX),
        ..hub
    }
}

/// Reading the certificate blocks.
async fn gateway_options(config: &Config) -> Result<GatewayOptions, StartError> {
    let tls = match (config.tls_cert.clone(), config.tls_key.clone()) {
        (Some(certificate), Some(key)) => {
            let opening = tokio::task::spawn_blocking(move || Tls::open(certificate, key)).await;
            Some(opening.map_err(|error| StartError::store(OpenError::Thread(io::Error::other(error))))??)
        }
        _ => None,
    };
    let proxies = config.trusted_proxy.clone();
    let defaults = GatewayOptions::default();
    Ok(GatewayOptions {
        allow_origin: config.allow_origin.iter().map(|origin| origin.as_str().to_owned()).collect(),
        trusted_proxy: Arc::new(move |address| proxies.iter().any(|proxy| proxy.contains(address))),
        message_bytes_max: config.message_bytes_max,
        connections_max: config.connections_max as usize,
        connections_per_address_max: config.connections_per_address_max,
        tls_handshakes_per_address: Rate {
            burst: config.tls_handshakes_per_address,
            ..defaults.tls_handshakes_per_address
        },
        guests_per_address: Rate { burst: config.guests_per_address, ..defaults.guests_per_address },
        sign_ups_per_address: SlowRate {
            burst: config.sign_ups_per_address,
            ..defaults.sign_ups_per_address
        },
        wrong_passwords_per_account: SlowRate {
            burst: config.wrong_passwords_per_account,
            ..defaults.wrong_passwords_per_account
        },
        wrong_passwords_per_address: SlowRate {
            burst: config.wrong_passwords_per_address,
            ..defaults.wrong_passwords_per_address
        },
        sends_per_conversation: Rate {
            burst: config.sends_per_conversation,
            ..defaults.sends_per_conversation
        },
        joins_per_account: Rate { burst: config.joins_per_account, ..defaults.joins_per_account },
        invites_per_account: SlowRate { burst: config.invites_per_account, ..defaults.invites_per_account },
        wrong_invites_per_device: SlowRate {
            burst: config.wrong_invites_per_device,
            ..defaults.wrong_invites_per_device
        },
        wrong_invites_per_address: SlowRate {
            burst: config.wrong_invites_per_address,
            ..defaults.wrong_invites_per_address
        },
        password_hashes_at_once: config.password_hashes_at_once as usize,
        streams_per_device_max: config.streams_per_device_max,
        limits_on: config.limits,
        limit_loopback: config.limit_loopback,
        drain: Duration::from_secs(config.drain_seconds.into()),
        tls,
        ..defaults
    })
}

/// How long clients spread their return over: 500 a second, two seconds at least, and no longer than the drain.
fn reconnect_window(streams: usize, drain: Duration) -> Duration {
    Duration::from_millis(2 * streams as u64)
        .max(Duration::from_secs(2))
        .min(drain.max(Duration::from_secs(1)))
}

/// The hub's window first: when a session is dropped, what ends its streams is already on its way.
struct Tails {
    publisher: Arc<Publisher>,
    sessions: Arc<Sessions>,
    address_bans: Arc<AddressBans>,
}

impl Tail for Tails {
    fn publish(&self, events: &[Event]) {
        self.publisher.publish(events);
        self.sessions.publish(events);
        self.address_bans.publish(events);
    }

    fn enter(&self, epochs: &Arc<Epochs>) {
        self.publisher.enter(epochs);
    }
}

fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The seed of jitter need not be secret, only different from server to server.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_500_streams_a_second_are_told_to_come_back() {
        for (streams, drain_seconds, window_ms) in [
            (0, 10, 2_000),
            (1_000, 10, 2_000),
            (1_499, 10, 2_998),
            (5_000, 10, 10_000),
            // There is no more time than that.
            (19_000, 10, 10_000),
            (5_000, 0, 1_000),
        ] {
            let window = reconnect_window(streams, Duration::from_secs(drain_seconds));
            assert_eq!(window, Duration::from_millis(window_ms), "{streams} streams, {drain_seconds} s");
        }
    }
}
