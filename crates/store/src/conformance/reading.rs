//! Who sees what, in which order, and how much of it.

use chinwag_chat::{Decision, Request, State, decide};
use chinwag_protocol::{
    AccountId, Body, Code, Conversation, Event, GapReason, Pos, Problem, Role, Seq, Timestamp,
};

use super::Harness;
use super::world::{Guest, World, code};
use crate::{HistoryRange, Limits, PageEnd, SyncPlace};

fn texts(events: &[Event]) -> Vec<&str> {
    let text = |event: &'_ Event| matches!(event.body, Body::Message(_));
    events
        .iter()
        .filter(|event| text(event))
        .map(|event| match &event.body {
            Body::Message(message) => message.text.as_str(),
            _ => "",
        })
        .collect()
}

/// A member's stream begins with its joining and ends with its leaving; its history begins with the room's.
pub async fn a_member_reads_from_its_joining_on(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.send(ada, &room, "before").await;
    world.open_room(bob, "tea").await;
    world.send(ada, &room, "while").await;

    assert_eq!(texts(&world.missed(bob, Pos::ZERO).await), ["while"]);
    let joined = world.missed(bob, Pos::ZERO).await.remove(1);
    let Body::Joined { membership, from_seq, .. } = &joined.body else { panic!("{joined:?}") };
    assert_eq!((membership.since, *from_seq, membership.role), (joined.pos, Seq::new(2), Role::Member));
    let all = HistoryRange::Newest;
    let history = world.store().history(bob.actor.account, room.id, all, 10).await.unwrap().unwrap();
    assert_eq!((history.messages.len(), history.from, history.to), (2, Seq::new(1), Seq::new(2)));

    world.leave(bob, &room).await;
    world.send(ada, &room, "after").await;
    assert!(texts(&world.missed(bob, Pos::ZERO).await).is_empty());
    assert_eq!(world.store().history(bob.actor.account, room.id, all, 10).await.unwrap(), None);
    assert!(world.store().topics(bob.actor.account).await.unwrap().conversations.is_empty());
    assert!(world.store().sync(bob.actor.account, None, 10).await.unwrap().conversations.is_empty());

    world.open_room(bob, "tea").await;
    world.send(ada, &room, "again").await;
    assert_eq!(texts(&world.missed(bob, Pos::ZERO).await), ["again"]);
    let topics = world.store().topics(bob.actor.account).await.unwrap();
    assert_eq!((topics.conversations[0].seq, topics.head), (Seq::new(4), world.head().await));
    assert_eq!(texts(&world.missed(ada, Pos::ZERO).await), ["before", "while", "after", "again"]);

    // An owner who comes back is an owner.
    world.leave(ada, &room).await;
    world.open_room(ada, "tea").await;
    let topics = world.store().topics(ada.actor.account).await.unwrap();
    assert_eq!(topics.conversations[0].membership.role, Role::Owner);
}

async fn three_rooms(world: &mut World<'_>) -> (Guest, Vec<Conversation>) {
    let ada = world.guest("Ada").await;
    let mut rooms = Vec::new();
    for slug in ["one", "two", "three"] {
        rooms.push(world.open_room(ada, slug).await);
    }
    for round in 0..10 {
        for room in &rooms {
            world.send(ada, room, &format!("{round} in {}", room.title())).await;
        }
    }
    (ada, rooms)
}

/// A page merges the topics in order of position, ends at its limits, and goes on from where it ended.
pub async fn a_page_is_in_order_and_within_its_limits(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, _) = three_rooms(&mut world).await;
    let bob = world.guest("Bob").await;
    world.open_room(bob, "elsewhere").await;
    let head = world.head().await;
    let all = world.missed(ada, Pos::ZERO).await;
    assert_eq!(all.len(), 1 + 3 * 2 + 30);
    assert!(all.is_sorted_by_key(|event| event.pos));

    for limits in [
        Limits { events: 7, ..world.no_limits() },
        Limits { events: 1, ..world.no_limits() },
        Limits { bytes: 30, ..world.no_limits() },
        Limits { bytes: 0, ..world.no_limits() },
        Limits { events: all.len(), ..world.no_limits() },
    ] {
        let mut after = Pos::ZERO;
        let mut read = Vec::new();
        loop {
            let page = world.store().page(&[ada.actor.account], after, limits).await.unwrap();
            let bytes: usize = texts(&page.events).iter().map(|text| text.len()).sum();
            assert!(page.events.len() <= limits.events && (bytes <= limits.bytes || page.events.len() == 1));
            read.extend(page.events);
            match page.end {
                PageEnd::More(pos) => {
                    assert_eq!(pos, read.last().unwrap().pos);
                    after = pos;
                }
                end => {
                    assert_eq!(end, PageEnd::Head(head));
                    break;
                }
            }
        }
        assert_eq!(read, all);
    }
    let page = world.store().page(&[ada.actor.account], head, world.no_limits()).await.unwrap();
    assert_eq!((page.events.len(), page.end), (0, PageEnd::Head(head)));
}

