//! What an account sees.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use chinwag_protocol::{
    AccountCard, AccountId, BlocksPage, ClientId, Code, ConversationCard, ConversationId, DeviceId, Entity,
    HistoryMessage, InviteCard, Kind, ListedRoom, MarkerCard, MemberCard, ReactionCount, Record, Role,
    SenderCard, Seq, SettingsCard, SyncConversation, Timestamp,
};

use crate::moderation::at_least;
use crate::{Invite, Member, Model, Opened, Row, Talk};

/// Messages of a page for whoever does not say how many.
const PAGE: u64 = 50;

/// What a device knows once it has everything: of a snapshot, of a stream, or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What the account shows of itself.
    pub card: AccountCard,
    /// Its devices, in the order of their ids.
    pub devices: Vec<DeviceId>,
    /// Whom it blocks, in the order of their ids.
    pub blocks: Vec<AccountId>,
    /// What it is in, in the order of their ids.
    pub conversations: Vec<Seen>,
}

/// A conversation, as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub id: ConversationId,
    /// What sort.
    pub kind: Kind,
    /// Of a room: its name in the URL.
    pub slug: Option<String>,
    /// Of a direct chat: the other.
    pub peer: Option<AccountId>,
    /// As what the account is in it.
    pub role: Role,
    /// Whether a stranger began it.
    pub request: bool,
    /// How it may be used; none if nobody could tell yet.
    pub settings: Option<SettingsCard>,
    /// The first row that may be seen.
    pub from: Seq,
    /// The last row.
    pub head: Seq,
    /// What may be seen of it, oldest first.
    pub messages: Vec<SeenMessage>,
    /// The last row that the account has read.
    pub read_seq: Seq,
    /// From which row on it wants to see it as unread.
    pub marked_unread_from: Option<Seq>,
}

/// A message, but for what its sender is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMessage {
    /// Its row.
    pub seq: Seq,
    /// Number of messages so far.
    pub n: u64,
    /// Who.
    pub sender: AccountId,
    /// The sender's id for it.
    pub client_id: ClientId,
    /// What; empty once deleted.
    pub text: String,
    /// When.
    pub sent_at: Timestamp,
    /// Whether it was deleted.
    pub deleted: bool,
    /// What it answers.
    pub reply_to: Option<Seq>,
    /// Whether its text comes from another message.
    pub forwarded: bool,
    /// Who is named in it.
    pub entities: Vec<Entity>,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// The reactions to it, in the order of the emojis.
    pub reactions: BTreeMap<String, u64>,
    /// Those of them that are the account's own.
    pub mine: BTreeSet<String>,
    /// Whether it is pinned.
    pub pinned: bool,
}

impl View {
    /// In which points `self` is not what it is `due` to be, each in a line; at most a few.
    pub fn differences(&self, due: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        differ(&mut lines, "card", &self.card, &due.card);
        differ(&mut lines, "devices", &self.devices, &due.devices);
        differ(&mut lines, "blocks", &self.blocks, &due.blocks);
        let ids = |view: &Self| view.conversations.iter().map(|seen| seen.id).collect::<Vec<_>>();
        differ(&mut lines, "conversations", &ids(self), &ids(due));
        for due in &due.conversations {
            if let Some(seen) = self.conversations.iter().find(|seen| seen.id == due.id) {
                seen.differences(due, &mut lines);
            }
        }
        lines.truncate(12);
        lines
    }
}

impl Seen {
    fn differences(&self, due: &Self, lines: &mut Vec<String>) {
        let name = |part: &str| format!("{:?} {}: {part}", due.kind, due.id);
        differ(lines, &name("what it is"), &(&self.slug, self.peer), &(&due.slug, due.peer));
        differ(lines, &name("role, request"), &(self.role, self.request), &(due.role, due.request));
        differ(lines, &name("settings"), &self.settings, &due.settings);
        differ(lines, &name("rows"), &(self.from, self.head), &(due.from, due.head));
        let marker = |seen: &Self| (seen.read_seq, seen.marked_unread_from);
        differ(lines, &name("read, marked unread"), &marker(self), &marker(due));
        let of = |seen: &Self, seq: Seq| seen.messages.iter().find(|message| message.seq == seq).cloned();
        for seq in due.from.get().min(self.from.get())..=due.head.get().max(self.head.get()) {
            let seq = Seq::new(seq);
            differ(lines, &name("message"), &of(self, seq), &of(due, seq));
        }
    }
}

