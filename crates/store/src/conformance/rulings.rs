//! What those who run the server decide, what they see, and what programs with keys do.

use chinwag_chat::{
    ApiKeyHash, Authority, CreateGuest, EndDevice, Entrance, ExpireGuest, KEYS_MAX, NewDevice, Operate,
    Operation, Reply, Request, SignIn, Subject, SubjectKind, Terms, TokenHash,
};
use chinwag_protocol::{
    AccountId, Actor, AddressRange, ApiKeyId, Body, Code, Command, DeviceId, Name, PasswordHash, Problem,
    Removal, Role, Seq, Timestamp, Username,
};

use super::Harness;
use super::world::{Guest, World, code};
use crate::HistoryRange;

const KEY: ApiKeyHash = ApiKeyHash([7; 32]);

fn fresh(world: &mut World<'_>) -> NewDevice {
    NewDevice {
        id: DeviceId::from_bytes(world.random.bytes()),
        name: None,
        token: TokenHash(world.random.bytes()),
    }
}

async fn by(world: &mut World<'_>, authority: Authority, operation: Operation) -> Result<Reply, Problem> {
    let fresh = fresh(world);
    world.submit(Request::Operate(Operate { authority, operation, fresh }.into())).await
}

async fn operator(world: &mut World<'_>, operation: Operation) -> Result<Reply, Problem> {
    by(world, Authority::Operator, operation).await
}

async fn rule(world: &mut World<'_>, subject: Subject, until: Option<Timestamp>) {
    assert_eq!(operator(world, Operation::Rule { subject, until }).await, Ok(Reply::Done));
}

async fn make_key(world: &mut World<'_>, hash: ApiKeyHash, name: &str) -> Result<Reply, Problem> {
    let id = ApiKeyId::from_bytes(world.random.bytes());
    operator(world, Operation::MakeKey { hash, id, name: Name::parse(name).unwrap() }).await
}

async fn is_signed_in(world: &World<'_>, guest: Guest) -> bool {
    world.store().session(guest.token).await.unwrap() == Some(guest.actor)
}

/// Rulings are read one by one and in pages in the order of their subjects, outlive a restart, and go when they are lifted. The
/// first makes the server's own account, which has no devices.
pub async fn a_ruling_holds_until_it_is_lifted(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ranges: Vec<AddressRange> =
        ["2001:db8::/64", "192.0.2.0/24", "10.0.0.0/8"].iter().map(|text| text.parse().unwrap()).collect();
    let until = Timestamp::from_millis(world.now().as_millis() + 1_000);
    for range in &ranges {
        rule(&mut world, Subject::Address(*range), Some(until)).await;
    }
    let head = world.head().await;
    // A retry changes nothing.
    rule(&mut world, Subject::Address(ranges[0]), Some(until)).await;
    assert_eq!(world.head().await, head);
    let terms = Terms { until: Some(until), ..Terms::since(world.now()) };
    for _ in 0..2 {
        let all = world.store().rulings(SubjectKind::Address, None, 10).await.unwrap();
        let mut sorted = ranges.clone();
        sorted.sort();
        let expected: Vec<_> = sorted.iter().map(|range| (Subject::Address(*range), terms.clone())).collect();
        assert_eq!(all, expected);
        let first = world.store().rulings(SubjectKind::Address, None, 1).await.unwrap();
        assert_eq!(first, expected[..1]);
        let rest = world.store().rulings(SubjectKind::Address, Some(expected[0].0), 10).await.unwrap();
        assert_eq!(rest, expected[1..]);
        assert_eq!(world.store().ruling(expected[1].0).await.unwrap(), Some(terms.clone()));
        assert_eq!(world.store().rulings(SubjectKind::Key, None, 10).await.unwrap(), []);
        world.restart().await;
    }
    assert_eq!(operator(&mut world, Operation::Lift(Subject::Address(ranges[1]))).await, Ok(Reply::Done));
    assert_eq!(world.store().ruling(Subject::Address(ranges[1])).await.unwrap(), None);
    assert_eq!(world.store().rulings(SubjectKind::Address, None, 10).await.unwrap().len(), 2);
    let server = world.store().account(AccountId::SERVER).await.unwrap().unwrap();
    assert_eq!(server.name, "Server");
    assert_eq!(world.store().devices(AccountId::SERVER).await.unwrap(), []);
    let unknown = Subject::Account(AccountId::from_bytes([9; 16]));
    assert_eq!(
        code(operator(&mut world, Operation::Rule { subject: unknown, until: None }).await),
        Code::NotFound
    );
    let own = Subject::Account(AccountId::SERVER);
    assert_eq!(
        code(operator(&mut world, Operation::Rule { subject: own, until: None }).await),
        Code::NotFound
    );
}

