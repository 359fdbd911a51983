//! A seeded simulation of one shard: commits, publications, turns, store reads, slow and vanishing sockets, polls, joins,
//! leaves, deletions and sign-outs in every order that a seed brings. No interleaving may lose, double or leak a record.
//!
//! The store is a plain list. A read of it happens at some moment after it was asked for and arrives at some later one, and
//! the list may be ahead of the window. `CHINWAG_SIMULATIONS` sets the number of seeds, `CHINWAG_SEED` the
//! first of them; alone it replays one.

mod answers;
mod liveness;
mod peer;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{
    AccountId, Actor, Body, ClientId, Conversation, ConversationId, CursorCipher, DeviceId, EpochTag, Event,
    Kind, Membership, Message, Pos, Record, Role, Sender, Seq, Slug, Timestamp, Topic,
};
use chinwag_store::{Epoch, Epochs, Page, PageEnd, Tail, TopicHead, Topics};
use chinwag_websocket::Deflate;
use tokio::sync::oneshot;
use uuid::Uuid;

use self::peer::{HEAD, Peer, PeerSink, Reading};
use super::{Effect, PollInput, Shard};
use crate::encode::Format;
use crate::hub::{After, CommandAnswer, PollAnswer, PollEnd, ShownMessages, StreamRequest, encode_page};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::random::Random;
use crate::sink::ConnectionKey;

const ACCOUNTS: u64 = 4;
const ROOMS: u64 = 3;
const CLIENTS: usize = 7;
const STEPS: usize = 600;
const SECRET: &str = "marrow";

fn account(number: u64) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa000 + u128::from(number)))
}

fn room(number: u64) -> ConversationId {
    ConversationId::new(Uuid::from_u128(0xc000 + u128::from(number)))
}

/// The log, and what follows from it, computed in the simplest way there is.
#[derive(Default)]
struct Log {
    events: Vec<Event>,
    published: usize,
    removed: Vec<DeviceId>,
}

impl Log {
    fn head(&self) -> Pos {
        Pos::new(self.events.len() as u64)
    }

    fn next_seq(&self, topic: Topic) -> Seq {
        Seq::new(self.events.iter().filter(|event| event.topic() == topic).count() as u64 + 1)
    }

    /// Since when the account has been a member, as of `at`.
    fn member_since(&self, account: AccountId, room: ConversationId, at: Pos) -> Option<Pos> {
        let mut since = None;
        for event in &self.events[..at.get() as usize] {
            match &event.body {
                Body::Joined { account: who, conversation, .. }
                    if *who == account && conversation.id == room =>
                {
                    since = Some(event.pos);
                }
                Body::Left { account: who, conversation } if *who == account && conversation.id == room => {
                    since = None;
                }
                _ => {}
            }
        }
        since
    }

    /// Whether the account, reading as of `at`, sees the event at `pos`.
    fn sees(&self, account: AccountId, pos: Pos, at: Pos) -> bool {
        match self.events[pos.get() as usize - 1].topic() {
            Topic::Account(id) => id == account,
            Topic::Conversation(id) => self.member_since(account, id, at).is_some_and(|since| pos >= since),
        }
    }

    /// The deletion of the message at `pos`, if there is one up to `at`.
    fn deleted(&self, pos: Pos, at: Pos) -> bool {
        let message = &self.events[pos.get() as usize - 1];
        self.events[..at.get() as usize].iter().any(|event| {
            matches!(&event.body, Body::Delete { target, .. } if *target == message.seq)
                && event.topic() == message.topic()
        })
    }

    /// The event as a read as of now gives it.
    fn read(&self, pos: Pos) -> Event {
        let mut event = self.events[pos.get() as usize - 1].clone();
        let deleted = self.deleted(pos, self.head());
        if let Body::Message(message) = &mut event.body
            && deleted
        {
            message.text.clear();
            message.deleted_by = Some(Seq::ZERO);
        }
        event
    }
}

enum Link {
    None,
    Stream { peer: Rc<RefCell<Peer>>, key: ConnectionKey, reading: Box<Reading> },
    Poll { answer: oneshot::Receiver<Result<PollAnswer, PollEnd>>, ticket: u64 },
}

/// A device: it keeps its cursor and reads by whatever link it has.
struct Client {
    actor: Actor,
    link: Link,
    place: Option<Pos>,
    /// What it may be asked to have received begins after this.
    start: Pos,
    received: BTreeSet<Pos>,
    signed_out: bool,
}

