//! Accounts that sign in: user names, passwords, recovery codes, profiles and devices.

use chinwag_chat::{
    CreateGuest, ExpireDevice, NewDevice, Recover, Registration, Reply, Request, SignIn, TokenHash,
};
use chinwag_protocol::{
    About, AccountChange, AccountId, Actor, Body, Code, Color, Command, DeviceId, Name, PasswordHash, Pos,
    RecoveryCodeHash, Timestamp, Username,
};

use super::Harness;
use super::world::{Guest, World, code};
use crate::{Credential, HistoryRange};

pub(super) fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

pub(super) fn register(text: &str) -> Command {
    Command::Register { username: username(text), password: PasswordHash::new("first") }
}

pub(super) async fn registered(world: &mut World<'_>, name: &str) -> Guest {
    let guest = world.guest(name).await;
    let request = world.request(guest, register(name));
    assert!(matches!(world.submit(request).await, Ok(Reply::Account(_))));
    guest
}

fn sign_in_request(world: &mut World<'_>, account: AccountId, verified: u64, name: &str) -> (Request, Guest) {
    let device = NewDevice {
        id: DeviceId::from_bytes(world.random.bytes()),
        name: Some(Name::parse(name).unwrap()),
        token: TokenHash(world.random.bytes()),
    };
    let guest = Guest { actor: Actor { account, device: device.id }, token: device.token };
    (Request::SignIn(SignIn { account, verified, device }), guest)
}

pub(super) async fn sign_in(world: &mut World<'_>, account: AccountId, verified: u64, name: &str) -> Guest {
    let (request, guest) = sign_in_request(world, account, verified, name);
    assert!(matches!(world.submit(request).await, Ok(Reply::SignedIn(_))));
    guest
}

pub(super) async fn is_signed_in(world: &World<'_>, guest: Guest) -> bool {
    world.store().session(guest.token).await.unwrap() == Some(guest.actor)
}

/// A guest that registers keeps its id and its device; a sign-up is a guest that registers at once.
pub async fn an_account_is_found_by_its_user_name(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = registered(&mut world, "Ada").await;
    let Request::CreateGuest(bob) = world.guest_request("Bob", None) else { unreachable!() };
    let registration = Registration { username: username("bob.b"), password: PasswordHash::new("bobs") };
    let device_name = Some(Name::parse("Laptop").unwrap());
    let sign_up = CreateGuest { registration: Some(registration), device_name, ..bob.clone() };
    assert!(world.submit(Request::CreateGuest(sign_up)).await.is_ok());
    for _ in 0..2 {
        for (text, account, password) in [("ada", ada.actor.account, "first"), ("bob.b", bob.account, "bobs")]
        {
            let credential = Credential { account, password: PasswordHash::new(password), version: 1 };
            let found = world.store().credential_of(&username(text)).await.unwrap();
            assert_eq!(found, Some(credential.clone()));
            assert_eq!(world.store().credential(account).await.unwrap(), Some(credential));
            let card = world.store().account(account).await.unwrap().unwrap();
            assert_eq!((card.username, card.version), (Some(username(text)), 2));
        }
        assert!(is_signed_in(&world, ada).await);
        assert_eq!(world.store().credential_of(&username("eve")).await.unwrap(), None);
        assert_eq!(world.store().account(AccountId::from_bytes([7; 16])).await.unwrap(), None);
        let devices = world.store().devices(bob.account).await.unwrap();
        assert_eq!((devices.len(), devices[0].name.as_deref()), (1, Some("Laptop")));
        let again = world.request(ada, register("Ada"));
        assert!(matches!(world.submit(again).await, Ok(Reply::Account(_))), "a retry");
        let other = world.request(ada, register("lovelace"));
        assert_eq!(code(world.submit(other).await), Code::AlreadyRegistered);
        world.restart().await;
    }
    // No secret stands in the log.
    let log = format!("{:?}", world.missed(ada, Pos::ZERO).await);
    assert!(log.contains("Registered") && !log.contains("first"), "{log}");
}

