//! What is kept of presence, and who may see whose.

use chinwag_chat::Reply;
use chinwag_protocol::{
    AccountId, AccountList, Command, Conversation, ConversationId, Kind, Role, Settings, Timestamp, Title,
};

use super::Harness;
use super::world::{Guest, World};
use crate::{Acquaintance, Presence, Sight};

async fn group(world: &mut World<'_>, owner: Guest, others: &[Guest]) -> ConversationId {
    let client_id = world.client_id();
    let settings = Settings::new(Some(Title::parse("Crew".to_owned()).unwrap()));
    let request = world.request(owner, Command::CreateGroup { client_id, settings });
    let Ok(Reply::Group { conversation, .. }) = world.submit(request).await else { panic!("no group") };
    let accounts = others.iter().map(|guest| guest.actor.account).collect();
    let accounts = AccountList::new(accounts).unwrap();
    done(world, owner, Command::AddMembers { conversation, accounts }).await;
    conversation
}

async fn done(world: &mut World<'_>, guest: Guest, command: Command) {
    let request = world.request(guest, command);
    world.submit(request).await.unwrap();
}

async fn direct(world: &mut World<'_>, from: Guest, to: Guest) -> Conversation {
    let request = world.request(from, Command::OpenDirect { account: to.actor.account });
    let Ok(Reply::Direct { conversation, .. }) = world.submit(request).await else { panic!("no chat") };
    conversation
}

async fn sees(world: &World<'_>, one: Guest, other: Guest) -> bool {
    let (one, other) = (one.actor.account, other.actor.account);
    let sight = world.store().sight(one, &[other], &[]).await.unwrap();
    let back = world.store().sight(other, &[one], &[]).await.unwrap();
    let is_seen = sight.acquaintances.iter().any(|found| found.account == other);
    assert_eq!(is_seen, back.acquaintances.iter().any(|found| found.account == one), "good both ways");
    is_seen
}

/// In a group or a direct chat that was taken up, and as long as neither blocks the other.
pub async fn presence_is_seen_by_those_who_share_a_group_or_a_chat(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let [ada, bob, eve, dan] = [
        world.guest("Ada").await,
        world.guest("Bob").await,
        world.guest("Eve").await,
        world.guest("Dan").await,
    ];
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    assert!(!sees(&world, ada, bob).await, "a room makes no acquaintance");
    assert!(sees(&world, ada, ada).await, "oneself");

    let crew = group(&mut world, ada, &[bob, eve]).await;
    for (one, other, expected) in [(ada, bob, true), (bob, eve, true), (ada, dan, false), (eve, dan, false)] {
        assert_eq!(sees(&world, one, other).await, expected);
    }
    let account = bob.actor.account;
    done(&mut world, ada, Command::RemoveMember { conversation: crew, account }).await;
    assert!(!sees(&world, ada, bob).await, "he was sent away");
    assert!(sees(&world, ada, eve).await);

    let chat = direct(&mut world, ada, dan).await;
    assert!(!sees(&world, ada, dan).await, "the other knows nothing of it");
    world.send(ada, &chat, "hello").await;
    assert!(!sees(&world, ada, dan).await, "a request");
    done(&mut world, dan, Command::Accept { conversation: chat.id }).await;
    assert!(sees(&world, ada, dan).await);
    for (blocker, blocked) in [(ada, dan), (dan, ada), (eve, ada)] {
        done(&mut world, blocker, Command::Block { account: blocked.actor.account }).await;
        assert!(!sees(&world, blocker, blocked).await, "one blocks the other");
        done(&mut world, blocker, Command::Unblock { account: blocked.actor.account }).await;
        assert!(sees(&world, blocker, blocked).await);
    }

    let nobody = AccountId::from_bytes([9; 16]);
    let nowhere = ConversationId::from_bytes([9; 16]);
    let (asked, places) = ([dan.actor.account, nobody, bob.actor.account], [crew, nowhere, room.id, chat.id]);
    let sight = world.store().sight(ada.actor.account, &asked, &places).await.unwrap();
    let seen = Acquaintance { account: dan.actor.account, seen_at: None };
    assert_eq!(sight, Sight { acquaintances: vec![seen], rooms: vec![room.id] });
    let sight = world.store().sight(dan.actor.account, &[], &places).await.unwrap();
    assert_eq!(sight, Sight::default(), "he is in none of the rooms");
    done(&mut world, dan, Command::DeleteAccount { verified: None }).await;
    assert!(!sees(&world, ada, dan).await, "he is no more");
}

