//! Accounts that were away while others wrote, some of it to them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::{Actor, Pos};
use nix::time::{ClockId, clock_gettime};
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use crate::fill::{FillError, Filling, Room, slug};

/// Times that the rows are read for the floor.
const FLOOR_ROUNDS: u32 = 20;

/// How large an absence is.
#[derive(Debug, Clone, Copy)]
pub struct Absence {
    /// Conversations that each account is in.
    pub conversations: usize,
    /// Messages that each misses.
    pub missed: usize,
    /// Conversations in which these are.
    pub missed_in: usize,
}

/// Accounts that are all in the same conversations.
#[derive(Debug)]
pub struct Away {
    /// Each with its token.
    pub accounts: Vec<(Actor, String)>,
    absence: Absence,
    /// Those in which something will be missed; somebody else writes there.
    rooms: Arc<[Room]>,
}

/// What was missed.
#[derive(Debug)]
pub struct Missed {
    /// The last position before.
    pub after: Pos,
    /// Where the messages stand, in order.
    pub positions: Vec<Pos>,
}

impl Away {
    /// Makes `count` accounts, and lets them join their conversations.
    pub async fn make(filling: &Filling, count: usize, absence: Absence) -> Result<Self, FillError> {
        let mut accounts = Vec::with_capacity(count);
        for _ in 0..count {
            accounts.push(filling.new_guest().await?);
        }
        let actors: Arc<[Actor]> = accounts.iter().map(|(actor, _)| *actor).collect();
        filling
            .each(count * absence.conversations, move |filling, number| {
                let actor = actors[number / absence.conversations];
                async move {
                    filling.join(actor, slug(&format!("away-{}", number % absence.conversations))?).await?;
                    Ok(())
                }
            })
            .await?;
        let (writer, _) = filling.new_guest().await?;
        let mut rooms = Vec::with_capacity(absence.missed_in);
        for number in 0..absence.missed_in {
            // Spread over all of them.
            let name = slug(&format!("away-{}", number * (absence.conversations / absence.missed_in)))?;
            let conversation = filling.join(writer, name).await?;
            rooms.push(Room { conversation, members: [writer, writer] });
        }
        Ok(Self { accounts, absence, rooms: rooms.into() })
    }

    /// Posts what they miss.
    pub async fn miss(&self, filling: &Filling) -> Result<Missed, FillError> {
        let after = filling.head().await?;
        let positions = Arc::new(Mutex::new(Vec::with_capacity(self.absence.missed)));
        let (rooms, all) = (Arc::clone(&self.rooms), Arc::clone(&positions));
        filling
            .each(self.absence.missed, move |filling, number| {
                let (rooms, all) = (Arc::clone(&rooms), Arc::clone(&all));
                async move {
                    // So that messages of one conversation do not lie side by side.
                    let room = &rooms[number * 37 % rooms.len()];
                    let pos = filling.say(room, 0, number as u64).await?;
                    all.lock().push(pos);
                    Ok(())
                }
            })
            .await?;
        let mut positions = std::mem::take(&mut *positions.lock());
        positions.sort_unstable();
        Ok(Missed { after, positions })
    }
}

impl Missed {
    /// The floor: CPU that SQLite needs for reading just these rows by their keys, from memory.
    pub fn bare_read(&self, folder: &Path) -> Result<Duration, FillError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(folder.join("chinwag.db"), flags)?;
        let mut statement = database
            .prepare("SELECT topic, seq, at, sender, n, client_id, text FROM event WHERE pos = ?1")?;
        let mut before = Duration::ZERO;
        for round in 0..=FLOOR_ROUNDS {
            if round == 1 {
                before = thread_cpu()?;
            }
            for pos in &self.positions {
                statement.query_row([pos.get().cast_signed()], |row| {
                    let key: (Vec<u8>, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let rest: (Vec<u8>, i64, Vec<u8>, String) =
                        (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
                    std::hint::black_box((key, rest));
                    Ok(())
                })?;
            }
        }
        Ok((thread_cpu()? - before) / FLOOR_ROUNDS)
    }
}

fn thread_cpu() -> std::io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}
