//! The trait, answered by the writer and the readers.

use std::fmt;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use chinwag_chat::{Reply, Request, State, Subject, SubjectKind, Terms, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, ConversationId, DeviceId, Emoji, Event, InviteHash, Kind, Pos,
    Preferences, Problem, Sender, Seq, Slug, Timestamp, Username,
};
use parking_lot::RwLock;
use tokio::sync::{Mutex, oneshot};

use super::fitness::explain;
use super::log::{Log, SharedEpochs};
use super::opened::PostgresOpened;
use super::readers::Readers;
use super::writer::Writer;
use super::{PostgresOpenError, keyed, marks, members, page, presence, read, rulings};
use crate::batch::Rules;
use crate::queue::{Queue, QueueLimits, queue};
use crate::store::{beginning_with, rooms_beginning_with};
use crate::trouble::Trouble;
use crate::{
    AccountPage, AnyConversation, AnyRooms, Bans, ConversationRow, Credential, Device, Epochs, History,
    HistoryRange, InvitedRow, Invites, Limits, ListedRooms, MemberRow, Members, Page, Presence, Reactor,
    Receipts, Secrets, Sight, Store, StoreError, StoreMetrics, SyncPlace, Synced, Topics, Typist,
    UnseenGuests,
};

/// A database in use.
pub(super) struct PostgresStore {
    queue: Queue,
    readers: Readers,
    metrics: StoreMetrics,
    secrets: Secrets,
    epochs: SharedEpochs,
    trouble: Trouble,
    /// Told when the writer has ended; none once the store is closed.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(super) fn start(opened: PostgresOpened, rules: Rules) -> Result<Self, PostgresOpenError> {
        let PostgresOpened { address, options, mut driven, secrets, epochs, head } = opened;
        let metrics = StoreMetrics::default();
        let limits = QueueLimits {
            queue_requests: options.queue_requests,
            queue_bytes: options.queue_bytes,
            batch_requests: options.batch_requests,
            batch_bytes: options.batch_bytes,
        };
        let (queue, queued) = queue(limits, &metrics);
        let readers = Readers::new(address.clone(), options.clone(), metrics.damage_met.clone())
            .map_err(|failure| explain(&failure, &address, &options))?;
        let trouble = Trouble::new(&metrics);
        let epochs = Arc::new(RwLock::new(epochs));
        let (session, runtime) = (driven.session.take(), driven.runtime.take());
        let runtime = runtime
            .ok_or_else(|| PostgresOpenError::Thread(std::io::Error::other("its runtime has ended")))?;
        let log = Log {
            address,
            options,
            rules,
            epochs: Arc::clone(&epochs),
            session,
            state: State::at(head),
            published: head,
        };
        let writer =
            Writer { runtime, log, metrics: metrics.clone(), trouble: trouble.clone(), failing: None };
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                writer.run(&queued);
                // Without a receiver the store was dropped.
                let _ = end.send(());
            })
            .map_err(PostgresOpenError::Thread)?;
        Ok(Self { queue, readers, metrics, secrets, epochs, trouble, ended: Mutex::new(Some(ended)) })
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn submit(&self, request: Request) -> Result<Reply, Problem> {
        self.queue.submit(request).await
    }

    fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs.read())
    }

    async fn head(&self) -> Result<Pos, StoreError> {
        self.readers.read(|session| Box::pin(read::head(session))).await
    }

    async fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        self.readers.read(|session| Box::pin(read::recent(session, bytes))).await
    }

    async fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Result<Page, StoreError> {
        let accounts = accounts.to_vec();
        self.readers.read(|session| Box::pin(page::page(session, accounts.clone(), after, limits))).await
    }

    async fn topics(&self, account: AccountId) -> Result<Topics, StoreError> {
        self.readers.read(|session| Box::pin(read::topics(session, account))).await
    }

    async fn history(
        &self,
        account: AccountId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.readers
            .read(|session| Box::pin(read::history(session, account, conversation, range, limit)))
            .await
    }

    async fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<Option<History>, StoreError> {
        let seqs = seqs.to_vec();
        self.readers
            .read(|session| Box::pin(marks::messages(session, account, conversation, seqs.clone())))
            .await
    }

    async fn pins(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<History>, StoreError> {
        self.readers.read(|session| Box::pin(marks::pins(session, account, conversation))).await
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
        self.readers
            .read(|session| Box::pin(marks::reactors(session, account, message, after.clone(), limit)))
            .await
    }

    async fn sync(
        &self,
        account: AccountId,
        after: Option<SyncPlace>,
        limit: usize,
    ) -> Result<Synced, StoreError> {
        self.readers.read(|session| Box::pin(read::sync(session, account, after, limit))).await
    }

    async fn conversation(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        self.readers.read(|session| Box::pin(members::conversation(session, account, conversation))).await
    }

    async fn members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Members>, StoreError> {
        self.readers
            .read(|session| Box::pin(members::members(session, account, conversation, after, limit)))
            .await
    }

    async fn bans(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Bans>, StoreError> {
        self.readers
            .read(|session| Box::pin(members::bans(session, account, conversation, after, limit)))
            .await
    }

    async fn invites(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Invites>, StoreError> {
        self.readers.read(|session| Box::pin(members::invites(session, account, conversation))).await
    }

    async fn invited(&self, account: AccountId, token: InviteHash) -> Result<Option<InvitedRow>, StoreError> {
        self.readers.read(|session| Box::pin(members::invited(session, account, token))).await
    }

    async fn receipts(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Receipts>, StoreError> {
        self.readers.read(|session| Box::pin(members::receipts(session, account, conversation))).await
    }

    async fn received(
        &self,
        account: AccountId,
        after: Pos,
        until: Pos,
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        self.readers.read(|session| Box::pin(read::received(session, account, after, until))).await
    }

    async fn preferences(&self, account: AccountId) -> Result<(Preferences, u64), StoreError> {
        self.readers.read(|session| Box::pin(keyed::preferences(session, account))).await
    }

    async fn blocks(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<Sender>, StoreError> {
        self.readers.read(|session| Box::pin(read::blocks(session, account, after, limit))).await
    }

    async fn listed_rooms(
        &self,
        account: AccountId,
        after: Option<&Slug>,
        limit: usize,
    ) -> Result<ListedRooms, StoreError> {
        let after = after.map(Slug::key).unwrap_or_default();
        self.readers
            .read(|session| Box::pin(members::listed_rooms(session, account, after.clone(), limit)))
            .await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Actor>, StoreError> {
        self.readers.read(|session| Box::pin(read::session(session, token))).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountCard>, StoreError> {
        self.readers.read(|session| Box::pin(read::account(session, id))).await
    }

    async fn credential(&self, account: AccountId) -> Result<Option<Credential>, StoreError> {
        self.readers.read(|session| Box::pin(read::credential(session, account))).await
    }

    async fn credential_of(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        let username = username.clone();
        self.readers.read(|session| Box::pin(read::credential_of_username(session, username.clone()))).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.readers.read(|session| Box::pin(read::devices(session, account))).await
    }

    async fn unseen_devices(&self, since: Timestamp, limit: usize) -> Result<Vec<Actor>, StoreError> {
        self.readers.read(|session| Box::pin(read::unseen_devices(session, since, limit))).await
    }

    async fn unseen_guests(
        &self,
        since: Timestamp,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<UnseenGuests, StoreError> {
        self.readers.read(|session| Box::pin(read::unseen_guests(session, since, after, limit))).await
    }

    async fn removals(&self, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        self.readers.read(|session| Box::pin(read::removals(session, limit))).await
    }

    async fn place(&self, device: DeviceId) -> Result<Option<Pos>, StoreError> {
        self.readers.read(|session| Box::pin(read::place(session, device))).await
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
        self.readers
            .read(|session| {
                Box::pin(presence::sight(session, account, accounts.clone(), conversations.clone()))
            })
            .await
    }

    async fn typist(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Typist>, StoreError> {
        self.readers.read(|session| Box::pin(presence::typist(session, account, conversation))).await
    }

    async fn present_members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        among: &[AccountId],
    ) -> Result<Option<(Kind, Vec<Sender>)>, StoreError> {
        let among = among.to_vec();
        self.readers
            .read(|session| {
                Box::pin(presence::present_members(session, account, conversation, among.clone()))
            })
            .await
    }

    async fn forget_replaced(&self, below: Pos, until: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.queue.forget_replaced(below, until, limit).await
    }

    async fn ruling(&self, subject: Subject) -> Result<Option<Terms>, StoreError> {
        self.readers.read(|session| Box::pin(rulings::one(session, subject))).await
    }

    async fn rulings(
        &self,
        kind: SubjectKind,
        after: Option<Subject>,
        limit: usize,
    ) -> Result<Vec<(Subject, Terms)>, StoreError> {
        self.readers.read(|session| Box::pin(rulings::page(session, kind, after, limit))).await
    }

    async fn any_accounts(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.readers.read(|session| Box::pin(rulings::accounts(session, after, limit))).await
    }

    async fn any_usernames(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        let range = beginning_with(prefix, after);
        self.readers.read(|session| Box::pin(rulings::usernames(session, range.clone(), limit))).await
    }

    async fn any_rooms(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnyRooms, StoreError> {
        let ranges = rooms_beginning_with(prefix, after);
        self.readers.read(|session| Box::pin(rulings::rooms(session, ranges.clone(), limit))).await
    }

    async fn any_conversation(&self, id: ConversationId) -> Result<Option<AnyConversation>, StoreError> {
        self.readers.read(|session| Box::pin(rulings::conversation(session, id))).await
    }

    async fn any_members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<MemberRow>, StoreError> {
        self.readers.read(|session| Box::pin(rulings::members(session, id, after, limit))).await
    }

    async fn any_history(
        &self,
        id: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, StoreError> {
        self.readers.read(|session| Box::pin(rulings::history(session, id, range, limit))).await
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.now()
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    async fn close(&self) {
        self.queue.close();
        let mut ended = self.ended.lock().await;
        if let Some(ended) = ended.take() {
            // It ends without a word only if it panicked.
            let _ = ended.await;
        }
        self.readers.close();
    }
}
