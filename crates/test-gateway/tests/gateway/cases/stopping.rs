//! R16: a server that stops tells everyone who reads, in whatever way.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::polls::until_held;
use super::reader::{Reader, Transport};
use crate::http2_client::Http2;
use crate::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn r16_a_stop_is_told_in_every_way() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let cursor = server.json(&token, "GET", "/v1/events", "").await.field("cursor");
    let mut readers = Vec::new();
    for way in Transport::streams() {
        let mut reader = Reader::open(&server, way, &token, &cursor).await;
        if way.0 != Transport::WebSocket {
            assert_eq!(reader.any_record().await["type"], "hello");
        }
        readers.push((way, reader));
    }
    let path = format!("/v1/events?after={cursor}&wait=30");
    let mut wire = server.connect().await;
    wire.request("GET", &path, &[&format!("authorization: Bearer {token}")], "").await;
    let http2 = Http2::connect(&server).await;
    let by_http2 = tokio::spawn(async move { http2.json(&token, "GET", &path, "").await });
    until_held(&server, 2).await;

    let stopping = tokio::spawn(server.stop());
    let drained = timeout(PATIENCE, server.hub.drain(Duration::from_secs(5)));
    let told = async {
        for (way, mut reader) in readers {
            let end = reader.record().await;
            assert_eq!((&end["type"], &end["reason"]), (&json!("end"), &json!("restart")), "{way:?}");
            assert!(end["reconnect_ms"].is_u64(), "{way:?}");
            let expected = if way.0 == Transport::WebSocket { Some(1001) } else { None };
            assert_eq!(reader.end().await, expected, "{way:?}");
        }
        for answer in [wire.answer().await, by_http2.await.unwrap()] {
            assert_eq!((answer.status, &answer.json()["events"]), (200, &json!([])));
            assert_eq!(answer.field("cursor"), cursor);
        }
    };
    let (drained, ()) = tokio::join!(drained, told);
    drained.expect("drained");
    timeout(PATIENCE, stopping).await.expect("stopped").unwrap();
}
