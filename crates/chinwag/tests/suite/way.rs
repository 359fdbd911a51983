//! The ways in which a client may talk to the server: a transport for reading, over a protocol, with TLS or without.

use chinwag_client::{Protocol, Transport};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) transport: Transport,
    pub(crate) carrier: Carrier,
}

/// What carries requests, answers and streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Carrier {
    pub(crate) protocol: Protocol,
    pub(crate) tls: bool,
}

impl Carrier {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let protocols = [Protocol::Http1, Protocol::Http2].into_iter();
        protocols.flat_map(|protocol| [false, true].map(|tls| Self { protocol, tls }))
    }
}

/// Makes of each scenario one test for each way.
macro_rules! on_every_transport {
    ($($scenario:ident)*) => { $(
        mod $scenario {
            mod http1 {
                crate::way::on_every_transport! { @ super::super::$scenario, Http1 false }
            }
            mod h2c {
                crate::way::on_every_transport! { @ super::super::$scenario, Http2 false }
            }
            mod tls_http1 {
                crate::way::on_every_transport! { @ super::super::$scenario, Http1 true }
            }
            mod tls_h2 {
                crate::way::on_every_transport! { @ super::super::$scenario, Http2 true }
            }
        }
    )* };
    (@ $scenario:path, $protocol:ident $tls:literal) => {
        use chinwag_client::{Protocol, Transport};

        use crate::way::{Carrier, Way};
        use $scenario as scenario;

        const CARRIER: Carrier = Carrier { protocol: Protocol::$protocol, tls: $tls };

        #[tokio::test]
        async fn poll() {
            scenario(Way { transport: Transport::Poll, carrier: CARRIER }).await;
        }

        #[tokio::test]
        async fn long_poll() {
            scenario(Way { transport: Transport::LongPoll, carrier: CARRIER }).await;
        }

        #[tokio::test]
        async fn stream() {
            scenario(Way { transport: Transport::Stream, carrier: CARRIER }).await;
        }

        #[tokio::test]
        async fn sse() {
            scenario(Way { transport: Transport::Sse, carrier: CARRIER }).await;
        }

        #[tokio::test]
        async fn websocket() {
            scenario(Way { transport: Transport::WebSocket, carrier: CARRIER }).await;
        }
    };
}
pub(crate) use on_every_transport;
