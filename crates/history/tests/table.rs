//! Good histories are good, and each bad one is found for what is wrong with it.
//!
//! Account `a` has the reader `r`, account `b` the reader `s`; everything happens in the conversation `c`. The text of a
//! message is its `client_id`.

use chinwag_history::{Fault, Recorder, Summary, Violation, check};
use serde_json::{Value, json};

fn begin() -> Vec<Value> {
    let mut lines = vec![
        json!({"event": "reader", "reader": "r", "account": "a"}),
        json!({"event": "connect", "reader": "r", "transport": "sse"}),
        json!({"event": "reader", "reader": "s", "account": "b"}),
        json!({"event": "connect", "reader": "s", "transport": "poll"}),
    ];
    lines.extend(["r", "s"].map(|reader| synced(reader, 0)));
    lines
}

fn synced(reader: &str, seq: u64) -> Value {
    json!({"event": "synced", "reader": reader, "conversations": [{"id": "c", "seq": seq}]})
}

fn connect(reader: &str) -> Value {
    json!({"event": "connect", "reader": reader, "transport": "websocket"})
}

fn send(client_id: &str) -> Value {
    json!({"event": "send", "account": "a", "conversation": "c", "client_id": client_id, "text": client_id, "over": "post"})
}

fn after(client_id: &str, follows: &str) -> Value {
    let mut line = send(client_id);
    line["follows"] = json!(follows);
    line
}

fn ack(client_id: &str, seq: u64) -> Value {
    json!({"event": "acknowledged", "account": "a", "client_id": client_id, "seq": seq})
}

fn refused(client_id: &str, status: u16) -> Value {
    json!({"event": "refused", "account": "a", "client_id": client_id, "status": status, "code": "…"})
}

fn message(client_id: &str, seq: u64, n: u64) -> Value {
    json!({"seq": seq, "n": n, "sender": {"id": "a", "name": "Ada"}, "client_id": client_id, "text": client_id,
        "sent_at": "2026-01-01T00:00:00.000Z"})
}

fn record(reader: &str, record: &Value) -> Value {
    json!({"event": "received", "reader": reader, "record": record})
}

/// A message where every row before it is one too.
fn got(reader: &str, client_id: &str, seq: u64) -> Value {
    got_as(reader, client_id, seq, seq)
}

fn got_as(reader: &str, client_id: &str, seq: u64, n: u64) -> Value {
    let mut told = message(client_id, seq, n);
    told["type"] = json!("message");
    told["conversation"] = json!("c");
    told["cursor"] = json!("…");
    record(reader, &told)
}

fn deletion(reader: &str, target: u64, seq: u64) -> Value {
    record(
        reader,
        &json!({"type": "delete", "conversation": "c", "seq": seq, "target": target, "sender": {"id": "a"}}),
    )
}

fn hidden(reader: &str, seq: u64) -> Value {
    record(reader, &json!({"type": "hidden", "conversation": "c", "seq": seq}))
}

fn joined(reader: &str, account: &str, from_seq: u64) -> Value {
    record(
        reader,
        &json!({"type": "member", "account": account, "conversation": "c", "change": "joined", "from_seq": from_seq}),
    )
}

fn left(reader: &str, account: &str) -> Value {
    record(reader, &json!({"type": "member", "account": account, "conversation": "c", "change": "left"}))
}

fn gap(reader: &str) -> Value {
    record(reader, &json!({"type": "gap", "reason": "ahead", "sync": "/v1/sync", "cursor": "…"}))
}

fn page(reader: &str, from_seq: u64, to_seq: u64, messages: &[Value]) -> Value {
    json!({"event": "page", "reader": reader, "conversation": "c",
        "page": {"messages": messages, "from_seq": from_seq, "to_seq": to_seq, "cursor": "…"}})
}

fn done(reader: &str) -> Value {
    json!({"event": "done", "reader": reader})
}

fn delete(target: u64) -> Value {
    json!({"event": "delete", "account": "a", "conversation": "c", "target": target})
}

fn deleted(target: u64, seq: u64) -> Value {
    json!({"event": "deleted", "account": "a", "conversation": "c", "target": target, "seq": seq})
}

fn account_left(account: &str) -> Value {
    json!({"event": "left", "account": account, "conversation": "c"})
}

fn account_joins(account: &str) -> Value {
    json!({"event": "join", "account": account, "conversation": "c"})
}

fn several() -> Value {
    json!({"event": "several"})
}

fn backup() -> Value {
    json!({"event": "backup"})
}

fn restored(seq: u64) -> Value {
    json!({"event": "restored", "conversations": [{"id": "c", "seq": seq}]})
}

