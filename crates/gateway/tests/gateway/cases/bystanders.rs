//! Two people who do nothing wrong, and must not notice who does.

use serde_json::Value;

use crate::server::Server;
use crate::wire::Wire;

/// One reads a stream, the other posts.
pub(super) struct Bystanders {
    reading: Wire,
    posting: Wire,
    bearer: String,
    room: String,
    said: usize,
}

impl Bystanders {
    pub(super) async fn arrive(server: &Server) -> Self {
        let (reader, poster) = (server.guest("Cleo").await, server.guest("Dan").await);
        let (room, _) = server.room(&reader, "quiet-corner").await;
        server.room(&poster, "quiet-corner").await;
        let mut reading = server.connect().await;
        let bearer = format!("authorization: Bearer {reader}");
        reading.request("GET", "/v1/events", &[&bearer, "accept: application/x-ndjson"], "").await;
        assert_eq!(reading.head().await.status, 200);
        assert!(reading.until("\n").await.contains("\"hello\""));
        let posting = server.connect().await;
        Self { reading, posting, bearer: format!("authorization: Bearer {poster}"), room, said: 0 }
    }

    /// One says something, and the other hears just that, in time.
    pub(super) async fn talk(&mut self) {
        self.said += 1;
        let text = format!("no. {}", self.said);
        let body = format!("{{\"client_id\":\"{}\",\"text\":\"{text}\"}}", uuid::Uuid::now_v7());
        let path = format!("/v1/conversations/{}/messages", self.room);
        let lines = [self.bearer.as_str(), "content-type: application/json"];
        let answer = self.posting.ask("POST", &path, &lines, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        loop {
            let record: Value = serde_json::from_str(&self.reading.until("\n").await).unwrap();
            if record["type"] != "heartbeat" {
                assert_eq!(record["text"], text, "{record}");
                return;
            }
        }
    }
}
