//! Server-Sent Events (WHATWG HTML, "Interpreting an event stream"), without I/O.

use std::collections::VecDeque;

/// An event that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// The last event id as of this event.
    pub id: String,
    /// Its type; `message` if it names none.
    pub event: String,
    /// Its lines, with LF between them.
    pub data: String,
}

/// A line or an event grew past the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {limit} bytes")]
pub struct SseTooLong {
    /// Bytes that a line, and the data of an event, may have.
    pub limit: usize,
}

/// Puts events together from the pieces that a connection brings, cut anywhere.
///
/// An event counts once the empty line after it has come; what is left at the end of the connection is discarded.
#[derive(Debug)]
pub struct SseParser {
    bytes_max: usize,
    line: Vec<u8>,
    /// The last line ended in CR: a LF right behind belongs to it.
    after_cr: bool,
    /// No line has ended yet: a byte order mark may stand here.
    first_line: bool,
    data: String,
    event: String,
    last_event_id: String,
    retry_ms: Option<u64>,
    events: VecDeque<SseEvent>,
}

impl SseParser {
    /// With a limit to the bytes of a line, and of the data of an event.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            data: String::new(),
            event: String::new(),
            last_event_id: String::new(),
            retry_ms: None,
            events: VecDeque::new(),
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SseTooLong> {
        let mut events = std::mem::take(&mut self.events);
        let pushed = self.push_each(bytes, |id, event, data| {
            events.push_back(SseEvent { id: id.to_owned(), event: event.to_owned(), data: data.to_owned() });
        });
        self.events = events;
        pushed
    }

    /// Takes the next bytes, and hands out id, type and data of each event that is complete with them.
    pub fn push_each(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&str, &str, &str),
    ) -> Result<(), SseTooLong> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
                return self.extend(bytes);
            };
            let line = &bytes[..end];
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if self.line.is_empty() {
                self.check(line)?;
                self.end_line(line, &mut each)?;
            } else {
                self.extend(line)?;
                let line = std::mem::take(&mut self.line);
                self.end_line(&line, &mut each)?;
            }
        }
        Ok(())
    }

    /// The next complete event that [`SseParser::push`] has brought.
    pub fn next_event(&mut self) -> Option<SseEvent> {
        self.events.pop_front()
    }

    /// The last `retry` that came: milliseconds after which the server wants to see this client again.
    pub fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), SseTooLong> {
        self.check(bytes)?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Whether the line at hand may have these bytes too.
    fn check(&self, bytes: &[u8]) -> Result<(), SseTooLong> {
        if self.line.len() + bytes.len() > self.bytes_max {
            return Err(SseTooLong { limit: self.bytes_max });
        }
        Ok(())
    }

    fn end_line(&mut self, line: &[u8], each: &mut impl FnMut(&str, &str, &str)) -> Result<(), SseTooLong> {
        // Line ends are ASCII and so never within a character: a line can be decoded by itself.
        let line = String::from_utf8_lossy(line);
        let mut line = &*line;
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(each);
            return Ok(());
        }
        match line.split_once(':') {
            Some((name, value)) => self.field(name, value.strip_prefix(' ').unwrap_or(value)),
            None => self.field(line, ""),
        }
    }

    fn field(&mut self, name: &str, value: &str) -> Result<(), SseTooLong> {
        match name {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if self.data.len() + value.len() > self.bytes_max {
                    return Err(SseTooLong { limit: self.bytes_max });
                }
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.last_event_id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry_ms = value.parse().ok().or(self.retry_ms);
            }
            // A comment, or a field that nobody knows.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, each: &mut impl FnMut(&str, &str, &str)) {
        // Without a `data` field there is no event; with an empty one there is.
        if self.data.pop().is_some() {
            let event = if self.event.is_empty() { "message" } else { &self.event };
            each(&self.last_event_id, event, &self.data);
        }
        self.event.clear();
        self.data.clear();
    }
}

#[cfg(test)]
mod tests;
