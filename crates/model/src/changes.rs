//! What happens to messages: edits, reactions, pins.

use chinwag_protocol::{
    AccountId, Code, ConversationId, EditBody, Emoji, Entity, Kind, Record, Role, Seq, Timestamp,
};

use crate::log::{nameless, nowhere};
use crate::messages::check_text;
use crate::moderation::at_least;
use crate::{Expected, Marks, Model, Reaction, Row, Said};

/// Different emojis by which a message is reacted to.
const REACTIONS_MAX: usize = 20;
/// Messages that are pinned in a conversation.
const PINS_MAX: usize = 100;

impl Model {
    /// Who has sent a message that an account may see.
    pub(crate) fn seen_message(
        &self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
    ) -> Result<AccountId, Code> {
        let member = self.member(who, id).ok_or(Code::NotFound)?;
        let at = usize::try_from(target.get()).ok().and_then(|seq| seq.checked_sub(1));
        let row = at.and_then(|at| self.talk(id).rows.get(at)).ok_or(Code::NotFound)?;
        match &row.record {
            Record::Message(message)
                if target >= member.visible_from && row.only_for.is_none_or(|only| only == who) =>
            {
                Ok(message.sender.id)
            }
            _ => Err(Code::NotFound),
        }
    }

    /// The same of one that is not deleted.
    fn there_message(&self, who: AccountId, id: ConversationId, target: Seq) -> Result<AccountId, Code> {
        let sender = self.seen_message(who, id, target)?;
        if self.message_row(id, target).emptied_by.is_some() { Err(Code::NotFound) } else { Ok(sender) }
    }

    /// A message that there is.
    fn message_row(&self, id: ConversationId, target: Seq) -> &Row {
        &self.talk(id).rows[usize::try_from(target.get()).unwrap_or(usize::MAX) - 1]
    }

    fn message_row_mut(&mut self, id: ConversationId, target: Seq) -> &mut Row {
        &mut self.talk_mut(id).rows[usize::try_from(target.get()).unwrap_or(usize::MAX) - 1]
    }

    /// Refuses who may not write now, be it that they wait for the slow mode. Whether it is hidden from the other.
    fn check_writes(&mut self, who: AccountId, id: ConversationId, now: Timestamp) -> Result<bool, Code> {
        let role = self.member(who, id).ok_or(Code::NotFound)?.role;
        match self.check_may_write(who, id, role, now) {
            Ok(_) | Err(Code::SlowMode) => self.is_hidden_from_other(who, id),
            Err(code) => Err(code),
        }
    }

    pub(crate) fn check_entities(
        &self,
        who: AccountId,
        id: ConversationId,
        entities: &[Entity],
    ) -> Result<(), Code> {
        let role = self.member(who, id).ok_or(Code::NotFound)?.role;
        let names_all = entities.iter().any(|entity| matches!(entity, Entity::MentionAll { .. }));
        if names_all && self.talk(id).about.kind == Kind::Room && !at_least(role, Role::Moderator) {
            return Err(Code::Forbidden);
        }
        let is_known = |entity: &Entity| match entity {
            Entity::Mention { account, .. } => self.account(*account).is_some(),
            Entity::MentionAll { .. } | Entity::Unknown => true,
        };
        if entities.iter().all(is_known) { Ok(()) } else { Err(Code::InvalidEntities) }
    }

    pub(crate) fn edit_message(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        edit: &EditBody,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let EditBody { text, entities } = edit.clone();
        check_text(&text, &entities)?;
        let sender = self.there_message(who, id, target)?;
        let hidden = self.check_writes(who, id, now)?;
        if sender != who {
            return Err(Code::Forbidden);
        }
        self.check_entities(who, id, &entities)?;
        let row = self.message_row(id, target);
        let last = row.said.last().expect("a message says something");
        if (&last.text, &last.entities) == (&text, &entities) {
            return Ok(Expected::Stored { seq: last.by, sent_at: self.came_at(id, last.by) });
        }
        let only_for = if hidden { Some(who) } else { row.only_for };
        let by = self.row(id, now, |seq| Record::Edit {
            conversation: id,
            seq,
            target,
            sender: nameless(who),
            text: text.clone(),
            entities: entities.clone(),
            sent_at: now,
            superseded: false,
            deleted: false,
            account: None,
            cursor: nowhere(),
        });
        self.message_row_mut(id, by).only_for = only_for;
        let row = self.message_row_mut(id, target);
        row.only_for = only_for;
        row.said.push(Said { text, entities, edited_at: Some(now), only_for, by });
        Ok(Expected::Stored { seq: by, sent_at: now })
    }

