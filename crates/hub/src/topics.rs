//! Who reads what: for each topic the accounts of this shard that read it, and for each account its topics.
//!
//! A connection may read for several accounts: then it stands with each of them, and what it may see is what any of them may.

use std::collections::{HashMap, HashSet};

use chinwag_chat::Received;
use chinwag_protocol::{AccountId, Actor, ConversationId, DeviceId, Head, Membership, Pos, Seq, Topic};
use chinwag_store::Topics;
use slab::Slab;

use crate::actors::Actors;
use crate::encode::Frame;
use crate::readers::{Reader, Readers};
use crate::shard::PageRow;
use crate::window::{Change, Entry, Hidden, Window};

/// Conversations whose heads a heartbeat carries.
const HEADS_MAX: usize = 200;

/// An account with connections in this shard, or that had some a moment ago.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    /// Whether `reads` is known. Until then its connections wait.
    pub(crate) ready: bool,
    reads: HashMap<ConversationId, Reading>,
    /// Indices of its streams.
    pub(crate) streams: Vec<u32>,
    /// Indices of its polls, oldest first.
    pub(crate) polls: Vec<u32>,
    /// When its devices' polls were last answered.
    pub(crate) answered: Vec<(DeviceId, u64)>,
    /// When the last connection went.
    pub(crate) idle_since_ms: u64,
    /// Views in its name.
    pub(crate) views: Vec<u32>,
    /// Whether it is there for others to see, and counted by this shard.
    pub(crate) counted: bool,
    /// Up to where others were told what the account has got.
    pub(crate) place: Pos,
    /// Whether it is told how far others are, and they how far it is.
    pub(crate) receipts: bool,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    since: Pos,
    /// Whether members may be told how far others are, for all that is known.
    receipts: bool,
    /// Where the account stands in its topic's list.
    index: u32,
}

#[derive(Debug, Default)]
struct ReadBy {
    accounts: Vec<u32>,
    head: Seq,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TopicTable {
    accounts: Slab<Account>,
    by_id: HashMap<AccountId, u32>,
    conversations: HashMap<ConversationId, ReadBy>,
    /// How many of the shard's own are in each room that somebody looks at.
    counts: HashMap<ConversationId, u32>,
    /// Those of them that have changed.
    recounted: HashSet<ConversationId>,
}

impl TopicTable {
    /// The account's index, and whether it is new here.
    pub(crate) fn enter(&mut self, id: AccountId) -> (u32, bool) {
        if let Some(&index) = self.by_id.get(&id) {
            return (index, false);
        }
        let index = self.accounts.insert(Account {
            id,
            ready: false,
            reads: HashMap::new(),
            streams: Vec::new(),
            polls: Vec::new(),
            answered: Vec::new(),
            idle_since_ms: 0,
            views: Vec::new(),
            counted: false,
            place: Pos::ZERO,
            receipts: true,
        }) as u32;
        self.by_id.insert(id, index);
        (index, true)
    }

    pub(crate) fn account(&self, index: u32) -> &Account {
        &self.accounts[index as usize]
    }

    pub(crate) fn account_mut(&mut self, index: u32) -> &mut Account {
        &mut self.accounts[index as usize]
    }

