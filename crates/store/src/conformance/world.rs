//! A store under test, and short ways to ask it for things.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use chinwag_chat::{CreateGuest, Decide, Idempotency, Reply, Request, RequestHash, TokenHash, decide};
use chinwag_protocol::{
    AccountId, Actor, Attributes, ClientId, Code, Command, Conversation, ConversationId, DeviceId, Event,
    MessageText, Name, Pos, Problem, Seq, Slug, Timestamp,
};

use super::Harness;
use super::random::Random;
use super::recorder::Recorder;
use crate::{Limits, Store};

type Answer = Result<Reply, Problem>;

/// A store, its tail, its clock, and a source of ids.
pub(super) struct World<'h> {
    harness: &'h dyn Harness,
    /// None only while it is opened again.
    store: Option<Arc<dyn Store>>,
    pub(super) recorder: Arc<Recorder>,
    clock: Arc<AtomicI64>,
    decide: Decide,
    pub(super) random: Random,
}

/// A guest that was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest {
    pub(super) actor: Actor,
    pub(super) token: TokenHash,
}

/// A stored row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) seq: Seq,
    pub(super) pos: Pos,
    pub(super) at: Timestamp,
}

impl<'h> World<'h> {
    pub(super) async fn open(harness: &'h dyn Harness) -> Self {
        Self::open_with(harness, decide, 1).await
    }

    /// With other rules than the real ones, or another source of ids.
    pub(super) async fn open_with(harness: &'h dyn Harness, decide: Decide, seed: u64) -> Self {
        let recorder = Arc::new(Recorder::default());
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let mut world = Self { harness, store: None, recorder, clock, decide, random: Random::new(seed) };
        world.restart_without_close().await;
        world
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_deref().expect("the store is open")
    }

    /// Closes the store and opens it again.
    pub(super) async fn restart(&mut self) {
        self.store().close().await;
        self.restart_without_close().await;
    }

