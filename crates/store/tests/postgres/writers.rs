//! Several writers on one database, each as a process of its own would be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Node, guest, open_room, open_room_of, request, say, send};
use chinwag_chat::Reply;
use chinwag_protocol::{ClientId, Code, Command, Pos, Seq};
use chinwag_store::HistoryRange;
use chinwag_test_postgres::shared;
use uuid::Uuid;

async fn three() -> [Node; 3] {
    let url = shared().database().url;
    [Node::start(&url).await, Node::start(&url).await, Node::start(&url).await]
}

async fn close(nodes: &[Node]) {
    for node in nodes {
        node.store.close().await;
    }
}

/// Everyone writes at once, into rooms of all. Each tail has every position once and in order, all of them the same; each row
/// of each timeline is there; and what each was answered is what is stored.
#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_make_one_log() {
    const EACH: usize = 150;
    let nodes = three().await;
    let ada = guest(&*nodes[0].store).await;
    let rooms =
        [open_room_of(&*nodes[0].store, ada, "tea").await, open_room_of(&*nodes[1].store, ada, "milk").await];
    let tasks: Vec<_> = (0..12)
        .map(|task| {
            let (store, room) = (Arc::clone(&nodes[task % 3].store), rooms[task / 3 % 2].clone());
            tokio::spawn(async move {
                let mut rows = Vec::new();
                for number in 0..EACH {
                    // Others come and go meanwhile, so that what a writer remembers is overtaken in every way.
                    if number % 50 == 0 {
                        let bob = guest(&*store).await;
                        assert_eq!(open_room_of(&*store, bob, room.title()).await, room);
                    }
                    rows.push(say(&*store, ada, &room, &format!("{task}/{number}")).await.unwrap());
                }
                rows
            })
        })
        .collect();
    let mut rows = Vec::new();
    for task in tasks {
        let of_task = task.await.unwrap();
        assert!(of_task.is_sorted(), "{of_task:?}");
        rows.extend(of_task);
    }
    rows.sort_unstable();
    let want: Vec<u64> = (1..=6 * EACH as u64).flat_map(|seq| [seq, seq]).collect();
    assert_eq!(rows, want, "two rooms with a half each");

    let head = nodes[0].store.head().await.unwrap();
    let seen = nodes[0].seen_up_to(head).await;
    for node in &nodes {
        assert_eq!(node.seen_up_to(head).await, seen);
        assert_eq!(node.store.recent(usize::MAX).await.unwrap(), seen);
        for room in &rooms {
            let all = HistoryRange::After(Seq::ZERO);
            let history = node.store.history(ada.account, room.id, all, 10_000).await.unwrap().unwrap();
            let ns: Vec<u64> = history.messages.iter().map(|(.., message)| message.n).collect();
            assert_eq!(ns, (1..=6 * EACH as u64).collect::<Vec<_>>());
        }
    }
    close(&nodes).await;
}

/// The same message sent to all at once, and later to each again: it is stored once, and all get the same answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_elsewhere_gets_the_first_answer() {
    let nodes = three().await;
    let ada = guest(&*nodes[0].store).await;
    let room = open_room(&*nodes[1].store, ada).await;
    for round in 0..20 {
        let message = send(ada, &room, ClientId::new(Uuid::now_v7()), &format!("round {round}"));
        let [one, two, three] = &nodes;
        let (one, two, three) = tokio::join!(
            one.store.submit(message.clone()),
            two.store.submit(message.clone()),
            three.store.submit(message.clone()),
        );
        let first = one.unwrap();
        assert!(matches!(first, Reply::Stored { seq, .. } if seq == Seq::new(round + 1)), "{first:?}");
        assert_eq!((two.as_ref(), three.as_ref()), (Ok(&first), Ok(&first)));
        for node in &nodes {
            assert_eq!(node.store.submit(message.clone()).await.as_ref(), Ok(&first));
        }
    }
    assert_eq!(nodes[2].store.head().await.unwrap(), Pos::new(3 + 20));
    close(&nodes).await;
}

