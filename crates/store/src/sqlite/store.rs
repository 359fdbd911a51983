//! The trait, answered by the writer and the readers.

use std::fmt;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use chinwag_chat::{Reply, Request, Subject, SubjectKind, Terms, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, ConversationId, DeviceId, Emoji, Event, InviteHash, Kind, Pos,
    Preferences, Problem, Sender, Seq, Slug, Timestamp, Username,
};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::wal::CheckpointMode;
use tokio::sync::{Mutex, oneshot};

use super::events::{Events, account_of};
use super::failure::Failure;
use super::keyed;
use super::lock::FolderLock;
use super::members;
use super::open::{OpenError, Opened, explain};
use super::page;
use super::presence;
use super::read;
use super::readers::Readers;
use super::recent::SharedRecent;
use super::rulings;
use super::snapshot::Snapshot;
use super::writer::{Shared, Writer};
use crate::batch::Rules;
use crate::queue::{Queue, QueueLimits, queue};
use crate::store::RECENT_OVERHEAD;
use crate::trouble::Trouble;
use crate::{
    AccountPage, AnyConversation, AnyRooms, Bans, ConversationRow, Credential, Device, Epochs, History,
    HistoryRange, InvitedRow, Invites, Limits, ListedRooms, MemberRow, Members, Page, Presence, Reactor,
    Receipts, Secrets, Sight, Store, StoreError, StoreMetrics, SyncPlace, Synced, Topics, Typist,
    UnseenGuests,
};

/// A data folder in use.
pub(super) struct SqliteStore {
    queue: Queue,
    readers: Readers,
    metrics: StoreMetrics,
    secrets: Secrets,
    epochs: Arc<Epochs>,
    trouble: Trouble,
    /// What the writer leaves behind when it has ended; none once the store is closed.
    left: Mutex<Option<oneshot::Receiver<Left>>>,
}

/// Given back by the writer, to be dropped in this order.
#[derive(Debug)]
struct Left {
    connection: Option<Connection>,
    _lock: FolderLock,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl SqliteStore {
    pub(super) fn start(opened: Opened, rules: Rules) -> Result<Self, OpenError> {
        let Opened { path, options, connection, secrets, epochs, lock } = opened;
        let metrics = StoreMetrics::default();
        let limits = QueueLimits {
            queue_requests: options.queue_requests,
            queue_bytes: options.queue_bytes,
            batch_requests: options.batch_requests,
            batch_bytes: options.batch_bytes,
        };
        let (queue, queued) = queue(limits, &metrics);
        let recent = SharedRecent::default();
        let readers = Readers::new(path.clone(), options.clone(), recent.clone(), metrics.damage_met.clone());
        let failed = |failure: Failure| explain(&path, failure);
        let trouble = Trouble::new(&metrics);
        let shared =
            Shared { metrics: metrics.clone(), readers: readers.clone(), recent, trouble: trouble.clone() };
        let writer = Writer::new(path.clone(), options, rules, connection, shared).map_err(failed)?;
        let (leave, left) = oneshot::channel();
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                let connection = writer.run(&queued);
                // Without a receiver the store was dropped, and so is this.
                drop(leave.send(Left { connection, _lock: lock }));
            })
            .map_err(OpenError::Thread)?;
        Ok(Self { queue, readers, metrics, secrets, epochs, trouble, left: Mutex::new(Some(left)) })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn submit(&self, request: Request) -> Result<Reply, Problem> {
        self.queue.submit(request).await
    }

    fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs)
    }

    async fn head(&self) -> Result<Pos, StoreError> {
        self.readers.read(|snapshot| Ok(snapshot.head())).await
    }

    async fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        let recent = move |snapshot: &Snapshot<'_>| {
            Events::new(snapshot).recent(snapshot.head(), bytes, RECENT_OVERHEAD)
        };
        self.readers.read(recent).await
    }

    async fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Result<Page, StoreError> {
        let accounts = accounts.to_vec();
        self.readers.read(move |snapshot| page::page(snapshot, &accounts, after, limits)).await
    }

    async fn topics(&self, account: AccountId) -> Result<Topics, StoreError> {
        self.readers.read(move |snapshot| read::topics(snapshot, account)).await
    }

    async fn history(
        &self,
        account: AccountId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        let history =
            move |snapshot: &Snapshot<'_>| read::history(snapshot, account, conversation, range, limit);
        self.readers.read(history).await
    }

    async fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<Option<History>, StoreError> {
        let seqs = seqs.to_vec();
        self.readers.read(move |snapshot| read::messages(snapshot, account, conversation, &seqs)).await
    }

    async fn pins(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<History>, StoreError> {
        self.readers.read(move |snapshot| read::pins(snapshot, account, conversation)).await
    }

    async fn reactors(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&(AccountId, Emoji)>,
        limit: usize,
    ) -> Result<Option<(Vec<Reactor>, bool)>, StoreError> {
        let after = after.cloned();
        let message = (conversation, seq);
        let read =
            move |snapshot: &Snapshot<'_>| read::reactors(snapshot, account, message, after.as_ref(), limit);
        self.readers.read(read).await
    }

    async fn sync(
        &self,
        account: AccountId,
        after: Option<SyncPlace>,
        limit: usize,
    ) -> Result<Synced, StoreError> {
        self.readers.read(move |snapshot| read::sync(snapshot, account, after, limit)).await
    }

    async fn conversation(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        self.readers.read(move |snapshot| members::conversation(snapshot, account, conversation)).await
    }

    async fn members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Members>, StoreError> {
        let members =
            move |snapshot: &Snapshot<'_>| members::members(snapshot, account, conversation, after, limit);
        self.readers.read(members).await
    }

    async fn bans(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Bans>, StoreError> {
        let bans =
            move |snapshot: &Snapshot<'_>| members::bans(snapshot, account, conversation, after, limit);
        self.readers.read(bans).await
    }

    async fn invites(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Invites>, StoreError> {
        self.readers.read(move |snapshot| members::invites(snapshot, account, conversation)).await
    }

    async fn invited(&self, account: AccountId, token: InviteHash) -> Result<Option<InvitedRow>, StoreError> {
        self.readers.read(move |snapshot| members::invited(snapshot, account, token)).await
    }

    async fn receipts(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Receipts>, StoreError> {
        self.readers.read(move |snapshot| members::receipts(snapshot, account, conversation)).await
    }

    async fn received(
        &self,
        account: AccountId,
        after: Pos,
        until: Pos,
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        self.readers.read(move |snapshot| read::received(snapshot, account, after, until)).await
    }

    async fn preferences(&self, account: AccountId) -> Result<(Preferences, u64), StoreError> {
        self.readers.read(move |snapshot| keyed::preferences(snapshot, account)).await
    }

    async fn blocks(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<Sender>, StoreError> {
        self.readers.read(move |snapshot| read::blocks(snapshot, account, after, limit)).await
    }

    async fn listed_rooms(
        &self,
        account: AccountId,
        after: Option<&Slug>,
        limit: usize,
    ) -> Result<ListedRooms, StoreError> {
        let after = after.map(Slug::key).unwrap_or_default();
        self.readers.read(move |snapshot| members::listed_rooms(snapshot, account, &after, limit)).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Actor>, StoreError> {
        self.readers.read(move |snapshot| read::session(snapshot, token)).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountCard>, StoreError> {
        self.readers.read(move |snapshot| account_of(snapshot, id)).await
    }

    async fn credential(&self, account: AccountId) -> Result<Option<Credential>, StoreError> {
        self.readers.read(move |snapshot| read::credential(snapshot, account)).await
    }

    async fn credential_of(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        let username = username.clone();
        self.readers.read(move |snapshot| read::credential_of_username(snapshot, &username)).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.readers.read(move |snapshot| read::devices(snapshot, account)).await
    }

    async fn unseen_devices(&self, since: Timestamp, limit: usize) -> Result<Vec<Actor>, StoreError> {
        self.readers.read(move |snapshot| read::unseen_devices(snapshot, since, limit)).await
    }

    async fn unseen_guests(
        &self,
        since: Timestamp,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<UnseenGuests, StoreError> {
        self.readers.read(move |snapshot| read::unseen_guests(snapshot, since, after, limit)).await
    }

    async fn removals(&self, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        self.readers.read(move |snapshot| read::removals(snapshot, limit)).await
    }

    async fn place(&self, device: DeviceId) -> Result<Option<Pos>, StoreError> {
        self.readers.read(move |snapshot| read::place(snapshot, device)).await
    }

    async fn record_places(&self, places: &[(DeviceId, Pos)]) -> Result<(), StoreError> {
        self.queue.record_places(places).await
    }

    async fn record_presences(&self, presences: &[Presence]) -> Result<(), StoreError> {
        self.queue.record_presences(presences).await
    }

    async fn sight(
        &self,
        account: AccountId,
        accounts: &[AccountId],
        conversations: &[ConversationId],
    ) -> Result<Sight, StoreError> {
        let (accounts, conversations) = (accounts.to_vec(), conversations.to_vec());
        self.readers.read(move |snapshot| presence::sight(snapshot, account, &accounts, &conversations)).await
    }

    async fn typist(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Typist>, StoreError> {
        self.readers.read(move |snapshot| presence::typist(snapshot, account, conversation)).await
    }

    async fn present_members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        among: &[AccountId],
    ) -> Result<Option<(Kind, Vec<Sender>)>, StoreError> {
        let among = among.to_vec();
        self.readers
            .read(move |snapshot| presence::present_members(snapshot, account, conversation, &among))
            .await
    }

    async fn forget_replaced(&self, below: Pos, until: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.queue.forget_replaced(below, until, limit).await
    }

    async fn ruling(&self, subject: Subject) -> Result<Option<Terms>, StoreError> {
        self.readers.read(move |snapshot| rulings::one(snapshot, &subject)).await
    }

    async fn rulings(
        &self,
        kind: SubjectKind,
        after: Option<Subject>,
        limit: usize,
    ) -> Result<Vec<(Subject, Terms)>, StoreError> {
        self.readers.read(move |snapshot| rulings::page(snapshot, kind, after.as_ref(), limit)).await
    }

    async fn any_accounts(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.readers.read(move |snapshot| rulings::accounts(snapshot, after, limit)).await
    }

    async fn any_usernames(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let read =
            move |snapshot: &Snapshot<'_>| rulings::usernames(snapshot, &prefix, after.as_deref(), limit);
        self.readers.read(read).await
    }

    async fn any_rooms(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnyRooms, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.readers.read(move |snapshot| rulings::rooms(snapshot, &prefix, after.as_deref(), limit)).await
    }

    async fn any_conversation(&self, id: ConversationId) -> Result<Option<AnyConversation>, StoreError> {
        self.readers.read(move |snapshot| rulings::conversation(snapshot, id)).await
    }

    async fn any_members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<MemberRow>, StoreError> {
        self.readers.read(move |snapshot| rulings::members(snapshot, id, after, limit)).await
    }

    async fn any_history(
        &self,
        id: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, StoreError> {
        self.readers.read(move |snapshot| rulings::history(snapshot, id, range, limit)).await
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.now()
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    async fn close(&self) {
        self.queue.close();
        let mut left = self.left.lock().await;
        let Some(left) = left.take() else { return };
        let left = left.await;
        self.readers.close().await;
        let finish = tokio::task::spawn_blocking(move || {
            let Ok(Left { connection: Some(connection), _lock }) = left else { return };
            let emptied = connection
                .wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE)
                // Now the last to close may remove the empty log.
                .and_then(|_| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false));
            if let Err(error) = emptied {
                // Nothing is lost: the next start does it.
                tracing::warn!(%error, "the write-ahead log could not be emptied at the end");
            }
        });
        drop(finish.await);
    }
}
