//! Closed and open loops, and the end of both.

use std::time::Duration;

use chinwag_bench::load::{Amount, Drive, Pace, Schedule};
use chinwag_client::Transport;
use tokio::sync::watch;

use crate::faults::{closed, start};
use crate::scripted::{Fault, Scripted};

const RUN: u32 = 0xfa17;

fn open(per_second: f64, messages: u64, outstanding_max: usize) -> Drive {
    let pace = Pace::Open { per_second, outstanding_max, seed: 7 };
    Drive { group: 0, pace, amount: Amount::Messages(messages), counted: true }
}

/// The server answers nothing from the 50th message until it has the 150th, which only comes to it if the tool goes on
/// sending. Each of those between was due before, and has waited at least so long: a hundred stalls, not one.
#[tokio::test]
async fn an_open_loop_charges_a_stall_to_everyone_whom_it_delays() {
    let server = Scripted::start(RUN, &[Fault::Stall { number: 50, until: 150 }]).await;
    let engine = start(&server, Transport::WebSocket, watch::channel(false).1).await;
    let driven = engine.drive(open(500.0, 200, 1_000)).await.unwrap();
    assert_eq!((driven.sent, driven.overloaded), (200, false));
    assert!(engine.board().deliveries().are_clean());

    let due: Vec<Duration> = Schedule::new(500.0, 7).take(200).collect();
    let waited = |number: usize| (due[150] - due[number]).as_secs_f64() * 1e6;
    let board = engine.board();
    for times in [&board.group(0).acknowledged, &board.group(0).last] {
        let latency = times.latency("x", true).unwrap();
        assert_eq!(latency.count, 200);
        // Rounded to 3 digits.
        let at_least = |value: f64, least: f64| assert!(value >= least * 0.998, "{value} < {least}");
        at_least(latency.max, waited(50));
        // 20 of 200 have waited longer than the 21st of those who wait, so that 90 % are not below it.
        at_least(latency.p90, waited(70));
    }
}

/// With more outstanding than is allowed the run ends, and says so.
#[tokio::test]
async fn an_open_loop_that_the_server_does_not_keep_up_with_is_overloaded() {
    let server = Scripted::start(RUN, &[Fault::Die { number: 0 }]).await;
    let engine = start(&server, Transport::WebSocket, watch::channel(false).1).await;
    let driven = engine.drive(open(2_000.0, 100, 15)).await.unwrap();
    assert_eq!((driven.sent, driven.overloaded), (15, true));
}

/// A closed loop never has more outstanding than it may.
#[tokio::test]
async fn a_closed_loop_waits() {
    let server = Scripted::start(RUN, &[Fault::Stall { number: 0, until: 1_000 }]).await;
    let engine = start(&server, Transport::WebSocket, watch::channel(false).1).await;
    let drive = Drive { pace: Pace::Closed { outstanding: 3 }, ..closed(4) };
    let driving = engine.drive(drive);
    let stalled = async {
        while server.stalled() < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.stalled()
    };
    // The fourth comes only when the first three are given up.
    let (driven, stalled) = tokio::join!(driving, stalled);
    assert_eq!((driven.unwrap().sent, stalled), (4, 3));
    assert_eq!(engine.board().deliveries().refused, 4);
}

/// Whoever stops the tool gets what there is.
#[tokio::test]
async fn a_drive_can_be_stopped() {
    let server = Scripted::start(RUN, &[]).await;
    let (stop, stopped) = watch::channel(false);
    let engine = start(&server, Transport::WebSocket, stopped).await;
    let drive = Drive { amount: Amount::Time(Duration::from_secs(3_600)), ..closed(0) };
    let stopping = async {
        while engine.board().steps() < 100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.send_replace(true);
    };
    let (driven, ()) = tokio::join!(engine.drive(drive), stopping);
    let driven = driven.unwrap();
    assert!(driven.stopped && driven.sent > 0);
    let deliveries = engine.board().deliveries();
    assert_eq!((deliveries.sent, deliveries.expected), (driven.sent, 3 * driven.sent));
    assert!(deliveries.are_clean());
}