/// Whoever is banned is signed out everywhere, and is told so only with the right password, until the time is over.
pub async fn a_ban_signs_out_and_keeps_out(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let username = Username::parse("ada").unwrap();
    let register = Command::Register { username, password: PasswordHash::new("first") };
    let request = world.request(ada, register);
    assert!(world.submit(request).await.is_ok());
    let bob = world.guest("Bob").await;
    let room = world.open_room(ada, "tea").await;
    let account = ada.actor.account;
    let until = Timestamp::from_millis(world.now().as_millis() + 60_000);
    rule(&mut world, Subject::Account(account), Some(until)).await;
    assert!(!is_signed_in(&world, ada).await);
    assert!(is_signed_in(&world, bob).await);
    let client_id = world.client_id();
    let request = world.send_request(ada, &room, client_id, "still here", None);
    assert_eq!(code(world.submit(request).await), Code::Unauthenticated);
    let sign_in =
        |world: &mut World<'_>, verified| Request::SignIn(SignIn { account, verified, device: fresh(world) });
    let right = sign_in(&mut world, 1);
    assert_eq!(code(world.submit(right).await), Code::AccountBanned);
    let wrong = sign_in(&mut world, 2);
    assert_eq!(code(world.submit(wrong).await), Code::WrongCredentials);
    world.restart().await;
    let right = sign_in(&mut world, 1);
    assert_eq!(code(world.submit(right).await), Code::AccountBanned);
    world.advance(60_000);
    let right = sign_in(&mut world, 1);
    assert!(matches!(world.submit(right).await, Ok(Reply::SignedIn(_))));
    // For ever, until it is lifted; and a new password does not help.
    rule(&mut world, Subject::Account(account), None).await;
    let reset = Operation::ResetPassword { account, password: PasswordHash::new("second") };
    assert_eq!(operator(&mut world, reset).await, Ok(Reply::Done));
    let right = sign_in(&mut world, 2);
    assert_eq!(code(world.submit(right).await), Code::AccountBanned);
    assert_eq!(operator(&mut world, Operation::Lift(Subject::Account(account))).await, Ok(Reply::Done));
    let old = sign_in(&mut world, 1);
    assert_eq!(code(world.submit(old).await), Code::WrongCredentials);
    let right = sign_in(&mut world, 2);
    assert!(matches!(world.submit(right).await, Ok(Reply::SignedIn(_))));
    let signed_out = Operation::SignOut { account, device: None };
    assert_eq!(operator(&mut world, signed_out).await, Ok(Reply::Done));
    assert_eq!(world.store().devices(account).await.unwrap(), []);
    let of_a_guest =
        Operation::ResetPassword { account: bob.actor.account, password: PasswordHash::new("x") };
    assert_eq!(code(operator(&mut world, of_a_guest).await), Code::Forbidden);
}

/// What is closed is refused to newcomers; what was there before goes on, and a retry gets its first answer.
pub async fn entrances_are_closed_and_opened(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    world.open_room(ada, "tea").await;
    for entrance in Entrance::ALL {
        rule(&mut world, Subject::Entrance(*entrance), None).await;
    }
    world.restart().await;
    let guest = world.guest_request("Bob", None);
    assert_eq!(code(world.submit(guest).await), Code::GuestsClosed);
    let username = Username::parse("ada").unwrap();
    let register = Command::Register { username, password: PasswordHash::new("first") };
    let request = world.request(ada, register.clone());
    assert_eq!(code(world.submit(request).await), Code::SignUpClosed);
    let request = world.open_room_request(ada, "coffee");
    assert_eq!(code(world.submit(request).await), Code::RoomCreationClosed);
    assert_eq!(world.open_room(ada, "tea").await.kind, chinwag_protocol::Kind::Room);
    for entrance in Entrance::ALL {
        assert_eq!(
            operator(&mut world, Operation::Lift(Subject::Entrance(*entrance))).await,
            Ok(Reply::Done)
        );
    }
    world.guest("Bob").await;
    world.open_room(ada, "coffee").await;
    let request = world.request(ada, register);
    assert!(world.submit(request).await.is_ok());
}

