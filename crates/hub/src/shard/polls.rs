//! Held polls: each is independent, carries its own place, and is answered from the window or the store.

use std::collections::BTreeSet;

use chinwag_protocol::{AccountEndReason, GapReason, Pos, Record};
use chinwag_sabotage::{Promise, breaks};
use chinwag_store::{PageEnd, StoreError};
use tokio::sync::oneshot;

use super::{Effect, EncodedPage, PollInput, Shard, Waiter};
use crate::encode::Frame;
use crate::hub::{After, PollAnswer, PollEnd};
use crate::metrics::Limit;
use crate::options::HubOptions;
use crate::readers::{Reader, Readers};
use crate::sink::Sink;
use crate::views::Holder;

/// When to look at which poll.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BTreeSet<(u64, u64)>);

#[derive(Debug)]
pub(super) struct Poll {
    pub(super) ticket: u64,
    readers: Readers,
    /// Where the client stands: what an empty answer that is cut short tells it.
    came_with: Pos,
    /// Nothing that the account may see lies between `came_with` and here.
    place: Pos,
    /// Answer with the cursor of now.
    now: bool,
    gap: Option<GapReason>,
    deadline_ms: u64,
    /// Holds an answer back until then.
    lingers_until_ms: Option<u64>,
    /// Whether the events missed at the start were counted.
    counted: bool,
    page: Option<Box<EncodedPage>>,
    reading: bool,
    stale: u32,
    pub(super) woken: bool,
    /// What it looks at.
    view: Option<u32>,
    began_ms: u64,
    /// Something of that has changed.
    signalled: bool,
    reply: Option<oneshot::Sender<Result<PollAnswer, PollEnd>>>,
}

impl Poll {
    /// Whether it is answered even if there is nothing.
    fn is_due(&self, now_ms: u64) -> bool {
        now_ms >= self.deadline_ms || self.readers.has_lost()
    }

    /// When a signal ends it, if there is one.
    fn signal_due_ms(&self, options: &HubOptions) -> Option<u64> {
        let after = options.poll_signals_after.as_millis() as u64;
        self.signalled.then(|| (self.began_ms + after).min(self.deadline_ms))
    }

    /// What was read from the store may be stale.
    fn drop_page(&mut self) {
        if self.page.take().is_some() || self.reading {
            self.reading = false;
            self.stale = self.stale.wrapping_add(1);
        }
    }
}

impl<S: Sink> Shard<S> {
    /// Takes a poll: it is answered at once, or held.
    pub(crate) fn poll(&mut self, input: PollInput, now_ms: u64) {
        while self.advance(now_ms) {}
        let (readers, signed_out) = self.enter(&input.actors, input.lost);
        let (place, now, gap) = match input.after {
            After::Now(pos) => (pos, true, None),
            After::Pos(pos) => (pos, false, None),
            After::Gap(reason, _) => (self.pos, false, Some(reason)),
        };
        let wait_ms = if self.draining_ms.is_some() { 0 } else { input.wait_ms };
        let deadline_ms = now_ms + wait_ms;
        let index = self.polls.insert(Poll {
            ticket: input.ticket,
            readers,
            came_with: place,
            place,
            now,
            gap,
            deadline_ms,
            lingers_until_ms: None,
            counted: false,
            page: None,
            reading: false,
            stale: 0,
            woken: false,
            view: None,
            began_ms: now_ms,
            signalled: false,
            reply: Some(input.reply),
        }) as u32;
        self.metrics.polls.inc();
        for reader in self.polls[index as usize].readers.as_slice() {
            self.topics.account_mut(reader.account).polls.push(index);
            self.statuses.poll_came(self.topics.actor(reader), wait_ms, now_ms);
        }
        self.deadlines.0.insert((deadline_ms, input.ticket));
        self.poll_index.insert(input.ticket, index);
        if signed_out {
            return self.end_poll(index, Err(PollEnd::SignedOut), now_ms);
        }
        self.end_surplus_polls(self.polls[index as usize].readers.first(), now_ms);
        if let Some((viewer, view)) = input.view {
            let readers = self.polls[index as usize].readers.as_slice();
            let viewer = readers.iter().find(|reader| self.topics.account(reader.account).id == viewer);
            if let Some(viewer) = viewer.map(|reader| reader.account) {
                self.polls[index as usize].view = self.add_view(Holder::Poll(input.ticket), viewer, view);
                self.ask_store();
            }
        }
        self.look_at_poll(input.ticket, now_ms);
    }

