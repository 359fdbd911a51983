//! Records as lines of text, so that what is expected can be written down as a table.

use chinwag_client::{ClientError, EventReader};
use chinwag_protocol::{
    BlockChange, ConversationChange, ConversationId, DeviceChange, HistoryChange, HistoryPage, MemberChange,
    Record, Role, Seq,
};

use crate::server::within;

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Moderator => "moderator",
        Role::Member => "member",
        Role::ReadOnly => "reader",
    }
}

/// Names of conversations.
pub(crate) struct Rooms(pub(crate) Vec<(ConversationId, &'static str)>);

impl Rooms {
    fn name(&self, id: ConversationId) -> &'static str {
        self.0.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| name)
    }

    /// A record as a line. Of a message: room, `seq`, `n`, sender and text.
    pub(crate) fn line(&self, record: &Record) -> String {
        match record {
            Record::Message(message) => {
                let room = self.name(message.conversation);
                let (seq, n, name) = (message.seq, message.n, &message.sender.name);
                let deleted = if message.deleted { " (deleted)" } else { "" };
                let alone = if message.account.is_some() { " (for one)" } else { "" };
                format!("{room} {seq} #{n} {name}: {}{deleted}{alone}", message.text)
            }
            Record::Delete { conversation, seq, target, sender, .. } => {
                format!("{} {seq} {} deletes {target}", self.name(*conversation), sender.name)
            }
            Record::Edit { conversation, seq, target, sender, text, .. } => {
                format!("{} {seq} {} edits {target}: {text}", self.name(*conversation), sender.name)
            }
            Record::Reaction { conversation, seq, target, sender, emoji, on, .. } => {
                let what = if *on { "reacts to" } else { "takes back from" };
                format!("{} {seq} {} {what} {target}: {emoji}", self.name(*conversation), sender.name)
            }
            Record::Pin { conversation, seq, target, sender, pinned, .. } => {
                let what = if *pinned { "pins" } else { "unpins" };
                format!("{} {seq} {} {what} {target}", self.name(*conversation), sender.name)
            }
            Record::Erased { conversation, seq, sender, .. } => {
                format!("{} {seq} {} {} is erased", self.name(*conversation), sender.name, sender.version)
            }
            Record::Conversation { conversation, slug, change: ConversationChange::Created, .. } => {
                format!("{} created as {}", self.name(*conversation), slug.as_deref().unwrap_or_default())
            }
            Record::Member { conversation, change, role, from_seq, request, .. } => {
                let room = self.name(*conversation);
                let role = role.map_or("nobody", role_name);
                let request = if *request { ", a request" } else { "" };
                match (change, from_seq) {
                    (MemberChange::Joined, Some(from)) => {
                        format!("{room} joined as {role} from {from}{request}")
                    }
                    (MemberChange::Left, None) => format!("{room} left"),
                    (MemberChange::Removed, None) => format!("{room} removed"),
                    (MemberChange::Banned, None) => format!("{room} banned"),
                    (MemberChange::Unbanned, None) => format!("{room} unbanned"),
                    (MemberChange::Role, None) => format!("{room} now {role}"),
                    (MemberChange::Muted, None) => format!("{room} muted"),
                    (MemberChange::Unmuted, None) => format!("{room} unmuted"),
                    (MemberChange::Accepted, None) => format!("{room} accepted"),
                    other => format!("{room} {other:?}"),
                }
            }
            Record::Invite { conversation, change, .. } => {
                format!("{} invitation {change:?}", self.name(*conversation))
            }
            Record::Members { conversation, seq, actor, accounts, change, role, .. } => {
                let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
                let role = role.map(|role| format!(" {}", role_name(role))).unwrap_or_default();
                let (room, actor) = (self.name(*conversation), &actor.name);
                format!("{room} {seq} {actor} {change:?} {}{role}", names.join(" "))
            }
            Record::ConversationChanged { conversation, seq, actor, settings, .. } => {
                let (room, actor) = (self.name(*conversation), &actor.name);
                format!("{room} {seq} {actor} changes to v{} {}", settings.version, settings.title)
            }
            Record::Device { change: DeviceChange::Added, .. } => "device added".to_owned(),
            Record::Device { change: DeviceChange::Removed, .. } => "device removed".to_owned(),
            Record::Account { change, card, .. } => {
                format!("account {change:?} {} v{}", card.name, card.version)
            }
            Record::Block { change: BlockChange::Blocked, .. } => "blocked".to_owned(),
            Record::Block { change: BlockChange::Unblocked, .. } => "unblocked".to_owned(),
            Record::Marker { marker, .. } => format!("read up to {}", marker.read_seq),
            Record::Receipt { conversation, receipt, .. } => {
                format!("{} receipt {:?}", self.name(*conversation), receipt)
            }
            Record::Preferences { preferences, .. } => format!("{preferences:?}"),
            Record::ConversationSettings { settings, .. } => format!("{settings:?}"),
            Record::Draft { draft, .. } => format!("{draft:?}"),
            Record::Hello { .. } => "hello".to_owned(),
            Record::Heartbeat { heads, .. } => {
                let mut heads: Vec<String> = heads
                    .iter()
                    .map(|head| format!("{} {}", self.name(head.conversation), head.seq))
                    .collect();
                heads.sort();
                format!("heartbeat {}", heads.join(", "))
            }
            Record::Gap { reason, sync, .. } => format!("gap {reason:?} {sync}"),
            Record::AccountEnd { reason, .. } => format!("account ends {reason:?}"),
            Record::End { reason, reconnect_ms, .. } => format!("end {reason:?} {reconnect_ms:?}"),
            Record::Hidden { conversation, seq, .. } => format!("{} {seq} hidden", self.name(*conversation)),
            Record::Presence { status, .. } => format!("presence {status:?}"),
            Record::Typing { conversation, on, .. } => format!("{} typing {on}", self.name(*conversation)),
            Record::Present { conversation, count } => format!("{} {count} there", self.name(*conversation)),
            Record::Unknown => "unknown".to_owned(),
        }
    }

    /// A history page as lines, its bounds first.
    pub(crate) fn page(&self, page: &HistoryPage) -> Vec<String> {
        let bounds = format!("{} to {}", page.from_seq, page.to_seq);
        let messages = page.messages.iter().map(|message| {
            let deleted = if message.deleted { " (deleted)" } else { "" };
            let (seq, n, name) = (message.seq, message.n, &message.sender.name);
            (seq, format!("{seq} #{n} {name}: {}{deleted}", message.text))
        });
        let changes = page.changes.iter().map(|change| match change {
            HistoryChange::Members { seq, actor, accounts, change, .. } => {
                let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
                (*seq, format!("{seq} {} {change:?} {}", actor.name, names.join(" ")))
            }
            HistoryChange::ConversationChanged { seq, actor, settings, .. } => {
                (*seq, format!("{seq} {} changes to v{} {}", actor.name, settings.version, settings.title))
            }
            HistoryChange::Unknown => panic!("a change of an unknown type"),
        });
        let mut rows: Vec<(Seq, String)> = messages.chain(changes).collect();
        rows.sort();
        std::iter::once(bounds).chain(rows.into_iter().map(|(_, line)| line)).collect()
    }

    /// The next record that is not of the connection itself, and no receipt: those come when they come.
    pub(crate) async fn next(&self, reader: &mut EventReader) -> Result<String, ClientError> {
        loop {
            let record = within("a record", reader.next()).await?;
            if !matches!(record, Record::Hello { .. } | Record::Heartbeat { .. } | Record::Receipt { .. }) {
                return Ok(self.line(&record));
            }
        }
    }

    /// Reads so many records that are not of the connection itself.
    pub(crate) async fn read(&self, reader: &mut EventReader, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            lines.push(self.next(reader).await.expect("reading is not refused"));
        }
        lines
    }

    /// Reads until a record with this text comes, that one included.
    pub(crate) async fn read_until(&self, reader: &mut EventReader, last: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        while !lines.last().is_some_and(|line| line.ends_with(last)) {
            lines.push(self.next(reader).await.expect("reading is not refused"));
        }
        lines
    }
}

/// The lines of one room, which alone have an order among them.
pub(crate) fn of_room(lines: &[String], room: &str) -> Vec<String> {
    let of_room = lines.iter().filter(|line| line.split(' ').next() == Some(room));
    of_room.cloned().collect()
}
