//! Reads a history once, and says what is wrong with it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::conversation::{Conversation, Row};
use crate::line::{Change, Head, Line, Message as Told, Page, Record};
use crate::message::{Key, Message, hash};
use crate::names::{Name, Names};
use crate::reader::{Counted, Place, Reader};
use crate::summary::Summary;
use crate::violation::{Fault, Violation};

/// Violations that are told; after the first, most are but consequences.
pub(crate) const VIOLATIONS_MAX: usize = 100;

/// Checks a history, line by line.
///
/// # Errors
/// What is wrong with it, in the order in which it shows; at most the first 100. A line that cannot be read is one too.
pub fn check(lines: impl IntoIterator<Item = io::Result<String>>) -> Result<Summary, Vec<Violation>> {
    let mut checker = Checker::default();
    for line in lines {
        checker.line(line);
        if checker.violations.len() >= VIOLATIONS_MAX {
            return Err(checker.violations);
        }
    }
    checker.end();
    if checker.violations.is_empty() { Ok(checker.summary) } else { Err(checker.violations) }
}

/// Checks one history that lies in several files, which follow each other.
///
/// # Errors
/// See [`check`].
pub fn check_files<P: AsRef<Path>>(paths: &[P]) -> Result<Summary, Vec<Violation>> {
    let lines = paths.iter().flat_map(|path| {
        let opened = File::open(path);
        let (file, error) = match opened {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(Err(error))),
        };
        error.into_iter().chain(file.into_iter().flat_map(|file| BufReader::new(file).lines()))
    });
    check(lines)
}

#[derive(Default)]
pub(crate) struct Checker {
    pub(crate) names: Names,
    pub(crate) readers: HashMap<Name, Reader>,
    pub(crate) conversations: HashMap<Name, Conversation>,
    pub(crate) messages: BTreeMap<Key, Message>,
    /// A backup was taken.
    pub(crate) backed_up: bool,
    /// A reader may reach a server that has not heard yet of what another one has acknowledged.
    several: bool,
    /// Of each account that has left a conversation and not joined it again, the line of that.
    left: HashMap<(Name, Name), u64>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) summary: Summary,
}

