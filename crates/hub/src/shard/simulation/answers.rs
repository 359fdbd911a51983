//! Answers that wait for a WebSocket whose peer takes nothing, while what they show is taken away.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use chinwag_protocol::{
    Actor, Attributes, Body, ClientId, Conversation, CursorCipher, DeviceId, EpochTag, Event, LeftChange,
    Membership, Message, Pos, Role, Sender, Seq, Slug, Timestamp,
};
use chinwag_store::{Epoch, Epochs, Tail, TopicHead};
use uuid::Uuid;

use super::log::{account, room, topics};
use super::peer::{HEAD, Peer, PeerSink};
use super::store::SECRET;
use super::world::ADDRESS;
use crate::encode::Format;
use crate::hub::{After, CommandAnswer, ShownMessages, StreamRequest};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::shard::{Effect, Shard};
use crate::sink::ConnectionKey;
use crate::statuses::Statuses;

/// A masked text message "x".
const COMMAND: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'x'];
/// Close with 1012.
const REOPEN: [u8; 2] = 1012_u16.to_be_bytes();

/// Ada reads a room of five messages by WebSocket, and has asked for a page of it.
struct Scene {
    publisher: Arc<Publisher>,
    shard: Shard<PeerSink>,
    peer: Rc<RefCell<Peer>>,
    key: ConnectionKey,
    seq: u64,
}

impl Scene {
    fn open() -> Self {
        let options = HubOptions::default();
        let epochs = Epochs::new(vec![Epoch { tag: EpochTag::of([5; 16]), first: Pos::new(1) }]).unwrap();
        let publisher =
            Publisher::new(CursorCipher::new([3; 16]), Arc::new(epochs), Pos::ZERO, &[], &options);
        let statuses = Statuses::of_one_shard(publisher.metrics().clone(), &options);
        let mut shard = Shard::new(publisher.clone(), (statuses, 0), Arc::new(options), 1, 0);
        let actor = Actor { account: account(1), device: DeviceId::new(Uuid::from_u128(1)) };
        let peer = Rc::new(RefCell::new(Peer { budget: 1 << 20, ..Peer::default() }));
        let request = StreamRequest {
            actors: actor.into(),
            lost: Vec::new(),
            after: After::Now(Pos::ZERO),
            format: Format::WebSocket(None),
            address: ADDRESS,
            network: None,
            view: None,
        };
        let key = shard.attach(|_| PeerSink(peer.clone()), &request, HEAD, b"", 0);
        let mut scene = Self { publisher, shard, peer, key, seq: 0 };
        for _ in 0..5 {
            scene.commit(Body::Message(message(scene.seq)));
        }
        scene.peer.borrow_mut().sent.extend(COMMAND);
        scene.shard.socket_ready(key, 0);
        let effects = scene.shard.take_effects();
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Answer(..))), "{effects:?}");
        scene
    }

    /// What Ada reads becomes known.
    fn know(&mut self) {
        let membership =
            Membership { role: Role::Member, since: Pos::ZERO, visible_from: Seq::new(1), request: false };
        let conversations =
            vec![TopicHead { conversation: room(0), membership, seq: Seq::new(self.seq), receipts: false }];
        let head = Pos::new(self.seq);
        self.shard.topics_read(account(1), Ok(topics(head, conversations)), 0);
        self.take();
    }

    /// Every event is of the room or of Ada, and the test's numbers are the same in both.
    fn commit(&mut self, body: Body) {
        self.seq += 1;
        let (pos, seq) = (Pos::new(self.seq), Seq::new(self.seq));
        self.publisher.publish(&[Event { pos, seq, at: Timestamp::from_millis(0), body }]);
        self.shard.turn(0);
    }

    fn delete(&mut self, seq: u64) {
        let sender = Sender { id: account(2), name: "x".into(), version: 1, lookalike: false };
        self.commit(Body::Delete { conversation: room(0), target: Seq::new(seq), sender, hidden: false });
    }

    fn erase(&mut self, of: u64) {
        let sender = Sender { id: account(of), name: "x".into(), version: 2, lookalike: false };
        self.commit(Body::Erased { conversation: room(0), sender });
    }

    fn leave(&mut self) {
        let conversation = Conversation::room(room(0), Slug::parse("r").unwrap());
        self.commit(Body::Left { account: account(1), conversation, change: LeftChange::Left });
    }

    /// The answer comes: rows 2 to 4 as of the end of the log then.
    fn answer(&mut self, as_of: u64) {
        let (from, to) = (Seq::new(2), Seq::new(4));
        let cursor = self.publisher.cursor(Pos::new(as_of));
        let shows = Some(ShownMessages { account: account(1), conversation: room(0), from, to, cursor });
        let answer = CommandAnswer { text: format!("page: {SECRET}"), shows, view: None };
        self.shard.answered(self.key, Some(&answer), 0);
    }

    /// The peer takes no more, or takes everything.
    fn allow(&mut self, bytes: usize) {
        self.peer.borrow_mut().budget = bytes;
        self.shard.socket_ready(self.key, 0);
        self.shard.turn(0);
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.peer.borrow_mut().received)
    }

    fn is_cut(&self) -> bool {
        self.peer.borrow().closed
    }
}

