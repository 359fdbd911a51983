//! A conversation's timeline, read in pages of whatever size.

use chinwag_client::{ClientError, HistoryRange, Session};
use chinwag_protocol::{Code, ConversationId, HistoryMessage, Seq};
use tokio::time::timeout;

use crate::host::DEADLINE;

/// What may be seen of a timeline.
pub(crate) struct Timeline {
    pub(crate) from: Seq,
    pub(crate) head: Seq,
    pub(crate) messages: Vec<HistoryMessage>,
}

/// What the account may see; none if it is not in the conversation. The newest page comes first, and counts for `head`.
pub(crate) async fn read(
    session: &Session,
    id: ConversationId,
    random: &mut fastrand::Rng,
) -> Result<Option<Timeline>, ClientError> {
    let mut timeline: Option<Timeline> = None;
    loop {
        let range = match &timeline {
            None => HistoryRange::Newest,
            Some(timeline) => HistoryRange::Before(timeline.from),
        };
        let limit = random.u32(5..60);
        let page = match within(session.history(id, range, limit)).await {
            Err(error) if error.code() == Some(Code::NotFound) => return Ok(None),
            page => page?,
        };
        let is_empty = page.from_seq > page.to_seq;
        match &mut timeline {
            None => {
                timeline = Some(Timeline { from: page.from_seq, head: page.to_seq, messages: page.messages });
            }
            Some(_) if is_empty => {}
            Some(timeline) => {
                if page.to_seq.next() != timeline.from {
                    let text = format!("a page before {} ends at {}", timeline.from, page.to_seq);
                    return Err(ClientError::Protocol(text));
                }
                timeline.from = page.from_seq;
                timeline.messages.splice(..0, page.messages);
            }
        }
        if is_empty || page.from_seq <= Seq::new(1) {
            return Ok(timeline);
        }
    }
}

/// An answer, which must come at last.
pub(crate) async fn within<T>(
    asking: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    match timeout(DEADLINE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(ClientError::Protocol(format!("no answer within {DEADLINE:?}"))),
    }
}
