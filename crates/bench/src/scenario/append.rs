//! The store alone, within the tool: how fast it takes messages in and gives them back when it already holds many.

use std::path::Path;
use std::time::{Duration, Instant};

use chinwag_store::{Limits, PageEnd, Sqlite, SqliteOptions};
use serde_json::json;

use super::ScenarioError;
use super::load::figure;
use crate::absence::{Absence, Away};
use crate::fill::{FillError, Filling, now};
use crate::floor::{self, Place};
use crate::report::{Figure, Floor, Latency, Run, Series, Way};

/// Times that a page is read.
const PAGES: usize = 21;
/// Bytes of a message in the write-ahead log at the least: its text, its ids and its place.
const MESSAGE_BYTES: f64 = 200.0;
/// Of the window of recent events.
const RECENT_BYTES: usize = 64 << 20;
/// What the reader misses each time.
const ABSENCE: Absence = Absence { conversations: 10_000, missed: 1_000, missed_in: 100 };
/// Messages for others that come after that, or fewer in a smaller database.
const FOREIGN: usize = 100_000;

/// What is measured.
#[derive(Debug, Clone)]
pub struct AppendOptions {
    /// Messages that the database holds when it is measured, rising. A database that holds more already is measured as it is.
    pub stored: Vec<usize>,
    /// Messages that are appended then; at most as many as there are.
    pub measured: usize,
    /// Requests that are under way at any time.
    pub in_flight: usize,
}

impl Default for AppendOptions {
    fn default() -> Self {
        Self { stored: vec![1_000_000], measured: 300_000, in_flight: 1024 }
    }
}

/// One size.
struct Step {
    stored: f64,
    per_second: f64,
    batch: f64,
    micros: Vec<f64>,
    writer: Writer,
    /// Milliseconds, in order.
    pages: Vec<f64>,
    bare_read: Duration,
}

/// What the writer's thread did.
#[derive(Debug, Clone, Copy, Default)]
struct Writer {
    running: Duration,
    /// It could have run, and waited for a core.
    waiting: Duration,
}

/// Measures the store in `folder`, at each size.
pub async fn append(
    folder: &Path,
    options: &AppendOptions,
    place: Option<&Place>,
) -> Result<Run, ScenarioError> {
    let filling = Filling::open(folder, options.in_flight)?;
    let before = filling.head().await?.get();
    let rooms = filling.rooms().await?;
    let away = Away::make(&filling, 1, ABSENCE).await?;
    // The accounts and rooms are no messages.
    let others = filling.head().await?.get() - before;
    let mut steps = Vec::new();
    for &stored in &options.stored {
        let mut head = (filling.head().await?.get() - others) as usize;
        // In parts, so that the times of a long filling take no room.
        while head < stored {
            filling.send(&rooms, (stored - head).min(1_000_000)).await?;
            head = (filling.head().await?.get() - others) as usize;
        }
        let measured = options.measured.min(stored);
        let ((batches, events), writer) = (filling.counter.read(), Writer::now()?);
        let sent = filling.send(&rooms, measured).await?;
        let writer = Writer::now()?.since(writer, measured);
        let (batches, events) = (filling.counter.read().0 - batches, filling.counter.read().1 - events);
        let missed = away.miss(&filling).await?;
        filling.send(&rooms, FOREIGN.min(stored)).await?;
        let mut pages = Vec::with_capacity(PAGES);
        for _ in 0..PAGES {
            let limits =
                Limits { events: 1000, bytes: 1 << 20, missed_events: 5000, missed_ms: 1 << 40, now: now() };
            let began = Instant::now();
            let page = filling.store.page(&[away.accounts[0].0.account], missed.after, limits).await;
            let page = page.map_err(FillError::Store)?;
            pages.push(began.elapsed().as_secs_f64() * 1e3);
            if page.events.len() != ABSENCE.missed || !matches!(page.end, PageEnd::Head(_)) {
                let count = page.events.len();
                return Err(ScenarioError::Failed(format!("a page of {count} events: {:?}", page.end)));
            }
        }
        steps.push(Step {
            stored: head as f64,
            per_second: measured as f64 / sent.took.as_secs_f64(),
            batch: events as f64 / batches as f64,
            micros: sent.micros,
            writer,
            pages,
            bare_read: missed.bare_read(folder)?,
        });
    }
    let stored = filling.head().await?.get() as f64;
    filling.store.close().await;
    drop(filling);
    let bytes = std::fs::metadata(folder.join("chinwag.db"))?.len() as f64;
    let start_up = start_up(folder)?;

    let Some(last) = steps.last_mut() else {
        return Err(ScenarioError::Unfit("no size is given".to_owned()));
    };
    let disk = match place {
        Some(place) => Some(disk_floor(folder, last.batch, place).await?),
        None => None,
    };
    let latency = Latency::of("asked to answered", false, &mut last.micros);
    let mut pages = last.pages.clone();
    pages.sort_unstable_by(f64::total_cmp);
    let bare_read = Floor {
        name: "reading the rows by key from SQLite".to_owned(),
        value: last.bare_read.as_secs_f64() * 1e3,
    };
    let figures = vec![
        Figure { floor: disk, ..figure("messages", last.per_second, "messages/s") },
        figure("writer CPU per message", micros(last.writer.running), "µs"),
        figure("writer's wait for a core per message", micros(last.writer.waiting), "µs"),
        figure("messages in a batch", last.batch, "messages"),
        figure("database", bytes / stored, "bytes per event"),
        figure("start", start_up.as_secs_f64() * 1e3, "ms"),
        Figure { floor: Some(bare_read), ..figure("catch-up page", pages[pages.len() / 2], "ms") },
        figure("catch-up page, the first", last.pages[0], "ms"),
    ];
    Ok(Run {
        scenario: "append".to_owned(),
        way: Way { transport: "none".to_owned(), protocol: "in process".to_owned(), tls: false },
        settings: [
            ("stored".to_owned(), json!(options.stored)),
            ("measured".to_owned(), json!(options.measured)),
            ("in flight".to_owned(), json!(options.in_flight)),
        ]
        .into(),
        figures,
        latencies: vec![latency],
        series: if steps.len() > 1 { series(&steps) } else { Vec::new() },
        deliveries: None,
        notes: Vec::new(),
    })
}

