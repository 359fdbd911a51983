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
    /// A WebSocket, by upgrade of HTTP/1.1 or by extended CONNECT over HTTP/2.
    WebSocket,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 5] = [Self::Poll, Self::LongPoll, Self::Stream, Self::Sse, Self::WebSocket];
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poll => "short polling",
            Self::LongPoll => "long polling",
            Self::Stream => "HTTP streaming",
            Self::Sse => "Server-Sent Events",
            Self::WebSocket => "WebSocket",
        })
    }
}