    /// Nobody waits for the poll any more.
    pub(crate) fn abandon_poll(&mut self, ticket: u64, now_ms: u64) {
        if let Some(index) = self.find_poll(ticket) {
            self.remove_poll(index, now_ms);
        }
    }

    /// The next moment at which a poll must be looked at, or signals go out.
    pub(crate) fn next_deadline_ms(&self) -> Option<u64> {
        let deadline = self.deadlines.0.first().map(|&(at, _)| at);
        deadline.into_iter().chain(self.next_pass_ms()).min()
    }

    pub(super) fn polls_due(&mut self, now_ms: u64) {
        while let Some(&(at, ticket)) = self.deadlines.0.first()
            && at <= now_ms
        {
            self.deadlines.0.pop_first();
            self.look_at_poll(ticket, now_ms);
        }
    }

    /// Something that a poll looks at has changed.
    pub(super) fn signal_poll(&mut self, ticket: u64, now_ms: u64) {
        let Some(index) = self.find_poll(ticket) else { return };
        let poll = &mut self.polls[index as usize];
        if std::mem::replace(&mut poll.signalled, true) {
            return;
        }
        if let Some(due_ms) = poll.signal_due_ms(&self.options).filter(|due_ms| *due_ms > now_ms) {
            self.deadlines.0.insert((due_ms, ticket));
        } else {
            self.wake_poll(index);
        }
    }

    /// It is known what a poll may see of what it looks at.
    pub(super) fn wake_poll_of(&mut self, ticket: u64) {
        if let Some(index) = self.find_poll(ticket) {
            self.wake_poll(index);
        }
    }

    /// That cannot be known: the poll is answered without.
    pub(super) fn give_up_view(&mut self, ticket: u64, now_ms: u64) {
        let Some(index) = self.find_poll(ticket) else { return };
        if let Some(view) = self.polls[index as usize].view.take() {
            self.look_away(view, now_ms);
        }
        self.wake_poll(index);
    }

    /// A poll has something to look at.
    pub(super) fn wake_poll(&mut self, index: u32) {
        if let Some(poll) = self.polls.get_mut(index as usize)
            && !std::mem::replace(&mut poll.woken, true)
        {
            self.woken.push(poll.ticket);
        }
    }

    /// The same, and what it has read from the store may be stale.
    pub(super) fn read_poll_again(&mut self, index: u32) {
        if let Some(poll) = self.polls.get_mut(index as usize) {
            poll.drop_page();
        }
        self.wake_poll(index);
    }

    pub(super) fn answer_woken_polls(&mut self, now_ms: u64) {
        for ticket in std::mem::take(&mut self.woken) {
            if let Some(index) = self.find_poll(ticket) {
                self.polls[index as usize].woken = false;
                self.look_at_poll(ticket, now_ms);
            }
        }
    }

