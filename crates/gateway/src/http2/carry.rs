//! Carries an event stream over a stream of an HTTP/2 connection, in both directions for WebSocket (RFC 8441).

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use chinwag_hub::{Carrier, Outgoing};
use h2::{Reason, RecvStream, SendStream};
use tokio::time::{Sleep, sleep, timeout};

/// The peer has this long to end its side after ours has ended.
const LINGER: Duration = Duration::from_secs(1);

/// Carries until either side ends; whether the peer has taken the stream back. One that ended in order ends with END_STREAM;
/// one that was cut, or whose peer took nothing for `stall`, is reset.
pub(super) async fn carry(
    carrier: Carrier,
    send: SendStream<Bytes>,
    incoming: Option<RecvStream>,
    stall: Duration,
) -> bool {
    let mut carrying = Carrying { carrier, send, incoming, stall, stalled: None };
    let end = poll_fn(|cx| carrying.poll(cx)).await;
    let Carrying { carrier, incoming, .. } = carrying;
    drop(carrier);
    if end == End::Finished
        && let Some(incoming) = incoming
    {
        // Dropped at once, it would be reset, and the peer may then never see the end of what was sent.
        let _ = timeout(LINGER, until_end(incoming)).await;
    }
    end == End::TakenBack
}

async fn until_end(mut incoming: RecvStream) {
    while let Some(Ok(data)) = poll_fn(|cx| incoming.poll_data(cx)).await {
        // Fails only when the stream is gone.
        let _ = incoming.flow_control().release_capacity(data.len());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All was sent, and END_STREAM after it.
    Finished,
    /// The stream is reset, or will be.
    Broken,
    /// The peer has reset it.
    TakenBack,
}

struct Carrying {
    carrier: Carrier,
    send: SendStream<Bytes>,
    /// What the peer sends, if that means anything and has not ended.
    incoming: Option<RecvStream>,
    stall: Duration,
    /// Runs while the peer takes nothing of what waits.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Carrying {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let ended = if self.send.poll_reset(cx).is_ready() || self.poll_incoming(cx).is_ready() {
            End::TakenBack
        } else {
            ready!(self.poll_outgoing(cx))
        };
        Poll::Ready(ended)
    }

    /// Ready when the peer is gone.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(incoming) = &mut self.incoming
            && self.carrier.poll_room(cx).is_ready()
        {
            match incoming.poll_data(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(data))) => {
                    self.carrier.give(&data);
                    if incoming.flow_control().release_capacity(data.len()).is_err() {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(()),
                Poll::Ready(None) => {
                    self.carrier.end_incoming();
                    self.incoming = None;
                }
            }
        }
        Poll::Pending
    }

    /// Ready when the stream has ended.
    fn poll_outgoing(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let waiting = match self.carrier.poll_outgoing(cx) {
                Poll::Pending => {
                    self.stalled = None;
                    return Poll::Pending;
                }
                Poll::Ready(Outgoing::Bytes(waiting)) => waiting,
                Poll::Ready(Outgoing::Finished) => {
                    let sent = self.send.send_data(Bytes::new(), true);
                    return Poll::Ready(if sent.is_ok() { End::Finished } else { End::Broken });
                }
                Poll::Ready(Outgoing::Cut) => {
                    self.send.send_reset(Reason::CANCEL);
                    return Poll::Ready(End::Broken);
                }
            };
            self.send.reserve_capacity(waiting);
            let capacity = match self.send.capacity() {
                0 => match self.send.poll_capacity(cx) {
                    Poll::Ready(Some(Ok(capacity))) => capacity,
                    Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(End::Broken),
                    Poll::Pending => return self.poll_stalled(cx),
                },
                capacity => capacity,
            };
            if capacity == 0 {
                continue;
            }
            self.stalled = None;
            if self.send.send_data(self.carrier.take(capacity), false).is_err() {
                return Poll::Ready(End::Broken);
            }
        }
    }

    /// Ready when the peer has taken nothing for too long, and was cut for it.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        if stalled.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.carrier.count_stalled();
        self.send.send_reset(Reason::CANCEL);
        Poll::Ready(End::Broken)
    }
}