    pub(crate) fn find(&self, id: AccountId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// Indices of the accounts that read a topic.
    pub(crate) fn readers(&self, topic: Topic) -> &[u32] {
        match topic {
            Topic::Conversation(id) => self.conversations.get(&id).map_or(&[], |readers| &readers.accounts),
            Topic::Account(id) => self.by_id.get(&id).map_or(&[], std::slice::from_ref),
        }
    }

    /// Remembers the last row of a conversation that is read here.
    pub(crate) fn advance_head(&mut self, topic: Topic, seq: Seq) {
        if let Topic::Conversation(id) = topic
            && let Some(readers) = self.conversations.get_mut(&id)
        {
            // A keyed event has no row of its own.
            readers.head = readers.head.max(seq);
        }
    }

    /// Takes what the store says that the account reads.
    pub(crate) fn fill(&mut self, index: u32, topics: &Topics) {
        self.empty(index);
        for head in &topics.conversations {
            self.join(index, head.conversation, head.membership, head.receipts);
            if let Some(readers) = self.conversations.get_mut(&head.conversation) {
                readers.head = readers.head.max(head.seq);
            }
        }
        let account = self.account_mut(index);
        account.place = account.place.max(topics.place);
        account.receipts = topics.receipts;
        account.ready = true;
    }

    /// Forgets what the account reads.
    pub(crate) fn empty(&mut self, index: u32) {
        self.account_mut(index).ready = false;
        while let Some(&id) = self.account(index).reads.keys().next() {
            self.leave(index, id);
        }
    }

    /// Forgets the account.
    pub(crate) fn remove(&mut self, index: u32) {
        self.empty(index);
        let account = self.accounts.remove(index as usize);
        self.by_id.remove(&account.id);
    }

    /// Indices of all accounts.
    pub(crate) fn indices(&self) -> Vec<u32> {
        self.accounts.iter().map(|(index, _)| index as u32).collect()
    }

    /// Whether `index` is an account that is still here.
    pub(crate) fn contains(&self, index: u32) -> bool {
        self.accounts.contains(index as usize)
    }

    /// Applies a change to what accounts read; others than joins, leaves and preferences change nothing here.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Joined { account, conversation, membership, receipts, .. } => {
                if let Some(index) = self.find(*account) {
                    self.join(index, *conversation, *membership, *receipts);
                }
            }
            Change::Preferences { account, receipts } => {
                if let Some(index) = self.find(*account) {
                    self.account_mut(index).receipts = *receipts;
                }
            }
            Change::Left { account, conversation, .. } => {
                if let Some(index) = self.find(*account) {
                    self.leave(index, *conversation);
                }
            }
            Change::Nothing
            | Change::Deleted { .. }
            | Change::Edited { .. }
            | Change::Erased { .. }
            | Change::DeviceRemoved { .. }
            | Change::Accepted { .. }
            | Change::Blocked { .. }
            | Change::Unblocked { .. } => {}
        }
    }

    /// Somebody looks at a room, so that those who are there are counted; or nobody does.
    pub(crate) fn watch(&mut self, id: ConversationId, is_watched: bool) {
        if is_watched {
            let readers = self.conversations.get(&id).map_or(&[][..], |readers| &readers.accounts);
            let count = readers.iter().filter(|&&index| self.accounts[index as usize].counted).count();
            self.counts.insert(id, count as u32);
            self.recounted.insert(id);
        } else {
            self.counts.remove(&id);
            self.recounted.remove(&id);
        }
    }

    /// Whether this shard counts the account.
    pub(crate) fn set_counted(&mut self, index: u32, counted: bool) {
        if std::mem::replace(&mut self.account_mut(index).counted, counted) == counted {
            return;
        }
        let (counts, recounted) = (&mut self.counts, &mut self.recounted);
        let reads = &self.accounts[index as usize].reads;
        let mut recount = |id: &ConversationId, count: &mut u32| {
            *count = if counted { *count + 1 } else { count.saturating_sub(1) };
            recounted.insert(*id);
        };
        if counts.len() < reads.len() {
            counts
                .iter_mut()
                .filter(|(id, _)| reads.contains_key(id))
                .for_each(|(id, count)| recount(id, count));
        } else {
            for id in reads.keys() {
                if let Some(count) = counts.get_mut(id) {
                    recount(id, count);
                }
            }
        }
    }

    fn recount(&mut self, id: ConversationId, by: i32) {
        if let Some(count) = self.counts.get_mut(&id) {
            *count = count.saturating_add_signed(by);
            self.recounted.insert(id);
        }
    }

    /// Whether a count has changed.
    pub(crate) fn has_counts(&self) -> bool {
        !self.recounted.is_empty()
    }

    /// The counts that have changed since the last call.
    pub(crate) fn take_counts(&mut self) -> Vec<(ConversationId, u32)> {
        let counts = &self.counts;
        self.recounted.drain().filter_map(|id| Some((id, *counts.get(&id)?))).collect()
    }

    /// Whether the account is known to read the conversation.
    pub(crate) fn reads(&self, index: u32, id: ConversationId) -> bool {
        self.account(index).reads.contains_key(&id)
    }

    fn join(&mut self, index: u32, id: ConversationId, membership: Membership, receipts: bool) {
        let account = &mut self.accounts[index as usize];
        if let Some(reading) = account.reads.get_mut(&id) {
            reading.since = membership.since;
            return;
        }
        let readers = self.conversations.entry(id).or_default();
        account
            .reads
            .insert(id, Reading { since: membership.since, receipts, index: readers.accounts.len() as u32 });
        readers.accounts.push(index);
        if account.counted {
            self.recount(id, 1);
        }
    }

    fn leave(&mut self, index: u32, id: ConversationId) {
        let account = &mut self.accounts[index as usize];
        let Some(reading) = account.reads.remove(&id) else { return };
        if account.counted {
            self.recount(id, -1);
        }
        let Some(readers) = self.conversations.get_mut(&id) else { return };
        readers.accounts.swap_remove(reading.index as usize);
        if let Some(&moved) = readers.accounts.get(reading.index as usize)
            && let Some(moved) = self.accounts[moved as usize].reads.get_mut(&id)
        {
            moved.index = reading.index;
        }
        if readers.accounts.is_empty() {
            self.conversations.remove(&id);
        }
    }

    /// The device that reads.
    pub(crate) fn actor(&self, reader: &Reader) -> Actor {
        Actor { account: self.account(reader.account).id, device: reader.device }
    }

    /// The devices of those who read.
    pub(crate) fn actors(&self, readers: &Readers) -> Actors {
        let actor = |reader: &Reader| self.actor(reader);
        match readers {
            Readers::One(reader) => actor(reader).into(),
            Readers::Several(_) => {
                let first = actor(&readers.first()).into();
                Actors::new(readers.as_slice().iter().map(actor).collect()).unwrap_or(first)
            }
        }
    }

    /// Whose events the store is asked for.
    pub(crate) fn ids(&self, readers: &[Reader]) -> Vec<AccountId> {
        readers.iter().map(|reader| self.account(reader.account).id).collect()
    }

    /// Whether it is known what all of them read.
    #[inline]
    pub(crate) fn are_ready(&self, readers: &[Reader]) -> bool {
        readers.iter().all(|reader| self.account(reader.account).ready)
    }

    /// Last rows of their conversations, for a heartbeat.
    pub(crate) fn heads(&self, readers: &[Reader]) -> Vec<Head> {
        let reads = |reader: &Reader| &self.account(reader.account).reads;
        let ids = readers.iter().enumerate().flat_map(|(at, reader)| {
            let is_new =
                move |id: &&ConversationId| !readers[..at].iter().any(|other| reads(other).contains_key(id));
            reads(reader).keys().filter(is_new)
        });
        let head =
            |id: &ConversationId| Some(Head { conversation: *id, seq: self.conversations.get(id)?.head });
        ids.take(HEADS_MAX).filter_map(head).collect()
    }

    /// Whether the account sees the event at `pos` of `topic`.
    fn sees(&self, reader: &Reader, topic: Topic, pos: Pos) -> bool {
        let account = self.account(reader.account);
        match topic {
            Topic::Account(id) => id == account.id,
            Topic::Conversation(id) => account.reads.get(&id).is_some_and(|reading| pos >= reading.since),
        }
    }

    /// Whether the account wants to be told of an entry: how far others are, not all do.
    #[inline]
    pub(crate) fn is_told(&self, account: u32, entry: &Entry) -> bool {
        !entry.is_receipt() || self.account(account).receipts
    }

    #[inline]
    fn may_be_told(&self, account: &Account, window: &Window, pos: Pos) -> bool {
        account.receipts || window.get(pos).is_none_or(|entry| !entry.is_receipt())
    }

    /// The last message of others that the account has got of each conversation between two places of the window, where they may
    /// be told.
    pub(crate) fn received(&self, index: u32, window: &Window, from: Pos, to: Pos, into: &mut Vec<Received>) {
        let account = self.account(index);
        let is_message = |entry: &Entry| {
            entry.sender.is_some_and(|sender| sender != account.id)
                && entry.only_for().is_none_or(|only| only == account.id)
        };
        let mut last: HashMap<ConversationId, Seq> = HashMap::new();
        if to.get() - from.get() <= 8 + 4 * account.reads.len() as u64 {
            for pos in (from.get() + 1..=to.get()).map(Pos::new) {
                let Some(entry) = window.get(pos).filter(|entry| is_message(entry)) else { continue };
                let Topic::Conversation(id) = entry.topic else { continue };
                if account.reads.get(&id).is_some_and(|reading| reading.receipts && pos >= reading.since) {
                    last.insert(id, entry.seq);
                }
            }
        } else {
            for (id, reading) in account.reads.iter().filter(|(_, reading)| reading.receipts) {
                let from = from.max(reading.since.previous());
                let entries = window.positions(Topic::Conversation(*id), from, to);
                let messages = entries.filter_map(|pos| window.get(pos)).filter(|entry| is_message(entry));
                if let Some(entry) = messages.last() {
                    last.insert(*id, entry.seq);
                }
            }
        }
        into.extend(last.into_iter().map(|(conversation, seq)| Received {
            account: account.id,
            conversation,
            delivered: Some(seq),
        }));
    }

    /// Whether the account reads the topic, from wherever on, or may for all that is known.
    pub(crate) fn may_read(&self, account: u32, topic: Topic) -> bool {
        let account = self.account(account);
        match topic {
            Topic::Account(id) => id == account.id,
            Topic::Conversation(id) => !account.ready || account.reads.contains_key(&id),
        }
    }

    /// What the readers get of an entry of the window.
    #[inline]
    pub(crate) fn frame_for(&self, readers: &[Reader], window: &Window, pos: Pos, entry: &Entry) -> Frame {
        match &entry.hidden {
            None => window.frame(pos, entry),
            Some(hidden) => self.hidden_or_shown(readers, window, pos, entry, hidden),
        }
    }

    /// What the readers get of an entry that only one account may see.
    fn hidden_or_shown(
        &self,
        readers: &[Reader],
        window: &Window,
        pos: Pos,
        entry: &Entry,
        hidden: &Hidden,
    ) -> Frame {
        if readers.iter().any(|reader| self.account(reader.account).id == hidden.only_for) {
            self.marked(readers, pos, entry.topic, hidden.only_for, &window.frame(pos, entry))
        } else {
            hidden.frame.clone()
        }
    }

    /// What the readers get of a row of a page that was read for them.
    pub(crate) fn row_for(&self, readers: &[Reader], row: &PageRow) -> PageRow {
        let Some(only) = row.only_for else { return row.clone() };
        PageRow { frame: self.marked(readers, row.pos, row.topic, only, &row.frame), ..row.clone() }
    }

    /// A row that only one of the readers may see: where another of them sees that it exists, it says for whom it is.
    fn marked(&self, readers: &[Reader], pos: Pos, topic: Topic, only: AccountId, frame: &Frame) -> Frame {
        let is_other = |reader: &&Reader| self.account(reader.account).id != only;
        let is_shared = readers.iter().filter(is_other).any(|reader| self.sees(reader, topic, pos));
        let marked = is_shared.then(|| frame.only_for(only)).flatten();
        marked.unwrap_or_else(|| frame.clone())
    }

    /// The first `limit` positions that any of the readers sees in the window after `after` and up to `end`, in order.
    pub(crate) fn missed(
        &self,
        readers: &[Reader],
        window: &Window,
        after: Pos,
        end: Pos,
        limit: usize,
        into: &mut Vec<Pos>,
    ) {
        into.clear();
        let lag = end.get().saturating_sub(after.get());
        let topics: u64 = readers.iter().map(|reader| self.account(reader.account).reads.len() as u64).sum();
        if lag <= 8 + 4 * topics {
            let sees = |pos: &Pos| {
                window.get(*pos).is_some_and(|entry| {
                    let see = |reader: &Reader| {
                        self.sees(reader, entry.topic, *pos) && self.is_told(reader.account, entry)
                    };
                    readers.iter().any(see) && window.is_latest(*pos, entry)
                })
            };
            into.extend((after.get() + 1..=end.get()).map(Pos::new).filter(sees).take(limit));
            return;
        }
        for reader in readers {
            let account = self.account(reader.account);
            into.extend(window.positions(Topic::Account(account.id), after, end).take(limit));
            for (id, reading) in &account.reads {
                let from = after.max(reading.since.previous());
                let told = window.positions(Topic::Conversation(*id), from, end);
                into.extend(told.filter(|pos| self.may_be_told(account, window, *pos)).take(limit));
            }
        }
        into.sort_unstable();
        if readers.len() > 1 {
            // What two of them read came twice.
            into.dedup();
        }
        into.truncate(limit);
    }

    /// Whether the readers see more than `limit` events in the window after `after` and up to `end`.
    pub(crate) fn missed_more_than(
        &self,
        readers: &[Reader],
        window: &Window,
        after: Pos,
        end: Pos,
        limit: u64,
    ) -> bool {
        if end.get().saturating_sub(after.get()) <= limit {
            return false;
        }
        let [reader] = readers else {
            let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
            let mut missed = Vec::new();
            self.missed(readers, window, after, end, most, &mut missed);
            return missed.len() as u64 > limit;
        };
        let account = self.account(reader.account);
        let own = window.positions(Topic::Account(account.id), after, end).count() as u64;
        let rest = account.reads.iter().map(|(id, reading)| {
            let from = after.max(reading.since.previous());
            let told = window.positions(Topic::Conversation(*id), from, end);
            told.filter(|pos| self.may_be_told(account, window, *pos)).count() as u64
        });
        own + rest.sum::<u64>() > limit
    }
}
