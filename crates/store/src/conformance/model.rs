//! What a store must say, worked out anew and as plainly as can be: lists that are searched from end to end. It shares no
//! code with the rules of chat or with any store.

use chinwag_chat::{CreateGuest, Entry, Idempotency, Registration, Reply, Request, RequestHash, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Attributes, Body, ClientId, Code, Color, Command, Conversation,
    ConversationId, DeviceId, Event, GapReason, InviteHash, InviteId, Keyed, Kind, Marker, Membership,
    Message, PasswordHash, Pos, RecoveryCodeHash, Role, Sender, Seq, Timestamp, Topic,
};

use crate::{
    Device, History, HistoryRange, InviteRow, Limits, Page, PageEnd, SyncPlace, SyncRow, Synced, TopicHead,
    Unread,
};

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) log: Vec<Event>,
    pub(super) accounts: Vec<AccountCard>,
    /// Passwords of accounts, with their versions.
    pub(super) passwords: Vec<(AccountId, PasswordHash, u64)>,
    /// Recovery codes that are good.
    pub(super) codes: Vec<(AccountId, RecoveryCodeHash)>,
    /// Of each device what its account sees of it, whether it is still signed in or not.
    pub(super) entries: Vec<Device>,
    /// With tokens, places, and whether each is still signed in.
    pub(super) devices: Vec<(Actor, TokenHash, Pos, bool)>,
    pub(super) rooms: Vec<(Conversation, AccountId)>,
    pub(super) members: Vec<(AccountId, ConversationId, Membership)>,
    /// Who blocks whom.
    pub(super) blocks: Vec<(AccountId, AccountId)>,
    /// Requests' hashes by the positions of messages.
    hashes: Vec<(Pos, RequestHash)>,
    /// Groups by what they were asked for with.
    pub(super) made: Vec<(AccountId, ClientId, RequestHash, ConversationId)>,
    pub(super) restrictions: Vec<Restricted>,
    pub(super) invites: Vec<Link>,
    keys: Vec<(Idempotency, AccountId, DeviceId, Timestamp)>,
}

/// What holds for an account in a conversation.
#[derive(Debug, Clone)]
pub(super) struct Restricted {
    pub(super) place: (ConversationId, AccountId),
    pub(super) banned: bool,
    pub(super) read_only: bool,
    pub(super) muted_until: Option<Timestamp>,
    pub(super) wrote_at: Option<Timestamp>,
}

/// A way into a group.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) room: ConversationId,
    pub(super) token: InviteHash,
    pub(super) row: InviteRow,
}

pub(super) type Answer = Result<Reply, Code>;

impl Model {
    pub(super) fn head(&self) -> Pos {
        Pos::new(self.log.len() as u64)
    }

    /// The events of a topic that have a place in it, in order.
    pub(super) fn timeline(&self, topic: Topic) -> Vec<&Event> {
        self.log.iter().filter(|event| event.topic() == topic && event.keyed().is_none()).collect()
    }

    pub(super) fn append(&mut self, topic: Topic, at: Timestamp, body: Body) -> Reply {
        let seq = match &body {
            Body::Keyed(_) => Seq::ZERO,
            _ => Seq::new(self.timeline(topic).len() as u64 + 1),
        };
        let pos = Pos::new(self.log.len() as u64 + 1);
        self.log.push(Event { pos, seq, at, body });
        Reply::Stored { seq, pos, at }
    }

    pub(super) fn membership(&self, account: AccountId, room: ConversationId) -> Option<Membership> {
        let mut members = self.members.iter();
        members.find(|(who, what, _)| *who == account && *what == room).map(|(.., membership)| *membership)
    }

    pub(super) fn sender(&self, account: AccountId) -> Sender {
        self.card(account).unwrap().sender()
    }

    pub(super) fn sent(&self, account: AccountId, client_id: ClientId) -> Option<&Event> {
        self.log.iter().find(|event| {
            matches!(&event.body, Body::Message(message) if message.sender.id == account && message.client_id == client_id)
        })
    }

