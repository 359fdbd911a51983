//! Every limit and deadline of the gateway.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::Limits;

use crate::admin_token::AdminToken;
use crate::tls::Tls;

/// Says whether the forwarding headers of the peer at an address are believed.
pub type TrustedProxy = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Limits, deadlines and rules of the gateway.
#[derive(Clone)]
pub struct GatewayOptions {
    /// Web origins other than the server's own whose pages may use it, written as browsers write them.
    pub allow_origin: Vec<String>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxy: TrustedProxy,
    /// Bytes of UTF-8 in a message's text.
    pub message_bytes_max: usize,
    /// Connections at the same time, event streams included, and beside them as many streams of HTTP/2 connections; one
    /// more is told that the server is full.
    pub connections_max: usize,
    /// Connections of one address at the same time; of clients behind a trusted proxy their open requests. The next one gets
    /// 429.
    pub connections_per_address_max: u32,
    /// TLS handshakes of one address; one more is closed at once.
    pub tls_handshakes_per_address: Rate,
    /// New guests of one address.
    pub guests_per_address: Rate,
    /// New accounts of one address.
    pub sign_ups_per_address: SlowRate,
    /// Wrong passwords and recovery codes for one account from one address, or from one of its devices.
    pub wrong_passwords_per_account: SlowRate,
    /// Wrong passwords and recovery codes from one address.
    pub wrong_passwords_per_address: SlowRate,
    /// Passwords that are hashed at the same time; each takes 19 MiB and a core.
    pub password_hashes_at_once: usize,
    /// Passwords that wait to be hashed.
    pub password_hashes_waiting_max: usize,
    /// Streams of one device at the same time.
    pub streams_per_device_max: u32,
    /// Changes by one device, over all its connections.
    pub commands_per_device: Rate,
    /// Acknowledgements of one device, pings and frames that are no commands.
    pub notes_per_device: Rate,
    /// Reading requests of one device: polls, streams, pages.
    pub reads_per_device: Rate,
    /// Messages into one conversation, whoever sends them. More at once than one device may send, so that none alone keeps the
    /// others from writing.
    pub sends_per_conversation: Rate,
    /// Rooms that one account opens or makes, direct chats that it opens, groups that it makes and those that it comes into by
    /// invitations, unless it is in them already.
    pub joins_per_account: Rate,
    /// Invitations that one account makes.
    pub invites_per_account: SlowRate,
    /// Tokens of no invitation that one device tries.
    pub wrong_invites_per_device: SlowRate,
    /// Tokens of no invitation that are tried from one address.
    pub wrong_invites_per_address: SlowRate,
    /// Requests of one program with a key.
    pub requests_per_key: Rate,
    /// Who comes to the admin listener without its token.
    pub wrong_admin_tokens: SlowRate,
    /// Tickets of one device that were not used yet.
    pub tickets_per_device_max: u32,
    /// Tickets of all devices that were not used yet.
    pub tickets_max: usize,
    /// Bytes of what one page of a timeline lists, of which there is always one.
    pub history_bytes_max: usize,
    /// The same in the answer to who opens a room. It may wait for a WebSocket.
    pub opened_room_bytes_max: usize,
    /// Whether the limits on addresses, devices, accounts and conversations hold. Off is for measuring only.
    pub limits_on: bool,
    /// Whether the limits on addresses hold for this machine's own, too.
    pub limit_loopback: bool,
    /// Bytes of a request's path and query.
    pub uri_bytes_max: usize,
    /// Bytes of a request's headers together; twice as many end an HTTP/1.1 connection before they have all come.
    pub header_bytes_max: usize,
    /// Open requests may take this long to end when the server stops.
    pub drain: Duration,
    /// A request's head must come within this long; so must the next one on an open connection.
    pub head_timeout: Duration,
    /// A request's body must come within this long.
    pub body_timeout: Duration,
    /// A response that the peer does not take at once must be taken within this long.
    pub response_timeout: Duration,
    /// What lets those who run the server do so on the admin listener; without one, nobody.
    pub admin_token: Option<AdminToken>,
    /// The certificate for TLS; without one, the chat server speaks in the clear.
    pub tls: Option<Tls>,
    /// Limits of HTTP/2.
    pub http2: Http2Options,
}

/// So many at once, and then so many each second for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Each second; at least one.
    pub per_second: u32,
}

/// So many at once, and then one in a while for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowRate {
    /// At once.
    pub burst: u32,
    /// The while.
    pub every: Duration,
}

