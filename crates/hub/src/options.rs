//! Every limit and interval of the hub.

use std::time::Duration;

use chinwag_protocol::Limits;

/// Limits and intervals of the hub.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// Shards, each one task; one for each core is enough.
    pub shards: usize,
    /// Bytes of encoded events that the window of recent events may hold; older ones are read from the store.
    pub window_bytes_max: usize,
    /// A reader that missed more events than this gets a `gap`.
    pub missed_events_max: u64,
    /// A reader that missed an event older than this gets a `gap`.
    pub missed_age_max: Duration,
    /// Silence after which a stream gets a `heartbeat`.
    pub heartbeat: Duration,
    /// Silence after which a stream of Server-Sent Events gets a comment.
    pub comment: Duration,
    /// A peer that takes no byte for this long is cut.
    pub stall: Duration,
    /// A stream ends itself after this long, give or take a tenth.
    pub lifetime: Duration,
    /// An account's topics are kept for this long after its last connection.
    pub topics_kept: Duration,
    /// A poll's answer lingers for at most this long …
    pub linger: Duration,
    /// … if the same device was answered within this long.
    pub linger_within: Duration,
    /// Records in one page.
    pub page_events_max: usize,
    /// Bytes in one page.
    pub page_bytes_max: usize,
    /// Bytes in one page that is read for a stream: it lies in memory until the peer has taken it.
    pub stream_page_bytes_max: usize,
    /// Records that a live connection may have waiting; one more, and it goes back to reading the log.
    pub outbox_events_max: usize,
    /// Bytes that a connection's peer may send into a stream that carries nothing upwards.
    pub stray_bytes_max: usize,
    /// Bytes of one frame and of one message that come up a WebSocket, after inflating.
    pub command_bytes_max: u32,
    /// Commands of one WebSocket that are answered at the same time; no more are read until one of them is.
    pub commands_at_once_max: usize,
    /// Bytes of answers that may wait for one WebSocket before no more commands are read.
    pub answer_bytes_max: usize,
    /// Frames of one message that comes up a WebSocket.
    pub fragments_max: u32,
    /// A message up a WebSocket whose first byte came must have come whole within this long.
    pub message_timeout: Duration,
    /// Control frames that may come up a WebSocket at once …
    pub control_frames_burst: u32,
    /// … and those that may come each second for ever.
    pub control_frames_per_second: u32,
    /// Pings in a row that a WebSocket's peer may leave unanswered.
    pub pings_unanswered_max: u8,
    /// A WebSocket's peer has this long to answer our Close, and then to close its side of the connection.
    pub closing_timeout: Duration,
    /// Signals of presence and typing go out together, at most once in so long.
    pub signals_every: Duration,
    /// A device is there for so long after its last stream.
    pub presence_grace: Duration,
    /// A held poll must be held for so long before a signal ends it.
    pub poll_signals_after: Duration,
    /// Accounts and conversations that all views of a shard may look at; one more view shows nothing.
    pub looked_at_max: usize,
    /// Accounts in one conversation that are shown to type at once.
    pub typists_max: usize,
    /// What `hello` tells.
    pub limits: Limits,
    /// How often others are told how far accounts have come, if they have.
    pub receipts_every: Duration,
    /// Name and version of the server, as `hello` tells.
    pub server: String,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            shards: 2,
            window_bytes_max: 64 << 20,
            missed_events_max: 5_000,
            missed_age_max: Duration::from_secs(30 * 24 * 60 * 60),
            heartbeat: Duration::from_secs(25),
            comment: Duration::from_secs(15),
            stall: Duration::from_secs(35),
            lifetime: Duration::from_secs(30 * 60),
            topics_kept: Duration::from_secs(35),
            linger: Duration::from_millis(250),
            linger_within: Duration::from_secs(1),
            page_events_max: 1_000,
            page_bytes_max: 1 << 20,
            stream_page_bytes_max: 128 << 10,
            outbox_events_max: 256,
            stray_bytes_max: 64 << 10,
            command_bytes_max: 256 << 10,
            commands_at_once_max: 16,
            answer_bytes_max: 256 << 10,
            fragments_max: 256,
            message_timeout: Duration::from_secs(30),
            control_frames_burst: 100,
            control_frames_per_second: 10,
            pings_unanswered_max: 2,
            closing_timeout: Duration::from_secs(2),
            signals_every: Duration::from_millis(250),
            presence_grace: Duration::from_secs(10),
            poll_signals_after: Duration::from_secs(2),
            looked_at_max: 2_000_000,
            typists_max: 5,
            limits: Limits::default(),
            receipts_every: Duration::from_secs(1),
            server: concat!("chinwag/", env!("CARGO_PKG_VERSION")).to_owned(),
            seed: 0,
        }
    }
}
