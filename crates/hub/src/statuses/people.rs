//! Which devices of an account are there, and what it shows.

use chinwag_protocol::{AccountId, Actor, DeviceId, Record, ShownStatus, Timestamp};
use chinwag_sabotage::{Promise, breaks};

use super::{Changed, Due, Statuses, Table};
use crate::encode::Frame;

/// A last seen that is older is not shown.
const SEEN_SHOWN_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// What a device that polls for the first time, without waiting, is taken to promise.
const FIRST_INTERVAL_MS: u64 = 15_000;
/// The longest interval that polls can promise.
const INTERVAL_MAX_MS: u64 = 30_000;
/// Who is there for long is noted as seen so often.
const SEEN_EVERY_MS: u64 = 10 * 60 * 1000;

/// An account that is there, or that somebody looks at or reads for.
#[derive(Debug)]
pub(super) struct Person {
    /// Whether it shows nothing of itself; none until that is known, and then it shows nothing either.
    invisible: Option<bool>,
    devices: Vec<Device>,
    /// Places in views that show it.
    looked_at: u32,
    /// Shards that know what it reads; the first counts it.
    known_to: Vec<u16>,
    shown: ShownStatus,
    /// Until when what is shown of one that has become invisible stays.
    stays_until_ms: Option<u64>,
    last_seen: Option<Timestamp>,
    /// What is shown, encoded.
    frame: Option<Frame>,
    due_ms: Option<u64>,
    /// When it is to be noted as seen although nothing changes.
    noted_ms: u64,
}

#[derive(Debug)]
struct Device {
    id: DeviceId,
    streams: u32,
    polls: u32,
    away: bool,
    /// It does not come again.
    signed_out: bool,
    /// Without either it is there until then …
    until_ms: u64,
    /// … and went at this moment.
    went: Timestamp,
    /// When its last poll began.
    polled_ms: Option<u64>,
    /// What its polls promise: they come again within twice this of the beginning of the last.
    interval_ms: u64,
}

impl Device {
    fn is_connected(&self) -> bool {
        self.streams + self.polls > 0
    }
}

impl Default for Person {
    fn default() -> Self {
        Self {
            invisible: None,
            devices: Vec::new(),
            looked_at: 0,
            known_to: Vec::new(),
            shown: ShownStatus::Offline,
            stays_until_ms: None,
            last_seen: None,
            frame: None,
            due_ms: None,
            noted_ms: 0,
        }
    }
}

impl Person {
    fn device(&mut self, id: DeviceId, now: Timestamp) -> &mut Device {
        let at = self.devices.iter().position(|device| device.id == id);
        let at = at.unwrap_or_else(|| {
            self.devices.push(Device {
                id,
                streams: 0,
                polls: 0,
                away: false,
                signed_out: false,
                until_ms: 0,
                went: now,
                polled_ms: None,
                interval_ms: FIRST_INTERVAL_MS,
            });
            self.devices.len() - 1
        });
        &mut self.devices[at]
    }

    /// What its devices make of it.
    fn status(&self) -> ShownStatus {
        match self.devices.iter().map(|device| device.away).min() {
            None => ShownStatus::Offline,
            Some(false) => ShownStatus::Online,
            Some(true) => ShownStatus::Away,
        }
    }

    /// When it was there last, if none of its devices is connected; else now.
    fn last_there(&self, now: Timestamp) -> Timestamp {
        if self.devices.iter().any(Device::is_connected) {
            return now;
        }
        self.devices.iter().map(|device| device.went).max().unwrap_or(now)
    }

    /// Whether others may learn that it types.
    pub(super) fn may_be_heard(&self) -> bool {
        self.invisible == Some(false) && self.shown != ShownStatus::Offline
    }

    fn is_forgettable(&self) -> bool {
        self.devices.is_empty()
            && self.looked_at == 0
            && self.known_to.is_empty()
            && self.shown == ShownStatus::Offline
    }
}

impl Statuses {
    /// A shard knows from now on what the account reads.
    pub(crate) fn enter(&self, shard: u16, account: AccountId) {
        let mut table = self.changing();
        let person = table.people.entry(account).or_default();
        if let Err(at) = person.known_to.binary_search(&shard) {
            person.known_to.insert(at, shard);
        }
        table.recount(account);
    }

    /// A shard does not know any more what the account reads.
    pub(crate) fn leave(&self, shard: u16, account: AccountId) {
        let mut table = self.changing();
        if let Some(person) = table.people.get_mut(&account) {
            person.known_to.retain(|&other| other != shard);
            table.recount(account);
            table.forget(account);
        }
    }

    /// Whether the account is invisible, as the store has it. What was said since counts more.
    pub(crate) fn learn(&self, account: AccountId, invisible: bool, now_ms: u64) {
        let mut table = self.changing();
        if let Some(person) = table.people.get_mut(&account)
            && person.invisible.is_none()
        {
            person.invisible = Some(invisible);
            table.update(account, now_ms);
        }
    }