    /// Drops the store without closing it and opens it again.
    pub(super) async fn restart_without_close(&mut self) {
        self.store = None;
        let time = Arc::clone(&self.clock);
        let clock = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
        let tail = Arc::<Recorder>::clone(&self.recorder);
        self.store = Some(self.harness.open(self.decide, clock, tail).await);
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    pub(super) fn advance(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    /// Limits that nothing runs into.
    pub(super) fn no_limits(&self) -> Limits {
        Limits { events: 10_000, bytes: 1 << 30, missed_events: 10_000, missed_ms: i64::MAX, now: self.now() }
    }

    pub(super) async fn submit(&self, request: Request) -> Answer {
        self.store().submit(request).await
    }

    /// Has `requests` decided in one batch, in this order: they are queued while the writer is held between the commit of a
    /// batch before them and its answer. The batch before makes a guest of which nobody hears again.
    pub(super) async fn in_one_batch(&mut self, requests: Vec<Request>) -> Vec<Answer> {
        let first = self.guest_request("Primer", None);
        self.after_in_one_batch(first, requests).await
    }

    /// As [`World::in_one_batch`] after `first`, which must append something.
    pub(super) async fn after_in_one_batch(&mut self, first: Request, requests: Vec<Request>) -> Vec<Answer> {
        self.recorder.hold();
        let mut waiting = Waiting::new(self.store(), vec![first]);
        waiting.poll().await;
        let recorder = Arc::clone(&self.recorder);
        tokio::task::spawn_blocking(move || recorder.wait_until_held()).await.unwrap();
        waiting.poll().await;
        assert!(waiting.answers[0].is_none(), "answered before it was published");
        let mut batch = Waiting::new(self.store(), requests);
        batch.poll().await;
        let before = self.recorder.batches().len();
        self.recorder.release();
        waiting.finish().await;
        let answers = batch.finish().await;
        let published = self.recorder.batches().len() - before;
        assert!(published <= 2, "one batch was published in {} parts", published - 1);
        answers
    }

    pub(super) fn guest_request(&mut self, name: &str, idempotency: Option<Idempotency>) -> Request {
        Request::CreateGuest(CreateGuest {
            account: AccountId::from_bytes(self.random.bytes()),
            device: DeviceId::from_bytes(self.random.bytes()),
            name: Name::parse(name).unwrap(),
            token: TokenHash(self.random.bytes()),
            idempotency,
            device_name: None,
            registration: None,
        })
    }

    pub(super) async fn guest(&mut self, name: &str) -> Guest {
        let request = self.guest_request(name, None);
        let Request::CreateGuest(guest) = &request else { unreachable!() };
        let token = guest.token;
        match self.submit(request).await {
            Ok(Reply::Guest { account, device, .. }) => Guest { actor: Actor { account, device }, token },
            answer => panic!("{answer:?}"),
        }
    }

    pub(super) fn request(&mut self, guest: Guest, command: Command) -> Request {
        let hash = hash_of(&command);
        Request::Command {
            actor: guest.actor,
            command,
            hash,
            fresh: ConversationId::from_bytes(self.random.bytes()),
        }
    }

    pub(super) fn client_id(&mut self) -> ClientId {
        ClientId::from_bytes(self.random.bytes())
    }

    pub(super) fn open_room_request(&mut self, guest: Guest, slug: &str) -> Request {
        self.request(guest, Command::OpenRoom { slug: Slug::parse(slug).unwrap() })
    }

    pub(super) async fn open_room(&mut self, guest: Guest, slug: &str) -> Conversation {
        let request = self.open_room_request(guest, slug);
        match self.submit(request).await {
            Ok(Reply::Room { conversation, .. }) => conversation,
            answer => panic!("{answer:?}"),
        }
    }

    pub(super) async fn leave(&mut self, guest: Guest, room: &Conversation) {
        let request = self.request(guest, Command::Leave { conversation: room.id });
        assert_eq!(self.submit(request).await, Ok(Reply::Done));
    }

    pub(super) fn send_request(
        &mut self,
        guest: Guest,
        room: &Conversation,
        client_id: ClientId,
        text: &str,
        follows: Option<ClientId>,
    ) -> Request {
        let text = MessageText::parse(text.to_owned(), 1 << 20).unwrap();
        self.request(
            guest,
            Command::SendMessage {
                conversation: room.id,
                client_id,
                text,
                follows,
                attributes: Attributes::default(),
            },
        )
    }

    pub(super) async fn send(&mut self, guest: Guest, room: &Conversation, text: &str) -> Stored {
        let client_id = self.client_id();
        let request = self.send_request(guest, room, client_id, text, None);
        stored(self.submit(request).await)
    }

    pub(super) fn delete_request(&mut self, guest: Guest, room: &Conversation, seq: Seq) -> Request {
        self.request(guest, Command::DeleteMessage { conversation: room.id, seq })
    }

    pub(super) async fn delete(&mut self, guest: Guest, room: &Conversation, seq: Seq) -> Stored {
        let request = self.delete_request(guest, room, seq);
        stored(self.submit(request).await)
    }

    /// All that the guest's account may see after `after`.
    pub(super) async fn missed(&self, guest: Guest, after: Pos) -> Vec<Event> {
        self.store().page(&[guest.actor.account], after, self.no_limits()).await.unwrap().events
    }

    pub(super) async fn head(&self) -> Pos {
        self.store().head().await.unwrap()
    }
}

/// Stands for the gateway's keyed hash: equal for equal commands, else different.
fn hash_of(command: &Command) -> RequestHash {
    let mut hash = [0xcbf2_9ce4_8422_2325_u64, 0x9ae1_6a3b_2f90_404f];
    for byte in format!("{command:?}").bytes() {
        for half in &mut hash {
            *half = (*half ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&hash[0].to_le_bytes());
    bytes[8..].copy_from_slice(&hash[1].to_le_bytes());
    RequestHash(bytes)
}

pub(super) fn stored(answer: Answer) -> Stored {
    match answer {
        Ok(Reply::Stored { seq, pos, at }) => Stored { seq, pos, at },
        answer => panic!("{answer:?}"),
    }
}

pub(super) fn code(answer: Answer) -> Code {
    answer.expect_err("was not refused").code
}

/// Requests whose answers are not there yet. Polling one for the first time queues it, so that their order is known.
struct Waiting<'s> {
    futures: Vec<Pin<Box<dyn Future<Output = Answer> + Send + 's>>>,
    answers: Vec<Option<Answer>>,
}

impl<'s> Waiting<'s> {
    fn new(store: &'s dyn Store, requests: Vec<Request>) -> Self {
        let futures: Vec<_> = requests.into_iter().map(|request| store.submit(request)).collect();
        let answers = futures.iter().map(|_| None).collect();
        Self { futures, answers }
    }

    /// Looks at each once.
    async fn poll(&mut self) {
        poll_fn(|context| {
            for (future, answer) in self.futures.iter_mut().zip(&mut self.answers) {
                if answer.is_none()
                    && let Poll::Ready(ready) = future.as_mut().poll(context)
                {
                    *answer = Some(ready);
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    async fn finish(mut self) -> Vec<Answer> {
        for (future, answer) in self.futures.iter_mut().zip(&mut self.answers) {
            if answer.is_none() {
                *answer = Some(future.await);
            }
        }
        self.answers.into_iter().flatten().collect()
    }
}
