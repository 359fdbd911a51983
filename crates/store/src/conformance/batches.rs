//! What is decided, in which order, and once.

use chinwag_chat::{Entry, Reply};
use chinwag_protocol::{Body, Code, Command, Pos, Role, Seq};

use super::Harness;
use super::world::{World, code, stored};

/// The same `client_id` and request get the first answer: at once, after a deletion, after a restart, after leaving.
pub async fn a_retry_gets_the_first_answer(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let id = world.client_id();
    let request = world.send_request(ada, &room, id, "one", None);
    let first = stored(world.submit(request.clone()).await);
    let head = world.head().await;
    world.advance(1000);
    assert_eq!(stored(world.submit(request.clone()).await), first);
    assert_eq!(world.head().await, head);

    let deletion = world.delete(ada, &room, first.seq).await;
    assert_eq!(stored(world.submit(request.clone()).await), first);
    assert_eq!(world.delete(ada, &room, first.seq).await, deletion);
    world.restart().await;
    assert_eq!(stored(world.submit(request.clone()).await), first);
    assert_eq!(world.delete(ada, &room, first.seq).await, deletion);
    world.leave(ada, &room).await;
    assert_eq!(stored(world.submit(request).await), first);
}

/// Another request under a used `client_id` is refused, also after a restart; another sender's is not.
pub async fn another_request_under_a_client_id_is_refused(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let id = world.client_id();
    let first = world.send_request(ada, &room, id, "one", None);
    stored(world.submit(first).await);
    let other = world.send_request(ada, &room, id, "two", None);
    assert_eq!(code(world.submit(other.clone()).await), Code::ClientIdReused);
    world.restart().await;
    assert_eq!(code(world.submit(other).await), Code::ClientIdReused);
    let bobs = world.send_request(bob, &room, id, "two", None);
    assert_eq!(stored(world.submit(bobs).await).seq, Seq::new(2));
}

/// Retries that meet in one batch are one message; another request under their `client_id` is refused there too.
pub async fn retries_in_one_batch_are_stored_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let id = world.client_id();
    let send = world.send_request(ada, &room, id, "one", None);
    let other = world.send_request(ada, &room, id, "two", None);
    let guest = world.guest_request("Bob", None);
    let answers = world.in_one_batch(vec![send.clone(), send.clone(), other, guest, send]).await;
    let [one, two, other, guest, three] = <[_; 5]>::try_from(answers).unwrap();
    let one = stored(one);
    assert_eq!(stored(two), one);
    assert_eq!(stored(three), one);
    assert_eq!(code(other), Code::ClientIdReused);
    assert!(guest.is_ok());
    assert_eq!(world.head().await, Pos::new(one.pos.get() + 1));
}

/// Two accounts open a new room in one batch: the first makes it, both are members.
pub async fn two_makers_of_one_room_in_one_batch(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let requests = vec![
        world.open_room_request(ada, "Tea"),
        world.open_room_request(bob, "tea"),
        world.open_room_request(ada, "TEA"),
    ];
    let answers = world.in_one_batch(requests).await;
    let [first, second, third] = <[_; 3]>::try_from(answers).unwrap();
    let Ok(Reply::Room { conversation, role: Role::Owner, entry: Entry::Made }) = first else {
        panic!("{first:?}")
    };
    let again = Reply::Room { conversation: conversation.clone(), role: Role::Member, entry: Entry::Joined };
    assert_eq!(second, Ok(again));
    assert_eq!(
        third,
        Ok(Reply::Room { conversation: conversation.clone(), role: Role::Owner, entry: Entry::Before })
    );
    for guest in [ada, bob] {
        let topics = world.store().topics(guest.actor.account).await.unwrap();
        assert_eq!(topics.conversations.len(), 1);
        assert_eq!(topics.conversations[0].conversation, conversation.id);
        world.send(guest, &conversation, "hello").await;
    }
}

/// In one batch, a send after a leave is refused and a send before it is stored.
pub async fn a_leave_and_a_send_in_one_batch_count_in_their_order(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let (id, other) = (world.client_id(), world.client_id());
    let leave = world.request(ada, Command::Leave { conversation: room.id });
    let late = world.send_request(ada, &room, id, "late", None);
    let leave_after = world.request(bob, Command::Leave { conversation: room.id });
    let early = world.send_request(bob, &room, other, "early", None);
    let answers = world.in_one_batch(vec![leave, late, early, leave_after]).await;
    let [left, late, early, left_after] = <[_; 4]>::try_from(answers).unwrap();
    assert_eq!(left, Ok(Reply::Done));
    assert_eq!(code(late), Code::NotFound);
    assert_eq!(stored(early).seq, Seq::new(1));
    assert_eq!(left_after, Ok(Reply::Done));
}

