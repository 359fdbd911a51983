//! The same request again gets the same answer, whenever and however it comes.

use std::time::Duration;

use chinwag_client::{ClientError, Protocol, Session};
use chinwag_protocol::{ClientId, Code, ConversationId, SendAnswer, SendBody, Seq};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use tokio::task::JoinSet;

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, reader};
use crate::server::{Data, Setup, TestServer, open, within};
use crate::way::Carrier;

/// Status and bytes of the answer to a send, on a connection of its own.
async fn send_raw(
    session: &Session,
    room: ConversationId,
    client_id: ClientId,
    text: &str,
) -> (StatusCode, bytes::Bytes) {
    let body = SendBody::new(client_id, text);
    let request = Request::post(format!("/v1/conversations/{room}/messages"))
        .header(AUTHORIZATION, format!("Bearer {}", session.token()))
        .header(CONTENT_TYPE, "application/json")
        .header("connection", "close")
        .body(serde_json::to_vec(&body).expect("the body is JSON").into())
        .expect("the request is good");
    let answer = within("a send", session.client().http().call(request, Duration::from_secs(60))).await;
    let answer = answer.expect("the server answers");
    (answer.status(), answer.into_body())
}

#[tokio::test]
async fn a_repeated_send_gets_the_first_answer_to_the_byte() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let start = cursor_of_now(&ada).await;
    let client_id = new_client_id();
    let first = send_raw(&ada, tea, client_id, "once").await;
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(send_raw(&ada, tea, client_id, "once").await, first);
    // Another sender's ids are another matter.
    post(&bob, tea, "between").await;
    assert_eq!(send_raw(&bob, tea, client_id, "once").await.0, StatusCode::CREATED);
    assert_eq!(send_raw(&ada, tea, client_id, "once").await, first);
    within("a deletion", ada.delete(tea, Seq::new(1))).await.expect("one's own may be deleted");
    assert_eq!(send_raw(&ada, tea, client_id, "once").await, first);

    let data = server.stop().await;
    let server = TestServer::start_on(data, Setup::default()).await;
    let ada = server.resume(&ada).await;
    assert_eq!(send_raw(&ada, tea, client_id, "once").await, first);
    for text in ["twice", "once ", ""] {
        let refusal =
            within("a refusal", ada.send(tea, client_id, text, None)).await.expect_err("it is another");
        let expected = if text.is_empty() { Code::InvalidText } else { Code::ClientIdReused };
        assert_eq!(refusal.code(), Some(expected), "{text:?}");
    }

    let rooms = Rooms(vec![(tea, "tea")]);
    post(&ada, tea, "last").await;
    for transport in chinwag_client::Transport::ALL {
        assert_eq!(
            rooms.read_until(&mut reader(&ada, transport, &start), "last").await,
            [
                "tea 1 #1 Ada:  (deleted)",
                "tea 2 #2 Bob: between",
                "tea 3 #3 Bob: once",
                "tea 4 Ada deletes 1",
                "tea 5 #4 Ada: last"
            ]
        );
    }
}

#[tokio::test]
async fn the_same_send_many_times_at_once_is_one_message() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    for round in 1..=5 {
        let client_id = new_client_id();
        let mut sending = JoinSet::new();
        for _ in 0..16 {
            let ada = ada.clone();
            sending.spawn(async move { send_raw(&ada, tea, client_id, "at once").await });
        }
        let answers = within("the sends", sending.join_all()).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let seq: serde_json::Value = serde_json::from_slice(&answers[0].1).expect("the answer is JSON");
        assert_eq!(seq["seq"], round);
    }
}

/// By REST and by WebSocket.
async fn send_by(
    session: &Session,
    by_websocket: bool,
    room: ConversationId,
    client_id: ClientId,
    text: &str,
) -> Result<SendAnswer, ClientError> {
    if !by_websocket {
        return within("a send", session.send(room, client_id, text, None)).await;
    }
    let socket = within("a WebSocket", session.websocket(None)).await;
    let mut socket = socket.expect("a WebSocket may be opened");
    within("a send", socket.send_message(room, client_id, text, None)).await
}

