//! Breaks one promise by name, so that the tests can be seen to fail.
//!
//! A test that cannot fail proves nothing. With the Cargo feature `sabotage`, which no released build has, the environment
//! variable `CHINWAG_SABOTAGE` names one [`Promise`], and the code that keeps it does not. `tests/sabotage.toml` says for
//! each which test notices, and `tests/lib/sabotage.py` shows it.

macro_rules! promises {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What the code keeps, unless it is told not to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Promise {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// Each promise with its name in `CHINWAG_SABOTAGE`.
        pub const PROMISES: &[(&str, Promise)] = &[$(($name, Promise::$variant),)+];
    };
}

promises! {
    /// Whoever posts is a member.
    PostAsMember = "post-as-member",
    /// A message that follows another is stored after it.
    FollowsIsStored = "follows-is-stored",
    /// Another's message is deleted by the owner only.
    DeleteOwn = "delete-own",
    /// Another's message is edited by nobody.
    EditOwn = "edit-own",
    /// How far somebody has read never goes back.
    MarkerForward = "marker-forward",
    /// Of who wants no receipts, and in rooms, nobody is told how far they are.
    TellNoReceipts = "tell-no-receipts",
    /// A retry is stored once.
    StoredOnce = "stored-once",
    /// A timeline has no holes.
    NoHoles = "no-holes",
    /// A signed-out device changes nothing.
    SignedOutIsOut = "signed-out-is-out",
    /// An answer comes after the commit.
    CommitThenAnswer = "commit-then-answer",
    /// A commit is synced.
    Fsync = "fsync",
    /// Each row comes from memory into its table.
    FoldEveryRow = "fold-every-row",
    /// What is read from the store is what a member may see: nothing from before the membership.
    ReplayPermission = "replay-permission",
    /// What was stored by a commit whose answer was lost is published.
    PublishAfterFailure = "publish-after-failure",
    /// A device's place is kept.
    KeepPlaces = "keep-places",
    /// A deletion empties the row.
    EmptyDeleted = "empty-deleted",
    /// Nobody gets to see what a deleted account wrote, be it emptied yet or not.
    HideErased = "hide-erased",
    /// What a deleted account wrote is emptied.
    EmptyErased = "empty-erased",
    /// Each record that is due reaches the reader (broken for one in 1,000).
    DeliverEach = "deliver-each",
    /// A record is written once (broken for one in 1,000).
    DeliverOnce = "deliver-once",
    /// Records come in order (broken for one write in 100).
    KeepOrder = "keep-order",
    /// Who has left gets nothing more.
    LeftIsOut = "left-is-out",
    /// A text that was deleted while it waited is not sent.
    WithdrawDeleted = "withdraw-deleted",
    /// An edited message has its present text only.
    SupersedeEdited = "supersede-edited",
    /// Of an invisible account nothing is shown.
    HideInvisible = "hide-invisible",
    /// A reconnect shows nothing.
    KeepPresence = "keep-presence",
    /// A stream begins right after its cursor.
    ResumeAtCursor = "resume-at-cursor",
    /// A poll's cursor is not beyond its records.
    PollCursor = "poll-cursor",
    /// A peer that takes nothing is cut.
    CutStalled = "cut-stalled",
    /// The streams of a device that signs out end.
    EndSignedOut = "end-signed-out",
    /// An account that signs out leaves the streams and polls that it shares with others.
    PartSignedOut = "part-signed-out",
    /// A heartbeat comes.
    Heartbeat = "heartbeat",
    /// A gap is told.
    TellGap = "tell-gap",
    /// A token is void once its device has signed out.
    ForgetSessions = "forget-sessions",
    /// With a cookie, only pages of allowed origins do anything.
    CheckOrigin = "check-origin",
    /// A client that asks too often is told so.
    LimitRates = "limit-rates",
    /// A private answer is in no cache.
    NoStore = "no-store",
    /// Frames of clients are masked.
    Masked = "masked",
    /// Text is UTF-8.
    CheckUtf8 = "check-utf8",
    /// A cursor that was not made here is refused.
    RefuseForgedCursor = "refuse-forged-cursor",
}

/// Whether the promise is broken in this run.
#[inline]
pub fn breaks(promise: Promise) -> bool {
    #[cfg(feature = "sabotage")]
    let broken = chosen::promise() == Some(promise);
    #[cfg(not(feature = "sabotage"))]
    let broken = {
        let _ = promise;
        false
    };
    broken
}

/// Whether the promise is broken in this run, at this one of `number` occasions.
#[inline]
pub fn breaks_one_in(promise: Promise, number: u64) -> bool {
    #[cfg(feature = "sabotage")]
    let broken = breaks(promise) && chosen::occasion().is_multiple_of(number);
    #[cfg(not(feature = "sabotage"))]
    let broken = {
        let _ = (promise, number);
        false
    };
    broken
}

#[cfg(feature = "sabotage")]
mod chosen {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{PROMISES, Promise};

    pub(super) fn promise() -> Option<Promise> {
        static CHOSEN: OnceLock<Option<Promise>> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let name = std::env::var("CHINWAG_SABOTAGE").ok()?;
            match PROMISES.iter().find(|(known, _)| *known == name) {
                Some((_, promise)) => Some(*promise),
                None => panic!("CHINWAG_SABOTAGE names no promise: {name}"),
            }
        })
    }

    /// 1, 2, 3 …
    pub(super) fn occasion() -> u64 {
        static OCCASIONS: AtomicU64 = AtomicU64::new(1);
        OCCASIONS.fetch_add(1, Ordering::Relaxed)
    }
}
