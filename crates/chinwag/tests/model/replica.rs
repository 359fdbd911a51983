//! What a device knows: begun with a snapshot, carried on by the records of its stream and by nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chinwag_client::{ClientError, Session};
use chinwag_model::{Seen, SeenMessage, View};
use chinwag_protocol::{
    AccountId, BlockChange, Code, ConversationId, DeviceChange, MemberChange, Record, Seq,
};

use crate::history::{self, Timeline, within};
use crate::trial::Failure;

#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) view: View,
    /// The last row of a reaction or pin that was in a page's message.
    pub(crate) marked: HashMap<(ConversationId, Seq), Seq>,
    /// Of the last marker of each conversation, as far as it is known.
    pub(crate) versions: HashMap<ConversationId, u64>,
}

impl Replica {
    /// Takes a record in. Whoever joins something asks for what was there before.
    pub(crate) async fn take(
        &mut self,
        record: &Record,
        session: &Session,
        random: &mut fastrand::Rng,
    ) -> Result<(), Failure> {
        match record {
            Record::Message(message) => {
                let own = self.view.card.id == message.sender.id;
                if let Some(seen) = self.next_row(message.conversation, message.seq)? {
                    seen.messages.push(SeenMessage {
                        seq: message.seq,
                        n: message.n,
                        sender: message.sender.id,
                        client_id: message.client_id,
                        text: message.text.clone(),
                        sent_at: message.sent_at,
                        deleted: message.deleted,
                        reply_to: message.reply_to,
                        forwarded: message.forwarded,
                        entities: message.entities.clone(),
                        edited_at: message.edited_at,
                        // They follow, each in a row of its own.
                        reactions: BTreeMap::new(),
                        mine: BTreeSet::new(),
                        pinned: false,
                    });
                    if own {
                        seen.read_seq = message.seq;
                        seen.marked_unread_from = None;
                    }
                }
            }
            Record::Delete { conversation, seq, target, .. } => {
                if let Some(seen) = self.next_row(*conversation, *seq)? {
                    seen.messages.iter_mut().filter(|message| message.seq == *target).for_each(empty);
                }
            }
            Record::Erased { conversation, seq, sender, .. } => {
                if let Some(seen) = self.next_row(*conversation, *seq)? {
                    seen.messages.iter_mut().filter(|message| message.sender == sender.id).for_each(empty);
                }
            }
            Record::Edit { conversation, seq, superseded: true, .. } => {
                drop(self.next_row(*conversation, *seq)?)
            }
            Record::Edit { conversation, seq, target, text, entities, sent_at, deleted, .. } => {
                if let Some(message) = self.changed(*conversation, *seq, *target)?
                    && !message.deleted
                {
                    if *deleted {
                        empty(message);
                    } else {
                        message.text.clone_from(text);
                        message.entities.clone_from(entities);
                        message.edited_at = Some(*sent_at);
                    }
                }
            }
            Record::Reaction { conversation, seq, target, sender, emoji, on, .. } => {
                let is_own = sender.id == self.view.card.id;
                if let Some(message) = self.marked(*conversation, *seq, *target)? {
                    let count = message.reactions.entry(emoji.clone()).or_default();
                    *count = if *on { *count + 1 } else { count.saturating_sub(1) };
                    if *count == 0 {
                        message.reactions.remove(emoji);
                    }
                    if is_own && *on {
                        message.mine.insert(emoji.clone());
                    } else if is_own {
                        message.mine.remove(emoji);
                    }
                }
            }
            Record::Pin { conversation, seq, target, pinned, .. } => {
                if let Some(message) = self.marked(*conversation, *seq, *target)? {
                    message.pinned = *pinned;
                }
            }
            Record::Hidden { conversation, seq, target, .. } => {
                if let Some(seen) = self.next_row(*conversation, *seq)? {
                    seen.messages.retain(|message| Some(message.seq) != *target);
                }
            }
            Record::Members { conversation, seq, .. } => drop(self.next_row(*conversation, *seq)?),
            Record::ConversationChanged { conversation, seq, settings, .. } => {
                self.next_row(*conversation, *seq)?;
                if let Some(seen) = self.seen(*conversation)
                    && seen.settings.as_ref().is_none_or(|known| known.version < settings.version)
                {
                    seen.settings = Some(settings.clone());
                }
            }
            Record::Member { conversation, change: MemberChange::Joined, from_seq, .. } => {
                self.come_into(*conversation, *from_seq, session, random).await?;
            }
            Record::Marker { conversation, marker, version, .. } => {
                let known = self.versions.entry(*conversation).or_default();
                if *version > *known
                    && let Some(seen) =
                        self.view.conversations.iter_mut().find(|seen| seen.id == *conversation)
                {
                    *known = *version;
                    seen.read_seq = marker.read_seq.max(seen.read_seq);
                    seen.marked_unread_from = marker.marked_unread_from;
                }
            }
            Record::Member {
                conversation,
                change: MemberChange::Left | MemberChange::Removed | MemberChange::Banned,
                ..
            } => self.view.conversations.retain(|seen| seen.id != *conversation),
            Record::Member { conversation, change: MemberChange::Role, role, .. } => {
                if let (Some(seen), Some(role)) = (self.seen(*conversation), role) {
                    seen.role = *role;
                }
            }
            Record::Member { conversation, change: MemberChange::Accepted, .. } => {
                if let Some(seen) = self.seen(*conversation) {
                    seen.request = false;
                }
            }
            Record::Device { device, change, .. } => {
                set(&mut self.view.devices, *device, *change == DeviceChange::Added)
            }
            Record::Block { blocked, change, .. } => {
                set::<AccountId>(&mut self.view.blocks, *blocked, *change == BlockChange::Blocked);
            }
            Record::Account { card, .. } => {
                if card.version > self.view.card.version {
                    self.view.card = card.clone();
                }
            }
            // What these say is in no snapshot.
            Record::Member {
                change: MemberChange::Unbanned | MemberChange::Muted | MemberChange::Unmuted,
                ..
            }
            | Record::Conversation { .. }
            | Record::Preferences { .. }
            | Record::ConversationSettings { .. }
            | Record::Draft { .. }
            | Record::Receipt { .. }
            | Record::Invite { .. }
            | Record::Hello { .. }
            | Record::Heartbeat { .. }
            | Record::End { .. } => {}
            Record::Gap { reason, .. } => return Err(Failure::of(format!("a gap: {reason:?}"))),
            Record::AccountEnd { .. } => return Err(Failure::of("it reads for one account alone")),
            Record::Presence { .. } | Record::Typing { .. } | Record::Present { .. } => {
                return Err(Failure::of("a signal, to one who looks at nothing"));
            }
            Record::Unknown => return Err(Failure::of("a record of an unknown type")),
        }
        Ok(())
    }

