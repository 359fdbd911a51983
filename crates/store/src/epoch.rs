//! Incarnations of the log: after a restore or a failover the same positions may mean other events.

use chinwag_protocol::{EpochTag, GapReason, Place, Pos};

/// One incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// Of its random id.
    pub tag: EpochTag,
    /// The first position written in it.
    pub first: Pos,
}

/// Every incarnation that this log descends from, oldest first; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs(Vec<Epoch>);

impl Epochs {
    /// Takes the rows of the epoch table in order of `first`; none if there is no row.
    pub fn new(epochs: Vec<Epoch>) -> Option<Self> {
        (!epochs.is_empty()).then_some(Self(epochs))
    }

    /// The place at `pos`, for a cursor: the incarnation in which `pos` was written. Equal positions give equal places.
    pub fn place(&self, pos: Pos) -> Place {
        let epoch = self.0.iter().rev().find(|epoch| epoch.first <= pos).unwrap_or(&self.0[0]);
        Place { epoch: epoch.tag, pos }
    }

    /// The position that a place still stands for, `head` being the last position of the log; else why there is none.
    ///
    /// A place is good if its epoch is known and its position lies before the next epoch's first: what was written after
    /// the point that a database was restored to is not in this log.
    pub fn pos(&self, place: Place, head: Pos) -> Result<Pos, GapReason> {
        let at = self.0.iter().position(|epoch| epoch.tag == place.epoch).ok_or(GapReason::UnknownEpoch)?;
        let end = self.0.get(at + 1).map_or(head.next(), |next| next.first);
        if place.pos < end { Ok(place.pos) } else { Err(GapReason::Ahead) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(rows: &[(u8, u64)]) -> Epochs {
        let rows =
            rows.iter().map(|&(tag, first)| Epoch { tag: EpochTag::of([tag; 16]), first: Pos::new(first) });
        Epochs::new(rows.collect()).unwrap()
    }

    #[test]
    fn a_place_survives_a_new_epoch_unless_it_was_lost() {
        let before = epochs(&[(7, 1)]);
        let kept = before.place(Pos::new(100));
        let lost = before.place(Pos::new(101));
        // Restored to 100; the next incarnation begins at 101.
        let after = epochs(&[(7, 1), (8, 101)]);
        let head = Pos::new(150);
        assert_eq!(after.pos(kept, head), Ok(Pos::new(100)));
        assert_eq!(after.pos(lost, head), Err(GapReason::Ahead));
        assert_eq!(after.pos(after.place(Pos::new(101)), head), Ok(Pos::new(101)));
        assert_eq!(after.pos(after.place(head), head), Ok(head));
        assert_eq!(after.pos(after.place(head.next()), head), Err(GapReason::Ahead));
        assert_eq!(before.pos(after.place(head), head), Err(GapReason::UnknownEpoch));
    }

    #[test]
    fn an_empty_log_has_a_place() {
        let epochs = epochs(&[(7, 1)]);
        let place = epochs.place(Pos::ZERO);
        assert_eq!(epochs.pos(place, Pos::ZERO), Ok(Pos::ZERO));
    }
}