/// More than the allowed number of missed events, or older ones, are a gap; what others wrote does not count.
pub async fn what_is_missed_too_long_is_a_gap(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, rooms) = three_rooms(&mut world).await;
    let bob = world.guest("Bob").await;
    world.open_room(bob, "one").await;
    let joined = world.head().await;
    world.advance(60_000);
    for _ in 0..5 {
        world.send(ada, &rooms[0], "seen by both").await;
        world.send(ada, &rooms[1], "seen by Ada").await;
    }
    let head = world.head().await;
    let end = |guest: Guest, after: Pos, missed_events: u64, missed_ms: i64| {
        let limits = Limits { missed_events, missed_ms, ..world.no_limits() };
        let store = world.store();
        async move { store.page(&[guest.actor.account], after, limits).await.unwrap().end }
    };
    let (more, less) = (60_000, 59_999);
    assert_eq!(end(bob, joined, 5, more).await, PageEnd::Head(head));
    assert_eq!(end(bob, joined, 4, more).await, PageEnd::Gap(GapReason::TooMany, head));
    assert_eq!(end(ada, joined, 10, more).await, PageEnd::Head(head));
    assert_eq!(end(ada, joined, 9, more).await, PageEnd::Gap(GapReason::TooMany, head));
    assert_eq!(end(bob, Pos::ZERO, 100, more).await, PageEnd::Head(head));
    assert_eq!(end(bob, Pos::ZERO, 100, less).await, PageEnd::Gap(GapReason::TooOld, head));
    assert_eq!(end(bob, joined, 100, less).await, PageEnd::Head(head));
    world.advance(1_000_000);
    let limits = Limits { missed_ms: 1, ..world.no_limits() };
    let page = world.store().page(&[bob.actor.account], head, limits).await.unwrap();
    assert_eq!(page.end, PageEnd::Head(head), "nothing missed, however long ago");
}

/// What several accounts read together comes once, from where the first of them may see it, and counts once.
pub async fn a_page_of_several_accounts_has_each_event_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, rooms) = three_rooms(&mut world).await;
    let bob = world.guest("Bob").await;
    let before = world.head().await;
    world.send(ada, &rooms[0], "before Bob").await;
    world.open_room(bob, "one").await;
    let alone = world.open_room(bob, "alone").await;
    world.send(ada, &rooms[0], "for both").await;
    world.send(bob, &alone, "for Bob").await;
    world.send(ada, &rooms[1], "for Ada").await;
    let eve = world.guest("Eve").await;
    world.open_room(eve, "elsewhere").await;
    let head = world.head().await;

    let both = [ada.actor.account, bob.actor.account];
    let page = |accounts: &[AccountId], limits: Limits| {
        let (store, accounts) = (world.store(), accounts.to_vec());
        async move { store.page(&accounts, before, limits).await.unwrap() }
    };
    let all = page(&both, world.no_limits()).await;
    assert_eq!(texts(&all.events), ["before Bob", "for both", "for Bob", "for Ada"]);
    assert!(all.events.is_sorted_by_key(|event| event.pos));
    assert_eq!(all.end, PageEnd::Head(head));
    let [mut of_ada, of_bob] =
        [page(&both[..1], world.no_limits()).await.events, page(&both[1..], world.no_limits()).await.events];
    of_ada.extend(of_bob.into_iter().filter(|event| event.pos > before));
    of_ada.sort_by_key(|event| event.pos);
    of_ada.dedup();
    assert_eq!(all.events, of_ada);
    // In whatever order they are named.
    let turned = [both[1], both[0]];
    assert_eq!(page(&turned, world.no_limits()).await, all);

    let number = all.events.len() as u64;
    for (missed_events, end) in
        [(number, PageEnd::Head(head)), (number - 1, PageEnd::Gap(GapReason::TooMany, head))]
    {
        let limits = Limits { missed_events, ..world.no_limits() };
        assert_eq!(page(&both, limits).await.end, end);
    }
}

