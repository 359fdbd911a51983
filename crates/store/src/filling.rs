//! A page of the log, filled event by event.

use chinwag_protocol::{Event, Pos};

use crate::topic::text_bytes;
use crate::{Limits, Page, PageEnd};

/// A page that is being filled within limits.
#[derive(Debug)]
pub(crate) struct Filling {
    limits: Limits,
    events: Vec<Event>,
    bytes: usize,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filled {
    Taken,
    /// It does not fit any more, and nothing after it.
    Full,
    /// It would be the first, and is so old that there is no page.
    TooOld,
}

impl Filling {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, events: Vec::new(), bytes: 0 }
    }

    /// As [`Filling::new`], for so many events.
    pub(crate) fn with_capacity(limits: Limits, events: usize) -> Self {
        Self { events: Vec::with_capacity(events.min(limits.events)), ..Self::new(limits) }
    }

    /// Takes the next event. A page takes at least one.
    #[inline]
    pub(crate) fn take(&mut self, event: Event) -> Filled {
        let limits = &self.limits;
        if self.events.is_empty()
            && event.at.as_millis() < limits.now.as_millis().saturating_sub(limits.missed_ms)
        {
            return Filled::TooOld;
        }
        self.bytes += text_bytes(&event);
        if !self.events.is_empty() && (self.events.len() >= limits.events || self.bytes > limits.bytes) {
            return Filled::Full;
        }
        self.events.push(event);
        Filled::Taken
    }

    /// The page of a log that ends at `head`; there may be more of it.
    pub(crate) fn end(self, head: Pos, more: bool) -> Page {
        let end = match self.events.last() {
            Some(last) if more => PageEnd::More(last.pos),
            _ => PageEnd::Head(head),
        };
        Page { events: self.events, end }
    }
}
