//! Catching up: what accounts may see after a position, from all their topics in order of the log.

use chinwag_protocol::{AccountId, GapReason, Pos};
use chinwag_sabotage::{Promise, breaks};

use super::columns::{optional_number, pos};
use super::events::{events, missing};
use super::failure::{Failure, Result};
use super::session::{Parameters, Session};
use super::statements;
use crate::codes::integer;
use crate::filling::{Filled, Filling};
use crate::{Limits, Page};

/// Rows that are read at a time; with the longest texts 16 MiB.
const SLICE: usize = 256;

/// What `accounts` may see after `after`, within `limits`.
pub(super) async fn page(
    session: &Session,
    accounts: Vec<AccountId>,
    after: Pos,
    limits: Limits,
) -> Result<Page> {
    let most = i64::try_from(limits.missed_events).unwrap_or(i64::MAX);
    let accounts: Vec<&[u8]> = accounts.iter().map(|account| account.as_bytes().as_slice()).collect();
    let from = integer(after.get());
    // What all of them read comes for each.
    let rows_max = most.saturating_add(1).saturating_mul(integer(accounts.len() as u64));
    let parameters: Parameters<'_> = &[&accounts, &from, &rows_max];
    let rows = if breaks(Promise::ReplayPermission) {
        let all = statements::MISSED.replace("greatest($2, since - 1)", "$2");
        session.once(&all, parameters).await?
    } else {
        session.query(statements::MISSED, parameters).await?
    };
    let first = rows.first().ok_or_else(|| Failure::damaged("head", "its row is missing"))?;
    let head = pos(first, 0)?;
    let mut missed = Vec::with_capacity(rows.len());
    for row in &rows {
        missed.extend(optional_number(row, 1)?.map(integer));
    }
    missed.sort_unstable();
    missed.dedup();
    if missed.len() as u64 > limits.missed_events {
        return Ok(Page::gap(GapReason::TooMany, head));
    }
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
