//! Keyed events, of which only the latest counts, and how far accounts have read.

use chinwag_chat::{Received, Reply, Request};
use chinwag_protocol::{
    AccountId, Attributes, Body, Code, Command, Conversation, DraftCard, DraftText, Entities, Entity, Event,
    Key, Keyed, Marker, MessageText, OwnSettings, OwnSettingsChange, Pos, Preferences, Receipt, Seq,
    Timestamp, Topic,
};

use super::Harness;
use super::world::{Guest, World, code};
use crate::{Limits, PageEnd, Unread};

impl World<'_> {
    async fn read(&mut self, guest: Guest, room: &Conversation, seq: u64) {
        self.done(guest, Command::Read { conversation: room.id, seq: Seq::new(seq) }).await;
    }

    /// How far an account has read a room, and the version of the last marker.
    async fn marker(&self, guest: Guest, room: &Conversation) -> (Marker, u64) {
        let synced = self.store().sync(guest.actor.account, None, 100).await.unwrap();
        let row = synced.conversations.iter().find(|row| row.conversation.id == room.id);
        let unread = Unread {
            messages: synced.conversations.iter().map(|row| row.marker.0.unread).sum(),
            mentions: synced.conversations.iter().map(|row| row.marker.0.mentions).sum(),
        };
        assert_eq!(synced.unread, Some(unread), "the sum of all");
        row.unwrap().marker
    }

    /// How many messages of it are left to an account, and how many of them mention it.
    async fn left(&self, guest: Guest, room: &Conversation) -> (u64, u64) {
        let (Marker { unread, mentions, .. }, _) = self.marker(guest, room).await;
        (unread, mentions)
    }
}

fn marker(read_seq: u64, read_n: u64, unread: u64) -> Marker {
    Marker { read_seq: Seq::new(read_seq), read_n, unread, ..Marker::default() }
}

/// Place, row and version of each.
fn markers(events: &[Event]) -> Vec<(Pos, Seq, u64)> {
    let marker = |event: &Event| match &event.body {
        Body::Keyed(Keyed::Marker { marker, version, .. }) => Some((event.pos, marker.read_seq, *version)),
        _ => None,
    };
    events.iter().filter_map(marker).collect()
}

/// Of several events of a key a reader meets the latest, at its own place, once, whatever the page; others meet none.
pub async fn of_a_key_the_latest_is_read(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    for number in 0..3 {
        world.send(bob, &room, &format!("word {number}")).await;
    }
    let before = world.head().await;
    for seq in 1..=3 {
        world.read(ada, &room, seq).await;
    }
    world.send(bob, &room, "another").await;
    let (third, last) = (Pos::new(before.get() + 3), Pos::new(before.get() + 4));
    assert_eq!(world.head().await, last);

    for restarted in [false, true] {
        let missed = world.missed(ada, before).await;
        let places: Vec<Pos> = missed.iter().map(|event| event.pos).collect();
        assert_eq!(places, [third, last], "restarted: {restarted}");
        assert_eq!(missed[0].seq, Seq::ZERO);
        let Body::Keyed(keyed) = &missed[0].body else { panic!("{missed:?}") };
        assert_eq!(keyed.topic(), Topic::Account(ada.actor.account));
        assert_eq!((keyed.key(), keyed.version()), (Key::Marker(room.id), 3));
        assert_eq!(markers(&world.missed(ada, Pos::ZERO).await), [(third, Seq::new(3), 3)]);
        assert_eq!(markers(&world.missed(ada, third).await), []);
        assert_eq!(markers(&world.missed(bob, Pos::ZERO).await), []);
        let limits = Limits { events: 1, ..world.no_limits() };
        let page = world.store().page(&[ada.actor.account], before, limits).await.unwrap();
        assert_eq!((markers(&page.events).len(), page.end), (1, PageEnd::More(third)));
        // What was replaced does not count.
        let limits = Limits { missed_events: 2, ..world.no_limits() };
        let page = world.store().page(&[ada.actor.account], before, limits).await.unwrap();
        assert_eq!(page.end, PageEnd::Head(last));
        let limits = Limits { missed_events: 1, ..world.no_limits() };
        let page = world.store().page(&[ada.actor.account], before, limits).await.unwrap();
        assert!(matches!(page.end, PageEnd::Gap(..)), "{page:?}");
        // The two that were replaced are left out of the log's end, and nothing else.
        let recent = world.store().recent(usize::MAX).await.unwrap();
        assert_eq!(recent.len() as u64, last.get() - 2);
        assert_eq!(markers(&recent), [(third, Seq::new(3), 3)]);
        world.restart().await;
    }
    // The tail was told each.
    assert_eq!(markers(&world.recorder.events()).len(), 3);
    // Nor has the timeline a hole.
    let topics = world.store().topics(bob.actor.account).await.unwrap();
    assert_eq!(topics.conversations[0].seq, Seq::new(4));
}

