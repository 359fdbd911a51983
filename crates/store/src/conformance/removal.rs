//! Accounts that are deleted, and guests whom nobody has seen for long.

use chinwag_chat::{ExpireGuest, Reply, Request};
use chinwag_protocol::{
    AccountId, Body, Code, Command, Conversation, ConversationId, Event, MembersChange, Pos, Removal, Seq,
    Timestamp,
};

use super::Harness;
use super::accounts::{is_signed_in, register, registered, sign_in, username};
use super::world::{Guest, World};
use crate::HistoryRange;

impl World<'_> {
    pub(super) async fn direct(&mut self, guest: Guest, peer: Guest) -> Conversation {
        let request = self.request(guest, Command::OpenDirect { account: peer.actor.account });
        match self.submit(request).await {
            Ok(Reply::Direct { conversation, .. }) => conversation,
            answer => panic!("{answer:?}"),
        }
    }

    /// Takes all steps, with a restart after each; how many they were.
    pub(super) async fn remove(&mut self, account: AccountId) -> usize {
        for steps in 1.. {
            let answer = self.submit(Request::ContinueRemoval(account)).await;
            self.restart().await;
            match answer {
                Ok(Reply::Removing { more: true }) => {}
                Ok(Reply::Removing { more: false }) => return steps,
                answer => panic!("{answer:?}"),
            }
        }
        0
    }

    /// The messages that a member is shown, each with whether it is deleted.
    async fn shown(&self, guest: Guest, id: ConversationId) -> Vec<(String, bool)> {
        let read = self.store().history(guest.actor.account, id, HistoryRange::Newest, 1000).await;
        let messages = read.unwrap().unwrap().messages.into_iter();
        messages.map(|(_, _, message)| (message.text, message.deleted_by.is_some())).collect()
    }
}

fn deleted() -> (String, bool) {
    (String::new(), true)
}

fn there(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

/// The conversations of which the events say that `account` is erased there.
fn erased(events: &[Event], account: AccountId) -> Vec<ConversationId> {
    let conversation = |event: &Event| match &event.body {
        Body::Erased { conversation, sender } if sender.id == account => Some(*conversation),
        _ => None,
    };
    events.iter().filter_map(conversation).collect()
}

/// From its deletion on nobody signs in to an account, nothing reaches it, and nobody sees what it wrote. What is left goes in
/// steps, and each conversation is told.
pub async fn a_deleted_account_is_no_more(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = registered(&mut world, "Ada").await;
    let (bob, eve) = (world.guest("Bob").await, world.guest("Eve").await);
    let phone = sign_in(&mut world, ada.actor.account, 1, "Phone").await;
    let tea = world.open_room(bob, "tea").await;
    let old = world.open_room(bob, "old").await;
    let own = world.open_room(ada, "own").await;
    for (guest, slug) in [(ada, "tea"), (eve, "tea"), (ada, "old"), (eve, "own")] {
        world.open_room(guest, slug).await;
    }
    let crew = world.group(bob).await;
    world.add(bob, crew, &[ada]).await;
    let chat = world.direct(ada, bob).await;
    world.send(ada, &tea, "one").await;
    world.send(bob, &tea, "two").await;
    world.send(ada, &tea, "three").await;
    world.send(ada, &old, "once").await;
    world.leave(ada, &old).await;
    world.send(ada, &chat, "just you").await;
    world.say(ada, crew, "all of you").await.unwrap();
    world.done(ada, Command::Block { account: eve.actor.account }).await;

    for verified in [None, Some(0), Some(2)] {
        assert_eq!(world.refused(ada, Command::DeleteAccount { verified }).await, Code::WrongCredentials);
    }
    let delete = Command::DeleteAccount { verified: Some(1) };
    assert_eq!(world.refused(ada, delete.clone()).await, Code::LastOwner, "others are in a room of theirs");
    world.leave(eve, &own).await;
    let before = world.head().await;
    world.done(ada, delete.clone()).await;
    for _ in 0..2 {
        assert!(!is_signed_in(&world, ada).await && !is_signed_in(&world, phone).await);
        assert_eq!(world.refused(ada, delete.clone()).await, Code::Unauthenticated);
        let id = ada.actor.account;
        let card = world.store().account(id).await.unwrap().unwrap();
        let shown = (card.name.as_str(), card.about.as_str(), card.username, card.removed);
        assert_eq!(shown, ("Deleted account", "", None, Some(Removal::Deleted)));
        assert_eq!(world.store().credential(id).await.unwrap(), None);
        assert_eq!(world.store().credential_of(&username("ada")).await.unwrap(), None);
        assert_eq!(world.store().devices(id).await.unwrap(), []);
        assert_eq!(world.refused(eve, register("Ada")).await, Code::UsernameTaken, "nobody else takes it");
        assert_eq!(world.shown(bob, tea.id).await, [deleted(), there("two"), deleted()]);
        assert_eq!(world.shown(bob, chat.id).await, [deleted()]);
        let recent = format!("{:?}", world.store().recent(usize::MAX).await.unwrap());
        assert!(
            !["one", "three", "once", "just you", "all of you"]
                .iter()
                .any(|text| recent.contains(&format!("{text:?}")))
        );
        assert_eq!(world.say(bob, chat.id, "still there?").await, Err(Code::AccountRemoved));
        assert_eq!(world.refused(eve, Command::OpenDirect { account: id }).await, Code::NotFound);
        assert_eq!(world.store().removals(10).await.unwrap(), [id]);
        world.restart().await;
    }

    assert_eq!(world.remove(ada.actor.account).await, 2, "leaving, and emptying");
    assert_eq!(world.store().removals(10).await.unwrap(), []);
    let events = world.missed(bob, before).await;
    let mut told = erased(&events, ada.actor.account);
    told.sort_unstable();
    let mut expected = [tea.id, old.id, chat.id, crew];
    expected.sort_unstable();
    assert_eq!(told, expected, "each conversation once");
    let left = |event: &&Event| matches!(&event.body, Body::Members { conversation, change: MembersChange::Left, .. } if *conversation == crew);
    assert_eq!(events.iter().filter(left).count(), 1, "a group is told who left");
    let members = world.store().members(bob.actor.account, crew, None, 10).await.unwrap().unwrap();
    assert_eq!(members.page.rows.len(), 1, "{members:?}");
    assert_eq!(world.shown(bob, tea.id).await, [deleted(), there("two"), deleted()]);
    let head = world.head().await;
    assert_eq!(world.remove(ada.actor.account).await, 1);
    assert_eq!(world.head().await, head, "there was nothing left to do");
    // A conversation goes on behind that, and its messages are counted right.
    let next = world.send(eve, &tea, "next").await;
    assert_eq!(next.seq, Seq::new(5), "three messages and the row that says that two are erased");
    let events = world.missed(bob, head).await;
    assert!(matches!(&events[0].body, Body::Message(message) if message.n == 4), "{events:?}");
}

/// However much somebody wrote, a step empties a part of it, and each conversation has one row that says so.
pub async fn much_is_emptied_in_steps_and_told_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let tea = world.open_room(bob, "tea").await;
    let news = world.open_room(bob, "news").await;
    world.open_room(ada, "tea").await;
    world.open_room(ada, "news").await;
    let mut sent = Vec::new();
    for number in 0..230 {
        sent.push(world.send(ada, &tea, &format!("tea {number}")).await);
        sent.push(world.send(ada, &news, &format!("news {number}")).await);
    }
    // What was deleted before stays as it was.
    world.delete(ada, &tea, sent[0].seq).await;
    let before = world.head().await;
    world.done(ada, Command::DeleteAccount { verified: None }).await;
    assert_eq!(world.remove(ada.actor.account).await, 4, "leaving, and 460 messages, 200 at a time");
    let mut told = erased(&world.missed(bob, before).await, ada.actor.account);
    told.sort_unstable();
    let mut expected = [tea.id, news.id];
    expected.sort_unstable();
    assert_eq!(told, expected);
    let read = world.store().history(bob.actor.account, tea.id, HistoryRange::Newest, 1000).await;
    let messages = read.unwrap().unwrap().messages;
    assert_eq!(messages.len(), 230);
    for (number, (_, _, message)) in messages.iter().enumerate() {
        let by = if number == 0 { 231 } else { 232 };
        assert_eq!((message.text.as_str(), message.deleted_by), ("", Some(Seq::new(by))), "message {number}");
    }
}

