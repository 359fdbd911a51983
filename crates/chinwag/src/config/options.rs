//! The table of all options. Each is named once, here, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use chinwag_protocol::AddressRange;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::database_url::DatabaseUrl;
use super::kind::{
    Count, DatabaseOrOff, Directory, Either, FileOrOff, Kind, List, LogDirectives, Network, Refused, Size,
    SocketAddress, SocketAddressOrOff, WebOrigin,
};
use super::origin::Origin;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

/// Cores of this machine.
fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text for people.
    Text,
    /// One JSON object a line for programs.
    Json,
}

/// One row of the table, as the flags, variables, keys and printed configuration see it.
#[derive(Debug)]
pub(crate) struct ConfigOption {
    /// The TOML key, with underscores. The flag and the variable are made from it.
    pub(crate) name: &'static str,
    /// What it is for, in one line.
    pub(crate) help: &'static str,
    // What the option's kind says of itself; see `Kind`.
    pub(crate) placeholder: fn() -> String,
    pub(crate) is_list: fn() -> bool,
    pub(crate) allowed: fn() -> String,
    /// Parses a text into its field.
    pub(crate) set: fn(&mut Config, &str) -> Result<(), Refused>,
    /// The field's value as TOML, without secrets; `set` takes it back if there are none.
    pub(crate) get: fn(&Config) -> toml::Value,
}

impl ConfigOption {
    /// The flag without its dashes: `admin-listen`.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The environment variable: `CHINWAG_ADMIN_LISTEN`.
    pub(crate) fn variable(&self) -> String {
        format!("CHINWAG_{}", self.name.to_uppercase())
    }
}

/// Makes of each row a documented field of [`Config`] with its default, and an entry of [`OPTIONS`].
///
/// A row reads: doc comment (which is also the help), name: type = default, kind. The kind knows what is allowed, and
/// how a value is parsed and printed.
macro_rules! options {
    ($( #[doc = $help:literal] $name:ident: $type:ty = $default:expr, $kind:expr; )+) => {
        /// The configuration of a server. A test takes [`Config::default`] and changes the fields that it is about.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config {
            $(
                #[doc = concat!($help, ".")]
                #[doc = ""]
                #[doc = concat!("Default: `", stringify!($default), "`. Allowed: `", stringify!($kind), "`.")]
                pub $name: $type,
            )+
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $( $name: $default, )+ }
            }
        }

        pub(crate) static OPTIONS: &[ConfigOption] = &[$(
            ConfigOption {
                name: stringify!($name),
                help: $help.trim_ascii(),
                placeholder: || $kind.placeholder(),
                is_list: || $kind.is_list(),
                allowed: || $kind.allowed(),
                set: |config, text| {
                    config.$name = $kind.parse(text)?;
                    Ok(())
                },
                get: |config| $kind.print(&config.$name),
            },
        )+];
    };
}

