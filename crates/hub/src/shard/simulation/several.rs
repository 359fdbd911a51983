//! A connection that reads for two accounts, of which one goes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use chinwag_protocol::{
    AccountId, Actor, Attributes, Body, ClientId, Conversation, CursorCipher, DeviceId, EpochTag, Event,
    LeftChange, Membership, Message, Pos, Role, Sender, Seq, Slug, Timestamp, Topic,
};
use chinwag_store::{Epoch, Epochs, Tail, TopicHead};
use serde_json::Value;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::log::{account, room, topics};
use super::peer::{HEAD, Peer, PeerSink};
use super::world::ADDRESS;
use crate::actors::Actors;
use crate::encode::Format;
use crate::hub::{After, PollAnswer, PollEnd, StreamRequest};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::shard::{PollInput, Shard};
use crate::sink::ConnectionKey;
use crate::statuses::Statuses;

const ADA: u64 = 1;
const BOB: u64 = 2;
/// Rooms that both are in, and each alone.
const BOTH: u64 = 0;
const ADAS: u64 = 1;
const BOBS: u64 = 2;

struct Scene {
    publisher: Arc<Publisher>,
    shard: Shard<PeerSink>,
    events: Vec<Event>,
}

/// Their stream.
struct Stream {
    peer: Rc<RefCell<Peer>>,
    key: ConnectionKey,
}

fn device(number: u64) -> DeviceId {
    DeviceId::new(Uuid::from_u128(u128::from(number)))
}

fn both() -> Actors {
    let actors = [BOB, ADA].map(|number| Actor { account: account(number), device: device(number) });
    Actors::new(actors.into()).unwrap()
}

impl Scene {
    fn open() -> Self {
        let options = HubOptions::default();
        let epochs = Epochs::new(vec![Epoch { tag: EpochTag::of([5; 16]), first: Pos::new(1) }]).unwrap();
        let publisher =
            Publisher::new(CursorCipher::new([3; 16]), Arc::new(epochs), Pos::ZERO, &[], &options);
        let statuses = Statuses::of_one_shard(publisher.metrics().clone(), &options);
        let shard = Shard::new(publisher.clone(), (statuses, 0), Arc::new(options), 1, 0);
        Self { publisher, shard, events: Vec::new() }
    }

    /// Opens their stream; it has its `hello`.
    fn stream(&mut self) -> Stream {
        let peer = Rc::new(RefCell::new(Peer { budget: 1 << 20, ..Peer::default() }));
        let request = StreamRequest {
            actors: both(),
            lost: Vec::new(),
            after: After::Now(Pos::ZERO),
            format: Format::Ndjson,
            address: ADDRESS,
            network: None,
            view: None,
        };
        let key = self.shard.attach(|_| PeerSink(peer.clone()), &request, HEAD, b"", 0);
        self.know();
        let stream = Stream { peer, key };
        self.records(&stream);
        stream
    }

    fn poll(&mut self) -> oneshot::Receiver<Result<PollAnswer, PollEnd>> {
        let (reply, answer) = oneshot::channel();
        let (actors, lost, after) = (both(), Vec::new(), After::Pos(Pos::ZERO));
        self.shard.poll(PollInput { actors, lost, after, wait_ms: 30_000, view: None, ticket: 1, reply }, 0);
        self.know();
        answer
    }

    /// What they read becomes known.
    fn know(&mut self) {
        for (who, rooms) in [(ADA, [BOTH, ADAS]), (BOB, [BOTH, BOBS])] {
            let membership = Membership {
                role: Role::Member,
                since: Pos::ZERO,
                visible_from: Seq::new(1),
                request: false,
            };
            let head = |number| TopicHead {
                conversation: room(number),
                membership,
                seq: Seq::ZERO,
                receipts: false,
            };
            let conversations = rooms.map(head).into();
            self.shard.topics_read(account(who), Ok(topics(Pos::ZERO, conversations)), 0);
        }
    }

    fn commit(&mut self, body: Body) {
        let pos = Pos::new(self.events.len() as u64 + 1);
        let mut event = Event { pos, seq: Seq::ZERO, at: Timestamp::from_millis(0), body };
        let of_topic = |topic: Topic| self.events.iter().filter(|event| event.topic() == topic).count();
        event.seq = Seq::new(of_topic(event.topic()) as u64 + 1);
        self.events.push(event.clone());
        self.publisher.publish(&[event]);
        self.shard.turn(0);
        self.shard.turn(0);
    }

    fn post(&mut self, number: u64, text: &str) {
        self.commit(message(number, account(3), text, false));
    }

    fn sign_out(&mut self, who: u64) {
        self.commit(Body::DeviceRemoved { account: account(who), device: device(who) });
    }

    /// The peer takes so many bytes more.
    fn allow(&mut self, stream: &Stream, bytes: usize) {
        stream.peer.borrow_mut().budget = bytes;
        self.shard.socket_ready(stream.key, 0);
        self.shard.turn(0);
    }