/// First by each way, then after a restart by each way again.
#[tokio::test]
async fn e9_a_send_is_known_in_every_way_after_a_restart() {
    let mut data = Data::new();
    let mut first: Option<(Session, ConversationId)> = None;
    let mut answers = Vec::new();
    // With TLS and without it are two servers on the same data.
    for tls in [false, true, false, true] {
        let server = TestServer::start_on(data, Setup::over(Carrier { tls, ..Carrier::default() })).await;
        let (ada, room) = match &first {
            Some((ada, room)) => (server.resume(ada).await, *room),
            None => {
                let ada = server.guest("Ada").await;
                let room = open(&ada, "tea").await;
                (ada, room)
            }
        };
        let sessions = [Protocol::Http1, Protocol::Http2]
            .map(|protocol| ada.by_way_of(&server.client_by(server.address(), protocol)));
        for (session, by_websocket) in sessions.iter().flat_map(|session| [(session, false), (session, true)])
        {
            for (client_id, answer) in &answers {
                let again = send_by(session, by_websocket, room, *client_id, "once").await;
                assert_eq!(again.expect("it is the same"), *answer);
                let other = send_by(session, by_websocket, room, *client_id, "twice").await;
                assert_eq!(other.expect_err("it is another").code(), Some(Code::ClientIdReused));
            }
            let client_id = new_client_id();
            let answer = send_by(session, by_websocket, room, client_id, "once").await;
            answers.push((client_id, answer.expect("it is new")));
        }
        first = Some((ada, room));
        data = server.stop().await;
    }
    assert_eq!(answers.len(), 16);
    let rows: Vec<Seq> = answers.iter().map(|(_, answer)| answer.seq).collect();
    assert_eq!(rows, (1..=16).map(Seq::new).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_guests_key_gets_the_same_token() {
    let server = TestServer::start().await;
    let key = "0123456789abcdef";
    let first =
        within("a guest", server.client().guest_with_key("Ada", key)).await.expect("a guest may come");
    let tea = open(&first, "tea").await;
    let same = async |server: &TestServer| {
        let again = within("a guest", server.client().guest_with_key("Ada", key)).await;
        let again = again.expect("the same guest comes again");
        assert_eq!(again.token(), first.token());
        assert_eq!((again.account(), again.device()), (first.account(), first.device()));
        again
    };
    post(&same(&server).await, tea, "one").await;
    let refusal = within("a refusal", server.client().guest_with_key("Bob", key)).await;
    assert_eq!(refusal.expect_err("it is another name").code(), Some(Code::IdempotencyKeyReused));
    let other = within("a guest", server.client().guest_with_key("Ada", "0123456789abcdeF")).await;
    assert_ne!(other.expect("another key is another guest").account().id, first.account().id);

    let data = server.stop().await;
    let server = TestServer::start_on(data, Setup::default()).await;
    let answer = post(&same(&server).await, tea, "two").await;
    assert_eq!(answer.seq, Seq::new(2));
    let refusal = within("a refusal", server.client().guest_with_key("Bob", key)).await;
    assert_eq!(refusal.expect_err("it is another name").code(), Some(Code::IdempotencyKeyReused));
}

#[tokio::test]
async fn a_send_waits_for_the_one_that_it_follows() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let tea = open(&ada, "tea").await;
    open(&bob, "tea").await;
    let ids: Vec<ClientId> = (0..3).map(|_| new_client_id()).collect();
    let send = async |session: &Session, id: usize, follows: Option<usize>| {
        let follows = follows.map(|index| ids[index]);
        within("a send", session.send(tea, ids[id], &format!("text {id}"), follows)).await
    };
    for (id, follows) in [(2, 1), (1, 0)] {
        let refusal = send(&ada, id, Some(follows)).await.expect_err("its predecessor is missing");
        assert_eq!(refusal.code(), Some(Code::PredecessorMissing));
        assert!(refusal.may_pass());
    }
    // Another sender's message under that id is no predecessor.
    assert_eq!(send(&bob, 0, None).await.expect("it follows none").seq, Seq::new(1));
    let refusal = send(&ada, 1, Some(0)).await.expect_err("its predecessor is missing");
    assert_eq!(refusal.code(), Some(Code::PredecessorMissing));
    for (id, follows, seq) in [(0, None, 2), (1, Some(0), 3), (2, Some(1), 4), (1, Some(0), 3)] {
        assert_eq!(send(&ada, id, follows).await.expect("its predecessor is there").seq, Seq::new(seq));
    }
}
