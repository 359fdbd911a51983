//! A whole server with data of its own, on a port of its own.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use chinwag_chat::{Reply, Request, Subject, SubjectKind, Terms, TokenHash};
use chinwag_gateway::{AddressBans, AdminToken, Gateway, GatewayOptions, Sessions};
use chinwag_hub::{Hub, HubOptions, Publisher};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Code, ConversationId, CursorCipher, DeviceId, Emoji, Event, InviteHash,
    Kind, Pos, Preferences, Problem, Sender, Seq, Slug, Timestamp, Username,
};
use chinwag_store::{
    AccountPage, AnyConversation, AnyRooms, Bans, Clock, ConversationRow, Credential, Device, Epochs,
    History, HistoryRange, InvitedRow, Invites, Limits, ListedRooms, MemberRow, Members, Page, Presence,
    Reactor, Receipts, Secrets, Sight, Store, StoreError, StoreMetrics, SyncPlace, Synced, Tail, Topics,
    Typist, UnseenGuests,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::data::Data;
use crate::wire::{Answer, Wire};

/// What lets the tests run the server.
pub(crate) const ADMIN_TOKEN: &str = "an-admin-token-that-only-tests-know";

/// What a test may change.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) gateway: GatewayOptions,
    pub(crate) hub: HubOptions,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) hub: Hub,
    pub(crate) store: Arc<Faulty>,
    /// What was given to guests.
    secrets: Mutex<Vec<String>>,
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
    serving_admin: JoinHandle<()>,
    _folder: Option<TempDir>,
}

/// The store's tail: first the hub, then what the gateway remembers.
struct Chain(Arc<Publisher>, Arc<Sessions>, Arc<AddressBans>);

impl Tail for Chain {
    fn publish(&self, events: &[Event]) {
        self.0.publish(events);
        self.1.publish(events);
        self.2.publish(events);
    }

