//! A request's body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use hyper::body::{Body, Frame, SizeHint};

/// What a peer sends into its stream. h2 has checked it against `Content-Length`.
pub(super) struct RequestBody {
    stream: RecvStream,
    length: Option<u64>,
}

impl RequestBody {
    pub(super) fn new(stream: RecvStream, length: Option<u64>) -> Self {
        Self { stream, length }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        // Trailers mean nothing here.
        let data = ready!(self.stream.poll_data(cx));
        Poll::Ready(data.map(|data| {
            let data = data?;
            // Whoever reads the body has its own limit, so what is read is taken.
            self.stream.flow_control().release_capacity(data.len())?;
            Ok(Frame::data(data))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
