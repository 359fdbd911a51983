//! Measures how fast the SQLite store appends when it already holds many messages.
//!
//! `append [STORED] [MEASURED] [IN_FLIGHT] [FOLDER]` fills a database to STORED messages (10,000,000) of 20,000 senders in
//! 10,000 rooms of two, appends MEASURED more (300,000) with IN_FLIGHT sends waiting at any time (1024), and prints what it
//! saw as JSON. With a FOLDER the database stays there, and the next run measures it again without filling it; else it is
//! made in the system's temporary folder and removed at the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use chinwag_chat::{CreateGuest, Reply, Request, RequestHash, TokenHash, decide};
use chinwag_protocol::{
    AccountId, Actor, ClientId, Command, Conversation, ConversationId, DeviceId, Event, MessageText, Name,
    Pos, Slug, Timestamp,
};
use chinwag_store::{Clock, Limits, Opened, PageEnd, Sqlite, SqliteOptions, Store, Tail};
use uuid::Uuid;

const ROOMS: usize = 10_000;
/// Numbers of two more guests.
const READER: u128 = 1 << 32;
const OTHER: u128 = READER + 1;
const RECENT_BYTES: usize = 64 << 20;

#[derive(Default)]
struct Counter {
    batches: AtomicU64,
    events: AtomicU64,
}

impl Tail for Counter {
    fn publish(&self, events: &[Event]) {
        self.batches.fetch_add(1, Relaxed);
        self.events.fetch_add(events.len() as u64, Relaxed);
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        arguments.next().map_or(default, |text| text.parse().expect("an argument is not a number"))
    };
    let (stored, measured, in_flight) = (number(10_000_000), number(300_000), number(1024));
    let temporary = tempfile::tempdir().expect("no temporary folder");
    let folder = arguments.next().map_or_else(|| temporary.path().to_owned(), PathBuf::from);

    let counter = Arc::new(Counter::default());
    let store = start(open(&folder), &counter);
    let rooms = Arc::new(people(&store, in_flight).await);
    let progress = Instant::now();
    loop {
        let head = store.head().await.expect("a head").get() as usize;
        let part = (stored / 10).min(stored.saturating_sub(head));
        if part == 0 {
            break;
        }
        let rate = send(&store, &rooms, part, in_flight).await;
        eprintln!("{} stored, {:.0}/s, {:.0?}", head + part, rate.per_second, progress.elapsed());
    }
    let stored = store.head().await.expect("a head").get() as usize;

    let (batches, events) = (counter.batches.load(Relaxed), counter.events.load(Relaxed));
    let before = WriterTime::now();
    let rate = send(&store, &rooms, measured, in_flight).await;
    let writer = WriterTime::now().since(before, measured);
    let batches = counter.batches.load(Relaxed) - batches;
    let batch_mean = (counter.events.load(Relaxed) - events) as f64 / batches as f64;
    let floor = floor(&folder, batch_mean);

    let reader = reader(&store, &rooms, in_flight).await;
    let (short, long) = catch_up(&store, &rooms, reader, in_flight).await;

    store.close().await;
    drop(store);
    let bytes = std::fs::metadata(folder.join("chinwag.db")).expect("the database is gone").len();
    let start_up = Instant::now();
    let opened = open(&folder);
    let recent = opened.recent(RECENT_BYTES).expect("recent events").len();
    let store = start(opened, &counter);
    let start_up = start_up.elapsed();
    store.close().await;

    println!(
        "{{\"stored\":{stored},\"measured\":{measured},\"in_flight\":{in_flight},\
         \"messages_per_second\":{:.0},\"us_per_message\":{:.1},\"writer_us_running\":{:.1},\"writer_us_waiting_for_a_core\":{:.1},\"batch_mean\":{batch_mean:.0},\
         \"answer_ms_p50\":{:.1},\"answer_ms_p99\":{:.1},\"answer_ms_max\":{:.1},\
         \"floor_messages_per_second\":{floor:.0},\"bytes_per_message\":{:.0},\
         \"start_up_ms\":{},\"start_up_events\":{recent},\"catch_up_ms\":{{\"first\":{:.1},\"median\":{:.1},\"min\":{:.1}}},\
         \"catch_up_among_others_ms\":{{\"first\":{:.1},\"median\":{:.1},\"min\":{:.1}}}}}",
        rate.per_second,
        1e6 / rate.per_second,
        writer.running_us,
        writer.waiting_us,
        millis(rate.p50),
        millis(rate.p99),
        millis(rate.max),
        bytes as f64 / (stored + measured) as f64,
        start_up.as_millis(),
        millis(short[0]),
        millis(percentile(&short, 0.5)),
        millis(percentile(&short, 0.0)),
        millis(long[0]),
        millis(percentile(&long, 0.5)),
        millis(percentile(&long, 0.0)),
    );
}