/// Commands of one batch see each other's events of a key.
pub async fn events_of_a_key_in_one_batch_follow_each_other(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    for number in 0..4 {
        world.send(bob, &room, &format!("word {number}")).await;
    }
    let read = |seq| Command::Read { conversation: room.id, seq: Seq::new(seq) };
    let requests = vec![
        world.request(ada, read(2)),
        world.request(ada, read(1)),
        world.request(ada, read(4)),
        world.request(ada, read(9)),
    ];
    let answers = world.in_one_batch(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3, "{answers:?}");
    let told: Vec<_> =
        markers(&world.recorder.events()).into_iter().map(|(_, seq, version)| (seq, version)).collect();
    assert_eq!(told, [(Seq::new(2), 1), (Seq::new(4), 2)]);
    assert_eq!(world.marker(ada, &room).await, (marker(4, 4, 0), 2));
    world.restart().await;
    assert_eq!(world.marker(ada, &room).await, (marker(4, 4, 0), 2));
}

/// The rows of replaced events go, some at a time, once they are old and everybody is past them; nothing else does.
pub async fn rows_of_replaced_events_go(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    let before = world.head().await;
    for seq in 1..=10 {
        world.send(bob, &room, "word").await;
        world.read(ada, &room, seq).await;
        world.advance(1_000);
    }
    let head = world.head().await;
    let long_ago = Timestamp::from_millis(world.now().as_millis() - 60_000);
    assert_eq!(world.store().forget_replaced(head, long_ago, 100).await.unwrap(), 0);
    // The first was replaced when the second came.
    let (first, begun) =
        (Pos::new(before.get() + 2), Timestamp::from_millis(world.now().as_millis() - 9_000));
    assert_eq!(world.store().forget_replaced(first, begun, 100).await.unwrap(), 0, "not below");
    assert_eq!(world.store().forget_replaced(head, begun, 100).await.unwrap(), 1);
    assert_eq!(world.store().forget_replaced(head, world.now(), 3).await.unwrap(), 3);
    assert_eq!(world.store().forget_replaced(head, world.now(), 100).await.unwrap(), 5);
    assert_eq!(world.store().forget_replaced(head, world.now(), 100).await.unwrap(), 0);
    for _ in 0..2 {
        let recent = world.store().recent(usize::MAX).await.unwrap();
        assert_eq!(recent.len() as u64, head.get() - 9);
        assert_eq!(markers(&recent), [(head, Seq::new(10), 10)]);
        assert_eq!(world.missed(ada, before).await.len(), 11);
        assert_eq!(world.head().await, head);
        world.restart().await;
    }
    // And goes on.
    world.send(bob, &room, "word").await;
    world.read(ada, &room, 11).await;
    assert_eq!(world.marker(ada, &room).await, (marker(11, 11, 0), 11));
    assert_eq!(world.store().forget_replaced(world.head().await, world.now(), 100).await.unwrap(), 1);
}

/// A marker never goes back; what lies after it counts, but for one's own messages, which move it.
pub async fn markers_count_what_is_unread(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    for number in 0..3 {
        world.send(bob, &room, &format!("before {number}")).await;
    }
    world.open_room(ada, "tea").await;
    assert_eq!(world.marker(ada, &room).await, (marker(3, 3, 0), 0), "what was before is read");
    assert_eq!(world.marker(bob, &room).await, (marker(3, 3, 0), 0), "all is one's own");
    world.send(bob, &room, "four").await;
    world.delete(bob, &room, Seq::new(4)).await;
    world.send(bob, &room, "six").await;
    assert_eq!(world.marker(ada, &room).await, (marker(3, 3, 2), 0));
    world.read(ada, &room, 5).await;
    assert_eq!(world.marker(ada, &room).await, (marker(5, 4, 1), 1));
    world.read(ada, &room, 4).await;
    assert_eq!(world.marker(ada, &room).await, (marker(5, 4, 1), 1), "it never goes back");
    let request = world.request(ada, Command::Read { conversation: room.id, seq: Seq::new(7) });
    assert_eq!(code(world.submit(request).await), Code::NotFound);
    world.send(ada, &room, "seven").await;
    assert_eq!(world.marker(ada, &room).await, (marker(7, 6, 0), 1), "without an event");
    world.send(bob, &room, "eight").await;
    assert_eq!(world.marker(ada, &room).await, (marker(7, 6, 1), 1));
    world.read(ada, &room, 6).await;
    assert_eq!(world.marker(ada, &room).await, (marker(7, 6, 1), 1), "one's own message is beyond");

    // Whoever comes back begins anew.
    world.leave(ada, &room).await;
    world.send(bob, &room, "nine").await;
    world.open_room(ada, "tea").await;
    assert_eq!(world.marker(ada, &room).await, (marker(9, 8, 0), 1));
    world.send(bob, &room, "ten").await;
    world.read(ada, &room, 10).await;
    assert_eq!(world.marker(ada, &room).await, (marker(10, 9, 0), 2));
}