    /// Notes what of reactions and pins is in pages.
    pub(crate) fn read(&mut self, id: ConversationId, timeline: &Timeline) {
        self.marked.retain(|(of, _), _| *of != id);
        let marked = timeline.messages.iter().filter_map(|message| Some((message.seq, message.marked?)));
        self.marked.extend(marked.map(|(seq, marked)| ((id, seq), marked)));
    }

    fn seen(&mut self, id: ConversationId) -> Option<&mut Seen> {
        self.view.conversations.iter_mut().find(|seen| seen.id == id)
    }

    /// The conversation of a row that is new; none if it is a repetition, or of what the account has left since.
    fn next_row(&mut self, id: ConversationId, seq: Seq) -> Result<Option<&mut Seen>, Failure> {
        let Some(seen) = self.seen(id).filter(|seen| seq > seen.head) else { return Ok(None) };
        if seq != seen.head.next() {
            return Err(Failure::of(format!("a hole in {id}: {seq} comes after {}", seen.head)));
        }
        seen.head = seq;
        Ok(Some(seen))
    }

    /// The message that a row changes, if the row is new.
    fn changed(
        &mut self,
        id: ConversationId,
        seq: Seq,
        target: Seq,
    ) -> Result<Option<&mut SeenMessage>, Failure> {
        let seen = self.next_row(id, seq)?;
        Ok(seen.and_then(|seen| seen.messages.iter_mut().find(|message| message.seq == target)))
    }

    /// The same of a reaction or a pin, if that is not in what a page said of the message.
    fn marked(
        &mut self,
        id: ConversationId,
        seq: Seq,
        target: Seq,
    ) -> Result<Option<&mut SeenMessage>, Failure> {
        let is_in = self.marked.get(&(id, target)).is_some_and(|marked| seq <= *marked);
        Ok(self.changed(id, seq, target)?.filter(|message| !is_in && !message.deleted))
    }

    async fn come_into(
        &mut self,
        id: ConversationId,
        from_seq: Option<Seq>,
        session: &Session,
        random: &mut fastrand::Rng,
    ) -> Result<(), Failure> {
        self.view.conversations.retain(|seen| seen.id != id);
        let card = match within(session.conversation(id)).await {
            // It is over already. A record that says so follows.
            Err(error) if is_over(&error) => return Ok(()),
            card => card?,
        };
        let Some(timeline) = history::read(session, id, random).await? else { return Ok(()) };
        self.read(id, &timeline);
        let mut seen = Seen {
            id,
            kind: card.kind,
            slug: card.slug,
            peer: card.peer.map(|peer| peer.id),
            role: card.role,
            request: card.request,
            settings: Some(card.settings),
            from: timeline.from,
            head: timeline.head,
            messages: timeline.messages.iter().map(SeenMessage::of).collect(),
            read_seq: from_seq.unwrap_or(Seq::new(1)).previous(),
            marked_unread_from: None,
        };
        wrote(&mut seen, Some(self.view.card.id));
        let conversations = &mut self.view.conversations;
        conversations.push(seen);
        conversations.sort_by_key(|seen| seen.id);
        Ok(())
    }
}

/// What the account has written itself, it has read.
pub(crate) fn wrote(seen: &mut Seen, account: Option<AccountId>) {
    let own = seen.messages.iter().filter(|message| Some(message.sender) == account);
    seen.read_seq = own.map(|message| message.seq).fold(seen.read_seq, Seq::max);
}

fn is_over(error: &ClientError) -> bool {
    error.code() == Some(Code::NotFound)
}

fn empty(message: &mut SeenMessage) {
    message.deleted = true;
    message.text.clear();
    message.entities.clear();
    (message.reply_to, message.forwarded, message.edited_at) = (None, false, None);
    message.reactions.clear();
    message.mine.clear();
    message.pinned = false;
}

/// Sees to it that something is in a list that is in order, or is not.
fn set<T: Ord + Copy>(list: &mut Vec<T>, it: T, is_in: bool) {
    match list.binary_search(&it) {
        Err(at) if is_in => list.insert(at, it),
        Ok(at) if !is_in => drop(list.remove(at)),
        _ => {}
    }
}
