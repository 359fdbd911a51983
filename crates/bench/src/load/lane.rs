//! One reader at its stream, which may be a WebSocket on which it sends, too; and those who send by requests.

use std::sync::Arc;

use bytes::Bytes;
use chinwag_client::{
    Backoff, BackoffOptions, ClientError, RecordBytes, RecordBytesOptions, Session, Transport, system_random,
};
use chinwag_protocol::{ConversationId, Cursor};
use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::board::Board;
use super::marker::Mark;

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    /// Index of its conversation.
    pub(super) conversation: u32,
    /// When it was due; none if its time counts from when it is sent.
    pub(super) due: Option<Instant>,
    /// Whether its times are wanted.
    pub(super) counted: bool,
}

/// What all lanes of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) board: Mutex<Board>,
    /// By index.
    pub(super) conversations: Vec<ConversationId>,
    /// Bytes of each text.
    pub(super) text_bytes: usize,
    pub(super) options: RecordBytesOptions,
}

/// One reader.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) shared: Arc<Shared>,
    /// Its index on the board.
    pub(super) reader: usize,
    pub(super) session: Session,
    pub(super) transport: Transport,
    /// What it sends on its WebSocket.
    pub(super) jobs: Option<UnboundedReceiver<Job>>,
}

impl Lane {
    /// Opens its stream.
    pub(super) async fn open(&self, after: Option<Cursor>) -> Result<RecordBytes, ClientError> {
        self.session.record_bytes(self.transport, after, &self.shared.options).await
    }

    /// Reads, and sends what is to be sent, without end; comes back when the stream breaks off.
    pub(super) async fn run(mut self, mut stream: RecordBytes) {
        let mut backoff = Backoff::new(BackoffOptions::default(), system_random());
        loop {
            let failure = self.run_until_failure(&mut stream).await;
            self.shared.board.lock().lose_stream(&failure.to_string());
            loop {
                sleep(backoff.failed()).await;
                match self.open(stream.cursor()).await {
                    Ok(opened) => {
                        stream = opened;
                        break;
                    }
                    Err(error) if error.may_pass() => {}
                    Err(_) => return,
                }
            }
            backoff.succeeded();
        }
    }

    async fn run_until_failure(&mut self, stream: &mut RecordBytes) -> ClientError {
        let Self { shared, reader, jobs, .. } = self;
        loop {
            // One look at the clock for all that one reading brings.
            let mut now = None;
            let reading = stream.next(|json| {
                let now = *now.get_or_insert_with(Instant::now);
                shared.board.lock().take(*reader, json, now);
            });
            let job = match jobs {
                None => reading.await.map(|()| None),
                Some(jobs) => tokio::select! {
                    biased;
                    job = jobs.recv() => Ok(job),
                    read = reading => read.map(|()| None),
                },
            };
            let sent = match (job, stream.websocket()) {
                (Ok(Some(job)), Some(socket)) => {
                    let command = shared.begin(job, true);
                    socket.send_text(&command.1).await
                }
                (Ok(_), _) => Ok(()),
                (Err(error), _) => Err(error),
            };
            if let Err(error) = sent {
                return error;
            }
        }
    }
}

impl Shared {
    /// Begins a message, and gives what is to be sent: a command for a WebSocket, or the body of a request.
    fn begin(&self, job: Job, as_command: bool) -> (Mark, String) {
        let mut board = self.board.lock();
        let mark = board.send(job.conversation, job.due.unwrap_or_else(Instant::now), job.counted);
        let text = board.marker().text(mark, self.text_bytes);
        drop(board);
        // Neither needs to be escaped.
        let message = format!(r#""client_id":"{}","text":"{text}"}}"#, Uuid::now_v7());
        let json = if as_command {
            let conversation = self.conversations[job.conversation as usize];
            let id = mark.digits();
            format!(r#"{{"id":"{id}","command":"send_message","conversation":"{conversation}",{message}"#)
        } else {
            format!("{{{message}")
        };
        (mark, json)
    }

    /// Sends by requests, one at a time, what comes by a queue that others may take from as well.
    pub(super) async fn post(&self, session: &Session, jobs: &tokio::sync::Mutex<UnboundedReceiver<Job>>) {
        loop {
            let job = jobs.lock().await.recv().await;
            let Some(job) = job else { return };
            let (mark, body) = self.begin(job, false);
            let conversation = self.conversations[job.conversation as usize];
            match session.send_json(conversation, Bytes::from(body)).await {
                Ok(_) => self.board.lock().acknowledge(mark, Instant::now()),
                Err(ClientError::Problem(problem)) => {
                    self.board.lock().refuse(mark, problem.to_string().as_bytes());
                }
                // Nobody knows whether it was stored. It is given up in time.
                Err(error) => self.board.lock().lose_answer(&error.to_string()),
            }
        }
    }
}