/// Of two who want one name at once, exactly one gets it, and a refusal leaves no account behind.
pub async fn two_of_one_user_name_in_one_batch(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let Request::CreateGuest(eve) = world.guest_request("Eve", None) else { unreachable!() };
    let registration = Registration { username: username("ada"), password: PasswordHash::new("eves") };
    let sign_up = CreateGuest { registration: Some(registration), ..eve.clone() };
    let (first, second) = (world.request(ada, register("ada")), world.request(bob, register("ADA")));
    let answers = world.in_one_batch(vec![first, second, Request::CreateGuest(sign_up.clone())]).await;
    assert!(matches!(answers[0], Ok(Reply::Account(_))));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::UsernameTaken);
    assert_eq!(answers[2].as_ref().unwrap_err().code, Code::UsernameTaken);
    world.restart().await;
    assert_eq!(code(world.submit(Request::CreateGuest(sign_up)).await), Code::UsernameTaken);
    assert_eq!(world.store().account(eve.account).await.unwrap(), None);
    assert_eq!(world.store().session(eve.token).await.unwrap(), None);
    let found = world.store().credential_of(&username("ada")).await.unwrap().unwrap();
    assert_eq!(found.account, ada.actor.account);
}

/// A new name shows in what was written before, and the account's devices are told.
pub async fn a_changed_profile_shows_in_all_that_is_read(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    world.send(ada, &room, "one").await;
    let before = world.head().await;
    let update = Command::UpdateAccount {
        name: Some(Name::parse("Countess").unwrap()),
        about: Some(About::parse("Engines.\nNumbers.").unwrap()),
        color: Some(Color::try_from(7).unwrap()),
    };
    let (once, twice) = (world.request(ada, update.clone()), world.request(ada, update));
    let client_id = world.client_id();
    let second = world.send_request(ada, &room, client_id, "two", None);
    let answers = world.in_one_batch(vec![once, second, twice]).await;
    let Ok(Reply::Account(card)) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!((card.version, &answers[2]), (2, &answers[0]), "the same again changes nothing");
    for _ in 0..2 {
        let found = world.store().account(ada.actor.account).await.unwrap().unwrap();
        assert_eq!(&found, card);
        assert_eq!((found.name.as_str(), found.about.as_str()), ("Countess", "Engines.\nNumbers."));
        assert_eq!((found.color.number(), found.version), (7, 2));
        let own: Vec<_> = world.missed(ada, before).await.into_iter().map(|event| event.body).collect();
        let told = Body::Account { card: card.clone(), change: AccountChange::Updated };
        assert_eq!(own.iter().filter(|body| **body == told).count(), 1);
        let history = world.store().history(bob.actor.account, room.id, HistoryRange::Newest, 9).await;
        let senders = history.unwrap().unwrap().messages.into_iter().map(|(.., message)| message.sender);
        assert!(senders.into_iter().all(|sender| (sender.name.as_str(), sender.version) == ("Countess", 2)));
        assert!(
            !world.missed(bob, before).await.iter().any(|event| matches!(event.body, Body::Account { .. }))
        );
        world.restart().await;
    }
}

/// What was verified against a password that is not the present one any more counts for nothing, in one batch too.
pub async fn a_verified_password_counts_only_until_it_is_changed(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = registered(&mut world, "Ada").await;
    let laptop = sign_in(&mut world, ada.actor.account, 1, "Laptop").await;
    let change = |hash: &str| Command::ChangePassword { verified: 1, password: PasswordHash::new(hash) };
    let (one, other) = (world.request(ada, change("second")), world.request(ada, change("third")));
    let (late, guest) = sign_in_request(&mut world, ada.actor.account, 1, "Thief");
    let codes = Command::NewRecoveryCodes { verified: 1, codes: vec![RecoveryCodeHash([1; 32])] };
    let codes = world.request(ada, codes);
    let answers = world.in_one_batch(vec![one, other, late.clone(), codes]).await;
    assert_eq!(answers[0], Ok(Reply::Done));
    for answer in &answers[1..] {
        assert_eq!(answer.as_ref().unwrap_err().code, Code::WrongCredentials);
    }
    for _ in 0..2 {
        assert!(is_signed_in(&world, ada).await);
        assert!(!is_signed_in(&world, laptop).await && !is_signed_in(&world, guest).await);
        let kept = world.store().credential(ada.actor.account).await.unwrap().unwrap();
        assert_eq!((kept.password, kept.version), (PasswordHash::new("second"), 2));
        assert_eq!(code(world.submit(late.clone()).await), Code::WrongCredentials);
        world.restart().await;
    }
    let bob = world.guest("Bob").await;
    let change = world.request(bob, change("x"));
    assert_eq!(code(world.submit(change).await), Code::WrongCredentials, "a guest has no password");
}

