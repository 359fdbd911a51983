//! Messages that change, in the model.

use std::collections::BTreeMap;

use chinwag_chat::Reply;
use chinwag_protocol::{
    AccountId, Body, Code, ConversationId, Emoji, Entities, Event, Message, Role, Seq, Timestamp, Topic,
};

use super::model::{Answer, Model};
use crate::SeenMarks;

impl Model {
    /// A message that an account may see.
    pub(super) fn seen_message(
        &self,
        account: AccountId,
        room: ConversationId,
        target: Seq,
    ) -> Result<(Event, Message), Code> {
        let membership = self.membership(account, room).ok_or(Code::NotFound)?;
        let timeline = self.timeline(Topic::Conversation(room));
        let row = timeline.into_iter().find(|event| event.seq == target).ok_or(Code::NotFound)?;
        match &row.body {
            Body::Message(message)
                if target >= membership.visible_from && (!message.hidden || message.sender.id == account) =>
            {
                Ok((row.clone(), message.clone()))
            }
            _ => Err(Code::NotFound),
        }
    }

    /// Changes a message, and shows in its last edit what it says after that.
    pub(super) fn change_text(&mut self, room: ConversationId, seq: Seq, change: impl FnOnce(&mut Message)) {
        let topic = Topic::Conversation(room);
        let rows = self.log.iter_mut().filter(|event| event.topic() == topic);
        let mut rows: Vec<&mut Event> = rows.collect();
        let Body::Message(message) = &mut rows[seq.get() as usize - 1].body else { panic!("no message") };
        change(message);
        let now = message.clone();
        let mut is_last = true;
        for row in rows.into_iter().rev() {
            if let Body::Edit { target, text, entities, superseded, deleted, hidden, .. } = &mut row.body
                && *target == seq
            {
                *deleted = now.deleted_by.is_some();
                *superseded = !is_last && !*deleted;
                *hidden |= now.hidden;
                text.clear();
                *entities = Entities::default();
                if is_last {
                    text.clone_from(&now.text);
                    entities.clone_from(&now.attributes.entities);
                }
                is_last = false;
            }
        }
    }

    pub(super) fn check_entities(
        &self,
        account: AccountId,
        room: ConversationId,
        entities: &Entities,
    ) -> Result<(), Code> {
        let role = self.membership(account, room).ok_or(Code::NotFound)?.role;
        let is_room = self.rooms.iter().any(|(known, _)| known.id == room && known.slug.is_some());
        if entities.mention_all() && is_room && matches!(role, Role::Member | Role::ReadOnly) {
            return Err(Code::Forbidden);
        }
        if entities.accounts().any(|named| self.card(named).is_none()) {
            return Err(Code::InvalidEntities);
        }
        Ok(())
    }

    /// A message that an account may see, which is not deleted.
    fn there_message(
        &self,
        account: AccountId,
        (room, target): (ConversationId, Seq),
    ) -> Result<(Event, Message), Code> {
        let found = self.seen_message(account, room, target)?;
        if found.1.deleted_by.is_some() { Err(Code::NotFound) } else { Ok(found) }
    }

    /// Whether what a member writes now, however long they would wait for the slow mode, is hidden from the other.
    fn writes_hidden(
        &mut self,
        account: AccountId,
        room: ConversationId,
        now: Timestamp,
    ) -> Result<bool, Code> {
        match self.may_write(account, room, now) {
            Ok(_) | Err(Code::SlowMode) => self.hides(account, room),
            Err(code) => Err(code),
        }
    }

    /// The rows that say what others have added to a message, since it is there.
    fn marking(&self, (room, target): (ConversationId, Seq)) -> Vec<&Event> {
        let rows = self.timeline(Topic::Conversation(room)).into_iter();
        let is_of = |event: &&Event| match &event.body {
            Body::Reaction { target: of, .. } | Body::Pin { target: of, .. } => *of == target,
            _ => false,
        };
        rows.filter(is_of).collect()
    }

    /// Who reacts with what at last: which row says so.
    fn reactions(&self, place: (ConversationId, Seq)) -> Vec<&Event> {
        let mut there: Vec<&Event> = Vec::new();
        for event in self.marking(place) {
            let Body::Reaction { sender, emoji, on, .. } = &event.body else { continue };
            there.retain(|row| {
                !matches!(&row.body, Body::Reaction { sender: who, emoji: what, .. }
                    if (who.id, what) == (sender.id, emoji))
            });
            if *on {
                there.push(event);
            }
        }
        there
    }

    pub(super) fn react(
        &mut self,
        account: AccountId,
        place: (ConversationId, Seq),
        emoji: &Emoji,
        on: bool,
        now: Timestamp,
    ) -> Answer {
        let (_, message) = self.there_message(account, place)?;
        let mut hidden = message.hidden;
        if on {
            hidden |= self.writes_hidden(account, place.0, now)?;
        }
        let there = self.reactions(place);
        let own = there.into_iter().find_map(|row| match &row.body {
            Body::Reaction { sender, emoji: what, hidden, .. } if (sender.id, what) == (account, emoji) => {
                Some((Reply::Stored { seq: row.seq, pos: row.pos, at: row.at }, *hidden))
            }
            _ => None,
        });
        match own {
            Some((first, _)) if on => return Ok(first),
            None if !on => return Ok(Reply::Done),
            Some((_, was_hidden)) => hidden = was_hidden,
            None => {}
        }
        let (conversation, target) = place;
        let (sender, emoji) = (self.sender(account), emoji.clone());
        let body = Body::Reaction { conversation, target, sender, emoji, on, hidden };
        Ok(self.append(Topic::Conversation(conversation), now, body))
    }