fn message(n: u64) -> Message {
    Message {
        conversation: room(0),
        n,
        sender: Sender { id: account(2), name: "x".into(), version: 1, lookalike: false },
        client_id: ClientId::new(Uuid::from_u128(n.into())),
        text: SECRET.to_owned(),
        deleted_by: None,
        attributes: Attributes::default(),
        edited: None,
        hidden: false,
    }
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn an_answer_that_waits_goes_out_when_nothing_was_taken_away() {
    let mut scene = Scene::open();
    scene.know();
    scene.allow(0);
    scene.answer(5);
    // Neither is in the page.
    scene.delete(1);
    scene.delete(5);
    scene.allow(1 << 20);
    assert!(has(&scene.take(), b"page: ") && !scene.is_cut());
}

#[test]
fn a_deletion_withdraws_the_answer_that_waits() {
    for taken in [0, 3] {
        let mut scene = Scene::open();
        scene.know();
        scene.allow(taken);
        scene.answer(5);
        scene.delete(3);
        assert!(scene.is_cut(), "after {taken} bytes");
        assert!(!has(&scene.take(), SECRET.as_bytes()));
    }
}

/// Whose messages the page has, nobody here knows.
#[test]
fn an_erasure_withdraws_the_answer_that_waits() {
    for of in [2, 3] {
        let mut scene = Scene::open();
        scene.know();
        scene.allow(0);
        scene.answer(5);
        scene.erase(of);
        assert!(scene.is_cut());
        assert!(!has(&scene.take(), SECRET.as_bytes()));
    }
}

/// What is committed goes out before the goodbye, be it that the shard has not looked since.
#[test]
fn a_stream_that_is_told_to_come_back_has_everything() {
    let mut scene = Scene::open();
    scene.know();
    scene.answer(5);
    scene.take();
    scene.seq += 1;
    let seq = Seq::new(scene.seq);
    let body = Body::Message(message(scene.seq));
    scene.publisher.publish(&[Event { pos: Pos::new(scene.seq), seq, at: Timestamp::from_millis(0), body }]);
    scene.shard.drain(1_000, 0);
    let came = String::from_utf8_lossy(&scene.take()).into_owned();
    let (row, end) = (came.find(r#""type":"message""#), came.find(r#""reason":"restart""#));
    assert!(row.is_some() && row < end, "{came}");
}

#[test]
fn leaving_withdraws_the_answer_that_waits() {
    let mut scene = Scene::open();
    scene.know();
    scene.allow(0);
    scene.answer(5);
    scene.leave();
    assert!(scene.is_cut());
}

#[test]
fn an_answer_that_was_overtaken_is_not_sent() {
    for leaves in [false, true] {
        let mut scene = Scene::open();
        scene.know();
        if leaves {
            scene.leave();
        } else {
            scene.delete(3);
        }
        scene.take();
        scene.answer(5);
        let came = scene.take();
        assert!(has(&came, &REOPEN) && !has(&came, SECRET.as_bytes()), "{came:?}");
    }
    // One that was read afterwards is.
    let mut scene = Scene::open();
    scene.know();
    scene.delete(3);
    scene.answer(6);
    assert!(has(&scene.take(), b"page: "));
}

#[test]
fn a_deletion_counts_also_while_nobody_knows_what_the_account_reads() {
    let mut scene = Scene::open();
    scene.allow(0);
    scene.answer(5);
    scene.delete(3);
    scene.know();
    assert!(scene.is_cut());
    assert!(!has(&scene.take(), SECRET.as_bytes()));
}