/// A recovery code sets the password and ends every device, once; new ones void the old.
pub async fn a_recovery_code_is_good_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (registered(&mut world, "Ada").await, registered(&mut world, "Bob").await);
    let codes = |numbers: &[u8]| Command::NewRecoveryCodes {
        verified: 1,
        codes: numbers.iter().map(|number| RecoveryCodeHash([*number; 32])).collect(),
    };
    for (guest, numbers) in [(ada, [1, 2]), (ada, [3, 4]), (bob, [3, 9])] {
        let made = world.request(guest, codes(&numbers));
        assert_eq!(world.submit(made).await, Ok(Reply::Done));
    }
    let recover = |world: &mut World<'_>, guest: Guest, number: u8| {
        let device = NewDevice {
            id: DeviceId::from_bytes(world.random.bytes()),
            name: None,
            token: TokenHash(world.random.bytes()),
        };
        let back =
            Guest { actor: Actor { account: guest.actor.account, device: device.id }, token: device.token };
        let password = PasswordHash::new(format!("after {number}"));
        let code = RecoveryCodeHash([number; 32]);
        (Request::Recover(Recover { account: guest.actor.account, code, password, device }), back)
    };
    world.restart().await;
    let (void, _) = recover(&mut world, ada, 1);
    assert_eq!(code(world.submit(void).await), Code::WrongCredentials, "of the codes before");
    let (first, back) = recover(&mut world, ada, 3);
    let (second, _) = recover(&mut world, ada, 3);
    let answers = world.in_one_batch(vec![first, second]).await;
    assert!(matches!(answers[0], Ok(Reply::SignedIn(_))));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::WrongCredentials);
    for _ in 0..2 {
        assert!(is_signed_in(&world, back).await && !is_signed_in(&world, ada).await);
        assert!(is_signed_in(&world, bob).await, "another's code of the same number is another code");
        let kept = world.store().credential(ada.actor.account).await.unwrap().unwrap();
        assert_eq!((kept.password, kept.version), (PasswordHash::new("after 3"), 2));
        let (again, _) = recover(&mut world, ada, 3);
        assert_eq!(code(world.submit(again).await), Code::WrongCredentials);
        world.restart().await;
    }
    // Made and used in one batch.
    let made = Command::NewRecoveryCodes { verified: 2, codes: vec![RecoveryCodeHash([5; 32])] };
    let made = world.request(back, made);
    let (used, _) = recover(&mut world, ada, 5);
    let answers = world.in_one_batch(vec![made, used]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for number in [4, 5] {
        let (gone, _) = recover(&mut world, ada, number);
        assert_eq!(code(world.submit(gone).await), Code::WrongCredentials);
    }
    let (others, _) = recover(&mut world, bob, 9);
    assert!(world.submit(others).await.is_ok());
    let nobody = Guest { actor: Actor { account: AccountId::from_bytes([9; 16]), ..ada.actor }, ..ada };
    let (nobodys, _) = recover(&mut world, nobody, 9);
    assert_eq!(code(world.submit(nobodys).await), Code::WrongCredentials);
}