    fn look_at_poll(&mut self, ticket: u64, now_ms: u64) {
        let Some(index) = self.find_poll(ticket) else { return };
        let tail = self.tail();
        if self.polls[index as usize].view.is_some_and(|view| !self.is_told(view)) {
            // What it may see of what it looks at is on its way from the store.
            return;
        }
        let poll = &mut self.polls[index as usize];
        if let Some(reason) = poll.gap {
            let pos = poll.place.max(tail);
            let cursor = self.cursor(pos);
            let gap = Record::Gap { reason, sync: "/v1/sync".to_owned(), cursor: cursor.clone() };
            self.metrics.gaps.inc();
            let events = vec![Frame::encode(&gap, &cursor).json()];
            return self.answer(index, Ok(PollAnswer { events, cursor, more: false }), now_ms);
        }
        if poll.now {
            let place = poll.place;
            return self.answer_empty(index, place, now_ms);
        }
        if !self.topics.are_ready(poll.readers.as_slice()) {
            // What an account reads is on its way from the store; it is looked at again then.
            return;
        }
        if let Some(page) = poll.page.take() {
            return self.answer_page(index, &page, now_ms);
        }
        let window = self.publisher.window();
        if poll.place < tail && !window.reaches(poll.place) {
            drop(window);
            if !std::mem::replace(&mut poll.reading, true) {
                let waiter = Waiter::Poll(poll.ticket, poll.stale);
                let accounts = self.topics.ids(poll.readers.as_slice());
                self.effects.push(Effect::ReadPage(waiter, accounts, poll.place));
            }
            return;
        }
        if !std::mem::replace(&mut poll.counted, true)
            && self.topics.missed_more_than(
                poll.readers.as_slice(),
                &window,
                poll.place,
                tail,
                self.options.missed_events_max,
            )
        {
            poll.gap = Some(GapReason::TooMany);
            drop(window);
            return self.look_at_poll(ticket, now_ms);
        }
        let positions = &mut self.scratch.positions;
        let limit = self.options.page_events_max;
        let readers = poll.readers.as_slice();
        self.topics.missed(readers, &window, poll.place, tail, limit + 1, positions);
        if positions.is_empty() {
            poll.place = poll.place.max(tail);
            let place = poll.place;
            drop(window);
            let poll = &self.polls[index as usize];
            if poll.is_due(now_ms) || poll.signal_due_ms(&self.options).is_some_and(|at| now_ms >= at) {
                self.answer_empty(index, place, now_ms);
            }
            return;
        }
        let mut events = Vec::with_capacity(positions.len().min(limit));
        let mut bytes = 0;
        let mut last = poll.place;
        let mut limit_hit = Limit::PageEvents;
        for &pos in positions.iter().take(limit) {
            let Some(entry) = window.get(pos) else { break };
            let json = self.topics.frame_for(readers, &window, pos, entry).json();
            bytes += json.len();
            if bytes > self.options.page_bytes_max && !events.is_empty() {
                limit_hit = Limit::PageBytes;
                break;
            }
            events.push(json);
            last = pos;
        }
        let more = events.len() < positions.len();
        drop(window);
        if !more && self.lingers(index, now_ms) {
            return;
        }
        if more {
            self.metrics.hit(limit_hit);
        }
        let cursor = self.cursor(if more && !breaks(Promise::PollCursor) { last } else { tail });
        self.answer(index, Ok(PollAnswer { events, cursor, more }), now_ms);
    }

    /// Whether the answer is held back, so that a busy conversation does not turn pollers into a storm.
    fn lingers(&mut self, index: u32, now_ms: u64) -> bool {
        let poll = &mut self.polls[index as usize];
        if poll.is_due(now_ms) {
            return false;
        }
        if let Some(until) = poll.lingers_until_ms {
            return now_ms < until;
        }
        let within = self.options.linger_within.as_millis() as u64;
        let Reader { account, device } = poll.readers.first();
        let answered = &self.topics.account(account).answered;
        let recent = answered.iter().any(|&(other, at)| other == device && now_ms < at + within);
        if recent {
            let until = poll.deadline_ms.min(now_ms + self.options.linger.as_millis() as u64);
            poll.lingers_until_ms = Some(until);
            self.deadlines.0.insert((until, poll.ticket));
        }
        recent
    }