    /// Does what the writer should do with a request.
    pub(super) fn submit(&mut self, request: &Request, now: Timestamp) -> Answer {
        match request {
            Request::CreateGuest(guest) => self.create_guest(guest, now),
            Request::SignIn(sign_in) => self.sign_in(sign_in, now),
            Request::Recover(recover) => self.recover(recover, now),
            Request::ExpireDevice(expire) => Ok(self.expire(expire, now)),
            Request::ExpireGuest(_) | Request::ContinueRemoval(_) | Request::Receive(_) => {
                panic!("no history has it: {request:?}")
            }
            Request::Operate(_) | Request::EndDevice(_) => {
                unreachable!("random histories hold no operations of those who run the server")
            }
            Request::Command { actor, command, hash, fresh } => {
                let signed_in = self.devices.iter().any(|(who, _, _, signed_in)| who == actor && *signed_in);
                match command {
                    Command::SignOut => {
                        if signed_in {
                            self.sign_out(*actor, now);
                        }
                        Ok(Reply::Done)
                    }
                    _ if !signed_in => Err(Code::Unauthenticated),
                    Command::Register { .. }
                    | Command::ChangePassword { .. }
                    | Command::NewRecoveryCodes { .. }
                    | Command::UpdateAccount { .. }
                    | Command::RemoveDevice { .. }
                    | Command::RemoveOtherDevices => self.account_command(*actor, command, now),
                    Command::OpenRoom { slug } => {
                        let conversation = Conversation::room(*fresh, slug.clone());
                        self.open_room(actor.account, conversation, now)
                    }
                    Command::Leave { conversation } => self.leave(actor.account, *conversation, now),
                    Command::EditMessage { conversation, seq, text, entities } => {
                        self.edit(actor.account, *conversation, *seq, (text.as_str(), entities), now)
                    }
                    Command::React { conversation, seq, emoji } => {
                        self.react(actor.account, (*conversation, *seq), emoji, true, now)
                    }
                    Command::Unreact { conversation, seq, emoji } => {
                        self.react(actor.account, (*conversation, *seq), emoji, false, now)
                    }
                    Command::Pin { conversation, seq } => {
                        self.pin(actor.account, (*conversation, *seq), true, now)
                    }
                    Command::Unpin { conversation, seq } => {
                        self.pin(actor.account, (*conversation, *seq), false, now)
                    }
                    Command::DeleteMessage { conversation, seq } => {
                        self.delete(actor.account, *conversation, *seq, now)
                    }
                    Command::SendMessage { conversation, client_id, text, follows, attributes } => {
                        if let Some(first) = self.sent(actor.account, *client_id) {
                            let reply = Reply::Stored { seq: first.seq, pos: first.pos, at: first.at };
                            let same = self.hashes.contains(&(first.pos, *hash));
                            return if same { Ok(reply) } else { Err(Code::ClientIdReused) };
                        }
                        if self.made.iter().any(|(who, id, ..)| (*who, *id) == (actor.account, *client_id)) {
                            return Err(Code::ClientIdReused);
                        }
                        let slow = self.may_write(actor.account, *conversation, now)?;
                        self.check_entities(actor.account, *conversation, &attributes.entities)?;
                        if let Some(reply_to) = attributes.reply_to {
                            self.seen_message(actor.account, *conversation, reply_to)?;
                        }
                        if follows.is_some_and(|follows| self.sent(actor.account, follows).is_none()) {
                            return Err(Code::PredecessorMissing);
                        }
                        let hidden = self.before_direct(actor.account, *conversation, now)?;
                        let topic = Topic::Conversation(*conversation);
                        let before =
                            self.timeline(topic).into_iter().filter(|event| is_message(event)).count();
                        let message = Message {
                            conversation: *conversation,
                            n: before as u64 + 1,
                            sender: self.sender(actor.account),
                            client_id: *client_id,
                            text: text.as_str().to_owned(),
                            deleted_by: None,
                            hidden,
                            attributes: attributes.clone(),
                            edited: None,
                        };
                        let reply = self.append(topic, now, Body::Message(message));
                        self.hashes.push((self.head(), *hash));
                        self.move_marker(actor.account, *conversation, now);
                        if slow {
                            self.restricted((*conversation, actor.account)).wrote_at = Some(now);
                        }
                        Ok(reply)
                    }
                    Command::CreateGroup { client_id, settings } => {
                        let group = Conversation::group(*fresh, settings.clone());
                        self.create_group(actor.account, (*client_id, *hash), group, now)
                    }
                    Command::CreateInvite { conversation, token, terms } => {
                        let link = (InviteId::from_bytes(*fresh.as_bytes()), *token, *terms);
                        self.create_invite(actor.account, *conversation, link, now)
                    }
                    Command::RevokeInvite { conversation, invite } => {
                        self.revoke_invite(actor.account, *conversation, *invite, now)
                    }
                    Command::AcceptInvite { token } => self.accept_invite(actor.account, *token, now),
                    Command::OpenDirect { .. }
                    | Command::Accept { .. }
                    | Command::Block { .. }
                    | Command::Unblock { .. } => self.direct_command(actor.account, command, *fresh, now),
                    command => self.moderate(actor.account, command, now),
                }
            }
        }
    }

