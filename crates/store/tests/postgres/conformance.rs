//! The PostgreSQL store keeps to what every store must do: with one writer, and with three on one database between which what is
//! asked changes all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chinwag_chat::{Decide, Reply, Request, Subject, SubjectKind, Terms, TokenHash};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, ConversationId, DeviceId, Emoji, Event, InviteHash, Kind, Pos,
    Preferences, Problem, Sender, Seq, Slug, Timestamp, Username,
};
use chinwag_store::conformance::Harness;
use chinwag_store::{
    AccountPage, AnyConversation, AnyRooms, Bans, Clock, ConversationRow, Credential, Device, Epochs,
    History, HistoryRange, InvitedRow, Invites, Limits, ListedRooms, MemberRow, Members, Page, Postgres,
    PostgresOptions, Presence, Reactor, Receipts, Secrets, Sight, Store, StoreError, StoreMetrics, SyncPlace,
    Synced, Tail, Topics, Typist, UnseenGuests,
};
use chinwag_test_postgres::{Database, shared};
use parking_lot::Mutex;

struct Writers {
    database: Mutex<Database>,
    number: usize,
}

impl Writers {
    fn new(number: usize) -> Self {
        Self { database: Mutex::new(shared().database()), number }
    }
}

#[async_trait]
impl Harness for Writers {
    async fn open(&self, decide: Decide, clock: Clock, tail: Arc<dyn Tail>) -> Arc<dyn Store> {
        let url = self.database.lock().url.clone();
        let open = |tail| {
            let opened = Postgres::open(&url, PostgresOptions::default()).unwrap();
            opened.start(decide, Arc::clone(&clock), tail).unwrap()
        };
        if self.number == 1 {
            return open(tail);
        }
        let head = Postgres::open(&url, PostgresOptions::default()).unwrap().head().unwrap();
        let first = Arc::new(First { tail, last: Mutex::new(head) });
        let stores = (0..self.number).map(|_| open(Arc::<First>::clone(&first))).collect();
        Arc::new(InTurn { stores, turn: AtomicUsize::new(0) })
    }

    async fn renew(&self) {
        *self.database.lock() = shared().database();
    }

    /// Making a database takes longer than a history.
    fn histories(&self) -> u64 {
        10
    }
}

/// Gives on what the first of several tails has got.
struct First {
    tail: Arc<dyn Tail>,
    last: Mutex<Pos>,
}

impl Tail for First {
    fn publish(&self, events: &[Event]) {
        let mut last = self.last.lock();
        let new: Vec<Event> = events.iter().filter(|event| event.pos > *last).cloned().collect();
        if let (Some(first), Some(end)) = (new.first(), new.last()) {
            assert_eq!(first.pos, last.next(), "a tail has a gap");
            self.tail.publish(&new);
            *last = end.pos;
        }
    }
}

/// Asks one store after another. Each read takes the next; what is sent in a row goes to one, so that it can be one batch.
#[derive(Debug)]
struct InTurn {
    stores: Vec<Arc<dyn Store>>,
    turn: AtomicUsize,
}

impl InTurn {
    fn now(&self) -> &dyn Store {
        &*self.stores[self.turn.load(Ordering::Relaxed) % self.stores.len()]
    }

    fn next(&self) -> &dyn Store {
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.now()
    }
}

#[async_trait]
impl Store for InTurn {
    async fn submit(&self, request: Request) -> Result<Reply, Problem> {
        self.now().submit(request).await
    }

    fn secrets(&self) -> &Secrets {
        self.now().secrets()
    }

    fn epochs(&self) -> Arc<Epochs> {
        self.now().epochs()
    }

    async fn head(&self) -> Result<Pos, StoreError> {
        self.next().head().await
    }

