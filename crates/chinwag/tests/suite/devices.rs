//! Several devices of one account: each ends alone, and what ends one leaves the others.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chinwag_client::{ClientError, EventReader, Session, Transport};
use chinwag_protocol::{AccountUpdateBody, Code};

use crate::lines::Rooms;
use crate::only_here::OnlyHere;
use crate::posting::{post, reader_from_now};
use crate::seed;
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Way, on_every_transport};

const PASSWORD: &str = "correct horse";

on_every_transport! {
    z12_signing_out_one_device_leaves_the_other
    a8_a_changed_password_ends_what_other_devices_read
    a9_a_device_unseen_for_long_reads_nothing_more
    a_new_name_reaches_the_own_devices
}

/// Ada's laptop and phone.
async fn two_devices(server: &TestServer) -> (Session, Session) {
    let laptop =
        within("a sign-up", server.client().sign_up("ada", PASSWORD)).await.expect("one may sign up");
    let phone = within("a sign-in", server.client().sign_in("ADA", PASSWORD, Some("Phone"))).await;
    let phone = phone.expect("the password is right");
    assert_eq!(laptop.account(), phone.account());
    (laptop, phone)
}

/// Reads to the end; gives what came before it.
async fn read_out(rooms: &Rooms, reader: &mut EventReader) -> (Vec<String>, ClientError) {
    let mut lines = Vec::new();
    loop {
        match rooms.next(reader).await {
            Ok(line) => lines.push(line),
            Err(error) => return (lines, error),
        }
    }
}

/// What the next request of a device that is signed out gets; `in_a_moment` if a server may not have heard of it yet.
async fn refusal(device: &Session, in_a_moment: bool) -> ClientError {
    let refused = async {
        loop {
            match device.sync(None).await {
                Err(error) => break error,
                Ok(_) => assert!(in_a_moment, "it stays out"),
            }
            tokio::task::yield_now().await;
        }
    };
    within("a refusal", refused).await
}

/// The phone has been signed out, and the laptop, which wrote `two` since, has not.
async fn only_the_laptop_goes_on(
    way: Way,
    rooms: &Rooms,
    (laptop, mut laptops): (&Session, EventReader),
    (phone, mut phones): (&Session, EventReader),
) {
    let (lines, error) = read_out(rooms, &mut phones).await;
    assert_eq!(error.code(), Some(Code::Unauthenticated));
    // What was committed before its end may have come.
    assert!(!lines.iter().any(|line| line.ends_with(": two")), "{lines:?}");
    match way.transport {
        Transport::Poll | Transport::LongPoll => {}
        Transport::Stream | Transport::Sse | Transport::WebSocket => {
            assert_eq!(lines.last().map(String::as_str), Some("end SignedOut None"));
        }
    }
    assert_eq!(refusal(phone, seed::nodes().is_some()).await.code(), Some(Code::Unauthenticated));
    rooms.read_until(&mut laptops, ": two").await;
    let devices = within("the devices", laptop.devices()).await.expect("it is signed in");
    let devices: Vec<_> = devices.iter().map(|device| (device.id, device.current)).collect();
    assert_eq!(devices, [(laptop.device(), true)]);
}

async fn z12_signing_out_one_device_leaves_the_other(way: Way) {
    let server = TestServer::by(way).await;
    let (laptop, phone) = two_devices(&server).await;
    let tea = open(&laptop, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let laptops = reader_from_now(&laptop, way.transport).await;
    let mut phones = reader_from_now(&phone, way.transport).await;
    post(&laptop, tea, "one").await;
    assert_eq!(rooms.read(&mut phones, 1).await, ["tea 1 #1 ada: one"]);
    within("signing out", laptop.remove_device(phone.device())).await.expect("it is one's own");
    post(&laptop, tea, "two").await;
    only_the_laptop_goes_on(way, &rooms, (&laptop, laptops), (&phone, phones)).await;
}

async fn a8_a_changed_password_ends_what_other_devices_read(way: Way) {
    let server = TestServer::by(way).await;
    let (laptop, phone) = two_devices(&server).await;
    let tea = open(&laptop, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let laptops = reader_from_now(&laptop, way.transport).await;
    let mut phones = reader_from_now(&phone, way.transport).await;
    post(&laptop, tea, "one").await;
    assert_eq!(rooms.read(&mut phones, 1).await, ["tea 1 #1 ada: one"]);
    if way.transport == Transport::WebSocket {
        let mut socket = within("a WebSocket", laptop.websocket(None)).await.expect("it is signed in");
        within("a change", socket.change_password(PASSWORD, "battery staple")).await.expect("it is right");
    } else {
        within("a change", laptop.change_password(PASSWORD, "battery staple")).await.expect("it is right");
    }
    post(&laptop, tea, "two").await;
    only_the_laptop_goes_on(way, &rooms, (&laptop, laptops), (&phone, phones)).await;
    let old = within("a sign-in", server.client().sign_in("ada", PASSWORD, None)).await;
    assert_eq!(old.expect_err("it is the old one").code(), Some(Code::WrongCredentials));
    within("a sign-in", server.client().sign_in("ada", "battery staple", None)).await.expect("it is right");
}

async fn a9_a_device_unseen_for_long_reads_nothing_more(way: Way) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let time: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(1_800_000_000_000)));
    let only_here = Some(OnlyHere::Clock(time));
    let server = TestServer::start_with(Setup { only_here, ..Setup::by(way) }).await;
    let (laptop, phone) = two_devices(&server).await;
    let tea = open(&laptop, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut phones = reader_from_now(&phone, way.transport).await;
    post(&laptop, tea, "one").await;
    rooms.read_until(&mut phones, ": one").await;
    // However often it asks: three months go by in between.
    let passing = tokio::spawn(async move {
        loop {
            time.fetch_add(91 * DAY_MS, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let (lines, error) = read_out(&rooms, &mut phones).await;
    passing.abort();
    assert_eq!(error.code(), Some(Code::Unauthenticated));
    match way.transport {
        Transport::Poll | Transport::LongPoll => {}
        Transport::Stream | Transport::Sse | Transport::WebSocket => {
            assert_eq!(lines.last().map(String::as_str), Some("end SignedOut None"));
        }
    }
    // Nobody waits for the answer to its removal: its streams may end a moment before its token.
    assert_eq!(refusal(&phone, true).await.code(), Some(Code::Unauthenticated));
}

async fn a_new_name_reaches_the_own_devices(way: Way) {
    let server = TestServer::by(way).await;
    let (laptop, phone) = two_devices(&server).await;
    let bob = server.guest("Bob").await;
    let tea = open(&laptop, "tea").await;
    open(&bob, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut phones = reader_from_now(&phone, way.transport).await;
    let mut bobs = reader_from_now(&bob, way.transport).await;
    let update = AccountUpdateBody { name: Some("Countess".to_owned()), ..AccountUpdateBody::default() };
    let card = within("a change", laptop.update_account(&update)).await.expect("it is a name");
    assert_eq!((card.name.as_str(), card.version), ("Countess", 3));
    let shown = within("the account", phone.show_account()).await.expect("it is signed in");
    assert_eq!(shown, card);
    post(&phone, tea, "one").await;
    assert_eq!(rooms.read(&mut phones, 2).await, ["account Updated Countess v3", "tea 1 #1 Countess: one"]);
    assert_eq!(rooms.read(&mut bobs, 1).await, ["tea 1 #1 Countess: one"]);
}