/// What one writer remembers is never what another has changed: memberships, devices, rooms that were not there.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_change_counts_at_once() {
    let nodes = three().await;
    let [one, two, three] = [&*nodes[0].store, &*nodes[1].store, &*nodes[2].store];
    let (ada, bob) = (guest(one).await, guest(two).await);
    let room = open_room(one, ada).await;
    let other = open_room_of(two, bob, "milk").await;
    assert_eq!(open_room_of(three, ada, "milk").await, other);
    for round in 0..10 {
        assert_eq!(open_room(two, bob).await, room);
        say(three, bob, &room, "I am here").await.unwrap();
        let leave = request(bob, Command::Leave { conversation: room.id });
        assert_eq!([one, two, three][round % 3].submit(leave).await, Ok(Reply::Done));
        for store in [one, two, three] {
            assert_eq!(say(store, bob, &room, "and gone").await.unwrap_err().code, Code::NotFound);
        }
    }
    assert_eq!(one.submit(request(bob, Command::SignOut)).await, Ok(Reply::Done));
    for store in [three, two, one] {
        let slug = other.slug.clone().unwrap();
        let refused = store.submit(request(bob, Command::OpenRoom { slug })).await.unwrap_err();
        assert_eq!(refused.code, Code::Unauthenticated);
    }
    close(&nodes).await;
}

/// A conversation goes on where others have left it, after their messages and their deletions.
#[tokio::test(flavor = "multi_thread")]
async fn rows_follow_what_others_append() {
    let nodes = three().await;
    let ada = guest(&*nodes[0].store).await;
    let room = open_room(&*nodes[0].store, ada).await;
    for round in 0..20 {
        let first = round as u64 * 3 + 1;
        let [one, two] = [&*nodes[round % 3].store, &*nodes[(round + 1) % 3].store];
        assert_eq!(say(one, ada, &room, "one").await, Ok(first));
        assert_eq!(say(two, ada, &room, "two").await, Ok(first + 1));
        let delete = Command::DeleteMessage { conversation: room.id, seq: Seq::new(first) };
        let deleted = one.submit(request(ada, delete)).await;
        assert!(
            matches!(deleted, Ok(Reply::Stored { seq, .. }) if seq == Seq::new(first + 2)),
            "{deleted:?}"
        );
    }
    let all = HistoryRange::After(Seq::ZERO);
    let history = nodes[0].store.history(ada.account, room.id, all, 100).await.unwrap().unwrap();
    let ns: Vec<u64> = history.messages.iter().map(|(.., message)| message.n).collect();
    assert_eq!(ns, (1..=40).collect::<Vec<_>>());
    close(&nodes).await;
}

/// A writer that has nothing to do sees what others append, soon.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_writer_follows() {
    let nodes = three().await;
    let ada = guest(&*nodes[0].store).await;
    let room = open_room(&*nodes[0].store, ada).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        say(&*nodes[0].store, ada, &room, "hello").await.unwrap();
        let (stored, head) = (Instant::now(), nodes[0].store.head().await.unwrap());
        nodes[1].seen_up_to(head).await;
        nodes[2].seen_up_to(head).await;
        slowest = slowest.max(stored.elapsed());
    }
    // It looks every 50 ms; this machine may be busy.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    close(&nodes).await;
}

/// All have the same keys and epochs, although they have started at once on an empty database.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_are_one_installation() {
    let url = shared().database().url;
    let starting: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Node::start(&url).await })
        })
        .collect();
    let mut nodes = Vec::new();
    for node in starting {
        nodes.push(node.await.unwrap());
    }
    let first = &nodes[0].store;
    for node in &nodes[1..] {
        assert_eq!(node.store.secrets().cursor, first.secrets().cursor);
        assert_eq!(node.store.secrets().hash, first.secrets().hash);
        assert_eq!(node.store.secrets().token, first.secrets().token);
        assert_eq!(node.store.epochs(), first.epochs());
    }
    close(&nodes).await;
}