/// A deleted text is gone from everything that can be read, and the row stays.
pub async fn a_deletion_empties_the_row_everywhere(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let before = world.head().await;
    let secret = world.send(bob, &room, "secret").await;
    let by_owner = world.delete(ada, &room, secret.seq).await;
    assert_eq!((by_owner.seq, by_owner.pos), (Seq::new(2), secret.pos.next()));
    assert_eq!(world.delete(bob, &room, secret.seq).await, by_owner, "the first deletion counts");
    let of_deletion = world.delete_request(ada, &room, by_owner.seq);
    assert_eq!(code(world.submit(of_deletion).await), Code::NotFound);

    for _ in 0..2 {
        let events = world.missed(ada, before).await;
        let Body::Message(message) = &events[0].body else { panic!("{events:?}") };
        assert_eq!((message.text.as_str(), message.deleted_by, message.n), ("", Some(by_owner.seq), 1));
        assert!(matches!(&events[1].body, Body::Delete { target, sender, .. }
            if *target == secret.seq && sender.id == ada.actor.account));
        let newest = HistoryRange::Newest;
        let history = world.store().history(bob.actor.account, room.id, newest, 10).await.unwrap().unwrap();
        assert_eq!((history.messages.len(), history.from, history.to), (1, Seq::new(1), Seq::new(2)));
        assert_eq!(
            (history.messages[0].2.text.as_str(), history.messages[0].2.deleted_by),
            ("", Some(by_owner.seq))
        );
        assert!(!texts(&world.store().recent(usize::MAX).await.unwrap()).contains(&"secret"));
        let sync = world.store().sync(ada.actor.account, None, 10).await.unwrap();
        assert_eq!((sync.conversations[0].seq, sync.conversations[0].n), (Seq::new(2), 1));
        world.restart().await;
    }
    let next = world.send(bob, &room, "next").await;
    let events = world.missed(ada, next.pos.previous()).await;
    assert!(matches!(&events[0].body, Body::Message(message) if message.n == 2));
}

/// History pages cover exactly the rows that they name.
pub async fn history_has_edges(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    let account = ada.actor.account;
    let newest = HistoryRange::Newest;
    let empty = world.store().history(account, room.id, newest, 10).await.unwrap().unwrap();
    assert_eq!((empty.messages.len(), empty.from, empty.to), (0, Seq::new(1), Seq::ZERO));
    for text in ["1", "2", "3", "4", "5", "6", "7"] {
        world.send(ada, &room, text).await;
    }
    world.delete(ada, &room, Seq::new(7)).await;

    let (before, after) =
        (|seq| HistoryRange::Before(Seq::new(seq)), |seq| HistoryRange::After(Seq::new(seq)));
    for (range, limit, from, to, texts) in [
        (newest, 3, 6, 8, vec!["6", ""]),
        (newest, 100, 1, 8, vec!["1", "2", "3", "4", "5", "6", ""]),
        (before(6), 3, 3, 5, vec!["3", "4", "5"]),
        (before(3), 100, 1, 2, vec!["1", "2"]),
        (before(1), 10, 1, 0, vec![]),
        (before(0), 10, 1, 0, vec![]),
        (before(50), 2, 7, 8, vec![""]),
        (after(0), 2, 1, 2, vec!["1", "2"]),
        (after(6), 10, 7, 8, vec![""]),
        (after(7), 10, 8, 8, vec![]),
        (after(8), 10, 9, 8, vec![]),
        (after(50), 10, 9, 8, vec![]),
        (newest, 0, 9, 8, vec![]),
        (after(2), 0, 3, 2, vec![]),
    ] {
        let history = world.store().history(account, room.id, range, limit).await.unwrap().unwrap();
        let read: Vec<&str> = history.messages.iter().map(|(.., message)| message.text.as_str()).collect();
        assert_eq!(
            (read, history.from, history.to),
            (texts, Seq::new(from), Seq::new(to)),
            "{range:?} {limit}"
        );
        assert_eq!(history.head, world.head().await);
    }
    assert_eq!(world.store().history(bob.actor.account, room.id, newest, 10).await.unwrap(), None);
}

