//! P1: requests whose end is not clear, so that what follows them could be taken for another's.

use std::time::Duration;

use tokio::time::timeout;

use super::scene::scene;
use crate::http2_wire::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, frame, head, literal};
use crate::server::Server;
use crate::wire::Wire;

/// Somebody who posts into a room of their own.
struct Sender<'a> {
    server: &'a Server,
    token: String,
    room: String,
    /// A body that the route takes.
    body: String,
}

impl<'a> Sender<'a> {
    async fn arrive(server: &'a Server) -> Self {
        let token = server.guest("Mallory").await;
        let id = uuid::Uuid::now_v7();
        let (room, _) = server.room(&token, &format!("lair-{id}")).await;
        let body = format!("{{\"client_id\":\"{id}\",\"text\":\"smuggled\"}}");
        Self { server, token, room, body }
    }

    /// A request to post, whose head and body go on with `rest`: `{body}` is the body there, `{len}` its length and `{hex}`
    /// the same in a chunk's digits.
    fn post(&self, rest: &str) -> String {
        let Self { token, room, body, .. } = self;
        let (len, hex) = (body.len().to_string(), format!("{:x}", body.len()));
        let rest = rest.replace("{len}", &len).replace("{hex}", &hex).replace("{body}", body);
        format!(
            "POST /v1/conversations/{room}/messages HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{rest}"
        )
    }

