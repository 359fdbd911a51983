//! What the hub counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
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
    pub(crate) people: Gauge,
    pub(crate) views: Gauge,
    pub(crate) signals: Counter,
    limit_hits: Family<Hit, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hit {
    limit: &'static str,
}

/// The limits that have no counter of their own. Each has the name of its field in [`crate::HubOptions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    PollsHeld,
    PageEvents,
    PageBytes,
    StrayBytes,
    CommandBytes,
    CommandsAtOnce,
    AnswerBytes,
    Fragments,
    MessageTimeout,
    ControlFrames,
    ClosingTimeout,
    LookedAt,
    Typists,
}

impl Limit {
    const ALL: [Self; 13] = [
        Self::PollsHeld,
        Self::PageEvents,
        Self::PageBytes,
        Self::StrayBytes,
        Self::CommandBytes,
        Self::CommandsAtOnce,
        Self::AnswerBytes,
        Self::Fragments,
        Self::MessageTimeout,
        Self::ControlFrames,
        Self::ClosingTimeout,
        Self::LookedAt,
        Self::Typists,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::PollsHeld => "polls_held",
            Self::PageEvents => "page_events_max",
            Self::PageBytes => "page_bytes_max",
            Self::StrayBytes => "stray_bytes_max",
            Self::CommandBytes => "command_bytes_max",
            Self::CommandsAtOnce => "commands_at_once_max",
            Self::AnswerBytes => "answer_bytes_max",
            Self::Fragments => "fragments_max",
            Self::MessageTimeout => "message_timeout",
            Self::ControlFrames => "control_frames",
            Self::ClosingTimeout => "closing_timeout",
            Self::LookedAt => "looked_at_max",
            Self::Typists => "typists_max",
        }
    }
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
        r.register("people", "Accounts that are there or looked at", self.people.clone());
        r.register("views", "Connections that look at something", self.views.clone());
        r.register("signals", "Signals of presence and typing sent", self.signals.clone());
        for limit in Limit::ALL {
            // So that it shows before it is hit.
            drop(self.limit_hits.get_or_create(&Hit { limit: limit.name() }));
        }
        r.register("limit_hits", "Times that a limit was hit, by its name", self.limit_hits.clone());
    }

    /// Counts that a limit was hit.
    pub(crate) fn hit(&self, limit: Limit) {
        self.limit_hits.get_or_create(&Hit { limit: limit.name() }).inc();
    }
}
