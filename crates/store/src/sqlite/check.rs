//! Reading everything that is stored, to find damage.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use chinwag_protocol::{
    AccountChange, AccountId, Body, ConversationId, DeviceId, Event, Membership, Pos, Seq,
};
use foldhash::fast::RandomState;
use rusqlite::Connection;

use super::columns::{bytes, number, optional_number, pos, role, seq};
use super::event_row::has_checksum;
use super::events::Events;
use super::failure::{Failure, Result};
use super::keyed;
use super::marked::Marked;
use super::migrations::VERSION;
use super::statements;
use crate::Checked;
use crate::topic::{Topic, topic_of};

/// Faults after which no more are looked for.
const MOST: usize = 20;

/// Reads a database of schema `version` in one snapshot. SQLite looks at each of its pages; then, if the schema is the
/// present one, every event is read as a client would get it, and timelines, memberships and ids are compared with what
/// the log says of them.
pub(super) fn check(connection: &Connection, version: u32) -> Result<Checked> {
    let snapshot = connection.unchecked_transaction()?;
    let mut checked = Checked::default();
    let mut statement = snapshot.prepare(&format!("PRAGMA integrity_check({MOST})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let fault: String = row.get(0)?;
        if fault != "ok" {
            checked.faults.push(fault);
        }
    }
    if version == VERSION && checked.faults.is_empty() {
        Check::new(&snapshot)?.run(&mut checked)?;
    }
    Ok(checked)
}

/// What the log says so far.
struct Check<'c> {
    connection: &'c Connection,
    /// Of each topic the last row, and how many messages there are.
    topics: HashMap<Topic, (Seq, u64), RandomState>,
    members: HashMap<(AccountId, ConversationId), Membership>,
    /// Who blocks whom.
    blocks: HashSet<(AccountId, AccountId)>,
    /// With the number of members.
    conversations: HashMap<ConversationId, u64>,
    /// Versions of the settings of those that were changed.
    versions: HashMap<ConversationId, u64>,
    devices: HashMap<DeviceId, AccountId>,
    accounts: HashMap<AccountId, Account>,
    marks: Marked,
    /// Up to where all rows are in the table of the timelines, and from there which are coming in and how many have.
    done: Pos,
    until: Pos,
    folded: usize,
    folding: Vec<(Topic, Seq, Pos)>,
    /// Sum of a hash of each row that is in that table.
    timelines: Sum,
    /// Rows of keyed events that were replaced, and positions that have no row.
    replaced: HashSet<Pos>,
    holes: u64,
    /// Rows of keyed events, replaced or not.
    keyed: u64,
}

/// How often an account and its password were changed, and what is counted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    profile: u64,
    /// None if it has none.
    password: Option<u64>,
    /// Conversations that it is in.
    conversations: u64,
    removed: bool,
}

/// Tells sets of rows apart whatever their order.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, hasher: &RandomState, row: (Topic, Seq, Pos)) {
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hasher.hash_one(row));
    }
}

impl Account {
    /// Whether it can have come to that.
    fn change(&mut self, change: AccountChange) -> bool {
        match (change, &mut self.password) {
            (AccountChange::Registered, None) => {
                self.profile += 1;
                self.password = Some(1);
                true
            }
            (AccountChange::PasswordChanged, Some(version)) => {
                *version += 1;
                true
            }
            (AccountChange::Updated, _) => {
                self.profile += 1;
                true
            }
            (AccountChange::Deleted | AccountChange::Expired, password) => {
                self.profile += 1;
                *password = None;
                !std::mem::replace(&mut self.removed, true)
            }
            (AccountChange::RecoveryCodesMade, password) => password.is_some(),
            // Of the server's own account.
            (AccountChange::Ruled, password) => password.is_none(),
            (AccountChange::Registered, Some(_)) | (AccountChange::PasswordChanged, None) => false,
        }
    }
}

impl<'c> Check<'c> {
    fn new(connection: &'c Connection) -> Result<Self> {
        let (done, until, folded) = connection
            .prepare(statements::FOLD)?
            .query_row([], |row| Ok((pos(row, 0)?, pos(row, 1)?, number(row, 2)? as usize)))?;
        Ok(Self {
            connection,
            topics: HashMap::default(),
            members: HashMap::new(),
            blocks: HashSet::new(),
            conversations: HashMap::new(),
            versions: HashMap::new(),
            devices: HashMap::new(),
            accounts: HashMap::new(),
            marks: Marked::default(),
            done,
            until,
            folded,
            folding: Vec::new(),
            timelines: Sum::default(),
            replaced: HashSet::new(),
            holes: 0,
            keyed: 0,
        })
    }