    /// Whether the account is invisible, if that is known.
    pub(crate) fn is_invisible(&self, account: AccountId) -> Option<bool> {
        self.table.lock().people.get(&account)?.invisible
    }

    /// The account is to be invisible, or no more. What is shown of it stays for as long as that of one whose devices go.
    pub(crate) fn set_invisible(&self, account: AccountId, invisible: bool, now_ms: u64) {
        let mut table = self.changing();
        let (now, grace_ms) = ((table.clock)(), table.grace_ms);
        let Some(person) = table.people.get_mut(&account) else { return };
        if person.invisible == Some(invisible) {
            return;
        }
        if invisible && person.shown != ShownStatus::Offline {
            person.last_seen = Some(person.last_there(now));
            let connected = person.devices.iter().any(Device::is_connected);
            let until = person.devices.iter().map(|device| device.until_ms).max();
            let until = until.filter(|_| !connected).unwrap_or(u64::MAX);
            person.stays_until_ms = Some(until.min(now_ms + grace_ms));
        }
        person.invisible = Some(invisible);
        if !invisible {
            person.stays_until_ms = None;
        }
        table.drop_typist(account);
        table.update(account, now_ms);
    }

    /// A device has opened a stream.
    pub(crate) fn stream_came(&self, actor: Actor, now_ms: u64) {
        let mut table = self.changing();
        let now = (table.clock)();
        table.people.entry(actor.account).or_default().device(actor.device, now).streams += 1;
        table.update(actor.account, now_ms);
    }

    /// A stream of a device is over.
    pub(crate) fn stream_went(&self, actor: Actor, now_ms: u64) {
        let mut table = self.changing();
        let (now, grace_ms) = ((table.clock)(), table.grace_ms);
        let Some(person) = table.people.get_mut(&actor.account) else { return };
        let grace_ms = if breaks(Promise::KeepPresence) { 0 } else { grace_ms };
        let device = person.device(actor.device, now);
        device.streams = device.streams.saturating_sub(1);
        device.went = now;
        device.until_ms = device.until_ms.max(now_ms + grace_ms);
        table.update(actor.account, now_ms);
    }

    /// A device polls, and waits for so long at most.
    pub(crate) fn poll_came(&self, actor: Actor, wait_ms: u64, now_ms: u64) {
        let mut table = self.changing();
        let now = (table.clock)();
        let device = table.people.entry(actor.account).or_default().device(actor.device, now);
        let since = device.polled_ms.map_or(FIRST_INTERVAL_MS, |polled_ms| now_ms.saturating_sub(polled_ms));
        device.polls += 1;
        device.polled_ms = Some(now_ms);
        device.interval_ms = since.max(wait_ms).min(INTERVAL_MAX_MS);
        table.update(actor.account, now_ms);
    }

    /// A poll of a device was answered, or given up.
    pub(crate) fn poll_went(&self, actor: Actor, now_ms: u64) {
        let mut table = self.changing();
        let (now, grace_ms) = ((table.clock)(), table.grace_ms);
        let Some(person) = table.people.get_mut(&actor.account) else { return };
        let device = person.device(actor.device, now);
        device.polls = device.polls.saturating_sub(1);
        device.went = now;
        let promised = device.polled_ms.unwrap_or(now_ms) + 2 * device.interval_ms;
        device.until_ms = device.until_ms.max(promised).max(now_ms + grace_ms);
        if device.signed_out {
            device.until_ms = now_ms + grace_ms;
        }
        table.update(actor.account, now_ms);
    }

    /// A device was signed out, and keeps no promise.
    pub(crate) fn sign_out(&self, actor: Actor, now_ms: u64) {
        let mut table = self.changing();
        let grace_ms = table.grace_ms;
        let Some(person) = table.people.get_mut(&actor.account) else { return };
        if let Some(device) = person.devices.iter_mut().find(|device| device.id == actor.device) {
            device.signed_out = true;
            device.until_ms = device.until_ms.min(now_ms + grace_ms);
            table.update(actor.account, now_ms);
        }
    }

    /// A device that is there is not in use, or is again.
    pub(crate) fn set_away(&self, actor: Actor, away: bool, now_ms: u64) {
        let mut table = self.changing();
        let Some(person) = table.people.get_mut(&actor.account) else { return };
        if let Some(device) = person.devices.iter_mut().find(|device| device.id == actor.device) {
            device.away = away;
            table.update(actor.account, now_ms);
        }
    }

    /// A view shows the account; it was seen at `seen_at`, as the store has it.
    pub(crate) fn look(&self, account: AccountId, seen_at: Option<Timestamp>) {
        let mut table = self.table.lock();
        let person = table.people.entry(account).or_default();
        person.looked_at += 1;
        if person.last_seen.is_none() && seen_at.is_some() {
            person.last_seen = seen_at;
            person.frame = None;
        }
        table.metrics_people();
    }

