//! Ends and failures.

use chinwag_protocol::{Code, Pos, Seq};

use super::Harness;
use super::world::{World, code, stored};
use crate::{HistoryRange, PageEnd, StoreError};

/// Positions and rows that a caller made up are not found, and nothing breaks.
pub async fn numbers_beyond_all_bounds_find_nothing(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    world.send(ada, &room, "one").await;
    let head = world.head().await;
    let account = ada.actor.account;
    for huge in [u64::MAX, u64::MAX - 1, i64::MAX as u64, i64::MAX as u64 + 1] {
        let page = world.store().page(&[account], Pos::new(huge), world.no_limits()).await.unwrap();
        assert_eq!((page.events.len(), page.end), (0, PageEnd::Head(head)));
        let delete = world.delete_request(ada, &room, Seq::new(huge));
        assert_eq!(code(world.submit(delete).await), Code::NotFound);
        let (before, after) = (HistoryRange::Before(Seq::new(huge)), HistoryRange::After(Seq::new(huge)));
        let before = world.store().history(account, room.id, before, usize::MAX).await.unwrap().unwrap();
        assert_eq!(before.messages.len(), 1);
        let after = world.store().history(account, room.id, after, usize::MAX).await.unwrap().unwrap();
        assert_eq!((after.messages.len(), after.from, after.to), (0, Seq::new(2), Seq::new(1)));
    }
    world.send(ada, &room, "two").await;
}

/// What was accepted before the end is finished; what comes later is refused.
pub async fn a_closed_store_refuses(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let id = world.client_id();
    let request = world.send_request(ada, &room, id, "one", None);
    let (answer, ()) = tokio::join!(biased; world.submit(request.clone()), world.store().close());
    let first = stored(answer);
    world.store().close().await;
    assert_eq!(code(world.submit(request.clone()).await), Code::ShuttingDown);
    assert!(matches!(world.store().head().await, Err(StoreError::Closed)));
    assert!(matches!(world.store().record_places(&[]).await, Err(StoreError::Closed)));
    world.restart().await;
    assert_eq!(stored(world.submit(request).await), first);
}

/// A store that was dropped without being closed has everything that it answered, and goes on.
pub async fn a_dropped_store_opens_right(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let mut stored = Vec::new();
    for round in 1..=3 {
        for _ in 0..10 {
            stored.push(world.send(ada, &room, &format!("round {round}")).await);
        }
        world.restart_without_close().await;
        let events = world.missed(ada, stored[0].pos.previous()).await;
        let places: Vec<Pos> = events.iter().map(|event| event.pos).collect();
        assert_eq!(places, stored.iter().map(|row| row.pos).collect::<Vec<_>>());
    }
    assert_eq!(world.recorder.events(), world.store().recent(usize::MAX).await.unwrap());
}

/// A batch that is committed and then not taken by the tail is published from the store; its callers are told to try again,
/// and get the first answer.
pub async fn a_tail_that_panics_gets_it_again(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let room = world.open_room(ada, "tea").await;
    let id = world.client_id();
    let request = world.send_request(ada, &room, id, "one", None);
    world.recorder.panic_once();
    assert_eq!(code(world.submit(request.clone()).await), Code::Unavailable);
    let stored = stored(world.submit(request).await);
    assert_eq!(stored.seq, Seq::new(1));
    world.send(ada, &room, "two").await;
    assert_eq!(world.recorder.events(), world.store().recent(usize::MAX).await.unwrap());
    let last = world.recorder.events().last().unwrap().pos;
    assert_eq!(last, stored.pos.next());
}
