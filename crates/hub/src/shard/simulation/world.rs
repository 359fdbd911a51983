//! One shard, its clients and what is under way between them, and the steps that a seed has them take.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{AccountId, Actor, CursorCipher, DeviceId, EpochTag, Pos};
use chinwag_store::{Epoch, Epochs, Page, Sight, Topics};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::log::{Log, account};
use super::peer::{Peer, PeerSink, Reading};
use super::signals::{Doings, Told};
use crate::hub::{CommandAnswer, PollAnswer, PollEnd};
use crate::options::HubOptions;
use crate::publisher::Publisher;
use crate::random::Random;
use crate::shard::{Effect, Shard, Waiter};
use crate::sink::ConnectionKey;
use crate::statuses::Statuses;
use crate::views::Question;

/// Where all streams come from.
pub(super) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(super) const ACCOUNTS: u64 = 4;
pub(super) const ROOMS: u64 = 3;
pub(super) const CLIENTS: usize = 9;
pub(super) const STEPS: usize = 600;

pub(super) enum Link {
    None,
    Stream { peer: Rc<RefCell<Peer>>, key: ConnectionKey, reading: Box<Reading> },
    Poll { answer: oneshot::Receiver<Result<PollAnswer, PollEnd>>, ticket: u64 },
}

/// A program or a browser: it keeps its cursor and reads by whatever link it has, for one account or for several.
pub(super) struct Client {
    /// A device of each account that it was not told to have lost.
    pub(super) actors: Vec<Actor>,
    pub(super) link: Link,
    pub(super) place: Option<Pos>,
    /// What it may be asked to have received begins after this.
    pub(super) start: Pos,
    pub(super) received: BTreeSet<Pos>,
    pub(super) signed_out: bool,
    pub(super) told: Told,
}

pub(super) enum Answer {
    Page(Waiter, Vec<AccountId>, Page),
    Topics(AccountId, Topics),
    Command(ConnectionKey, CommandAnswer),
    Sight(Question, Sight),
}

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) random: Random,
    pub(super) now_ms: u64,
    pub(super) log: Log,
    pub(super) publisher: Arc<Publisher>,
    pub(super) statuses: Arc<Statuses>,
    pub(super) doings: Doings,
    pub(super) shard: Shard<PeerSink>,
    pub(super) clients: Vec<Client>,
    pub(super) asked: Vec<Effect>,
    pub(super) answers: Vec<Answer>,
    pub(super) tickets: u64,
    pub(super) counts: HashMap<&'static str, u64>,
    pub(super) missed_max: u64,
}

/// Of the first clients one account each; of the last two several, which those have as well.
fn accounts(client: u64) -> std::ops::Range<u64> {
    match client {
        7 => 0..2,
        8 => 1..ACCOUNTS,
        _ => client % ACCOUNTS..client % ACCOUNTS + 1,
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
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
        let statuses = Statuses::of_one_shard(publisher.metrics().clone(), &options);
        let shard = Shard::new(publisher.clone(), (statuses.clone(), 0), Arc::new(options), seed, 0);
        let clients = (0..CLIENTS)
            .map(|number| Client {
                actors: accounts(number as u64)
                    .map(|which| Actor {
                        account: account(which),
                        device: DeviceId::new(Uuid::from_u128(0xd000 + 16 * number as u128 + which as u128)),
                    })
                    .collect(),
                link: Link::None,
                place: None,
                start: Pos::ZERO,
                received: BTreeSet::new(),
                signed_out: false,
                told: Told::default(),
            })
            .collect();
        Self {
            seed,
            random,
            now_ms: 0,
            log: Log::default(),
            publisher,
            statuses,
            doings: Doings::default(),
            shard,
            clients,
            asked: Vec::new(),
            answers: Vec::new(),
            tickets: 0,
            counts: HashMap::new(),
            missed_max,
        }
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) fn step(&mut self) {
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
            16 if self.random.below(2) == 0 => self.do_beside(index),
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
    pub(super) fn settle(&mut self) {
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
                if client.signed_out || client.actors.iter().all(|actor| self.log.is_removed(actor)) {
                    continue;
                }
                settled &= client.place == Some(head);
                if let Link::Stream { reading, .. } = &client.link {
                    settled &= reading.unanswered.is_empty() || reading.closed;
                    settled &= reading.is_clean();
                }
                if matches!(client.link, Link::None) {
                    self.connect(index);
                    self.receive();
                }
            }
            settled &= !self.shard.views.has_questions() && !self.statuses.has_changes(0);
            if settled {
                return;
            }
            assert!(round < 9_999, "seed {}: the shard does not settle", self.seed);
        }
    }
}
