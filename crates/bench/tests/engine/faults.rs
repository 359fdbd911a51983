//! What became of messages, counted by hand.

use std::time::Duration;

use chinwag_bench::crowd::{clients, gather};
use chinwag_bench::load::{Amount, Cast, Drive, Engine, EngineOptions, Pace, Reader, Sender};
use chinwag_bench::report::Deliveries;
use chinwag_bench::target::Target;
use chinwag_client::{ClientOptions, Transport};
use tokio::sync::watch;

use crate::scripted::{Fault, Scripted};

const RUN: u32 = 0xfa17;

/// How the engine works in these tests: nothing is waited for that does not come at once.
pub(crate) fn options() -> EngineOptions {
    EngineOptions {
        run: RUN,
        poll_interval: Duration::from_millis(5),
        patience: Duration::from_millis(500),
        linger: Duration::from_millis(200),
        ..EngineOptions::default()
    }
}

/// A room of three, of whom the first sends, and one more reader in another room.
pub(crate) async fn start(server: &Scripted, transport: Transport, stop: watch::Receiver<bool>) -> Engine {
    let target = Target::attach(&server.url, ClientOptions::default(), None, None);
    let members = gather(&clients(&target, 1, 1).unwrap(), "room", 4, |index| index / 3).await.unwrap();
    let cast = Cast {
        conversations: [0, 3].map(|member: usize| (members[member].conversation, 0)).into(),
        senders: vec![Sender { reader: 0, conversation: 0, requests: 1 }],
        readers: members
            .into_iter()
            .enumerate()
            .map(|(index, member)| Reader {
                session: member.session,
                after: Some(member.cursor),
                transport,
                conversations: vec![index as u32 / 3],
                checked: true,
            })
            .collect(),
    };
    Engine::start(&target, cast, &options(), stop).await.unwrap()
}

pub(crate) fn closed(messages: u64) -> Drive {
    let pace = Pace::Closed { outstanding: 20 };
    Drive { group: 0, pace, amount: Amount::Messages(messages), counted: true }
}

async fn counts(transport: Transport, faults: &[Fault]) -> Deliveries {
    let server = Scripted::start(RUN, faults).await;
    let engine = start(&server, transport, watch::channel(false).1).await;
    let driven = engine.drive(closed(20)).await.unwrap();
    assert_eq!((driven.sent, driven.overloaded, driven.stopped), (20, false, false));
    engine.linger().await;
    let deliveries = engine.board().deliveries();
    let group = engine.board().group(0).acknowledged.count();
    assert_eq!(group, deliveries.acknowledged, "each acknowledged message has its time");
    deliveries
}

/// A server that does nothing wrong.
#[tokio::test]
async fn nothing_wrong() {
    for transport in Transport::ALL {
        let expected =
            Deliveries { sent: 20, acknowledged: 20, expected: 60, delivered: 60, ..Deliveries::default() };
        assert_eq!(counts(transport, &[]).await, expected, "{transport}");
        assert!(expected.are_clean());
    }
}

/// One fault by itself, so that each is seen for what it is.
#[tokio::test]
async fn each_fault() {
    let clean =
        Deliveries { sent: 20, acknowledged: 20, expected: 60, delivered: 60, ..Deliveries::default() };
    let cases = [
        (Fault::Lose { reader: 1, number: 3 }, Deliveries { delivered: 59, lost: 1, ..clean.clone() }),
        (Fault::Lose { reader: 2, number: 19 }, Deliveries { delivered: 59, lost: 1, ..clean.clone() }),
        (Fault::Double { reader: 2, number: 0 }, Deliveries { doubled: 1, ..clean.clone() }),
        (Fault::Double { reader: 0, number: 19 }, Deliveries { doubled: 1, ..clean.clone() }),
        (Fault::Hold { reader: 1, number: 10, behind: 1 }, Deliveries { disordered: 1, ..clean.clone() }),
        (Fault::Hold { reader: 1, number: 4, behind: 15 }, Deliveries { disordered: 1, ..clean.clone() }),
        // Behind more than come, it never does.
        (
            Fault::Hold { reader: 1, number: 18, behind: 2 },
            Deliveries { delivered: 59, lost: 1, ..clean.clone() },
        ),
        (Fault::Misdirect { reader: 3, number: 7 }, Deliveries { foreign: 1, ..clean.clone() }),
        (Fault::Invent { reader: 1, number: 9, invented: 5_000 }, Deliveries { foreign: 1, ..clean.clone() }),
        (
            Fault::Refuse { number: 12 },
            Deliveries { acknowledged: 19, refused: 1, expected: 57, delivered: 57, ..clean.clone() },
        ),
        (
            Fault::RefuseAndDeliver { reader: 2, number: 12 },
            Deliveries { acknowledged: 19, refused: 1, expected: 57, delivered: 57, foreign: 1, ..clean },
        ),
    ];
    for (fault, expected) in cases {
        let counted = counts(Transport::WebSocket, &[fault]).await;
        assert_eq!(counted, expected, "{fault:?}");
        assert!(!counted.are_clean() || matches!(fault, Fault::Refuse { .. }), "{fault:?}");
    }
}

/// All at once, over each transport.
#[tokio::test]
async fn all_faults() {
    let faults = [
        Fault::Lose { reader: 1, number: 3 },
        Fault::Lose { reader: 2, number: 7 },
        Fault::Lose { reader: 2, number: 19 },
        Fault::Double { reader: 0, number: 5 },
        Fault::Double { reader: 1, number: 19 },
        Fault::Hold { reader: 2, number: 10, behind: 1 },
        Fault::Hold { reader: 1, number: 15, behind: 3 },
        Fault::Misdirect { reader: 3, number: 4 },
        Fault::Invent { reader: 0, number: 8, invented: 20 },
        Fault::Refuse { number: 12 },
        Fault::RefuseAndDeliver { reader: 0, number: 13 },
    ];
    for transport in Transport::ALL {
        let expected = Deliveries {
            sent: 20,
            acknowledged: 18,
            refused: 2,
            // 18 to each of three.
            expected: 54,
            delivered: 51,
            lost: 3,
            doubled: 2,
            disordered: 2,
            // The misdirected, the invented, and the refused one that came.
            foreign: 3,
        };
        assert_eq!(counts(transport, &faults).await, expected, "{transport}");
    }
}

/// A server that dies: what it never answered is neither expected nor lost, and the tool comes to an end.
#[tokio::test]
async fn a_server_that_dies() {
    let expected = Deliveries {
        sent: 20,
        acknowledged: 8,
        refused: 12,
        expected: 24,
        delivered: 24,
        ..Deliveries::default()
    };
    for transport in [Transport::WebSocket, Transport::Stream] {
        let server = Scripted::start(RUN, &[Fault::Die { number: 8 }]).await;
        let engine = start(&server, transport, watch::channel(false).1).await;
        engine.drive(closed(20)).await.unwrap();
        let deliveries = engine.board().deliveries();
        // By requests, one after the other, the next is not sent before the answer.
        let (sent, refused) = if transport == Transport::WebSocket { (20, 12) } else { (9, 1) };
        assert_eq!(deliveries, Deliveries { sent, refused, ..expected.clone() }, "{transport}");
    }
}