fn run(lines: &[Value]) -> Result<Summary, Vec<Violation>> {
    check(begin().into_iter().chain(lines.iter().cloned()).map(|line| Ok(line.to_string())))
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn good_histories_are_good() {
    let k = ["k1", "k2", "k3"].map(send);
    let [k1, k2, k3] = k;
    let gone = |id| {
        let mut told = message(id, 1, 1);
        (told["text"], told["deleted"]) = (json!(""), json!(true));
        told
    };
    let table: Vec<(&str, Vec<Value>)> = vec![
        ("nothing", vec![]),
        (
            "one for all",
            vec![k1.clone(), got("r", "k1", 1), ack("k1", 1), got("s", "k1", 1), done("r"), done("s")],
        ),
        ("known by a page only", vec![k1.clone(), ack("k1", 1), page("r", 1, 1, &[message("k1", 1, 1)])]),
        ("unanswered and absent", vec![k1.clone()]),
        ("unanswered and stored", vec![k1.clone(), got("r", "k1", 1), done("s")]),
        ("refused", vec![k1.clone(), refused("k1", 429)]),
        (
            "refused, and stored by the retry",
            vec![k1.clone(), refused("k1", 429), k1.clone(), ack("k1", 1), got("r", "k1", 1)],
        ),
        (
            "refused by a failure that may have stored it",
            vec![k1.clone(), refused("k1", 503), got("r", "k1", 1)],
        ),
        (
            "a retry with the same answer",
            vec![k1.clone(), k1.clone(), ack("k1", 1), ack("k1", 1), got("r", "k1", 1)],
        ),
        (
            "following",
            vec![
                k1.clone(),
                ack("k1", 1),
                after("k2", "k1"),
                ack("k2", 2),
                got("r", "k1", 1),
                got("r", "k2", 2),
            ],
        ),
        (
            "a deletion that one sees happen, and one does not",
            vec![
                k1.clone(),
                ack("k1", 1),
                got("r", "k1", 1),
                delete(1),
                deleted(1, 2),
                deletion("r", 1, 2),
                page("s", 1, 2, &[gone("k1")]),
                deletion("s", 1, 2),
            ][..7]
                .to_vec(),
        ),
        (
            "a row that is hidden",
            vec![
                k1.clone(),
                k2.clone(),
                hidden("r", 1),
                got("r", "k2", 2),
                got("s", "k1", 1),
                got("s", "k2", 2),
            ],
        ),
        (
            "a server that has not heard of its leaving",
            vec![
                several(),
                k1.clone(),
                k2.clone(),
                got("s", "k1", 1),
                account_left("b"),
                connect("s"),
                got("s", "k2", 2),
                left("s", "b"),
                got("r", "k1", 1),
                got("r", "k2", 2),
            ],
        ),
        (
            "leaving and coming back",
            vec![
                k1.clone(),
                got("s", "k1", 1),
                account_left("b"),
                left("s", "b"),
                k2.clone(),
                got("r", "k1", 1),
                got("r", "k2", 2),
                account_joins("b"),
                connect("s"),
                joined("s", "b", 3),
                k3.clone(),
                got("s", "k3", 3),
                got("r", "k3", 3),
                ack("k3", 3),
                done("s"),
            ],
        ),
        (
            "a gap that pages fill, with rows that come again",
            vec![
                k1.clone(),
                k2.clone(),
                k3.clone(),
                gap("r"),
                synced("r", 2),
                page("r", 1, 2, &[message("k1", 1, 1), message("k2", 2, 2)]),
                got("r", "k2", 2),
                got("r", "k3", 3),
                ack("k3", 3),
                done("r"),
            ],
        ),
        (
            "a backup that is put back, with one who had all of it and one who had more",
            vec![
                k1.clone(),
                got("r", "k1", 1),
                got("s", "k1", 1),
                backup(),
                ack("k1", 1),
                k2.clone(),
                got("r", "k2", 2),
                ack("k2", 2),
                delete(1),
                deletion("r", 1, 3),
                deleted(1, 3),
                restored(1),
                k3.clone(),
                ack("k3", 2),
                got("s", "k3", 2),
                gap("r"),
                synced("r", 2),
                page("r", 2, 2, &[message("k3", 2, 2)]),
                k2.clone(),
                ack("k2", 3),
                got("r", "k2", 3),
                got("s", "k2", 3),
                done("r"),
                done("s"),
            ],
        ),
        (
            "a backup with what came while it was taken",
            vec![k1.clone(), backup(), ack("k1", 1), got("r", "k1", 1), restored(1), done("r")],
        ),
        ("what is not known", vec![json!({"event": "mood"}), record("r", &json!({"type": "typing"}))]),
    ];
    for (what, lines) in table {
        assert!(run(&lines).is_ok(), "{what}: {:?}", run(&lines));
    }
}

#[test]
fn bad_histories_are_found() {
    let [k1, k2, k3] = ["k1", "k2", "k3"].map(send);
    let three = || vec![k1.clone(), k2.clone(), k3.clone()];
    let with = |more: Vec<Value>| [three(), more].concat();
    let hole = |expected, got| Fault::Hole { reader: text("r"), conversation: text("c"), expected, got };
    let repeated = |seq| Fault::Repeated { reader: text("r"), conversation: text("c"), seq };
    let not_member = |seq| Fault::NotMember { reader: text("s"), conversation: text("c"), seq };
    let differs = |seq, first: &str, second: &str| Fault::Differs {
        conversation: text("c"),
        seq,
        first: text(first),
        second: text(second),
    };
    let lost = |what: &str, seq| Fault::Lost { what: text(what), seq };
    let mut changed = message("k1", 1, 1);
    changed["text"] = json!("something else");
    let mut emptied = message("k1", 1, 1);
    (emptied["text"], emptied["deleted"]) = (json!(""), json!(true));
    let table: Vec<(&str, Vec<Value>, Fault)> = vec![
        ("acknowledged and nowhere", with(vec![ack("k1", 1)]), lost("k1", 1)),
        (
            "acknowledged, and another is there",
            with(vec![ack("k1", 1), got("r", "k2", 1)]),
            differs(1, "k2 with n = 1", "k1"),
        ),
        (
            "acknowledged at another row",
            with(vec![ack("k2", 2), got("r", "k2", 1)]),
            Fault::Doubled { client_id: text("k2"), first: 1, second: 2 },
        ),
        (
            "stored twice",
            with(vec![got("r", "k1", 1), got("r", "k1", 2)]),
            Fault::Doubled { client_id: text("k1"), first: 1, second: 2 },
        ),
        (
            "a retry with another answer",
            vec![k1.clone(), ack("k1", 1), k1.clone(), ack("k1", 2)],
            Fault::Moved { what: text("k1"), first: 1, second: 2 },
        ),
        (
            "two orders",
            with(vec![got("r", "k1", 1), got("r", "k2", 2), got("s", "k2", 1), got("s", "k1", 2)]),
            differs(1, "k1 with n = 1", "k2 with n = 1"),
        ),
        (
            "a page that tells another order",
            with(vec![got("r", "k1", 1), page("s", 1, 1, &[message("k2", 1, 1)])]),
            differs(1, "k1 with n = 1", "k2 with n = 1"),
        ),
        (
            "a page that leaves one out",
            with(vec![got("r", "k1", 1), page("s", 1, 2, &[message("k2", 2, 2)])]),
            differs(1, "k1 with n = 1", "no message"),
        ),
        (
            "a page out of order",
            with(vec![page("s", 1, 2, &[message("k2", 2, 2), message("k1", 1, 1)])]),
            Fault::Page { conversation: text("c"), from_seq: 1, to_seq: 2, seq: 1 },
        ),
        ("one lost", with(vec![got("r", "k1", 1), got_as("r", "k3", 3, 2)]), hole(2, 3)),
        ("the first lost", with(vec![got("r", "k2", 2)]), hole(1, 2)),
        ("one again", with(vec![got("r", "k1", 1), got("r", "k1", 1)]), repeated(1)),
        ("an old one", with(vec![got("r", "k1", 1), got("r", "k2", 2), got("r", "k1", 1)]), repeated(1)),
        ("from before it began", vec![synced("r", 1), k1.clone(), got("r", "k1", 1)], repeated(1)),
        ("a row lost over a gap", with(vec![gap("r"), synced("r", 2), got("r", "k3", 3)]), hole(1, 3)),
        (
            "wrongly counted",
            with(vec![got("r", "k1", 1), got_as("r", "k2", 2, 3)]),
            Fault::Miscounted { reader: text("r"), conversation: text("c"), seq: 2, expected: 2, n: 3 },
        ),
        (
            "counted in two ways",
            with(vec![got("r", "k1", 1), got_as("s", "k1", 1, 5)]),
            differs(1, "k1 with n = 1", "k1 with n = 5"),
        ),
        (
            "a changed text",
            vec![k1.clone(), page("r", 1, 1, &[changed])],
            Fault::Changed { client_id: text("k1") },
        ),
        (
            "deleted by nobody",
            vec![k1.clone(), page("r", 1, 1, &[emptied])],
            Fault::Changed { client_id: text("k1") },
        ),
        ("sent by nobody", vec![got("r", "k1", 1)], Fault::Unsent { client_id: text("k1") }),
        (
            "refused and stored",
            vec![k1.clone(), refused("k1", 429), got("r", "k1", 1)],
            Fault::Refused { client_id: text("k1") },
        ),
        (
            "after what is not there",
            vec![k1.clone(), after("k2", "k1"), got("r", "k2", 1)],
            Fault::Unfollowed { client_id: text("k2"), follows: text("k1") },
        ),
        (
            "before what it follows",
            vec![k1.clone(), after("k2", "k1"), got("r", "k2", 1), got("r", "k1", 2)],
            Fault::Unfollowed { client_id: text("k2"), follows: text("k1") },
        ),
        (
            "after it has left",
            with(vec![got("s", "k1", 1), left("s", "b"), got("s", "k2", 2)]),
            not_member(2),
        ),
        (
            "on a connection from after it has left",
            with(vec![got("s", "k1", 1), account_left("b"), connect("s"), got("s", "k2", 2)]),
            not_member(2),
        ),
        (
            "what was sent after it had left",
            vec![k1.clone(), got("s", "k1", 1), account_left("b"), k2.clone(), got("s", "k2", 2)],
            not_member(2),
        ),
        (
            "what was sent after it had left, by another server",
            vec![
                several(),
                k1.clone(),
                got("s", "k1", 1),
                account_left("b"),
                connect("s"),
                k2.clone(),
                got("s", "k2", 2),
            ],
            not_member(2),
        ),
        (
            "a page after it has left",
            with(vec![account_left("b"), page("s", 1, 1, &[message("k1", 1, 1)])]),
            not_member(1),
        ),
        ("from before it joined", with(vec![joined("r", "a", 3), got("r", "k2", 2)]), repeated(2)),
        ("not from where it joined", with(vec![joined("r", "a", 2), got("r", "k3", 3)]), hole(2, 3)),
        (
            "of another account",
            vec![joined("r", "b", 1)],
            Fault::NotOwn { reader: text("r"), account: text("b") },
        ),
        (
            "done too early",
            with(vec![got("r", "k1", 1), ack("k1", 1), done("s")]),
            Fault::Behind { reader: text("s"), conversation: text("c"), got: 0, acknowledged: 1 },
        ),
        (
            "a deletion lost",
            vec![k1.clone(), got("r", "k1", 1), delete(1), deleted(1, 2)],
            lost("the deletion of row 1", 2),
        ),
        (
            "a deletion twice",
            vec![k1.clone(), delete(1), deleted(1, 2), deleted(1, 3)],
            Fault::Moved { what: text("the deletion of row 1"), first: 2, second: 3 },
        ),
        (
            "a deletion of something else",
            vec![k1.clone(), got("r", "k1", 1), delete(1), deletion("r", 1, 2), deletion("s", 1, 1)],
            differs(1, "k1 with n = 1", "the deletion of row 1"),
        ),
        (
            "a backup without what was acknowledged before",
            with(vec![ack("k2", 2), got("r", "k1", 1), got("r", "k2", 2), backup(), restored(1)]),
            Fault::NotBackedUp { conversation: text("c"), kept: 1, acknowledged: 2 },
        ),
        (
            "a backup without a conversation",
            vec![
                k1.clone(),
                got("r", "k1", 1),
                ack("k1", 1),
                backup(),
                json!({"event": "restored", "conversations": []}),
            ],
            Fault::NotBackedUp { conversation: text("c"), kept: 0, acknowledged: 1 },
        ),
        (
            "a backup that tells something else",
            with(vec![got("r", "k1", 1), backup(), restored(1), page("s", 1, 1, &[message("k2", 1, 1)])]),
            differs(1, "k1 with n = 1", "k2 with n = 1"),
        ),
        (
            "a backup that has a message twice",
            with(vec![
                got("r", "k1", 1),
                backup(),
                restored(1),
                page("s", 1, 2, &[message("k1", 1, 1), message("k1", 2, 2)]),
            ]),
            Fault::Doubled { client_id: text("k1"), first: 1, second: 2 },
        ),
        (
            "ahead of a backup, and told of no gap",
            with(vec![got("r", "k1", 1), got("r", "k2", 2), backup(), restored(1), got("r", "k3", 2)]),
            Fault::NoGap { reader: text("r"), conversation: text("c"), seq: 2 },
        ),
        (
            "ahead of a backup, and told of no gap where it happens to fit",
            with(vec![got("r", "k1", 1), got("r", "k2", 2), backup(), restored(0), got("r", "k3", 3)]),
            Fault::NoGap { reader: text("r"), conversation: text("c"), seq: 3 },
        ),
        (
            "ahead of a backup, told of a gap, and without what came meanwhile",
            with(vec![
                got("r", "k1", 1),
                got("r", "k2", 2),
                backup(),
                restored(1),
                gap("r"),
                synced("r", 2),
                got("r", "k3", 3),
            ]),
            hole(2, 3),
        ),
        (
            "done with rows that never were",
            vec![
                k1.clone(),
                got("r", "k1", 1),
                backup(),
                restored(0),
                k2.clone(),
                ack("k2", 1),
                got("s", "k2", 1),
                done("r"),
            ],
            Fault::Behind { reader: text("r"), conversation: text("c"), got: 0, acknowledged: 1 },
        ),
        (
            "lost before the backup was put back",
            with(vec![backup(), ack("k1", 1), restored(0)]),
            lost("k1", 1),
        ),
        (
            "acknowledged after a restore, and nowhere",
            vec![k1.clone(), got("r", "k1", 1), backup(), restored(0), k1.clone(), ack("k1", 1)],
            lost("k1", 1),
        ),
        (
            "a restore of nothing",
            vec![restored(0)],
            Fault::Unusable(text("no backup was taken that could be put back")),
        ),
        (
            "a retry that sends something else",
            vec![k1.clone(), after("k1", "k0")],
            Fault::Unusable(text("a retry that sends something else")),
        ),
        ("a reader from nowhere", vec![done("t")], Fault::Unusable(text("this reader has not begun"))),
        (
            "an answer to nothing",
            vec![ack("k1", 1)],
            Fault::Unusable(text("what was acknowledged was not sent")),
        ),
    ];
    for (what, lines, fault) in table {
        let found = run(&lines).expect_err(what);
        assert_eq!(found[0].fault, fault, "{what}: {found:?}");
    }
}

#[test]
fn what_is_no_history_is_told_with_its_line() {
    for line in ["", "{}", "[]", "{\"event\":\"done\"}"] {
        let found = check([Ok(begin()[0].to_string()), Ok(line.to_owned())]).expect_err(line);
        assert!(matches!(&found[..], [Violation { line: Some(2), fault: Fault::Unusable(_) }]), "{found:?}");
    }
}

#[test]
fn a_million_faults_are_not_all_told() {
    let lines = (0..1_000_000).map(|_| Ok(done("t").to_string()));
    assert_eq!(check(lines).expect_err("none has begun").len(), 100);
}

#[test]
fn what_is_recorded_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let recorder = Recorder::create(&path).unwrap();
    recorder.reader("r", &"a");
    recorder.connect("r", "sse");
    recorder.synced("r", &[("c", 0)]);
    for (client_id, follows, seq) in [("k1", None, 1), ("k2", Some(&"k1"), 2)] {
        recorder.send(&"a", &"c", &client_id, client_id, follows, "websocket");
        recorder.refused(&"a", &client_id, 503, "unavailable");
        recorder.send(&"a", &"c", &client_id, client_id, follows, "post");
        recorder.acknowledged(&"a", &client_id, &seq);
        recorder.received("r", &got("r", client_id, seq)["record"]);
    }
    recorder.delete(&"a", &"c", &1);
    recorder.deleted(&"a", &"c", &1, &3);
    recorder.server("killed");
    recorder.received("r", &deletion("r", 1, 3)["record"]);
    recorder.page("r", &"c", &page("r", 2, 3, &[message("k2", 2, 2)])["page"]);
    recorder.done("r");
    recorder.left(&"a", &"c");
    recorder.join(&"a", &"c");
    recorder.several();
    recorder.backup();
    recorder.restored(&[("c", 3)]);
    recorder.finish().unwrap();
    let expected = Summary {
        lines: 22,
        acknowledged: 2,
        retries: 2,
        readers: 1,
        received: 3,
        paged: 1,
        conversations: 1,
        deaths: 1,
        ..Summary::default()
    };
    let summary = chinwag_history::check_files(&[&path]).unwrap();
    assert_eq!(summary, Summary { lines: summary.lines, ..expected });

    let program = env!("CARGO_BIN_EXE_check-history");
    let good = std::process::Command::new(program).arg(&path).output().unwrap();
    assert!(good.status.success(), "{good:?}");
    std::fs::write(&path, done("t").to_string()).unwrap();
    let bad = std::process::Command::new(program).arg(&path).output().unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&bad.stdout),
        "line 1: the history cannot be used: this reader has not begun\n"
    );
}
