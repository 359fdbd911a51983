//! Catching up: what an account may see after a position, from all its topics in order of the log.

use chinwag_protocol::{AccountId, GapReason, Pos};

use super::columns::{optional_number, pos};
use super::events::{events, missing};
use super::failure::{Failure, Result};
use super::session::Session;
use super::statements;
use crate::codes::integer;
use crate::filling::{Filled, Filling};
use crate::{Limits, Page};

/// Rows that are read at a time; with the longest texts 16 MiB.
const SLICE: usize = 256;

/// What `account` may see after `after`, within `limits`.
pub(super) async fn page(session: &Session, account: AccountId, after: Pos, limits: Limits) -> Result<Page> {
    let most = i64::try_from(limits.missed_events).unwrap_or(i64::MAX);
    let (account, from) = (account.as_bytes().as_slice(), integer(after.get()));
    let rows = session.query(statements::MISSED, &[&account, &from, &most.saturating_add(1)]).await?;
    let first = rows.first().ok_or_else(|| Failure::damaged("head", "its row is missing"))?;
    let head = pos(first, 0)?;
    let mut missed = Vec::with_capacity(rows.len());
    for row in &rows {
        missed.extend(optional_number(row, 1)?.map(integer));
    }
    if missed.len() as u64 > limits.missed_events {
        return Ok(Page::gap(GapReason::TooMany, head));
    }
    missed.sort_unstable();
    let mut page = Filling::new(limits);
    for slice in missed.chunks(SLICE) {
        let rows = session.query(statements::EVENTS_AT, &[&slice]).await?;
        if rows.len() != slice.len() {
            return Err(missing(Pos::new(slice[0].unsigned_abs())));
        }
        for event in events(session, &rows).await? {
            match page.take(event) {
                Filled::Taken => {}
                Filled::Full => return Ok(page.end(head, true)),
                Filled::TooOld => return Ok(Page::gap(GapReason::TooOld, head)),
            }
        }
    }
    Ok(page.end(head, false))
}
