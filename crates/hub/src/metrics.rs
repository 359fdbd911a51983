//! What the hub counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters of the hub, shared by its shards.
#[derive(Debug, Clone, Default)]
pub struct HubMetrics {
    pub(crate) streams: Gauge,
    pub(crate) sockets: Gauge,
    pub(crate) polls: Gauge,
    pub(crate) window_bytes: Gauge,
    pub(crate) published: Counter,
    pub(crate) delivered: Counter,
    pub(crate) writes: Counter,
    pub(crate) written_bytes: Counter,
    pub(crate) lagged: Counter,
    pub(crate) stalled: Counter,
    pub(crate) gaps: Counter,
    pub(crate) pages_read: Counter,
    pub(crate) commands: Counter,
    pub(crate) violations: Counter,
    pub(crate) unanswered: Counter,
}

impl HubMetrics {
    /// Names the counters for Prometheus.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("chinwag_hub");
        r.register("streams", "Streams attached", self.streams.clone());
        r.register("sockets", "Streams with a socket of their own", self.sockets.clone());
        r.register("polls", "Polls held", self.polls.clone());
        r.register("window_bytes", "Bytes in the window of recent events", self.window_bytes.clone());
        r.register("published", "Events taken from the log's tail", self.published.clone());
        r.register("delivered", "Records written to streams and polls", self.delivered.clone());
        r.register("writes", "Writes to stream sockets", self.writes.clone());
        r.register("written_bytes", "Bytes written to stream sockets", self.written_bytes.clone());
        r.register("lagged", "Times that a live stream fell behind", self.lagged.clone());
        r.register("stalled", "Streams cut because their peer took nothing", self.stalled.clone());
        r.register("gaps", "Gap records sent", self.gaps.clone());
        r.register("pages_read", "Pages read from the store for readers", self.pages_read.clone());
        r.register("commands", "Commands that came up WebSockets", self.commands.clone());
        r.register("violations", "WebSockets closed for breaking the protocol", self.violations.clone());
        r.register("unanswered", "WebSockets closed because no ping was answered", self.unanswered.clone());
    }
}