    fn create_guest(&mut self, guest: &CreateGuest, now: Timestamp) -> Answer {
        const DAY_MS: i64 = 86_400_000;
        if let Some(new) = guest.idempotency {
            let first = self.keys.iter().find(|(key, _, _, expires)| key.key == new.key && *expires > now);
            if let Some((first, account, device, _)) = first {
                let reply = Reply::Guest { account: *account, device: *device, salt: Some(first.salt) };
                return if first.hash == new.hash { Ok(reply) } else { Err(Code::IdempotencyKeyReused) };
            }
        }
        if let Some(Registration { username, .. }) = &guest.registration
            && self.of_username(username).is_some()
        {
            return Err(Code::UsernameTaken);
        }
        if let Some(new) = guest.idempotency {
            let expires = Timestamp::from_millis(now.as_millis() + DAY_MS);
            self.keys.push((new, guest.account, guest.device, expires));
        }
        self.accounts.push(AccountCard {
            id: guest.account,
            name: guest.name.as_str().to_owned(),
            lookalike: guest.name.is_lookalike(),
            username: None,
            about: String::new(),
            color: Color::of(guest.account),
            version: 1,
            removed: None,
        });
        let actor = Actor { account: guest.account, device: guest.device };
        self.add_device(actor, guest.token, guest.device_name.as_ref(), now);
        let body = Body::GuestCreated { account: guest.account, device: guest.device };
        self.append(Topic::Account(guest.account), now, body);
        if let Some(Registration { username, password }) = &guest.registration {
            self.register(guest.account, username, password, now);
        }
        let salt = guest.idempotency.map(|idempotency| idempotency.salt);
        Ok(Reply::Guest { account: guest.account, device: guest.device, salt })
    }

    pub(super) fn sign_out(&mut self, actor: Actor, now: Timestamp) {
        for (_, _, _, signed_in) in self.devices.iter_mut().filter(|(who, ..)| *who == actor) {
            *signed_in = false;
        }
        let body = Body::DeviceRemoved { account: actor.account, device: actor.device };
        self.append(Topic::Account(actor.account), now, body);
    }

    fn open_room(&mut self, account: AccountId, new: Conversation, now: Timestamp) -> Answer {
        let found =
            self.rooms.iter().find(|(room, _)| key(room).is_some() && key(room) == key(&new)).cloned();
        let created = found.is_none();
        let (conversation, owner) = found.unwrap_or((new, account));
        if let Some(membership) = self.membership(account, conversation.id) {
            return Ok(Reply::Room { conversation, role: membership.role, entry: Entry::Before });
        }
        if self.restricted((conversation.id, account)).banned {
            return Err(Code::Banned);
        }
        let own = Topic::Account(account);
        if created {
            self.rooms.push((conversation.clone(), account));
            self.append(own, now, Body::ConversationCreated { conversation: conversation.clone(), owner });
        }
        let role = match owner == account {
            true => Role::Owner,
            false if self.restricted((conversation.id, account)).read_only => Role::ReadOnly,
            false => Role::Member,
        };
        let membership =
            Membership { role, since: self.head().next(), visible_from: Seq::new(1), request: false };
        self.members.push((account, conversation.id, membership));
        let from_seq = Seq::new(self.timeline(Topic::Conversation(conversation.id)).len() as u64 + 1);
        self.append(
            own,
            now,
            Body::Joined { account, conversation: conversation.clone(), membership, from_seq },
        );
        let entry = if created { Entry::Made } else { Entry::Joined };
        Ok(Reply::Room { conversation, role, entry })
    }

