//! What is told to whom, and whether a record that a reader got is what it should be.

use chinwag_protocol::{
    AccountId, ConversationId, Cursor, MemberChange, Record, Role, SenderCard, Seq, Timestamp,
};

use crate::{Marks, Model, Row};

/// An account without what it is called: a record has that as of when it was written.
pub(crate) fn nameless(id: AccountId) -> SenderCard {
    SenderCard { id, name: String::new(), version: 0, lookalike: false }
}

/// No place: those are the server's to know.
pub(crate) fn nowhere() -> Cursor {
    Cursor::from_text("")
}

/// What of a `member` record differs from one to the next.
#[derive(Default, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) role: Option<Role>,
    pub(crate) from_seq: Option<Seq>,
    pub(crate) muted_until: Option<Timestamp>,
    pub(crate) request: bool,
}

impl Model {
    /// Tells an account's own devices.
    pub(crate) fn tell(&mut self, account: AccountId, record: Record) {
        self.moment += 1;
        self.account_mut(account).own.push(record);
    }

    pub(crate) fn tell_member(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        change: MemberChange,
        told: Told,
    ) {
        let talk = self.talk(conversation);
        let record = Record::Member {
            account,
            conversation,
            kind: talk.about.kind,
            slug: talk.about.slug.as_ref().map(|slug| slug.as_str().to_owned()),
            title: String::new(),
            peer: talk.peer(account),
            request: told.request,
            change,
            role: told.role,
            from_seq: told.from_seq,
            muted_until: told.muted_until,
            cursor: nowhere(),
        };
        self.tell(account, record);
    }

    /// Adds a row to a timeline, made of its number.
    pub(crate) fn row(
        &mut self,
        conversation: ConversationId,
        at: Timestamp,
        record: impl FnOnce(Seq) -> Record,
    ) -> Seq {
        self.moment += 1;
        let moment = self.moment;
        let talk = self.talk_mut(conversation);
        let seq = talk.head().next();
        talk.rows.push(Row {
            record: record(seq),
            at,
            moment,
            only_for: None,
            emptied_by: None,
            said: Vec::new(),
            marks: Marks::default(),
        });
        seq
    }

    /// What an account's own devices were told since the account was made, without cursors, names and titles.
    pub fn own(&self, account: AccountId) -> &[Record] {
        self.accounts.iter().find(|known| known.id == account).map_or(&[], |account| &account.own)
    }

    /// Whether a record of an account's own topic is the one that it should be.
    pub fn check_own(&self, expected: &Record, got: &Record) -> Result<(), String> {
        self.check_names(got)?;
        let same = match (expected, got) {
            (
                Record::Account { account, change, card: _, cursor: _ },
                Record::Account { account: whose, change: other, card, cursor: _ },
            ) => {
                let known = self.accounts.iter().find(|known| known.id == *account);
                (account, change) == (whose, other) && known.is_some_and(|known| known.cards.contains(card))
            }
            _ => *expected == plain(got),
        };
        if same { Ok(()) } else { Err(format!("got {}\n  due {}", short(got), short(expected))) }
    }

    /// Whether a record of a timeline is one that an account's stream may have carried.
    pub fn check_row(&self, account: AccountId, got: &Record) -> Result<(), String> {
        self.check_names(got)?;
        let (id, seq) = place(got).ok_or_else(|| format!("{} is no row of a timeline", short(got)))?;
        let talk = self.talks.iter().find(|talk| talk.about.id == id);
        let row = talk.and_then(|talk| talk.rows.get(usize::try_from(seq.get()).ok()?.checked_sub(1)?));
        let (Some(talk), Some(row)) = (talk, row) else {
            return Err(format!("there is no such row: {}", short(got)));
        };
        let was_in = talk.stays.iter().any(|(whose, since, until)| {
            *whose == account && *since <= row.moment && until.is_none_or(|until| row.moment < until)
        });
        if !was_in {
            return Err(format!("the account was not in it then: {}", short(got)));
        }
        let is_hidden = row.only_for.is_some_and(|only| only != account);
        let expected = match (&row.record, got) {
            // What they saw before it was hidden is in order.
            (Record::Message(_) | Record::Edit { .. }, Record::Message(_) | Record::Edit { .. })
                if is_hidden && self.may_have_said(account, id, got) =>
            {
                self.as_said(&row.record, got)
            }
            (record, _) if is_hidden => {
                let target = match record {
                    Record::Edit { target, .. } => Some(*target),
                    _ => None,
                };
                Record::Hidden { conversation: id, seq, target, cursor: nowhere() }
            }
            (Record::Message(message), Record::Message(got)) if got.deleted && row.emptied_by.is_some() => {
                let mut emptied = message.clone();
                emptied.deleted = true;
                emptied.text.clear();
                (emptied.reply_to, emptied.forwarded, emptied.edited_at) = (None, false, None);
                emptied.entities.clear();
                Record::Message(emptied)
            }
            (Record::Edit { target, .. }, Record::Edit { deleted: true, .. })
                if self.is_emptied(id, *target) =>
            {
                let mut emptied = row.record.clone();
                if let Record::Edit { text, entities, deleted, .. } = &mut emptied {
                    text.clear();
                    entities.clear();
                    *deleted = true;
                }
                emptied
            }
            (Record::Message(_) | Record::Edit { .. }, _) if self.may_have_said(account, id, got) => {
                self.as_said(&row.record, got)
            }
            (record, _) => record.clone(),
        };
        if expected == plain(got) {
            Ok(())
        } else {
            Err(format!("got {}\n  due {}", short(got), short(&expected)))
        }
    }