fn differ<T: Debug + PartialEq>(lines: &mut Vec<String>, name: &str, seen: &T, due: &T) {
    if seen != due {
        let line = format!("{name} is {seen:?}, due {due:?}");
        lines.push(line.chars().take(500).collect());
    }
}

impl SeenMessage {
    /// A message of a history page.
    pub fn of(message: &HistoryMessage) -> Self {
        Self {
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
            reactions: message.reactions.iter().map(|row| (row.emoji.clone(), row.count)).collect(),
            mine: message.mine.iter().cloned().collect(),
            pinned: message.pinned,
        }
    }
}

impl Model {
    /// What an account sees; none if it is no more, or never was.
    pub fn view(&self, account: AccountId) -> Option<View> {
        let own = self.account(account)?;
        let mut devices = self.devices_of(account);
        devices.sort_unstable();
        let mut blocks = own.blocks.clone();
        blocks.sort_unstable();
        let mut conversations: Vec<Seen> = Vec::new();
        for talk in &self.talks {
            if let Some(member) = talk.members.iter().find(|member| member.account == account) {
                let messages = self.messages(account, talk, member.visible_from);
                let MarkerCard { marker, .. } = self.marker(account, talk.about.id);
                conversations.push(Seen {
                    id: talk.about.id,
                    kind: talk.about.kind,
                    slug: talk.about.slug.as_ref().map(|slug| slug.as_str().to_owned()),
                    peer: talk.peer(account),
                    role: member.role,
                    request: member.request,
                    settings: Some(SettingsCard::from(&talk.about)),
                    from: member.visible_from,
                    head: talk.head(),
                    messages: messages.iter().map(SeenMessage::of).collect(),
                    read_seq: marker.read_seq,
                    marked_unread_from: marker.marked_unread_from,
                });
            }
        }
        conversations.sort_by_key(|seen| seen.id);
        Some(View { card: own.card().clone(), devices, blocks, conversations })
    }

    /// The messages that an account may see of a conversation, from a row on.
    fn messages(&self, account: AccountId, talk: &Talk, from: Seq) -> Vec<HistoryMessage> {
        let visible = talk.rows.iter().filter(|row| row.only_for.is_none_or(|only| only == account));
        visible.filter_map(|row| self.message(account, row)).filter(|message| message.seq >= from).collect()
    }

    fn message(&self, account: AccountId, row: &Row) -> Option<HistoryMessage> {
        let Record::Message(message) = &row.record else { return None };
        let deleted = row.emptied_by.is_some();
        let said = row.said.last().filter(|_| !deleted);
        let reactions = row.marks.seen_by(account).into_iter();
        Some(HistoryMessage {
            seq: message.seq,
            n: message.n,
            sender: self.sender(message.sender.id),
            client_id: message.client_id,
            text: said.map(|said| said.text.clone()).unwrap_or_default(),
            sent_at: message.sent_at,
            deleted,
            reply_to: message.reply_to.filter(|_| !deleted),
            forwarded: message.forwarded && !deleted,
            entities: said.map(|said| said.entities.clone()).unwrap_or_default(),
            edited_at: said.and_then(|said| said.edited_at),
            reactions: reactions.map(|(emoji, count)| ReactionCount { emoji, count }).collect(),
            mine: row.marks.mine(account),
            pinned: row.marks.pinned.is_some(),
            marked: row.marks.changed,
        })
    }

    /// What `GET …/pins` gives.
    pub fn pins(&self, account: AccountId, id: ConversationId) -> Vec<HistoryMessage> {
        let mut pinned: Vec<(Seq, HistoryMessage)> = Vec::new();
        for message in self.history(account, id) {
            let row = self.talk(id).rows.get(message.seq.get() as usize - 1);
            if let Some((by, _)) = row.and_then(|row| row.marks.pinned) {
                pinned.push((by, message));
            }
        }
        pinned.sort_by_key(|(by, _)| std::cmp::Reverse(*by));
        pinned.into_iter().map(|(_, message)| message).collect()
    }