    pub(crate) fn react(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        emoji: &str,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let emoji = Emoji::parse(emoji).map_err(|_| Code::InvalidEmoji)?.as_str().to_owned();
        self.there_message(who, id, target)?;
        let hidden = self.check_writes(who, id, now)?;
        let row = self.message_row(id, target);
        let hidden = hidden || row.only_for.is_some();
        if let Some(first) = row.marks.of(who, &emoji) {
            return Ok(Expected::Stored { seq: first.by, sent_at: first.at });
        }
        let seen = row.marks.seen_by(who);
        if seen.len() >= REACTIONS_MAX && !seen.iter().any(|(known, _)| *known == emoji) {
            return Err(Code::TooManyReactions);
        }
        let by = self.reaction_row(who, id, target, (&emoji, true, hidden), now);
        let marks = &mut self.message_row_mut(id, target).marks;
        if !hidden && !marks.order.contains(&emoji) {
            marks.order.push(emoji.clone());
        }
        marks.reactions.push(Reaction { account: who, emoji, hidden, by, at: now });
        marks.changed = Some(by);
        Ok(Expected::Stored { seq: by, sent_at: now })
    }

    pub(crate) fn unreact(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        emoji: &str,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let emoji = Emoji::parse(emoji).map_err(|_| Code::InvalidEmoji)?.as_str().to_owned();
        self.there_message(who, id, target)?;
        if self.message_row(id, target).marks.of(who, &emoji).is_none() {
            return Ok(Expected::Nothing);
        }
        let by = self.take_back(who, id, target, &emoji, now);
        Ok(Expected::Stored { seq: by, sent_at: now })
    }

    /// Takes a reaction back that there is.
    pub(crate) fn take_back(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        emoji: &str,
        now: Timestamp,
    ) -> Seq {
        let hidden = self.message_row(id, target).marks.of(who, emoji).is_some_and(|own| own.hidden);
        let by = self.reaction_row(who, id, target, (emoji, false, hidden), now);
        let marks = &mut self.message_row_mut(id, target).marks;
        marks.reactions.retain(|reaction| (reaction.account, reaction.emoji.as_str()) != (who, emoji));
        let is_left = marks.reactions.iter().any(|reaction| reaction.emoji == emoji && !reaction.hidden);
        if !is_left {
            marks.order.retain(|known| known != emoji);
        }
        marks.changed = Some(by);
        by
    }

    fn reaction_row(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        (emoji, on, hidden): (&str, bool, bool),
        now: Timestamp,
    ) -> Seq {
        let by = self.row(id, now, |seq| Record::Reaction {
            conversation: id,
            seq,
            target,
            sender: nameless(who),
            emoji: emoji.to_owned(),
            on,
            sent_at: now,
            account: None,
            cursor: nowhere(),
        });
        self.message_row_mut(id, by).only_for = hidden.then_some(who);
        by
    }

    pub(crate) fn pin(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        self.check_may_pin(who, id, target)?;
        if let Some((seq, sent_at)) = self.message_row(id, target).marks.pinned {
            return Ok(Expected::Stored { seq, sent_at });
        }
        let pinned = self.talk(id).rows.iter().filter(|row| row.marks.pinned.is_some());
        if pinned.count() >= PINS_MAX {
            return Err(Code::TooManyPins);
        }
        Ok(self.pin_row(who, id, target, true, now))
    }

