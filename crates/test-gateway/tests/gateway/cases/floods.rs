//! R3: who floods a room, while in another one all goes on. The bystanders see to the latter.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use super::scene::scene;
use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};
use crate::wire::Wire;

const AT_ONCE: usize = 20;
/// It goes on until so many were refused …
const REFUSED: usize = 100;
/// … and so many of them are taken before that, beside what is still in work; on a slow machine, more.
const BURST: usize = 480;

async fn hits(server: &Server) -> usize {
    let text = Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
    let name = "chinwag_gateway_limit_hits_total{limit=\"commands_per_device\"} ";
    text.lines().find_map(|line| line.strip_prefix(name)).expect("the metric").parse().unwrap()
}

#[tokio::test]
async fn r3_a_flood_of_messages_by_rest() {
    scene(async |server| {
        for over in Over::ALL {
            let eve = server.guest("Eve").await;
            let (room, _) = server.room(&eve, "loud").await;
            let bearer = format!("authorization: Bearer {eve}");
            let path = format!("/v1/conversations/{room}/messages");
            let before = hits(server).await;
            let (mut flood, refused) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
            for _ in 0..AT_ONCE {
                let (mut wire, http2) = (server.connect().await, Http2::connect(server).await);
                let (path, bearer, refused) = (path.clone(), bearer.clone(), refused.clone());
                flood.spawn(async move {
                    let lines = [bearer.as_str(), "content-type: application/json"];
                    let mut stored = 0;
                    while refused.load(Ordering::Relaxed) < REFUSED {
                        let body = json!({ "client_id": uuid::Uuid::now_v7(), "text": "xyzzy" }).to_string();
                        let answer = match over {
                            Over::Http1 => wire.ask("POST", &path, &lines, &body).await,
                            Over::Http2 => http2.ask("POST", &path, &lines, &body).await,
                        };
                        match answer.status {
                            201 => stored += 1,
                            _ => {
                                assert_eq!(
                                    (answer.status, answer.code().as_str()),
                                    (429, "too_many_requests")
                                );
                                refused.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                    stored
                });
            }
            let stored: usize = flood.join_all().await.into_iter().sum();
            assert!(stored >= BURST, "{over:?}: {stored}");
            assert!(hits(server).await >= before + REFUSED);
        }
    })
    .await;
}

#[tokio::test]
async fn r3_a_flood_of_messages_by_websocket() {
    scene(async |server| {
        for over in Over::ALL {
            let eve = server.guest("Eve").await;
            let (room, _) = server.room(&eve, "loud").await;
            let mut socket = Socket::open(server, over, &eve, &[]).await;
            let before = hits(server).await;
            let (mut asked, mut answered, mut refused) = (0, 0, 0);
            while refused < REFUSED {
                // As many as are taken at once, and a few that wait.
                while asked < answered + 20 {
                    let id = uuid::Uuid::now_v7();
                    let frame = json!({
                        "id": asked.to_string(), "command": "send_message", "conversation": room,
                        "client_id": id, "text": "xyzzy",
                    });
                    socket.send(masked(TEXT, frame.to_string().as_bytes())).await;
                    asked += 1;
                }
                let message = socket.json().await;
                match message["type"].as_str() {
                    Some("reply") => answered += 1,
                    Some("problem") => {
                        assert_eq!(message["problem"]["code"], "too_many_requests");
                        answered += 1;
                        refused += 1;
                    }
                    _ => {}
                }
            }
            assert!(answered - refused >= BURST, "{over:?}: {answered}");
            assert!(hits(server).await >= before + refused);
        }
    })
    .await;
}