/// Limits of one HTTP/2 connection.
#[derive(Debug, Clone)]
pub struct Http2Options {
    /// Streams open at the same time, requests and event streams alike.
    pub streams_max: u32,
    /// Bytes that the peer may send into one stream before they are taken.
    pub stream_window_bytes: u32,
    /// Bytes that the peer may send into all streams together before they are taken. Several times the window of a stream,
    /// so that none alone can use it up.
    pub connection_window_bytes: u32,
    /// Bytes of one stream that wait for the socket.
    pub send_buffer_bytes_max: usize,
    /// Bytes of a request's headers, each counted with 32 more (RFC 9113, section 6.5.2); longer ones get a bare 431.
    pub header_bytes_max: u32,
    /// Requests that the peer may take back in one second (CVE-2023-44487).
    pub resets_per_second_max: u32,
    /// An event stream that is taken back after this long was read, and is none of these: a proxy may have many readers on one
    /// connection, and all may leave at once.
    pub read_for: Duration,
    /// Frames of the types PING and SETTINGS that the peer may send.
    pub control_frames: Rate,
    /// Streams that may break the protocol before the connection is closed for it.
    pub errors_max: usize,
    /// A ping is sent this long after the last answer …
    pub ping_interval: Duration,
    /// … and must be answered within this long.
    pub ping_timeout: Duration,
}

impl Default for Http2Options {
    fn default() -> Self {
        Self {
            streams_max: 128,
            stream_window_bytes: 64 << 10,
            connection_window_bytes: 1 << 20,
            send_buffer_bytes_max: 32 << 10,
            header_bytes_max: 64 << 10,
            resets_per_second_max: 100,
            read_for: Duration::from_secs(1),
            control_frames: Rate { burst: 100, per_second: 10 },
            errors_max: 64,
            ping_interval: Duration::from_secs(15),
            ping_timeout: Duration::from_secs(20),
        }
    }
}

impl GatewayOptions {
    /// Bytes of a request's body.
    pub(crate) fn body_bytes_max(&self) -> usize {
        Limits::request_bytes_max(self.message_bytes_max)
    }
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            allow_origin: Vec::new(),
            trusted_proxy: Arc::new(|_| false),
            message_bytes_max: 32_768,
            connections_max: 15_000,
            connections_per_address_max: 1_000,
            tls_handshakes_per_address: Rate { burst: 1_000, per_second: 50 },
            guests_per_address: Rate { burst: 100, per_second: 1 },
            sign_ups_per_address: SlowRate { burst: 10, every: Duration::from_secs(60) },
            wrong_passwords_per_account: SlowRate { burst: 5, every: Duration::from_secs(30) },
            wrong_passwords_per_address: SlowRate { burst: 20, every: Duration::from_secs(5) },
            password_hashes_at_once: std::thread::available_parallelism().map_or(1, usize::from),
            password_hashes_waiting_max: 100,
            streams_per_device_max: 32,
            commands_per_device: Rate { burst: 500, per_second: 50 },
            notes_per_device: Rate { burst: 1_000, per_second: 100 },
            reads_per_device: Rate { burst: 1_000, per_second: 100 },
            sends_per_conversation: Rate { burst: 1_000, per_second: 100 },
            joins_per_account: Rate { burst: 60, per_second: 1 },
            invites_per_account: SlowRate { burst: 20, every: Duration::from_secs(180) },
            wrong_invites_per_device: SlowRate { burst: 10, every: Duration::from_secs(30) },
            wrong_invites_per_address: SlowRate { burst: 50, every: Duration::from_secs(5) },
            requests_per_key: Rate { burst: 200, per_second: 20 },
            wrong_admin_tokens: SlowRate { burst: 10, every: Duration::from_secs(1) },
            tickets_per_device_max: 100,
            tickets_max: 10_000,
            history_bytes_max: 1 << 20,
            opened_room_bytes_max: 64 << 10,
            limits_on: true,
            limit_loopback: false,
            uri_bytes_max: 8 << 10,
            header_bytes_max: 32 << 10,
            drain: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            response_timeout: Duration::from_secs(120),
            admin_token: None,
            tls: None,
            http2: Http2Options::default(),
        }
    }
}

impl fmt::Debug for GatewayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayOptions")
            .field("allow_origin", &self.allow_origin)
            .field("message_bytes_max", &self.message_bytes_max)
            .field("connections_max", &self.connections_max)
            .field("limits_on", &self.limits_on)
            .finish_non_exhaustive()
    }
}
