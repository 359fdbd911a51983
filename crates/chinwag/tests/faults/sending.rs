//! Who posts, each message until it is acknowledged, over any transport that takes commands.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{ClientError, Session, WebSocket};
use chinwag_protocol::{ClientId, Code, ConversationId, SendAnswer, Seq};
use uuid::Uuid;

use crate::shared::Shared;

/// Before a failed attempt is repeated.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// Messages after which a WebSocket is replaced; what it is told of others is not read.
const SENDS_MAX: usize = 50;

pub(crate) struct Sender {
    pub(crate) number: usize,
    pub(crate) shared: Arc<Shared>,
    /// The account by HTTP/1.1 and by HTTP/2.
    pub(crate) sessions: [Session; 2],
    pub(crate) rooms: Vec<ConversationId>,
    pub(crate) random: fastrand::Rng,
    pub(crate) socket: Option<(WebSocket, usize)>,
}

impl Sender {
    pub(crate) async fn talk(mut self) {
        let mut last: Option<(ConversationId, ClientId)> = None;
        while !self.shared.is_stopping() {
            let conversation = self.rooms[self.random.usize(0..self.rooms.len())];
            let client_id = self.new_client_id();
            let follows = last.filter(|_| self.random.bool()).map(|(_, client_id)| client_id);
            let seq = self.post(conversation, client_id, follows).await;
            last = Some((conversation, client_id));
            if self.random.u8(0..20) == 0 {
                self.delete(conversation, seq).await;
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(0..12))).await;
        }
    }

    pub(crate) fn new_client_id(&mut self) -> ClientId {
        ClientId::new(Uuid::from_u128(self.random.u128(..)))
    }

    /// Until there is an answer, under the same `client_id`.
    pub(crate) async fn post(
        &mut self,
        conversation: ConversationId,
        client_id: ClientId,
        follows: Option<ClientId>,
    ) -> Seq {
        let text = format!("{client_id} {}", "茶x".repeat(self.random.usize(0..80)));
        let account = self.sessions[0].account().id;
        loop {
            let way = self.random.usize(0..3);
            let over = ["HTTP/1.1", "HTTP/2", "WebSocket"][way];
            let shared = Arc::clone(&self.shared);
            let recorder = &shared.history.recorder;
            recorder.send(&account, &conversation, &client_id, &text, follows.as_ref(), over);
            shared.begin(self.number);
            let answer = match self.sessions.get(way) {
                Some(session) => session.send(conversation, client_id, &text, follows).await,
                None => self.post_by_websocket(conversation, client_id, &text, follows).await,
            };
            match answer {
                Ok(answer) => {
                    recorder.acknowledged(&account, &client_id, &answer.seq);
                    shared.answered(self.number, conversation, answer.seq);
                    return answer.seq;
                }
                Err(error) => {
                    if let Some(code) = error.code() {
                        recorder.refused(&account, &client_id, code.status(), code.as_str());
                    }
                    shared.not_answered(self.number);
                    assert!(error.may_pass(), "refused for good over {over}: {error}");
                    let lost = error.code() == Some(Code::PredecessorMissing);
                    assert!(!lost, "{follows:?} was acknowledged, and is lost");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn post_by_websocket(
        &mut self,
        conversation: ConversationId,
        client_id: ClientId,
        text: &str,
        follows: Option<ClientId>,
    ) -> Result<SendAnswer, ClientError> {
        let (mut socket, sends) = match self.socket.take() {
            Some(open) => open,
            None => {
                let session = &self.sessions[self.random.usize(0..2)];
                (session.websocket(None).await?, 0)
            }
        };
        let answer = socket.send_message(conversation, client_id, text, follows).await;
        if sends < SENDS_MAX && matches!(answer, Ok(_) | Err(ClientError::Problem(_))) {
            self.socket = Some((socket, sends + 1));
        }
        answer
    }

    async fn delete(&mut self, conversation: ConversationId, target: Seq) {
        let session = &self.sessions[self.random.usize(0..2)];
        let account = session.account().id;
        let recorder = &self.shared.history.recorder;
        loop {
            recorder.delete(&account, &conversation, &target);
            match session.delete(conversation, target).await {
                Ok(answer) => {
                    recorder.deleted(&account, &conversation, &target, &answer.seq);
                    self.shared.answered(self.number, conversation, answer.seq);
                    return;
                }
                Err(error) => {
                    assert!(error.may_pass(), "a deletion was refused for good: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