/// A closed room loses its members, who are told, and nobody comes in until it is open again.
pub async fn a_closed_room_lets_nobody_in(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    rule(&mut world, Subject::Conversation(room.id), None).await;
    let before = world.head().await;
    let accounts = vec![bob.actor.account, ada.actor.account, AccountId::from_bytes([9; 16])];
    let remove = Operation::RemoveMembers { conversation: room.id, accounts };
    assert_eq!(operator(&mut world, remove).await, Ok(Reply::Done));
    assert_eq!(world.store().any_conversation(room.id).await.unwrap().unwrap().members, 0);
    for guest in [ada, bob] {
        let told = world.missed(guest, before).await;
        assert!(matches!(told[..], [_] if matches!(told[0].body, Body::Left { .. })), "{told:?}");
        let request = world.open_room_request(guest, "tea");
        assert_eq!(code(world.submit(request).await), Code::Closed);
    }
    world.restart().await;
    let request = world.open_room_request(bob, "tea");
    assert_eq!(code(world.submit(request).await), Code::Closed);
    assert_eq!(operator(&mut world, Operation::Lift(Subject::Conversation(room.id))).await, Ok(Reply::Done));
    assert_eq!(world.open_room(bob, "tea").await.id, room.id);
}

/// All accounts, rooms, members and messages, in pages and by what they begin with; direct chats among the rooms never.
pub async fn those_who_run_the_server_see_all_of_it(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let mut guests = Vec::new();
    for name in ["ann", "anna", "bea"] {
        let guest = world.guest(name).await;
        let username = Username::parse(name).unwrap();
        let register = Command::Register { username, password: PasswordHash::new("first") };
        let request = world.request(guest, register);
        assert!(world.submit(request).await.is_ok());
        guests.push(guest);
    }
    let gus = world.guest("Gus").await;
    let request = world.request(guests[0], Command::OpenDirect { account: guests[1].actor.account });
    assert!(world.submit(request).await.is_ok());
    let mut slugs = ["tea", "team", "direct", "directory", "about", "zoo"].to_vec();
    for slug in &slugs {
        world.open_room(guests[0], slug).await;
    }
    slugs.sort_unstable();
    let store = world.store();
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store.any_accounts(after, 3).await.unwrap();
        ids.extend(page.rows.iter().map(|card| card.id));
        after = ids.last().copied();
        if !page.more {
            break;
        }
    }
    let mut expected: Vec<AccountId> = guests.iter().chain([&gus]).map(|guest| guest.actor.account).collect();
    expected.sort();
    assert_eq!(ids, expected);
    let names = async |prefix: &str, after: Option<&str>, limit| {
        let page = store.any_usernames(prefix, after, limit).await.unwrap();
        (page.rows.into_iter().map(|card| card.name).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(names("", None, 9).await, (vec!["ann".into(), "anna".into(), "bea".into()], false));
    assert_eq!(names("ann", None, 1).await, (vec!["ann".into()], true));
    assert_eq!(names("ann", Some("ann"), 1).await, (vec!["anna".into()], false));
    assert_eq!(names("b", Some("ann"), 9).await, (vec!["bea".into()], false));
    assert_eq!(names("c", None, 9).await, (vec![], false));
    let rooms = async |prefix: &str, after: Option<&str>, limit| {
        let page = store.any_rooms(prefix, after, limit).await.unwrap();
        let slugs = page.rows.iter().map(|row| row.conversation.title().to_owned());
        (slugs.collect::<Vec<_>>(), page.more)
    };
    assert_eq!(rooms("", None, 9).await, (slugs.iter().map(|&slug| slug.to_owned()).collect(), false));
    assert_eq!(rooms("", Some("direct"), 1).await, (vec!["directory".into()], true));
    assert_eq!(rooms("direct", None, 1).await, (vec!["direct".into()], true));
    assert_eq!(rooms("tea", None, 9).await, (vec!["tea".into(), "team".into()], false));
    assert_eq!(rooms("tea", Some("tea"), 9).await, (vec!["team".into()], false));
    assert_eq!(rooms("direct:", None, 9).await, (vec![], false));
    let tea = store.any_rooms("tea", None, 1).await.unwrap().rows.remove(0);
    assert_eq!((tea.owner, tea.members), (guests[0].actor.account, 1));
    assert_eq!(store.any_conversation(tea.conversation.id).await.unwrap(), Some(tea.clone()));
    world.send(guests[0], &tea.conversation, "one").await;
    world.send(guests[0], &tea.conversation, "two").await;
    let id = tea.conversation.id;
    let history = world.store().any_history(id, HistoryRange::Newest, 1).await.unwrap();
    assert_eq!(
        (history.from, history.to, history.messages[0].2.text.as_str()),
        (Seq::new(2), Seq::new(2), "two")
    );
    let members = world.store().any_members(id, None, 9).await.unwrap();
    let roles: Vec<_> = members.rows.iter().map(|row| (row.account.id, row.role)).collect();
    assert_eq!((roles, members.more), (vec![(guests[0].actor.account, Role::Owner)], false));
    let nothing = chinwag_protocol::ConversationId::from_bytes([9; 16]);
    assert_eq!(world.store().any_conversation(nothing).await.unwrap(), None);
    assert_eq!(world.store().any_history(nothing, HistoryRange::Newest, 9).await.unwrap().messages, []);
}

/// In the server's name, which shows as the sender; the text is gone. The new owner need not have been a member.
pub async fn an_operator_deletes_and_hands_over(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    let sent = world.send(ada, &room, "shame").await;
    let before = world.head().await;
    let delete = Operation::DeleteMessage { conversation: room.id, seq: sent.seq };
    let first = operator(&mut world, delete.clone()).await;
    assert!(matches!(first, Ok(Reply::Stored { seq, .. }) if seq == sent.seq.next()), "{first:?}");
    assert_eq!(operator(&mut world, delete).await, first, "a retry");
    let told = world.missed(ada, before).await;
    assert!(
        matches!(&told[..], [event] if matches!(&event.body, Body::Delete { sender, target, .. }
            if sender.id == AccountId::SERVER && sender.name == "Server" && *target == sent.seq)),
        "{told:?}"
    );
    let history = world.store().any_history(room.id, HistoryRange::Newest, 9).await.unwrap();
    assert_eq!(history.messages[0].2.text, "");
    let gone = Operation::DeleteMessage { conversation: room.id, seq: Seq::new(9) };
    assert_eq!(code(operator(&mut world, gone).await), Code::NotFound);
    let (from, account) = (ada.actor.account, bob.actor.account);
    let hand_over = Operation::HandOver { conversation: room.id, from, account };
    assert_eq!(operator(&mut world, hand_over.clone()).await, Ok(Reply::Done));
    assert_eq!(operator(&mut world, hand_over).await, Ok(Reply::Done), "a retry");
    world.restart().await;
    let roles = world.store().any_members(room.id, None, 9).await.unwrap().rows;
    let mut roles: Vec<_> = roles.into_iter().map(|row| (row.account.name, row.role)).collect();
    roles.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(roles, [("Ada".to_owned(), Role::Admin), ("Bob".to_owned(), Role::Owner)]);
    assert_eq!(world.store().any_conversation(room.id).await.unwrap().unwrap().owner, account);
    let stale = Operation::HandOver { conversation: room.id, from, account: from };
    assert_eq!(code(operator(&mut world, stale).await), Code::Unavailable, "somebody else owns it");
    let request = world.request(
        bob,
        Command::ChangeSettings {
            conversation: room.id,
            change: chinwag_protocol::SettingsChange { locked: Some(true), ..Default::default() },
        },
    );
    assert!(world.submit(request).await.is_ok(), "the new owner runs it");
}

/// However closed the server is. Other accounts do not exist for programs, and a key that is revoked is none.
pub async fn a_program_makes_accounts_and_signs_them_in(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    assert_eq!(make_key(&mut world, KEY, "shop").await, Ok(Reply::Done));
    for entrance in Entrance::ALL {
        rule(&mut world, Subject::Entrance(*entrance), None).await;
    }
    let Request::CreateGuest(guest) = world.guest_request("Bot", None) else { unreachable!() };
    let CreateGuest { account, device, token, .. } = guest.clone();
    let create = Operation::CreateAccount(guest);
    let other = Authority::Key(ApiKeyHash([8; 32]));
    assert_eq!(code(by(&mut world, other, create.clone()).await), Code::Unauthenticated);
    assert_eq!(code(operator(&mut world, create.clone()).await), Code::Forbidden);
    let made = by(&mut world, Authority::Key(KEY), create).await;
    assert_eq!(made, Ok(Reply::Guest { account, device, salt: None }));
    let bot = Guest { actor: Actor { account, device }, token };
    assert!(is_signed_in(&world, bot).await);
    let keys = world.store().rulings(SubjectKind::Key, None, 9).await.unwrap();
    let [(Subject::Key(KEY), terms)] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!((terms.name.as_ref().unwrap().as_str(), terms.seen), ("shop", Some(world.now())));
    let made_by = world.store().ruling(Subject::Managed(account)).await.unwrap().unwrap();
    assert_eq!(made_by.key, terms.key);
    world.restart().await;
    let device = fresh(&mut world);
    let second = Guest { actor: Actor { account, device: device.id }, token: device.token };
    let add = Operation::AddDevice { account, device, until: None };
    assert!(matches!(by(&mut world, Authority::Key(KEY), add).await, Ok(Reply::SignedIn(_))));
    assert!(is_signed_in(&world, second).await && is_signed_in(&world, bot).await);
    let one = Operation::SignOut { account, device: Some(second.actor.device) };
    assert_eq!(by(&mut world, Authority::Key(KEY), one.clone()).await, Ok(Reply::Done));
    assert_eq!(code(by(&mut world, Authority::Key(KEY), one).await), Code::NotFound);
    assert!(!is_signed_in(&world, second).await && is_signed_in(&world, bot).await);
    for (account, expected) in
        [(ada.actor.account, Code::NotFound), (AccountId::from_bytes([9; 16]), Code::NotFound)]
    {
        let device = fresh(&mut world);
        let add = Operation::AddDevice { account, device, until: None };
        assert_eq!(code(by(&mut world, Authority::Key(KEY), add).await), expected);
        let out = Operation::SignOut { account, device: None };
        assert_eq!(code(by(&mut world, Authority::Key(KEY), out).await), expected);
    }
    assert!(is_signed_in(&world, ada).await);
    let delete = Operation::Rule { subject: Subject::Account(ada.actor.account), until: None };
    assert_eq!(code(by(&mut world, Authority::Key(KEY), delete).await), Code::Forbidden);
    rule(&mut world, Subject::Account(account), None).await;
    let add = Operation::AddDevice { account, device: fresh(&mut world), until: None };
    assert_eq!(code(by(&mut world, Authority::Key(KEY), add.clone()).await), Code::AccountBanned);
    assert_eq!(operator(&mut world, Operation::Lift(Subject::Key(KEY))).await, Ok(Reply::Done));
    assert_eq!(code(by(&mut world, Authority::Key(KEY), add).await), Code::Unauthenticated);
}

/// One more is refused until one is revoked.
pub async fn there_are_so_many_keys(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    for number in 0..KEYS_MAX as u8 {
        assert_eq!(make_key(&mut world, ApiKeyHash([number; 32]), "key").await, Ok(Reply::Done));
    }
    assert_eq!(code(make_key(&mut world, ApiKeyHash([200; 32]), "key").await), Code::TooManyRulings);
    assert_eq!(
        operator(&mut world, Operation::Lift(Subject::Key(ApiKeyHash([3; 32])))).await,
        Ok(Reply::Done)
    );
    assert_eq!(make_key(&mut world, ApiKeyHash([200; 32]), "key").await, Ok(Reply::Done));
}

/// Not before, and what is left of it goes with it.
pub async fn a_device_ends_when_its_time_is_over(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    assert_eq!(make_key(&mut world, KEY, "shop").await, Ok(Reply::Done));
    let Request::CreateGuest(guest) = world.guest_request("Bot", None) else { unreachable!() };
    let account = guest.account;
    assert!(by(&mut world, Authority::Key(KEY), Operation::CreateAccount(guest)).await.is_ok());
    let mut added = Vec::new();
    for seconds in [20, 10] {
        let at = Timestamp::from_millis(world.now().as_millis() + 1_000 * seconds);
        let device = fresh(&mut world);
        let guest = Guest { actor: Actor { account, device: device.id }, token: device.token };
        let add = Operation::AddDevice { account, device, until: Some(at) };
        assert!(by(&mut world, Authority::Key(KEY), add).await.is_ok());
        added.push((guest, at));
    }
    let first: Vec<_> = world.store().rulings(SubjectKind::Expiry, None, 9).await.unwrap();
    let (late, soon) = (added[0], added[1]);
    let expected = [soon, late].map(|(guest, at)| Subject::Expiry(at, guest.actor.device));
    assert_eq!(
        first.iter().map(|(subject, _)| *subject).collect::<Vec<_>>(),
        expected,
        "the next comes first"
    );
    assert!(first.iter().all(|(_, terms)| terms.account == Some(account)));
    let end = |(guest, at): (Guest, Timestamp)| Request::EndDevice(EndDevice { actor: guest.actor, at });
    assert_eq!(world.submit(end(soon)).await, Ok(Reply::Done));
    assert!(is_signed_in(&world, soon.0).await, "not yet");
    world.advance(10_000);
    for _ in 0..2 {
        assert_eq!(world.submit(end(soon)).await, Ok(Reply::Done));
        assert_eq!(world.submit(end(late)).await, Ok(Reply::Done));
    }
    assert!(!is_signed_in(&world, soon.0).await && is_signed_in(&world, late.0).await);
    let left = world.store().rulings(SubjectKind::Expiry, None, 9).await.unwrap();
    assert_eq!(left.len(), 1);
}

/// Neither what programs have made nor the server's own account is a guest, however long nobody has seen it.
pub async fn accounts_of_programs_do_not_expire(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    assert_eq!(make_key(&mut world, KEY, "shop").await, Ok(Reply::Done));
    let Request::CreateGuest(guest) = world.guest_request("Bot", None) else { unreachable!() };
    let bot = Guest { actor: Actor { account: guest.account, device: guest.device }, token: guest.token };
    assert!(by(&mut world, Authority::Key(KEY), Operation::CreateAccount(guest)).await.is_ok());
    world.advance(3_600_001);
    let since = world.now();
    for _ in 0..2 {
        for (after, expected) in [(None, [ada.actor.account].as_slice()), (Some(ada.actor.account), &[])] {
            let found = world.store().unseen_guests(since, after, 10).await.unwrap();
            assert_eq!(found.accounts, expected, "after {after:?}");
        }
        world.restart().await;
    }
    let head = world.head().await;
    for account in [bot.actor.account, AccountId::SERVER] {
        let expire = Request::ExpireGuest(ExpireGuest { account, unseen_since: since });
        assert_eq!(world.submit(expire).await, Ok(Reply::Done));
    }
    assert_eq!(world.head().await, head);
    assert!(is_signed_in(&world, bot).await);
}

/// As its owner does, unless it owns what others are in.
pub async fn the_operator_deletes_accounts(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let tea = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    world.send(bob, &tea, "secret").await;
    let delete = |guest: Guest| Operation::DeleteAccount(guest.actor.account);
    let head = world.head().await;
    assert_eq!(code(operator(&mut world, delete(ada)).await), Code::LastOwner);
    assert_eq!(code(by(&mut world, Authority::Key(KEY), delete(bob)).await), Code::Unauthenticated);
    for nobody in [AccountId::from_bytes([9; 16]), AccountId::SERVER] {
        assert_eq!(code(operator(&mut world, Operation::DeleteAccount(nobody)).await), Code::NotFound);
    }
    assert_eq!(world.head().await, head);
    assert_eq!(operator(&mut world, delete(bob)).await, Ok(Reply::Done));
    assert!(!is_signed_in(&world, bob).await);
    assert_eq!(world.store().removals(10).await.unwrap(), [bob.actor.account]);
    world.remove(bob.actor.account).await;
    let card = world.store().account(bob.actor.account).await.unwrap().unwrap();
    assert_eq!(card.removed, Some(Removal::Deleted));
    let range = HistoryRange::Newest;
    let history = world.store().history(ada.actor.account, tea.id, range, 10).await.unwrap().unwrap();
    assert!(!format!("{history:?}").contains("secret"));
    assert_eq!(operator(&mut world, delete(ada)).await, Ok(Reply::Done), "nobody else is in it now");
}
