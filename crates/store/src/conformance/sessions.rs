//! Devices, keys, places and incarnations.

use chinwag_chat::{Idempotency, KeyHash, Reply, RequestHash, Salt, TokenHash};
use chinwag_protocol::{Code, Command, Pos};

use super::Harness;
use super::world::{World, code};

/// A token speaks for its device until the device signs out, and no longer, at once and after a restart.
pub async fn a_session_ends_with_its_device(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bоb").await);
    assert_eq!(world.store().session(ada.token).await.unwrap(), Some(ada.actor));
    let card = world.store().account(ada.actor.account).await.unwrap().unwrap();
    assert_eq!(card.name, "Ada");
    assert!(!card.lookalike);
    assert_eq!(world.store().session(bob.token).await.unwrap(), Some(bob.actor));
    let card = world.store().account(bob.actor.account).await.unwrap().unwrap();
    assert!(card.lookalike, "a Cyrillic letter among Latin ones");
    assert_eq!(world.store().session(TokenHash([9; 32])).await.unwrap(), None);

    let open = world.open_room_request(ada, "tea");
    let sign_out = world.request(ada, Command::SignOut);
    let answers = world.in_one_batch(vec![sign_out.clone(), open.clone()]).await;
    assert_eq!(answers[0], Ok(Reply::Done));
    assert_eq!(answers[1].as_ref().unwrap_err().code, Code::Unauthenticated);
    let head = world.head().await;
    for _ in 0..2 {
        assert_eq!(world.store().session(ada.token).await.unwrap(), None);
        assert_eq!(code(world.submit(open.clone()).await), Code::Unauthenticated);
        assert_eq!(world.submit(sign_out.clone()).await, Ok(Reply::Done), "idempotent by nature");
        assert_eq!(world.head().await, head);
        assert!(world.store().session(bob.token).await.unwrap().is_some());
        world.restart().await;
    }
}

/// The same key and request get the first guest for 24 hours, another request a refusal; then the key is new.
pub async fn an_idempotency_key_is_kept_for_a_day(harness: &dyn Harness) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let mut world = World::open(harness).await;
    let key = Idempotency { key: KeyHash([1; 16]), hash: RequestHash([2; 16]), salt: Salt([3; 16]) };
    let retry = Idempotency { salt: Salt([4; 16]), ..key };
    let other = Idempotency { hash: RequestHash([5; 16]), ..key };
    let guest = |world: &mut World<'_>, key| world.guest_request("Ada", Some(key));

    let (first, second) = (guest(&mut world, key), guest(&mut world, retry));
    let answers = world.in_one_batch(vec![first, second]).await;
    let first = answers[0].clone();
    assert!(matches!(first, Ok(Reply::Guest { salt: Some(Salt(salt)), .. }) if salt == [3; 16]));
    assert_eq!(answers[1], first);
    world.advance(DAY_MS - 1);
    world.restart().await;
    let again = guest(&mut world, retry);
    assert_eq!(world.submit(again).await, first);
    let reused = guest(&mut world, other);
    assert_eq!(code(world.submit(reused).await), Code::IdempotencyKeyReused);
    world.advance(1);
    let new = guest(&mut world, other);
    let new = world.submit(new).await;
    assert!(new.is_ok() && new != first);
    let again = guest(&mut world, other);
    assert_eq!(world.submit(again).await, new);
}

/// A device's place only moves forward, and survives a restart; a device that is gone has none.
pub async fn places_never_move_back(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let devices = [ada.actor.device, bob.actor.device];
    assert_eq!(world.store().place(devices[0]).await.unwrap(), Some(Pos::ZERO));
    for (places, want) in [([5, 1], [5, 1]), ([3, 2], [5, 2]), ([5, 9], [5, 9])] {
        let places: Vec<_> = devices.into_iter().zip(places.map(Pos::new)).collect();
        world.store().record_places(&places).await.unwrap();
        for (device, want) in devices.into_iter().zip(want) {
            assert_eq!(world.store().place(device).await.unwrap(), Some(Pos::new(want)));
        }
    }
    let sign_out = world.request(ada, Command::SignOut);
    world.submit(sign_out).await.unwrap();
    world.store().record_places(&[(devices[0], Pos::new(70)), (devices[1], Pos::new(70))]).await.unwrap();
    world.restart().await;
    assert_eq!(world.store().place(devices[0]).await.unwrap(), None);
    assert_eq!(world.store().place(devices[1]).await.unwrap(), Some(Pos::new(70)));
}

/// A restart of the same database is the same incarnation with the same keys, so that cursors stay good.
pub async fn an_epoch_outlives_a_restart(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let epochs = world.store().epochs();
    let secrets = world.store().secrets().clone();
    let guest = world.guest_request("Ada", None);
    let place = epochs.place(Pos::new(1));
    world.submit(guest).await.unwrap();
    world.restart().await;
    assert_eq!(world.store().epochs(), epochs);
    assert_eq!(world.store().epochs().pos(place, world.head().await), Ok(Pos::new(1)));
    let again = world.store().secrets();
    assert_eq!((again.cursor, again.hash, again.token), (secrets.cursor, secrets.hash, secrets.token));
    assert_ne!(secrets.hash, secrets.token);
}
