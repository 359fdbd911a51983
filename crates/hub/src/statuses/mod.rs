//! What every account shows of its presence, who types where, and how many are in a room: one table for all shards.
//!
//! The table is a state machine behind one lock, which is held for a look-up and never while anything is written or waited
//! for. What changes is marked in a set for each shard, by its name and not by its value, and the shard looks the value up
//! when it gets round to it. So a hundred changes before that are one, and nothing here is longer than what there is. See
//! `docs/decisions/0012-presence.md`.
//!
//! - `people.rs`: which devices of an account are there, and what it shows
//! - `typing.rs`: who types
//! - `rooms.rs`: how many are there, of rooms that somebody looks at
//! - `seen.rs`: when accounts were last seen, on its way to the store

mod people;
mod rooms;
mod seen;
mod typing;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use chinwag_protocol::{AccountId, ConversationId};
use chinwag_store::Clock;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use self::people::Person;
pub(crate) use self::people::nothing_shown;
use self::rooms::Room;
use self::seen::LastSeen;
use self::typing::{Typed, Typist};
use crate::metrics::HubMetrics;
use crate::options::HubOptions;

/// Something that a shard is to look at anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Changed {
    /// What an account shows.
    Person(AccountId),
    /// Which shard counts it.
    Counted(AccountId),
    /// Who types.
    Typing(ConversationId),
    /// Somebody looks at the room: the shard is to say how many of its own are there, until nobody does.
    Watched(ConversationId),
    /// How many are there.
    Room(ConversationId),
}

/// What time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Person(AccountId),
    Typing(ConversationId),
    Room(ConversationId),
}

/// See the module.
pub(crate) struct Statuses {
    table: Mutex<Table>,
    /// Whether something is marked, for each shard.
    marked: Box<[AtomicBool]>,
    /// In how many conversations somebody types, so that whoever sends a message need not take the lock to find that nobody does.
    typists: AtomicUsize,
    /// When time brings the next thing, so that the lock need not be taken to find that it has not come.
    due_ms: AtomicU64,
}

struct Table {
    clock: Clock,
    metrics: HubMetrics,
    typists_max: usize,
    /// A device is there for so long after its last stream, so that a reconnect shows nothing.
    grace_ms: u64,
    people: HashMap<AccountId, Person>,
    typing: HashMap<ConversationId, Arc<Vec<Typist>>>,
    typed: Typed,
    rooms: HashMap<ConversationId, Room>,
    seen: LastSeen,
    due: BTreeSet<(u64, Due)>,
    marks: Vec<HashSet<Changed>>,
    wakes: Vec<Arc<Notify>>,
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statuses").field("shards", &self.marked.len()).finish_non_exhaustive()
    }
}

impl Statuses {
    /// For shards that are woken like this, in their order.
    pub(crate) fn new(
        wakes: Vec<Arc<Notify>>,
        clock: Clock,
        metrics: HubMetrics,
        options: &HubOptions,
    ) -> Arc<Self> {
        let marks = wakes.iter().map(|_| HashSet::new()).collect();
        let marked = wakes.iter().map(|_| AtomicBool::new(false)).collect();
        let table = Table {
            clock,
            metrics,
            typists_max: options.typists_max,
            grace_ms: options.presence_grace.as_millis() as u64,
            people: HashMap::new(),
            typing: HashMap::new(),
            typed: Typed::default(),
            rooms: HashMap::new(),
            seen: LastSeen::default(),
            due: BTreeSet::new(),
            marks,
            wakes,
        };
        Arc::new(Self {
            table: Mutex::new(table),
            marked,
            typists: AtomicUsize::new(0),
            due_ms: AtomicU64::new(u64::MAX),
        })
    }

    /// For one shard whose clock stands still.
    #[cfg(any(test, feature = "measure"))]
    pub(crate) fn of_one_shard(metrics: HubMetrics, options: &HubOptions) -> Arc<Self> {
        let clock: Clock = Arc::new(|| chinwag_protocol::Timestamp::from_millis(1_800_000_000_000));
        Self::new(vec![Arc::new(Notify::new())], clock, metrics, options)
    }

    /// Whether a shard has something to look at.
    pub(crate) fn has_changes(&self, shard: u16) -> bool {
        self.marked[usize::from(shard)].load(Ordering::Acquire)
    }

    /// What a shard is to look at since the last call.
    pub(crate) fn take_changes(&self, shard: u16, into: &mut Vec<Changed>) {
        let mut table = self.table.lock();
        self.marked[usize::from(shard)].store(false, Ordering::Release);
        into.extend(table.marks[usize::from(shard)].drain());
    }

    /// Does what is due by now.
    pub(crate) fn tick(&self, now_ms: u64) {
        if now_ms < self.due_ms.load(Ordering::Relaxed) {
            return;
        }
        let mut table = self.changing();
        while let Some(&(at, due)) = table.due.first()
            && at <= now_ms
        {
            table.due.pop_first();
            match due {
                Due::Person(account) => table.person_due(account, now_ms),
                Due::Typing(conversation) => table.typing_due(conversation, now_ms),
                Due::Room(conversation) => table.room_due(conversation, now_ms),
            }
        }
    }

    /// The table, for whoever may mark something.
    fn changing(&self) -> Changing<'_> {
        Changing { statuses: self, table: self.table.lock() }
    }
}

/// The table while it is changed. Afterwards the shards for which something was marked are woken.
struct Changing<'a> {
    statuses: &'a Statuses,
    table: MutexGuard<'a, Table>,
}

impl std::ops::Deref for Changing<'_> {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl std::ops::DerefMut for Changing<'_> {
    fn deref_mut(&mut self) -> &mut Table {
        &mut self.table
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.statuses.typists.store(self.table.typing.len(), Ordering::Relaxed);
        let due_ms = self.table.due.first().map_or(u64::MAX, |&(at, _)| at);
        self.statuses.due_ms.store(due_ms, Ordering::Relaxed);
        for (shard, marks) in self.table.marks.iter().enumerate() {
            if !marks.is_empty() && !self.statuses.marked[shard].swap(true, Ordering::AcqRel) {
                self.table.wakes[shard].notify_one();
            }
        }
    }
}

impl Table {
    fn mark(&mut self, changed: Changed) {
        for marks in &mut self.marks {
            marks.insert(changed);
        }
    }
}

#[cfg(test)]
mod tests;