    /// What has come since the last call: texts, and other records by their type.
    fn records(&self, stream: &Stream) -> Vec<String> {
        let bytes = std::mem::take(&mut stream.peer.borrow_mut().received);
        let text = String::from_utf8(bytes).unwrap();
        let text = text.strip_prefix(std::str::from_utf8(HEAD).unwrap()).unwrap_or(&text);
        text.lines().map(told).collect()
    }
}

fn message(number: u64, sender: AccountId, text: &str, hidden: bool) -> Body {
    Body::Message(Message {
        conversation: room(number),
        n: 1,
        sender: Sender { id: sender, name: "x".into(), version: 1, lookalike: false },
        client_id: ClientId::new(Uuid::from_u128(1)),
        text: text.to_owned(),
        deleted_by: None,
        attributes: Attributes::default(),
        edited: None,
        hidden,
    })
}

fn told(json: &str) -> String {
    let record: Value = serde_json::from_str(json).unwrap();
    match record["type"].as_str().unwrap() {
        "message" => record["text"].as_str().unwrap().to_owned(),
        "account_end" => format!("account_end {}", record["account"].as_str().unwrap()),
        kind => kind.to_owned(),
    }
}

fn end_of(who: u64) -> String {
    format!("account_end {}", account(who))
}

#[test]
fn what_two_read_comes_once() {
    let mut scene = Scene::open();
    let stream = scene.stream();
    for (room, text) in [(BOTH, "a"), (ADAS, "b"), (BOBS, "c"), (3, "never")] {
        scene.post(room, text);
    }
    assert_eq!(scene.records(&stream), ["a", "b", "c"]);
    // The same while it waits in the outbox, and when there is too much of it.
    for count in [3, 1_000] {
        scene.allow(&stream, 0);
        for number in 0..count {
            scene.post(BOTH, &number.to_string());
        }
        let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        scene.allow(&stream, 1 << 24);
        for _ in 0..count {
            scene.shard.turn(0);
        }
        assert_eq!(scene.records(&stream), expected);
    }
}

#[test]
fn who_is_signed_out_takes_along_what_waits() {
    let mut scene = Scene::open();
    let stream = scene.stream();
    scene.allow(&stream, 0);
    scene.post(ADAS, "Ada's");
    scene.post(BOBS, "Bob's");
    scene.post(BOTH, "both's");
    scene.sign_out(ADA);
    scene.post(ADAS, "too late");
    scene.allow(&stream, 1 << 20);
    let mut records = scene.records(&stream);
    records.sort();
    assert_eq!(records, ["Bob's".to_owned(), end_of(ADA), "both's".to_owned()]);
    scene.sign_out(BOB);
    assert_eq!(scene.records(&stream), ["end"]);
    assert!(stream.peer.borrow().closed);
}

#[test]
fn a_record_that_is_half_written_is_cut_with_its_account() {
    for (room, is_cut) in [(ADAS, true), (BOTH, true), (BOBS, false)] {
        let mut scene = Scene::open();
        let stream = scene.stream();
        scene.allow(&stream, 20);
        scene.post(room, "long enough");
        scene.sign_out(ADA);
        assert_eq!(stream.peer.borrow().closed, is_cut);
        if !is_cut {
            scene.allow(&stream, 1 << 20);
            assert_eq!(scene.records(&stream), ["long enough".to_owned(), end_of(ADA)]);
        }
    }
}

/// What only Ada may see goes with her, be it that she has left the room since.
#[test]
fn a_half_written_record_for_one_is_cut_with_that_one() {
    let mut scene = Scene::open();
    let stream = scene.stream();
    scene.allow(&stream, 0);
    scene.commit(message(BOTH, account(ADA), "for Ada alone", true));
    let conversation = Conversation::room(room(BOTH), Slug::parse("r").unwrap());
    scene.commit(Body::Left { account: account(ADA), conversation, change: LeftChange::Left });
    scene.allow(&stream, 20);
    assert!(!stream.peer.borrow().closed);
    scene.sign_out(ADA);
    assert!(stream.peer.borrow().closed);
}

#[test]
fn a_held_poll_is_answered_when_one_of_its_accounts_goes() {
    let mut scene = Scene::open();
    let mut answer = scene.poll();
    assert!(answer.try_recv().is_err());
    scene.sign_out(ADA);
    let answer = answer.try_recv().unwrap().unwrap();
    let told: Vec<String> =
        answer.events.iter().map(|json| told(std::str::from_utf8(json).unwrap())).collect();
    assert_eq!(told, [end_of(ADA)]);
    assert!(!answer.more);
    // One that comes while the gateway knows of the sign-out no better is told so, too; with the last there is nothing to read.
    let answer = scene.poll().try_recv().unwrap().unwrap();
    assert_eq!(answer.events.len(), 1);
    scene.sign_out(BOB);
    assert_eq!(scene.poll().try_recv().unwrap(), Err(PollEnd::SignedOut));
}