enum Answer {
    Page(super::Waiter, Page),
    Topics(AccountId, Topics),
    Command(ConnectionKey, CommandAnswer),
}

struct World {
    seed: u64,
    random: Random,
    now_ms: u64,
    log: Log,
    publisher: Arc<Publisher>,
    shard: Shard<PeerSink>,
    clients: Vec<Client>,
    asked: Vec<Effect>,
    answers: Vec<Answer>,
    tickets: u64,
    counts: HashMap<&'static str, u64>,
    missed_max: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let missed_max = if random.below(3) == 0 { 20 + random.below(40) } else { 1_000_000 };
        let options = HubOptions {
            // From a handful of events to all of them.
            window_bytes_max: 2_000 << random.below(9),
            outbox_events_max: 1 + random.below(12) as usize,
            page_events_max: 1 + random.below(9) as usize,
            missed_events_max: missed_max,
            heartbeat: Duration::from_millis(2_000),
            comment: Duration::from_millis(1_200),
            lifetime: Duration::from_secs(40),
            topics_kept: Duration::from_secs(3),
            ..HubOptions::default()
        };
        let epochs = Epochs::new(vec![Epoch { tag: EpochTag::of([5; 16]), first: Pos::new(1) }]).unwrap();
        let cipher = CursorCipher::new([3; 16]);
        let publisher = Publisher::new(cipher, Arc::new(epochs), Pos::ZERO, &[], &options);
        let shard = Shard::new(publisher.clone(), Arc::new(options), seed, 0);
        let clients = (0..CLIENTS)
            .map(|number| Client {
                actor: Actor {
                    account: account(number as u64 % ACCOUNTS),
                    device: DeviceId::new(Uuid::from_u128(0xd000 + number as u128)),
                },
                link: Link::None,
                place: None,
                start: Pos::ZERO,
                received: BTreeSet::new(),
                signed_out: false,
            })
            .collect();
        Self {
            seed,
            random,
            now_ms: 0,
            log: Log::default(),
            publisher,
            shard,
            clients,
            asked: Vec::new(),
            answers: Vec::new(),
            tickets: 0,
            counts: HashMap::new(),
            missed_max,
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn append(&mut self, body: Body) {
        let pos = self.log.head().next();
        let mut event = Event { pos, seq: Seq::ZERO, at: Timestamp::from_millis(0), body };
        event.seq = self.log.next_seq(event.topic());
        self.log.events.push(event);
    }

    fn sender(&self, id: AccountId) -> Sender {
        Sender { id, name: "x".into(), version: 1, lookalike: false }
    }

    fn commit(&mut self) {
        for _ in 0..=self.random.below(6) {
            let who = account(self.random.below(ACCOUNTS));
            let room = room(self.random.below(ROOMS));
            let conversation = Conversation { id: room, kind: Kind::Room, slug: Slug::parse("r").unwrap() };
            let member = self.log.member_since(who, room, self.log.head()).is_some();
            match self.random.below(20) {
                0 | 1 if !member => {
                    self.count("join");
                    let from_seq = self.log.next_seq(Topic::Conversation(room));
                    let since = self.log.head().next();
                    let membership = Membership { role: Role::Member, since, visible_from: Seq::new(1) };
                    self.append(Body::Joined { account: who, conversation, membership, from_seq });
                }
                0 if member => {
                    self.count("leave");
                    self.append(Body::Left { account: who, conversation });
                }
                2 | 3 => {
                    let messages = self.log.events.iter().filter(|event| {
                        event.topic() == Topic::Conversation(room) && matches!(event.body, Body::Message(_))
                    });
                    let targets: Vec<(Pos, Seq)> = messages.map(|event| (event.pos, event.seq)).collect();
                    if !targets.is_empty() {
                        // Mostly recent ones: those are still on their way.
                        let back = self.random.below(4).min(targets.len() as u64 - 1) as usize;
                        let (pos, target) = targets[targets.len() - 1 - back];
                        if !self.log.deleted(pos, self.log.head()) {
                            self.count("delete");
                            let sender = self.sender(who);
                            self.append(Body::Delete { conversation: room, target, sender });
                        }
                    }
                }
                4 if self.random.below(60) == 0 => {
                    let index = self.random.below(CLIENTS as u64) as usize;
                    let Actor { account, device } = self.clients[index].actor;
                    if !self.log.removed.contains(&device) {
                        self.count("sign out");
                        self.log.removed.push(device);
                        self.append(Body::DeviceRemoved { account, device });
                    }
                }
                _ => {
                    self.count("message");
                    let n = self.log.head().get();
                    let text = format!("{SECRET} {}", "é".repeat(self.random.below(60) as usize));
                    let message = Message {
                        conversation: room,
                        n,
                        sender: self.sender(who),
                        client_id: ClientId::new(Uuid::from_u128(u128::from(n))),
                        text,
                        deleted_by: None,
                    };
                    self.append(Body::Message(message));
                }
            }
        }
    }

    fn publish(&mut self) {
        let waiting = self.log.events.len() - self.log.published;
        if waiting > 0 {
            let end = self.log.published + 1 + self.random.below(waiting as u64) as usize;
            self.publisher.publish(&self.log.events[self.log.published..end]);
            self.log.published = end;
        }
    }

    /// Reads the store as of now for something that was asked for; the answer arrives later.
    fn read_store(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let effect = self.asked.swap_remove(self.random.below(self.asked.len() as u64) as usize);
        let head = self.log.head();
        let answer = match effect {
            Effect::Answer(key, actor, text) => {
                self.count("command");
                Answer::Command(key, self.answer(actor.account, &text))
            }
            Effect::ReadTopics(who) => {
                let heads = (0..ROOMS).map(room).filter_map(|id| {
                    let since = self.log.member_since(who, id, head)?;
                    let membership = Membership { role: Role::Member, since, visible_from: Seq::new(1) };
                    let seq = self.log.next_seq(Topic::Conversation(id)).previous();
                    Some(TopicHead { conversation: id, membership, seq })
                });
                Answer::Topics(who, Topics { head, conversations: heads.collect() })
            }
            Effect::ReadPage(waiter, who, after) => {
                self.count("page from the store");
                let visible = (after.get() + 1..=head.get()).map(Pos::new);
                let visible: Vec<Pos> = visible.filter(|&pos| self.log.sees(who, pos, head)).collect();
                let limit = 1 + self.random.below(9) as usize;
                let page = if visible.len() as u64 > self.missed_max {
                    Page { events: Vec::new(), end: PageEnd::Gap(chinwag_protocol::GapReason::TooMany, head) }
                } else {
                    let end = match visible.get(limit) {
                        Some(_) => PageEnd::More(visible[limit - 1]),
                        None => PageEnd::Head(head),
                    };
                    Page { events: visible.iter().take(limit).map(|&pos| self.log.read(pos)).collect(), end }
                };
                Answer::Page(waiter, page)
            }
        };
        self.answers.push(answer);
    }

    /// The answer to a command: half of them show the messages of a room, if the account is in it.
    fn answer(&mut self, who: AccountId, command: &str) -> CommandAnswer {
        let text = format!("answer to {command}");
        let number = self.random.below(2 * ROOMS);
        let (conversation, head) = (room(number), self.log.head());
        if self.log.member_since(who, conversation, head).is_none() {
            return CommandAnswer { text, shows: None };
        }
        self.count("page in an answer");
        let topic = Topic::Conversation(conversation);
        let rows = (1..=head.get()).map(Pos::new).map(|pos| self.log.read(pos));
        let rows: Vec<Event> = rows.filter(|event| event.topic() == topic).collect();
        let last = &rows[rows.len().saturating_sub(20)..];
        let mut text = format!("{text}\n{number} {}", head.get());
        for event in last {
            if let Body::Message(message) = &event.body {
                text += &format!("\n{} {}", event.pos.get(), message.text);
            }
        }
        let to = rows.last().map_or(Seq::ZERO, |event| event.seq);
        let from = last.first().map_or(to.next(), |event| event.seq);
        let cursor = self.publisher.cursor(head);
        CommandAnswer { text, shows: Some(ShownMessages { conversation, from, to, cursor }) }
    }

    /// A page in an answer: of a room that the account is in, and without what was deleted.
    fn check_page(&self, index: usize, page: &str) {
        let (seed, reached, who) = (self.seed, self.shard.pos, self.clients[index].actor.account);
        let mut lines = page.lines();
        let (number, as_of) = lines.next().unwrap().split_once(' ').unwrap();
        let (conversation, as_of) = (room(number.parse().unwrap()), Pos::new(as_of.parse().unwrap()));
        // The store may be ahead of the shard.
        assert!(
            self.log.member_since(who, conversation, reached.max(as_of)).is_some(),
            "seed {seed}: client {index} got a page of a room that it has left, shard at {reached}"
        );
        for line in lines {
            let (pos, text) = line.split_once(' ').unwrap();
            let pos = Pos::new(pos.parse().unwrap());
            assert!(
                !text.contains(SECRET) || !self.log.deleted(pos, reached),
                "seed {seed}: client {index} got the text of {pos} in a page, deleted before {reached}"
            );
        }
    }

    fn deliver_answer(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        match self.answers.swap_remove(self.random.below(self.answers.len() as u64) as usize) {
            Answer::Topics(who, topics) => self.shard.topics_read(who, Ok(topics), self.now_ms),
            Answer::Command(key, answer) => self.shard.answered(key, Some(&answer), self.now_ms),
            Answer::Page(waiter, page) => {
                let page = encode_page(&self.publisher, &page);
                self.shard.page_read(waiter, Ok(page), self.now_ms);
            }
        }
    }

    /// Whether the gateway may still take the device for signed in: its session was looked up a moment ago, while the window
    /// held its removal or before that.
    fn may_connect(&self, device: DeviceId) -> bool {
        let removal = self.log.events.iter().find(
            |event| matches!(event.body, Body::DeviceRemoved { device: removed, .. } if removed == device),
        );
        removal.is_none_or(|event| event.pos >= self.publisher.window().first())
    }

    fn connect(&mut self, index: usize) {
        let actor = self.clients[index].actor;
        if self.clients[index].signed_out || !self.may_connect(actor.device) {
            return;
        }
        let after = self.clients[index].place.map_or(After::Now, After::Pos);
        if self.random.below(3) == 0 {
            self.count("poll");
            let (reply, answer) = oneshot::channel();
            self.tickets += 1;
            let ticket = self.tickets;
            let wait_ms = if self.random.below(2) == 0 { 0 } else { self.random.below(3_000) };
            self.shard.poll(PollInput { actor, after, wait_ms, ticket, reply }, self.now_ms);
            self.clients[index].link = Link::Poll { answer, ticket };
        } else {
            self.count("stream");
            let peer =
                Rc::new(RefCell::new(Peer { budget: self.random.below(4_000) as usize, ..Peer::default() }));
            let format = match self.random.below(4) {
                0 => Format::Sse,
                1 => Format::Ndjson,
                2 => Format::WebSocket(None),
                _ => Format::WebSocket(Some(Deflate { window_bits: 8 + self.random.below(8) as u8 })),
            };
            let mut reading = Box::new(Reading::new(format));
            if matches!(format, Format::WebSocket(_)) {
                self.count("websocket");
                // Some send before the handshake has been answered.
                if self.random.below(4) == 0 {
                    reading.command(&mut peer.borrow_mut(), "early".to_owned());
                }
            }
            let early: Vec<u8> = peer.borrow_mut().sent.drain(..).collect();
            let request = StreamRequest { actor, after, format };
            let sink = |_| PeerSink(peer.clone());
            let key = self.shard.attach(sink, &request, HEAD, &early, self.now_ms);
            self.clients[index].link = Link::Stream { peer, key, reading };
        }
    }

    fn disconnect(&mut self, index: usize) {
        match std::mem::replace(&mut self.clients[index].link, Link::None) {
            Link::None => {}
            Link::Stream { peer, key, .. } => {
                peer.borrow_mut().gone = true;
                self.shard.socket_ready(key, self.now_ms);
            }
            Link::Poll { ticket, .. } => self.shard.abandon_poll(ticket, self.now_ms),
        }
    }

    fn give_room(&mut self, index: usize, bytes: usize) {
        if let Link::Stream { peer, key, .. } = &self.clients[index].link {
            let key = *key;
            peer.borrow_mut().budget += bytes;
            self.shard.socket_ready(key, self.now_ms);
        }
    }

    /// Has a client say something, if it reads by WebSocket.
    fn speak(&mut self, index: usize) {
        let (what, number) = (self.random.below(12), self.log.head());
        let Link::Stream { peer, key, reading } = &mut self.clients[index].link else { return };
        if !matches!(reading.format, Format::WebSocket(_)) {
            return;
        }
        let key = *key;
        {
            let mut peer = peer.borrow_mut();
            match what {
                0 => reading.close(&mut peer),
                1..3 => reading.ping(&mut peer),
                3 => {
                    for part in 0..40 {
                        reading.command(&mut peer, format!("burst {part} at {number}"));
                    }
                }
                _ => reading.command(&mut peer, format!("command at {number}")),
            }
        }
        self.shard.socket_ready(key, self.now_ms);
    }

    /// Lets the shard look at the connections that it asked to look at again.
    fn wake(&mut self) {
        for index in 0..CLIENTS {
            let Link::Stream { peer, key, .. } = &self.clients[index].link else { continue };
            let key = *key;
            if std::mem::take(&mut peer.borrow_mut().woken) {
                self.shard.socket_ready(key, self.now_ms);
            }
        }
    }

    /// Has every client take what came for it, and checks each record at the moment that it came.
    fn receive(&mut self) {
        for index in 0..CLIENTS {
            let mut records: Vec<Record> = Vec::new();
            let mut upto = None;
            let mut over = false;
            let mut pages = Vec::new();
            match &mut self.clients[index].link {
                Link::None => {}
                Link::Stream { peer, reading, .. } => {
                    let mut peer = peer.borrow_mut();
                    records.extend(reading.records(&mut peer));
                    pages = std::mem::take(&mut reading.pages);
                    over = peer.closed;
                }
                Link::Poll { answer, .. } => match answer.try_recv() {
                    Ok(Ok(page)) => {
                        records.extend(
                            page.events.iter().map(|json| serde_json::from_slice::<Record>(json).unwrap()),
                        );
                        upto = Some(page.cursor);
                        over = true;
                    }
                    Ok(Err(PollEnd::SignedOut)) => {
                        self.clients[index].signed_out = true;
                        over = true;
                    }
                    Ok(Err(PollEnd::Unavailable)) | Err(oneshot::error::TryRecvError::Closed) => over = true,
                    Err(oneshot::error::TryRecvError::Empty) => {}
                },
            }
            for record in &records {
                self.take(index, record);
            }
            for page in &pages {
                self.check_page(index, page);
            }
            if let Some(cursor) = upto {
                let pos = self.publisher.cipher().open(cursor.as_str()).unwrap().pos;
                self.moved(index, pos);
            }
            if over {
                self.clients[index].link = Link::None;
            }
        }
    }

    fn take(&mut self, index: usize, record: &Record) {
        let seed = self.seed;
        let pos = self.publisher.cipher().open(record.cursor().unwrap().as_str()).unwrap().pos;
        let reached = self.shard.pos;
        let who = self.clients[index].actor.account;
        match record {
            Record::Hello { .. } | Record::Heartbeat { .. } => self.moved(index, pos),
            Record::End { reason, .. } => {
                self.count("end");
                self.clients[index].signed_out |= *reason == chinwag_protocol::EndReason::SignedOut;
                self.moved(index, pos);
            }
            Record::Gap { .. } => {
                self.count("gap");
                let client = &mut self.clients[index];
                client.start = client.start.max(pos);
                client.place = Some(pos);
            }
            Record::Message(_) | Record::Delete { .. } | Record::Member { .. } | Record::Device { .. } => {
                self.count("record");
                let device = self.clients[index].actor.device;
                let signed_out = self.log.events[..reached.get() as usize].iter().any(
                    |event| matches!(event.body, Body::DeviceRemoved { device: removed, .. } if removed == device),
                );
                assert!(
                    !signed_out,
                    "seed {seed}: client {index} got {pos} after its sign-out, shard at {reached}"
                );
                assert!(
                    self.log.sees(who, pos, reached.max(pos)),
                    "seed {seed}: client {index} got {pos} that it may not see, shard at {reached}"
                );
                if let Record::Message(message) = record {
                    let deleted = self.log.deleted(pos, reached);
                    assert!(
                        !deleted || !message.text.contains(SECRET),
                        "seed {seed}: client {index} got the text of {pos}, deleted before {reached}"
                    );
                    assert_eq!(message.deleted, message.text.is_empty(), "seed {seed}");
                }
                let client = &mut self.clients[index];
                let last = client.received.last().copied();
                assert!(
                    last < Some(pos),
                    "seed {seed}: client {index} got {pos} after {last:?}: doubled or out of order"
                );
                client.received.insert(pos);
                self.moved(index, pos);
            }
            Record::Conversation { .. } | Record::Hidden { .. } | Record::Unknown => {
                panic!("seed {seed}: {record:?} was never written")
            }
        }
    }

    /// A cursor says: all that you may see up to here was sent to you.
    fn moved(&mut self, index: usize, pos: Pos) {
        let client = &self.clients[index];
        let Some(from) = client.place else {
            let client = &mut self.clients[index];
            client.start = pos;
            client.place = Some(pos);
            return;
        };
        assert!(pos >= from, "seed {}: client {index} was moved back from {from} to {pos}", self.seed);
        let at = self.shard.pos.max(pos);
        for missed in (client.start.max(from).get() + 1..=pos.get()).map(Pos::new) {
            // The page may come from a store that is ahead of the shard: what it no longer gives, nobody owes.
            let owed =
                [at, self.log.head()].iter().all(|&at| self.log.sees(client.actor.account, missed, at));
            assert!(
                client.received.contains(&missed) || !owed,
                "seed {}: client {index} was told that it has all up to {pos}, but lacks {missed}",
                self.seed
            );
        }
        self.clients[index].place = Some(pos);
    }

    fn step(&mut self) {
        let index = self.random.below(CLIENTS as u64) as usize;
        match self.random.below(20) {
            0..3 => self.commit(),
            3..6 => self.publish(),
            6..9 => {
                self.wake();
                self.receive();
                self.shard.turn(self.now_ms);
            }
            9..11 => self.read_store(),
            11..13 => self.deliver_answer(),
            13..15 => {
                let bytes = self.random.below(3_000) as usize;
                self.give_room(index, bytes);
            }
            15 => {
                self.now_ms += self.random.below(1_500);
                self.shard.tick(self.now_ms);
            }
            16 if self.random.below(3) == 0 => self.disconnect(index),
            16 | 17 => self.speak(index),
            _ => {
                if matches!(self.clients[index].link, Link::None) {
                    self.connect(index);
                }
            }
        }
        self.asked.extend(self.shard.take_effects());
        self.receive();
    }

    /// Lets everything that is under way arrive, then asks every client for everything.
    fn settle(&mut self) {
        for index in 0..CLIENTS {
            if matches!(self.clients[index].link, Link::None) {
                self.connect(index);
                self.receive();
            }
        }
        for round in 0..10_000 {
            self.publish();
            self.wake();
            self.receive();
            let busy = self.shard.turn(self.now_ms);
            self.receive();
            self.asked.extend(self.shard.take_effects());
            self.read_store();
            self.deliver_answer();
            self.receive();
            self.asked.extend(self.shard.take_effects());
            for index in 0..CLIENTS {
                self.give_room(index, 10_000);
                self.receive();
            }
            // Polls end at their deadlines; ended links are taken up again until all stand at the head.
            self.now_ms += 100;
            self.shard.tick(self.now_ms);
            self.receive();
            let head = self.log.head();
            let mut settled = !busy && self.asked.is_empty() && self.answers.is_empty();
            for index in 0..CLIENTS {
                let client = &self.clients[index];
                if client.signed_out || self.log.removed.contains(&client.actor.device) {
                    continue;
                }
                settled &= client.place == Some(head);
                if let Link::Stream { reading, .. } = &client.link {
                    settled &= reading.unanswered.is_empty() || reading.closed;
                }
                if matches!(client.link, Link::None) {
                    self.connect(index);
                    self.receive();
                }
            }
            if settled {
                return;
            }
            assert!(round < 9_999, "seed {}: the shard does not settle", self.seed);
        }
    }

    fn check_complete(&self) {
        let head = self.log.head();
        for (index, client) in self.clients.iter().enumerate() {
            if self.log.removed.contains(&client.actor.device) {
                continue;
            }
            for pos in (client.start.get() + 1..=head.get()).map(Pos::new) {
                assert!(
                    client.received.contains(&pos) || !self.log.sees(client.actor.account, pos, head),
                    "seed {}: client {index} never got {pos}",
                    self.seed
                );
            }
        }
    }
}

fn simulate(seed: u64, counts: &mut HashMap<&'static str, u64>) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.settle();
    world.check_complete();
    for (what, count) in world.counts {
        *counts.entry(what).or_default() += count;
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

#[test]
fn no_interleaving_loses_doubles_or_leaks_a_record() {
    let first = number("CHINWAG_SEED");
    let count = number("CHINWAG_SIMULATIONS").unwrap_or(if first.is_some() { 1 } else { 300 });
    let first = first.unwrap_or(0);
    let mut counts = HashMap::new();
    for seed in first..first + count {
        simulate(seed, &mut counts);
    }
    println!("{count} seeds from {first}: {counts:?}");
    if count < 300 {
        return;
    }
    for what in [
        "message",
        "delete",
        "join",
        "leave",
        "sign out",
        "poll",
        "stream",
        "websocket",
        "command",
        "page in an answer",
        "gap",
        "end",
        "page from the store",
    ] {
        assert!(counts.get(what).is_some_and(|&count| count >= 50), "{what} hardly occurred: {counts:?}");
    }
}
