//! What shows only at the end of a history.

use std::collections::BTreeMap;

use crate::check::{Checker, VIOLATIONS_MAX};
use crate::conversation::Row;
use crate::message::{Key, Message};
use crate::violation::{Fault, Violation};

impl Checker {
    /// Everything has been told.
    pub(crate) fn end(&mut self) {
        self.summary.conversations = self.conversations.len() as u64;
        let messages = std::mem::take(&mut self.messages);
        for (key, message) in &messages {
            self.end_message(*key, message, &messages);
        }
        let mut conversations: Vec<_> = std::mem::take(&mut self.conversations).into_iter().collect();
        conversations.sort_unstable_by_key(|(id, _)| *id);
        for (id, conversation) in conversations {
            let mut deletions: Vec<_> = conversation.deletions.iter().collect();
            deletions.sort_unstable();
            for (&target, &seq) in deletions {
                match conversation.row(seq) {
                    None => {
                        let what = format!("the deletion of row {target}");
                        self.violation_at_end(Fault::Lost { what, seq });
                    }
                    Some(Row::Deletion(of)) if of.is_none_or(|of| of == target) => {}
                    Some(row) => {
                        let first = self.describe(row);
                        let second = self.describe(Row::Deletion(Some(target)));
                        let conversation = self.names.text(id);
                        self.violation_at_end(Fault::Differs { conversation, seq, first, second });
                    }
                }
            }
        }
    }

    fn end_message(&mut self, key: Key, message: &Message, messages: &BTreeMap<Key, Message>) {
        let client_id = self.names.text(key.1);
        match (message.acknowledged, message.row) {
            (Some(seq), row) => {
                self.summary.acknowledged += 1;
                let at_its_row = self.conversations.get(&message.conversation).and_then(|told| told.row(seq));
                match (at_its_row, row) {
                    (_, Some(row)) if row == seq => {}
                    (Some(other), _) => {
                        let conversation = self.names.text(message.conversation);
                        let (first, second) = (self.describe(other), client_id.clone());
                        self.violation_at_end(Fault::Differs { conversation, seq, first, second });
                    }
                    (None, Some(row)) => {
                        self.violation_at_end(Fault::Doubled {
                            client_id: client_id.clone(),
                            first: row,
                            second: seq,
                        });
                    }
                    (None, None) => {
                        self.violation_at_end(Fault::Lost { what: client_id.clone(), seq });
                    }
                }
            }
            (None, Some(_)) => {
                self.summary.unacknowledged_stored += 1;
                if message.attempts == message.refusals {
                    self.violation_at_end(Fault::Refused { client_id: client_id.clone() });
                }
            }
            (None, None) => self.summary.unacknowledged_absent += 1,
        }
        let (Some(follows), Some(row)) = (message.follows, message.acknowledged.or(message.row)) else {
            return;
        };
        let before = messages.get(&(key.0, follows));
        let stored =
            before.and_then(|before| Some((before.conversation, before.row.or(before.acknowledged)?)));
        if stored.is_none_or(|(conversation, place)| conversation == message.conversation && place >= row) {
            let follows = self.names.text(follows);
            self.violation_at_end(Fault::Unfollowed { client_id, follows });
        }
    }

    fn violation_at_end(&mut self, fault: Fault) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { line: None, fault });
        }
    }
}
