//! What all who take part in a test share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_protocol::{ConversationId, Seq};
use parking_lot::Mutex;

use crate::history::History;

/// Longer than anything takes that is not stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) struct Shared {
    pub(crate) history: History,
    stopping: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Which life of the server it is.
    life: u64,
    /// Of each sender who waits for an answer, the life in which it asked.
    waiting: HashMap<usize, u64>,
    acknowledged: u64,
    /// Sends of each life that have failed without an answer.
    unanswered: HashMap<u64, u64>,
    /// Of each conversation, the last row that was acknowledged.
    heads: HashMap<ConversationId, Seq>,
    /// Of each reader, the last row of each conversation that it reads.
    places: Vec<HashMap<ConversationId, Seq>>,
    /// Of each reader, how many streams have begun.
    begun: Vec<u64>,
    /// Of each reader, how many streams were told to come back.
    told_to_come_back: Vec<u64>,
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
        Self { history: History::new(), stopping, state }
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
        let mut state = self.state.lock();
        let life = state.life;
        state.waiting.insert(sender, life);
    }

    pub(crate) fn answered(&self, sender: usize, conversation: ConversationId, seq: Seq) {
        let mut state = self.state.lock();
        state.waiting.remove(&sender);
        state.acknowledged += 1;
        let head = state.heads.entry(conversation).or_default();
        *head = (*head).max(seq);
    }

    pub(crate) fn not_answered(&self, sender: usize) {
        let mut state = self.state.lock();
        if let Some(life) = state.waiting.remove(&sender) {
            *state.unanswered.entry(life).or_default() += 1;
        }
    }

    /// The server is about to die: what is begun from now on was not in work then.
    pub(crate) fn dies(&self) {
        self.state.lock().life += 1;
    }

    /// How it was, as soon as everyone has noticed.
    pub(crate) fn death(&self) -> Option<Death> {
        let state = self.state.lock();
        if state.waiting.values().any(|life| *life < state.life) {
            return None;
        }
        let unanswered = state.life.checked_sub(1).and_then(|life| state.unanswered.get(&life));
        let behind = state.places.iter().filter(|places| !state.has_all(places)).count();
        Some(Death { unanswered: unanswered.copied().unwrap_or(0), behind })
    }

    pub(crate) fn add_reader(&self, places: HashMap<ConversationId, Seq>) -> usize {
        let mut state = self.state.lock();
        state.places.push(places);
        state.begun.push(0);
        state.told_to_come_back.push(0);
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
        self.state.lock().begun[reader] += 1;
    }

    pub(crate) fn told_to_come_back(&self, reader: usize) {
        self.state.lock().told_to_come_back[reader] += 1;
    }

    /// Of each reader, how many streams have begun.
    pub(crate) fn begun(&self) -> Vec<u64> {
        self.state.lock().begun.clone()
    }

    /// Of each reader, how many streams were told to come back.
    pub(crate) fn comings_back(&self) -> Vec<u64> {
        self.state.lock().told_to_come_back.clone()
    }

    /// Whether each reader has everything that was acknowledged of what it reads, and reads something.
    pub(crate) fn all_have_all(&self) -> bool {
        let state = self.state.lock();
        state.places.iter().all(|places| !places.is_empty() && state.has_all(places))
    }

    /// For whoever waits in vain.
    pub(crate) fn describe(&self) -> String {
        let state = self.state.lock();
        format!("acknowledged {:?}; readers have {:?}", state.heads, state.places)
    }
}

impl State {
    fn has_all(&self, places: &HashMap<ConversationId, Seq>) -> bool {
        places.iter().all(|(id, place)| self.heads.get(id).is_none_or(|head| place >= head))
    }
}