    async fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        self.next().recent(bytes).await
    }

    async fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Result<Page, StoreError> {
        self.next().page(accounts, after, limits).await
    }

    async fn topics(&self, account: AccountId) -> Result<Topics, StoreError> {
        self.next().topics(account).await
    }

    async fn history(
        &self,
        account: AccountId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.next().history(account, conversation, range, limit).await
    }

    async fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<Option<History>, StoreError> {
        self.next().messages(account, conversation, seqs).await
    }

    async fn pins(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<History>, StoreError> {
        self.next().pins(account, conversation).await
    }

    async fn reactors(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&(AccountId, Emoji)>,
        limit: usize,
    ) -> Result<Option<(Vec<Reactor>, bool)>, StoreError> {
        self.next().reactors(account, conversation, seq, after, limit).await
    }

    async fn sync(
        &self,
        account: AccountId,
        after: Option<SyncPlace>,
        limit: usize,
    ) -> Result<Synced, StoreError> {
        self.next().sync(account, after, limit).await
    }

    async fn conversation(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        self.next().conversation(account, conversation).await
    }

    async fn members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Members>, StoreError> {
        self.next().members(account, conversation, after, limit).await
    }

    async fn bans(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Bans>, StoreError> {
        self.next().bans(account, conversation, after, limit).await
    }

    async fn invites(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Invites>, StoreError> {
        self.next().invites(account, conversation).await
    }

    async fn invited(&self, account: AccountId, token: InviteHash) -> Result<Option<InvitedRow>, StoreError> {
        self.next().invited(account, token).await
    }

    async fn blocks(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<Sender>, StoreError> {
        self.next().blocks(account, after, limit).await
    }

    async fn listed_rooms(
        &self,
        account: AccountId,
        after: Option<&Slug>,
        limit: usize,
    ) -> Result<ListedRooms, StoreError> {
        self.next().listed_rooms(account, after, limit).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Actor>, StoreError> {
        self.next().session(token).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountCard>, StoreError> {
        self.next().account(id).await
    }

    async fn credential(&self, account: AccountId) -> Result<Option<Credential>, StoreError> {
        self.next().credential(account).await
    }

    async fn credential_of(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        self.next().credential_of(username).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.next().devices(account).await
    }

    async fn unseen_devices(&self, since: Timestamp, limit: usize) -> Result<Vec<Actor>, StoreError> {
        self.next().unseen_devices(since, limit).await
    }

    async fn unseen_guests(
        &self,
        since: Timestamp,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<UnseenGuests, StoreError> {
        self.next().unseen_guests(since, after, limit).await
    }

    async fn removals(&self, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        self.next().removals(limit).await
    }

    async fn place(&self, device: DeviceId) -> Result<Option<Pos>, StoreError> {
        self.next().place(device).await
    }

    async fn record_places(&self, places: &[(DeviceId, Pos)]) -> Result<(), StoreError> {
        self.next().record_places(places).await
    }

    async fn record_presences(&self, presences: &[Presence]) -> Result<(), StoreError> {
        self.next().record_presences(presences).await
    }

    async fn sight(
        &self,
        account: AccountId,
        accounts: &[AccountId],
        conversations: &[ConversationId],
    ) -> Result<Sight, StoreError> {
        self.next().sight(account, accounts, conversations).await
    }

    async fn typist(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Typist>, StoreError> {
        self.next().typist(account, conversation).await
    }

    async fn present_members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        among: &[AccountId],
    ) -> Result<Option<(Kind, Vec<Sender>)>, StoreError> {
        self.next().present_members(account, conversation, among).await
    }

    async fn forget_replaced(&self, below: Pos, until: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.next().forget_replaced(below, until, limit).await
    }

    async fn receipts(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Receipts>, StoreError> {
        self.next().receipts(account, conversation).await
    }

    async fn received(
        &self,
        account: AccountId,
        after: Pos,
        until: Pos,
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        self.next().received(account, after, until).await
    }

    async fn preferences(&self, account: AccountId) -> Result<(Preferences, u64), StoreError> {
        self.next().preferences(account).await
    }

    async fn ruling(&self, subject: Subject) -> Result<Option<Terms>, StoreError> {
        self.next().ruling(subject).await
    }

    async fn rulings(
        &self,
        kind: SubjectKind,
        after: Option<Subject>,
        limit: usize,
    ) -> Result<Vec<(Subject, Terms)>, StoreError> {
        self.next().rulings(kind, after, limit).await
    }

    async fn any_accounts(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.next().any_accounts(after, limit).await
    }

    async fn any_usernames(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.next().any_usernames(prefix, after, limit).await
    }

    async fn any_rooms(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnyRooms, StoreError> {
        self.next().any_rooms(prefix, after, limit).await
    }

    async fn any_conversation(&self, id: ConversationId) -> Result<Option<AnyConversation>, StoreError> {
        self.next().any_conversation(id).await
    }

    async fn any_members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<MemberRow>, StoreError> {
        self.next().any_members(id, after, limit).await
    }

    async fn any_history(
        &self,
        id: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, StoreError> {
        self.next().any_history(id, range, limit).await
    }

    fn trouble(&self) -> Option<String> {
        self.now().trouble()
    }

    fn metrics(&self) -> &StoreMetrics {
        self.now().metrics()
    }

    async fn close(&self) {
        for store in &self.stores {
            store.close().await;
        }
    }
}

chinwag_store::conformance_tests!(Writers::new(1));

mod three_writers {
    use super::Writers;

    chinwag_store::conformance_tests!(Writers::new(3));
}
