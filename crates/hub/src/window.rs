//! The window of recent events: encoded, in order of position, indexed by topic, bounded in bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chinwag_protocol::{
    AccountId, Body, Conversation, ConversationId, Cursor, DeviceId, Event, Key, Keyed, Kind, Membership,
    Pos, Record, SenderCard, Seq, Topic,
};
use chinwag_sabotage::{Promise, breaks};

use crate::encode::Frame;

/// What an event changes for those who read, beside being read.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Nothing.
    Nothing,
    /// A row lost its text.
    Deleted { target: Seq },
    /// A row got another text.
    Edited { target: Seq },
    /// All rows before of this account lost theirs.
    Erased { sender: Arc<SenderCard> },
    /// The account reads the conversation from here on.
    Joined {
        account: AccountId,
        conversation: ConversationId,
        membership: Membership,
        circle: Circle,
        /// Whether its members may be told how far others are.
        receipts: bool,
    },
    /// The account reads the conversation no more.
    Left { account: AccountId, conversation: ConversationId, circle: Circle },
    /// The device reads nothing more.
    DeviceRemoved { account: AccountId, device: DeviceId },
    /// The direct chat of two is no request any more.
    Accepted { account: AccountId, peer: AccountId },
    /// The account shows nothing to the other any more.
    Blocked { account: AccountId, peer: AccountId },
    /// It may again.
    Unblocked { account: AccountId, peer: AccountId },
    /// The account is told how far others are, or is not.
    Preferences { account: AccountId, receipts: bool },
}

/// Who in a conversation sees the presence of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Circle {
    /// Nobody.
    Room,
    /// All that of all.
    Group,
    /// The two that of each other; this is the other.
    Pair(AccountId),
}

impl Circle {
    fn of(conversation: &Conversation, account: AccountId) -> Self {
        match (conversation.kind, conversation.pair) {
            (_, Some(pair)) => Self::Pair(pair.peer(account)),
            (Kind::Room, None) => Self::Room,
            (Kind::Group | Kind::Direct, None) => Self::Group,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) topic: Topic,
    /// Of a keyed event, as far as it is known here: the row that it came after.
    pub(crate) seq: Seq,
    /// The row whose text is in the frame: of an edit that of its message.
    pub(crate) shows: Seq,
    /// For those who may see what the event says.
    pub(crate) frame: Frame,
    /// Of what only one account may see.
    pub(crate) hidden: Option<Box<Hidden>>,
    pub(crate) change: Change,
    /// Of a keyed event: what the next one of this key replaces it by.
    key: Option<Box<Key>>,
    /// Of a message: whose it is.
    pub(crate) sender: Option<AccountId>,
}

/// What others get than the one account that may see a row.
#[derive(Debug)]
pub(crate) struct Hidden {
    pub(crate) only_for: AccountId,
    pub(crate) frame: Frame,
}

impl Entry {
    pub(crate) fn new(event: &Event, frame: Frame, hidden: Option<Hidden>) -> Self {
        let change = match &event.body {
            Body::Delete { target, .. } => Change::Deleted { target: *target },
            Body::Edit { target, .. } => Change::Edited { target: *target },
            Body::Erased { sender, .. } => Change::Erased { sender: Arc::new(sender.into()) },
            Body::Joined { account, conversation, membership, .. } => {
                let circle = Circle::of(conversation, *account);
                let receipts = conversation.kind != Kind::Room;
                let (account, conversation) = (*account, conversation.id);
                Change::Joined { account, conversation, membership: *membership, circle, receipts }
            }
            Body::Keyed(Keyed::Preferences { account, preferences, .. }) => {
                Change::Preferences { account: *account, receipts: preferences.receipts }
            }
            Body::Left { account, conversation, .. } => {
                let circle = Circle::of(conversation, *account);
                Change::Left { account: *account, conversation: conversation.id, circle }
            }
            Body::Accepted { account, conversation } => match conversation.pair {
                Some(pair) => Change::Accepted { account: *account, peer: pair.peer(*account) },
                None => Change::Nothing,
            },
            Body::Blocked { account, blocked } => Change::Blocked { account: *account, peer: *blocked },
            Body::Unblocked { account, blocked } => Change::Unblocked { account: *account, peer: *blocked },
            Body::DeviceRemoved { account, device } => {
                Change::DeviceRemoved { account: *account, device: *device }
            }
            Body::Message(_)
            | Body::Reaction { .. }
            | Body::Pin { .. }
            | Body::ConversationCreated { .. }
            | Body::GuestCreated { .. }
            | Body::DeviceAdded { .. }
            | Body::Account { .. }
            | Body::Members { .. }
            | Body::ConversationChanged { .. }
            | Body::RoleChanged { .. }
            | Body::InviteCreated { .. }
            | Body::InviteRevoked { .. }
            | Body::Restricted { .. }
            | Body::Keyed(_) => Change::Nothing,
        };
        let shows = match change {
            Change::Edited { target } => target,
            _ => event.seq,
        };
        let key = event.keyed().map(|keyed| Box::new(keyed.key()));
        let sender = match &event.body {
            Body::Message(message) => Some(message.sender.id),
            _ => None,
        };
        Self {
            topic: event.topic(),
            seq: event.seq,
            shows,
            frame,
            hidden: hidden.map(Box::new),
            change,
            key,
            sender,
        }
    }