    fn enter(&self, epochs: &Arc<Epochs>) {
        self.0.enter(epochs);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It would serve on, with the store's connections, until the test ends. What serves the chat ends with `running`.
        self.serving_admin.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        setup.gateway.drain = Duration::from_secs(3);
        setup.gateway.admin_token = Some(AdminToken::of(ADMIN_TOKEN));
        // They come when they come: whoever wants to see some says so.
        setup.hub.receipts_every = Duration::from_secs(3_600);
        change(&mut setup);
        let clock: Clock = Arc::new(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            Timestamp::from_millis(now.as_millis() as i64)
        });
        let data = Data::new(setup.hub.window_bytes_max);
        let cipher = CursorCipher::new(data.cursor);
        let publisher = Publisher::new(cipher, data.epochs, data.head, &data.recent, &setup.hub);
        let sessions = Sessions::new();
        let bans = AddressBans::new();
        let tail = Arc::new(Chain(publisher.clone(), sessions.clone(), bans.clone()));
        let store = (data.start)(clock.clone(), tail);
        let store = Arc::new(Faulty {
            store,
            fault: AtomicU8::new(0),
            refusal: Mutex::new(None),
            held: Notify::new(),
            let_go: Notify::new(),
        });
        let hub = Hub::start(publisher, store.clone(), &clock, setup.hub);
        let gateway = Gateway::new(store.clone(), hub.clone(), sessions, bans, clock, setup.gateway);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let admin_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, admin) = (listener.local_addr().unwrap(), admin_listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let chat = gateway.clone();
        let serving = tokio::spawn(async move {
            chat.serve(listener, async {
                let _ = stopped.await;
            })
            .await;
        });
        let serving_admin =
            tokio::spawn(async move { gateway.serve_admin(admin_listener, std::future::pending()).await });
        Self {
            address,
            admin,
            hub,
            store,
            secrets: Mutex::default(),
            running: Mutex::new(Some((stop, serving))),
            serving_admin,
            _folder: data.folder,
        }
    }

    /// The server's own origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// One request on a connection of its own. Lines are `name: value`.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        lines: &[&str],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut wire = self.connect().await;
        wire.ask(method, path, lines, body).await
    }

    /// The same with a JSON body and a token.
    pub(crate) async fn json(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("authorization: Bearer {token}");
        let mut lines = vec![bearer.as_str()];
        if !body.is_empty() {
            lines.push("content-type: application/json");
        }
        self.ask(method, path, &lines, body).await
    }

    /// A request of whoever runs the server; the body is JSON.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: &str) -> Answer {
        self.admin_as(ADMIN_TOKEN, method, path, body).await
    }

    /// The same of whoever has this token.
    pub(crate) async fn admin_as(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("authorization: Bearer {token}");
        let mut lines = vec![bearer.as_str()];
        if !body.is_empty() {
            lines.push("content-type: application/json");
        }
        Wire::connect(self.admin).await.ask(method, path, &lines, body).await
    }

    /// What those who run the server do, and what must work.
    pub(crate) async fn operate(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let answer = self.admin(method, path, body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        if answer.status == 204 { serde_json::Value::Null } else { answer.json() }
    }

    /// A new key of a program.
    pub(crate) async fn key(&self, name: &str) -> String {
        let body = serde_json::json!({"name": name}).to_string();
        let key = self.operate("POST", "/admin/v1/keys", &body).await["key"].as_str().unwrap().to_owned();
        self.secrets.lock().unwrap().push(key.clone());
        key
    }

    /// A new guest's token.
    pub(crate) async fn guest(&self, name: &str) -> String {
        let body = format!("{{\"name\":\"{name}\"}}");
        let answer = self.ask("POST", "/v1/guests", &["content-type: application/json"], &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let token = answer.field("token");
        self.secrets.lock().unwrap().push(token.clone());
        token
    }

    /// Every token and cookie that this has given out.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.secrets.lock().unwrap().clone()
    }

    /// A new guest's cookie, as it is sent back.
    pub(crate) async fn cookie(&self, name: &str) -> String {
        let body = format!("{{\"name\":\"{name}\",\"session\":\"cookie\"}}");
        let answer = self.ask("POST", "/v1/guests", &["content-type: application/json"], &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap();
        let pair = cookie.split_once(';').unwrap().0;
        self.secrets.lock().unwrap().push(pair.split_once('=').unwrap().1.to_owned());
        format!("cookie: {pair}")
    }

    /// Opens a room; gives its id and the cursor.
    pub(crate) async fn room(&self, token: &str, slug: &str) -> (String, String) {
        let answer = self.json(token, "PUT", &format!("/v1/rooms/{slug}"), "").await;
        assert!(answer.status < 300, "{}", answer.text());
        let json = answer.json();
        (json["conversation"]["id"].as_str().unwrap().to_owned(), json["cursor"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn send(&self, token: &str, room: &str, text: &str) -> Answer {
        let id = uuid::Uuid::now_v7();
        let body = format!("{{\"client_id\":\"{id}\",\"text\":\"{text}\"}}");
        self.json(token, "POST", &format!("/v1/conversations/{room}/messages"), &body).await
    }

    /// Begins to stop; the future ends when the server has.
    pub(crate) fn stop(&self) -> impl Future<Output = ()> + use<> {
        let (stop, serving) = self.running.lock().unwrap().take().unwrap();
        stop.send(()).unwrap();
        async { serving.await.unwrap() }
    }
}

/// The real store, until told otherwise.
#[derive(Debug)]
pub(crate) struct Faulty {
    store: Arc<dyn Store>,
    fault: AtomicU8,
    /// What the next request is refused with.
    refusal: Mutex<Option<Problem>>,
    /// Something waits to be let go.
    pub(crate) held: Notify,
    pub(crate) let_go: Notify,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Fault {
    Nothing,
    Database,
    Damaged,
    /// The next session is told late.
    LateSession,
    /// Memberships have ended since they were last looked at.
    Left,
    /// The next `sync` waits until it is let go.
    HeldSync,
    /// The next page of a timeline waits until it is let go.
    HeldHistory,
}

impl Faulty {
    pub(crate) fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::Relaxed);
    }

    /// Refuses the next request, as the rules would.
    pub(crate) fn refuse(&self, problem: Problem) {
        *self.refusal.lock().unwrap() = Some(problem);
    }

    /// Waits to be let go, if that is what goes wrong.
    async fn hold(&self, fault: Fault) {
        if self.fault.load(Ordering::Relaxed) == fault as u8 {
            self.set(Fault::Nothing);
            self.held.notify_one();
            self.let_go.notified().await;
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.fault.load(Ordering::Relaxed) {
            1 => Err(StoreError::Database("the disk is on fire".into())),
            2 => Err(StoreError::Damaged { place: "message 7".into(), what: "is no message".into() }),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn submit(&self, request: Request) -> Result<Reply, Problem> {
        if let Some(problem) = self.refusal.lock().unwrap().take() {
            return Err(problem);
        }
        match self.fault.load(Ordering::Relaxed) {
            1 => Err(Problem::unavailable()),
            2 => Err(Problem::new(Code::Internal, "The disk makes no sense.")),
            _ => self.store.submit(request).await,
        }
    }

    fn secrets(&self) -> &Secrets {
        self.store.secrets()
    }

    fn epochs(&self) -> Arc<Epochs> {
        self.store.epochs()
    }

    fn trouble(&self) -> Option<String> {
        self.store.trouble()
    }

    fn metrics(&self) -> &StoreMetrics {
        self.store.metrics()
    }

    async fn head(&self) -> Result<Pos, StoreError> {
        self.check()?;
        self.store.head().await
    }

    async fn recent(&self, bytes: usize) -> Result<Vec<Event>, StoreError> {
        self.store.recent(bytes).await
    }

    async fn page(&self, accounts: &[AccountId], after: Pos, limits: Limits) -> Result<Page, StoreError> {
        self.check()?;
        self.store.page(accounts, after, limits).await
    }

    async fn topics(&self, account: AccountId) -> Result<Topics, StoreError> {
        self.check()?;
        self.store.topics(account).await
    }

    async fn history(
        &self,
        account: AccountId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.check()?;
        if self.fault.load(Ordering::Relaxed) == Fault::Left as u8 {
            return Ok(None);
        }
        self.hold(Fault::HeldHistory).await;
        self.store.history(account, conversation, range, limit).await
    }

    async fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<Option<History>, StoreError> {
        self.check()?;
        self.store.messages(account, conversation, seqs).await
    }

    async fn pins(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<History>, StoreError> {
        self.check()?;
        self.store.pins(account, conversation).await
    }

    async fn reactors(
        &self,
        account: AccountId,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&(AccountId, Emoji)>,
        limit: usize,
    ) -> Result<Option<(Vec<Reactor>, bool)>, StoreError> {
        self.check()?;
        self.store.reactors(account, conversation, seq, after, limit).await
    }

    async fn sync(
        &self,
        account: AccountId,
        after: Option<SyncPlace>,
        limit: usize,
    ) -> Result<Synced, StoreError> {
        self.check()?;
        self.hold(Fault::HeldSync).await;
        self.store.sync(account, after, limit).await
    }

    async fn conversation(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        self.check()?;
        if self.fault.load(Ordering::Relaxed) == Fault::Left as u8 {
            return Ok(None);
        }
        self.store.conversation(account, conversation).await
    }

    async fn members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Members>, StoreError> {
        self.check()?;
        self.store.members(account, conversation, after, limit).await
    }

    async fn bans(
        &self,
        account: AccountId,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Option<Bans>, StoreError> {
        self.check()?;
        self.store.bans(account, conversation, after, limit).await
    }

    async fn invites(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Invites>, StoreError> {
        self.check()?;
        self.store.invites(account, conversation).await
    }

    async fn invited(&self, account: AccountId, token: InviteHash) -> Result<Option<InvitedRow>, StoreError> {
        self.check()?;
        self.store.invited(account, token).await
    }

    async fn blocks(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<Sender>, StoreError> {
        self.check()?;
        self.store.blocks(account, after, limit).await
    }

    async fn listed_rooms(
        &self,
        account: AccountId,
        after: Option<&Slug>,
        limit: usize,
    ) -> Result<ListedRooms, StoreError> {
        self.check()?;
        self.store.listed_rooms(account, after, limit).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Actor>, StoreError> {
        self.check()?;
        let session = self.store.session(token).await;
        if self.fault.compare_exchange(3, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        session
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountCard>, StoreError> {
        self.check()?;
        self.store.account(id).await
    }

    async fn credential(&self, account: AccountId) -> Result<Option<Credential>, StoreError> {
        self.check()?;
        self.store.credential(account).await
    }

    async fn credential_of(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        self.check()?;
        self.store.credential_of(username).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.check()?;
        self.store.devices(account).await
    }

    async fn unseen_devices(&self, since: Timestamp, limit: usize) -> Result<Vec<Actor>, StoreError> {
        self.check()?;
        self.store.unseen_devices(since, limit).await
    }

    async fn unseen_guests(
        &self,
        since: Timestamp,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<UnseenGuests, StoreError> {
        self.store.unseen_guests(since, after, limit).await
    }

    async fn removals(&self, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        self.store.removals(limit).await
    }

    async fn place(&self, device: DeviceId) -> Result<Option<Pos>, StoreError> {
        self.store.place(device).await
    }

    async fn forget_replaced(&self, below: Pos, until: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.store.forget_replaced(below, until, limit).await
    }

    async fn receipts(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Receipts>, StoreError> {
        self.check()?;
        self.store.receipts(account, conversation).await
    }

    async fn received(
        &self,
        account: AccountId,
        after: Pos,
        until: Pos,
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        self.store.received(account, after, until).await
    }

    async fn preferences(&self, account: AccountId) -> Result<(Preferences, u64), StoreError> {
        self.check()?;
        self.store.preferences(account).await
    }

    async fn record_places(&self, places: &[(DeviceId, Pos)]) -> Result<(), StoreError> {
        self.store.record_places(places).await
    }

    async fn record_presences(&self, presences: &[Presence]) -> Result<(), StoreError> {
        self.check()?;
        self.store.record_presences(presences).await
    }

    async fn sight(
        &self,
        account: AccountId,
        accounts: &[AccountId],
        conversations: &[ConversationId],
    ) -> Result<Sight, StoreError> {
        self.check()?;
        self.store.sight(account, accounts, conversations).await
    }

    async fn typist(
        &self,
        account: AccountId,
        conversation: ConversationId,
    ) -> Result<Option<Typist>, StoreError> {
        self.check()?;
        self.store.typist(account, conversation).await
    }

    async fn present_members(
        &self,
        account: AccountId,
        conversation: ConversationId,
        among: &[AccountId],
    ) -> Result<Option<(Kind, Vec<Sender>)>, StoreError> {
        self.check()?;
        self.store.present_members(account, conversation, among).await
    }

    async fn ruling(&self, subject: Subject) -> Result<Option<Terms>, StoreError> {
        self.check()?;
        self.store.ruling(subject).await
    }

    async fn rulings(
        &self,
        kind: SubjectKind,
        after: Option<Subject>,
        limit: usize,
    ) -> Result<Vec<(Subject, Terms)>, StoreError> {
        self.check()?;
        self.store.rulings(kind, after, limit).await
    }

    async fn any_accounts(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.check()?;
        self.store.any_accounts(after, limit).await
    }

    async fn any_usernames(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AccountPage<AccountCard>, StoreError> {
        self.check()?;
        self.store.any_usernames(prefix, after, limit).await
    }

    async fn any_rooms(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnyRooms, StoreError> {
        self.check()?;
        self.store.any_rooms(prefix, after, limit).await
    }

    async fn any_conversation(&self, id: ConversationId) -> Result<Option<AnyConversation>, StoreError> {
        self.check()?;
        self.store.any_conversation(id).await
    }

    async fn any_members(
        &self,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<AccountPage<MemberRow>, StoreError> {
        self.check()?;
        self.store.any_members(id, after, limit).await
    }

    async fn any_history(
        &self,
        id: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, StoreError> {
        self.check()?;
        self.store.any_history(id, range, limit).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