    pub(super) fn poll_page_read(
        &mut self,
        ticket: u64,
        stale: u32,
        page: Result<EncodedPage, StoreError>,
        now_ms: u64,
    ) {
        let Some(index) = self.find_poll(ticket) else { return };
        let poll = &mut self.polls[index as usize];
        if poll.reading && poll.stale == stale {
            poll.reading = false;
            match page {
                Ok(page) => poll.page = Some(Box::new(page)),
                Err(error) => {
                    tracing::warn!(%error, "could not read the log for a poll");
                    return self.answer(index, Err(PollEnd::Unavailable), now_ms);
                }
            }
        }
        self.look_at_poll(ticket, now_ms);
    }

    fn answer_page(&mut self, index: u32, page: &EncodedPage, now_ms: u64) {
        let (pos, more) = match page.end {
            PageEnd::More(pos) => (pos, true),
            PageEnd::Head(pos) => (pos, false),
            PageEnd::Gap(reason, pos) => {
                let poll = &mut self.polls[index as usize];
                poll.gap = Some(reason);
                poll.place = pos;
                let ticket = poll.ticket;
                return self.look_at_poll(ticket, now_ms);
            }
        };
        if page.rows.is_empty() && !more {
            let poll = &mut self.polls[index as usize];
            poll.place = poll.place.max(pos);
            poll.counted = true;
            let ticket = poll.ticket;
            return self.look_at_poll(ticket, now_ms);
        }
        if more {
            let is_long = page.rows.len() >= self.options.page_events_max;
            self.metrics.hit(if is_long { Limit::PageEvents } else { Limit::PageBytes });
        }
        let readers = self.polls[index as usize].readers.as_slice();
        let events = page.rows.iter().map(|row| self.topics.row_for(readers, row).frame.json()).collect();
        let cursor = self.cursor(pos);
        self.answer(index, Ok(PollAnswer { events, cursor, more }), now_ms);
    }

    fn answer_empty(&mut self, index: u32, place: Pos, now_ms: u64) {
        let cursor = self.cursor(place);
        self.answer(index, Ok(PollAnswer { events: Vec::new(), cursor, more: false }), now_ms);
    }

    /// Whether all that a view looks at was looked at once.
    fn is_told(&self, view: u32) -> bool {
        self.views.get(view).is_none_or(|looking| looking.is_told)
    }

    fn answer(&mut self, index: u32, mut answer: Result<PollAnswer, PollEnd>, now_ms: u64) {
        if let Ok(PollAnswer { events, more: false, .. }) = &mut answer
            && let Some(view) = self.polls[index as usize].view
        {
            events.extend(self.all_signals(view).iter().map(Frame::json));
        }
        let poll = &mut self.polls[index as usize];
        if let Ok(answer) = &mut answer {
            while let Some(account) = poll.readers.next_lost() {
                let (reason, cursor) = (AccountEndReason::SignedOut, answer.cursor.clone());
                let end = Record::AccountEnd { account, reason, cursor };
                answer.events.push(Frame::encode(&end, &answer.cursor).json());
            }
        }
        if let Ok(answer) = &answer
            && !answer.events.is_empty()
        {
            self.metrics.delivered.inc_by(answer.events.len() as u64);
            let within = self.options.linger_within.as_millis() as u64;
            let Reader { account, device } = poll.readers.first();
            let answered = &mut self.topics.account_mut(account).answered;
            answered.retain(|&(other, at)| other != device && now_ms < at + within);
            answered.push((device, now_ms));
        }
        if let Some(reply) = poll.reply.take() {
            // Whoever has gone comes back with the old cursor.
            let _ = reply.send(answer);
        }
        self.remove_poll(index, now_ms);
    }

