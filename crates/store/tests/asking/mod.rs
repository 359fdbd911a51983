//! Short ways to ask a store for things.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_chat::{CreateGuest, Reply, Request, RequestHash, TokenHash};
use chinwag_protocol::{
    AccountId, Actor, Attributes, ClientId, Command, Conversation, ConversationId, DeviceId, Event,
    MessageText, Name, Problem, Slug, Timestamp,
};
use chinwag_store::{Clock, Epochs, Store, Tail};
use parking_lot::Mutex;
use uuid::Uuid;

/// A tail that remembers, events and incarnations.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Mutex<Vec<Event>>, pub(crate) Mutex<Option<Arc<Epochs>>>);

impl Tail for Seen {
    fn publish(&self, events: &[Event]) {
        self.0.lock().extend_from_slice(events);
    }

    fn enter(&self, epochs: &Arc<Epochs>) {
        *self.1.lock() = Some(Arc::clone(epochs));
    }
}

/// A clock that counts the looks at it.
pub(crate) fn clock() -> Clock {
    let looks = AtomicU64::new(0);
    Arc::new(move || Timestamp::from_millis(looks.fetch_add(1, Ordering::Relaxed) as i64))
}

pub(crate) async fn guest(store: &dyn Store) -> Actor {
    let request = Request::CreateGuest(CreateGuest {
        account: AccountId::new(Uuid::now_v7()),
        device: DeviceId::new(Uuid::now_v7()),
        name: Name::parse("Ada").unwrap(),
        token: TokenHash(
            [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat().try_into().unwrap(),
        ),
        idempotency: None,
        device_name: None,
        registration: None,
    });
    match store.submit(request).await {
        Ok(Reply::Guest { account, device, .. }) => Actor { account, device },
        answer => panic!("{answer:?}"),
    }
}

pub(crate) fn request(actor: Actor, command: Command) -> Request {
    let hash = RequestHash([7; 16]);
    Request::Command { actor, command, hash, fresh: ConversationId::new(Uuid::now_v7()) }
}

pub(crate) async fn open_room(store: &dyn Store, actor: Actor) -> Conversation {
    open_room_of(store, actor, "tea").await
}

pub(crate) async fn open_room_of(store: &dyn Store, actor: Actor, slug: &str) -> Conversation {
    let slug = Slug::parse(slug).unwrap();
    match store.submit(request(actor, Command::OpenRoom { slug })).await {
        Ok(Reply::Room { conversation, .. }) => conversation,
        answer => panic!("{answer:?}"),
    }
}

pub(crate) fn send(actor: Actor, room: &Conversation, client_id: ClientId, text: &str) -> Request {
    let text = MessageText::parse(text.to_owned(), 1 << 20).unwrap();
    request(
        actor,
        Command::SendMessage {
            conversation: room.id,
            client_id,
            text,
            follows: None,
            attributes: Attributes::default(),
        },
    )
}

/// Sends a new message and gives its row's number.
pub(crate) async fn say(
    store: &dyn Store,
    actor: Actor,
    room: &Conversation,
    text: &str,
) -> Result<u64, Problem> {
    let request = send(actor, room, ClientId::new(Uuid::now_v7()), text);
    match store.submit(request).await? {
        Reply::Stored { seq, .. } => Ok(seq.get()),
        reply => panic!("{reply:?}"),
    }
}
