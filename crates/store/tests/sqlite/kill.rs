//! What was answered is there after the process was killed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::fold::timelines_are_whole;
use crate::support::{Seen, guest, open_folding, open_room, send, start};
use chinwag_chat::Reply;
use chinwag_protocol::{ClientId, Seq};
use chinwag_store::{HistoryRange, SqliteOptions, Store};
use tempfile::TempDir;
use uuid::Uuid;

const FOLDER: &str = "CHINWAG_KILL_FOLDER";
const RECENT_ROWS: &str = "CHINWAG_KILL_RECENT_ROWS";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_a_kill() {
    kill_while_it_sends(SqliteOptions::default().recent_rows).await;
}

/// The kill comes while rows are folded: in a round that the next process goes on with.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_a_kill_while_folding() {
    for recent_rows in [1, 60] {
        kill_while_it_sends(recent_rows).await;
    }
}

async fn kill_while_it_sends(recent_rows: usize) {
    let folder = TempDir::new().unwrap();
    let mut answered: HashMap<ClientId, u64> = HashMap::new();
    for round in 1..=4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::sends_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(RECENT_ROWS, recent_rows.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut take = |line: String| {
            if let Some((id, seq)) = line.strip_prefix("stored ").and_then(|rest| rest.split_once(' ')) {
                answered.insert(id.parse().unwrap(), seq.parse().unwrap());
            }
        };
        lines.by_ref().take(100 * round).for_each(&mut take);
        child.kill().unwrap();
        lines.for_each(take);
        child.wait().unwrap();

        timelines_are_whole(&folder.path().join("chinwag.db"));
        let store = start(open_folding(folder.path(), recent_rows), Arc::new(Seen::default()));
        let reader = guest(&*store).await;
        let room = open_room(&*store, reader).await;
        let all = HistoryRange::After(Seq::ZERO);
        let history = store.history(reader.account, room.id, all, usize::MAX).await.unwrap().unwrap();
        let seqs: Vec<u64> = history.messages.iter().map(|(seq, ..)| seq.get()).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        let stored: HashMap<ClientId, u64> =
            history.messages.iter().map(|(seq, _, message)| (message.client_id, seq.get())).collect();
        assert!(answered.len() >= 50 * round);
        for (id, seq) in &answered {
            assert_eq!(stored.get(id), Some(seq));
        }
        store.close().await;
    }
}

/// The process that is killed; without a folder to send into there is nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn sends_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let recent_rows = std::env::var(RECENT_ROWS).unwrap().parse().unwrap();
    let store: Arc<dyn Store> = start(open_folding(folder.as_ref(), recent_rows), Arc::new(Seen::default()));
    let ada = guest(&*store).await;
    let room = open_room(&*store, ada).await;
    for _ in 0..8 {
        let (store, room) = (Arc::clone(&store), room.clone());
        tokio::spawn(async move {
            loop {
                let id = ClientId::new(Uuid::now_v7());
                if let Ok(Reply::Stored { seq, .. }) = store.submit(send(ada, &room, id, "hello")).await {
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "stored {id} {seq}").unwrap();
                    out.flush().unwrap();
                }
            }
        });
    }
    std::future::pending::<()>().await;
}
