//! What the log says of what was added to messages, to be compared with the tables that say so.

use std::collections::{HashMap, HashSet};

use chinwag_protocol::{AccountId, Body, ConversationId, Event, Seq};
use rusqlite::{Connection, Row};

use super::columns::{bytes, seq};
use super::failure::Result;
use crate::marks::reactions_of;

type Place = (ConversationId, Seq);

/// What the log says so far.
#[derive(Default)]
pub(super) struct Marked {
    /// Who reacts to what with what, and whether that is hidden.
    reactions: HashMap<(AccountId, Place, String), bool>,
    pinned: HashSet<Place>,
    mentions: HashSet<(AccountId, Place)>,
    mentions_of_all: HashSet<Place>,
    /// Messages that are deleted.
    deleted: HashSet<Place>,
    /// Messages of accounts that are removed, which are not empty yet: what was added to them may be there or not.
    emptying: HashSet<Place>,
}

impl Marked {
    /// Takes an event in, as it is read now.
    pub(super) fn follow(&mut self, event: &Event) {
        match &event.body {
            Body::Message(message) => {
                let place = (message.conversation, event.seq);
                match message.deleted_by {
                    Some(Seq::ZERO) => drop(self.emptying.insert(place)),
                    Some(_) => drop(self.deleted.insert(place)),
                    None if message.hidden => {}
                    None => {
                        let entities = &message.attributes.entities;
                        let named = entities.accounts().filter(|account| *account != message.sender.id);
                        self.mentions.extend(named.map(|account| (account, place)));
                        if entities.mention_all() {
                            self.mentions_of_all.insert(place);
                        }
                    }
                }
            }
            Body::Reaction { conversation, target, sender, emoji, on, hidden } => {
                let place = (*conversation, *target);
                let key = (sender.id, place, emoji.as_str().to_owned());
                if *on && !self.deleted.contains(&place) {
                    self.reactions.insert(key, *hidden);
                } else {
                    self.reactions.remove(&key);
                }
            }
            Body::Pin { conversation, target, pinned, .. } => {
                let place = (*conversation, *target);
                if *pinned && !self.deleted.contains(&place) {
                    self.pinned.insert(place);
                } else {
                    self.pinned.remove(&place);
                }
            }
            _ => {}
        }
    }

    /// The tables that say something else. Of accounts that are removed nobody is told who names them.
    pub(super) fn differing(
        mut self,
        connection: &Connection,
        removed: impl Fn(&AccountId) -> bool,
    ) -> Result<Vec<&'static str>> {
        let emptying = std::mem::take(&mut self.emptying);
        self.reactions.retain(|(_, place, _), _| !emptying.contains(place));
        self.pinned.retain(|place| !emptying.contains(place));
        self.mentions.retain(|(account, _)| !removed(account));
        let mut differing = Vec::new();
        let mut agree = |table, agrees: bool| {
            if !agrees {
                differing.push(table);
            }
        };

        let sql = "SELECT conversation, seq, account, emoji, hidden FROM reaction";
        let mut reactions = HashMap::new();
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = (bytes(row, 2, AccountId::from_bytes)?, place(row)?, row.get::<_, String>(3)?);
            reactions.insert(key, row.get::<_, bool>(4)?);
        }
        reactions.retain(|(_, place, _), _| !emptying.contains(place));
        agree("reaction", reactions == self.reactions);

        let mut counted: HashMap<(Place, String), u64> = HashMap::new();
        for ((_, place, emoji), _) in self.reactions.iter().filter(|(_, hidden)| !**hidden) {
            *counted.entry((*place, emoji.clone())).or_default() += 1;
        }
        let (mut counts, mut pinned) = (HashMap::new(), HashSet::new());
        let mut statement = connection.prepare("SELECT conversation, seq, reactions, pinned FROM mark")?;
        let mut rows = statement.query([])?;
        let mut readable = true;
        while let Some(row) = rows.next()? {
            let place = place(row)?;
            if emptying.contains(&place) {
                continue;
            }
            if row.get::<_, Option<i64>>(3)?.is_some() {
                pinned.insert(place);
            }
            match reactions_of(&row.get::<_, String>(2)?) {
                Ok(reactions) => counts.extend(
                    reactions.into_iter().map(|(emoji, count)| ((place, emoji.as_str().to_owned()), count)),
                ),
                Err(_) => readable = false,
            }
        }
        agree("mark", readable && counts == counted && pinned == self.pinned);

        let mut mentions = HashSet::new();
        let mut statement = connection.prepare("SELECT conversation, seq, account FROM mention")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            mentions.insert((bytes(row, 2, AccountId::from_bytes)?, place(row)?));
        }
        mentions.retain(|(account, place)| !removed(account) && !emptying.contains(place));
        agree("mention", mentions == self.mentions);

        let mut of_all = HashSet::new();
        let mut statement = connection.prepare("SELECT conversation, seq FROM mention_all")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            of_all.insert(place(row)?);
        }
        of_all.retain(|place| !emptying.contains(place));
        agree("mention_all", of_all == self.mentions_of_all);
        Ok(differing)
    }
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok((bytes(row, 0, ConversationId::from_bytes)?, seq(row, 1)?))
}