    fn delete(&mut self, account: AccountId, room: ConversationId, target: Seq, now: Timestamp) -> Answer {
        let membership = self.membership(account, room).ok_or(Code::NotFound)?;
        let topic = Topic::Conversation(room);
        let (_, message) = self.seen_message(account, room, target)?;
        let hidden = message.hidden;
        if message.sender.id != account
            && !matches!(membership.role, Role::Owner | Role::Admin | Role::Moderator)
        {
            return Err(Code::Forbidden);
        }
        if let Some(deleted_by) = message.deleted_by {
            let deletion = self.timeline(topic).into_iter().find(|event| event.seq == deleted_by).unwrap();
            return Ok(Reply::Stored { seq: deletion.seq, pos: deletion.pos, at: deletion.at });
        }
        let sender = self.sender(account);
        let reply = self.append(topic, now, Body::Delete { conversation: room, target, sender, hidden });
        let seq = self.log.last().unwrap().seq;
        self.change_text(room, target, |message| {
            message.text.clear();
            message.deleted_by = Some(seq);
            message.attributes = Attributes::default();
            message.edited = None;
        });
        Ok(reply)
    }

    /// Whether the stream of `account` has the event.
    fn sees(&self, account: AccountId, event: &Event) -> bool {
        match event.topic() {
            Topic::Account(owner) => owner == account,
            Topic::Conversation(room) => {
                self.membership(account, room).is_some_and(|membership| event.pos >= membership.since)
            }
        }
    }

    pub(super) fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Page {
        let sees = |event: &Event| accounts.iter().any(|account| self.sees(*account, event));
        let missed: Vec<&Event> = self
            .log
            .iter()
            .filter(|event| event.pos > after && sees(event) && !self.is_replaced(event))
            .collect();
        let gap = |reason| Page { events: Vec::new(), end: PageEnd::Gap(reason, self.head()) };
        if missed.len() as u64 > limits.missed_events {
            return gap(GapReason::TooMany);
        }
        if missed
            .first()
            .is_some_and(|event| limits.now.as_millis() - event.at.as_millis() > limits.missed_ms)
        {
            return gap(GapReason::TooOld);
        }
        let mut events: Vec<Event> = Vec::new();
        for event in &missed {
            let bytes: usize = events.iter().chain([*event]).map(text_len).sum();
            if !events.is_empty() && (events.len() + 1 > limits.events || bytes > limits.bytes) {
                let end = PageEnd::More(events[events.len() - 1].pos);
                return Page { events, end };
            }
            events.push((*event).clone());
        }
        Page { events, end: PageEnd::Head(self.head()) }
    }

    pub(super) fn topics(&self, account: AccountId) -> Vec<TopicHead> {
        let own = self.members.iter().filter(|(who, ..)| *who == account);
        own.map(|(_, conversation, membership)| TopicHead {
            conversation: *conversation,
            membership: *membership,
            seq: Seq::new(self.timeline(Topic::Conversation(*conversation)).len() as u64),
            receipts: self.place(*conversation).is_some_and(|(about, ..)| about.kind != Kind::Room),
        })
        .collect()
    }