fn open(folder: &Path) -> Opened {
    Sqlite::open(folder, SqliteOptions::default()).expect("the store does not open")
}

fn start(opened: Opened, counter: &Arc<Counter>) -> Arc<dyn Store> {
    opened.start(decide, clock(), Arc::<Counter>::clone(counter)).expect("the store does not start")
}

fn clock() -> Clock {
    Arc::new(now)
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is not before 1970");
    Timestamp::from_millis(since.as_millis() as i64)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn percentile(times: &[Duration], part: f64) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[((times.len() - 1) as f64 * part) as usize]
}

/// A room and its two members.
struct Room {
    conversation: Conversation,
    members: [Actor; 2],
}

/// Runs `one` for 0, 1, 2 … below `total`, `in_flight` at a time.
async fn each<F>(total: usize, in_flight: usize, one: impl Fn(usize) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let one = Arc::new(one);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (next, one) = (Arc::clone(&next), Arc::clone(&one));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= total {
                    break;
                }
                one(number).await;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("a task failed");
    }
}

/// The guest of this number, made if it is not there.
async fn guest(store: &dyn Store, number: u128) -> Actor {
    let id = (number + 1).to_be_bytes();
    let actor = Actor { account: AccountId::from_bytes(id), device: DeviceId::from_bytes(id) };
    if store.place(actor.device).await.expect("a place").is_some() {
        return actor;
    }
    let request = Request::CreateGuest(CreateGuest {
        account: actor.account,
        device: actor.device,
        name: Name::parse("Ada Lovelace").expect("a name"),
        token: TokenHash([id, id].concat().try_into().expect("32 bytes")),
        idempotency: None,
    });
    match store.submit(request).await {
        Ok(Reply::Guest { .. }) => actor,
        answer => panic!("{answer:?}"),
    }
}

fn command(actor: Actor, command: Command) -> Request {
    Request::Command {
        actor,
        command,
        hash: RequestHash(Uuid::new_v4().into_bytes()),
        fresh: ConversationId::new(Uuid::now_v7()),
    }
}

async fn join(store: &dyn Store, actor: Actor, slug: Slug) -> Conversation {
    match store.submit(command(actor, Command::OpenRoom { slug })).await {
        Ok(Reply::Room { conversation, .. }) => conversation,
        answer => panic!("{answer:?}"),
    }
}

/// Makes the rooms and their members.
async fn people(store: &Arc<dyn Store>, in_flight: usize) -> Vec<Room> {
    let rooms = Arc::new(parking_lot::Mutex::new(Vec::with_capacity(ROOMS)));
    let (all, store) = (Arc::clone(&rooms), Arc::clone(store));
    each(ROOMS, in_flight, move |number| {
        let (all, store) = (Arc::clone(&all), Arc::clone(&store));
        async move {
            let slug = Slug::parse(format!("room-{number}")).expect("a slug");
            let first = number as u128 * 2;
            let members = [guest(&*store, first).await, guest(&*store, first + 1).await];
            join(&*store, members[0], slug.clone()).await;
            let conversation = join(&*store, members[1], slug).await;
            all.lock().push(Room { conversation, members });
        }
    })
    .await;
    std::mem::take(&mut *rooms.lock())
}

/// A cheap scramble, so that rooms and senders come in no order.
fn scramble(number: u64) -> usize {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) as usize >> 20
}

async fn say(store: &dyn Store, room: &Room, member: usize, number: u64) {
    let text = format!(
        "{number}: well, I think we could meet at the usual place around half past seven, if it suits you?"
    );
    let text = MessageText::parse(text, 1000).expect("a text");
    let client_id = ClientId::new(Uuid::now_v7());
    let send = Command::SendMessage { conversation: room.conversation.id, client_id, text, follows: None };
    match store.submit(command(room.members[member], send)).await {
        Ok(Reply::Stored { .. }) => {}
        answer => panic!("{answer:?}"),
    }
}

struct Rate {
    per_second: f64,
    p50: Duration,
    p99: Duration,
    max: Duration,
}