    /// Ends the oldest of a device's polls beyond those that it may hold: empty, with the cursor that it came with. One of
    /// several accounts counts for the first of them, which is in this shard with all its polls of that sort.
    fn end_surplus_polls(&mut self, first: Reader, now_ms: u64) {
        let mut held: Vec<u32> = self.topics.account(first.account).polls.clone();
        held.retain(|&index| {
            self.polls.get(index as usize).is_some_and(|poll| poll.readers.first() == first)
        });
        let surplus = held.len().saturating_sub(self.options.limits.polls_held as usize);
        for &index in &held[..surplus] {
            self.metrics.hit(Limit::PollsHeld);
            self.cut_short(index, now_ms);
        }
    }

    pub(super) fn end_all_polls(&mut self, now_ms: u64) {
        let all: Vec<u32> = self.polls.iter().map(|(index, _)| index as u32).collect();
        for index in all {
            self.cut_short(index, now_ms);
        }
    }

    fn cut_short(&mut self, index: u32, now_ms: u64) {
        let cursor = self.cursor(self.polls[index as usize].came_with);
        self.end_poll(index, Ok(PollAnswer { events: Vec::new(), cursor, more: false }), now_ms);
    }

    pub(super) fn sign_out_polls(&mut self, reader: Reader, now_ms: u64) {
        for index in self.topics.account(reader.account).polls.clone() {
            let readers = self.polls[index as usize].readers.as_slice();
            if !readers.contains(&reader) {
                continue;
            }
            if readers.len() > 1 {
                self.part_poll(index, reader.account, now_ms);
            } else {
                self.end_poll(index, Err(PollEnd::SignedOut), now_ms);
            }
        }
    }

    /// One of a poll's accounts reads no more: it is answered with that, and what there is for the others.
    fn part_poll(&mut self, index: u32, account: u32, now_ms: u64) {
        if breaks(Promise::PartSignedOut) {
            return;
        }
        let readers = self.polls[index as usize].readers.as_slice();
        let reader = readers.iter().find(|reader| reader.account == account);
        if let Some(actor) = reader.map(|reader| self.topics.actor(reader)) {
            self.statuses.poll_went(actor, now_ms);
        }
        let poll = &mut self.polls[index as usize];
        poll.readers.lose(account, self.topics.account(account).id);
        if let Some(view) = poll.view
            && self.views.get(view).is_some_and(|looking| looking.viewer == account)
        {
            poll.view = None;
            self.look_away(view, now_ms);
        }
        self.topics.account_mut(account).polls.retain(|&other| other != index);
        self.left_account(account, now_ms);
        self.read_poll_again(index);
    }

    pub(super) fn fail_polls(&mut self, account: u32, now_ms: u64) {
        for index in self.topics.account(account).polls.clone() {
            self.end_poll(index, Err(PollEnd::Unavailable), now_ms);
        }
    }

    fn end_poll(&mut self, index: u32, answer: Result<PollAnswer, PollEnd>, now_ms: u64) {
        if let Some(reply) = self.polls[index as usize].reply.take() {
            let _ = reply.send(answer);
        }
        self.remove_poll(index, now_ms);
    }

    fn find_poll(&self, ticket: u64) -> Option<u32> {
        self.poll_index.get(&ticket).copied()
    }

    fn remove_poll(&mut self, index: u32, now_ms: u64) {
        let poll = self.polls.remove(index as usize);
        self.poll_index.remove(&poll.ticket);
        self.metrics.polls.dec();
        self.deadlines.0.remove(&(poll.deadline_ms, poll.ticket));
        if let Some(due_ms) = poll.signal_due_ms(&self.options) {
            self.deadlines.0.remove(&(due_ms, poll.ticket));
        }
        if let Some(view) = poll.view {
            self.look_away(view, now_ms);
        }
        if let Some(until) = poll.lingers_until_ms {
            self.deadlines.0.remove(&(until, poll.ticket));
        }
        for reader in poll.readers.as_slice() {
            self.topics.account_mut(reader.account).polls.retain(|&other| other != index);
            self.statuses.poll_went(self.topics.actor(reader), now_ms);
            self.left_account(reader.account, now_ms);
        }
    }
}