    /// Sends a request with another one behind it: one answer comes, then the end, and the other one is not done.
    async fn one_answer(&self, request: &str) -> u16 {
        let mut wire = self.server.connect().await;
        let token = &self.token;
        let hidden =
            format!("PUT /v1/rooms/smuggled HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
        wire.send(format!("{request}{hidden}")).await;
        let answer = async { (wire.head().await.status, wire.rest().await) };
        let answer = timeout(Duration::from_secs(5), answer).await;
        let (status, rest) = answer.unwrap_or_else(|_| panic!("{request:?} is not answered and closed"));
        let rest = String::from_utf8(rest).unwrap();
        assert!(!rest.contains("HTTP/1.1"), "{request:?} got more: {rest}");
        status
    }

    /// How many messages have come of all that, where nothing else may have.
    async fn done(&self) -> usize {
        let sync = self.server.json(&self.token, "GET", "/v1/sync", "").await.json();
        let rooms = sync["conversations"].as_array().unwrap();
        assert_eq!(rooms.len(), 1, "no other room: {sync}");
        let path = format!("/v1/conversations/{}/messages", self.room);
        let page = self.server.json(&self.token, "GET", &path, "").await.json();
        page["messages"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn p1_what_is_clear_is_taken() {
    scene(async |server| {
        // Else the refusals below would tell nothing.
        for rest in [
            "connection: close\r\ncontent-length: {len}\r\n\r\n{body}",
            "connection: close\r\nContent-Length:\t{len} \r\ncontent-length: {len}\r\n\r\n{body}",
            "transfer-encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
            "Transfer-Encoding:\tCHUNKED \r\n\r\n{hex};a=b\r\n{body}\r\n0\r\n\r\n",
        ] {
            let sender = Sender::arrive(server).await;
            assert_eq!(sender.one_answer(&sender.post(rest)).await, 201, "{rest:?}");
            assert_eq!(sender.done().await, 1);
        }
    })
    .await;
}

const CONTRADICTIONS: &[&str] = &[
    "content-length: {len}\r\ncontent-length: 3\r\n\r\n{body}",
    "content-length: 3\r\ncontent-length: {len}\r\n\r\n{body}",
    "content-length: {len}\r\nx: y\r\nContent-Length: 0{len}0\r\n\r\n{body}",
    "content-length: {len}, 3\r\n\r\n{body}",
    "content-length: {len}, {len}\r\n\r\n{body}",
    "content-length: x\r\n\r\n{body}",
    "content-length: +{len}\r\n\r\n{body}",
    "content-length: -{len}\r\n\r\n{body}",
    "content-length: 0x{hex}\r\n\r\n{body}",
    "content-length: {len} {len}\r\n\r\n{body}",
    "content-length: {len}\u{b}\r\n\r\n{body}",
    "content-length: \r\n\r\n{body}",
    "content-length: 18446744073709551618\r\n\r\n{body}",
    "content-length : {len}\r\n\r\n{body}",
    "content-length\t: {len}\r\n\r\n{body}",
    " content-length: {len}\r\n\r\n{body}",
    "x: a\r\n content-length: {len}\r\n\r\n{body}",
    "content-length: {len}\r\nx: a\r\n\tb\r\n\r\n{body}",
    "content-length: {len}\r\nx: a\0b\r\n\r\n{body}",
    "content-length: {len}\r\nx\0: a\r\n\r\n{body}",
    "content-length: {len}\r\nx: a\rb\r\n\r\n{body}",
    "content-length: {len}\r\n: a\r\n\r\n{body}",
    "transfer-encoding : chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: xchunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunkedx\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: \"chunked\"\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: identity\r\n\r\n{body}",
    "transfer-encoding: identity\r\ncontent-length: {len}\r\n\r\n{body}",
    "transfer-encoding: chunked, identity\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked;q=1\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: \u{b}chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer_encoding: chunked\r\ntransfer-encoding: x\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding:\r\n chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    // Such a body would still have to be unpacked.
    "transfer-encoding: gzip, chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: identity, chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked, chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: ,chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    // A length and chunks, which may well agree.
    "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: {len}\r\nconnection: keep-alive\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "Content-Length: 0\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "CONTENT-length:5\nx: y\ntransfer-ENCODING:chunked\n\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: x\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
    "content-length: 5\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n",
];

#[tokio::test]
async fn p1_heads_that_contradict_themselves() {
    scene(async |server| {
        let sender = Sender::arrive(server).await;
        for rest in CONTRADICTIONS {
            assert_eq!(sender.one_answer(&sender.post(rest)).await, 400, "{rest:?}");
        }
        let old = sender.post("transfer-encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n");
        assert_eq!(sender.one_answer(&old.replace("HTTP/1.1", "HTTP/1.0")).await, 400);
        assert_eq!(sender.done().await, 0);
    })
    .await;
}

/// Requests that are fine, in front of one that is not, on the same connection.
#[tokio::test]
async fn p1_behind_others() {
    scene(async |server| {
        let sender = Sender::arrive(server).await;
        // A body that looks like the head of another request, and is no JSON.
        let body = "{\"x\":\"\n\nGET / HTTP/1.1\ncontent-length: 900\ntransfer-enc\"}";
        let post = sender.post(&format!("content-length: 57\r\n\r\n{body}"));
        let get = "\r\nGET /v1/server HTTP/1.1\r\nhost: a\r\n\r\n".to_owned();
        let before = [get.clone(), post, get];
        for rest in &CONTRADICTIONS[CONTRADICTIONS.len() - 7..] {
            let request = format!("{}{}", before.concat(), sender.post(rest));
            // All at once, in pieces that end anywhere, and each when the one before has its answer.
            for piece in [request.len(), 7, 1] {
                let mut wire = server.connect().await;
                for piece in request.as_bytes().chunks(piece) {
                    wire.send(piece).await;
                    tokio::task::yield_now().await;
                }
                refused_fourth(&mut wire, rest).await;
            }
            let mut wire = server.connect().await;
            for (request, status) in before.iter().zip([200, 400, 200]) {
                wire.send(request).await;
                assert_eq!(wire.answer().await.status, status);
            }
            wire.send(sender.post(rest)).await;
            let answer = wire.answer().await;
            assert_eq!((answer.status, answer.header("connection")), (400, Some("close")), "{rest:?}");
            assert!(wire.rest().await.is_empty());
        }
        assert_eq!(sender.done().await, 0);
    })
    .await;
}

async fn refused_fourth(wire: &mut Wire, rest: &str) {
    for status in [200, 400, 200, 400] {
        assert_eq!(wire.answer().await.status, status, "{rest:?}");
    }
    assert!(wire.rest().await.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn p1_chunks_that_are_none() {
    scene(async |server| {
        let sender = Sender::arrive(server).await;
        for chunks in [
            "ffffffffffffffffff\r\n{body}\r\n0\r\n\r\n",
            "100000000000000{hex}\r\n{body}\r\n0\r\n\r\n",
            "{hex}\r\n{body}\r\nffffffffffffffffff\r\n\r\n",
            "-{hex}\r\n{body}\r\n0\r\n\r\n",
            "+{hex}\r\n{body}\r\n0\r\n\r\n",
            "0x{hex}\r\n{body}\r\n0\r\n\r\n",
            " {hex}\r\n{body}\r\n0\r\n\r\n",
            "g\r\n{body}\r\n0\r\n\r\n",
            "\r\n{body}\r\n0\r\n\r\n",
            "{hex}\n{body}\n0\n\n",
            "{hex}\n{body}\r\n0\r\n\r\n",
            "{hex}\r\n{body}\n0\r\n\r\n",
            "{hex}\r\n{body}\r\n0\n\r\n",
            "{hex}\r\n{body}\r\n0\r\n\n",
            "{hex}\r\n{body}0\r\n\r\n",
            "{hex}\r\n{body}xx0\r\n\r\n",
            "{hex};a=b\nc\r\n{body}\r\n0\r\n\r\n",
            "{hex}\r{body}\r\n0\r\n\r\n",
            "{hex}\r\n{body}\r\n0\r\nx: y\r\n\r\n",
            "{hex}\r\n{body}\r\n0\r\nx: y\n\n",
            "{hex}\r\n{body}\r\n0\r\nx: y\n\r\n",
            "{hex}\r\n{body}\r\n0\r\ncontent-length: 5\r\n\r\n",
            "{hex}\r\n{body}\r\n0\r\nx\r\n\r\n",
            "{hex}\r\n{body}\r\n0\r\nx : y\r\n\r\n",
            "{hex}\r\n{body}\r\n0\r\nx: y\0\r\n\r\n",
        ] {
            let request = sender.post(&format!("transfer-encoding: chunked\r\n\r\n{chunks}"));
            assert_eq!(sender.one_answer(&request).await, 400, "{chunks:?}");
        }
        assert_eq!(sender.done().await, 0);
    })
    .await;
}

#[tokio::test]
async fn p1_over_http2() {
    scene(async |server| {
        // What framed HTTP/1.1 has no meaning here, and a length must be that of the data (RFC 9113, section 8.1.1).
        let sender = Sender::arrive(server).await;
        let path = format!("/v1/conversations/{}/messages", sender.room);
        let bearer = format!("Bearer {}", sender.token);
        let with = |lines: &[(&str, &str)]| {
            let mut block = head("POST", &path);
            for (name, value) in [&[("authorization", bearer.as_str())], lines].concat() {
                block.extend(literal(name, value));
            }
            block
        };
        for lines in [
            &[("transfer-encoding", "chunked")][..],
            &[("connection", "keep-alive")],
            &[("upgrade", "h2c")],
            &[("te", "chunked")],
            &[("content-length", "5"), ("content-length", "2")],
            &[("content-length", "5")],
            &[("content-length", "1")],
            &[("content-length", "x")],
            &[("X-Upper", "a")],
            &[("x a", "b")],
            &[("x", "a\r\ntransfer-encoding: chunked")],
            &[("x", "a\0b")],
            &[(":path", "/v1/rooms/smuggled")],
            &[(":extra", "a")],
            &[(":status", "200")],
            &[("host", "elsewhere.example")],
        ] {
            let mut peer = Frames::connect(server, &[]).await;
            peer.send(&frame(HEADERS, END_HEADERS, 1, &with(lines))).await;
            peer.send(&frame(DATA, END_STREAM, 1, sender.body.as_bytes())).await;
            let over = |seen: &crate::http2_wire::Seen| {
                seen.closed || seen.goaway.is_some() || !seen.resets.is_empty() || !seen.answers.is_empty()
            };
            let seen = peer.until("a refusal", over).await;
            // 400 by the static table, unless the stream or the connection was ended for it.
            let answered = seen.answers.iter().all(|(_, block)| block[0] == 0x8c);
            assert!(answered, "{lines:?} {seen:?}");
        }
        assert_eq!(sender.done().await, 0);
        // The same without them is taken.
        let length = sender.body.len().to_string();
        let mut peer = Frames::connect(server, &[]).await;
        peer.send(&frame(HEADERS, END_HEADERS, 1, &with(&[("content-length", &length)]))).await;
        peer.send(&frame(DATA, END_STREAM, 1, sender.body.as_bytes())).await;
        peer.until("an answer", |seen| !seen.answers.is_empty()).await;
        assert_eq!(sender.done().await, 1);
    })
    .await;
}
