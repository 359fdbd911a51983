//! Catching up: what an account may see after a position, from all its topics in order of the log.

use chinwag_protocol::{AccountId, GapReason, Pos};
use rusqlite::Connection;

use super::columns::pos;
use super::events::{Events, text_bytes};
use super::failure::Result;
use super::read::{head, memberships};
use super::statements;
use crate::{Limits, Page, PageEnd};

pub(super) fn page(connection: &Connection, account: AccountId, after: Pos, limits: Limits) -> Result<Page> {
    let head = head(connection)?;
    let Some(missed) = missed(connection, account, after, limits.missed_events)? else {
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

/// Positions of everything that the account may see after `after`, in order; `None` if there are more than `most`.
fn missed(connection: &Connection, account: AccountId, after: Pos, most: u64) -> Result<Option<Vec<Pos>>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut statement = connection.prepare_cached(statements::TOPIC_BACK)?;
    let mut missed = Vec::new();
    let mut add = |topic: &[u8; 16], since: Pos| -> Result<bool> {
        // From the topic's end: most topics have nothing new, and their first row says so.
        let mut rows = statement.query([topic])?;
        while let Some(row) = rows.next()? {
            let pos = pos(row, 0)?;
            if pos <= after || pos < since {
                break;
            }
            if missed.len() == most {
                return Ok(false);
            }
            missed.push(pos);
        }
        Ok(true)
    };
    if !add(account.as_bytes(), Pos::ZERO)? {
        return Ok(None);
    }
    for (conversation, membership) in memberships(connection, account)? {
        if !add(conversation.as_bytes(), membership.since)? {
            return Ok(None);
        }
    }
    missed.sort_unstable();
    Ok(Some(missed))
}
