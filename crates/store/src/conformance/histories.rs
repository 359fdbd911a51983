//! Random histories: what a store says after each equals what the model says.
//!
//! `CHINWAG_HISTORIES` says how many, `CHINWAG_SEED` with which to begin.

use chinwag_chat::{
    CreateGuest, ExpireDevice, Idempotency, KeyHash, NewDevice, Recover, Registration, Request, RequestHash,
    Salt, SignIn, TokenHash, decide,
};
use chinwag_protocol::{
    About, AccountId, ClientId, Color, Command, Conversation, ConversationId, DeviceId, MessageText, Name,
    PasswordHash, Pos, RecoveryCodeHash, Seq, Slug, Timestamp, Topic, Username,
};

use super::Harness;
use super::model::Model;
use super::random::Random;
use super::world::{Guest, World};
use crate::{HistoryRange, Limits, SyncPlace};

const OPERATIONS: usize = 80;
const SLUGS: &[&str] = &["tea", "Tea", "coffee", "müsli", "MÜSLI"];
const NAMES: &[&str] = &["Ada", "Bob", "Bоb", "Grace Hopper"];
const USERNAMES: &[&str] = &["ada", "bob", "eve.l", "kim-1"];
pub(super) const TEXTS: &[&str] =
    &["hello", "how are you?", "👋", "a somewhat longer text, so that limits in bytes cut elsewhere"];

/// Operations of every kind in random order, alone and in batches, with retries and restarts in between.
pub async fn random_histories_match_the_model(harness: &dyn Harness) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("CHINWAG_HISTORIES").unwrap_or(harness.histories());
    let first = number("CHINWAG_SEED").unwrap_or(0);
    for seed in first..first + count {
        harness.renew().await;
        let _tell = TellSeed(seed);
        let world = World::open_with(harness, decide, seed).await;
        let mut history = History { world, model: Model::default(), client_ids: Vec::new() };
        for _ in 0..OPERATIONS {
            history.step().await;
        }
        history.check().await;
        history.world.restart().await;
        history.check().await;
        history.world.store().close().await;
    }
}

/// Says which history a failing assertion belongs to.
struct TellSeed(u64);

impl Drop for TellSeed {
    #[expect(clippy::print_stderr, reason = "this is a test suite")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "history {seed} went wrong; run it again with CHINWAG_SEED={seed} CHINWAG_HISTORIES=1",
                seed = self.0
            );
        }
    }
}

pub(super) struct History<'h> {
    pub(super) world: World<'h>,
    pub(super) model: Model,
    client_ids: Vec<ClientId>,
}