    /// The messages of a conversation that an account may see, as `GET …/messages` gives them all together.
    pub fn history(&self, account: AccountId, id: ConversationId) -> Vec<HistoryMessage> {
        let Some(member) = self.member(account, id) else { return Vec::new() };
        self.messages(account, self.talk(id), member.visible_from)
    }

    /// The newest page.
    pub(crate) fn newest(&self, who: AccountId, card: ConversationCard) -> Opened {
        let talk = self.talk(card.id);
        let visible_from = self.member(who, card.id).map_or(Seq::new(1), |member| member.visible_from);
        let to_seq = talk.head();
        let from_seq = visible_from.max(Seq::new((to_seq.get() + 1).saturating_sub(PAGE)));
        Opened { card, messages: self.messages(who, talk, from_seq), from_seq, to_seq }
    }

    fn sender(&self, id: AccountId) -> SenderCard {
        let card = self.card(id).expect("who wrote something, or is in something, is known");
        SenderCard::from(&card.sender())
    }

    /// The card of a conversation, without the number of its members.
    fn conversation_card(&self, who: AccountId, id: ConversationId) -> Result<ConversationCard, Code> {
        let member = self.member(who, id).ok_or(Code::NotFound)?;
        let talk = self.talk(id);
        let peer = talk.peer(who).map(|peer| self.sender(peer));
        let request = member.request;
        Ok(ConversationCard { peer, request, ..ConversationCard::of(&talk.about, member.role) })
    }

    /// What `GET /v1/conversations/{id}` gives.
    pub fn conversation(&self, who: AccountId, id: ConversationId) -> Result<ConversationCard, Code> {
        let card = self.conversation_card(who, id)?;
        let talk = self.talk(id);
        let members = (talk.about.kind != Kind::Direct).then_some(talk.members.len() as u64);
        Ok(ConversationCard { members, ..card })
    }

