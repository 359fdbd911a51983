//! Catching up: what accounts may see after a position, from all their topics in order of the log.

use chinwag_protocol::{AccountId, ConversationId, GapReason, Pos};
use chinwag_sabotage::{Promise, breaks};
use foldhash::{HashMap, HashMapExt};

use super::events::Events;
use super::failure::Result;
use super::keyed;
use super::read::memberships;
use super::recent::TimelineRow;
use super::snapshot::Snapshot;
use crate::filling::{Filled, Filling};
use crate::{Limits, Page};

/// What `accounts` may see after `after`, within `limits`.
///
/// Not inlined, so that `benches/instructions.rs` can count it.
#[inline(never)]
pub(super) fn page(
    snapshot: &Snapshot<'_>,
    accounts: &[AccountId],
    after: Pos,
    limits: Limits,
) -> Result<Page> {
    let head = snapshot.head();
    let Some(missed) = missed(snapshot, accounts, after, limits.missed_events)? else {
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

/// The rows of everything that one of the accounts may see after `after`, in order of position; `None` if there are more than
/// `most`.
///
/// Most topics have nothing new. What memory remembers says so; beyond that each topic is read back from its end, and its
/// last row says so.
fn missed(
    snapshot: &Snapshot<'_>,
    accounts: &[AccountId],
    after: Pos,
    most: u64,
) -> Result<Option<Vec<TimelineRow>>> {
    if after >= snapshot.head() {
        return Ok(Some(Vec::new()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut ends = snapshot.ends()?;
    let mut missed = Vec::new();
    for account in accounts {
        ends.after(account.as_bytes(), after, true, most, &mut missed)?;
    }
    for (conversation, (from, receipts)) in conversations(snapshot, accounts)? {
        if missed.len() > most {
            break;
        }
        let from = if breaks(Promise::ReplayPermission) { Pos::ZERO } else { from };
        let after = after.max(from);
        ends.after(conversation.as_bytes(), after, receipts, most, &mut missed)?;
    }
    missed.sort_unstable_by_key(|row| row.pos);
    Ok((missed.len() <= most).then_some(missed))
}

/// The accounts' conversations, each once, after which position one of them may see it, and whether one of them is told how far
/// others are: the keyed events there say nothing else.
fn conversations(
    snapshot: &Snapshot<'_>,
    accounts: &[AccountId],
) -> Result<HashMap<ConversationId, (Pos, bool)>> {
    let mut found: HashMap<ConversationId, (Pos, bool)> = HashMap::new();
    for account in accounts {
        let receipts = keyed::preferences(snapshot, *account)?.0.receipts;
        for (conversation, membership) in memberships(snapshot, *account)? {
            // What stands at `since` is visible.
            let from = membership.since.previous();
            let known = found.entry(conversation).or_insert((from, receipts));
            *known = (known.0.min(from), known.1 || receipts);
        }
    }
    Ok(found)
}