/// Sends `total` messages into random rooms.
async fn send(store: &Arc<dyn Store>, rooms: &Arc<Vec<Room>>, total: usize, in_flight: usize) -> Rate {
    static SENT: AtomicU64 = AtomicU64::new(0);
    let times = Arc::new(parking_lot::Mutex::new(Vec::with_capacity(total)));
    let (seen, store, rooms) = (Arc::clone(&times), Arc::clone(store), Arc::clone(rooms));
    let start = Instant::now();
    each(total, in_flight, move |_| {
        let (seen, store, rooms) = (Arc::clone(&seen), Arc::clone(&store), Arc::clone(&rooms));
        async move {
            let number = SENT.fetch_add(1, Relaxed);
            let random = scramble(number);
            let asked = Instant::now();
            say(&*store, &rooms[random / 2 % rooms.len()], random % 2, number).await;
            seen.lock().push(asked.elapsed());
        }
    })
    .await;
    let per_second = total as f64 / start.elapsed().as_secs_f64();
    let times = std::mem::take(&mut *times.lock());
    Rate {
        per_second,
        p50: percentile(&times, 0.5),
        p99: percentile(&times, 0.99),
        max: percentile(&times, 1.0),
    }
}

/// What the writer's thread did, in microseconds, as Linux counts it.
#[derive(Clone, Copy, Default)]
struct WriterTime {
    running_us: f64,
    waiting_us: f64,
}

impl WriterTime {
    fn now() -> Self {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let name = |task: &Path| std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        let writer = tasks.map(|task| task.path()).find(|task| name(task).trim() == "store-writer");
        let text =
            writer.and_then(|task| std::fs::read_to_string(task.join("schedstat")).ok()).unwrap_or_default();
        let mut nanos = text.split(' ').map(|number| number.parse::<f64>().unwrap_or_default());
        let mut micros = || nanos.next().unwrap_or_default() / 1e3;
        Self { running_us: micros(), waiting_us: micros() }
    }

    /// Since `before`, for each of `messages`.
    fn since(self, before: Self, messages: usize) -> Self {
        Self {
            running_us: (self.running_us - before.running_us) / messages as f64,
            waiting_us: (self.waiting_us - before.waiting_us) / messages as f64,
        }
    }
}

/// Messages a second that the disk alone would allow: their bytes, appended to a file and synced a batch at a time.
fn floor(folder: &Path, batch: f64) -> f64 {
    const MESSAGE_BYTES: f64 = 200.0;
    const ROUNDS: u32 = 200;
    let bytes = vec![b'x'; (batch * MESSAGE_BYTES) as usize];
    let mut file = File::create(folder.join("floor")).expect("a file");
    let start = Instant::now();
    for _ in 0..ROUNDS {
        file.write_all(&bytes).expect("the disk takes it");
        file.sync_data().expect("the disk takes it");
    }
    f64::from(ROUNDS) * batch / start.elapsed().as_secs_f64()
}

/// An account that is a member of every room.
async fn reader(store: &Arc<dyn Store>, rooms: &Arc<Vec<Room>>, in_flight: usize) -> Actor {
    let reader = guest(&**store, READER).await;
    let (store, rooms) = (Arc::clone(store), Arc::clone(rooms));
    each(ROOMS, in_flight, move |number| {
        let (store, rooms) = (Arc::clone(&store), Arc::clone(&rooms));
        async move {
            join(&*store, reader, rooms[number].conversation.slug.clone()).await;
        }
    })
    .await;
    reader
}

/// Times to read 1,000 missed events in 100 of the reader's 10,000 rooms: when they are the last of the log, and when
/// 100,000 messages that do not concern the reader were written meanwhile.
async fn catch_up(
    store: &Arc<dyn Store>,
    rooms: &Arc<Vec<Room>>,
    reader: Actor,
    in_flight: usize,
) -> (Vec<Duration>, Vec<Duration>) {
    let member = guest(&**store, OTHER).await;
    let conversation = join(&**store, member, Slug::parse("elsewhere").expect("a slug")).await;
    let elsewhere = Arc::new(vec![Room { conversation, members: [member, member] }]);
    let after = store.head().await.expect("a head");
    for number in 0..1000 {
        say(&**store, &rooms[number * 37 % 100 * 97], 0, number as u64).await;
    }
    let short = read_missed(&**store, reader, after).await;
    send(store, &elsewhere, 100_000, in_flight).await;
    (short, read_missed(&**store, reader, after).await)
}

async fn read_missed(store: &dyn Store, reader: Actor, after: Pos) -> Vec<Duration> {
    let limits = Limits { events: 1000, bytes: 1 << 20, missed_events: 5000, missed_ms: 1 << 40, now: now() };
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let page = store.page(reader.account, after, limits).await.expect("a page");
        times.push(start.elapsed());
        assert_eq!(page.events.len(), 1000);
        assert!(matches!(page.end, PageEnd::Head(_)));
    }
    times
}
