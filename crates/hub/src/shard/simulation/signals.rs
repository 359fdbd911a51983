//! Presence and typing beside the records: who may know of whom, at the moment that a signal came and in the end.

use std::collections::HashMap;

use chinwag_protocol::{AccountId, Actor, Body, ConversationId, Pos, Record, ShownStatus};
use chinwag_store::{Acquaintance, Sight};

use super::log::{Log, account, room};
use super::world::{ACCOUNTS, CLIENTS, Link, ROOMS, World};
use crate::views::{Question, View};

/// The conversation that is a group; the others are rooms.
pub(super) const GROUP: u64 = ROOMS - 1;
const GRACE_MS: u64 = 10_000;

/// What a client has been told since it last said what it looks at.
#[derive(Default)]
pub(super) struct Told {
    pub(super) viewer: Option<AccountId>,
    shown: HashMap<AccountId, ShownStatus>,
    typing: Vec<(ConversationId, AccountId)>,
    counts: HashMap<ConversationId, u32>,
    /// When nothing was under way to it that it had in part.
    pub(super) clean: (Pos, u64),
}

/// What accounts do that is in no log.
#[derive(Default)]
pub(super) struct Doings {
    /// Since when each is invisible.
    invisible: HashMap<AccountId, u64>,
    /// When each has said last that it types.
    typed: HashMap<(ConversationId, AccountId), u64>,
}

impl Log {
    /// Whether one blocks the other, as of `at`.
    pub(super) fn blocks(&self, one: AccountId, other: AccountId, at: Pos) -> bool {
        let mut blocks = false;
        for event in &self.events[..at.get() as usize] {
            match event.body {
                Body::Blocked { account, blocked } if (account, blocked) == (one, other) => blocks = true,
                Body::Unblocked { account, blocked } if (account, blocked) == (one, other) => blocks = false,
                _ => {}
            }
        }
        blocks
    }

    /// Whether two may see each other's presence.
    pub(super) fn are_acquainted(&self, one: AccountId, other: AccountId, at: Pos) -> bool {
        let are_in = [one, other].iter().all(|who| self.member_since(*who, room(GROUP), at).is_some());
        one == other || (are_in && !self.blocks(one, other, at) && !self.blocks(other, one, at))
    }
}

impl World {
    /// What a client looks at: most of all that there is.
    pub(super) fn draw_view(&mut self, index: usize) -> Option<(AccountId, View)> {
        let actors = &self.clients[index].actors;
        if actors.is_empty() || self.random.below(3) == 0 {
            return None;
        }
        let viewer = actors[self.random.below(actors.len() as u64) as usize].account;
        let skipped = self.random.below(2 * ACCOUNTS);
        let accounts = (0..ACCOUNTS).filter(|number| *number != skipped).map(account).collect();
        Some((viewer, View::new((0..ROOMS).map(room).collect(), accounts)))
    }

    /// Whether the store has it that the account is invisible.
    pub(super) fn is_invisible(&self, account: AccountId) -> bool {
        self.doings.invisible.contains_key(&account)
    }

    /// A client knows nothing any more of what it was told.
    pub(super) fn begin_view(&mut self, index: usize, viewer: Option<AccountId>) {
        let clean = (self.shard.pos, self.now_ms);
        self.clients[index].told = Told { viewer, clean, ..Told::default() };
    }

    /// Something that no log has.
    pub(super) fn do_beside(&mut self, index: usize) {
        let client = &self.clients[index];
        let Some(&Actor { account, device }) = client.actors.first() else { return };
        let room = room(self.random.below(ROOMS));
        let statuses = self.statuses.clone();
        match self.random.below(8) {
            0 if self.random.below(3) == 0 => {
                self.count("invisible");
                self.doings.invisible.entry(account).or_insert(self.now_ms);
                statuses.set_invisible(account, true, self.now_ms);
            }
            1 => {
                self.doings.invisible.remove(&account);
                statuses.set_invisible(account, false, self.now_ms);
            }
            2..5 => {
                // Only who is in it may say so, as of what is stored.
                let head = self.log.head();
                if self.log.member_since(account, room, head).is_some() {
                    self.count("typing");
                    let blocks = (0..ACCOUNTS).map(super::log::account);
                    let blocks = blocks.filter(|other| self.log.blocks(account, *other, head)).collect();
                    self.doings.typed.insert((room, account), self.now_ms);
                    statuses.typed((account, device), room, Some(blocks), self.now_ms);
                }
            }
            5 => statuses.stop_typing(account, room),
            what => statuses.set_away(Actor { account, device }, what == 6, self.now_ms),
        }
    }

