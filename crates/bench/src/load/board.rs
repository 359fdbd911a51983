//! What was sent and what has come, of all conversations and readers.

use std::sync::Arc;

use memchr::memmem::Finder;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::conversation::{Conversation, Step};
use super::marker::{Mark, Marker};
use super::numbers::Numbers;
use super::times::Times;
use crate::report::Deliveries;

/// Bytes of a refusal that are kept to be shown.
const REFUSAL_BYTES_MAX: usize = 300;

/// Times of the messages of some conversations, and permits for them to be under way.
#[derive(Debug)]
pub struct Group {
    /// From sending to the acknowledgement.
    pub acknowledged: Times,
    /// From sending to the first reader.
    pub first: Times,
    /// From sending to each reader.
    pub each: Times,
    /// From sending to the last reader.
    pub last: Times,
    /// One for each message that may yet begin.
    pub(super) permits: Arc<Semaphore>,
}

/// Everything that is known of a run's messages.
#[derive(Debug)]
pub struct Board {
    marker: Marker,
    /// Finds the key of a record's place in its conversation. It is not found within a string, where a quotation mark has a
    /// backslash before it.
    seq: Finder<'static>,
    groups: Vec<Group>,
    conversations: Vec<Conversation>,
    readers: Vec<Reader>,
    doubled: u64,
    disordered: u64,
    foreign: u64,
    unchecked: u64,
    gaps: u64,
    given_up: u64,
    lost_streams: u64,
    refusal: Option<String>,
    /// Deliveries and answers so far, to see whether anything still happens.
    steps: u64,
    messages: u64,
    message_bytes: u64,
}

/// What has come to one reader.
#[derive(Debug)]
struct Reader {
    /// Whether all that it should have is known.
    checked: bool,
    /// Of its first conversation, by itself because it is mostly the only one.
    first: Received,
    others: Vec<Received>,
}