/// A guest whom nobody has seen, and who owns nothing that others are in, is removed; what they wrote stays theirs.
pub async fn an_unseen_guest_goes_and_what_they_wrote_stays(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let eve = registered(&mut world, "Eve").await;
    let tea = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    world.open_room(eve, "tea").await;
    world.send(ada, &tea, "hello").await;
    let start = world.now();
    world.advance(3_600_001);
    let since = Timestamp::from_millis(start.as_millis() + 1);
    let mut guests = vec![ada.actor.account, bob.actor.account];
    guests.sort_unstable();
    let found = world.store().unseen_guests(since, None, 10).await.unwrap();
    assert_eq!((&found.accounts, found.last), (&guests, None), "Eve is no guest");
    let found = world.store().unseen_guests(since, None, 1).await.unwrap();
    assert_eq!((found.accounts, found.last), (vec![guests[0]], Some(guests[0])));
    let found = world.store().unseen_guests(since, Some(guests[0]), 10).await.unwrap();
    assert_eq!((found.accounts, found.last), (vec![guests[1]], None));
    let found = world.store().unseen_guests(start, None, 10).await.unwrap();
    assert_eq!((found.accounts, found.last), (Vec::new(), None), "they were seen then");

    let expire = |guest: Guest, unseen_since| {
        Request::ExpireGuest(ExpireGuest { account: guest.actor.account, unseen_since })
    };
    let head = world.head().await;
    for request in [expire(ada, start), expire(bob, since), expire(eve, since)] {
        assert_eq!(world.submit(request).await, Ok(Reply::Done));
    }
    assert_eq!(world.head().await, head, "Ada was seen, Bob owns a room that others are in, Eve is no guest");
    assert_eq!(world.submit(expire(ada, since)).await, Ok(Reply::Done));
    assert_eq!(world.remove(ada.actor.account).await, 2);
    for _ in 0..2 {
        assert!(!is_signed_in(&world, ada).await);
        let card = world.store().account(ada.actor.account).await.unwrap().unwrap();
        assert_eq!((card.name.as_str(), card.removed), ("Ada", Some(Removal::Expired)));
        assert_eq!(world.shown(bob, tea.id).await, [there("hello")]);
        assert_eq!(world.store().removals(10).await.unwrap(), []);
        let found = world.store().unseen_guests(since, None, 10).await.unwrap();
        assert_eq!(found.accounts, [bob.actor.account]);
        world.restart().await;
    }
    assert_eq!(erased(&world.missed(bob, Pos::ZERO).await, ada.actor.account), []);
    // Nobody is left but the owner and Eve; once Eve has gone, the room is no reason any more.
    world.leave(eve, &tea).await;
    assert_eq!(world.submit(expire(bob, since)).await, Ok(Reply::Done));
    assert!(!is_signed_in(&world, bob).await);
}
