//! Instructions of appending and of catching up; `tests/instructions.toml` has the limits.
//!
//! What is counted runs on the store's own threads, so the counting begins and ends with the store's own functions:
//! `Writer::commit` and `page`, which are kept from being inlined for that.

#![expect(missing_docs, unused_qualifications, reason = "the macros write so")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chinwag_chat::{CreateGuest, Reply, Request, RequestHash, TokenHash, decide};
use chinwag_protocol::{
    AccountId, Actor, Attributes, ClientId, Command, ConversationId, DeviceId, Event, MessageText, Name, Pos,
    Slug, Timestamp,
};
use chinwag_store::{Clock, Limits, PageEnd, Sqlite, SqliteOptions, Store, Tail};
use gungraun::{
    Callgrind, EntryPoint, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_336_245_007)
}
const ACTOR: Actor = Actor { account: AccountId::from_bytes([1; 16]), device: DeviceId::from_bytes([1; 16]) };

/// Tells that the writer is held, and when it may go on.
type Hold = (SyncSender<()>, Receiver<()>);

struct NoTail;

impl Tail for NoTail {
    fn publish(&self, _: &[Event]) {}
}

/// A store with one account, which is a member of every room. While it is held, its writer stands still.
struct Scene {
    runtime: Runtime,
    store: Arc<dyn Store>,
    rooms: Vec<ConversationId>,
    holding: Arc<Mutex<Option<Hold>>>,
    sent: u64,
    /// What was there before what is to be caught up.
    before: Pos,
    _folder: TempDir,
}

impl Scene {
    fn with_rooms(rooms: usize) -> Self {
        let folder = TempDir::new().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let holding: Arc<Mutex<Option<Hold>>> = Arc::default();
        let held = Arc::clone(&holding);
        let clock: Clock = Arc::new(move || {
            if let Some((holds, goes_on)) = held.lock().take() {
                holds.send(()).and_then(|()| goes_on.recv().map_err(|_| std::sync::mpsc::SendError(()))).ok();
            }
            now()
        });
        let opened = Sqlite::open(folder.path(), SqliteOptions::default()).expect("it opens");
        let store = opened.start(decide, clock, Arc::new(NoTail)).expect("it starts");
        let mut scene =
            Self { runtime, store, rooms: Vec::new(), holding, sent: 0, before: Pos::ZERO, _folder: folder };
        scene.runtime.block_on(async {
            let guest = CreateGuest {
                account: ACTOR.account,
                device: ACTOR.device,
                name: Name::parse("Ada Lovelace").expect("a name"),
                token: TokenHash([1; 32]),
                idempotency: None,
                device_name: None,
                registration: None,
            };
            scene.store.submit(Request::CreateGuest(guest)).await.expect("a guest");
        });
        let opening: Vec<Request> = (0..rooms)
            .map(|number| {
                let slug = Slug::parse(format!("room-{number}")).expect("a slug");
                command(number as u64, Command::OpenRoom { slug })
            })
            .collect();
        for some in opening.chunks(500) {
            for reply in scene.submit(some.to_vec()) {
                let Reply::Room { conversation, .. } = reply else { panic!("{reply:?}") };
                scene.rooms.push(conversation.id);
            }
        }
        scene
    }

    /// Submits all at once.
    fn submit(&self, requests: Vec<Request>) -> Vec<Reply> {
        self.runtime.block_on(async {
            let mut answers = Vec::new();
            for request in requests {
                let store = Arc::clone(&self.store);
                answers.push(tokio::spawn(async move { store.submit(request).await }));
            }
            let mut replies = Vec::new();
            for answer in answers {
                replies.push(answer.await.expect("no panic").expect("no refusal"));
            }
            replies
        })
    }

    fn messages(&mut self, number: usize, room: impl Fn(usize) -> usize) -> Vec<Request> {
        let of = |index: usize| {
            let text = MessageText::parse("x".repeat(100), 1000).expect("a text");
            let client_id = ClientId::new(Uuid::from_u128(u128::from(self.sent + index as u64) << 64));
            let conversation = self.rooms[room(index)];
            command(
                index as u64,
                Command::SendMessage {
                    conversation,
                    client_id,
                    text,
                    follows: None,
                    attributes: Attributes::default(),
                },
            )
        };
        let requests = (0..number).map(of).collect();
        self.sent += number as u64;
        requests
    }

    /// Submits in one batch: the writer is held by another message until all have queued.
    fn submit_as_batch(&mut self, requests: Vec<Request>) {
        let (holds, held) = sync_channel(0);
        let (go_on, goes_on) = sync_channel(1);
        let plug = self.messages(1, |_| 0);
        *self.holding.lock() = Some((holds, goes_on));
        self.runtime.block_on(async {
            let submit = |request| {
                let store = Arc::clone(&self.store);
                tokio::spawn(async move { store.submit(request).await })
            };
            let mut answers: Vec<_> = plug.into_iter().map(submit).collect();
            tokio::task::yield_now().await;
            held.recv().expect("the writer is held");
            answers.extend(requests.into_iter().map(submit));
            tokio::task::yield_now().await;
            go_on.send(()).expect("the writer goes on");
            for answer in answers {
                answer.await.expect("no panic").expect("no refusal");
            }
        });
    }
}

fn command(number: u64, command: Command) -> Request {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let fresh = ConversationId::new(Uuid::from_u128(u128::from(number) + 1));
    Request::Command { actor: ACTOR, command, hash: RequestHash(hash), fresh }
}

/// In 100 rooms, some rounds of folding old.
fn worn() -> Scene {
    let mut scene = Scene::with_rooms(100);
    for _ in 0..6 {
        let messages = scene.messages(500, |index| index * 37 % 100);
        scene.submit(messages);
    }
    scene
}

/// 1,000 messages missed in 100 of 1,000 rooms.
fn missed() -> Scene {
    let mut scene = Scene::with_rooms(1_000);
    scene.before = scene.runtime.block_on(scene.store.head()).expect("a head");
    for round in 0..10 {
        let messages = scene.messages(100, |index| (index + round) % 100 * 7);
        scene.submit(messages);
    }
    scene
}

fn counting(function: &str) -> LibraryBenchmarkConfig {
    LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().entry_point(EntryPoint::Custom(function.to_owned())).to_owned())
        .to_owned()
}

// Decided, written and committed; with it comes one message that holds the writer until all wait.
#[library_benchmark(config = counting("chinwag_store::sqlite::writer::Writer::commit"))]
#[bench::one(1, worn())]
#[bench::batch(500, worn())]
fn append(messages: usize, mut scene: Scene) -> Scene {
    let messages = scene.messages(messages, |index| index * 37 % 100);
    scene.submit_as_batch(black_box(messages));
    scene
}

// A page of the log, out of the store.
#[library_benchmark(config = counting("chinwag_store::sqlite::page::page"))]
#[bench::thousand_messages(missed())]
fn page(scene: Scene) -> Scene {
    let limits = Limits { events: 1000, bytes: 1 << 20, missed_events: 5000, missed_ms: 1 << 40, now: now() };
    let page =
        scene.runtime.block_on(scene.store.page(&[ACTOR.account], scene.before, limits)).expect("a page");
    assert_eq!(page.events.len(), 1000);
    assert!(matches!(page.end, PageEnd::Head(_)));
    scene
}

library_benchmark_group!(name = store, benchmarks = [append, page]);
main!(library_benchmark_groups = store);
