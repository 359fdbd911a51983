//! The ways of reading.

use std::fmt;

/// How events are asked for. All of them read the same stream after the same cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A request now and then, answered at once.
    Poll,
    /// A request that is held until there is something.
    LongPoll,
    /// One record a line, for as long as the connection lives.
    Stream,
    /// Server-Sent Events.
    Sse,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 4] = [Self::Poll, Self::LongPoll, Self::Stream, Self::Sse];

    /// What a stream's `Accept` asks for and its `Content-Type` must be; `None` for a poll.
    pub(crate) fn stream_media_type(self) -> Option<&'static str> {
        match self {
            Self::Poll | Self::LongPoll => None,
            Self::Stream => Some("application/x-ndjson"),
            Self::Sse => Some("text/event-stream"),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poll => "short polling",
            Self::LongPoll => "long polling",
            Self::Stream => "HTTP streaming",
            Self::Sse => "Server-Sent Events",
        })
    }
}
