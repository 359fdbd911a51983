//! The log and its tables.
//!
//! One trait, [`Store`], stands in front of every database. Its writer takes what has queued, loads the rows that the batch
//! names, runs the rules that it was handed, commits, and only then answers and publishes. It knows no rule of chat itself.

mod batch;
mod checksum;
mod codes;
#[cfg(feature = "conformance")]
pub mod conformance;
mod copy;
mod detail;
mod epoch;
mod filling;
mod history;
mod keyed;
mod marks;
mod metrics;
mod pause;
mod postgres;
mod queue;
mod sqlite;
mod store;
mod stored_conversation;
mod stored_event;
mod topic;
mod transfer;
mod trouble;

pub use copy::{Checked, CopyError};
pub use epoch::{Epoch, Epochs};
pub use history::{History, HistoryRange, Reactor, SeenMarks};
pub use metrics::StoreMetrics;
pub use postgres::{Postgres, PostgresOpenError, PostgresOpened, PostgresOptions};
pub use sqlite::{Compacted, OpenError, Opened, Sqlite, SqliteOptions};
pub use store::{
    AccountPage, Acquaintance, AnyConversation, AnyRooms, Bans, Clock, ConversationRow, Credential, Device,
    InviteRow, InvitedRow, Invites, Limits, ListedRoom, ListedRooms, MemberRow, Members, Page, PageEnd,
    Presence, ReceiptRow, Receipts, Secrets, Sight, Store, StoreError, SyncPlace, SyncRow, Synced, Tail,
    TopicHead, Topics, Typist, Unread, UnseenGuests,
};
pub use transfer::{MoveError, Moved, Place, move_store};
