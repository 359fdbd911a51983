//! Two people who do nothing wrong, and must not notice who does.

use std::time::{Duration, Instant};

use serde_json::json;

use super::reader::{Reader, Transport};
use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::{Over, Socket, TEXT, masked};
use crate::wire::Wire;

/// A message is heard within this by everyone; a server in trouble takes seconds, and a busy machine tenths.
const IN_TIME: Duration = Duration::from_secs(5);

/// One reads in every way but a long poll, whose place is counted in some cases; the other posts in every way.
pub(super) struct Bystanders<'a> {
    server: &'a Server,
    reading: Vec<((Transport, Over), Reader<'a>)>,
    sockets: [Socket; 2],
    poster: String,
    room: String,
    said: usize,
}

impl<'a> Bystanders<'a> {
    pub(super) async fn arrive(server: &'a Server) -> Self {
        let (reader, poster) = (server.guest("Cleo").await, server.guest("Dan").await);
        server.room(&poster, "quiet-corner").await;
        let (room, cursor) = server.room(&reader, "quiet-corner").await;
        let mut reading = Vec::new();
        for way in Transport::ALL.into_iter().filter(|(transport, _)| *transport != Transport::LongPoll) {
            reading.push((way, Reader::open(server, way, &reader, &cursor).await));
        }
        let sockets = [
            Socket::open(server, Over::Http1, &poster, &[]).await,
            Socket::open(server, Over::Http2, &poster, &[]).await,
        ];
        Self { server, reading, sockets, poster, room, said: 0 }
    }

    /// One says something, and the other hears just that, in time.
    pub(super) async fn talk(&mut self) {
        let started = Instant::now();
        self.said += 1;
        let text = format!("no. {}", self.said);
        self.post(&text).await;
        for (way, reader) in &mut self.reading {
            assert_eq!(reader.record().await["text"], text, "{way:?}");
        }
        assert!(started.elapsed() < IN_TIME, "heard after {:?}", started.elapsed());
    }

    async fn post(&mut self, text: &str) {
        let mut body = json!({"client_id": uuid::Uuid::now_v7(), "text": text});
        let path = format!("/v1/conversations/{}/messages", self.room);
        // On a connection of their own: some cases end those that are idle.
        let status = match self.said % 4 {
            0 => self.server.json(&self.poster, "POST", &path, &body.to_string()).await.status,
            1 => {
                let http2 = Http2::connect(self.server).await;
                http2.json(&self.poster, "POST", &path, &body.to_string()).await.status
            }
            number => {
                let socket = &mut self.sockets[number - 2];
                let more = json!({"id": text, "command": "send_message", "conversation": self.room});
                body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                socket.send(masked(TEXT, body.to_string().as_bytes())).await;
                loop {
                    let message = socket.json().await;
                    if message["id"] == text {
                        break if message["type"] == "reply" { 201 } else { 0 };
                    }
                }
            }
        };
        assert_eq!(status, 201, "{text}");
    }

    /// Whoever runs the server is told that all is well.
    pub(super) async fn probe(&self) {
        for path in ["/live", "/ready"] {
            assert_eq!(Wire::connect(self.server.admin).await.ask("GET", path, &[], "").await.status, 200);
        }
    }
}