/// However many one writes, the marker is exact, and few events say so.
pub async fn ones_own_messages_move_the_marker(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    let mut seq = 0;
    for number in 0..150 {
        let own = number % 3 == 0;
        world.send(if own { ada } else { bob }, &room, "word").await;
        seq += 1;
        if number % 10 == 0 || number > 55 && number < 75 {
            let unread = number % 3;
            assert_eq!(world.marker(ada, &room).await.0, marker(seq - unread, seq - unread, unread), "{seq}");
        }
        if number == 100 {
            world.restart().await;
        }
    }
    let told = markers(&world.recorder.events());
    let of_ada: Vec<u64> = told.iter().map(|(_, seq, _)| seq.get()).filter(|seq| seq % 3 == 1).collect();
    assert_eq!(of_ada, [64, 130], "64 rows further each");
}

/// The mark as unread stays until something is read or written, and changes nothing else.
pub async fn a_conversation_is_marked_as_unread(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    for number in 0..3 {
        world.send(bob, &room, &format!("word {number}")).await;
    }
    world.read(ada, &room, 3).await;
    let mark = |seq| Command::MarkUnread { conversation: room.id, seq: Seq::new(seq) };
    for absent in [0, 4] {
        let request = world.request(ada, mark(absent));
        assert_eq!(code(world.submit(request).await), Code::NotFound, "{absent}");
    }
    let marked = Marker { marked_unread_from: Some(Seq::new(2)), ..marker(3, 3, 0) };
    for _ in 0..2 {
        world.done(ada, mark(2)).await;
        assert_eq!(world.marker(ada, &room).await, (marked, 2));
        world.restart().await;
    }
    world.read(ada, &room, 1).await;
    assert_eq!(world.marker(ada, &room).await, (marker(3, 3, 0), 3), "reading anything clears it");
    world.done(ada, mark(1)).await;
    world.send(ada, &room, "mine").await;
    assert_eq!(world.marker(ada, &room).await, (marker(4, 4, 0), 5), "so does writing");
}

/// What is unread mentions an account in as many messages as name it or everybody, as they are now. Those that it has written
/// do not count, nor any that is deleted.
pub async fn mentions_are_counted_as_they_are_now(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let crew = world.crew(bob, &[ada, eve]).await;
    let from = world.store().sync(ada.actor.account, None, 1).await.unwrap().conversations[0].seq.get();
    let named = |guest: Guest| Entity::Mention { offset: 0, length: 1, account: guest.actor.account };
    let all = Entity::MentionAll { offset: 1, length: 1 };
    let text = MessageText::parse("hello".to_owned(), 100).unwrap();
    let entities = |named: &[Entity]| Entities::parse(named.to_vec(), &text).unwrap();
    let sends: [(Guest, Vec<Entity>); 6] = [
        (bob, vec![named(ada)]),
        (bob, vec![all]),
        (bob, vec![named(ada), all]),
        (bob, vec![named(eve)]),
        (eve, vec![named(ada)]),
        (bob, Vec::new()),
    ];
    for (guest, entity) in sends {
        let attributes = Attributes { entities: entities(&entity), ..Attributes::default() };
        let (client_id, text) = (world.client_id(), text.clone());
        let send = Command::SendMessage { conversation: crew.id, client_id, text, follows: None, attributes };
        world.ask(guest, send).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(world.left(ada, &crew).await, (6, 4));
        assert_eq!(world.left(bob, &crew).await, (0, 0), "his own");
        assert_eq!(world.left(eve, &crew).await, (1, 0), "before what she wrote");
        world.restart().await;
    }
    let edit = |seq, named: &[Entity]| Command::EditMessage {
        conversation: crew.id,
        seq: Seq::new(from + seq),
        text: text.clone(),
        entities: entities(named),
    };
    world.ask(bob, edit(6, &[named(ada)])).await.unwrap();
    assert_eq!(world.left(ada, &crew).await, (6, 5), "named later");
    world.ask(bob, edit(3, &[named(eve)])).await.unwrap();
    assert_eq!(world.left(ada, &crew).await, (6, 4), "named no more");
    world.delete(bob, &crew, Seq::new(from + 2)).await;
    assert_eq!(world.left(ada, &crew).await, (6, 3), "deleted");
    world.read(ada, &crew, from + 1).await;
    for _ in 0..2 {
        assert_eq!(world.left(ada, &crew).await, (5, 2));
        world.restart().await;
    }
    // What comes before in the same batch counts.
    let requests = vec![
        world.request(bob, edit(4, &[all])),
        world.delete_request(eve, &crew, Seq::new(from + 5)),
        world.request(ada, Command::Read { conversation: crew.id, seq: Seq::new(from + 2) }),
    ];
    for answer in world.in_one_batch(requests).await {
        answer.unwrap();
    }
    let events = world.recorder.events();
    let told = events.iter().rev().find_map(|event| match &event.body {
        Body::Keyed(Keyed::Marker { marker, .. }) => Some((marker.unread, marker.mentions)),
        _ => None,
    });
    assert_eq!(told, Some((4, 2)));
    assert_eq!(world.left(ada, &crew).await, (4, 2));
    world.read(ada, &crew, from + 6).await;
    assert_eq!(world.left(ada, &crew).await, (0, 0));
}