/// Rules under which nobody reads what was written before joining.
fn without_history(state: &State, request: &Request, now: Timestamp) -> Result<Decision, Problem> {
    let mut decision = decide(state, request, now)?;
    for append in &mut decision.appends {
        if let Body::Joined { membership, from_seq, .. } = &mut append.event.body {
            membership.visible_from = *from_seq;
        }
    }
    Ok(decision)
}

/// History pages begin at the membership's `visible_from`, whatever is asked for.
pub async fn history_begins_where_it_is_visible(harness: &dyn Harness) {
    let mut world = World::open_with(harness, without_history, 1).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    for text in ["1", "2", "3"] {
        world.send(ada, &room, text).await;
    }
    world.open_room(bob, "tea").await;
    let (before, after) =
        (|seq| HistoryRange::Before(Seq::new(seq)), |seq| HistoryRange::After(Seq::new(seq)));
    for (written, range, from, to) in [
        (false, HistoryRange::Newest, 4, 3),
        (false, after(0), 4, 3),
        (true, HistoryRange::Newest, 4, 5),
        (true, before(5), 4, 4),
        (true, before(4), 4, 3),
        (true, before(3), 3, 2),
        (true, after(0), 4, 5),
        (true, after(4), 5, 5),
    ] {
        if written && world.head().await < Pos::new(10) {
            world.send(ada, &room, "4").await;
            world.send(ada, &room, "5").await;
            world.restart().await;
        }
        let history = world.store().history(bob.actor.account, room.id, range, 10).await.unwrap().unwrap();
        assert_eq!((history.from, history.to), (Seq::new(from), Seq::new(to)), "{range:?}");
        let seqs: Vec<u64> = history.messages.iter().map(|(seq, ..)| seq.get()).collect();
        assert_eq!(seqs, (from..=to).collect::<Vec<_>>());
    }
    let of_earlier = world.delete_request(bob, &room, Seq::new(1));
    assert_eq!(code(world.submit(of_earlier).await), Code::NotFound);
}

/// `sync` lists each conversation once, newest activity first, in pages that may be cut anywhere.
pub async fn sync_pages_by_last_activity(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let mut rooms = Vec::new();
    for slug in ["a", "b", "c", "d", "e"] {
        rooms.push(world.open_room(ada, slug).await);
        world.advance(1000);
    }
    let active_at = world.now();
    world.send(ada, &rooms[1], "one").await;
    world.send(ada, &rooms[3], "two").await;
    world.send(ada, &rooms[1], "three").await;
    let want = ["b", "d", "e", "c", "a"];

    for limit in 1..=6 {
        let mut next: Option<SyncPlace> = None;
        let mut read = Vec::new();
        loop {
            let page = world.store().sync(ada.actor.account, next, limit).await.unwrap();
            assert_eq!(page.head, world.head().await);
            assert!(page.conversations.len() <= limit);
            read.extend(page.conversations);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let slugs: Vec<&str> = read.iter().map(|row| row.conversation.title()).collect();
        assert_eq!(slugs, want, "{limit} to a page");
        assert_eq!((read[0].seq, read[0].n, read[0].active_at), (Seq::new(2), 2, Some(active_at)));
        assert_eq!((read[2].seq, read[2].n, read[2].active_at), (Seq::ZERO, 0, None));
        assert_eq!(read[0].role, Role::Owner);
    }
}

/// The window of recent events is the end of the log without a hole, and as long as the budget allows.
pub async fn recent_events_fit_into_the_budget(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    assert!(world.store().recent(1 << 20).await.unwrap().is_empty());
    three_rooms(&mut world).await;
    let all = world.recorder.events();
    assert_eq!(world.store().recent(usize::MAX).await.unwrap(), all);
    for budget in [0, 1, 256, 300, 3000, 1 << 20] {
        let recent = world.store().recent(budget).await.unwrap();
        assert_eq!(recent, all[all.len() - recent.len()..]);
        let cost = |events: &[Event]| -> usize {
            events.len() * 256 + texts(events).iter().map(|text| text.len()).sum::<usize>()
        };
        assert!(cost(&recent) <= budget);
        if recent.len() < all.len() {
            assert!(cost(&all[all.len() - recent.len() - 1..]) > budget);
        }
    }
}
