//! Messages.

use chinwag_protocol::{
    AccountId, Code, ConversationId, Entities, Entity, Kind, MessageRecord, MessageText, Record, Role,
    SendBody, Seq, Timestamp,
};

use crate::log::{nameless, nowhere};
use crate::moderation::at_least;
use crate::{Expected, Made, Marks, Model, Said, Sent};

/// Bytes in a text.
const TEXT_BYTES_MAX: usize = 32_768;

/// Refuses what cannot be a text, or does not fit it.
pub(crate) fn check_text(text: &str, entities: &[Entity]) -> Result<(), Code> {
    let text = MessageText::parse(text.to_owned(), TEXT_BYTES_MAX).map_err(|_| Code::InvalidText)?;
    Entities::parse(entities.to_vec(), &text).map(drop).map_err(|_| Code::InvalidEntities)
}

impl Model {
    pub(crate) fn send_message(
        &mut self,
        who: AccountId,
        id: ConversationId,
        body: &SendBody,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let SendBody { client_id, text, follows, reply_to, forwarded, entities } = body.clone();
        check_text(&text, &entities)?;
        let asked = SendBody { follows: None, ..body.clone() };
        if let Some(first) = self.made(who, client_id) {
            return match first {
                Made::Message { conversation, asked: before, seq, at }
                    if (conversation, &before) == (id, &asked) =>
                {
                    Ok(Expected::Stored { seq, sent_at: at })
                }
                _ => Err(Code::ClientIdReused),
            };
        }
        let role = self.member(who, id).ok_or(Code::NotFound)?.role;
        let is_slowed = self.check_may_write(who, id, role, now)?;
        self.check_entities(who, id, &entities)?;
        if let Some(reply_to) = reply_to {
            self.seen_message(who, id, reply_to)?;
        }
        if let Some(follows) = follows
            && !matches!(self.made(who, follows), Some(Made::Message { .. }))
        {
            return Err(Code::PredecessorMissing);
        }
        let only_for = self.before_direct_message(who, id)?;
        let n = self.talk(id).n() + 1;
        let seq = self.row(id, now, |seq| {
            Record::Message(MessageRecord {
                conversation: id,
                seq,
                n,
                sender: nameless(who),
                client_id,
                text: text.clone(),
                sent_at: now,
                deleted: false,
                reply_to,
                forwarded,
                entities: entities.clone(),
                edited_at: None,
                account: None,
                cursor: nowhere(),
            })
        });
        let talk = self.talk_mut(id);
        if let Some(row) = talk.rows.last_mut() {
            row.only_for = only_for;
            row.said.push(Said { text, entities, edited_at: None, only_for, by: seq });
        }
        if is_slowed {
            talk.restriction(who).wrote_at = Some(now);
        }
        self.wrote(who, id, seq);
        let made = Made::Message { conversation: id, asked, seq, at: now };
        self.account_mut(who).sent.push(Sent { client_id, made });
        Ok(Expected::Stored { seq, sent_at: now })
    }

    /// Whether the slow mode counts from this message on.
    pub(crate) fn check_may_write(
        &mut self,
        who: AccountId,
        id: ConversationId,
        role: Role,
        now: Timestamp,
    ) -> Result<bool, Code> {
        let settings = self.talk(id).about.settings.clone();
        let keeps_order = at_least(role, Role::Moderator);
        let restriction = self.talk_mut(id).restriction(who);
        let wait_ms = 1000 * i64::from(settings.slow_mode.seconds());
        if role == Role::ReadOnly {
            Err(Code::Forbidden)
        } else if settings.locked && !keeps_order {
            Err(Code::Locked)
        } else if restriction.muted_until.is_some_and(|until| until > now) {
            Err(Code::Muted)
        } else if wait_ms == 0 || keeps_order {
            Ok(false)
        } else if restriction.wrote_at.is_some_and(|at| now.as_millis() < at.as_millis() + wait_ms) {
            Err(Code::SlowMode)
        } else {
            Ok(true)
        }
    }

    pub(crate) fn delete_message(
        &mut self,
        who: AccountId,
        id: ConversationId,
        target: Seq,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let member = self.member(who, id).ok_or(Code::NotFound)?;
        let sender = self.seen_message(who, id, target)?;
        let talk = self.talk(id);
        let at = usize::try_from(target.get()).ok().and_then(|seq| seq.checked_sub(1));
        let row = at.and_then(|at| talk.rows.get(at)).ok_or(Code::NotFound)?;
        let only_for = row.only_for;
        let keeps_order = talk.about.kind != Kind::Direct && at_least(member.role, Role::Moderator);
        if sender != who && !keeps_order {
            return Err(Code::Forbidden);
        }
        if let Some(by) = row.emptied_by {
            return Ok(Expected::Stored { seq: by, sent_at: self.came_at(id, by) });
        }
        let by = self.row(id, now, |seq| Record::Delete {
            conversation: id,
            seq,
            target,
            sender: nameless(who),
            sent_at: now,
            account: None,
            cursor: nowhere(),
        });
        let talk = self.talk_mut(id);
        if let Some(row) = talk.rows.last_mut() {
            row.only_for = only_for;
        }
        if let Some(row) = at.and_then(|at| talk.rows.get_mut(at)) {
            row.emptied_by = Some(by);
            row.marks = Marks::default();
        }
        Ok(Expected::Stored { seq: by, sent_at: now })
    }

    pub(crate) fn came_at(&self, id: ConversationId, seq: Seq) -> Timestamp {
        let at = usize::try_from(seq.get()).ok().and_then(|seq| seq.checked_sub(1));
        let row = at.and_then(|at| self.talk(id).rows.get(at));
        row.map_or(Timestamp::from_millis(0), |row| row.at)
    }
}