/// The most messages a second that the disk allows in batches of this size.
async fn disk_floor(folder: &Path, batch: f64, place: &Place) -> Result<Floor, ScenarioError> {
    let work = floor::Append { folder: folder.to_owned(), batch_bytes: (batch * MESSAGE_BYTES) as usize };
    let cost = work.measure(place).await?;
    Ok(Floor { name: "append and fdatasync of as many bytes".to_owned(), value: cost.per_second * batch })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn series(steps: &[Step]) -> Vec<Series> {
    let series = |name: &str, unit: &str, value: fn(&Step) -> f64, floor: Option<fn(&Step) -> f64>| Series {
        name: name.to_owned(),
        x: "messages stored".to_owned(),
        unit: unit.to_owned(),
        points: steps.iter().map(|step| (step.stored, value(step))).collect(),
        floor: floor
            .map_or_else(Vec::new, |floor| steps.iter().map(|step| (step.stored, floor(step))).collect()),
    };
    vec![
        series("writer CPU per message", "µs", |step| micros(step.writer.running), None),
        series(
            "catch-up page of 1,000 messages",
            "ms",
            |step| {
                let mut pages = step.pages.clone();
                pages.sort_unstable_by(f64::total_cmp);
                pages[pages.len() / 2]
            },
            Some(|step| step.bare_read.as_secs_f64() * 1e3),
        ),
    ]
}

/// How long opening takes, with the window of recent events.
fn start_up(folder: &Path) -> Result<Duration, FillError> {
    let began = Instant::now();
    let opened = Sqlite::open(folder, SqliteOptions::default())?;
    opened.recent(RECENT_BYTES)?;
    Ok(began.elapsed())
}

impl Writer {
    fn now() -> std::io::Result<Self> {
        for task in std::fs::read_dir("/proc/self/task")? {
            let task = task?.path();
            // It may have ended since.
            let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
            if name.trim() == "store-writer" {
                let times = std::fs::read_to_string(task.join("schedstat"))?;
                let mut nanos = times.split(' ').map(|nanos| nanos.trim().parse().unwrap_or(0));
                let mut next = || Duration::from_nanos(nanos.next().unwrap_or(0));
                return Ok(Self { running: next(), waiting: next() });
            }
        }
        Ok(Self::default())
    }

    /// Since `before`, for each of `messages`.
    fn since(self, before: Self, messages: usize) -> Self {
        let messages = messages.max(1) as u32;
        Self {
            running: self.running.saturating_sub(before.running) / messages,
            waiting: self.waiting.saturating_sub(before.waiting) / messages,
        }
    }
}