    pub(super) fn history(
        &self,
        account: AccountId,
        room: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Option<History> {
        let visible_from = self.membership(account, room)?.visible_from;
        let timeline = self.timeline(Topic::Conversation(room));
        let last = timeline.last().map_or(Seq::ZERO, |event| event.seq);
        let inside = |seq: Seq| match range {
            HistoryRange::Newest | HistoryRange::Around(_) => true,
            HistoryRange::Before(edge) => seq < edge,
            HistoryRange::After(edge) => seq > edge,
        };
        let mut rows: Vec<&Event> =
            timeline.into_iter().filter(|event| event.seq >= visible_from && inside(event.seq)).collect();
        if let HistoryRange::Around(edge) = range {
            let near = edge.get() + limit as u64 / 2;
            let upto = rows.iter().filter(|event| event.seq.get() <= near).count();
            rows.drain(..upto.saturating_sub(limit));
            rows.truncate(limit);
        } else if matches!(range, HistoryRange::After(_)) {
            rows.truncate(limit);
        } else {
            rows.drain(..rows.len().saturating_sub(limit));
        }
        let (from, to) = match (rows.first(), rows.last(), range) {
            (Some(first), Some(last), _) => (first.seq, last.seq),
            // Nothing: the page stands where the first row of it would have stood.
            (.., HistoryRange::Newest) => (last.next(), last),
            (.., HistoryRange::Before(edge)) => (edge.previous().min(last).next(), edge.previous().min(last)),
            (.., HistoryRange::Around(edge)) => {
                let to = edge.min(last).max(visible_from.previous());
                (to.next(), to)
            }
            (.., HistoryRange::After(edge)) => {
                let from = edge.min(last).next().max(visible_from);
                (from, from.previous())
            }
        };
        let is_change =
            |event: &&&Event| matches!(event.body, Body::Members { .. } | Body::ConversationChanged { .. });
        let changes = rows.iter().filter(is_change).map(|event| (*event).clone()).collect();
        let messages = rows.into_iter().filter_map(|event| match &event.body {
            Body::Message(message) if message.hidden && message.sender.id != account => None,
            Body::Message(message) => Some((event.seq, event.at, message.clone())),
            _ => None,
        });
        let messages: Vec<_> = messages.collect();
        let marks = self.marks_of(account, room, messages.iter().map(|(seq, ..)| *seq));
        Some(History { messages, marks, changes, from, to, head: self.head() })
    }

    pub(super) fn sync(&self, account: AccountId, after: Option<SyncPlace>, limit: usize) -> Synced {
        let mut rows: Vec<(SyncPlace, SyncRow)> = Vec::new();
        for (who, id, membership) in &self.members {
            if *who != account {
                continue;
            }
            let timeline = self.timeline(Topic::Conversation(*id));
            let last = timeline.last();
            let pos = last.map_or(membership.since, |event| event.pos);
            let conversation = self.place(*id).unwrap().0;
            let row = SyncRow {
                peer: self.peer(account, &conversation),
                conversation,
                role: membership.role,
                request: membership.request,
                seq: Seq::new(timeline.len() as u64),
                n: timeline.iter().filter(|event| is_message(event)).count() as u64,
                active_at: last.map(|event| event.at),
                marker: self.marker(account, *id),
                settings: Default::default(),
                drafts: Vec::new(),
            };
            rows.push((SyncPlace { pos, conversation: *id }, row));
        }
        rows.sort_by_key(|(place, _)| std::cmp::Reverse((place.pos, place.conversation)));
        let messages = rows.iter().map(|(_, row)| row.marker.0.unread).sum();
        let mentions = rows.iter().map(|(_, row)| row.marker.0.mentions).sum();
        let unread = after.is_none().then_some(Unread { messages, mentions });
        if let Some(after) = after {
            rows.retain(|(place, _)| (place.pos, place.conversation) < (after.pos, after.conversation));
        }
        let next = if rows.len() > limit && limit > 0 { Some(rows[limit - 1].0) } else { None };
        let conversations = rows.into_iter().take(limit).map(|(_, row)| row).collect();
        Synced { conversations, next, head: self.head(), unread }
    }

    /// Whether a later event of its key has taken its place.
    fn is_replaced(&self, event: &Event) -> bool {
        let key = |event: &Event| event.keyed().map(|keyed| (keyed.topic(), keyed.key()));
        let mut later = self.log.iter().skip(event.pos.get() as usize);
        key(event).is_some_and(|own| later.any(|later| key(later) == Some(own)))
    }

    /// How far an account that is a member has read, as it is written: not before the first row that the stream owes it.
    fn written_marker(&self, account: AccountId, room: ConversationId) -> (Seq, u64) {
        let joined = self.log.iter().rev().find_map(|event| match &event.body {
            Body::Joined { account: who, conversation, from_seq, .. }
                if *who == account && conversation.id == room =>
            {
                Some(from_seq.previous())
            }
            _ => None,
        });
        let written = self.log.iter().rev().find_map(|event| match &event.body {
            Body::Keyed(Keyed::Marker { account: who, conversation, marker, version })
                if *who == account && *conversation == room =>
            {
                Some((marker.read_seq, *version))
            }
            _ => None,
        });
        let (seq, version) = written.unwrap_or((Seq::ZERO, 0));
        (seq.max(joined.unwrap()), version)
    }

    /// Writes the marker of who has written the last row, if it lies far back.
    fn move_marker(&mut self, account: AccountId, room: ConversationId, now: Timestamp) {
        let timeline = self.timeline(Topic::Conversation(room));
        let (written, version) = self.written_marker(account, room);
        let read_seq = Seq::new(timeline.len() as u64);
        if read_seq.get() - written.get() < 64 {
            return;
        }
        let read_n = timeline.iter().filter(|event| is_message(event)).count() as u64;
        let marker = Marker { read_seq, read_n, ..Marker::default() };
        let keyed = Keyed::Marker { account, conversation: room, marker, version: version + 1 };
        self.append(Topic::Account(account), now, Body::Keyed(keyed));
    }

    /// How far an account has read, all that it has written included.
    fn marker(&self, account: AccountId, room: ConversationId) -> (Marker, u64) {
        let timeline = self.timeline(Topic::Conversation(room));
        let (written, version) = self.written_marker(account, room);
        let own = timeline
            .iter()
            .filter(|event| matches!(&event.body, Body::Message(message) if message.sender.id == account));
        let read_seq = own.map(|event| event.seq).fold(written, Seq::max);
        let messages =
            |upto: Seq| timeline.iter().filter(|event| event.seq <= upto && is_message(event)).count() as u64;
        let read_n = messages(read_seq);
        let unread = messages(Seq::new(u64::MAX)) - read_n;
        let unread_rows = timeline.iter().filter(|event| event.seq > read_seq);
        let mentions = unread_rows.filter(|event| mentions(event, account)).count() as u64;
        (Marker { read_seq, read_n, unread, mentions, marked_unread_from: None }, version)
    }

    pub(super) fn recent(&self, budget: usize) -> Vec<Event> {
        let mut from = self.log.len();
        let mut used = 0;
        while from > 0 && used + text_len(&self.log[from - 1]) + 256 <= budget {
            from -= 1;
            used += text_len(&self.log[from]) + 256;
        }
        self.log[from..].iter().filter(|event| !self.is_replaced(event)).cloned().collect()
    }
}

fn key(conversation: &Conversation) -> Option<String> {
    conversation.slug.as_ref().map(|slug| slug.key())
}

pub(super) fn is_message(event: &Event) -> bool {
    matches!(event.body, Body::Message(_))
}

/// Whether it is a message that names an account or everybody, as it is now; not its sender, and nobody if it is deleted or hidden.
fn mentions(event: &Event, account: AccountId) -> bool {
    let Body::Message(message) = &event.body else { return false };
    let entities = &message.attributes.entities;
    let names_it = entities.mention_all() || entities.accounts().any(|named| named == account);
    names_it && message.sender.id != account && message.deleted_by.is_none() && !message.hidden
}

fn text_len(event: &Event) -> usize {
    match &event.body {
        Body::Message(Message { text, .. }) | Body::Edit { text, .. } => text.len(),
        Body::Members { accounts, .. } => 128 * accounts.len(),
        _ => 0,
    }
}