    /// The row by which a message is pinned.
    fn pinned(&self, place: (ConversationId, Seq)) -> Option<&Event> {
        let mut pins = self.marking(place);
        pins.retain(|event| matches!(event.body, Body::Pin { .. }));
        pins.pop().filter(|event| matches!(event.body, Body::Pin { pinned: true, .. }))
    }

    pub(super) fn pin(
        &mut self,
        account: AccountId,
        place: (ConversationId, Seq),
        pinned: bool,
        now: Timestamp,
    ) -> Answer {
        let (_, message) = self.there_message(account, place)?;
        let (conversation, target) = place;
        let role = self.membership(account, conversation).unwrap().role;
        let is_direct = self.rooms.iter().any(|(known, _)| known.id == conversation && known.pair.is_some());
        if !is_direct && matches!(role, Role::Member | Role::ReadOnly) {
            return Err(Code::Forbidden);
        }
        match self.pinned(place) {
            Some(row) if pinned => return Ok(Reply::Stored { seq: row.seq, pos: row.pos, at: row.at }),
            None if !pinned => return Ok(Reply::Done),
            _ => {}
        }
        let (sender, hidden) = (self.sender(account), message.hidden);
        let body = Body::Pin { conversation, target, sender, pinned, hidden };
        Ok(self.append(Topic::Conversation(conversation), now, body))
    }

    /// What others have added to messages, as an account sees it.
    pub(super) fn marks_of(
        &self,
        account: AccountId,
        room: ConversationId,
        seqs: impl Iterator<Item = Seq>,
    ) -> BTreeMap<Seq, SeenMarks> {
        let mut all = BTreeMap::new();
        for seq in seqs {
            let (_, message) = self.seen_message(account, room, seq).unwrap();
            let marking = self.marking((room, seq));
            let Some(last) = marking.last().filter(|_| message.deleted_by.is_none()) else { continue };
            let (mut order, mut mine): (Vec<Emoji>, Vec<Emoji>) = (Vec::new(), Vec::new());
            let visible = |emoji: &Emoji| {
                let is_it = |row: &&Event| matches!(&row.body, Body::Reaction { emoji: what, hidden: false, .. } if what == emoji);
                self.reactions((room, seq)).into_iter().filter(is_it).count() as u64
            };
            // In the order in which the first of those came that are there without a break.
            let mut counts: Vec<(Emoji, i64)> = Vec::new();
            for event in &marking {
                let Body::Reaction { emoji, on, hidden: false, .. } = &event.body else { continue };
                match counts.iter_mut().find(|(known, _)| known == emoji) {
                    Some((_, count)) => *count += if *on { 1 } else { -1 },
                    None => counts.push((emoji.clone(), 1)),
                }
                counts.retain(|(_, count)| *count > 0);
            }
            order.extend(counts.into_iter().map(|(emoji, _)| emoji));
            let mut reactions: Vec<(Emoji, u64)> =
                order.iter().map(|emoji| (emoji.clone(), visible(emoji))).collect();
            let mut own: Vec<(Emoji, bool)> = Vec::new();
            for row in self.reactions((room, seq)) {
                if let Body::Reaction { sender, emoji, hidden, .. } = &row.body
                    && sender.id == account
                {
                    own.push((emoji.clone(), *hidden));
                }
            }
            own.sort();
            for (emoji, hidden) in own {
                mine.push(emoji.clone());
                match reactions.iter_mut().find(|(known, _)| *known == emoji) {
                    Some((_, count)) if hidden => *count += 1,
                    None => reactions.push((emoji, 1)),
                    Some(_) => {}
                }
            }
            let pinned = self.pinned((room, seq)).is_some();
            all.insert(seq, SeenMarks { reactions, mine, pinned, changed: last.seq });
        }
        all
    }

    pub(super) fn edit(
        &mut self,
        account: AccountId,
        room: ConversationId,
        target: Seq,
        (text, entities): (&str, &Entities),
        now: Timestamp,
    ) -> Answer {
        let (row, message) = self.there_message(account, (room, target))?;
        let hidden = self.writes_hidden(account, room, now)? || message.hidden;
        if message.sender.id != account {
            return Err(Code::Forbidden);
        }
        self.check_entities(account, room, entities)?;
        let topic = Topic::Conversation(room);
        if (message.text.as_str(), &message.attributes.entities) == (text, entities) {
            let is_edit =
                |event: &&Event| matches!(event.body, Body::Edit { target: of, .. } if of == target);
            let last = self.timeline(topic).into_iter().rfind(is_edit).unwrap_or(&row);
            return Ok(Reply::Stored { seq: last.seq, pos: last.pos, at: last.at });
        }
        let body = Body::Edit {
            conversation: room,
            target,
            sender: self.sender(account),
            text: String::new(),
            entities: Entities::default(),
            superseded: false,
            deleted: false,
            hidden,
        };
        let reply = self.append(topic, now, body);
        let seq = self.log.last().unwrap().seq;
        self.change_text(room, target, |message| {
            message.text = text.to_owned();
            message.attributes.entities = entities.clone();
            message.edited = Some((seq, now));
            message.hidden = hidden;
        });
        Ok(reply)
    }
}