    pub(crate) fn unpin(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        self.check_may_pin(who, id, target)?;
        if self.message_row(id, target).marks.pinned.is_none() {
            return Ok(Expected::Nothing);
        }
        Ok(self.pin_row(who, id, target, false, now))
    }

    fn check_may_pin(&self, who: AccountId, id: ConversationId, target: Seq) -> Result<(), Code> {
        self.there_message(who, id, target)?;
        let role = self.member(who, id).ok_or(Code::NotFound)?.role;
        if self.talk(id).about.kind == Kind::Direct || at_least(role, Role::Moderator) {
            Ok(())
        } else {
            Err(Code::Forbidden)
        }
    }

    fn pin_row(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        pinned: bool,
        now: Timestamp,
    ) -> Expected {
        let by = self.row(id, now, |seq| Record::Pin {
            conversation: id,
            seq,
            target,
            sender: nameless(who),
            pinned,
            sent_at: now,
            account: None,
            cursor: nowhere(),
        });
        let only_for = self.message_row(id, target).only_for;
        self.message_row_mut(id, by).only_for = only_for.map(|_| who);
        let marks = &mut self.message_row_mut(id, target).marks;
        marks.pinned = pinned.then_some((by, now));
        marks.changed = Some(by);
        Expected::Stored { seq: by, sent_at: now }
    }

    /// A message of a conversation with what it may have said to an account when a row of it was read.
    pub(crate) fn may_have_said(&self, who: AccountId, id: ConversationId, got: &Record) -> bool {
        let (target, from, got_text, got_entities, got_edited) = match got {
            Record::Message(got) => {
                (got.seq, Seq::ZERO, &got.text, &got.entities, Some((got.edited_at, got.deleted)))
            }
            Record::Edit { target, seq, superseded: true, text, entities, .. } => {
                let is_followed = self.message_row(id, *target).said.iter().any(|said| said.by > *seq);
                return is_followed && text.is_empty() && entities.is_empty();
            }
            Record::Edit { target, seq, text, entities, .. } => (*target, *seq, text, entities, None),
            _ => return false,
        };
        self.message_row(id, target).said.iter().any(|said| {
            said.by >= from
                && said.only_for.is_none_or(|only| only == who)
                && (&said.text, &said.entities) == (got_text, got_entities)
                && got_edited.is_none_or(|(edited_at, _)| edited_at == said.edited_at)
        })
    }

    /// Whether a message is deleted by now.
    pub(crate) fn is_emptied(&self, id: ConversationId, target: Seq) -> bool {
        self.message_row(id, target).emptied_by.is_some()
    }
}

impl Marks {
    fn of(&self, who: AccountId, emoji: &str) -> Option<&Reaction> {
        self.reactions.iter().find(|reaction| reaction.account == who && reaction.emoji == emoji)
    }

    /// The emojis that an account sees, and how many there are of each.
    pub(crate) fn seen_by(&self, who: AccountId) -> Vec<(String, u64)> {
        let mut hidden = self.reactions.iter().filter(|own| own.hidden && own.account == who);
        let mut emojis = self.order.clone();
        let mut own: Vec<String> = hidden.by_ref().map(|own| own.emoji.clone()).collect();
        own.sort_unstable();
        own.retain(|emoji| !emojis.contains(emoji));
        emojis.extend(own);
        let count = |emoji: &String| {
            let seen = self
                .reactions
                .iter()
                .filter(|reaction| reaction.emoji == *emoji && (!reaction.hidden || reaction.account == who));
            seen.count() as u64
        };
        emojis.into_iter().map(|emoji| (emoji.clone(), count(&emoji))).collect()
    }

    /// Those that are the account's own, in order.
    pub(crate) fn mine(&self, who: AccountId) -> Vec<String> {
        let own = self.reactions.iter().filter(|reaction| reaction.account == who);
        let mut mine: Vec<String> = own.map(|reaction| reaction.emoji.clone()).collect();
        mine.sort_unstable();
        mine
    }
}