/// A last seen never goes back, and of an account that is gone nothing is left.
pub async fn what_is_kept_of_presence_never_goes_back(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    group(&mut world, ada, &[bob]).await;
    let (account, nobody) = (bob.actor.account, AccountId::from_bytes([9; 16]));
    let seen = |account, at| Presence::Seen { account, at: Timestamp::from_millis(at) };
    for (at, expected) in [(5, 5), (3, 5), (9, 9)] {
        let batch = [seen(account, at), seen(nobody, at), seen(account, 1)];
        world.store().record_presences(&batch).await.unwrap();
        let sight = world.store().sight(ada.actor.account, &[account], &[]).await.unwrap();
        let expected = Acquaintance { account, seen_at: Some(Timestamp::from_millis(expected)) };
        assert_eq!(sight.acquaintances, [expected]);
    }
    for invisible in [true, false, true] {
        let batch = [
            Presence::Invisible { account, invisible: !invisible },
            Presence::Invisible { account: nobody, invisible },
            Presence::Invisible { account, invisible },
            seen(account, 2),
        ];
        world.store().record_presences(&batch).await.unwrap();
        assert_eq!(world.store().topics(account).await.unwrap().invisible, invisible);
        assert!(!world.store().topics(nobody).await.unwrap().invisible);
    }
    world.store().record_presences(&[seen(account, 10)]).await.unwrap();
    world.restart().await;
    assert!(world.store().topics(account).await.unwrap().invisible, "it is kept");
    done(&mut world, bob, Command::DeleteAccount { verified: None }).await;
    world.store().record_presences(&[Presence::Invisible { account, invisible: true }]).await.unwrap();
    assert!(!world.store().topics(account).await.unwrap().invisible);
}

/// Absent and foreign conversations are the same.
pub async fn who_types_and_who_is_present_is_told_to_members(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let [ada, bob, eve] = [world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await];
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let typist = world.store().typist(bob.actor.account, room.id).await.unwrap().unwrap();
    assert_eq!((typist.kind, typist.locked, typist.role), (Kind::Room, false, Role::Member));
    assert!(typist.mutual && typist.blocks.is_empty() && typist.muted_until.is_none());
    done(&mut world, bob, Command::Block { account: eve.actor.account }).await;
    let seconds = chinwag_protocol::MuteSeconds::new(60).unwrap();
    let account = bob.actor.account;
    done(&mut world, ada, Command::Mute { conversation: room.id, account, seconds }).await;
    let typist = world.store().typist(account, room.id).await.unwrap().unwrap();
    assert_eq!(typist.blocks, [eve.actor.account]);
    assert_eq!(typist.muted_until.map(Timestamp::as_millis), Some(world.now().as_millis() + 60_000));
    let nowhere = ConversationId::from_bytes([9; 16]);
    for conversation in [room.id, nowhere] {
        assert_eq!(world.store().typist(eve.actor.account, conversation).await.unwrap(), None);
        let none = world.store().present_members(eve.actor.account, conversation, &[]).await.unwrap();
        assert_eq!(none, None);
    }

    let chat = direct(&mut world, ada, bob).await;
    let is_mutual = async |world: &World<'_>, guest: Guest| {
        world.store().typist(guest.actor.account, chat.id).await.unwrap().map(|typist| typist.mutual)
    };
    assert_eq!((is_mutual(&world, ada).await, is_mutual(&world, bob).await), (Some(false), None));
    world.send(ada, &chat, "hello").await;
    assert_eq!((is_mutual(&world, ada).await, is_mutual(&world, bob).await), (Some(false), Some(false)));
    done(&mut world, bob, Command::Accept { conversation: chat.id }).await;
    assert_eq!((is_mutual(&world, ada).await, is_mutual(&world, bob).await), (Some(true), Some(true)));
    let notes = direct(&mut world, ada, ada).await;
    let typist = world.store().typist(ada.actor.account, notes.id).await.unwrap().unwrap();
    assert!(!typist.mutual, "nobody else is there");

    let mut among = [ada, bob, eve].map(|guest| guest.actor.account);
    among.sort_unstable();
    let present = async |world: &World<'_>, guest: Guest| -> Vec<AccountId> {
        let found = world.store().present_members(guest.actor.account, room.id, &among).await.unwrap();
        let (kind, found) = found.unwrap();
        assert_eq!(kind, Kind::Room);
        found.iter().map(|account| account.id).collect()
    };
    let expected: Vec<AccountId> = among.into_iter().filter(|id| *id != eve.actor.account).collect();
    assert_eq!(present(&world, ada).await, expected);
    done(&mut world, bob, Command::Block { account: ada.actor.account }).await;
    assert_eq!(present(&world, ada).await, [ada.actor.account]);
    assert_eq!(present(&world, bob).await, [bob.actor.account]);
    assert_eq!((is_mutual(&world, ada).await, is_mutual(&world, bob).await), (Some(false), Some(false)));
}
