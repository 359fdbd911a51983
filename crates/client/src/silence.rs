//! How long a stream may be silent before it counts as dead.

use std::time::Duration;

use chinwag_protocol::Record;
use tokio::time::Instant;

use crate::record::decode;

/// How long the first record may take: it comes at once, unless something on the way holds it back.
const FIRST_RECORD_WITHIN: Duration = Duration::from_secs(10);
/// How late a heartbeat may be.
const HEARTBEAT_LATE: Duration = Duration::from_secs(10);

/// The silence of one stream.
#[derive(Debug)]
pub(crate) struct Silence {
    longest: Duration,
    /// Whether `hello` has come.
    learned: bool,
    /// Since when nothing has come although the caller waited.
    since: Option<Instant>,
}

impl Silence {
    /// That of a stream that has just begun.
    pub(crate) fn new() -> Self {
        Self { longest: FIRST_RECORD_WITHIN, learned: false, since: None }
    }

    /// Until when it is bearable. Waiting begins now, if it has not begun.
    pub(crate) fn until(&mut self) -> Instant {
        *self.since.get_or_insert_with(Instant::now) + self.longest
    }

    /// Something came.
    pub(crate) fn broken(&mut self) {
        self.since = None;
    }

    /// Learns from `hello` how often something will come.
    pub(crate) fn learn(&mut self, record: &Record) {
        if let Record::Hello { heartbeat_ms, .. } = record {
            self.longest = Duration::from_millis(*heartbeat_ms) + HEARTBEAT_LATE;
            self.learned = true;
        }
    }

    /// The same from what nobody parses, up to `hello`, which comes first.
    pub(crate) fn learn_from_json(&mut self, json: &[u8]) {
        if !self.learned
            && let Ok((record, _)) = decode(json, &mut None)
        {
            self.learn(&record);
        }
    }

    /// From now on, no more than this.
    pub(crate) fn shorten(&mut self, longest: Duration) {
        self.longest = longest;
        self.since = None;
    }
}
