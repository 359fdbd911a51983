//! A device that is signed out reads nothing more.

use chinwag_client::{ClientError, Transport};
use chinwag_protocol::Code;

use crate::lines::Rooms;
use crate::posting::{post, reader, reader_from_now};
use crate::server::{TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    signing_out_ends_what_the_device_reads
}

async fn signing_out_ends_what_the_device_reads(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut adas = reader_from_now(&ada, way.transport).await;
    let mut bobs = reader_from_now(&bob, way.transport).await;
    post(&ada, tea, "one").await;
    assert_eq!(rooms.read(&mut bobs, 1).await, ["tea 1 #1 Ada: one"]);

    within("signing out", bob.sign_out()).await.expect("one may sign out");
    post(&ada, tea, "two").await;
    let mut lines = Vec::new();
    let error = loop {
        match rooms.next(&mut bobs).await {
            Ok(line) => lines.push(line),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Some(Code::Unauthenticated));
    match way.transport {
        Transport::Poll | Transport::LongPoll => assert_eq!(lines, [""; 0]),
        Transport::Stream | Transport::Sse | Transport::WebSocket => {
            assert_eq!(lines, ["end SignedOut None"])
        }
    }
    assert_eq!(rooms.read(&mut adas, 2).await, ["tea 1 #1 Ada: one", "tea 2 #2 Ada: two"]);

    let place = bobs.cursor().expect("something was read").clone();
    let mut again = reader(&bob, way.transport, &place);
    let told = loop {
        match rooms.next(&mut again).await {
            // By a server of several to which the news is on its way yet.
            Ok(line) => assert_eq!(line, "end SignedOut None"),
            Err(error) => break error,
        }
    };
    assert_eq!(told.code(), Some(Code::Unauthenticated), "it stays out");
    let refused: Result<_, ClientError> = within("a command", bob.sync(None)).await;
    assert_eq!(refused.expect_err("it stays out").code(), Some(Code::Unauthenticated));
}