/// What keyed events say of a deleted account goes with it.
pub async fn keyed_events_go_with_their_account(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    world.send(bob, &room, "word").await;
    world.read(ada, &room, 1).await;
    world.done(ada, Command::DeleteAccount { verified: None }).await;
    world.remove(ada.actor.account).await;
    assert_eq!(markers(&world.store().recent(usize::MAX).await.unwrap()), []);
    assert_eq!(markers(&world.missed(ada, Pos::ZERO).await), []);
    let head = world.head().await;
    assert_eq!(world.store().forget_replaced(head, world.now(), 100).await.unwrap(), 1);
}

impl World<'_> {
    /// Has others told how far accounts are; how many were.
    async fn tell(&self, all: &[(Guest, &Conversation, Option<u64>)]) -> u64 {
        let received = |(guest, room, delivered): &(Guest, &Conversation, Option<u64>)| Received {
            account: guest.actor.account,
            conversation: room.id,
            delivered: delivered.map(Seq::new),
        };
        let before = self.head().await;
        let request = Request::Receive(all.iter().map(received).collect());
        assert_eq!(self.submit(request).await, Ok(Reply::Done));
        self.head().await.get() - before.get()
    }

    async fn crew(&mut self, owner: Guest, members: &[Guest]) -> Conversation {
        let id = self.group(owner).await;
        self.add(owner, id, members).await;
        self.store().conversation(owner.actor.account, id).await.unwrap().unwrap().conversation
    }
}

fn receipts(events: &[Event]) -> Vec<(AccountId, Receipt, u64)> {
    let receipt = |event: &Event| match event.body {
        Body::Keyed(Keyed::Receipt { account, receipt, version, .. }) => Some((account, receipt, version)),
        _ => None,
    };
    events.iter().filter_map(receipt).collect()
}

