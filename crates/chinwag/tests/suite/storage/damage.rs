//! Data that are not what was written.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use chinwag_client::{HistoryRange, Protocol};
use chinwag_protocol::{Code, Record};
use http::StatusCode;
use tempfile::TempDir;

use crate::posting::{cursor_of_now, post, reader};
use crate::program::{Program, run};
use crate::server::{open, within};
use crate::storage::talk::{TRANSPORTS, until};

/// Changes one bit of the only place in a file where this stands.
fn flip(path: &Path, text: &str) {
    let bytes = fs::read(path).expect("the file can be read");
    let places: Vec<usize> = (0..bytes.len().saturating_sub(text.len()))
        .filter(|&at| &bytes[at..at + text.len()] == text.as_bytes())
        .collect();
    assert_eq!(places.len(), 1, "{text} in {}", path.display());
    let file = File::options().write(true).open(path).expect("the file can be written");
    file.write_all_at(&[bytes[places[0]] ^ 1], places[0] as u64).expect("it can be written");
}

/// Says what is wrong and what to do, and ends with 1.
fn is_refused(data: &Path, arguments: &[&str], what: &str) {
    let output = run(arguments, data);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(what), "{error}");
    assert!(error.contains("next: ") && error.contains("chinwag restore FILE"), "{error}");
}

const SERVE: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin-listen", "off"];

#[tokio::test]
async fn r11_a_damaged_end_is_refused_with_what_to_do() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let program = Program::start(&data);
    let ada = program.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    post(&ada, tea, "the message that is damaged").await;
    program.stop();
    flip(&data.join("chinwag.db"), "the message that is damaged");
    is_refused(&data, &SERVE, "its checksum is wrong");
    is_refused(&data, &["check"], "event 4: its checksum is wrong");
    is_refused(
        &data,
        &["backup", &format!("{}/backup.db", folder.path().display())],
        "its checksum is wrong",
    );
}

/// What a killed server has left: acknowledged messages stand in the write-ahead log alone.
#[tokio::test]
async fn r11_a_damaged_write_ahead_log_is_refused_with_what_to_do() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let program = Program::start(&data);
    let ada = program.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    for text in ["one", "two", "three"] {
        post(&ada, tea, text).await;
    }
    program.kill();
    let log = data.join("chinwag.db-wal");
    // In the first frame, behind its header and the log's.
    let file = File::options().read(true).write(true).open(log).expect("the file can be written");
    let mut byte = [0];
    file.read_exact_at(&mut byte, 32 + 24 + 100).expect("it can be read");
    file.write_all_at(&[byte[0] ^ 1], 32 + 24 + 100).expect("it can be written");
    is_refused(&data, &SERVE, "its write-ahead log is damaged at frame 1 of");
    is_refused(&data, &["check"], "its write-ahead log is damaged at frame 1 of");
}

/// In the middle it is found when somebody reads there, and by a check; everything else goes on.
#[tokio::test]
async fn r11_a_damaged_middle_is_served_to_nobody() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let program = Program::start(&data);
    let ada = program.guest("Ada").await;
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    let start = cursor_of_now(&ada).await;
    post(&ada, tea, "the message that is damaged").await;
    post(&ada, news, "good news").await;
    // Beyond what a start reads: 64 MiB of text are folded, and as much is in memory.
    let text = "x".repeat(32_000);
    let mut posting = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (ada, text) = (ada.clone(), text.clone());
        posting.spawn(async move {
            for _ in 0..300 {
                post(&ada, news, &text).await;
            }
        });
    }
    posting.join_all().await;
    program.stop();
    flip(&data.join("chinwag.db"), "the message that is damaged");

    let program = Program::start(&data);
    assert_eq!(program.admin("/ready").await.0, StatusCode::OK);
    let ada = program.resume(&ada, Protocol::Http1).await;
    let page = within("a page", ada.history(tea, HistoryRange::Newest, 10)).await;
    assert_eq!(page.expect_err("it is damaged").code(), Some(Code::Internal));
    assert!(program.metric("chinwag_store_damage_met_total").await >= 1);
    // Who has to read on from before it, in whatever way, gets nothing from there, and above all not what comes after it.
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let ada = program.resume(&ada, protocol).await;
        for transport in TRANSPORTS {
            let met = program.metric("chinwag_store_damage_met_total").await;
            let mut reader = reader(&ada, transport, &start);
            let reading = tokio::spawn(async move {
                while let Ok(record) = reader.next().await {
                    assert!(
                        matches!(record, Record::Hello { .. }),
                        "{transport} over {protocol:?}: {record:?}"
                    );
                }
            });
            until("it comes there again and again", async || {
                program.metric("chinwag_store_damage_met_total").await >= met + 3
            })
            .await;
            reading.abort();
            assert!(reading.await.is_err_and(|error| error.is_cancelled()), "{transport} over {protocol:?}");
        }
    }
    let page = within("a page", ada.history(news, HistoryRange::Newest, 1)).await.expect("it is whole");
    assert_eq!(page.to_seq.get(), 4801);
    post(&ada, news, "more news").await;
    is_refused(&data, &["check"], "its checksum is wrong");
    program.stop();
}