impl Checker {
    fn line(&mut self, line: io::Result<String>) {
        self.summary.lines += 1;
        let parsed = line
            .map_err(|error| error.to_string())
            .and_then(|line| serde_json::from_str(&line).map_err(|error| error.to_string()));
        match parsed {
            Ok(line) => self.take(line),
            Err(error) => self.unusable(&error),
        }
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Reader { reader, account } => {
                let account = self.names.name(&account);
                let reader = self.names.name(&reader);
                let connected = self.summary.lines;
                let new = Reader { account, places: HashMap::new(), connected };
                if self.readers.insert(reader, new).is_some() {
                    self.unusable("there are two readers of this name");
                }
                self.summary.readers += 1;
            }
            Line::Connect { reader } => {
                let line = self.summary.lines;
                if let Some((_, reader)) = self.reader(&reader) {
                    reader.connected = line;
                }
            }
            Line::Synced { reader, conversations } => self.synced(&reader, &conversations),
            Line::Received { reader, record } => self.received(&reader, record),
            Line::Page { reader, conversation, page } => self.page(&reader, &conversation, page),
            Line::Done { reader } => self.done(&reader),
            Line::Send { account, conversation, client_id, text, follows } => {
                self.send(&account, &conversation, &client_id, &text, follows.as_deref());
            }
            Line::Acknowledged { account, client_id, seq } => self.acknowledged(&account, &client_id, seq),
            Line::Refused { account, client_id, status } => {
                let key = (self.names.name(&account), self.names.name(&client_id));
                match self.messages.get_mut(&key) {
                    Some(message) if status < 500 => message.refusals += 1,
                    Some(_) => {}
                    None => self.unusable("what was refused was not sent"),
                }
            }
            Line::Delete { conversation, target } => {
                let conversation = self.names.name(&conversation);
                self.conversations.entry(conversation).or_default().to_delete.insert(target);
            }
            Line::Unknown => {}
            Line::Deleted { conversation, target, seq } => self.deleted(&conversation, target, seq),
            Line::Join { account, conversation } => {
                let key = (self.names.name(&account), self.names.name(&conversation));
                self.left.remove(&key);
            }
            Line::Left { account, conversation } => {
                let key = (self.names.name(&account), self.names.name(&conversation));
                self.left.insert(key, self.summary.lines);
            }
            Line::Server { did } => {
                if did == "killed" || did == "stopped" || did == "lost power" {
                    self.summary.deaths += 1;
                }
            }
            Line::Several => self.several = true,
            Line::Backup => {
                self.backed_up = true;
                for conversation in self.conversations.values_mut() {
                    conversation.backed_up = conversation.acknowledged;
                }
            }
            Line::Restored { conversations } => self.restored(&conversations),
        }
    }

    fn reader(&mut self, name: &str) -> Option<(Name, &mut Reader)> {
        let name = self.names.name(name);
        if !self.readers.contains_key(&name) {
            self.unusable("this reader has not begun");
        }
        self.readers.get_mut(&name).map(|reader| (name, reader))
    }

    fn synced(&mut self, reader: &str, conversations: &[Head]) {
        let heads: Vec<_> = conversations.iter().map(|head| (self.names.name(&head.id), head.seq)).collect();
        let Some((_, reader)) = self.reader(reader) else { return };
        // What it left while it was not told is not owed to it any more.
        reader.places.retain(|id, place| !place.has_gap() || heads.iter().any(|(head, _)| head == id));
        for (conversation, seq) in heads {
            let place = reader.places.entry(conversation).or_insert(Place::at(seq));
            if !place.has_gap() {
                *place = Place::at(seq);
            }
        }
    }

    fn received(&mut self, name: &str, record: Record) {
        let Some((_, reader)) = self.reader(name) else { return };
        let account = reader.account;
        match record {
            Record::Message { conversation, message } => {
                let conversation = self.names.name(&conversation);
                let sent = self.sent(&message);
                self.row(name, conversation, message.seq, Counted::Message(message.n), sent);
                self.told(conversation, &message);
            }
            Record::Delete { conversation, seq, target } => {
                let conversation = self.names.name(&conversation);
                self.row(name, conversation, seq, Counted::Deletion, None);
                self.agree(conversation, seq, Row::Deletion(Some(target)));
            }
            Record::Hidden { conversation, seq } => {
                let conversation = self.names.name(&conversation);
                self.row(name, conversation, seq, Counted::Hidden, None);
            }
            Record::Member { account: whose, conversation, change, from_seq } => {
                let conversation = self.names.name(&conversation);
                if self.names.name(&whose) != account {
                    self.violates(Fault::NotOwn { reader: name.to_owned(), account: whose });
                    return;
                }
                let Some((_, reader)) = self.reader(name) else { return };
                match (change, from_seq) {
                    (Change::Joined, Some(from)) => {
                        reader.places.insert(conversation, Place::at(from.saturating_sub(1)));
                    }
                    (Change::Joined, None) => self.unusable("a member record without from_seq"),
                    (Change::Left, _) => {
                        reader.places.remove(&conversation);
                    }
                    (Change::Other, _) => {}
                }
            }
            Record::Gap => {
                reader.places.values_mut().for_each(Place::gap);
                self.summary.gaps += 1;
            }
            Record::Other => {}
        }
    }

    /// The line of the first attempt to send a message.
    fn sent(&mut self, told: &Told) -> Option<u64> {
        let key = (self.names.name(&told.sender.id), self.names.name(&told.client_id));
        self.messages.get(&key).map(|message| message.sent)
    }

    /// The stream has brought a row, of a message that was first sent in the line `sent`.
    fn row(&mut self, name: &str, conversation: Name, seq: u64, row: Counted, sent: Option<u64>) {
        self.summary.received += 1;
        let Some((_, reader)) = self.reader(name) else { return };
        let (account, connected) = (reader.account, reader.connected);
        let received = reader.places.get_mut(&conversation).map(|place| place.receive(seq, row));
        let out = self.left.get(&(account, conversation)).is_some_and(|left| {
            sent.is_some_and(|sent| *left < sent) || (*left < connected && !self.several)
        });
        let (reader, text) = (name.to_owned(), self.names.text(conversation));
        match received {
            None => self.violates(Fault::NotMember { reader, conversation: text, seq }),
            Some(_) if out => self.violates(Fault::NotMember { reader, conversation: text, seq }),
            Some(Err(fault)) => self.violates(fault.of(reader, text, seq, row)),
            Some(Ok(())) => {}
        }
    }

    /// A message was told to someone.
    fn told(&mut self, conversation: Name, told: &Told) {
        let key = (self.names.name(&told.sender.id), self.names.name(&told.client_id));
        self.agree(conversation, told.seq, Row::Message { key, n: told.n });
        let client_id = || told.client_id.clone();
        let Some(message) = self.messages.get_mut(&key) else {
            self.violates(Fault::Unsent { client_id: client_id() });
            return;
        };
        let first = *message.row.get_or_insert(told.seq);
        let deleted = |told: &Conversation| told.to_delete.contains(&first);
        let text = if told.deleted {
            told.text.is_empty() && self.conversations.get(&conversation).is_some_and(deleted)
        } else {
            hash(&told.text) == message.text
        };
        let same_place = first == told.seq && message.conversation == conversation;
        if !same_place {
            self.violates(Fault::Doubled { client_id: client_id(), first, second: told.seq });
        }
        if !text {
            self.violates(Fault::Changed { client_id: client_id() });
        }
    }

    fn agree(&mut self, conversation: Name, seq: u64, row: Row) {
        let known = self.conversations.entry(conversation).or_default().tell(seq, row);
        if let Some(known) = known {
            let conversation = self.names.text(conversation);
            let (first, second) = (self.describe(known), self.describe(row));
            self.violates(Fault::Differs { conversation, seq, first, second });
        }
    }

    fn page(&mut self, name: &str, conversation: &str, page: Page) {
        let id = self.names.name(conversation);
        let Some((_, reader)) = self.reader(name) else { return };
        let account = reader.account;
        if let Some(place) = reader.places.get_mut(&id) {
            place.page(page.from_seq, page.to_seq);
        }
        if self.left.contains_key(&(account, id)) {
            let (reader, conversation) = (name.to_owned(), conversation.to_owned());
            self.violates(Fault::NotMember { reader, conversation, seq: page.from_seq });
        }
        let mut next = page.from_seq;
        for message in page.messages {
            self.summary.paged += 1;
            if message.seq < next || message.seq > page.to_seq {
                let Page { from_seq, to_seq, .. } = page;
                let conversation = conversation.to_owned();
                self.violates(Fault::Page { conversation, from_seq, to_seq, seq: message.seq });
                return;
            }
            for deletion in next..message.seq {
                self.agree(id, deletion, Row::Deletion(None));
            }
            next = message.seq + 1;
            self.told(id, &message);
        }
        for deletion in next..=page.to_seq {
            self.agree(id, deletion, Row::Deletion(None));
        }
    }

    fn done(&mut self, name: &str) {
        let Some((_, reader)) = self.reader(name) else { return };
        let mut places: Vec<_> = reader.places.iter().map(|(&id, place)| (id, place.got)).collect();
        places.sort_unstable();
        for (id, got) in places {
            let acknowledged =
                self.conversations.get(&id).map_or(0, |conversation| conversation.acknowledged);
            if got < acknowledged {
                let (reader, conversation) = (name.to_owned(), self.names.text(id));
                self.violates(Fault::Behind { reader, conversation, got, acknowledged });
            }
        }
    }

    fn send(
        &mut self,
        account: &str,
        conversation: &str,
        client_id: &str,
        text: &str,
        follows: Option<&str>,
    ) {
        let key = (self.names.name(account), self.names.name(client_id));
        let conversation = self.names.name(conversation);
        let follows = follows.map(|follows| self.names.name(follows));
        let (text, sent) = (hash(text), self.summary.lines);
        self.conversations.entry(conversation).or_default();
        let new = Message {
            conversation,
            text,
            follows,
            sent,
            attempts: 0,
            refusals: 0,
            acknowledged: None,
            row: None,
        };
        let message = self.messages.entry(key).or_insert(new);
        message.attempts += 1;
        let same = (message.conversation, message.text, message.follows) == (conversation, text, follows);
        if message.attempts > 1 {
            self.summary.retries += 1;
        }
        if !same {
            self.unusable("a retry that sends something else");
        }
    }

    fn acknowledged(&mut self, account: &str, client_id: &str, seq: u64) {
        let key = (self.names.name(account), self.names.name(client_id));
        let Some(message) = self.messages.get_mut(&key) else {
            self.unusable("what was acknowledged was not sent");
            return;
        };
        let first = *message.acknowledged.get_or_insert(seq);
        let conversation = self.conversations.entry(message.conversation).or_default();
        conversation.acknowledged = conversation.acknowledged.max(seq);
        if first != seq {
            self.violates(Fault::Moved { what: client_id.to_owned(), first, second: seq });
        }
    }

    fn deleted(&mut self, conversation: &str, target: u64, seq: u64) {
        let id = self.names.name(conversation);
        let known = self.conversations.entry(id).or_default();
        known.acknowledged = known.acknowledged.max(seq);
        let first = *known.deletions.entry(target).or_insert(seq);
        if first != seq {
            self.violates(Fault::Moved { what: format!("the deletion of row {target}"), first, second: seq });
        }
    }

    pub(crate) fn describe(&self, row: Row) -> String {
        match row {
            Row::Message { key, n } => format!("{} with n = {n}", self.names.text(key.1)),
            Row::Deletion(Some(target)) => format!("the deletion of row {target}"),
            Row::Deletion(None) => "no message".to_owned(),
        }
    }

    pub(crate) fn unusable(&mut self, why: &str) {
        self.violates(Fault::Unusable(why.to_owned()));
    }

    pub(crate) fn violates(&mut self, fault: Fault) {
        self.violations.push(Violation { line: Some(self.summary.lines), fault });
    }
}
