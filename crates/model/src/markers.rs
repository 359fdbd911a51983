//! How far accounts have read.

use chinwag_protocol::{
    AccountId, Code, ConversationId, Entity, Marker, MarkerCard, Preferences, PreferencesBody,
    PreferencesCard, Record, Seq,
};

use crate::log::nowhere;
use crate::{Expected, Model, Row, Talk};

/// A message of one's own moves the marker; a record says so only if the last one lies so far back.
const RECORD_EVERY: u64 = 64;

/// The last marker that an account's devices were told of a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    account: AccountId,
    conversation: ConversationId,
    read_seq: Seq,
    marked: Option<Seq>,
    version: u64,
}

impl Model {
    pub(crate) fn read(&mut self, who: AccountId, id: ConversationId, seq: Seq) -> Result<Expected, Code> {
        self.member(who, id).ok_or(Code::NotFound)?;
        let before = self.marker(who, id).marker;
        if seq > before.read_seq {
            if seq > self.talk(id).head() {
                return Err(Code::NotFound);
            }
            self.mark(who, id, seq, None);
        } else if before.marked_unread_from.is_some() {
            self.mark(who, id, before.read_seq, None);
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn mark_unread(
        &mut self,
        who: AccountId,
        id: ConversationId,
        seq: Seq,
    ) -> Result<Expected, Code> {
        let member = self.member(who, id).ok_or(Code::NotFound)?;
        if seq == Seq::ZERO || seq < member.visible_from || seq > self.talk(id).head() {
            return Err(Code::NotFound);
        }
        let before = self.marker(who, id).marker;
        if before.marked_unread_from != Some(seq) {
            self.mark(who, id, before.read_seq, Some(seq));
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn set_preferences(
        &mut self,
        who: AccountId,
        body: PreferencesBody,
    ) -> Result<Expected, Code> {
        let PreferencesCard { preferences, version } = self.preferences(who);
        let chosen = Preferences { receipts: body.receipts.unwrap_or(preferences.receipts) };
        if chosen == preferences {
            return Ok(Expected::Preferences(PreferencesCard { preferences, version }));
        }
        let card = PreferencesCard { preferences: chosen, version: version + 1 };
        let PreferencesCard { preferences, version } = card;
        self.account_mut(who).preferences = card;
        self.tell_latest(who, Record::Preferences { account: who, preferences, version, cursor: nowhere() });
        Ok(Expected::Preferences(card))
    }

    /// What an account has chosen, as `GET /v1/account/preferences` has it.
    pub fn preferences(&self, account: AccountId) -> PreferencesCard {
        self.accounts
            .iter()
            .find(|known| known.id == account)
            .map(|known| known.preferences)
            .unwrap_or_default()
    }

    /// What follows for the marker of who has written the last row.
    pub(crate) fn wrote(&mut self, who: AccountId, id: ConversationId, seq: Seq) {
        let (told, marked, _) = self.told(who, id);
        if seq.get() - told.get() >= RECORD_EVERY || marked.is_some() {
            self.mark(who, id, seq, None);
        }
    }

    /// How far an account has read, as `GET /v1/sync` has it.
    pub fn marker(&self, account: AccountId, id: ConversationId) -> MarkerCard {
        let (told, marked_unread_from, version) = self.told(account, id);
        let Some(talk) = self.talks.iter().find(|talk| talk.about.id == id) else {
            return MarkerCard::default();
        };
        let read_seq = talk.last_of(account).map_or(told, |own| own.max(told));
        let read_n = talk.n_at(read_seq);
        let unread = talk.n() - read_n;
        let mentions = talk.mentions_after(account, read_seq);
        let marker = Marker { read_seq, read_n, unread, mentions, marked_unread_from };
        MarkerCard { marker, version }
    }

    /// What an account's devices were told of how far it has read, each with its version, oldest first.
    pub fn markers_told(&self, account: AccountId) -> &[Record] {
        self.accounts.iter().find(|known| known.id == account).map_or(&[], |account| &account.markers)
    }

    /// Whether what a device was told of that is what it should be: some of all that was told, in its order.
    pub fn check_markers(&self, account: AccountId, got: &[Record]) -> Result<(), String> {
        let mut told = self.markers_told(account).iter();
        for got in got {
            let plain = crate::log::plain(got);
            if !told.any(|due| *due == plain) {
                return Err(format!("it was never told, or out of order: {got:?}"));
            }
        }
        Ok(())
    }

    /// The row, the mark as unread and the version; those who have come back begin anew.
    fn told(&self, account: AccountId, id: ConversationId) -> (Seq, Option<Seq>, u64) {
        let from = self.member(account, id).map_or(Seq::ZERO, |member| member.from_seq.previous());
        let mark = self.marks.iter().find(|mark| (mark.account, mark.conversation) == (account, id));
        match mark {
            Some(mark) if mark.read_seq >= from => (mark.read_seq, mark.marked, mark.version),
            Some(mark) => (from, None, mark.version),
            None => (from, None, 0),
        }
    }

    fn mark(&mut self, account: AccountId, conversation: ConversationId, read_seq: Seq, marked: Option<Seq>) {
        let version = self.told(account, conversation).2 + 1;
        self.marks.retain(|mark| (mark.account, mark.conversation) != (account, conversation));
        self.marks.push(Mark { account, conversation, read_seq, marked, version });
        let MarkerCard { marker, version } = self.marker(account, conversation);
        let record = Record::Marker { account, conversation, marker, version, cursor: nowhere() };
        self.tell_latest(account, record);
    }
}

impl Talk {
    /// The last message of an account.
    fn last_of(&self, account: AccountId) -> Option<Seq> {
        self.rows.iter().rev().find_map(|row| match &row.record {
            Record::Message(message) if message.sender.id == account => Some(message.seq),
            _ => None,
        })
    }

    /// How many messages after a row name the account or everybody, as they are now.
    fn mentions_after(&self, account: AccountId, seq: Seq) -> u64 {
        let rows = self.rows.iter().skip(usize::try_from(seq.get()).unwrap_or(usize::MAX));
        let names = |row: &&Row| {
            let others = match &row.record {
                Record::Message(message) => message.sender.id != account,
                _ => false,
            };
            let is_it = |entity: &Entity| match entity {
                Entity::Mention { account: named, .. } => *named == account,
                Entity::MentionAll { .. } => true,
                Entity::Unknown => false,
            };
            let says_it = row.said.last().is_some_and(|said| said.entities.iter().any(is_it));
            others && row.only_for.is_none() && row.emptied_by.is_none() && says_it
        };
        rows.filter(names).count() as u64
    }

    /// How many messages there were up to a row.
    fn n_at(&self, seq: Seq) -> u64 {
        let rows = self.rows.iter().take(usize::try_from(seq.get()).unwrap_or(usize::MAX));
        rows.filter(|row| matches!(row.record, Record::Message(_))).count() as u64
    }
}
