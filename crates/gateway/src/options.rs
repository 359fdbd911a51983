//! Every limit and deadline of the gateway.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

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
    /// Connections at the same time, streams included; one more is told that the server is full.
    pub connections_max: usize,
    /// Whether clients are held to how often they may ask. Off is for measuring only.
    pub limits_on: bool,
    /// Open requests may take this long to end when the server stops.
    pub drain: Duration,
    /// A request's head must come within this long; so must the next one on an open connection.
    pub head_timeout: Duration,
    /// A request's body must come within this long.
    pub body_timeout: Duration,
    /// A response that the peer does not take at once must be taken within this long.
    pub response_timeout: Duration,
}

impl GatewayOptions {
    /// Bytes of a request's body. The largest text, with every byte escaped in JSON, fits.
    pub(crate) fn body_bytes_max(&self) -> usize {
        const BODY_BYTES_MAX: usize = 256 << 10;
        BODY_BYTES_MAX.max(6 * self.message_bytes_max + 4096)
    }
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            allow_origin: Vec::new(),
            trusted_proxy: Arc::new(|_| false),
            message_bytes_max: 32_768,
            connections_max: 15_000,
            limits_on: true,
            drain: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            response_timeout: Duration::from_secs(120),
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
