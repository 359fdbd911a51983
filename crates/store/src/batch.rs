//! What a writer is given to work with, and how it answers.

use std::sync::Arc;

use chinwag_chat::{Decide, Reply};
use chinwag_protocol::Problem;

use crate::queue::Work;
use crate::{Clock, StoreError, Tail};

/// What a writer is given to work with.
pub(crate) struct Rules {
    pub(crate) decide: Decide,
    pub(crate) clock: Clock,
    pub(crate) tail: Arc<dyn Tail>,
}

/// What a request is answered once its batch is durable.
pub(crate) type Decided = Result<Reply, Problem>;

/// What comes of a batch that is durable.
#[derive(Debug)]
pub(crate) struct Answers {
    /// Those of its requests, in their order.
    pub(crate) replies: Vec<Decided>,
    /// Rows of replaced events that it took away.
    pub(crate) forgotten: u64,
}

/// So many removals of accounts are at their end.
pub(crate) fn ended_removals(replies: &[Decided]) -> u64 {
    let ended = |reply: &&Decided| matches!(reply, Ok(Reply::Removing { more: false }));
    replies.iter().filter(ended).count() as u64
}

/// Answers a batch that is durable.
pub(crate) fn answer(batch: Vec<Work>, answers: Answers) {
    let mut replies = answers.replies.into_iter();
    for work in batch {
        // Who has stopped waiting finds the answer by sending again.
        match work {
            Work::Request { answer, .. } => {
                if let Some(reply) = replies.next() {
                    drop(answer.send(reply));
                }
            }
            Work::Places { answer, .. } | Work::Presences { answer, .. } => drop(answer.send(Ok(()))),
            Work::Forget { answer, .. } => drop(answer.send(Ok(answers.forgotten))),
        }
    }
}

/// Tells a batch to come again.
pub(crate) fn refuse(batch: Vec<Work>, reason: &str) {
    for work in batch {
        match work {
            Work::Request { answer, .. } => drop(answer.send(Err(Problem::unavailable()))),
            Work::Places { answer, .. } | Work::Presences { answer, .. } => {
                drop(answer.send(Err(StoreError::Database(reason.to_owned()))));
            }
            Work::Forget { answer, .. } => drop(answer.send(Err(StoreError::Database(reason.to_owned())))),
        }
    }
}
