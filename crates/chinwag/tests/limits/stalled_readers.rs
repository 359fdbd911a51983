//! Many readers that stop reading, over each transport and protocol (case R2).
//!
//! `CHINWAG_STALLED_READERS` is how many of each kind there are, 50 if it is not set; with `CHINWAG_FIGURES` naming a file,
//! what was measured is written there as JSON.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinwag_client::{Client, ReaderOptions, Session, Transport};
use chinwag_protocol::{ClientId, ConversationId, Cursor, Record};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::memory::Memory;
use crate::program::{Program, alone};
use crate::reader::{Reader, Way};

/// More bytes than all buffers on the way hold, and more events than a live stream has waiting.
const MESSAGES: u64 = 300;
const MESSAGE_BYTES: usize = 4_000;
/// Others may lack so many of the messages that have been acknowledged.
const LAG_MAX: u64 = 100;
/// 99 of 100 messages take others at most so long. Judged where figures are taken: a test that runs beside others judges no
/// time.
const DELAY_P99_MS_MAX: f64 = 20.0;
/// Each reader's share in the process, and in the kernel's buffers. `docs/operations.md` promises them.
const PROCESS_BYTES_MAX: u64 = 192 << 10;
const KERNEL_BYTES_MAX: u64 = 192 << 10;
/// What else grows meanwhile, however many readers there are: caches of the database, buffers of everybody else.
const BESIDE_BYTES: u64 = 16 << 20;
/// A peer that takes nothing is cut after 35 s, and found within a few more.
const STALL: Duration = Duration::from_secs(35);

fn readers() -> usize {
    std::env::var("CHINWAG_STALLED_READERS").ok().and_then(|count| count.parse().ok()).unwrap_or(50)
}

/// What those notice who read as they should.
#[derive(Debug, Default)]
struct Others {
    /// The last message that each has heard.
    heard: Vec<AtomicU64>,
    /// When each message was sent.
    sent: Mutex<Vec<Instant>>,
    /// How long each message took from its sender to each of them, since this was last taken.
    delays: Mutex<Vec<Duration>>,
}

impl Others {
    /// The one who has heard least has heard so much.
    fn slowest(&self) -> u64 {
        self.heard.iter().map(|heard| heard.load(Ordering::Relaxed)).min().unwrap()
    }

    fn hear(&self, who: usize, number: u64) {
        let sent = self.sent.lock().unwrap()[number as usize - 1];
        self.delays.lock().unwrap().push(sent.elapsed());
        self.heard[who].store(number, Ordering::Relaxed);
    }

    /// How long it took from sender to reader.
    fn take_delays(&self) -> Delays {
        let mut delays = std::mem::take(&mut *self.delays.lock().unwrap());
        delays.sort_unstable();
        let ms = |at: usize| delays[at.min(delays.len() - 1)].as_micros() as f64 / 1_000.0;
        Delays { median: ms(delays.len() / 2), p99: ms(delays.len() * 99 / 100), max: ms(delays.len()) }
    }
}

/// In milliseconds.
#[derive(Debug, Serialize)]
struct Delays {
    median: f64,
    p99: f64,
    max: f64,
}

/// A server, a room in it, and those who read it as they should.
struct Scene {
    program: Program,
    sender: Session,
    room: ConversationId,
    tokens: Vec<String>,
    others: Arc<Others>,
    sent: u64,
    lag: u64,
}

impl Scene {
    async fn start(program: Program, count: usize) -> Self {
        let client = program.client();
        let sender = client.guest("Sender").await.unwrap();
        let room = sender.open_room("tea").await.unwrap().conversation.id;
        let tokens = guests(&client, count).await;
        let transports = [Transport::WebSocket, Transport::Sse, Transport::Stream];
        let heard = transports.iter().map(|_| AtomicU64::new(0)).collect();
        let others = Arc::new(Others { heard, ..Others::default() });
        let scene = Self { program, sender, room, tokens, others, sent: 0, lag: 0 };
        let cursor = scene.cursor().await;
        for (who, transport) in transports.into_iter().enumerate() {
            let after = Some(Cursor::from_text(&cursor));
            let mut reader = scene.sender.events(transport, after, ReaderOptions::default());
            let others = scene.others.clone();
            tokio::spawn(async move {
                let mut next = 1;
                while let Ok(record) = reader.next().await {
                    let Some(number) = number(&record) else { continue };
                    assert_eq!(number, next, "in order, each once");
                    others.hear(who, number);
                    next += 1;
                }
            });
        }
        scene
    }

