//! Readers that come back after a long absence: what replaying the log to them costs.

use std::path::Path;
use std::time::{Duration, Instant};

use chinwag_client::{Client, ReaderOptions, Transport};
use chinwag_protocol::{Cursor, Record};
use serde_json::json;
use tokio::time::timeout;

use super::ScenarioError;
use crate::absence::{Absence, Away};
use crate::fill::{FillError, Filling};
use crate::outside::{Metrics, Process};
use crate::report::{Deliveries, Figure, Floor, Run};
use crate::target::{Start, Target};

/// Requests of the filling that are under way at any time.
const IN_FLIGHT: usize = 1024;
/// How long one reader may take.
const READER_MAX: Duration = Duration::from_secs(60);

/// How long an absence, of how many, from what.
#[derive(Debug, Clone)]
pub struct CatchUpOptions {
    /// How events are asked for.
    pub transport: Transport,
    /// Messages that the database holds at least. One that is there is filled up, so that it can be used again.
    pub stored: usize,
    /// Accounts that come back, one after the other.
    pub readers: usize,
    /// What each has missed.
    pub absence: Absence,
    /// Messages after that which are for others. As many as the window of recent events holds, or more: otherwise nothing is
    /// read from the database.
    pub foreign: usize,
}

impl Default for CatchUpOptions {
    fn default() -> Self {
        Self {
            transport: Transport::WebSocket,
            stored: 1_000_000,
            readers: 8,
            absence: Absence { conversations: 10_000, missed: 1_000, missed_in: 100 },
            foreign: 250_000,
        }
    }
}

/// Somebody who comes back.
struct Returning {
    token: String,
    cursor: Cursor,
}

/// What one reader had.
struct Had {
    took: Duration,
    records: u64,
    disordered: u64,
    bytes: usize,
}

/// Fills the database of a server that is started for this, and lets the readers come back to it one after the other.
pub async fn catch_up(
    start: &Start,
    client_options: &chinwag_client::ClientOptions,
    options: &CatchUpOptions,
) -> Result<Run, ScenarioError> {
    let (returning, bare_read) = fill(&start.data, options).await?;
    let target = Target::start(start, client_options.clone()).await?;
    let run = read(&target, options, &returning, bare_read).await;
    target.stop().await?;
    run
}

async fn fill(folder: &Path, options: &CatchUpOptions) -> Result<(Vec<Returning>, Duration), FillError> {
    let filling = Filling::open(folder, IN_FLIGHT)?;
    let rooms = filling.rooms().await?;
    let away = Away::make(&filling, options.readers, options.absence).await?;
    let head = filling.head().await?.get() as usize;
    filling.send(&rooms, options.stored.saturating_sub(head)).await?;
    let missed = away.miss(&filling).await?;
    filling.send(&rooms, options.foreign).await?;
    let bare_read = missed.bare_read(folder)?;
    let cursor = filling.cursor(missed.after);
    filling.store.close().await;
    let accounts = away.accounts.into_iter();
    Ok((accounts.map(|(_, token)| Returning { token, cursor: cursor.clone() }).collect(), bare_read))
}

async fn read(
    target: &Target,
    options: &CatchUpOptions,
    returning: &[Returning],
    bare_read: Duration,
) -> Result<Run, ScenarioError> {
    let Some((pid, admin)) = target.pid.zip(target.admin) else {
        return Err(ScenarioError::Unfit("what the server uses can only be read on this machine".to_owned()));
    };
    let process = Process::new(pid)?;
    let before = Metrics::read(admin).await?;
    let mut had = Vec::new();
    let mut cpu = Vec::new();
    for reader in returning {
        let client = target.client()?;
        let cpu_before = process.cpu()?;
        had.push(come_back(&client, options, reader).await?);
        cpu.push(process.cpu()?.saturating_sub(cpu_before).as_secs_f64() * 1e3);
    }
    let metrics = Metrics::read(admin).await?;
    let sum = |of: fn(&Had) -> u64| had.iter().map(of).sum::<u64>();
    let (records, expected) = (sum(|had| had.records), (options.readers * options.absence.missed) as u64);
    let mut times: Vec<f64> = had.iter().map(|had| had.took.as_secs_f64() * 1e3).collect();
    let (first, first_cpu) = (times[0], cpu[0]);
    times.sort_unstable_by(f64::total_cmp);
    let mean_cpu = cpu.iter().sum::<f64>() / cpu.len() as f64;
    let floor = Floor {
        name: "reading the rows by key from SQLite".to_owned(),
        value: bare_read.as_secs_f64() * 1e3,
    };
    let figure = |name: &str, value: f64, unit: &str| Figure {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        floor: None,
    };
    let figures = vec![
        Figure { floor: Some(floor), ..figure("server CPU per reader", mean_cpu, "ms") },
        figure("server CPU for the first reader", first_cpu, "ms"),
        figure("time per reader", times[times.len() / 2], "ms"),
        figure("time for the first reader", first, "ms"),
        figure("records", records as f64 / times.iter().sum::<f64>() * 1e3, "records/s"),
        figure("bytes per reader", sum(|had| had.bytes as u64) as f64 / had.len() as f64, "bytes"),
        figure("pages read per reader", metrics.grown(&before, "hub_pages_read") / had.len() as f64, "pages"),
    ];
    Ok(Run {
        scenario: "catch-up".to_owned(),
        way: target.way(options.transport),
        settings: [
            ("stored", options.stored),
            ("readers", options.readers),
            ("conversations", options.absence.conversations),
            ("missed", options.absence.missed),
            ("missed_in", options.absence.missed_in),
            ("foreign", options.foreign),
        ]
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .into(),
        figures,
        latencies: Vec::new(),
        series: Vec::new(),
        deliveries: Some(Deliveries {
            sent: options.absence.missed as u64,
            acknowledged: options.absence.missed as u64,
            expected,
            delivered: records,
            lost: expected.saturating_sub(records),
            disordered: sum(|had| had.disordered),
            ..Deliveries::default()
        }),
        notes: Vec::new(),
    })
}

/// Reads all that was missed.
async fn come_back(
    client: &Client,
    options: &CatchUpOptions,
    reader: &Returning,
) -> Result<Had, ScenarioError> {
    let session = client.session(&reader.token).await?;
    let began = Instant::now();
    let mut events = session.events(options.transport, Some(reader.cursor.clone()), ReaderOptions::default());
    let mut had = Had { took: Duration::ZERO, records: 0, disordered: 0, bytes: 0 };
    let mut last = std::collections::HashMap::new();
    let reading = async {
        while had.records < options.absence.missed as u64 {
            match events.next().await? {
                Record::Message(message) => {
                    let seq = message.seq.get();
                    let before = last.insert(message.conversation, seq);
                    had.disordered += u64::from(before.is_some_and(|before| seq != before + 1));
                    had.records += 1;
                    had.bytes += serde_json::to_vec(&Record::Message(message)).map_or(0, |json| json.len());
                }
                Record::Gap { reason, .. } => {
                    return Err(ScenarioError::Failed(format!("the server tells of a gap: {reason:?}")));
                }
                _ => {}
            }
        }
        Ok(())
    };
    match timeout(READER_MAX, reading).await {
        Ok(result) => result?,
        // What has not come is lost, and counted so.
        Err(_) => {}
    }
    had.took = began.elapsed();
    Ok(had)
}
