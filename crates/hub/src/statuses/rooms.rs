//! How many are there, of rooms that somebody looks at.

use chinwag_protocol::{ConversationId, Record};

use super::{Changed, Due, Statuses, Table};
use crate::encode::Frame;

/// Those who look at a room are told so often at most.
const EVERY_MS: u64 = 5_000;
/// It is counted for so long after the last who looked, so that whoever polls finds it counted.
const KEPT_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Room {
    /// Shards in which somebody looks at it.
    watched_by: Vec<u16>,
    /// Since when in none.
    alone_since_ms: u64,
    /// What each shard says.
    counts: Vec<u32>,
    told: Option<(u64, u32)>,
    frame: Option<Frame>,
}

impl Room {
    fn total(&self) -> u32 {
        self.counts.iter().sum()
    }
}

impl Statuses {
    /// Somebody in the shard looks at the room.
    pub(crate) fn watch(&self, shard: u16, conversation: ConversationId) {
        let mut table = self.changing();
        let shards = table.marks.len();
        let is_new = !table.rooms.contains_key(&conversation);
        let room = table.rooms.entry(conversation).or_default();
        room.counts.resize(shards, 0);
        if !room.watched_by.contains(&shard) {
            room.watched_by.push(shard);
        }
        if is_new {
            table.mark(Changed::Watched(conversation));
        }
    }

    /// Nobody in the shard looks at the room any more.
    pub(crate) fn unwatch(&self, shard: u16, conversation: ConversationId, now_ms: u64) {
        let mut table = self.changing();
        let Some(room) = table.rooms.get_mut(&conversation) else { return };
        room.watched_by.retain(|&other| other != shard);
        if room.watched_by.is_empty() {
            room.alone_since_ms = now_ms;
            table.due.insert((now_ms + KEPT_MS, Due::Room(conversation)));
        }
    }

    /// Whether somebody looks at the room.
    pub(crate) fn is_watched(&self, conversation: ConversationId) -> bool {
        self.table.lock().rooms.contains_key(&conversation)
    }

    /// So many of a shard's own are in the room.
    pub(crate) fn count(&self, shard: u16, conversation: ConversationId, count: u32, now_ms: u64) {
        let mut table = self.changing();
        if let Some(room) = table.rooms.get_mut(&conversation) {
            room.counts[usize::from(shard)] = count;
            table.room_due(conversation, now_ms);
        }
    }

    /// How many are there.
    pub(crate) fn room_frame(&self, conversation: ConversationId) -> Option<Frame> {
        let mut table = self.table.lock();
        let room = table.rooms.get_mut(&conversation)?;
        let (_, count) = room.told?;
        let encode = || Frame::signal(&Record::Present { conversation, count });
        Some(room.frame.get_or_insert_with(encode).clone())
    }
}

impl Table {
    pub(super) fn room_due(&mut self, conversation: ConversationId, now_ms: u64) {
        let Some(room) = self.rooms.get_mut(&conversation) else { return };
        if room.watched_by.is_empty() && now_ms >= room.alone_since_ms + KEPT_MS {
            self.rooms.remove(&conversation);
            return self.mark(Changed::Watched(conversation));
        }
        let total = room.total();
        match room.told {
            Some((_, told)) if told == total => {}
            Some((told_ms, _)) if now_ms < told_ms + EVERY_MS => {
                self.due.insert((told_ms + EVERY_MS, Due::Room(conversation)));
            }
            _ => {
                room.told = Some((now_ms, total));
                room.frame = None;
                self.mark(Changed::Room(conversation));
            }
        }
    }
}
