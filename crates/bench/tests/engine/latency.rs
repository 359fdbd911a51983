//! One-way times, with a clock that is the test's.

use std::time::Duration;

use chinwag_bench::load::{Board, Mark, Marker};
use tokio::time::Instant;

const MILLISECOND: Duration = Duration::from_millis(1);

fn message(board: &Board, mark: Mark, seq: u32) -> Vec<u8> {
    format!(r#"{{"type":"message","seq":{seq},"text":"{}","cursor":"c"}}"#, board.marker().text(mark, 50))
        .into()
}

/// A message every 10 ms for 10 s; the server takes 1 ms for each, but for a second in which it does nothing.
#[test]
fn a_stall_of_a_second_is_charged_to_the_hundred_messages_that_were_due_in_it() {
    let began = Instant::now();
    let mut board = Board::new(Marker::new(1), 1);
    let room = board.add_conversation(0);
    let reader = board.add_reader(&[room], true);
    let stall = Duration::from_secs(4)..Duration::from_secs(5);
    for number in 0..1_000 {
        let due = 10 * MILLISECOND * number;
        let served = MILLISECOND + if stall.contains(&due) { stall.end } else { due };
        let mark = board.send(room, began + due, true);
        let record = message(&board, mark, number + 1);
        board.acknowledge(mark, began + served);
        board.take(reader, &record, began + served);
    }
    assert!(board.deliveries().are_clean());
    let group = board.group(0);
    for times in [&group.acknowledged, &group.first, &group.each, &group.last] {
        let latency = times.latency("x", true).unwrap();
        // 900 times 1 ms; 11, 21 … 1,001 ms.
        for (value, milliseconds) in [
            (latency.min, 1.0),
            (latency.p50, 1.0),
            (latency.p90, 1.0),
            (latency.p99, 901.0),
            (latency.p999, 991.0),
            (latency.max, 1_001.0),
        ] {
            assert!((value / 1_000.0 / milliseconds - 1.0).abs() < 0.002, "{value} µs for {milliseconds} ms");
        }
    }
}

/// First, each and last reader of one message; those that come again or are not counted add nothing.
#[test]
fn each_reader_has_its_time() {
    let began = Instant::now();
    let mut board = Board::new(Marker::new(1), 2);
    let (room, other) = (board.add_conversation(0), board.add_conversation(1));
    let readers: Vec<usize> = (0..4).map(|_| board.add_reader(&[room, other], true)).collect();
    let guest = board.add_reader(&[room], false);
    let mark = board.send(room, began, true);
    let warm_up = board.send(room, began, false);
    let (record, cold) = (message(&board, mark, 1), message(&board, warm_up, 2));
    board.take(guest, &record, began + MILLISECOND);
    for (index, &reader) in readers.iter().enumerate() {
        for _ in 0..2 {
            board.take(reader, &record, began + MILLISECOND * (10 * (index as u32 + 1)));
            board.take(reader, &cold, began + MILLISECOND * 50);
        }
    }
    let reply = format!(r#"{{"type":"reply","id":"{}","result":{{"seq":1}}}}"#, mark.digits());
    board.take(readers[0], reply.as_bytes(), began + MILLISECOND * 5);
    let group = board.group(0);
    let range = |times: &chinwag_bench::load::Times| {
        let latency = times.latency("x", false).unwrap();
        (latency.count, (latency.min / 1_000.0).round(), (latency.max / 1_000.0).round())
    };
    assert_eq!(range(&group.acknowledged), (1, 5.0, 5.0));
    assert_eq!(range(&group.first), (1, 10.0, 10.0));
    assert_eq!(range(&group.each), (4, 10.0, 40.0));
    assert_eq!(range(&group.last), (1, 40.0, 40.0));
    assert_eq!(board.group(1).each.count(), 0);
    let deliveries = board.deliveries();
    // The second message was not acknowledged, and so is not expected.
    assert_eq!((deliveries.sent, deliveries.acknowledged, deliveries.refused), (2, 1, 1));
    assert_eq!((deliveries.expected, deliveries.delivered, deliveries.lost), (4, 4, 0));
    assert_eq!((deliveries.doubled, deliveries.disordered, deliveries.foreign), (8, 0, 0));
}

/// JSON has no order of members.
#[test]
fn answers_are_understood_wherever_their_type_stands() {
    let began = Instant::now();
    let mut board = Board::new(Marker::new(1), 1);
    let room = board.add_conversation(0);
    let reader = board.add_reader(&[room], true);
    for (answer, acknowledged) in [
        (r#"{"type":"reply","id":"ID","result":{}}"#, 1),
        (r#"{"id":"ID","result":{"type":"x"},"type":"reply"}"#, 2),
        (r#"{"id":"ID","problem":{"type":"urn:x"},"type":"problem"}"#, 2),
        (r#"{"type":"problem","id":"ID","problem":{"type":"urn:x"}}"#, 2),
        (r#"{"type":"reply","id":"of another","result":{}}"#, 2),
    ] {
        let mark = board.send(room, began, true);
        board.take(reader, answer.replace("ID", &mark.digits()).as_bytes(), began);
        assert_eq!(board.deliveries().acknowledged, acknowledged, "{answer}");
    }
    assert!(board.notes().iter().any(|note| note.contains("urn:x")), "the refusal is told");
}
