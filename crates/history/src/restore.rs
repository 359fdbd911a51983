//! A backup that is put back.

use std::collections::HashMap;

use crate::check::Checker;
use crate::line::Head;
use crate::names::Name;
use crate::violation::Fault;

impl Checker {
    /// What was done after the backup is forgotten. Whoever waits for the answer to a send may get another one now.
    pub(crate) fn restored(&mut self, heads: &[Head]) {
        if !self.backed_up {
            self.unusable("no backup was taken that could be put back");
        }
        let kept: HashMap<Name, u64> =
            heads.iter().map(|head| (self.names.name(&head.id), head.seq)).collect();
        let kept = |id: Name| kept.get(&id).copied().unwrap_or(0);
        let mut faults = Vec::new();
        for (&id, conversation) in &mut self.conversations {
            let (kept, acknowledged) = (kept(id), conversation.backed_up);
            if kept < acknowledged {
                let conversation = self.names.text(id);
                faults.push(Fault::NotBackedUp { conversation, kept, acknowledged });
            }
            conversation.forget(kept);
        }
        for (key, message) in &mut self.messages {
            let after = |row: Option<u64>| row.is_some_and(|row| row > kept(message.conversation));
            if let Some(seq) = message.acknowledged.filter(|seq| after(Some(*seq))) {
                // Everyone had time to see it.
                if message.row.is_none() {
                    faults.push(Fault::Lost { what: self.names.text(key.1), seq });
                }
                message.acknowledged = None;
                self.summary.not_backed_up += 1;
            }
            if after(message.row) {
                message.row = None;
            }
        }
        for reader in self.readers.values_mut() {
            for (&id, place) in &mut reader.places {
                place.forget(kept(id));
            }
        }
        faults.sort_unstable_by_key(ToString::to_string);
        faults.into_iter().for_each(|fault| self.violates(fault));
    }
}
