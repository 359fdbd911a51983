//! A restart with many clients.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{Protocol, ReaderOptions, Session, Transport};
use chinwag_protocol::ConversationId;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::crowd::within;
use crate::program::Launch;
use crate::reading::Reader;
use crate::sending::Sender;
use crate::settings::{figure, number, random};
use crate::shared::{DEADLINE, Return, Shared};

const SLUG: &str = "hall";

/// Guests who come at the same time.
const AT_ONCE: usize = 50;

/// All catch up, none is lost, and the streams come back spread out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_many_clients_catch_up_after_a_restart() {
    let clients = number("CHINWAG_CLIENTS", 250) as usize;
    // Each has one connection or two.
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("the limit can be raised");
    assert!(files > 2 * clients as u64 + 200, "only {files} files may be open");
    let mut random = random("many");
    let mut launch = Launch::new(&mut random);
    launch.drain_seconds = 10;
    let program = launch.start();
    let shared = Arc::new(Shared::new());
    let owner =
        within("a guest", launch.client(Protocol::Http1).guest("Owner")).await.expect("a guest may come");
    let room = within("a room", owner.open_room(SLUG)).await.expect("a room may be opened").conversation.id;
    let guests = come(&launch, clients).await;

    let keep = watch::Sender::new(0);
    let mut reading = JoinSet::new();
    let mut names = Vec::new();
    let mut beginning = JoinSet::new();
    for (number, session) in guests.into_iter().enumerate() {
        let (shared, occasions, random) = (Arc::clone(&shared), keep.subscribe(), random.fork());
        let transport = Transport::ALL[number % Transport::ALL.len()];
        let options = ReaderOptions::default();
        beginning.spawn(Reader::begin(session, transport, options, shared, random, occasions));
        if beginning.len() == AT_ONCE || number + 1 == clients {
            for reader in within("readers begin", std::mem::take(&mut beginning).join_all()).await {
                names.push(reader.name().to_owned());
                reading.spawn(reader.read());
            }
        }
    }
    // Polls are none.
    let streams = (0..clients).filter(|number| number % Transport::ALL.len() >= 2).count();

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
    is_spread(&shared.returns().concat(), streams);
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

async fn come(launch: &Launch, clients: usize) -> Vec<Session> {
    let mut guests = Vec::new();
    while guests.len() < clients {
        let mut coming = JoinSet::new();
        for number in guests.len()..clients.min(guests.len() + AT_ONCE) {
            let client = launch.client([Protocol::Http1, Protocol::Http2][number % 2]);
            coming.spawn(async move {
                let session = client.guest(&format!("Guest {number}")).await.expect("a guest may come");
                session.open_room(SLUG).await.expect("a room may be opened");
                session
            });
        }
        guests.extend(within("guests come", coming.join_all()).await);
    }
    guests
}

/// No more than 500 streams a second are told to come back, and they choose moments all over that time. That none comes
/// earlier than it chose is seen by [`Shared::stream_begun`].
fn is_spread(returns: &[Return], streams: usize) {
    assert_eq!(returns.len(), streams, "not every stream was told to come back");
    let least = Duration::from_secs(2).max(Duration::from_millis(2) * streams as u32);
    let mut tenths = [0; 10];
    for Return { window, wait, .. } in returns {
        assert!(*window >= least, "{streams} streams are to come back within {window:?}");
        tenths[(wait.as_secs_f64() / window.as_secs_f64() * 10.0) as usize] += 1;
    }
    let fullest = tenths.into_iter().max().unwrap_or(0);
    assert!(fullest * 4 <= streams, "they come back together: {tenths:?} in each tenth of the time");
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
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