impl History<'_> {
    async fn step(&mut self) {
        match self.world.random.below(20) {
            0 => self.world.restart().await,
            1 => self.world.restart_without_close().await,
            2 => {
                let millis = [1, 1000, 1_800_000, 86_400_000][self.world.random.below(4)];
                self.world.advance(millis);
            }
            3 => self.record_places().await,
            4 => self.check_page().await,
            5 | 6 => self.batch().await,
            _ => {
                let request = self.request();
                let want = self.model.submit(&request, self.world.now());
                let answer = self.world.submit(request.clone()).await;
                assert_eq!(answer.map_err(|problem| problem.code), want, "{request:?}");
            }
        }
    }

    async fn batch(&mut self) {
        let first = self.world.guest_request("Primer", None);
        let mut wants = vec![self.model.submit(&first, self.world.now())];
        let mut requests = Vec::new();
        for _ in 0..2 + self.world.random.below(8) {
            let request = self.request();
            wants.push(self.model.submit(&request, self.world.now()));
            requests.push(request);
        }
        let answers = self.world.after_in_one_batch(first, requests.clone()).await;
        for ((answer, want), request) in answers.into_iter().zip(&wants[1..]).zip(requests) {
            assert_eq!(&answer.map_err(|problem| problem.code), want, "{request:?}");
        }
    }

    async fn record_places(&mut self) {
        let mut places = Vec::new();
        for _ in 0..1 + self.world.random.below(3) {
            let Some((actor, ..)) = self.world.random.pick(&self.model.devices) else { return };
            let place = Pos::new(self.world.random.below(self.model.log.len() + 1) as u64);
            places.push((actor.device, place));
            self.model.record_place(actor.device, place, self.world.now());
        }
        self.world.store().record_places(&places).await.unwrap();
    }

    fn request(&mut self) -> Request {
        let devices = &self.model.devices;
        let Some((actor, token, ..)) = self.world.random.pick(devices).copied() else { return self.guest() };
        let guest = Guest { actor, token };
        match self.world.random.below(66) {
            0 => self.guest(),
            1..6 => {
                let slug = SLUGS[self.world.random.below(SLUGS.len())];
                self.world.request(guest, Command::OpenRoom { slug: Slug::parse(slug).unwrap() })
            }
            6 | 7 => {
                let conversation = self.room().id;
                self.world.request(guest, Command::Leave { conversation })
            }
            8 if self.world.random.one_in(3) => self.world.request(guest, Command::SignOut),
            9 | 60..66 => self.change(guest),
            10..12 => {
                let room = self.room();
                let rows = self.model.timeline(Topic::Conversation(room.id)).len();
                let seq = Seq::new(self.world.random.below(rows + 2) as u64);
                self.world.delete_request(guest, &room, seq)
            }
            12..24 => self.account_request(guest),
            24..34 => self.group_request(guest),
            34..46 => self.direct_request(guest),
            _ => {
                let room = self.room();
                self.send(guest, &room)
            }
        }
    }

    /// Something about an account or its devices.
    fn account_request(&mut self, guest: Guest) -> Request {
        let random = &mut self.world.random;
        let username = Username::parse(USERNAMES[random.below(USERNAMES.len())]).unwrap();
        let password = PasswordHash::new(format!("hash {}", random.below(100)));
        let verified = 1 + random.below(3) as u64;
        let code = |random: &mut Random| RecoveryCodeHash([random.below(6) as u8; 32]);
        let (target, ..) = *random.pick(&self.model.devices).unwrap();
        let name = random.one_in(2).then(|| Name::parse(NAMES[random.below(NAMES.len())]).unwrap());
        let device = NewDevice {
            id: DeviceId::from_bytes(random.bytes()),
            name: name.clone(),
            token: TokenHash(random.bytes()),
        };
        let command = match random.below(12) {
            0 | 1 => Command::Register { username, password },
            2 => Command::ChangePassword { verified, password },
            3 => {
                let mut codes: Vec<_> = (0..3).map(|_| code(random)).collect();
                codes.sort_unstable();
                codes.dedup();
                Command::NewRecoveryCodes { verified, codes }
            }
            4 => {
                let about = random.one_in(2).then(|| About::parse(TEXTS[random.below(3)]).unwrap());
                let color = random.one_in(2).then(|| Color::try_from(random.below(12) as u8).unwrap());
                Command::UpdateAccount { name, about, color }
            }
            5 => Command::RemoveDevice { device: target.device },
            6 if random.one_in(3) => Command::RemoveOtherDevices,
            7 | 8 => return Request::SignIn(SignIn { account: target.account, verified, device }),
            9 => {
                let code = code(random);
                return Request::Recover(Recover { account: target.account, code, password, device });
            }
            10 => {
                let age = [0, 1, 1000, 86_400_000][random.below(4)];
                let unseen_since = Timestamp::from_millis(self.world.now().as_millis() - age);
                return Request::ExpireDevice(ExpireDevice { actor: target, unseen_since });
            }
            _ => {
                let Request::CreateGuest(guest) = self.guest() else { unreachable!() };
                let registration = Some(Registration { username, password });
                return Request::CreateGuest(CreateGuest { registration, device_name: name, ..guest });
            }
        };
        self.world.request(guest, command)
    }

    fn guest(&mut self) -> Request {
        let name = NAMES[self.world.random.below(NAMES.len())];
        let random = &mut self.world.random;
        let idempotency = random.one_in(2).then(|| Idempotency {
            key: KeyHash([random.below(3) as u8; 16]),
            hash: RequestHash([random.below(2) as u8; 16]),
            salt: Salt(random.bytes()),
        });
        self.world.guest_request(name, idempotency)
    }

    /// A room that exists or, now and then, one that does not.
    pub(super) fn room(&mut self) -> Conversation {
        let absent =
            || Conversation::room(ConversationId::from_bytes([0xab; 16]), Slug::parse("absent").unwrap());
        let found = self.world.random.pick(&self.model.rooms).map(|(room, _)| room.clone());
        found.filter(|_| !self.world.random.one_in(20)).unwrap_or_else(absent)
    }

    pub(super) fn send(&mut self, guest: Guest, room: &Conversation) -> Request {
        let client_id = self.client_id();
        let old = |history: &mut Self| history.world.random.pick(&history.client_ids).copied();
        let follows = if self.world.random.one_in(4) { old(self) } else { None };
        let text = TEXTS[self.world.random.below(TEXTS.len())].to_owned();
        let text = MessageText::parse(text, 1000).unwrap();
        let attributes = self.attributes(room.id, &text);
        let conversation = room.id;
        self.world.request(guest, Command::SendMessage { conversation, client_id, text, follows, attributes })
    }

    /// A new one or, now and then, one that was used.
    pub(super) fn client_id(&mut self) -> ClientId {
        match self.world.random.pick(&self.client_ids).copied() {
            Some(id) if self.world.random.one_in(4) => id,
            _ => {
                let id = self.world.client_id();
                self.client_ids.push(id);
                id
            }
        }
    }

    fn place(&mut self) -> Pos {
        Pos::new(self.world.random.below(self.model.log.len() + 1) as u64)
    }

    /// One page from somewhere, with limits that cut.
    async fn check_page(&mut self) {
        let Some((actor, ..)) = self.world.random.pick(&self.model.devices).copied() else { return };
        // Mostly one account, as with readers.
        let mut accounts = vec![actor.account];
        while self.world.random.one_in(3) {
            let (other, ..) = self.world.random.pick(&self.model.devices).copied().unwrap();
            if !accounts.contains(&other.account) {
                accounts.push(other.account);
            }
        }
        let after = self.place();
        let limits = Limits {
            events: 1 + self.world.random.below(20),
            bytes: self.world.random.below(300),
            missed_events: self.world.random.below(100) as u64,
            missed_ms: [0, 1000, 86_400_000, i64::MAX][self.world.random.below(4)],
            now: self.world.now(),
        };
        let page = self.world.store().page(&accounts, after, limits).await.unwrap();
        let expected = self.model.page(&accounts, after, limits);
        assert_eq!(page, expected, "{accounts:?} after {after}, {limits:?}");
    }

    /// Everything that can be read.
    async fn check(&mut self) {
        assert_eq!(self.world.head().await, self.model.head());
        let published = self.world.recorder.events();
        let want: Vec<_> =
            self.model.log.iter().map(|event| (event.pos, event.seq, event.at, event.topic())).collect();
        let got: Vec<_> =
            published.iter().map(|event| (event.pos, event.seq, event.at, event.topic())).collect();
        assert_eq!(got, want);
        for budget in [0, 1000, 5000, usize::MAX] {
            assert_eq!(self.world.store().recent(budget).await.unwrap(), self.model.recent(budget));
        }
        for (actor, token, place, signed_in) in self.model.devices.clone() {
            let session = self.world.store().session(token).await.unwrap();
            assert_eq!(session, signed_in.then_some(actor));
            let got = self.world.store().place(actor.device).await.unwrap();
            assert_eq!(got, signed_in.then_some(place));
            self.check_account(actor.account).await;
        }
        for username in USERNAMES {
            let username = Username::parse(username).unwrap();
            let want = self.model.of_username(&username).and_then(|id| self.model.credential(id));
            assert_eq!(self.world.store().credential_of(&username).await.unwrap(), want);
        }
        for _ in 0..10 {
            self.check_page().await;
        }
    }

    async fn check_account(&mut self, account: AccountId) {
        let store = self.world.store();
        assert_eq!(store.account(account).await.unwrap(), self.model.card(account));
        assert_eq!(store.credential(account).await.unwrap(), self.model.credential(account));
        assert_eq!(store.devices(account).await.unwrap(), self.model.devices_of(account));
        let no_limits = self.world.no_limits();
        let page = self.world.store().page(&[account], Pos::ZERO, no_limits).await.unwrap();
        assert_eq!(page, self.model.page(&[account], Pos::ZERO, no_limits));

        let mut topics = self.world.store().topics(account).await.unwrap();
        let mut want = self.model.topics(account);
        topics.conversations.sort_by_key(|topic| topic.conversation);
        want.sort_by_key(|topic| topic.conversation);
        assert_eq!((topics.head, topics.conversations), (self.model.head(), want));

        for (room, _) in self.model.rooms.clone() {
            let rows = self.model.timeline(Topic::Conversation(room.id));
            let edge = Seq::new(self.world.random.below(rows.len() + 3) as u64);
            let limit = self.world.random.below(rows.len() + 2);
            let ranges = [
                HistoryRange::Newest,
                HistoryRange::Before(edge),
                HistoryRange::After(edge),
                HistoryRange::Around(edge),
            ];
            for range in ranges {
                let history = self.world.store().history(account, room.id, range, limit).await.unwrap();
                assert_eq!(history, self.model.history(account, room.id, range, limit), "{range:?} {limit}");
            }
        }

        self.check_members(account).await;
        self.check_blocks(account).await;

        let limit = 1 + self.world.random.below(3);
        let mut next: Option<SyncPlace> = None;
        loop {
            let page = self.world.store().sync(account, next, limit).await.unwrap();
            assert_eq!(page, self.model.sync(account, next, limit));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }
}
