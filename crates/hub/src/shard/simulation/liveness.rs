//! What time does to a WebSocket, second by second.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{Actor, CursorCipher, DeviceId, EpochTag, Pos};
use chinwag_store::{Epoch, Epochs};
use uuid::Uuid;

use super::log::{account, topics};
use super::peer::{HEAD, Peer, PeerSink};
use super::world::ADDRESS;
use crate::encode::Format;
use crate::hub::{After, StreamRequest};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::shard::Shard;
use crate::sink::ConnectionKey;
use crate::statuses::Statuses;

const PING: &[u8] = b"\x89\x00";
/// A masked Pong without payload.
const PONG: [u8; 6] = [0x8a, 0x80, 1, 2, 3, 4];

struct Scene {
    shard: Shard<PeerSink>,
    peer: Rc<RefCell<Peer>>,
    key: ConnectionKey,
    now_ms: u64,
}

impl Scene {
    fn open(options: HubOptions) -> Self {
        let options = HubOptions { lifetime: Duration::from_secs(100_000), ..options };
        let epochs = Epochs::new(vec![Epoch { tag: EpochTag::of([5; 16]), first: Pos::new(1) }]).unwrap();
        let publisher =
            Publisher::new(CursorCipher::new([3; 16]), Arc::new(epochs), Pos::ZERO, &[], &options);
        let statuses = Statuses::of_one_shard(publisher.metrics().clone(), &options);
        let mut shard = Shard::new(publisher, (statuses, 0), Arc::new(options), 1, 0);
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
        shard.topics_read(actor.account, Ok(topics(Pos::ZERO, Vec::new())), 0);
        let mut scene = Self { shard, peer, key, now_ms: 0 };
        scene.take();
        scene
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.peer.borrow_mut().received)
    }

    fn say(&mut self, bytes: &[u8]) {
        self.peer.borrow_mut().sent.extend(bytes);
        self.shard.socket_ready(self.key, self.now_ms);
    }

    /// Lets seconds pass, and gives what came meanwhile.
    fn pass(&mut self, seconds: u64) -> Vec<u8> {
        for _ in 0..seconds {
            self.now_ms += 1_000;
            self.shard.tick(self.now_ms);
            self.shard.turn(self.now_ms);
        }
        self.take()
    }
}

fn count(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).filter(|window| *window == what).count()
}

#[test]
fn a_peer_that_answers_pings_stays() {
    let mut scene = Scene::open(HubOptions::default());
    for _ in 0..100 {
        let came = scene.pass(25);
        assert_eq!(count(&came, PING), 1, "{came:?}");
        assert_eq!(count(&came, b"\"heartbeat\""), 1);
        scene.say(&PONG);
    }
    assert!(!scene.peer.borrow().closed);
}

#[test]
fn f14_a_peer_that_answers_none_is_told_and_cut() {
    let mut scene = Scene::open(HubOptions::default());
    // A ping after 25 s and one after 50 s, and after 75 s the end: 4002.
    let came = scene.pass(74);
    assert_eq!((count(&came, PING), count(&came, b"\x88")), (2, 0), "{came:?}");
    let came = scene.pass(1);
    assert_eq!(count(&came, b"\x0f\xa2The client did not answer pings."), 1, "{came:?}");
    assert!(!scene.peer.borrow().closed, "it has a moment to close from its side");
    scene.pass(4);
    assert!(scene.peer.borrow().closed);
    assert_eq!(scene.shard.stream_count(), 0);
}

#[test]
fn a_message_that_does_not_end_is_given_up() {
    // Whenever it begins between two looks at the stream, and whatever else comes.
    for begins in 0..26 {
        let mut scene = Scene::open(HubOptions::default());
        scene.pass(begins);
        scene.say(&[0x01, 0x80, 1, 2, 3, 4]);
        let mut came = Vec::new();
        for _ in 0..29 {
            came.extend(scene.pass(1));
            scene.say(&PONG);
        }
        assert_eq!(count(&came, b"\x88"), 0, "begun after {begins} s: {came:?}");
        let came = scene.pass(2);
        assert_eq!(count(&came, b"\x03\xf0"), 1, "begun after {begins} s, it is closed with 1008: {came:?}");
    }
}

#[test]
fn a_peer_that_takes_no_byte_is_cut() {
    let mut scene = Scene::open(HubOptions::default());
    scene.peer.borrow_mut().budget = 0;
    scene.pass(26);
    scene.say(&PONG);
    assert!(!scene.peer.borrow().closed);
    scene.pass(60);
    assert!(scene.peer.borrow().closed);
}
