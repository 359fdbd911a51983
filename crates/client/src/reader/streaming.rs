//! A stream, read as it comes.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use chinwag_protocol::{Cursor, Record};
use chinwag_websocket::CloseCode;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout_at;

use super::framing::Framing;
use crate::record::decode;
use crate::silence::Silence;
use crate::{ClientError, Received, Session, Transport, WebSocket, WebSocketOptions};

/// One connection of a stream.
#[derive(Debug)]
pub(super) enum Streaming {
    Body(Box<Body>),
    WebSocket(Box<WebSocket>),
}

/// The body of an answer that does not end.
#[derive(Debug)]
pub(super) struct Body {
    body: Incoming,
    framing: Framing,
    silence: Silence,
    /// Place of the last record.
    place: Option<Cursor>,
}

impl Streaming {
    /// Opens one. The transport must be one that streams.
    pub(super) async fn open(
        session: &Session,
        transport: Transport,
        after: Option<&Cursor>,
        websocket: WebSocketOptions,
    ) -> Result<Self, ClientError> {
        let Some((media_type, framing)) = Framing::of(transport) else {
            return Ok(Self::WebSocket(Box::new(session.websocket_with(after, websocket).await?)));
        };
        let body = session.stream(media_type, after).await?.into_body();
        Ok(Self::Body(Box::new(Body { body, framing, silence: Silence::new(), place: None })))
    }

    /// When the server wants to see this client again, if it has said so.
    pub(super) fn retry(&self) -> Option<Duration> {
        match self {
            Self::Body(body) => body.retry(),
            Self::WebSocket(_) => None,
        }
    }

    /// The next record and its place. Safe to cancel.
    pub(super) async fn next(&mut self) -> Result<(Record, Cursor), ClientError> {
        match self {
            Self::Body(body) => body.next().await,
            Self::WebSocket(socket) => loop {
                if let Received::Record(record, cursor) = socket.next().await? {
                    return Ok((*record, cursor));
                }
            },
        }
    }

    /// Waits for what comes next, and hands out each record that one reading has brought, not parsed. Safe to cancel.
    ///
    /// A WebSocket's answers to commands are among them.
    pub(super) async fn next_json(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), ClientError> {
        match self {
            Self::Body(body) => body.next_json(each).await,
            Self::WebSocket(socket) => socket.next_texts(|text| each(text.as_bytes())).await,
        }
    }

    /// The WebSocket, if it is one.
    pub(super) fn websocket(&mut self) -> Option<&mut WebSocket> {
        match self {
            Self::Body(_) => None,
            Self::WebSocket(socket) => Some(socket),
        }
    }

    /// Leaves it, and says goodbye where the protocol has a word for it.
    pub(super) fn leave(self) {
        if let Self::WebSocket(socket) = self {
            tokio::spawn(async move {
                // However it goes, nobody is there to be told.
                let _ = socket.close(CloseCode::NORMAL, "").await;
            });
        }
    }
}

impl Body {
    fn retry(&self) -> Option<Duration> {
        match &self.framing {
            Framing::Sse(parser) => parser.retry_ms().map(Duration::from_millis),
            Framing::Ndjson(_) => None,
        }
    }

    async fn next(&mut self) -> Result<(Record, Cursor), ClientError> {
        loop {
            if let Some(json) = self.framing.next() {
                let (record, cursor) = decode(&json, &mut self.place)?;
                self.silence.learn(&record);
                return Ok((record, cursor));
            }
            let bytes = self.read().await?;
            self.framing.push(&bytes)?;
        }
    }

    async fn next_json(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), ClientError> {
        let mut some = false;
        while !some {
            let bytes = self.read().await?;
            let silence = &mut self.silence;
            self.framing.push_each(&bytes, |json| {
                silence.learn_from_json(json);
                each(json);
                some = true;
            })?;
        }
        Ok(())
    }

    /// The next bytes of the body. Safe to cancel.
    async fn read(&mut self) -> Result<Bytes, ClientError> {
        loop {
            let frame = timeout_at(self.silence.until(), self.body.frame())
                .await
                .map_err(|_| ClientError::timed_out("the stream fell silent"))?;
            self.silence.broken();
            let Some(frame) = frame else {
                let error =
                    io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended without saying so");
                return Err(error.into());
            };
            if let Ok(bytes) = frame?.into_data() {
                return Ok(bytes);
            }
        }
    }
}