/// What has come of one conversation.
#[derive(Debug)]
struct Received {
    conversation: u32,
    numbers: Numbers,
    last_seq: u64,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            acknowledged: Times::default(),
            first: Times::default(),
            each: Times::default(),
            last: Times::default(),
            permits: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Board {
    /// Of a run with so many groups of conversations.
    pub fn new(marker: Marker, groups: usize) -> Self {
        Self {
            marker,
            seq: Finder::new(br#""seq":"#),
            groups: (0..groups).map(|_| Group::default()).collect(),
            conversations: Vec::new(),
            readers: Vec::new(),
            doubled: 0,
            disordered: 0,
            foreign: 0,
            unchecked: 0,
            gaps: 0,
            given_up: 0,
            lost_streams: 0,
            refusal: None,
            steps: 0,
            messages: 0,
            message_bytes: 0,
        }
    }

    /// One more conversation, counted in a group; its index.
    pub fn add_conversation(&mut self, group: usize) -> u32 {
        self.conversations.push(Conversation::new(group, 0));
        self.conversations.len() as u32 - 1
    }

    /// One more reader of these conversations; its index. One that is not `checked` may come and go: nothing is expected of
    /// it, so that it can lose nothing.
    pub fn add_reader(&mut self, conversations: &[u32], checked: bool) -> usize {
        for &conversation in conversations.iter().filter(|_| checked) {
            self.conversations[conversation as usize].readers += 1;
        }
        let mut received = conversations.iter().map(|&conversation| Received {
            conversation,
            numbers: Numbers::default(),
            last_seq: 0,
        });
        // One without conversations has one that is not there.
        let nothing = Received { conversation: u32::MAX, numbers: Numbers::default(), last_seq: 0 };
        let first = received.next().unwrap_or(nothing);
        self.readers.push(Reader { checked, first, others: received.collect() });
        self.readers.len() - 1
    }

    /// The marks of this run.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// The times of a group.
    pub fn group(&self, group: usize) -> &Group {
        &self.groups[group]
    }

    /// The times of a group so far, which begins anew.
    pub fn take_group(&mut self, group: usize) -> Group {
        let group = &mut self.groups[group];
        let fresh = Group { permits: group.permits.clone(), ..Group::default() };
        std::mem::replace(group, fresh)
    }

    /// A message begins. Its times count from `since`, and only if it is `counted`.
    pub fn send(&mut self, conversation: u32, since: Instant, counted: bool) -> Mark {
        let number = self.conversations[conversation as usize].send(since, counted);
        Mark { conversation, number }
    }

    /// The server has acknowledged a message.
    pub fn acknowledge(&mut self, mark: Mark, now: Instant) {
        let Some(conversation) = self.conversation(mark) else { return };
        let (group, step) = (conversation.group, conversation.acknowledge(mark.number));
        if let Some(step) = step {
            let group = &mut self.groups[group];
            if step.counted {
                group.acknowledged.record(now.saturating_duration_since(step.since));
            }
            group.settle(step);
        }
        self.steps += 1;
    }

    /// The server has refused a message.
    pub fn refuse(&mut self, mark: Mark, why: &[u8]) {
        let Some(conversation) = self.conversation(mark) else { return };
        let (group, step) = (conversation.group, conversation.refuse(mark.number));
        if let Some(step) = step {
            self.groups[group].settle(step);
        }
        self.keep_refusal(why);
        self.steps += 1;
    }

    /// Something has come to a reader at `now`: a record, or an answer to a command.
    pub fn take(&mut self, reader: usize, json: &[u8], now: Instant) {
        match self.marker.find(json) {
            Some(mark) => self.deliver(reader, mark, json, now),
            None => self.take_other(json, now),
        }
    }

    /// A stream broke off, for this reason.
    pub fn lose_stream(&mut self, why: &str) {
        self.lost_streams += 1;
        self.keep_refusal(why.as_bytes());
    }

    /// A request failed without an answer, for this reason.
    pub fn lose_answer(&mut self, why: &str) {
        self.keep_refusal(why.as_bytes());
    }

    /// Waits no longer for messages of a group that began before `before`.
    pub fn give_up(&mut self, group: usize, before: Instant) {
        let conversations = self.conversations.iter_mut().filter(|conversation| conversation.group == group);
        let given_up = conversations.map(|conversation| conversation.give_up(before)).sum();
        self.given_up += given_up as u64;
        self.groups[group].permits.add_permits(given_up);
    }

    /// Deliveries and answers so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Bytes of a message's record, on the average.
    pub fn record_bytes_mean(&self) -> u64 {
        self.message_bytes / self.messages.max(1)
    }

    /// What became of all messages, warm-up included. What is still under way counts as lost.
    pub fn deliveries(&self) -> Deliveries {
        let mut deliveries = Deliveries {
            doubled: self.doubled,
            disordered: self.disordered,
            foreign: self.foreign,
            ..Deliveries::default()
        };
        for conversation in &self.conversations {
            let acknowledged = conversation.acknowledged.count();
            deliveries.sent += u64::from(conversation.sent);
            deliveries.acknowledged += acknowledged;
            deliveries.expected += acknowledged * u64::from(conversation.readers);
        }
        deliveries.refused = deliveries.sent - deliveries.acknowledged;
        let checked = self.readers.iter().filter(|reader| reader.checked);
        for received in checked.flat_map(|reader| std::iter::once(&reader.first).chain(&reader.others)) {
            let Some(conversation) = self.conversations.get(received.conversation as usize) else { continue };
            deliveries.delivered += received.numbers.count_common(&conversation.acknowledged);
            deliveries.foreign += received.numbers.count_common(&conversation.refused);
        }
        deliveries.lost = deliveries.expected - deliveries.delivered;
        deliveries
    }

    /// What a reader of the figures must know.
    pub fn notes(&self) -> Vec<String> {
        [
            (self.gaps, "times a stream told of a gap"),
            (self.given_up, "messages were not waited for to the end"),
            (self.lost_streams, "streams broke off and were opened anew"),
            (self.unchecked, "deliveries to readers that came and went"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .chain(self.refusal.as_ref().map(|refusal| format!("the first refusal or failure: {refusal}")))
        .collect()
    }

    fn deliver(&mut self, reader: usize, mark: Mark, json: &[u8], now: Instant) {
        let Reader { checked, first, others } = &mut self.readers[reader];
        let mut received = std::iter::once(first).chain(others);
        let received = received.find(|received| received.conversation == mark.conversation);
        let conversation = self.conversations.get_mut(mark.conversation as usize);
        let (Some(received), Some(conversation)) = (received, conversation) else {
            self.foreign += 1;
            return;
        };
        if mark.number >= conversation.sent {
            self.foreign += 1;
            return;
        }
        self.steps += 1;
        self.messages += 1;
        self.message_bytes += json.len() as u64;
        if !received.numbers.insert(mark.number) {
            self.doubled += 1;
            return;
        }
        let seq = self.seq.find(json).map_or(0, |at| number(&json[at + self.seq.needle().len()..]));
        if seq < received.last_seq {
            self.disordered += 1;
        } else {
            received.last_seq = seq;
        }
        if !*checked {
            self.unchecked += 1;
            return;
        }
        let group = conversation.group;
        if let Some(step) = conversation.deliver(mark.number) {
            self.groups[group].deliver(step, now);
        }
    }

    fn take_other(&mut self, json: &[u8], now: Instant) {
        // Our server writes an answer like this, and there is one for each message.
        if let Some(digits) = json.strip_prefix(br#"{"type":"reply","id":""#)
            && let Some(mark) =
                Mark::from_digits(digits.split(|&byte| byte == b'"').next().unwrap_or_default())
        {
            return self.acknowledge(mark, now);
        }
        let Ok(Other { kind, id }) = serde_json::from_slice(json) else { return };
        let mark = id.and_then(|id| Mark::from_digits(id.as_bytes()));
        match (&*kind, mark) {
            ("reply", Some(mark)) => self.acknowledge(mark, now),
            ("problem", Some(mark)) => self.refuse(mark, json),
            ("problem", None) => self.keep_refusal(json),
            ("message", _) => self.foreign += 1,
            ("gap", _) => self.gaps += 1,
            _ => {}
        }
    }

    /// The conversation of a message that was sent.
    fn conversation(&mut self, mark: Mark) -> Option<&mut Conversation> {
        let conversation = self.conversations.get_mut(mark.conversation as usize)?;
        (mark.number < conversation.sent).then_some(conversation)
    }

    fn keep_refusal(&mut self, why: &[u8]) {
        let why = &why[..why.len().min(REFUSAL_BYTES_MAX)];
        self.refusal.get_or_insert_with(|| String::from_utf8_lossy(why).into_owned());
    }
}

impl Group {
    fn deliver(&mut self, step: Step, now: Instant) {
        if step.counted {
            let time = now.saturating_duration_since(step.since);
            self.each.record(time);
            if step.first {
                self.first.record(time);
            }
            if step.last {
                self.last.record(time);
            }
        }
        self.settle(step);
    }

    fn settle(&mut self, step: Step) {
        if step.done {
            self.permits.add_permits(1);
        }
    }
}

/// What is not one of our messages.
#[derive(Deserialize)]
struct Other {
    #[serde(rename = "type")]
    kind: String,
    /// Of the command that this answers.
    id: Option<String>,
}

/// The number that JSON begins with; 0 if it begins with none.
fn number(json: &[u8]) -> u64 {
    json.iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}
