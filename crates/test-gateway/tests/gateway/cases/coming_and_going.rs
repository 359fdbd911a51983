//! R4: who joins and leaves all the time. The bystanders see to it that others do not notice.

use chinwag_gateway::GatewayOptions;
use serde_json::json;
use tokio::time::Instant;

use super::scene::scene;
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};

/// It goes on until so many were refused.
const REFUSED: usize = 100;

/// More than so many joins cannot have been done since then.
fn joins_max(begun: Instant) -> usize {
    let rate = GatewayOptions::default().joins_per_account;
    rate.burst as usize + rate.per_second as usize * (begun.elapsed().as_secs() as usize + 1)
}

/// What came into a device's stream after a cursor.
async fn records(server: &Server, token: &str, cursor: &str) -> Vec<serde_json::Value> {
    let answer = server.json(token, "GET", &format!("/v1/events?after={cursor}"), "").await.json();
    answer["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn r4_joining_and_leaving_a_room_by_rest() {
    scene(async |server| {
        let (ada, eve) = (server.guest("Ada").await, server.guest("Eve").await);
        let (room, cursor) = server.room(&ada, "tea").await;
        let out = format!("/v1/conversations/{room}/membership");
        let begun = Instant::now();
        let (mut joins, mut refused) = (0, 0);
        while refused < REFUSED {
            let opened = server.json(&eve, "PUT", "/v1/rooms/tea", "").await;
            if opened.status == 200 {
                joins += 1;
                assert_eq!(server.json(&eve, "DELETE", &out, "").await.status, 204);
            } else {
                assert_eq!((opened.status, opened.code().as_str()), (429, "too_many_requests"));
                assert_eq!(opened.header("retry-after"), Some("1"));
                refused += 1;
            }
        }
        assert!(joins <= joins_max(begun), "{joins}");
        assert!(joins >= 60, "{joins}");
        // Who reads the room is told nothing of it.
        assert_eq!(records(server, &ada, &cursor).await, [json!(null); 0]);
        let members = format!("/v1/conversations/{room}/members");
        assert_eq!(
            server.json(&ada, "GET", &members, "").await.json()["members"].as_array().unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn r4_joining_and_leaving_a_group_by_websocket() {
    scene(async |server| {
        for over in Over::ALL {
            let (ada, eve) = (server.guest("Ada").await, server.guest("Eve").await);
            let body = json!({"client_id": uuid::Uuid::now_v7(), "title": "Crew"}).to_string();
            let crew = server.json(&ada, "POST", "/v1/groups", &body).await.field("id");
            let path = format!("/v1/conversations/{crew}/invites");
            let link = server.json(&ada, "POST", &path, "{}").await.field("token");
            let cursor = server.json(&ada, "GET", "/v1/sync", "").await.field("cursor");
            let mut socket = Socket::open(server, over, &eve, &[]).await;
            let commands = [
                json!({"id": "in", "command": "accept_invite", "token": link}).to_string(),
                json!({"id": "out", "command": "leave", "conversation": crew}).to_string(),
            ];
            let begun = Instant::now();
            let (mut joins, mut refused) = (0, 0);
            while refused < REFUSED {
                for (command, id) in commands.iter().zip(["in", "out"]) {
                    socket.send(masked(TEXT, command.as_bytes())).await;
                    let answer = loop {
                        let message = socket.json().await;
                        if message["id"] == id {
                            break message;
                        }
                    };
                    if answer["type"] == "reply" {
                        joins += usize::from(id == "in");
                    } else {
                        assert_eq!(
                            (&answer["id"], &answer["problem"]["code"]),
                            (&json!("in"), &json!("too_many_requests"))
                        );
                        assert_eq!(answer["problem"]["retry_after_seconds"], 1);
                        refused += 1;
                        break;
                    }
                }
            }
            assert!(joins <= joins_max(begun), "{over:?}: {joins}");
            assert!(joins >= 60, "{over:?}: {joins}");
            // Who is in the group is told each time, and no more often.
            assert_eq!(records(server, &ada, &cursor).await.len(), 2 * joins);
        }
    })
    .await;
}