/// Members of groups are told how far others are, as far as these want it; who does not is told nothing.
pub async fn receipts_are_for_those_who_give_them(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let crew = world.crew(ada, &[bob, eve]).await;
    let message = world.send(ada, &crew, "hello").await.seq;
    let (seq, at) = (message.get(), Some(message));
    assert_eq!(
        world.tell(&[(bob, &crew, Some(seq)), (ada, &crew, Some(seq)), (bob, &crew, Some(seq))]).await,
        1
    );
    assert_eq!(world.tell(&[(bob, &crew, Some(seq))]).await, 0, "that is known");
    world.read(bob, &crew, seq).await;
    assert_eq!(world.tell(&[(bob, &crew, None), (eve, &crew, None)]).await, 1);
    let read = Receipt { delivered_seq: at, read_seq: at };
    for _ in 0..2 {
        assert_eq!(receipts(&world.missed(ada, Pos::ZERO).await), [(bob.actor.account, read, 2)]);
        let known = world.store().receipts(ada.actor.account, crew.id).await.unwrap().unwrap();
        let rows: Vec<_> =
            known.rows.iter().map(|row| (row.account.name.as_str(), row.receipt, row.version)).collect();
        assert_eq!(
            (rows, known.members, known.wanted, known.head),
            (vec![("Bob", read, 2)], 3, true, world.head().await)
        );
        world.restart().await;
    }
    assert_eq!(world.store().preferences(eve.actor.account).await.unwrap(), (Preferences::default(), 0));
    let off = Command::SetPreferences { receipts: Some(false) };
    let request = world.request(eve, off);
    let preferences = Preferences { receipts: false };
    assert_eq!(world.submit(request).await, Ok(Reply::Preferences { preferences, version: 1 }));
    assert_eq!(world.tell(&[(eve, &crew, Some(seq))]).await, 0);
    for _ in 0..2 {
        assert_eq!(world.store().preferences(eve.actor.account).await.unwrap(), (preferences, 1));
        assert_eq!(receipts(&world.missed(eve, Pos::ZERO).await), []);
        let both = [eve.actor.account, ada.actor.account];
        let page = world.store().page(&both, Pos::ZERO, world.no_limits()).await.unwrap();
        assert_eq!(receipts(&page.events).len(), 1, "of two accounts one is told");
        let topics = world.store().topics(eve.actor.account).await.unwrap();
        assert!(!topics.receipts && topics.conversations[0].receipts);
        let known = world.store().receipts(eve.actor.account, crew.id).await.unwrap().unwrap();
        assert_eq!((known.rows, known.wanted), (Vec::new(), false));
        world.restart().await;
    }
    let zoe = world.guest("Zoe").await.actor.account;
    assert_eq!(world.store().receipts(zoe, crew.id).await.unwrap(), None);
    // Whoever has left is in no list.
    world.leave(bob, &crew).await;
    let known = world.store().receipts(ada.actor.account, crew.id).await.unwrap().unwrap();
    assert_eq!(known.rows, []);
    assert_eq!(world.tell(&[(bob, &crew, Some(seq))]).await, 0);
}

/// What has come to an account is found by its places, where others may be told.
pub async fn what_was_received_is_found_by_places(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let crew = world.crew(ada, &[bob]).await;
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let before = world.head().await;
    let message = world.send(ada, &crew, "hello").await;
    world.send(ada, &room, "hello").await;
    let head = world.head().await;
    let found = world.store().received(bob.actor.account, before, head).await.unwrap();
    assert_eq!(found, [(crew.id, message.seq)]);
    for (after, until) in [(before, before), (message.pos, head), (Pos::ZERO, before)] {
        let found = world.store().received(bob.actor.account, after, until).await.unwrap();
        assert_eq!(found, [], "{after} to {until}");
    }
    world.store().record_places(&[(bob.actor.device, message.pos)]).await.unwrap();
    assert_eq!(world.store().topics(bob.actor.account).await.unwrap().place, message.pos);
}

/// What an account has set for itself, and what its devices have begun to write, outlives restarts, and stands in `sync`.
pub async fn settings_and_drafts_are_kept(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let change = OwnSettingsChange { pinned: Some(true), ..OwnSettingsChange::default() };
    let request = world.request(ada, Command::ChangeOwnSettings { conversation: room.id, change });
    let settings = OwnSettings { pinned: true, ..OwnSettings::default() };
    let reply = Reply::OwnSettings { settings: settings.clone(), version: 1 };
    assert_eq!(world.submit(request).await, Ok(reply));
    let draft = |device, text: &str| Command::PutDraft {
        conversation: room.id,
        device,
        text: DraftText::parse(text.to_owned(), 100).unwrap(),
    };
    for text in ["one", "two", "", "three"] {
        world.done(ada, draft(ada.actor.device, text)).await;
    }
    assert_eq!(world.refused(ada, draft(bob.actor.device, "one")).await, Code::NotFound);
    let card = DraftCard { device: ada.actor.device, text: "three".to_owned(), version: 4 };
    for _ in 0..2 {
        let synced = world.store().sync(ada.actor.account, None, 10).await.unwrap();
        assert_eq!(synced.conversations[0].settings, (settings.clone(), 1));
        assert_eq!(synced.conversations[0].drafts, std::slice::from_ref(&card));
        let synced = world.store().sync(bob.actor.account, None, 10).await.unwrap();
        assert_eq!(synced.conversations[0].settings, (OwnSettings::default(), 0));
        assert!(synced.conversations[0].drafts.is_empty());
        world.restart().await;
    }
    world.done(ada, draft(ada.actor.device, "")).await;
    let synced = world.store().sync(ada.actor.account, None, 10).await.unwrap();
    assert!(synced.conversations[0].drafts.is_empty());
    let latest: Vec<u64> = world
        .missed(ada, Pos::ZERO)
        .await
        .iter()
        .filter_map(|event| event.keyed().map(Keyed::version))
        .collect();
    assert_eq!(latest, [1, 5]);
}