    fn run(mut self, checked: &mut Checked) -> Result<()> {
        let hasher = RandomState::default();
        let mut events = Events::new(self.connection);
        let mut statement = self.connection.prepare(statements::EVENTS_AFTER)?;
        let mut rows = statement.query([0, -1])?;
        let compacted = keyed::compacted(self.connection)?;
        let mut expected = Pos::new(1);
        while let Some(row) = rows.next()? {
            if checked.faults.len() >= MOST {
                return Ok(());
            }
            let summed = has_checksum(row)?;
            // One that was deleted has got one, wherever it stands.
            if !summed {
                checked.without_checksum += 1;
            }
            let at = pos(row, 0)?;
            if at != expected && at.previous() > compacted {
                checked.faults.push(format!("events {expected} to {} are missing", at.previous()));
            }
            self.holes += at.get() - expected.get();
            expected = at.next();
            match events.read_latest(row) {
                Ok(Some(event)) => {
                    if let Err(fault) = self.follow(&hasher, &event) {
                        checked.faults.push(format!("event {at}: {fault}"));
                    }
                }
                Ok(None) => {
                    self.keyed += 1;
                    self.replaced.insert(at);
                }
                Err(failure @ Failure::Damaged { .. }) => checked.faults.push(failure.to_string()),
                Err(failure) => return Err(failure),
            }
            checked.events += 1;
        }
        // What follows would repeat in other words what is known already.
        if checked.faults.is_empty() {
            self.compare(&hasher, checked)?;
        }
        Ok(())
    }

    /// Takes an event in.
    fn follow(&mut self, hasher: &RandomState, event: &Event) -> std::result::Result<(), String> {
        if event.keyed().is_some() {
            self.keyed += 1;
            return Ok(());
        }
        let topic = topic_of(event);
        let (last, n) = self.topics.entry(topic).or_default();
        if last.next() != event.seq {
            return Err(format!("row {} of its topic follows row {last}", event.seq));
        }
        *last = event.seq;
        if let Body::Message(message) = &event.body {
            *n += 1;
            if message.n != *n {
                return Err(format!("it says that it is message {}, and is message {n}", message.n));
            }
        }
        self.marks.follow(event);
        let row = (topic, event.seq, event.pos);
        if event.pos <= self.done {
            self.timelines.add(hasher, row);
        } else if event.pos <= self.until {
            self.folding.push(row);
        }
        let fresh = match &event.body {
            Body::ConversationCreated { conversation, .. } => {
                self.conversations.insert(conversation.id, 0).is_none()
            }
            Body::Joined { account, conversation, membership, .. } => {
                *self.conversations.entry(conversation.id).or_default() += 1;
                if let Some(account) = self.accounts.get_mut(account) {
                    account.conversations += 1;
                }
                match self.members.entry((*account, conversation.id)) {
                    Entry::Vacant(place) => {
                        place.insert(*membership);
                        true
                    }
                    Entry::Occupied(_) => false,
                }
            }
            Body::Left { account, conversation, .. } => {
                let conversations = self.conversations.entry(conversation.id).or_default();
                *conversations = conversations.saturating_sub(1);
                if let Some(account) = self.accounts.get_mut(account) {
                    account.conversations = account.conversations.saturating_sub(1);
                }
                self.members.remove(&(*account, conversation.id)).is_some()
            }
            Body::GuestCreated { account, device } => {
                let fresh = Account { profile: 1, password: None, conversations: 0, removed: false };
                self.accounts.insert(*account, fresh).is_none()
                    && self.devices.insert(*device, *account).is_none()
            }
            Body::DeviceAdded { account, device } => self.devices.insert(*device, *account).is_none(),
            Body::Account { card, change } => {
                if card.removed.is_some() && matches!(change, AccountChange::Deleted | AccountChange::Expired)
                {
                    self.blocks.retain(|(account, _)| *account != card.id);
                }
                self.accounts.get_mut(&card.id).is_some_and(|account| account.change(*change))
            }
            Body::DeviceRemoved { account, device } => self.devices.remove(device) == Some(*account),
            Body::RoleChanged { account, conversation, role } => {
                match self.members.get_mut(&(*account, conversation.id)) {
                    Some(membership) => {
                        membership.role = *role;
                        true
                    }
                    None => false,
                }
            }
            Body::ConversationChanged { conversation, .. } => {
                let before = self.versions.insert(conversation.id, conversation.settings.version);
                before.unwrap_or(1) + 1 == conversation.settings.version
            }
            Body::Accepted { account, conversation } => {
                let membership = self.members.get_mut(&(*account, conversation.id));
                membership.is_some_and(|membership| std::mem::replace(&mut membership.request, false))
            }
            Body::Blocked { account, blocked } => self.blocks.insert((*account, *blocked)),
            Body::Unblocked { account, blocked } => self.blocks.remove(&(*account, *blocked)),
            Body::Message(_)
            | Body::Delete { .. }
            | Body::Edit { .. }
            | Body::Reaction { .. }
            | Body::Pin { .. }
            | Body::Erased { .. }
            | Body::Members { .. }
            | Body::Restricted { .. }
            | Body::InviteCreated { .. }
            | Body::InviteRevoked { .. }
            | Body::Keyed(_) => true,
        };
        if fresh { Ok(()) } else { Err("it does not fit what comes before it".to_owned()) }
    }