    /// What the store says now of who may see whom.
    pub(super) fn sight(&self, question: &Question) -> Sight {
        let head = self.log.head();
        let subject = question.subject;
        let seen = question.among.iter().filter(|other| self.log.are_acquainted(subject, **other, head));
        let is_in = |id: &&ConversationId| {
            **id != room(GROUP) && self.log.member_since(subject, **id, head).is_some()
        };
        Sight {
            acquaintances: seen.map(|account| Acquaintance { account: *account, seen_at: None }).collect(),
            rooms: question.conversations.iter().filter(is_in).copied().collect(),
        }
    }

    /// A signal came. What may be known is what might have been while it was on its way: it is never cut.
    pub(super) fn take_signal(&mut self, index: usize, record: &Record) {
        let (seed, now_ms) = (self.seed, self.now_ms);
        let told = &self.clients[index].told;
        let viewer = told.viewer.unwrap_or_else(|| panic!("seed {seed}: client {index} looks at nothing"));
        let (from, from_ms) = told.clean;
        let to = self.shard.pos.max(self.log.head());
        let ever = |what: &dyn Fn(Pos) -> bool| (from.get()..=to.get()).map(Pos::new).any(what);
        match *record {
            Record::Presence { account, status, .. } => {
                self.count("presence");
                let told = &mut self.clients[index].told;
                if status != ShownStatus::Offline {
                    assert!(
                        ever(&|at| self.log.are_acquainted(viewer, account, at)),
                        "seed {seed}: client {index}, {viewer}, sees {account} {status:?} between {from} and {to}"
                    );
                    let since = self.doings.invisible.get(&account);
                    assert!(
                        since.is_none_or(|since| from_ms <= since + GRACE_MS + 1_000),
                        "seed {seed}: client {index} sees {account}, invisible since {since:?}, at {now_ms}"
                    );
                }
                told.shown.insert(account, status);
            }
            Record::Typing { conversation, account, on } => {
                self.count("typing told");
                assert!(
                    ever(&|at| self.log.member_since(viewer, conversation, at).is_some())
                        && viewer != account,
                    "seed {seed}: client {index}, {viewer}, is told who types in {conversation}"
                );
                if on {
                    assert!(
                        ever(&|at| !self.log.blocks(account, viewer, at)),
                        "seed {seed}: client {index}, {viewer}, is told of {account}, who blocks them"
                    );
                    let typed_ms = self.doings.typed[&(conversation, account)];
                    assert!(
                        from_ms <= typed_ms + 6_000 + 1_500,
                        "seed {seed}: {typed_ms} is long ago at {now_ms}"
                    );
                }
                let typing = &mut self.clients[index].told.typing;
                let was = typing.iter().position(|it| *it == (conversation, account));
                match (on, was) {
                    (true, None) => typing.push((conversation, account)),
                    (false, Some(at)) => {
                        typing.swap_remove(at);
                    }
                    // Who has left forgets it, and is told anew when it comes back.
                    (true, Some(_)) | (false, None) => {}
                }
            }
            Record::Present { conversation, count } => {
                self.count("present");
                assert!(
                    ever(&|at| self.log.member_since(viewer, conversation, at).is_some()),
                    "seed {seed}: client {index}, {viewer}, is told who is in {conversation}"
                );
                assert!(u64::from(count) <= ACCOUNTS);
                self.clients[index].told.counts.insert(conversation, count);
            }
            _ => unreachable!("only signals have no cursor"),
        }
    }

    /// When all is quiet, those who look see what there is.
    pub(super) fn check_signals(&mut self) {
        let head = self.log.head();
        let streaming = |who: AccountId| {
            self.clients.iter().any(|client| {
                let reads =
                    client.actors.iter().any(|actor| actor.account == who && !self.log.is_removed(actor));
                reads && matches!(client.link, Link::Stream { .. })
            })
        };
        for index in 0..CLIENTS {
            let client = &self.clients[index];
            let Some(viewer) = client.told.viewer.filter(|_| matches!(client.link, Link::Stream { .. }))
            else {
                continue;
            };
            for (&account, &status) in &client.told.shown {
                let is_offline = status == ShownStatus::Offline;
                let why = format!("seed {}: client {index}, {viewer}, sees {account} {status:?}", self.seed);
                if !self.log.are_acquainted(viewer, account, head) {
                    assert!(is_offline, "{why}");
                } else if let Some(since) = self.doings.invisible.get(&account) {
                    assert!(
                        is_offline || self.now_ms < since + GRACE_MS + 1_000,
                        "{why}, at {}",
                        self.now_ms
                    );
                } else if streaming(account) {
                    assert!(!is_offline, "{why}, who is there");
                }
            }
        }
    }
}
