//! One room on one shard whose sockets take everything at once, so that `benches/instructions.rs` can count what the shard
//! itself costs. Behind the feature `measure`, since nothing else may drive a shard from outside.

use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{
    AccountId, Actor, Attributes, Body, ClientId, ConversationId, CursorCipher, DeviceId, EpochTag, Event,
    Membership, Message, Pos, Role, Sender, Seq, Timestamp,
};
use chinwag_store::{Epoch, Epochs, Tail, TopicHead, Topics};
use tokio::sync::oneshot;

use crate::encode::Format;
use crate::hub::{After, PollAnswer, PollEnd, StreamRequest};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::shard::{PollInput, Shard};
use crate::sink::{Received, Sink, Written};
use crate::statuses::Statuses;

/// A peer that takes everything and says nothing.
#[derive(Debug)]
struct Taker;

impl Sink for Taker {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Written {
        Written::Bytes(buffers.iter().map(|buffer| buffer.len()).sum())
    }

    fn read(&mut self, _: &mut [u8]) -> Received {
        Received::Nothing
    }

    fn wake(&self) {}

    fn shutdown(&mut self) {}
}

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ROOM: ConversationId = ConversationId::from_bytes([9; 16]);
const TEXT_BYTES: usize = 100;

/// A room and its readers.
#[derive(Debug)]
pub struct Room {
    shard: Shard<Taker>,
    publisher: Arc<Publisher>,
    head: u64,
    answer: Option<oneshot::Receiver<Result<PollAnswer, PollEnd>>>,
}

impl Room {
    /// With so many readers over WebSockets, all live.
    #[must_use]
    pub fn with_readers(readers: u64) -> Self {
        let options = HubOptions { lifetime: Duration::from_secs(100_000), ..HubOptions::default() };
        let epoch = Epoch { tag: EpochTag::of([5; 16]), first: Pos::new(1) };
        let epochs = Epochs::new(vec![epoch]).expect("an epoch that begins with the log");
        let publisher =
            Publisher::new(CursorCipher::new([3; 16]), Arc::new(epochs), Pos::ZERO, &[], &options);
        let statuses = Statuses::of_one_shard(publisher.metrics().clone(), &options);
        let shard = Shard::new(Arc::clone(&publisher), (statuses, 0), Arc::new(options), 1, 0);
        let mut room = Self { shard, publisher, head: 0, answer: None };
        for number in 0..readers {
            room.read(number, After::Now(Pos::ZERO));
        }
        // Once, so that what is allocated for good is.
        room.commit(64);
        room.deliver();
        room
    }

    /// Commits messages of 100 bytes: each is encoded and put into the window.
    pub fn commit(&mut self, messages: u64) {
        let events: Vec<Event> = (1..=messages).map(|more| message(self.head + more)).collect();
        self.head += messages;
        self.publisher.publish(&events);
    }

    /// Takes turns until everyone has everything. Gives how many turns.
    pub fn deliver(&mut self) -> u64 {
        let mut turns = 1;
        while self.shard.turn(0) {
            turns += 1;
        }
        turns
    }

    /// Adds a reader who has missed the last `messages`, and gives them to it out of the window.
    pub fn catch_up(&mut self, messages: u64) {
        self.read(1 << 32, After::Pos(Pos::new(self.head - messages)));
        self.deliver();
    }

    /// Holds a poll of one more reader.
    pub fn hold_poll(&mut self) {
        let actor = self.enter(1 << 33);
        let (reply, answer) = oneshot::channel();
        let after = After::Pos(Pos::new(self.head));
        let (actors, lost) = (actor.into(), Vec::new());
        self.shard.poll(PollInput { actors, lost, after, wait_ms: 30_000, view: None, ticket: 1, reply }, 0);
        self.know(actor.account);
        self.answer = Some(answer);
    }

    /// Whether the poll is answered.
    pub fn is_answered(&mut self) -> bool {
        self.answer.as_mut().is_some_and(|answer| answer.try_recv().is_ok())
    }

    fn read(&mut self, number: u64, after: After) {
        let actor = self.enter(number);
        let (actors, lost) = (actor.into(), Vec::new());
        let request = StreamRequest {
            actors,
            lost,
            after,
            format: Format::WebSocket(None),
            address: ADDRESS,
            network: None,
            view: None,
        };
        self.shard.attach(|_| Taker, &request, b"", b"", 0);
        self.know(actor.account);
    }

    fn enter(&self, number: u64) -> Actor {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        Actor { account: AccountId::from_bytes(id), device: DeviceId::from_bytes(id) }
    }

    /// The account is a member since the log's beginning.
    fn know(&mut self, account: AccountId) {
        let membership =
            Membership { role: Role::Member, since: Pos::new(1), visible_from: Seq::new(1), request: false };
        let head = TopicHead { conversation: ROOM, membership, seq: Seq::new(self.head), receipts: false };
        let topics = Topics {
            head: Pos::new(self.head),
            conversations: vec![head],
            invisible: false,
            place: Pos::ZERO,
            receipts: true,
        };
        self.shard.take_effects();
        self.shard.topics_read(account, Ok(topics), 0);
    }
}

fn message(number: u64) -> Event {
    let sender = Sender {
        id: AccountId::from_bytes([7; 16]),
        name: "Ada Lovelace".into(),
        version: 1,
        lookalike: false,
    };
    let mut client_id = [1; 16];
    client_id[..8].copy_from_slice(&number.to_be_bytes());
    let body = Body::Message(Message {
        conversation: ROOM,
        n: number,
        sender,
        client_id: ClientId::from_bytes(client_id),
        text: "x".repeat(TEXT_BYTES),
        deleted_by: None,
        attributes: Attributes::default(),
        edited: None,
        hidden: false,
    });
    Event {
        pos: Pos::new(number),
        seq: Seq::new(number),
        at: Timestamp::from_millis(1_795_336_245_007),
        body,
    }
}
