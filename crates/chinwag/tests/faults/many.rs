//! A restart with many clients.

use std::collections::HashMap;
use std::sync::Arc;

use chinwag_client::{Protocol, ReaderOptions, Session, Transport};
use chinwag_protocol::{ConversationId, Seq};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::crowd::within;
use crate::program::Launch;
use crate::reading::{Reader, stubbornly, sync};
use crate::sending::Sender;
use crate::settings::{figure, number, random};
use crate::shared::{DEADLINE, Shared};

const SLUG: &str = "hall";

/// Guests who come at the same time.
const AT_ONCE: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_many_clients_catch_up_after_a_restart() {
    let clients = number("CHINWAG_CLIENTS", 250) as usize;
    // Each has one connection or two.
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("the limit can be raised");
    assert!(files > 2 * clients as u64 + 200, "only {files} files may be open");
    let mut random = random("many");
    let launch = Launch::new(&mut random);
    let program = launch.start();
    let shared = Arc::new(Shared::new());
    let owner =
        within("a guest", launch.client(Protocol::Http1).guest("Owner")).await.expect("a guest may come");
    let room = within("a room", owner.open_room(SLUG)).await.expect("a room may be opened").conversation.id;

    let mut guests: Vec<Session> = Vec::new();
    while guests.len() < clients {
        let mut coming = JoinSet::new();
        for number in guests.len()..clients.min(guests.len() + AT_ONCE) {
            let client = launch.client(Protocol::Http1);
            coming.spawn(async move {
                let session = client.guest(&format!("Guest {number}")).await.expect("a guest may come");
                session.open_room(SLUG).await.expect("a room may be opened");
                session
            });
        }
        guests.extend(within("guests come", coming.join_all()).await);
    }
    let keep = watch::Sender::new(0);
    let mut reading = JoinSet::new();
    let mut names = Vec::new();
    let mut beginning = JoinSet::new();
    for (number, session) in guests.into_iter().enumerate() {
        let (shared, occasions, random) = (Arc::clone(&shared), keep.subscribe(), random.fork());
        let transport = Transport::ALL[number % Transport::ALL.len()];
        let name = session.account().name.clone();
        names.push(name.clone());
        shared.history.recorder.reader(&name, &session.account().id);
        let number = shared.add_reader(HashMap::new());
        beginning.spawn(begin(session, transport, shared, number, name, occasions, random));
        if beginning.len() == AT_ONCE {
            for reader in within("readers begin", std::mem::take(&mut beginning).join_all()).await {
                reading.spawn(reader.read());
            }
        }
    }
    for reader in within("readers begin", beginning.join_all()).await {
        reading.spawn(reader.read());
    }

    let by_http2 = owner.by_way_of(&launch.client(Protocol::Http2));
    let (shared_too, rooms) = (Arc::clone(&shared), vec![room]);
    let sessions = [owner, by_http2];
    let mut sender =
        Sender { number: 0, shared: shared_too, sessions, rooms, random: random.fork(), socket: None };
    talk(&mut sender, room).await;
    caught_up(&shared, &mut reading).await;
    program.stop();
    shared.history.recorder.server("stopped");
    let talking = tokio::spawn(async move {
        talk(&mut sender, room).await;
        sender
    });
    let program = launch.start();
    let since = Instant::now();
    let mut sender = within("messages are stored", talking).await.expect("nobody fails");
    caught_up(&shared, &mut reading).await;
    figure("many_clients", clients as u64);
    figure("many_clients_caught_up_ms", since.elapsed().as_millis() as u64);
    talk(&mut sender, room).await;
    caught_up(&shared, &mut reading).await;
    reading.shutdown().await;
    for name in names {
        shared.history.recorder.done(&name);
    }
    program.stop();
    drop(sender);
    let shared = Arc::into_inner(shared).expect("nobody else has it any more");
    assert_eq!(shared.history.check().gaps, 0);
}

async fn begin(
    session: Session,
    transport: Transport,
    shared: Arc<Shared>,
    number: usize,
    name: String,
    occasions: watch::Receiver<u64>,
    mut random: fastrand::Rng,
) -> Reader {
    let sync = stubbornly(|| sync(session.clone())).await;
    let heads: Vec<(ConversationId, Seq)> =
        sync.conversations.iter().map(|card| (card.id, card.seq)).collect();
    for (conversation, seq) in &heads {
        shared.place(number, *conversation, Some(*seq));
    }
    shared.history.recorder.synced(&name, &heads);
    let mut draws = random.fork();
    let options = ReaderOptions { random: Box::new(move || draws.f64()), ..ReaderOptions::default() };
    let events = session.events(transport, Some(sync.cursor), options);
    Reader { number, name, shared, session, events, random, occasions }
}

async fn talk(sender: &mut Sender, room: ConversationId) {
    let mut last = None;
    for _ in 0..10 {
        let client_id = sender.new_client_id();
        sender.post(room, client_id, last).await;
        last = Some(client_id);
    }
}

async fn caught_up(shared: &Shared, reading: &mut JoinSet<()>) {
    let deadline = Instant::now() + DEADLINE;
    while !shared.all_have_all() {
        if let Some(ended) = reading.try_join_next() {
            ended.expect("nobody fails");
        }
        assert!(Instant::now() < deadline, "not all have all within {DEADLINE:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