/// `follows` is met by a message of the same batch that stands before, and not by one that stands behind.
pub async fn a_predecessor_counts_within_its_batch(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let ids = [world.client_id(), world.client_id(), world.client_id()];
    let third = world.send_request(ada, &room, ids[2], "three", Some(ids[1]));
    let first = world.send_request(ada, &room, ids[0], "one", None);
    let second = world.send_request(ada, &room, ids[1], "two", Some(ids[0]));
    let answers = world.in_one_batch(vec![third.clone(), first, second]).await;
    let [early, first, second] = <[_; 3]>::try_from(answers).unwrap();
    assert_eq!(code(early), Code::PredecessorMissing);
    assert_eq!((stored(first).seq, stored(second).seq), (Seq::new(1), Seq::new(2)));
    assert_eq!(stored(world.submit(third).await).seq, Seq::new(3));
}

/// Rows count 1, 2, 3 … per conversation, whatever is refused in between and however many write at once.
pub async fn rows_are_numbered_without_gaps(harness: &dyn Harness) {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    let mut world = World::open(harness).await;
    let mut requests = Vec::new();
    let mut rooms = Vec::new();
    for writer in 0..WRITERS {
        let guest = world.guest("Ada").await;
        for slug in ["tea", "coffee"] {
            let room = world.open_room(guest, slug).await;
            for _ in 0..EACH {
                let id = world.client_id();
                requests.push(world.send_request(guest, &room, id, &format!("from {writer}"), None));
                requests.push(world.send_request(guest, &room, id, "refused", None));
            }
            rooms.push((guest, room));
        }
    }
    for batch in requests.chunks(300) {
        world.in_one_batch(batch.to_vec()).await;
    }
    for (guest, room) in &rooms {
        let all = crate::HistoryRange::After(Seq::ZERO);
        let history =
            world.store().history(guest.actor.account, room.id, all, 10_000).await.unwrap().unwrap();
        let seqs: Vec<u64> = history.messages.iter().map(|(seq, ..)| seq.get()).collect();
        let ns: Vec<u64> = history.messages.iter().map(|(.., message)| message.n).collect();
        let want: Vec<u64> = (1..=(WRITERS * EACH) as u64).collect();
        assert_eq!(seqs, want);
        assert_eq!(ns, want);
    }
}

/// The tail is given every position once, in order, before the answer; and after a restart goes on where it was.
pub async fn the_tail_has_every_position_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    for round in 0..3 {
        let mut requests = Vec::new();
        for _ in 0..20 {
            let id = world.client_id();
            requests.push(world.send_request(ada, &room, id, "hello", None));
        }
        for answer in world.in_one_batch(requests).await {
            let stored = stored(answer);
            assert!(world.recorder.events().iter().any(|event| event.pos == stored.pos));
        }
        let last = world.send(ada, &room, "last").await;
        assert_eq!(world.recorder.events().last().unwrap().pos, last.pos);
        if round == 1 {
            world.restart().await;
        }
    }
    let events = world.recorder.events();
    let places: Vec<u64> = events.iter().map(|event| event.pos.get()).collect();
    assert_eq!(places, (1..=world.head().await.get()).collect::<Vec<_>>());
    assert_eq!(events, world.store().recent(usize::MAX).await.unwrap());
}

/// A refused request leaves no trace, and those beside it in the batch are not touched.
pub async fn a_refusal_changes_nothing(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let message = world.send(ada, &room, "mine").await;
    let sign_out = world.request(eve, Command::SignOut);
    assert_eq!(world.submit(sign_out).await, Ok(Reply::Done));
    let before = world.head().await;

    let (id, missing) = (world.client_id(), world.client_id());
    let refused = vec![
        (world.delete_request(bob, &room, message.seq), Code::Forbidden),
        (world.delete_request(ada, &room, Seq::new(99)), Code::NotFound),
        (world.send_request(bob, &room, id, "early", Some(missing)), Code::PredecessorMissing),
        (world.open_room_request(eve, "coffee"), Code::Unauthenticated),
    ];
    let good = world.send_request(bob, &room, id, "good", None);
    let mut requests: Vec<_> = refused.iter().map(|(request, _)| request.clone()).collect();
    requests.push(good);
    let mut answers = world.in_one_batch(requests).await;
    let good = stored(answers.pop().unwrap());
    assert_eq!(good.pos, Pos::new(before.get() + 2), "the guest before the batch, then this");
    for (answer, (_, want)) in answers.into_iter().zip(refused) {
        assert_eq!(code(answer), want);
    }
    let last = world.recorder.events().pop().unwrap();
    assert!(matches!(last.body, Body::Message(message) if message.text == "good"));
}
