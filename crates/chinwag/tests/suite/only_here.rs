//! What only a server in this process can be given, for the program has no option for it.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chinwag::server::Tuning;
use chinwag_protocol::Timestamp;

use crate::seed;

/// All that tests need of this kind. Whoever needs none of it has programs when `CHINWAG_TEST_NODES` asks for them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OnlyHere {
    /// A stream's silence before a heartbeat.
    Heartbeat(Duration),
    /// A stream's length.
    Lifetime(Duration),
    /// How long an answer lingers to carry more, however long ago the device was answered.
    Linger(Duration),
    /// Records of one answer.
    PageEvents(usize),
    /// The time, in milliseconds since 1970. It is looked for expired devices every 20 ms of the machine's time.
    Clock(&'static AtomicI64),
}

impl OnlyHere {
    /// Why the program as it is does not do.
    fn reason(self) -> &'static str {
        match self {
            Self::Heartbeat(_) => "six heartbeats of the program take two and a half minutes",
            Self::Lifetime(_) => "a stream of the program ends itself after half an hour",
            Self::Linger(_) => "the program lingers for 250 ms, which a slow machine takes for anything",
            Self::Clock(_) => "the program has the time of the machine",
            Self::PageEvents(_) => {
                "a page of the program has a thousand records, and each is a send of its own"
            }
        }
    }

    /// A server's tuning that does. With `CHINWAG_TEST_NODES`, a line on standard error, which no test runner withholds, tells
    /// whoever counts that this is no program.
    pub(crate) fn tuning(self) -> Tuning {
        if seed::nodes().is_some() {
            let line = format!("only in process: {self:?}: {}\n", self.reason());
            std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
        }
        let mut tuning = Tuning::default();
        let hub = &mut tuning.hub;
        match self {
            Self::Clock(time) => {
                tuning.clock = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
                tuning.expiry_interval = Duration::from_millis(20);
            }
            Self::Heartbeat(silence) => hub.heartbeat = silence,
            Self::Lifetime(length) => hub.lifetime = length,
            Self::Linger(longest) => {
                (hub.linger, hub.linger_within) = (longest, Duration::from_secs(600));
            }
            Self::PageEvents(records) => hub.page_events_max = records,
        }
        tuning
    }
}
