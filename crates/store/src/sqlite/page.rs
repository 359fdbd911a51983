//! Catching up: what an account may see after a position, from all its topics in order of the log.

use std::collections::HashMap;

use chinwag_protocol::{AccountId, GapReason, Pos};
use rusqlite::Connection;

use super::columns::{bytes, integer, pos};
use super::events::{Events, text_bytes};
use super::failure::Result;
use super::read::{head, memberships};
use super::statements;
use crate::{Limits, Page, PageEnd};

pub(super) fn page(connection: &Connection, account: AccountId, after: Pos, limits: Limits) -> Result<Page> {
    let head = head(connection)?;
    let Some(missed) = missed(connection, account, after, head, limits.missed_events)? else {
        return Ok(gap(GapReason::TooMany, head));
    };
    let mut events = Events::new(connection);
    let mut page = Vec::with_capacity(missed.len().min(limits.events));
    let mut bytes = 0;
    for pos in &missed {
        let event = events.at(*pos)?;
        if page.is_empty() && event.at.as_millis() < limits.now.as_millis().saturating_sub(limits.missed_ms) {
            return Ok(gap(GapReason::TooOld, head));
        }
        bytes += text_bytes(&event);
        if !page.is_empty() && (page.len() >= limits.events || bytes > limits.bytes) {
            break;
        }
        page.push(event);
    }
    let end = match page.last() {
        Some(last) if page.len() < missed.len() => PageEnd::More(last.pos),
        _ => PageEnd::Head(head),
    };
    Ok(Page { events: page, end })
}

fn gap(reason: GapReason, head: Pos) -> Page {
    Page { events: Vec::new(), end: PageEnd::Gap(reason, head) }
}

/// How many rows of the log are read in the time that a search for one topic's end takes ([m] 0.17 µs and 1.4 µs).
const ROWS_PER_SEARCH: u64 = 8;

/// Positions of everything that the account may see after `after`, in order; `None` if there are more than `most`.
fn missed(
    connection: &Connection,
    account: AccountId,
    after: Pos,
    head: Pos,
    most: u64,
) -> Result<Option<Vec<Pos>>> {
    let log_rows = head.get().saturating_sub(after.get());
    if log_rows == 0 {
        return Ok(Some(Vec::new()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let memberships = memberships(connection, account)?;
    let number = memberships.len() as u64 + 1;
    let topics = memberships
        .into_iter()
        .map(|(conversation, membership)| (*conversation.as_bytes(), membership.since))
        .chain([(*account.as_bytes(), Pos::ZERO)]);
    if log_rows <= number * ROWS_PER_SEARCH {
        missed_in_log(connection, &topics.collect(), after, most)
    } else {
        missed_in_topics(connection, topics, after, most)
    }
}

/// Reads the log itself: for a short absence of an account with many conversations.
fn missed_in_log(
    connection: &Connection,
    topics: &HashMap<[u8; 16], Pos>,
    after: Pos,
    most: usize,
) -> Result<Option<Vec<Pos>>> {
    let mut statement = connection.prepare_cached(statements::TOPICS_AFTER)?;
    let mut rows = statement.query([integer(after.get())])?;
    let mut missed = Vec::new();
    while let Some(row) = rows.next()? {
        let pos = pos(row, 0)?;
        if topics.get(&bytes(row, 1, |topic: [u8; 16]| topic)?).is_some_and(|since| pos >= *since) {
            if missed.len() == most {
                return Ok(None);
            }
            missed.push(pos);
        }
    }
    Ok(Some(missed))
}

/// Reads each topic back from its end: most have nothing new, and their last row says so.
fn missed_in_topics(
    connection: &Connection,
    topics: impl Iterator<Item = ([u8; 16], Pos)>,
    after: Pos,
    most: usize,
) -> Result<Option<Vec<Pos>>> {
    let mut statement = connection.prepare_cached(statements::TOPIC_BACK)?;
    let mut missed = Vec::new();
    for (topic, since) in topics {
        let mut rows = statement.query([topic])?;
        while let Some(row) = rows.next()? {
            let pos = pos(row, 0)?;
            if pos <= after || pos < since {
                break;
            }
            if missed.len() == most {
                return Ok(None);
            }
            missed.push(pos);
        }
    }
    missed.sort_unstable();
    Ok(Some(missed))
}
