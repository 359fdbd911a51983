//! Readers that come back after a long absence: what replaying the log to them costs.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use chinwag_client::{RecordBytesOptions, Session, Transport, WebSocketOptions};
use chinwag_protocol::{ConversationId, Cursor, Seq};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::ScenarioError;
use super::load::figure;
use crate::absence::{Absence, Away};
use crate::fill::Filling;
use crate::floor::{FanOut, Place, Writer};
use crate::outside::{Metrics, Process};
use crate::report::{Deliveries, Figure, Floor, Run};
use crate::target::Target;

/// Requests of the filling that are under way at any time.
const IN_FLIGHT: usize = 1024;
/// How long one reader may take; what has not come then is lost.
const READER_MAX: Duration = Duration::from_secs(60);
/// Frames of one write of the floor, as the server has it.
const FRAMES_OF_A_WRITE: usize = 64;
/// How records of messages begin.
const MESSAGE: &[u8] = br#"{"type":"message""#;

/// How long an absence, of how many, from what.
#[derive(Debug, Clone)]
pub struct CatchUpOptions {
    /// How events are asked for.
    pub transport: Transport,
    /// Messages that the database holds at least.
    pub stored: usize,
    /// Accounts that come back, one after the other.
    pub readers: usize,
    /// What each has missed.
    pub absence: Absence,
    /// Messages after that which are for others. If the window of recent events holds all of them, nothing is read from the
    /// database.
    pub foreign: usize,
    /// Whether compression is offered on WebSockets.
    pub deflate: bool,
}

/// Readers that may come back to a server on this database.
#[derive(Debug)]
pub struct Absent {
    tokens: Vec<String>,
    cursor: Cursor,
    /// CPU of reading just the rows that one has missed, by their keys.
    bare_read: Duration,
}

/// What one reader had.
#[derive(Debug, Default)]
struct Had {
    took: Duration,
    records: u64,
    disordered: u64,
    bytes: usize,
}

#[derive(Deserialize)]
struct Row {
    conversation: ConversationId,
    seq: Seq,
}

/// Fills a database, which no server may have open, up to what the scenario wants. One that is there is used again.
pub async fn fill_for_catch_up(folder: &Path, options: &CatchUpOptions) -> Result<Absent, ScenarioError> {
    let filling = Filling::open(folder, IN_FLIGHT)?;
    let before = filling.head().await?.get();
    let rooms = filling.rooms().await?;
    let away = Away::make(&filling, options.readers, options.absence).await?;
    filling.send(&rooms, options.stored.saturating_sub(before as usize)).await?;
    let missed = away.miss(&filling).await?;
    filling.send(&rooms, options.foreign).await?;
    let bare_read = missed.bare_read(folder)?;
    let cursor = filling.cursor(missed.after);
    filling.store.close().await;
    Ok(Absent { tokens: away.accounts.into_iter().map(|(_, token)| token).collect(), cursor, bare_read })
}