    /// The place of now.
    async fn cursor(&self) -> String {
        self.sender.poll(None, Duration::ZERO).await.unwrap().cursor.as_str().to_owned()
    }

    /// Posts messages, and sees how far behind the others are.
    async fn post(&mut self, count: u64) {
        let padding = "x".repeat(MESSAGE_BYTES);
        for _ in 0..count {
            self.sent += 1;
            let text = format!("{} {padding}", self.sent);
            let id = ClientId::new(uuid::Uuid::now_v7());
            self.others.sent.lock().unwrap().push(Instant::now());
            self.sender.send(self.room, id, &text, None).await.unwrap();
            self.lag = self.lag.max(self.sent - self.others.slowest());
        }
        let deadline = Instant::now() + STALL;
        while self.others.slowest() < self.sent {
            assert!(Instant::now() < deadline, "the others do not hear everything");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Readers of one kind for some of the accounts.
    async fn open(&self, way: Way, tokens: &[String], cursor: &str) -> Vec<Reader> {
        const ANSWERED: &str = "chinwag_gateway_requests_total{route=\"/v1/events\",status=\"Success\"}";
        let before = self.program.metric(ANSWERED);
        let mut readers = Vec::new();
        for token in tokens {
            readers.push(Reader::open(&self.program, way, token, cursor).await);
        }
        let count = tokens.len() as u64;
        self.program.until(ANSWERED, |answered| answered >= before + count).await;
        readers
    }
}

async fn guests(client: &Client, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut making = JoinSet::new();
    for number in 0..count {
        let client = client.clone();
        making.spawn(async move {
            let session = client.guest(&format!("Guest {number}")).await.unwrap();
            session.open_room("tea").await.unwrap();
            session.token().to_owned()
        });
        if making.len() >= 32 {
            tokens.push(making.join_next().await.unwrap().unwrap());
        }
    }
    tokens.extend(making.join_all().await);
    tokens
}

/// The number with which a message's text begins.
fn number(record: &Record) -> Option<u64> {
    let Record::Message(message) = record else { return None };
    message.text.split(' ').next()?.parse().ok()
}

/// Reads until `last` has come: every message from `first`, in order and once.
async fn read_on(mut reader: Reader, first: u64, last: u64) {
    reader.go_on();
    let mut next = first;
    while next <= last {
        assert!(reader.take().await, "cut before {next}");
        for number in reader.numbers().0 {
            assert_eq!(number, next);
            next += 1;
        }
    }
}

/// Takes what is left of a stream that was cut, and comes back by the last cursor that it saw.
async fn come_back(
    client: Client,
    mut reader: Reader,
    token: String,
    begin: String,
    messages: (u64, u64),
    few: Arc<Semaphore>,
) {
    let (first, last) = messages;
    reader.go_on();
    let (mut next, mut cursor) = (first, begin);
    let mut take = |numbers: Vec<u64>| {
        for number in numbers {
            assert_eq!(number, next, "in order, each once");
            next += 1;
        }
        next
    };
    while reader.take().await {
        let (numbers, at) = reader.numbers();
        take(numbers);
        cursor = at.unwrap_or(cursor);
    }
    let _permit = few.acquire().await.unwrap();
    let session = client.session(&token).await.unwrap();
    let mut cursor = Cursor::from_text(&cursor);
    loop {
        let poll = session.poll(Some(&cursor), Duration::ZERO).await.unwrap();
        let numbers = poll.events.iter().filter_map(number);
        if take(numbers.collect()) > last {
            return;
        }
        assert!(poll.more, "all of it is there");
        cursor = poll.cursor;
    }
}

/// So small that whoever falls behind has to go back to the store.
const OPTIONS: [&str; 8] =
    ["--window-bytes-max", "1MiB", "--catch-up-events-max", "1000000", "--limits", "off", "--log", "warn"];

/// Readers that have stopped and are not told to go on.
struct Left {
    scene: Scene,
    readers: Vec<(Reader, String)>,
    cursor: String,
    /// The messages that stalled them.
    first: u64,
    last: u64,
}

/// Stalls readers of one kind on a server of their own, for what another kind has left free would hide what they take. A
/// quarter of them goes on, the others are left to be cut.
async fn stall(way: Way, count: usize) -> (Left, Value) {
    let program =
        if way.tls() { Program::start_with_tls(&OPTIONS).await } else { Program::start(&OPTIONS).await };
    let mut scene = Scene::start(program, count).await;
    let tokens = scene.tokens.clone();
    let (live, behind) = tokens.split_at(tokens.len() / 2);
    // What a server needs only once is there before anything is measured.
    scene.post(MESSAGES).await;
    let undisturbed = scene.others.take_delays();
    scene.lag = 0;
    let (cursor, first) = (scene.cursor().await, scene.sent + 1);

    // Some were there when it came …
    let before = Memory::of(scene.program.pid());
    let mut readers = scene.open(way, live, &cursor).await;
    let began = Instant::now();
    scene.post(MESSAGES).await;
    let while_live = Memory::of(scene.program.pid()).more_than(before, live.len());
    // … and some come afterwards for what they missed.
    let before = Memory::of(scene.program.pid());
    readers.extend(scene.open(way, behind, &cursor).await);
    scene.post(MESSAGES / 10).await;
    let catching_up = Memory::of(scene.program.pid()).more_than(before, behind.len());
    let disturbed = scene.others.take_delays();

    let mut readers: Vec<_> = readers.into_iter().zip(tokens).collect();
    let left = readers.split_off(readers.len() / 4);
    let (went_on, last) = (readers.len(), scene.sent);
    let mut reading = JoinSet::new();
    for (reader, _) in readers {
        reading.spawn(read_on(reader, first, last));
    }
    reading.join_all().await;
    let figures = json!({
        "live_process_bytes": while_live.process, "live_kernel_bytes": while_live.kernel,
        "catching_up_process_bytes": catching_up.process, "catching_up_kernel_bytes": catching_up.kernel,
        "others_lag_messages": scene.lag,
        "others_delay_ms": disturbed, "others_delay_ms_without_stalled_readers": undisturbed,
        "went_on_with_everything": went_on, "all_had_gone_on_after_ms": began.elapsed().as_millis() as u64,
        "came_back_by_cursor_with_everything": left.len(),
    });
    (Left { scene, readers: left, cursor, first, last }, figures)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_who_stops_reading_costs_little_delays_nobody_and_misses_nothing() {
    let _alone = alone().await;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let count = readers();
    let (mut figures, mut all_left) = (BTreeMap::new(), Vec::new());
    for way in Way::all() {
        let (left, figure) = stall(way, count).await;
        figures.insert(way.to_string(), figure);
        all_left.push(left);
    }
    for Left { scene, readers, cursor, first, last } in all_left {
        let others = scene.others.heard.len() as u64;
        scene.program.until("chinwag_hub_streams", |streams| streams == others).await;
        let (client, few) = (scene.program.client(), Arc::new(Semaphore::new(32)));
        let mut coming = JoinSet::new();
        for (reader, token) in readers {
            let back = come_back(client.clone(), reader, token, cursor.clone(), (first, last), few.clone());
            coming.spawn(back);
        }
        coming.join_all().await;
    }
    let beside = BESIDE_BYTES / (count as u64 / 2);
    let bounds = json!({
        "live_process_bytes": PROCESS_BYTES_MAX + beside, "live_kernel_bytes": KERNEL_BYTES_MAX + beside,
        "catching_up_process_bytes": PROCESS_BYTES_MAX + beside,
        "catching_up_kernel_bytes": KERNEL_BYTES_MAX + beside,
        "others_lag_messages": LAG_MAX,
        // Whoever takes longer is cut, and does not have everything.
        "all_had_gone_on_after_ms": STALL.as_millis() as u64,
    });
    if let Ok(file) = std::env::var("CHINWAG_FIGURES") {
        let all = json!({ "readers": count, "bounds": bounds, "ways": figures });
        std::fs::write(file, serde_json::to_string_pretty(&all).unwrap()).unwrap();
        for (way, figure) in &figures {
            let p99 = figure["others_delay_ms"]["p99"].as_f64().unwrap();
            assert!(p99 <= DELAY_P99_MS_MAX, "{way}: one in a hundred messages takes others {p99} ms");
        }
    }
    for (way, figure) in &figures {
        for (name, max) in bounds.as_object().unwrap() {
            let (value, max) = (figure[name].as_u64().unwrap(), max.as_u64().unwrap());
            assert!(value <= max, "{way}: {name} is {value}, more than {max}");
        }
    }
}