/// Devices come and go one by one; another's is like one that never was.
pub async fn signing_out_one_device_leaves_the_others(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (registered(&mut world, "Ada").await, world.guest("Bob").await);
    world.advance(1_000);
    let laptop = sign_in(&mut world, ada.actor.account, 1, "Laptop").await;
    world.advance(1_000);
    let phone = sign_in(&mut world, ada.actor.account, 1, "Phone").await;
    let listed = world.store().devices(ada.actor.account).await.unwrap();
    let names: Vec<_> = listed.iter().map(|device| (device.id, device.name.as_deref())).collect();
    let want = [(ada, None), (laptop, Some("Laptop")), (phone, Some("Phone"))];
    assert_eq!(names, want.map(|(guest, name)| (guest.actor.device, name)));
    assert_eq!(listed[2].created_at, world.now());

    let remove = |device: Guest| Command::RemoveDevice { device: device.actor.device };
    let head = world.head().await;
    let nobodys = world.request(laptop, Command::RemoveDevice { device: DeviceId::from_bytes([9; 16]) });
    let anothers = world.request(laptop, remove(bob));
    let refused = world.submit(nobodys).await.unwrap_err();
    assert_eq!(world.submit(anothers).await.unwrap_err(), refused);
    assert_eq!((refused.code, world.head().await), (Code::NotFound, head));

    let (one, again) = (world.request(laptop, remove(phone)), world.request(laptop, remove(phone)));
    let open = world.open_room_request(phone, "tea");
    let answers = world.in_one_batch(vec![one, again, open]).await;
    assert_eq!(answers[0], Ok(Reply::Done));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::NotFound);
    assert_eq!(answers[2].as_ref().unwrap_err().code, Code::Unauthenticated);
    for _ in 0..2 {
        assert!(is_signed_in(&world, ada).await && is_signed_in(&world, laptop).await);
        assert!(!is_signed_in(&world, phone).await);
        world.restart().await;
    }
    let others = world.request(laptop, Command::RemoveOtherDevices);
    for _ in 0..2 {
        assert_eq!(world.submit(others.clone()).await, Ok(Reply::Done));
        assert!(is_signed_in(&world, laptop).await && !is_signed_in(&world, ada).await);
    }
    assert!(is_signed_in(&world, bob).await);
}

/// There are at most 50 devices; the one that was unseen for longest makes room.
pub async fn one_device_too_many_ends_the_one_unseen_longest(harness: &dyn Harness) {
    const DAY_MS: i64 = 86_400_000;
    let mut world = World::open(harness).await;
    let ada = registered(&mut world, "Ada").await;
    let mut devices = vec![ada];
    for number in 1..50 {
        world.advance(1);
        devices.push(sign_in(&mut world, ada.actor.account, 1, &format!("Device {number}")).await);
    }
    world.advance(DAY_MS);
    // The oldest is seen again, so the next one is the one.
    world.store().record_places(&[(ada.actor.device, Pos::ZERO)]).await.unwrap();
    devices.push(sign_in(&mut world, ada.actor.account, 1, "One more").await);
    for (number, device) in devices.iter().enumerate() {
        assert_eq!(is_signed_in(&world, *device).await, number != 1, "device {number}");
    }
    assert_eq!(world.store().devices(ada.actor.account).await.unwrap().len(), 50);
}

/// A device that asked for nothing for long is found and signed out, unless it was seen in between.
pub async fn an_unseen_device_expires_unless_it_was_seen(harness: &dyn Harness) {
    const HOUR_MS: i64 = 3_600_000;
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let start = world.now();
    world.advance(HOUR_MS);
    world.store().record_places(&[(bob.actor.device, Pos::ZERO)]).await.unwrap();
    let seen = |devices: Vec<crate::Device>| devices[0].seen_at;
    let bobs = world.store().devices(bob.actor.account).await.unwrap();
    assert_eq!(seen(bobs), start, "noted once an hour");
    world.advance(1);
    world
        .store()
        .record_places(&[(bob.actor.device, Pos::ZERO), (eve.actor.device, Pos::new(2))])
        .await
        .unwrap();
    world.advance(HOUR_MS);
    world.restart().await;
    let since = Timestamp::from_millis(start.as_millis() + 1);
    assert_eq!(world.store().unseen_devices(since, 10).await.unwrap(), [ada.actor]);
    assert_eq!(world.store().unseen_devices(start, 10).await.unwrap(), []);
    let all = world.store().unseen_devices(world.now(), 10).await.unwrap();
    assert_eq!((all.len(), all[0]), (3, ada.actor), "those unseen for longest first");
    assert_eq!(world.store().unseen_devices(world.now(), 1).await.unwrap(), [ada.actor]);

    let expire =
        |guest: Guest| Request::ExpireDevice(ExpireDevice { actor: guest.actor, unseen_since: since });
    let answers = world.in_one_batch(vec![expire(ada), expire(ada), expire(bob)]).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Reply::Done)));
    for _ in 0..2 {
        assert!(!is_signed_in(&world, ada).await, "it was unseen");
        assert!(is_signed_in(&world, bob).await, "it was seen meanwhile");
        assert_eq!(world.store().unseen_devices(since, 10).await.unwrap(), []);
        world.restart().await;
    }
}