    /// Whether it says how far somebody is in a conversation.
    #[inline]
    pub(crate) fn is_receipt(&self) -> bool {
        matches!(self.key.as_deref(), Some(Key::Receipt(_)))
    }

    /// In the place of an event of which nothing can be read any more: nobody's.
    fn void() -> Self {
        let cursor = Cursor::from_text("");
        let frame = Frame::encode(&Record::Heartbeat { heads: Vec::new(), cursor: cursor.clone() }, &cursor);
        Self {
            topic: Topic::Account(AccountId::SERVER),
            seq: Seq::ZERO,
            shows: Seq::ZERO,
            frame,
            hidden: None,
            change: Change::Nothing,
            key: None,
            sender: None,
        }
    }

    /// Who alone may see what it says; nobody if all may.
    #[inline]
    pub(crate) fn only_for(&self) -> Option<AccountId> {
        self.hidden.as_ref().map(|hidden| hidden.only_for)
    }

    /// Bytes that the entry takes, its place in the index included.
    fn weight(&self) -> usize {
        let hidden = self.hidden.as_ref().map_or(0, |hidden| hidden.frame.len() + size_of::<Hidden>());
        let key = self.key.as_ref().map_or(0, |_| 2 * size_of::<Key>() + size_of::<(Topic, Pos)>());
        self.frame.len() + hidden + key + size_of::<Self>() + 2 * size_of::<Pos>()
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Window {
    entries: VecDeque<Entry>,
    /// Position of the first entry; if there is none, the next position to come.
    first: Pos,
    /// Positions of each topic, but for keyed events that were replaced: who catches up meets the latest only.
    by_topic: HashMap<Topic, VecDeque<Pos>>,
    /// The last edit of each message of a topic, the only one that has its text. Not more than there are entries.
    edits: HashMap<(Topic, Seq), Pos>,
    /// The latest keyed events that are here. Not more than there are entries.
    latest: HashMap<(Topic, Key), Pos>,
    bytes: usize,
    bytes_max: usize,
    /// Not more than there are entries: each is forgotten with its own.
    erased: Vec<Erased>,
}

/// All messages of an account in a topic before a position lost their text. They may be so many that emptying them at once would
/// hold everybody up; so each is emptied when it is read.
#[derive(Debug)]
struct Erased {
    topic: Topic,
    pos: Pos,
    /// Who it was, as of then.
    sender: Arc<SenderCard>,
}

impl Window {
    /// An empty window after `head`.
    pub(crate) fn new(head: Pos, bytes_max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            first: head.next(),
            by_topic: HashMap::new(),
            edits: HashMap::new(),
            latest: HashMap::new(),
            bytes: 0,
            bytes_max,
            erased: Vec::new(),
        }
    }

    /// Position of the first entry: reads after the one before it can be answered from here.
    pub(crate) fn first(&self) -> Pos {
        self.first
    }

    /// Position of the last entry.
    pub(crate) fn tail(&self) -> Pos {
        Pos::new(self.first.get() + self.entries.len() as u64 - 1)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether everything after `pos` is here.
    pub(crate) fn reaches(&self, pos: Pos) -> bool {
        pos.next() >= self.first
    }

    /// The entry at `pos` for those who may see what it says.
    #[inline]
    pub(crate) fn frame(&self, pos: Pos, entry: &Entry) -> Frame {
        let frame = &entry.frame;
        if self.erased.is_empty() {
            return frame.clone();
        }
        let of_it = |erased: &&Erased| {
            erased.topic == entry.topic && pos < erased.pos && frame.is_text_of(erased.sender.id)
        };
        let erased = self.erased.iter().find(of_it);
        erased.and_then(|erased| frame.erased(&erased.sender)).unwrap_or_else(|| frame.clone())
    }

    #[inline]
    pub(crate) fn get(&self, pos: Pos) -> Option<&Entry> {
        let index = pos.get().checked_sub(self.first.get())?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// Whether no later event has taken the place of the one at `pos`.
    #[inline]
    pub(crate) fn is_latest(&self, pos: Pos, entry: &Entry) -> bool {
        match entry.key.as_deref() {
            None => true,
            Some(key) => self.latest.get(&(entry.topic, *key)) == Some(&pos),
        }
    }

    /// Appends the entry at the position after the tail. A deletion empties its target first, so that nobody who reads the
    /// deletion can still read the text. An edit gives it the present text, so that one reads the same here as in the store.
    pub(crate) fn append(&mut self, mut entry: Entry) {
        match entry.change {
            Change::Deleted { target } => self.change_text(entry.topic, target, |shown| {
                shown.frame = shown.frame.emptied()?;
                Some(())
            }),
            Change::Edited { .. } if breaks(Promise::SupersedeEdited) => {}
            Change::Edited { target } => {
                self.change_text(entry.topic, target, |shown| {
                    shown.frame = match shown.change {
                        Change::Edited { .. } => shown.frame.superseded()?,
                        _ => shown.frame.edited(&entry.frame)?,
                    };
                    if let (Some(hidden), None) = (&entry.hidden, &shown.hidden) {
                        let frame = shown.frame.hidden()?;
                        shown.hidden = Some(Box::new(Hidden { only_for: hidden.only_for, frame }));
                    }
                    Some(())
                });
                self.edits.insert((entry.topic, target), self.tail().next());
            }
            Change::Erased { ref sender } => {
                let (topic, pos) = (entry.topic, self.tail().next());
                self.erased.push(Erased { topic, pos, sender: Arc::clone(sender) });
            }
            _ => {}
        }
        let pos = self.tail().next();
        if let Some(key) = entry.key.as_deref() {
            if let Some(before) = self.latest.insert((entry.topic, *key), pos) {
                self.pass_over(entry.topic, before);
            }
            entry.seq = self.last_seq(entry.topic);
        }
        self.by_topic.entry(entry.topic).or_default().push_back(pos);
        self.push(entry);
    }

    /// Leaves the position after the tail to an event of which nothing can be read any more.
    pub(crate) fn skip(&mut self) {
        self.push(Entry::void());
    }

    fn push(&mut self, entry: Entry) {
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        while self.bytes > self.bytes_max
            && let Some(entry) = self.entries.pop_front()
        {
            let gone = self.first;
            self.bytes -= entry.weight();
            self.first = gone.next();
            if let Some(positions) = self.by_topic.get_mut(&entry.topic)
                && positions.front() == Some(&gone)
            {
                positions.pop_front();
                if positions.is_empty() {
                    self.by_topic.remove(&entry.topic);
                }
            }
            if let Some(key) = entry.key
                && self.latest.get(&(entry.topic, *key)) == Some(&gone)
            {
                self.latest.remove(&(entry.topic, *key));
            }
            match entry.change {
                Change::Erased { .. } => self.erased.retain(|erased| erased.pos >= self.first),
                Change::Edited { target } => {
                    let key = (entry.topic, target);
                    if self.edits.get(&key) == Some(&gone) {
                        self.edits.remove(&key);
                    }
                }
                _ => {}
            }
        }
    }

    /// Of a topic the event at `pos` was replaced. Whoever has it queued still finds it.
    fn pass_over(&mut self, topic: Topic, pos: Pos) {
        if let Some(positions) = self.by_topic.get_mut(&topic)
            && let Ok(at) = positions.binary_search(&pos)
        {
            positions.remove(at);
        }
    }

    /// The last row of a topic that is here.
    fn last_seq(&self, topic: Topic) -> Seq {
        let last = self.by_topic.get(&topic).and_then(|positions| positions.back());
        last.and_then(|pos| self.get(*pos)).map_or(Seq::ZERO, |entry| entry.seq)
    }

    /// Positions of a topic's entries after `after` and up to `end`, oldest first.
    pub(crate) fn positions(&self, topic: Topic, after: Pos, end: Pos) -> impl Iterator<Item = Pos> + '_ {
        let positions = self.by_topic.get(&topic);
        let from = positions.map_or(0, |positions| positions.partition_point(|&pos| pos <= after));
        positions
            .into_iter()
            .flat_map(move |positions| positions.range(from..))
            .copied()
            .take_while(move |&pos| pos <= end)
    }

    /// Changes each entry in which the text of a row of a topic is: its own, and its last edit.
    fn change_text(&mut self, topic: Topic, seq: Seq, change: impl Fn(&mut Entry) -> Option<()>) {
        let row = self.by_topic.get(&topic).and_then(|positions| {
            // Keyed events stand after the row that they came after.
            let at = positions.partition_point(|&pos| self.get(pos).is_some_and(|entry| entry.seq < seq));
            let pos = *positions.get(at)?;
            self.get(pos).filter(|entry| entry.seq == seq && entry.key.is_none()).map(|_| pos)
        });
        let edit = self.edits.get(&(topic, seq)).copied();
        for pos in row.into_iter().chain(edit) {
            let index = (pos.get() - self.first.get()) as usize;
            if let Some(entry) = self.entries.get_mut(index) {
                self.bytes -= entry.weight();
                change(entry);
                self.bytes += entry.weight();
            }
        }
    }
}
