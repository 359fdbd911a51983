//! Requests on their way to the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Instant;

use chinwag_chat::{Reply, Request};
use chinwag_protocol::{Attributes, Code, Command, DeviceId, Pos, Problem, Timestamp};
use parking_lot::RwLock;
use tokio::sync::oneshot;

use crate::{Presence, StoreError, StoreMetrics};

/// Bytes that a request takes in memory beside its text.
const OVERHEAD: usize = 256;

/// What the writer is asked for, and where the answer goes.
#[derive(Debug)]
pub(crate) enum Work {
    Request {
        request: Request,
        answer: oneshot::Sender<Result<Reply, Problem>>,
    },
    Places {
        places: Vec<(DeviceId, Pos)>,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    Presences {
        presences: Vec<Presence>,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Rows of events that were replaced at `until` or earlier and lie before `below`, so many.
    Forget {
        below: Pos,
        until: Timestamp,
        limit: usize,
        answer: oneshot::Sender<Result<u64, StoreError>>,
    },
}

impl Work {
    /// The request, if that is what it is.
    pub(crate) fn request(&self) -> Option<&Request> {
        match self {
            Self::Request { request, .. } => Some(request),
            Self::Places { .. } | Self::Presences { .. } | Self::Forget { .. } => None,
        }
    }

    fn bytes(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Request {
                    request:
                        Request::Command {
                            command:
                                Command::SendMessage { text, attributes: Attributes { entities, .. }, .. }
                                | Command::EditMessage { text, entities, .. },
                            ..
                        },
                    ..
                } => text.as_str().len() + size_of_val(entities.as_slice()),
                Self::Request {
                    request: Request::Command { command: Command::PutDraft { text, .. }, .. },
                    ..
                } => text.as_str().len(),
                Self::Request { .. } | Self::Forget { .. } => 0,
                Self::Places { places, .. } => size_of_val(places.as_slice()),
                Self::Presences { presences, .. } => size_of_val(presences.as_slice()),
            }
    }
}

/// Why work was not queued.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refused {
    Full,
    Closed,
    /// The writer is gone.
    Dead,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::new(
                Code::Overloaded,
                "The server has more to store than it can at once. Try again with the same client_id.",
            )
            .retry_after(1),
            Refused::Closed => Self::new(
                Code::ShuttingDown,
                "The server is shutting down. Reconnect, and try again with the same client_id.",
            )
            .retry_after(1),
            Refused::Dead => Self::unavailable(),
        }
    }
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Self::Closed,
            refused => Self::Database(Problem::from(refused).detail),
        }
    }
}

/// How much may wait, and how much of it is one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    pub(crate) queue_requests: usize,
    pub(crate) queue_bytes: usize,
    pub(crate) batch_requests: usize,
    pub(crate) batch_bytes: usize,
}

/// The end that requests are put in at.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: RwLock<Option<SyncSender<Work>>>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
    metrics: StoreMetrics,
}

/// The end that the writer takes from.
#[derive(Debug)]
pub(crate) struct Queued {
    receiver: Receiver<Work>,
    bytes: Arc<AtomicUsize>,
    batch_requests: usize,
    batch_bytes: usize,
    metrics: StoreMetrics,
}

/// A queue within `limits`.
pub(crate) fn queue(limits: QueueLimits, metrics: &StoreMetrics) -> (Queue, Queued) {
    let (sender, receiver) = sync_channel(limits.queue_requests);
    let bytes = Arc::new(AtomicUsize::new(0));
    let queue = Queue {
        sender: RwLock::new(Some(sender)),
        bytes: Arc::clone(&bytes),
        bytes_max: limits.queue_bytes,
        metrics: metrics.clone(),
    };
    let queued = Queued {
        receiver,
        bytes,
        batch_requests: limits.batch_requests,
        batch_bytes: limits.batch_bytes,
        metrics: metrics.clone(),
    };
    (queue, queued)
}

impl Queue {
    fn push(&self, work: Work) -> Result<(), Refused> {
        let sender = self.sender.read();
        let sender = sender.as_ref().ok_or(Refused::Closed)?;
        let bytes = work.bytes();
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let refused = if before + bytes > self.bytes_max {
            Refused::Full
        } else {
            match sender.try_send(work) {
                Ok(()) => {
                    self.metrics.queued.inc();
                    self.metrics.queued_bytes.inc_by(bytes as i64);
                    return Ok(());
                }
                Err(TrySendError::Full(_)) => Refused::Full,
                Err(TrySendError::Disconnected(_)) => Refused::Dead,
            }
        };
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if matches!(refused, Refused::Full) {
            self.metrics.refused.inc();
        }
        Err(refused)
    }

    /// Has a request answered by the writer.
    pub(crate) async fn submit(&self, request: Request) -> Result<Reply, Problem> {
        let (answer, answered) = oneshot::channel();
        self.push(Work::Request { request, answer })?;
        answered.await.unwrap_or_else(|_| Err(Problem::unavailable()))
    }

    /// Has places recorded by the writer.
    pub(crate) async fn record_places(&self, places: &[(DeviceId, Pos)]) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.record(Work::Places { places: places.to_vec(), answer }, answered).await
    }

    /// Has presences recorded by the writer.
    pub(crate) async fn record_presences(&self, presences: &[Presence]) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.record(Work::Presences { presences: presences.to_vec(), answer }, answered).await
    }

    async fn record(
        &self,
        work: Work,
        answered: oneshot::Receiver<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        self.push(work)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has rows of replaced events taken away by the writer.
    pub(crate) async fn forget_replaced(
        &self,
        below: Pos,
        until: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.push(Work::Forget { below, until, limit, answer })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Takes no more; the writer ends when it has done what is queued.
    pub(crate) fn close(&self) {
        self.sender.write().take();
    }
}

impl Queued {
    /// Waits for work, at most until `until`, and takes all that is there, up to a batch. None once the queue is closed
    /// and done.
    pub(crate) fn take_batch(&self, until: Option<Instant>) -> Option<Vec<Work>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut next = match until {
            None => Some(self.receiver.recv().ok()?),
            Some(until) => {
                match self.receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(work) => Some(work),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
        };
        while let Some(work) = next {
            bytes += work.bytes();
            batch.push(work);
            if batch.len() >= self.batch_requests || bytes >= self.batch_bytes {
                break;
            }
            next = self.receiver.try_recv().ok();
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.queued.dec_by(batch.len() as i64);
        self.metrics.queued_bytes.dec_by(bytes as i64);
        Some(batch)
    }
}