    /// A view shows the account no more.
    pub(crate) fn look_away(&self, account: AccountId) {
        let mut table = self.table.lock();
        if let Some(person) = table.people.get_mut(&account) {
            person.looked_at = person.looked_at.saturating_sub(1);
            table.forget(account);
        }
    }

    /// What the account shows, to those who may see it.
    pub(crate) fn frame(&self, account: AccountId) -> Frame {
        let mut table = self.table.lock();
        let now = (table.clock)();
        let Some(person) = table.people.get_mut(&account) else { return nothing_shown(account) };
        let &mut Person { shown: status, last_seen, .. } = person;
        let encode = || {
            let is_recent = |at: &Timestamp| now.as_millis() - at.as_millis() <= SEEN_SHOWN_MS;
            let last_seen_at = last_seen.filter(|_| status == ShownStatus::Offline).filter(is_recent);
            Frame::signal(&Record::Presence { account, status, last_seen_at })
        };
        person.frame.get_or_insert_with(encode).clone()
    }

    /// Whether the account is there for others to see, and this shard is the one that counts it.
    pub(crate) fn is_counted(&self, shard: u16, account: AccountId) -> bool {
        let table = self.table.lock();
        table.people.get(&account).is_some_and(|person| {
            person.shown != ShownStatus::Offline && person.known_to.first() == Some(&shard)
        })
    }
}

/// What is seen of an account by those who may not see what it shows.
pub(crate) fn nothing_shown(account: AccountId) -> Frame {
    Frame::signal(&Record::Presence { account, status: ShownStatus::Offline, last_seen_at: None })
}

impl Table {
    /// Takes up what has become of an account's devices.
    fn update(&mut self, account: AccountId, now_ms: u64) {
        let now = (self.clock)();
        let Some(person) = self.people.get_mut(&account) else { return };
        let there = person.last_there(now);
        person.devices.retain(|device| device.is_connected() || now_ms < device.until_ms);
        if person.stays_until_ms.is_some_and(|until| now_ms >= until) {
            person.stays_until_ms = None;
        }
        let before = person.shown;
        let after = match person.invisible {
            Some(false) => person.status(),
            Some(true) if breaks(Promise::HideInvisible) => person.status(),
            _ if person.stays_until_ms.is_some() => before,
            _ => ShownStatus::Offline,
        };
        if person.invisible == Some(false) && before != ShownStatus::Offline {
            person.last_seen = Some(there);
        }
        let came_or_went = (before == ShownStatus::Offline) != (after == ShownStatus::Offline);
        let is_due = after != ShownStatus::Offline && now_ms >= person.noted_ms;
        if came_or_went || (is_due && person.invisible == Some(false)) {
            let at = if before == ShownStatus::Offline { now } else { person.last_seen.unwrap_or(now) };
            person.noted_ms = now_ms + SEEN_EVERY_MS;
            self.seen.note(account, at);
        }
        person.shown = after;
        let waits = person.devices.iter().filter(|device| !device.is_connected());
        let next = waits.map(|device| device.until_ms).chain(person.stays_until_ms).min();
        let next = if after == ShownStatus::Offline {
            next
        } else {
            Some(next.unwrap_or(u64::MAX).min(person.noted_ms))
        };
        if person.due_ms != next {
            if let Some(due_ms) = person.due_ms {
                self.due.remove(&(due_ms, Due::Person(account)));
            }
            person.due_ms = next;
            self.due.extend(next.map(|due_ms| (due_ms, Due::Person(account))));
        }
        if before != after {
            person.frame = None;
            self.mark(Changed::Person(account));
        }
        self.forget(account);
    }

    pub(super) fn person_due(&mut self, account: AccountId, now_ms: u64) {
        if let Some(person) = self.people.get_mut(&account) {
            person.due_ms = None;
            self.update(account, now_ms);
        }
    }

    /// Another shard may be the one that counts the account.
    fn recount(&mut self, account: AccountId) {
        let is_there = self.people.get(&account).is_some_and(|person| person.shown != ShownStatus::Offline);
        if is_there {
            self.mark(Changed::Counted(account));
        }
        self.metrics_people();
    }

    fn forget(&mut self, account: AccountId) {
        if self.people.get(&account).is_some_and(Person::is_forgettable)
            && let Some(person) = self.people.remove(&account)
            && let Some(due_ms) = person.due_ms
        {
            self.due.remove(&(due_ms, Due::Person(account)));
        }
        self.metrics_people();
    }

    fn metrics_people(&self) {
        self.metrics.people.set(self.people.len() as i64);
    }

    /// Accounts that are there for others to see.
    pub(super) fn there(&self) -> impl Iterator<Item = AccountId> {
        let is_there = |(account, person): (&AccountId, &Person)| {
            let is_connected = person.devices.iter().any(Device::is_connected);
            (person.invisible == Some(false) && is_connected).then_some(*account)
        };
        self.people.iter().filter_map(is_there)
    }
}
