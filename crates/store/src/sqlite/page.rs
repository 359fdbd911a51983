//! Catching up: what an account may see after a position, from all its topics in order of the log.

use chinwag_protocol::{AccountId, GapReason, Pos};
use chinwag_sabotage::{Promise, breaks};

use super::events::Events;
use super::failure::Result;
use super::read::memberships;
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use crate::filling::{Filled, Filling};
use crate::{Limits, Page};

/// What `account` may see after `after`, within `limits`.
///
/// Not inlined, so that `benches/instructions.rs` can count it.
#[inline(never)]
pub(super) fn page(snapshot: &Snapshot<'_>, account: AccountId, after: Pos, limits: Limits) -> Result<Page> {
    let head = snapshot.head();
    let Some(missed) = missed(snapshot, account, after, limits.missed_events)? else {
        return Ok(Page::gap(GapReason::TooMany, head));
    };
    let mut events = Events::new(snapshot);
    let mut page = Filling::with_capacity(limits, missed.len());
    for row in &missed {
        match page.take(events.at(row)?) {
            Filled::Taken => {}
            Filled::Full => return Ok(page.end(head, true)),
            Filled::TooOld => return Ok(Page::gap(GapReason::TooOld, head)),
        }
    }
    Ok(page.end(head, false))
}

/// The rows of everything that the account may see after `after`, in order of position; `None` if there are more than
/// `most`.
///
/// Most topics have nothing new. What memory remembers says so; beyond that each topic is read back from its end, and its
/// last row says so.
fn missed(
    snapshot: &Snapshot<'_>,
    account: AccountId,
    after: Pos,
    most: u64,
) -> Result<Option<Vec<TimelineRow>>> {
    if after >= snapshot.head() {
        return Ok(Some(Vec::new()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut ends = snapshot.ends()?;
    let mut missed = Vec::new();
    ends.after(account.as_bytes(), after, most, &mut missed)?;
    for (conversation, membership) in memberships(snapshot, account)? {
        if missed.len() > most {
            break;
        }
        // What stands at `since` is visible.
        let from = if breaks(Promise::ReplayPermission) { Pos::ZERO } else { membership.since.previous() };
        let after = after.max(from);
        ends.after(conversation.as_bytes(), after, most, &mut missed)?;
    }
    missed.sort_unstable_by_key(|row| row.pos);
    Ok((missed.len() <= most).then_some(missed))
}
