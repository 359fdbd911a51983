//! Writes a history.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

/// Appends lines to a history; many threads may share it. See the crate's documentation for what each line means.
///
/// A line that cannot be written is told when the recorder is [finished](Self::finish).
pub struct Recorder {
    out: Mutex<(Box<dyn Write + Send>, Option<io::Error>)>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Into a new file.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self::new(BufWriter::new(File::create(path)?)))
    }

    /// Into whatever takes bytes.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Mutex::new((Box::new(out), None)) }
    }

    /// Everything is written.
    ///
    /// # Errors
    /// The first that any line met.
    pub fn finish(&self) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let flushed = out.0.flush();
        match out.1.take() {
            Some(error) => Err(error),
            None => flushed,
        }
    }

    /// A reader of this name will read for this account.
    pub fn reader(&self, reader: &str, account: &impl Serialize) {
        self.write(&json!({"event": "reader", "reader": reader, "account": account}));
    }

    /// A reader is about to go on over this transport.
    pub fn connect(&self, reader: &str, transport: &str) {
        self.write(&json!({"event": "connect", "reader": reader, "transport": transport}));
    }

    /// A reader need not be told of the rows of these conversations up to these.
    pub fn synced(&self, reader: &str, places: &[(impl Serialize, impl Serialize)]) {
        self.write(&json!({"event": "synced", "reader": reader, "conversations": rows(places)}));
    }

    /// A record has come.
    pub fn received(&self, reader: &str, record: &impl Serialize) {
        self.write(&json!({"event": "received", "reader": reader, "record": record}));
    }

    /// A page has come.
    pub fn page(&self, reader: &str, conversation: &impl Serialize, page: &impl Serialize) {
        self.write(&json!({"event": "page", "reader": reader, "conversation": conversation, "page": page}));
    }

    /// A reader has waited until it had everything.
    pub fn done(&self, reader: &str) {
        self.write(&json!({"event": "done", "reader": reader}));
    }

    /// An attempt to post is about to begin, `over` a way of the writer's choice.
    pub fn send(
        &self,
        account: &impl Serialize,
        conversation: &impl Serialize,
        client_id: &impl Serialize,
        text: &str,
        follows: Option<&impl Serialize>,
        over: &str,
    ) {
        let mut line = json!({
            "event": "send", "account": account, "conversation": conversation, "client_id": client_id, "text": text,
            "over": over,
        });
        if let Some(follows) = follows {
            line["follows"] = json!(follows);
        }
        self.write(&line);
    }

    /// A send was acknowledged.
    pub fn acknowledged(&self, account: &impl Serialize, client_id: &impl Serialize, seq: &impl Serialize) {
        self.write(&json!({"event": "acknowledged", "account": account, "client_id": client_id, "seq": seq}));
    }

    /// A send was refused.
    pub fn refused(&self, account: &impl Serialize, client_id: &impl Serialize, status: u16, code: &str) {
        self.write(&json!({
            "event": "refused", "account": account, "client_id": client_id, "status": status, "code": code,
        }));
    }

    /// An attempt to delete a message is about to begin.
    pub fn delete(&self, account: &impl Serialize, conversation: &impl Serialize, target: &impl Serialize) {
        self.write(&json!({
            "event": "delete", "account": account, "conversation": conversation, "target": target,
        }));
    }

    /// A deletion was acknowledged.
    pub fn deleted(
        &self,
        account: &impl Serialize,
        conversation: &impl Serialize,
        target: &impl Serialize,
        seq: &impl Serialize,
    ) {
        self.write(&json!({
            "event": "deleted", "account": account, "conversation": conversation, "target": target, "seq": seq,
        }));
    }

    /// An account that had left is about to join again.
    pub fn join(&self, account: &impl Serialize, conversation: &impl Serialize) {
        self.write(&json!({"event": "join", "account": account, "conversation": conversation}));
    }

    /// An account has left.
    pub fn left(&self, account: &impl Serialize, conversation: &impl Serialize) {
        self.write(&json!({"event": "left", "account": account, "conversation": conversation}));
    }

    /// Something became of the server.
    pub fn server(&self, did: &str) {
        self.write(&json!({"event": "server", "did": did}));
    }

    /// Readers reach any of several servers on one database, which hear a moment later of what another one has acknowledged:
    /// what an account that has left is told on a new connection may be older than its leaving, and nothing newer.
    pub fn several(&self) {
        self.write(&json!({"event": "several"}));
    }

    /// A backup is about to be taken.
    pub fn backup(&self) {
        self.write(&json!({"event": "backup"}));
    }

    /// The last backup was put back, and holds the rows of these conversations up to these.
    pub fn restored(&self, heads: &[(impl Serialize, impl Serialize)]) {
        self.write(&json!({"event": "restored", "conversations": rows(heads)}));
    }

    fn write(&self, line: &Value) {
        let mut text = line.to_string();
        text.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = out.0.write_all(text.as_bytes()) {
            out.1.get_or_insert(error);
        }
    }
}

fn rows(places: &[(impl Serialize, impl Serialize)]) -> Vec<Value> {
    places.iter().map(|(id, seq)| json!({"id": id, "seq": seq})).collect()
}
