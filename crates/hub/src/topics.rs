//! Who reads what: for each topic the accounts of this shard that read it, and for each account its topics.

use std::collections::HashMap;

use chinwag_protocol::{AccountId, ConversationId, DeviceId, Head, Membership, Pos, Seq, Topic};
use chinwag_store::Topics;
use slab::Slab;

use crate::window::{Change, Window};

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
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    since: Pos,
    /// Where the account stands in its topic's list.
    index: u32,
}

#[derive(Debug, Default)]
struct Readers {
    accounts: Vec<u32>,
    head: Seq,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TopicTable {
    accounts: Slab<Account>,
    by_id: HashMap<AccountId, u32>,
    conversations: HashMap<ConversationId, Readers>,
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
            readers.head = seq;
        }
    }

    /// Takes what the store says that the account reads.
    pub(crate) fn fill(&mut self, index: u32, topics: &Topics) {
        self.empty(index);
        for head in &topics.conversations {
            self.join(index, head.conversation, head.membership);
            if let Some(readers) = self.conversations.get_mut(&head.conversation) {
                readers.head = readers.head.max(head.seq);
            }
        }
        self.account_mut(index).ready = true;
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

    /// Applies a change to what accounts read; others than joins and leaves change nothing here.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Joined { account, conversation, membership } => {
                if let Some(index) = self.find(*account) {
                    self.join(index, *conversation, *membership);
                }
            }
            Change::Left { account, conversation } => {
                if let Some(index) = self.find(*account) {
                    self.leave(index, *conversation);
                }
            }
            Change::Nothing
            | Change::Deleted { .. }
            | Change::Erased { .. }
            | Change::DeviceRemoved { .. } => {}
        }
    }

    fn join(&mut self, index: u32, id: ConversationId, membership: Membership) {
        let account = &mut self.accounts[index as usize];
        if let Some(reading) = account.reads.get_mut(&id) {
            reading.since = membership.since;
            return;
        }
        let readers = self.conversations.entry(id).or_default();
        account.reads.insert(id, Reading { since: membership.since, index: readers.accounts.len() as u32 });
        readers.accounts.push(index);
    }

    fn leave(&mut self, index: u32, id: ConversationId) {
        let Some(reading) = self.accounts[index as usize].reads.remove(&id) else { return };
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

    /// Last rows of the account's conversations, for a heartbeat.
    pub(crate) fn heads(&self, index: u32) -> Vec<Head> {
        let ids = self.account(index).reads.keys().take(HEADS_MAX);
        ids.filter_map(|id| Some(Head { conversation: *id, seq: self.conversations.get(id)?.head })).collect()
    }

    /// Whether the account sees the event at `pos` of `topic`.
    fn sees(account: &Account, topic: Topic, pos: Pos) -> bool {
        match topic {
            Topic::Account(id) => id == account.id,
            Topic::Conversation(id) => account.reads.get(&id).is_some_and(|reading| pos >= reading.since),
        }
    }

    /// The first `limit` positions that the account sees in the window after `after` and up to `end`, in order.
    pub(crate) fn missed(
        &self,
        index: u32,
        window: &Window,
        after: Pos,
        end: Pos,
        limit: usize,
        into: &mut Vec<Pos>,
    ) {
        into.clear();
        let account = self.account(index);
        let lag = end.get().saturating_sub(after.get());
        if lag <= 8 + 4 * account.reads.len() as u64 {
            let positions = (after.get() + 1..=end.get()).map(Pos::new);
            into.extend(
                positions
                    .filter(|&pos| window.get(pos).is_some_and(|entry| Self::sees(account, entry.topic, pos)))
                    .take(limit),
            );
            return;
        }
        into.extend(window.positions(Topic::Account(account.id), after, end).take(limit));
        for (id, reading) in &account.reads {
            let from = after.max(reading.since.previous());
            into.extend(window.positions(Topic::Conversation(*id), from, end).take(limit));
        }
        into.sort_unstable();
        into.truncate(limit);
    }

    /// Whether the account sees more than `limit` events in the window after `after` and up to `end`.
    pub(crate) fn missed_more_than(
        &self,
        index: u32,
        window: &Window,
        after: Pos,
        end: Pos,
        limit: u64,
    ) -> bool {
        if end.get().saturating_sub(after.get()) <= limit {
            return false;
        }
        let account = self.account(index);
        let own = window.positions(Topic::Account(account.id), after, end).count() as u64;
        let rest = account.reads.iter().map(|(id, reading)| {
            let from = after.max(reading.since.previous());
            window.positions(Topic::Conversation(*id), from, end).count() as u64
        });
        own + rest.sum::<u64>() > limit
    }
}