    /// Compares the other tables with what the log says.
    fn compare(mut self, hasher: &RandomState, checked: &mut Checked) -> Result<()> {
        self.folding.sort_unstable();
        for row in self.folding.iter().take(self.folded) {
            self.timelines.add(hasher, *row);
        }
        let mut timelines = Sum::default();
        let mut statement = self.connection.prepare("SELECT topic, seq, pos FROM timeline")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            timelines.add(hasher, (bytes(row, 0, |topic| topic)?, seq(row, 1)?, pos(row, 2)?));
        }
        let mut agree = |what: &str, agrees: bool| {
            if !agrees {
                checked.faults.push(format!("the table {what} does not say what the log says"));
            }
        };
        agree("timeline", timelines == self.timelines);

        let members: HashMap<_, _> = self.rows(
            "SELECT account, conversation, role, since, visible_from, request FROM member",
            |row| {
                let key = (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, ConversationId::from_bytes)?);
                let membership = Membership {
                    role: role(row, 2)?,
                    since: pos(row, 3)?,
                    visible_from: seq(row, 4)?,
                    request: row.get(5)?,
                };
                Ok((key, membership))
            },
        )?;
        agree("member", members == self.members);
        let blocks: HashSet<_> = self.rows("SELECT account, blocked FROM block", |row| {
            Ok((bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, AccountId::from_bytes)?))
        })?;
        agree("block", blocks == self.blocks);
        let conversations: HashMap<_, _> = self.rows("SELECT id, members FROM conversation", |row| {
            Ok((bytes(row, 0, ConversationId::from_bytes)?, number(row, 1)?))
        })?;
        agree("conversation", conversations == self.conversations);
        let changed = "SELECT id, version FROM conversation WHERE version > 1";
        let versions: HashMap<_, _> =
            self.rows(changed, |row| Ok((bytes(row, 0, ConversationId::from_bytes)?, number(row, 1)?)))?;
        agree("conversation", versions == self.versions);
        let devices: HashMap<_, _> = self.rows("SELECT id, account FROM device", |row| {
            Ok((bytes(row, 0, DeviceId::from_bytes)?, bytes(row, 1, AccountId::from_bytes)?))
        })?;
        agree("device", devices == self.devices);
        let accounts: HashMap<_, _> = self.rows(
            "SELECT id, account.version, credential.version, conversations, removed IS NOT NULL
             FROM account LEFT JOIN credential ON credential.account = account.id AND username IS NOT NULL",
            |row| {
                let account = Account {
                    profile: number(row, 1)?,
                    password: optional_number(row, 2)?,
                    conversations: number(row, 3)?,
                    removed: row.get(4)?,
                };
                Ok((bytes(row, 0, AccountId::from_bytes)?, account))
            },
        )?;
        agree("account", accounts == self.accounts);
        let replaced: HashSet<_> = self.rows("SELECT pos FROM replaced", |row| pos(row, 0))?;
        agree("replaced", replaced == self.replaced);
        // Each event of a key has counted its version up: of all that there ever were, some rows are gone.
        let compaction = "SELECT coalesce(sum(removed), 0), coalesce(sum(dropped), 0) FROM compaction";
        let (removed, dropped) =
            self.connection.query_row(compaction, [], |row| Ok((number(row, 0)?, number(row, 1)?)))?;
        agree("compaction", removed == self.holes);
        let sums = "SELECT count(*), coalesce(sum(version), 0) FROM keyed";
        let (keys, versions) =
            self.connection.query_row(sums, [], |row| Ok((number(row, 0)?, number(row, 1)?)))?;
        let latest = self.keyed - self.replaced.len() as u64;
        agree("keyed", keys == latest && versions + dropped == self.keyed + self.holes);
        let loose = "SELECT EXISTS (SELECT 1 FROM recovery_code WHERE account NOT IN (SELECT account FROM credential))";
        agree("recovery_code", !self.connection.query_row(loose, [], |row| row.get::<_, bool>(0))?);
        let removed = |account: &AccountId| self.accounts.get(account).is_none_or(|account| account.removed);
        for table in self.marks.differing(self.connection, removed)? {
            agree(table, false);
        }
        let fits = "SELECT count(*) > 0 AND min(first) >= 1 AND max(first) <= ?1 FROM epoch";
        let head = self.connection.query_row(statements::HEAD, [], |row| row.get::<_, Option<i64>>(0))?;
        let fits = self.connection.query_row(fits, [head.unwrap_or(0) + 1], |row| row.get(0))?;
        agree("epoch", fits);
        Ok(())
    }

    fn rows<T, C: FromIterator<T>>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<C> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<rusqlite::Result<C>>()?)
    }
}
