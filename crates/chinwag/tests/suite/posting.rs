//! Posting, and reading with short waits.

use std::time::Duration;

use chinwag_client::{BackoffOptions, ClientError, EventReader, ReaderOptions, Session, Transport};
use chinwag_history::Recorder;
use chinwag_protocol::{ClientId, ConversationId, Cursor, SendAnswer};
use uuid::Uuid;

use crate::server::within;

/// An id for a new message.
pub(crate) fn new_client_id() -> ClientId {
    ClientId::new(Uuid::now_v7())
}

/// Posts a message that nothing keeps from being stored.
pub(crate) async fn post(session: &Session, conversation: ConversationId, text: &str) -> SendAnswer {
    let answer = within("a send", session.send(conversation, new_client_id(), text, None)).await;
    answer.unwrap_or_else(|error| panic!("{text:?} could not be posted: {error}"))
}

/// Posts until there is an answer, with the same `client_id`.
pub(crate) async fn post_stubbornly(
    session: &Session,
    conversation: ConversationId,
    client_id: ClientId,
    text: &str,
) -> SendAnswer {
    let sending = async {
        loop {
            match session.send(conversation, client_id, text, None).await {
                Ok(answer) => return answer,
                Err(error) if error.may_pass() => tokio::task::yield_now().await,
                Err(error) => panic!("{text:?} was refused: {error}"),
            }
        }
    };
    within("a send that is repeated", sending).await
}

/// A message of which a history is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) text: &'a str,
}

impl Draft<'_> {
    /// An attempt to post it.
    pub(crate) async fn post(
        self,
        recorder: &Recorder,
        session: &Session,
    ) -> Result<SendAnswer, ClientError> {
        let sending = session.send(self.conversation, self.client_id, self.text, None);
        self.post_by(recorder, session, "request", sending).await
    }

    /// An attempt to post it that is made by `sending`.
    pub(crate) async fn post_by(
        self,
        recorder: &Recorder,
        session: &Session,
        way: &str,
        sending: impl Future<Output = Result<SendAnswer, ClientError>>,
    ) -> Result<SendAnswer, ClientError> {
        let Self { conversation, client_id, text } = self;
        let account = session.account().id;
        recorder.send(&account, &conversation, &client_id, text, None::<&ClientId>, way);
        let answer = sending.await;
        match &answer {
            Ok(answer) => recorder.acknowledged(&account, &client_id, &answer.seq),
            Err(error) => {
                if let Some(code) = error.code() {
                    recorder.refused(&account, &client_id, code.status(), code.as_str());
                }
            }
        }
        answer
    }

    /// Posts until there is an answer.
    pub(crate) async fn post_stubbornly(self, recorder: &Recorder, session: &Session) -> SendAnswer {
        let sending = async {
            loop {
                match self.post(recorder, session).await {
                    Ok(answer) => return answer,
                    Err(error) if error.may_pass() => tokio::task::yield_now().await,
                    Err(error) => panic!("{:?} was refused: {error}", self.text),
                }
            }
        };
        within("a send that is repeated", Box::pin(sending)).await
    }
}

/// The place that a device begins to read from.
pub(crate) async fn cursor_of_now(session: &Session) -> Cursor {
    within("sync", session.sync(None)).await.expect("sync is answered").cursor
}

/// Short waits, so that tests are quick.
pub(crate) fn quick() -> ReaderOptions {
    let mut random = fastrand::Rng::with_seed(1);
    ReaderOptions {
        poll_interval: Duration::from_millis(5),
        long_poll_wait: Duration::from_secs(10),
        backoff: BackoffOptions { first: Duration::from_millis(5), longest: Duration::from_millis(20) },
        random: Box::new(move || random.f64()),
    }
}

/// A reader after `after`.
pub(crate) fn reader(session: &Session, transport: Transport, after: &Cursor) -> EventReader {
    session.events(transport, Some(after.clone()), quick())
}

/// A reader from now on. It has begun when this returns: what is posted afterwards, it reads.
pub(crate) async fn reader_from_now(session: &Session, transport: Transport) -> EventReader {
    let mut reader = session.events(transport, None, quick());
    let beginning = async {
        while reader.cursor().is_none() {
            tokio::select! {
                record = reader.next() => drop(record.expect("reading is not refused")),
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
    };
    within("the reader begins", beginning).await;
    reader
}