/// Lets the readers come back one after the other.
pub async fn catch_up(
    target: &Target,
    options: &CatchUpOptions,
    absent: &Absent,
    place: Option<&Place>,
) -> Result<Run, ScenarioError> {
    let Some((pid, admin)) = target.pid.zip(target.admin) else {
        return Err(ScenarioError::Unfit("what the server uses can only be read on this machine".to_owned()));
    };
    let process = Process::new(pid)?;
    let before = Metrics::read(admin).await?;
    let mut had = Vec::new();
    let mut cpu = Vec::new();
    for token in &absent.tokens {
        let session = target.client()?.session(token).await?;
        let cpu_before = process.cpu()?;
        had.push(come_back(&session, options, &absent.cursor).await?);
        cpu.push(process.cpu()?.saturating_sub(cpu_before).as_secs_f64() * 1e3);
    }
    let metrics = Metrics::read(admin).await?;

    let sum = |of: fn(&Had) -> u64| had.iter().map(of).sum::<u64>();
    let records = sum(|had| had.records);
    let bytes = sum(|had| had.bytes as u64) as f64 / had.len() as f64;
    let mut times: Vec<f64> = had.iter().map(|had| had.took.as_secs_f64() * 1e3).collect();
    let (first, first_cpu) = (times[0], cpu[0]);
    times.sort_unstable_by(f64::total_cmp);
    let mean_cpu = cpu.iter().sum::<f64>() / cpu.len() as f64;
    let floor = match place {
        Some(place) => Some(floor(place, options, absent, bytes).await?),
        None => None,
    };
    let figures = vec![
        Figure { floor, ..figure("server CPU per reader", mean_cpu, "ms") },
        figure("server CPU for the first reader", first_cpu, "ms"),
        figure("time per reader", times[times.len() / 2], "ms"),
        figure("time for the first reader", first, "ms"),
        figure("records", records as f64 / times.iter().sum::<f64>() * 1e3, "records/s"),
        figure("bytes per reader", bytes / 1024.0, "KiB"),
        figure("pages read per reader", metrics.grown(&before, "hub_pages_read") / had.len() as f64, "pages"),
    ];
    let missed = options.absence.missed as u64;
    let expected = options.readers as u64 * missed;
    Ok(Run {
        scenario: "catch-up".to_owned(),
        way: target.way(options.transport),
        settings: [
            ("stored", json!(options.stored)),
            ("readers", json!(options.readers)),
            ("conversations of each", json!(options.absence.conversations)),
            ("missed", json!(missed)),
            ("missed in conversations", json!(options.absence.missed_in)),
            ("for others", json!(options.foreign)),
            ("deflate", json!(options.deflate)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        figures,
        latencies: Vec::new(),
        series: Vec::new(),
        deliveries: Some(Deliveries {
            sent: missed,
            acknowledged: missed,
            expected,
            delivered: records,
            lost: expected.saturating_sub(records),
            disordered: sum(|had| had.disordered),
            ..Deliveries::default()
        }),
        notes: Vec::new(),
    })
}

async fn floor(
    place: &Place,
    options: &CatchUpOptions,
    absent: &Absent,
    bytes: f64,
) -> Result<Floor, ScenarioError> {
    let missed = options.absence.missed as f64;
    let writing = FanOut {
        writer: Writer::Epoll,
        sockets: 1,
        frame_bytes: (bytes / missed) as usize,
        frames_per_write: FRAMES_OF_A_WRITE,
    };
    let writing = writing.measure(place).await?.cpu_us * missed / 1e3;
    Ok(Floor {
        name: format!("the rows by key from SQLite, and their bytes, {FRAMES_OF_A_WRITE} a write"),
        value: absent.bare_read.as_secs_f64() * 1e3 + writing,
    })
}

/// Reads all that was missed.
async fn come_back(
    session: &Session,
    options: &CatchUpOptions,
    after: &Cursor,
) -> Result<Had, ScenarioError> {
    let websocket = WebSocketOptions { deflate: options.deflate, ..WebSocketOptions::default() };
    let asking =
        RecordBytesOptions { websocket, poll_interval: Duration::ZERO, ..RecordBytesOptions::default() };
    let mut had = Had::default();
    let mut last: HashMap<ConversationId, Seq> = HashMap::new();
    let began = Instant::now();
    let reading = async {
        let mut records = session.record_bytes(options.transport, Some(after.clone()), &asking).await?;
        let mut malformed = None;
        while had.records < options.absence.missed as u64 {
            records
                .next(|json| {
                    if !json.starts_with(MESSAGE) {
                        return;
                    }
                    had.records += 1;
                    had.bytes += json.len();
                    match serde_json::from_slice::<Row>(json) {
                        Ok(row) => {
                            let before = last.insert(row.conversation, row.seq);
                            had.disordered +=
                                u64::from(before.is_some_and(|before| before.next() != row.seq));
                        }
                        Err(error) => malformed = Some(error),
                    }
                })
                .await?;
            if let Some(error) = malformed {
                return Err(ScenarioError::Failed(format!("a message that is none: {error}")));
            }
        }
        Ok(())
    };
    // What has not come is lost, and is counted so.
    if let Ok(result) = timeout(READER_MAX, reading).await {
        result?;
    }
    had.took = began.elapsed();
    Ok(had)
}
