//! Backups of a running program, and what clients make of it when one is put back.

use std::collections::HashMap;

use chinwag_client::{HistoryRange, Protocol};
use chinwag_protocol::{ConversationId, Record, Seq};
use tempfile::TempDir;

use crate::history_check::{Acknowledged, Received};
use crate::lines::Rooms;
use crate::posting::{cursor_of_now, post, reader};
use crate::program::{Program, run};
use crate::server::within;
use crate::storage::talk::{TRANSPORTS, Talk};

/// The messages of a room from the first row on: no hole, no message twice.
async fn messages_of(session: &chinwag_client::Session, room: ConversationId) -> HashMap<Seq, Received> {
    let mut messages = HashMap::new();
    let mut after = Seq::ZERO;
    loop {
        let page = within("a page", session.history(room, HistoryRange::After(after), 200)).await;
        let page = page.expect("history may be read");
        for message in page.messages {
            assert_eq!(message.seq, after.next());
            after = after.next();
            messages.insert(after, Received::of_page(room, message));
        }
        if page.to_seq < page.from_seq {
            break;
        }
    }
    let ids: std::collections::HashSet<_> = messages.values().map(|message| message.client_id).collect();
    assert_eq!(ids.len(), messages.len());
    messages
}

fn is_in(acknowledged: &[Acknowledged], messages: &HashMap<Seq, Received>) {
    for sent in acknowledged {
        let kept = &messages[&sent.seq];
        assert_eq!((kept.client_id, &kept.text, kept.n), (sent.client_id, &sent.text, sent.seq.get()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_put_back_and_who_was_ahead_comes_right() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let (data, restored) = (folder.path().join("data"), folder.path().join("restored"));
    let backup = folder.path().join("backup.db").display().to_string();
    let program = Program::start(&data);
    let talk = Talk::begin(&program, "tea", 200).await;
    talk.goes_on(200).await;

    let before = talk.told();
    let (of, to) = (data.clone(), backup.clone());
    let output = tokio::task::spawn_blocking(move || run(&["backup", &to], &of)).await.expect("it runs");
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    assert!(
        out.starts_with(&format!("{backup} holds ")) && out.ends_with(" events and was checked.\n"),
        "{out}"
    );
    talk.goes_on(200).await;
    let ahead = cursor_of_now(&talk.ada).await;
    let (ada, room, start) = (talk.ada.clone(), talk.room, talk.start.clone());
    let finished = talk.end().await;
    finished.is_kept_by(&program).await;
    program.stop();

    let output = run(&["restore", &backup], &restored);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = Program::start(&restored);
    let ada = program.resume(&ada, Protocol::Http1).await;
    let kept = messages_of(&ada, room).await;
    is_in(&before, &kept);
    assert!(kept.len() < finished.acknowledged.len());
    // What is there is what was there.
    let sent: HashMap<Seq, &Acknowledged> =
        finished.acknowledged.iter().map(|sent| (sent.seq, sent)).collect();
    for (seq, message) in &kept {
        assert_eq!((message.client_id, &message.text), (sent[seq].client_id, &sent[seq].text));
    }

    let rooms = Rooms(vec![(room, "tea")]);
    let next = kept.len() + 1;
    for (number, transport) in TRANSPORTS.into_iter().enumerate() {
        let mut was_ahead = reader(&ada, transport, &ahead);
        assert_eq!(rooms.read(&mut was_ahead, 1).await, ["gap Ahead /v1/sync"], "{transport:?}");
        // It synchronises, and goes on from there; so does who has only what was kept.
        let sync = within("sync", ada.sync(None)).await.expect("sync is answered");
        let row = &sync.conversations[0];
        assert_eq!(row.seq.get() as usize, kept.len() + number);
        let mut synced = reader(&ada, transport, &sync.cursor);
        let seq = post(&ada, room, "after the restore").await.seq;
        assert_eq!(seq.get() as usize, next + number);
        let line = format!("tea {seq} #{seq} Ada: after the restore");
        assert_eq!(rooms.read(&mut was_ahead, 1).await, [line.as_str()], "{transport:?}");
        assert_eq!(rooms.read(&mut synced, 1).await, [line.as_str()], "{transport:?}");
        let mut from_the_start = reader(&ada, transport, &start);
        let mut rows = 0;
        while rows < seq.get() {
            let record = within("a record", from_the_start.next()).await.expect("reading is not refused");
            assert!(!matches!(record, Record::Gap { .. }));
            if let Some(message) = Received::of(&record) {
                rows += 1;
                assert_eq!(message.seq, Seq::new(rows));
            }
        }
    }

    // A message that was lost is sent again by who still has it, and stored as if it were new.
    let lost = finished.acknowledged.iter().find(|sent| !kept.contains_key(&sent.seq));
    let lost = lost.expect("more was sent after the backup");
    let again = within("a send", ada.send(room, lost.client_id, &lost.text, None)).await;
    assert_eq!(again.expect("it is stored").seq.get() as usize, next + TRANSPORTS.len());
    program.stop();
}

#[test]
fn what_cannot_be_done_is_told_with_what_to_do() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let file = folder.path().join("backup.db").display().to_string();
    let refused = |arguments: &[&str], what: &str, next_step: &str| {
        let output = run(arguments, &data);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(what) && error.contains(next_step), "{error}");
    };
    refused(&["backup", &file], "there is no database at", "Name the data directory: --data DIR");
    refused(&["restore", &file], "there is no database at", "Name the file that `chinwag backup` made.");
    std::fs::create_dir_all(&data).expect("a folder can be made");
    std::fs::write(&file, "").expect("a file can be written");
    std::fs::write(data.join("something"), "").expect("a file can be written");
    refused(&["restore", &file], "is not empty", "Move what is in it away");
    refused(&["check"], "there is no database at", "Name the data directory: --data DIR");
}