    /// What `GET /v1/sync` gives, in the order of the ids.
    pub fn sync(&self, account: AccountId) -> Vec<SyncConversation> {
        let ids = self.talks.iter().map(|talk| talk.about.id);
        let mut rows: Vec<SyncConversation> = ids
            .filter_map(|id| {
                let card = self.conversation_card(account, id).ok()?;
                let talk = self.talk(id);
                Some(SyncConversation {
                    id,
                    kind: card.kind,
                    slug: card.slug,
                    role: card.role,
                    lookalike: card.lookalike,
                    settings: card.settings,
                    peer: card.peer,
                    request: card.request,
                    seq: talk.head(),
                    n: talk.n(),
                    active_at: talk.rows.last().map(|row| row.at),
                    marker: self.marker(account, id),
                    own_settings: self.own_settings(account, id),
                    drafts: self.drafts_of(account, id),
                })
            })
            .collect();
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// What `GET /v1/blocks` gives.
    pub fn blocked(&self, account: AccountId) -> BlocksPage {
        let mut ids = self.account(account).map(|own| own.blocks.clone()).unwrap_or_default();
        ids.sort_unstable();
        BlocksPage { blocks: ids.into_iter().map(|id| self.sender(id)).collect(), next: None }
    }

    /// What `GET …/members` gives.
    pub fn member_cards(
        &self,
        who: AccountId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<Vec<MemberCard>, Code> {
        self.member(who, id).ok_or(Code::NotFound)?;
        let talk = self.talk(id);
        if talk.about.kind == Kind::Direct {
            return Err(Code::Forbidden);
        }
        let mut members = talk.members.clone();
        members.sort_by_key(|member| member.account);
        let may_mute = self.check_runs(who, id, Role::Moderator).is_ok();
        let card = |member: &Member| {
            let restriction = talk.restrictions.iter().find(|known| known.account == member.account);
            let muted_until = restriction.and_then(|known| known.muted_until);
            MemberCard {
                account: self.sender(member.account),
                role: member.role,
                muted_until: muted_until.filter(|until| may_mute && *until > now),
            }
        };
        Ok(members.iter().map(card).collect())
    }

    /// What `GET …/bans` gives.
    pub fn banned(&self, who: AccountId, id: ConversationId) -> Result<Vec<SenderCard>, Code> {
        self.check_runs(who, id, Role::Moderator)?;
        let banned = self.talk(id).restrictions.iter().filter(|restriction| restriction.banned);
        let mut ids: Vec<AccountId> = banned.map(|restriction| restriction.account).collect();
        ids.sort_unstable();
        Ok(ids.into_iter().map(|id| self.sender(id)).collect())
    }

    /// What `GET …/invites` gives, in the order of the ids.
    pub fn invites(
        &self,
        who: AccountId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<Vec<InviteCard>, Code> {
        self.check_is_group_run_by(who, id)?;
        let card = |link: &Invite| InviteCard {
            id: link.id,
            maker: link.maker,
            made_at: link.made_at,
            expires_at: link.expires_at,
            uses: link.uses,
        };
        let mut cards: Vec<InviteCard> =
            self.talk(id).invites.iter().filter(|link| link.is_good(now)).map(card).collect();
        cards.sort_by_key(|card| card.id);
        Ok(cards)
    }

    /// What `GET /v1/rooms` gives.
    pub fn listed_rooms(&self, who: AccountId) -> Vec<ListedRoom> {
        let mut rooms: Vec<&Talk> = self.talks.iter().filter(|talk| talk.about.settings.listed).collect();
        rooms.sort_by_key(|talk| talk.about.key());
        let listed = |talk: &Talk| ListedRoom {
            slug: talk.about.slug.as_ref().map(|slug| slug.as_str().to_owned()).unwrap_or_default(),
            lookalike: talk.about.is_lookalike(),
            title: talk.about.title().to_owned(),
            topic: talk.about.settings.topic.as_str().to_owned(),
            members: talk.members.len() as u64,
            joined: talk.members.iter().any(|member| member.account == who),
        };
        rooms.into_iter().map(listed).collect()
    }

    /// What an account is in: which, as what, and with whom if it is a direct chat. For whoever draws commands.
    pub fn chats(&self, who: AccountId) -> Vec<(ConversationId, Role, Option<AccountId>)> {
        let chat = |talk: &Talk| {
            let member = talk.members.iter().find(|member| member.account == who)?;
            Some((talk.about.id, member.role, talk.peer(who)))
        };
        self.talks.iter().filter_map(chat).collect()
    }

    /// What a room is called in its URL.
    pub fn slug(&self, id: ConversationId) -> Option<String> {
        let talk = self.talks.iter().find(|talk| talk.about.id == id)?;
        talk.about.slug.as_ref().map(|slug| slug.as_str().to_owned())
    }

    /// The rooms that an account is kept out of.
    pub fn closed_rooms(&self, who: AccountId) -> Vec<String> {
        let closed =
            |talk: &&Talk| talk.restrictions.iter().any(|known| known.account == who && known.banned);
        let slug = |talk: &Talk| talk.about.slug.as_ref().map(|slug| slug.as_str().to_owned());
        self.talks.iter().filter(closed).filter_map(slug).collect()
    }

    /// Who is kept out of a conversation, or writes nothing there for a while, be it that this is over.
    pub fn restricted(&self, id: ConversationId) -> (Vec<AccountId>, Vec<AccountId>) {
        let all = self.talks.iter().filter(|talk| talk.about.id == id).flat_map(|talk| &talk.restrictions);
        let (mut banned, mut muted) = (Vec::new(), Vec::new());
        for restriction in all {
            banned.extend(restriction.banned.then_some(restriction.account));
            muted.extend(restriction.muted_until.map(|_| restriction.account));
        }
        (banned, muted)
    }

    /// Whether an account is at least this in a conversation: for whoever draws commands.
    pub fn runs(&self, who: AccountId, id: ConversationId, least: Role) -> bool {
        self.role(who, id).is_some_and(|role| at_least(role, least))
    }
}