options! {
    /// Address and port of the chat server
    listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), SocketAddress;

    /// Address and port of the admin server (health, metrics, `chinwag admin`)
    admin_listen: Option<SocketAddr> = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8081))), SocketAddressOrOff;

    /// File of the token for `chinwag admin`, made if it is absent; "off": admin-token in the data directory, none with a database
    admin_token_file: Option<PathBuf> = None, FileOrOff;

    /// Directory of the data; made if it is absent
    data: PathBuf = PathBuf::from("./data"), Directory;

    /// PostgreSQL database to use instead of the data directory; several servers may share it
    database: Option<DatabaseUrl> = None, DatabaseOrOff;

    /// Certificate for HTTPS with those that link it to a root, PEM; read again on SIGHUP
    tls_cert: Option<PathBuf> = None, FileOrOff;

    /// Private key of the certificate, PEM; read again on SIGHUP
    tls_key: Option<PathBuf> = None, FileOrOff;

    /// Web origins other than the server's own whose pages may use it
    allow_origin: Vec<Origin> = Vec::new(), List(WebOrigin);

    /// Proxies whose forwarding headers are believed
    trusted_proxy: Vec<AddressRange> = Vec::new(), List(Network);

    /// Longest text of a message, in bytes
    message_bytes_max: usize = 32 * KIB, Size { min: 1, max: MIB };

    /// Memory for recent events, in bytes
    window_bytes_max: usize = 64 * MIB, Size { min: MIB, max: GIB };

    /// Most connections at the same time
    connections_max: u32 = 15_000, Count { min: 1, max: 1_000_000 };

    /// Most connections of one address at the same time
    connections_per_address_max: u32 = 1_000, Count { min: 1, max: 1_000_000 };

    /// Most TLS handshakes of one address at once; after that 50 a second
    tls_handshakes_per_address: u32 = 1_000, Count { min: 1, max: 1_000_000 };

    /// Most new guests of one address at once; after that one a second
    guests_per_address: u32 = 100, Count { min: 1, max: 1_000_000 };

    /// Most new accounts of one address at once; after that one a minute
    sign_ups_per_address: u32 = 10, Count { min: 1, max: 1_000_000 };

    /// Most wrong passwords for one account from one address at once; after that one every 30 s
    wrong_passwords_per_account: u32 = 5, Count { min: 1, max: 1_000_000 };

    /// Most wrong passwords from one address at once; after that one every 5 s
    wrong_passwords_per_address: u32 = 20, Count { min: 1, max: 1_000_000 };

    /// Most messages into one conversation at once; after that 100 a second
    sends_per_conversation: u32 = 1_000, Count { min: 1, max: 1_000_000 };

    /// Most conversations that one account comes into by itself at once; after that one a second
    joins_per_account: u32 = 60, Count { min: 1, max: 1_000_000 };

    /// Most invitations that one account makes at once; after that one every 180 s
    invites_per_account: u32 = 20, Count { min: 1, max: 1_000_000 };

    /// Most tokens of no invitation that one device tries at once; after that one every 30 s
    wrong_invites_per_device: u32 = 10, Count { min: 1, max: 1_000_000 };

    /// Most tokens of no invitation that are tried from one address at once; after that one every 5 s
    wrong_invites_per_address: u32 = 50, Count { min: 1, max: 1_000_000 };

    /// Most passwords that are hashed at the same time; each takes 19 MiB and a core
    password_hashes_at_once: u32 = cores(), Count { min: 1, max: 1_024 };

    /// Time after which a device that asked for nothing is signed out, in days
    device_unseen_days: u32 = 90, Count { min: 1, max: 3_650 };

    /// Time after which a guest of whom no device has asked for anything is removed, in days
    guest_unseen_days: u32 = 30, Count { min: 1, max: 3_650 };

    /// Most event streams of one device at the same time
    streams_per_device_max: u32 = 32, Count { min: 1, max: 1_000_000 };

    /// Most missed events that are replayed to a reader who comes back
    catch_up_events_max: u32 = 5_000, Count { min: 1, max: 1_000_000 };

    /// Longest absence after which missed events are replayed, in days
    catch_up_days_max: u32 = 30, Count { min: 1, max: 3_650 };

    /// Time over which connections are told to leave when the server stops, in seconds
    drain_seconds: u32 = 10, Count { min: 0, max: 3_600 };

    /// What to log: a level, and levels of single targets
    log: Targets = Targets::new().with_default(LevelFilter::INFO), LogDirectives;

    /// Shape of the log lines
    log_format: LogFormat = LogFormat::Text, Either(("text", LogFormat::Text), ("json", LogFormat::Json));

    /// Limits for each address, device, account and conversation; "off" is for measuring only
    limits: bool = true, Either(("on", true), ("off", false));

    /// Whether the limits for each address hold for this machine's own addresses, too
    limit_loopback: bool = false, Either(("on", true), ("off", false));
}
