//! What all who take part in a test share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_history::History;
use chinwag_protocol::{ConversationId, Seq};
use parking_lot::Mutex;
use tokio::time::Instant;

/// Longer than anything takes that is not stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) struct Shared {
    pub(crate) history: History,
    stopping: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Senders who wait for an answer.
    waiting: HashSet<usize>,
    /// Those of them who did so when the server was about to die.
    waiting_at_death: HashSet<usize>,
    /// Those of these who got none.
    unanswered: u64,
    acknowledged: u64,
    /// Of each conversation, the last row that was acknowledged.
    heads: HashMap<ConversationId, Seq>,
    /// Of each reader, the last row of each conversation that it reads.
    places: Vec<HashMap<ConversationId, Seq>>,
    /// Of each reader, how many streams have begun.
    begun: Vec<u64>,
    /// Of each reader, how many waits it has drawn.
    waits: Vec<u64>,
    /// Of each reader, when it has come back or will, each time that a stream was told to.
    returns: Vec<Vec<Return>>,
}

/// A stream was told to come back at a moment of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Return {
    /// Within this time.
    pub(crate) window: Duration,
    /// After this part of it.
    pub(crate) wait: Duration,
    /// From then on.
    pub(crate) since: Instant,
}

/// Who was at what when the server died.
#[derive(Debug)]
pub(crate) struct Death {
    /// Sends that were begun before it, and got no answer.
    pub(crate) unanswered: u64,
    /// Readers who had not all that was acknowledged.
    pub(crate) behind: usize,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let (stopping, state) = (AtomicBool::new(false), Mutex::default());
        Self { history: History::new().expect("a temporary file can be made"), stopping, state }
    }

    /// Nothing new is begun from now on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.state.lock().acknowledged
    }

    pub(crate) fn begin(&self, sender: usize) {
        self.state.lock().waiting.insert(sender);
    }

    pub(crate) fn answered(&self, sender: usize, conversation: ConversationId, seq: Seq) {
        let mut state = self.state.lock();
        state.waiting.remove(&sender);
        state.waiting_at_death.remove(&sender);
        state.acknowledged += 1;
        let head = state.heads.entry(conversation).or_default();
        *head = (*head).max(seq);
    }

    pub(crate) fn not_answered(&self, sender: usize) {
        let mut state = self.state.lock();
        state.waiting.remove(&sender);
        state.unanswered += u64::from(state.waiting_at_death.remove(&sender));
    }

    /// Senders who wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting.len()
    }

    /// The server is about to die: what is begun from now on was not in work then.
    pub(crate) fn dies(&self) {
        let mut state = self.state.lock();
        state.waiting_at_death = state.waiting.clone();
        state.unanswered = 0;
    }

    /// How it was, as soon as everyone has noticed.
    pub(crate) fn death(&self) -> Option<Death> {
        let state = self.state.lock();
        if !state.waiting_at_death.is_empty() {
            return None;
        }
        let behind = state.places.iter().filter(|places| !state.has_all(places)).count();
        Some(Death { unanswered: state.unanswered, behind })
    }

    pub(crate) fn add_reader(&self, places: HashMap<ConversationId, Seq>) -> usize {
        let mut state = self.state.lock();
        state.places.push(places);
        state.begun.push(0);
        state.waits.push(0);
        state.returns.push(Vec::new());
        state.places.len() - 1
    }

    pub(crate) fn place(&self, reader: usize, conversation: ConversationId, seq: Option<Seq>) {
        let places = &mut self.state.lock().places[reader];
        match seq {
            Some(seq) => places.insert(conversation, seq),
            None => places.remove(&conversation),
        };
    }

    pub(crate) fn place_of(&self, reader: usize, conversation: ConversationId) -> Option<Seq> {
        self.state.lock().places[reader].get(&conversation).copied()
    }

    pub(crate) fn stream_begun(&self, reader: usize) {
        let mut state = self.state.lock();
        state.begun[reader] += 1;
        if let Some(Return { wait, since, .. }) = state.returns[reader].last() {
            assert!(
                since.elapsed() >= *wait,
                "reader {reader} was to come back after {wait:?}, and was earlier"
            );
        }
    }

    pub(crate) fn draws_a_wait(&self, reader: usize) {
        self.state.lock().waits[reader] += 1;
    }

    pub(crate) fn told_to_come_back(&self, reader: usize, how: Return) {
        self.state.lock().returns[reader].push(how);
    }

    /// Of each reader, how many waits it has drawn: one after each failure.
    pub(crate) fn waits(&self) -> Vec<u64> {
        self.state.lock().waits.clone()
    }

    /// Of each reader, how many streams have begun.
    pub(crate) fn begun(&self) -> Vec<u64> {
        self.state.lock().begun.clone()
    }

    /// Of each reader, when it has come back or will, each time that a stream was told to.
    pub(crate) fn returns(&self) -> Vec<Vec<Return>> {
        self.state.lock().returns.clone()
    }

    /// Of each conversation, the last row that was acknowledged.
    pub(crate) fn heads(&self) -> HashMap<ConversationId, Seq> {
        self.state.lock().heads.clone()
    }

    /// Whether each reader has everything that was acknowledged of what it reads, and reads something.
    pub(crate) fn all_have_all(&self) -> bool {
        let state = self.state.lock();
        state.places.iter().all(|places| !places.is_empty() && state.has_all(places))
    }

    /// For whoever waits in vain.
    pub(crate) fn describe(&self) -> String {
        let state = self.state.lock();
        let State { heads, places, begun, .. } = &*state;
        format!("acknowledged {heads:?}; readers have {places:?}, and have begun {begun:?} streams")
    }
}

impl State {
    fn has_all(&self, places: &HashMap<ConversationId, Seq>) -> bool {
        places.iter().all(|(id, place)| self.heads.get(id).is_none_or(|head| place >= head))
    }
}