    /// A message or an edit with the text of `got`, which is one that it had.
    fn as_said(&self, record: &Record, got: &Record) -> Record {
        let mut said = record.clone();
        match (&mut said, got) {
            (Record::Message(said), Record::Message(got)) => {
                said.text.clone_from(&got.text);
                said.entities.clone_from(&got.entities);
                said.edited_at = got.edited_at;
            }
            (
                Record::Edit { text, entities, superseded, .. },
                Record::Edit { text: got_text, entities: got_entities, superseded: got_superseded, .. },
            ) => {
                text.clone_from(got_text);
                entities.clone_from(got_entities);
                *superseded = *got_superseded;
            }
            _ => {}
        }
        said
    }

    /// Whether everybody and everything in a record is called what it was called at some time.
    fn check_names(&self, record: &Record) -> Result<(), String> {
        for sender in senders(record) {
            self.check_sender(sender)?;
        }
        let (Record::Member { conversation, title, .. } | Record::Conversation { conversation, title, .. }) =
            record
        else {
            return Ok(());
        };
        let talk = self.talks.iter().find(|talk| talk.about.id == *conversation);
        if talk.is_some_and(|talk| talk.titles.contains(title)) {
            Ok(())
        } else {
            Err(format!("{conversation} was never called {title:?}"))
        }
    }

    fn check_sender(&self, sender: &SenderCard) -> Result<(), String> {
        let account = self.accounts.iter().find(|known| known.id == sender.id);
        let mut cards = account.into_iter().flat_map(|account| &account.cards);
        if cards.any(|card| SenderCard::from(&card.sender()) == *sender) {
            Ok(())
        } else {
            Err(format!("nobody was ever {sender:?}"))
        }
    }
}

/// The row of a timeline that a record is.
pub fn place(record: &Record) -> Option<(ConversationId, Seq)> {
    match record {
        Record::Message(message) => Some((message.conversation, message.seq)),
        Record::Delete { conversation, seq, .. }
        | Record::Edit { conversation, seq, .. }
        | Record::Reaction { conversation, seq, .. }
        | Record::Pin { conversation, seq, .. }
        | Record::Erased { conversation, seq, .. }
        | Record::Members { conversation, seq, .. }
        | Record::ConversationChanged { conversation, seq, .. }
        | Record::Hidden { conversation, seq, .. } => Some((*conversation, *seq)),
        Record::Hello { .. }
        | Record::Conversation { .. }
        | Record::Member { .. }
        | Record::Invite { .. }
        | Record::Device { .. }
        | Record::Account { .. }
        | Record::Block { .. }
        | Record::Marker { .. }
        | Record::Receipt { .. }
        | Record::Preferences { .. }
        | Record::ConversationSettings { .. }
        | Record::Draft { .. }
        | Record::Heartbeat { .. }
        | Record::Gap { .. }
        | Record::AccountEnd { .. }
        | Record::End { .. }
        | Record::Presence { .. }
        | Record::Typing { .. }
        | Record::Present { .. }
        | Record::Unknown => None,
    }
}

fn senders(record: &Record) -> Vec<&SenderCard> {
    match record {
        Record::Message(message) => vec![&message.sender],
        Record::Delete { sender, .. }
        | Record::Edit { sender, .. }
        | Record::Reaction { sender, .. }
        | Record::Pin { sender, .. }
        | Record::Erased { sender, .. } => vec![sender],
        Record::ConversationChanged { actor, .. } => vec![actor],
        Record::Members { actor, accounts, .. } => accounts.iter().chain([actor]).collect(),
        _ => Vec::new(),
    }
}

/// A record without cursor, names and titles.
pub(crate) fn plain(record: &Record) -> Record {
    let mut record = record.clone();
    match &mut record {
        Record::Message(message) => {
            message.sender = nameless(message.sender.id);
            message.cursor = nowhere();
        }
        Record::Delete { sender, cursor, .. }
        | Record::Edit { sender, cursor, .. }
        | Record::Reaction { sender, cursor, .. }
        | Record::Pin { sender, cursor, .. }
        | Record::Erased { sender, cursor, .. } => {
            *sender = nameless(sender.id);
            *cursor = nowhere();
        }
        Record::ConversationChanged { actor, cursor, .. } => {
            *actor = nameless(actor.id);
            *cursor = nowhere();
        }
        Record::Members { actor, accounts, cursor, .. } => {
            *actor = nameless(actor.id);
            accounts.iter_mut().for_each(|account| *account = nameless(account.id));
            *cursor = nowhere();
        }
        Record::Member { title, cursor, .. } | Record::Conversation { title, cursor, .. } => {
            title.clear();
            *cursor = nowhere();
        }
        Record::Hello { cursor, .. }
        | Record::Invite { cursor, .. }
        | Record::Device { cursor, .. }
        | Record::Account { cursor, .. }
        | Record::Block { cursor, .. }
        | Record::Marker { cursor, .. }
        | Record::Receipt { cursor, .. }
        | Record::Preferences { cursor, .. }
        | Record::ConversationSettings { cursor, .. }
        | Record::Draft { cursor, .. }
        | Record::Heartbeat { cursor, .. }
        | Record::Hidden { cursor, .. }
        | Record::Gap { cursor, .. }
        | Record::AccountEnd { cursor, .. }
        | Record::End { cursor, .. } => *cursor = nowhere(),
        Record::Presence { .. } | Record::Typing { .. } | Record::Present { .. } | Record::Unknown => {}
    }
    record
}

/// A record in one line.
fn short(record: &Record) -> String {
    format!("{:?}", plain(record)).chars().take(600).collect()
}
