//! The writer's end of the log: deciding and committing a batch, following what others append, and taking up the log again
//! after a failure.

use std::sync::Arc;

use chinwag_chat::{RemovalStep, State};
use chinwag_protocol::{ConversationId, Event, Pos};
use chinwag_sabotage::{Promise, breaks};
use parking_lot::RwLock;
use tokio_postgres::Row;

use super::PostgresOptions;
use super::address::Address;
use super::append::{Counted, Writes};
use super::columns::{get, pos};
use super::event_row::EventRow;
use super::events;
use super::failure::{Failure, Result};
use super::incarnation::{self, no_randomness};
use super::load::{Loaded, load};
use super::read;
use super::session::{BEGIN, Session, within};
use super::statements;
use super::write::{Step, write};
use crate::Epochs;
use crate::batch::{Answers, Decided, Rules};
use crate::codes::integer;
use crate::detail::kind;
use crate::keyed::is_keyed;
use crate::queue::Work;
use crate::store::random;
use crate::stored_event::StoredEvent;

/// What the writer prepares.
pub(super) const STATEMENTS: &[&str] = &[
    statements::HEAD,
    statements::LOCK_HEAD,
    statements::MOVE_HEAD,
    statements::BATCH,
    statements::ADD_BATCH,
    statements::FORGET_BATCHES,
    statements::EVENTS_BACK,
    statements::EVENTS_AFTER,
    statements::EVENTS_AT,
    statements::CARDS,
    statements::CONVERSATIONS,
    statements::ACCOUNTS,
    statements::DEVICES,
    statements::CONVERSATION_STATES,
    statements::ROOMS,
    statements::MEMBERSHIPS,
    statements::SENT,
    statements::MESSAGES,
    statements::FIRST_GUESTS,
    statements::MARKS,
    statements::OWN_REACTIONS,
    statements::COUNT_PINS,
    statements::PUT_MARKS,
    statements::DROP_MARKS,
    statements::REMOVE_REACTIONS,
    statements::ADD_REACTIONS,
    statements::DROP_REACTIONS,
    statements::SOME_REACTIONS,
    statements::DROP_MENTIONS,
    statements::DROP_MENTIONS_OF_ALL,
    statements::ADD_MENTIONS,
    statements::ADD_MENTIONS_OF_ALL,
    statements::MANY_MENTIONS,
    statements::FORGET_MENTIONS,
    statements::USERNAMES,
    statements::CREDENTIAL_VERSIONS,
    statements::DEVICES_OF,
    statements::RECOVERY_CODES,
    statements::APPEND_EVENTS,
    statements::CHANGE_MESSAGES,
    statements::ADD_ACCOUNTS,
    statements::ADD_DEVICES,
    statements::REMOVE_DEVICES,
    statements::CHANGE_ACCOUNTS,
    statements::SET_PASSWORDS,
    statements::USE_RECOVERY_CODES,
    statements::VOID_RECOVERY_CODES,
    statements::ADD_RECOVERY_CODES,
    statements::ADD_CONVERSATIONS,
    statements::ADD_MEMBERS,
    statements::ACCEPT_MEMBERS,
    statements::ARE_BLOCKED,
    statements::COUNT_BLOCKS,
    statements::ADD_BLOCKS,
    statements::REMOVE_BLOCKS,
    statements::REMOVE_MEMBERS,
    statements::RESTRICTIONS,
    statements::OWNED_GROUPS,
    statements::RESTRICT,
    statements::INVITES,
    statements::INVITES_BESIDE,
    statements::INVITED,
    statements::ADD_INVITES,
    statements::REMOVE_INVITES,
    statements::USE_INVITES,
    statements::FORGET_INVITES,
    statements::CHANGE_ROLES,
    statements::CHANGE_OWNERS,
    statements::CHANGE_SETTINGS,
    statements::COUNT_MEMBERS,
    statements::COUNT_CONVERSATIONS,
    statements::KEEP_KEYS,
    statements::FORGET_KEYS,
    statements::MOVE_PLACES,
    statements::OWNERS_OF_SHARED,
    statements::REMOVE_ACCOUNTS,
    statements::FORGET_PASSWORDS,
    statements::FORGET_BLOCKS,
    statements::RECORD_PRESENCES,
    statements::FORGET_PRESENCES,
    statements::BEGIN_REMOVALS,
    statements::REMOVAL,
    statements::MOVE_REMOVAL,
    statements::END_REMOVAL,
    statements::SOME_CONVERSATIONS,
    statements::SENT_BY,
    statements::ERASED,
    statements::ADD_ERASED,
    statements::RULINGS_OF,
    statements::COUNT_RULINGS,
    statements::PUT_RULINGS,
    statements::LIFT_RULINGS,
    statements::KEYED,
    statements::FROM_SEQS,
    statements::READ_SO_FAR,
    statements::READINGS,
    statements::NOTE_REPLACED,
    statements::NOTE_PASSED,
    statements::PUT_KEYED,
    statements::REPLACED,
    statements::FORGET_EVENTS,
    statements::FORGET_REPLACED,
    statements::SOME_KEYED,
    statements::COUNT_DRAFTS,
    statements::DROP_KEYED,
    statements::COUNT_DROPPED,
    statements::COMPACTED,
    statements::MOVE_COMPACTION,
];

/// So many events of others are read to bring memory up to date; if there are more, it is faster to read again where the
/// conversations end that a batch names.
const CAUGHT_UP: u64 = 2048;
const _: () = assert!(CAUGHT_UP <= events::SLICE as u64, "they are read at once");

/// The incarnations of the log as the writer last found them.
pub(super) type SharedEpochs = Arc<RwLock<Arc<Epochs>>>;

/// The log as one process writes and follows it.
pub(super) struct Log {
    pub(super) address: Address,
    pub(super) options: PostgresOptions,
    pub(super) rules: Rules,
    pub(super) epochs: SharedEpochs,
    /// None after a failure, until [`Log::resume`] has succeeded.
    pub(super) session: Option<Session>,
    /// What the database says, for the rows that are in memory, as of `state.head`. What others have appended since is
    /// found out under the head's lock.
    pub(super) state: State,
    /// Everything up to here was given to the tail.
    pub(super) published: Pos,
}

/// A batch that was not answered.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Nothing of it is stored.
    Lost(Failure),
    /// It may be stored, and then these are the answers.
    InDoubt { failure: Failure, step: Step, answers: Answers },
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self::Lost(failure)
    }
}

/// A batch that was decided.
struct Decisions {
    replies: Vec<Decided>,
    appends: Vec<Counted>,
    steps: Vec<RemovalStep>,
}

impl Log {
    /// Decides a batch, makes it durable, and publishes it after all that others have appended before it. Gives what its
    /// requests are answered, in their order.
    pub(super) async fn commit(&mut self, batch: &[Work]) -> std::result::Result<Answers, Unanswered> {
        if self.state.len() > self.options.state_rows {
            self.state = State::at(self.state.head);
        }
        let from = self.lock().await?;
        let (others, loaded) = self.read(batch, from).await?;
        let forgotten = self.replaced(batch).await?;
        let Decisions { replies, appends, steps } = self.decide(batch);
        let answers = Answers { replies, forgotten: forgotten.len() as u64 };
        let step = Step { from, to: self.state.head, id: random().map_err(no_randomness)? };
        if let Err(failure) = self.write(batch, (&appends, &steps, forgotten), &loaded, step).await {
            return Err(if failure.is_of_the_connection() {
                Unanswered::InDoubt { failure, step, answers }
            } else {
                Unanswered::Lost(failure)
            });
        }
        self.state.end_batch();
        let published = async {
            self.publish_rows(&others).await?;
            self.publish_up_to(from).await
        };
        if let Err(failure) = published.await {
            return Err(Unanswered::InDoubt { failure, step, answers });
        }
        if !appends.is_empty() {
            let events: Vec<Event> = appends.into_iter().map(|counted| counted.append.event).collect();
            self.rules.tail.publish(&events);
            self.published = step.to;
        }
        Ok(answers)
    }

    /// Places of replaced events whose rows a batch takes away, each with when that was.
    async fn replaced(&self, batch: &[Work]) -> Result<Vec<(i64, i64)>> {
        let mut found = Vec::new();
        for work in batch {
            let Work::Forget { below, until, limit, .. } = work else { continue };
            let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
            let wanted = [&until.as_millis() as _, &limit as _];
            let reading = connected(&self.session)?.query(statements::REPLACED, &wanted);
            for row in within(self.options.commit_patience, reading).await? {
                let at = pos(&row, 1)?;
                let row = (get(&row, 0)?, integer(at.get()));
                if at < *below && !found.contains(&row) {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }

    /// Takes the head. Memory that others have overtaken is dropped, as far as it can be old, unless it can be brought up to
    /// date faster.
    async fn lock(&mut self) -> Result<Pos> {
        let session = connected(&self.session)?;
        let flight = async {
            let (begun, locked) = tokio::join!(biased;
                session.set(BEGIN),
                session.query_one(statements::LOCK_HEAD, &[], "head"),
            );
            begun?;
            locked
        };
        let row = within(self.options.commit_patience, flight).await?;
        let (head, changed) = (pos(&row, 0)?, pos(&row, 1)?);
        let known = self.published.max(self.state.head);
        if head < known {
            return Err(gone(head, known));
        }
        if head > self.state.head {
            self.state.forget_keyed();
        }
        if changed > self.state.head {
            self.state = State::at(head);
        } else if self.published != self.state.head || head.get() - known.get() > CAUGHT_UP {
            self.state.overtaken(head);
        }
        Ok(head)
    }

    /// Reads what the batch names, and what others have appended if memory is to be brought up to date with it. Gives both, of
    /// the latter what the tail has not had.
    async fn read(&mut self, batch: &[Work], head: Pos) -> Result<(Vec<Row>, Loaded)> {
        let session = connected(&self.session)?;
        let known = self.state.head;
        let requests = batch.iter().filter_map(Work::request);
        let flight = async {
            let (others, loaded) = tokio::join!(biased;
                events::after(session, known, head),
                load(session, &mut self.state, requests),
            );
            Ok((others?, loaded?))
        };
        let (others, loaded) = within(self.options.commit_patience, flight).await?;
        // Nothing but messages, what changes them, and keyed events. What was loaded is as the last of them have left it.
        for row in &others {
            let event = EventRow::checked(row, 0)?;
            if is_keyed(event.kind()?) {
                continue;
            }
            let conversation = ConversationId::from_bytes(event.topic()?);
            self.state.put_end(conversation, event.seq()?, event.n()?);
            if event.kind()? == kind::MESSAGE {
                self.state.put_written(conversation, event.sender()?, event.at()?);
            }
        }
        self.state.head = head;
        Ok((others, loaded))
    }

    fn decide(&mut self, batch: &[Work]) -> Decisions {
        let now = (self.rules.clock)();
        let replies = Vec::with_capacity(batch.len());
        let mut decisions = Decisions { replies, appends: Vec::new(), steps: Vec::new() };
        for request in batch.iter().filter_map(Work::request) {
            let decision = (self.rules.decide)(&self.state, request, now);
            decisions.replies.push(decision.map(|decision| {
                for append in decision.appends {
                    self.state.apply(&append);
                    decisions.appends.push(Counted::new(append, &self.state));
                }
                if let Some(step) = decision.step {
                    self.state.apply_step(&step);
                    decisions.steps.push(step);
                }
                decision.reply
            }));
        }
        decisions
    }

    async fn write(
        &self,
        batch: &[Work],
        (appends, steps, forgotten): (&[Counted], &[RemovalStep], Vec<(i64, i64)>),
        loaded: &Loaded,
        step: Step,
    ) -> Result<()> {
        let session = connected(&self.session)?;
        let mut writes = Writes::of(appends, loaded, (self.rules.clock)())?;
        writes.forgotten_events = forgotten;
        steps.iter().try_for_each(|step| writes.take_step(step, loaded))?;
        for work in batch {
            match work {
                Work::Request { .. } | Work::Forget { .. } => {}
                Work::Places { places, .. } => {
                    places.iter().for_each(|(device, place)| writes.move_place(*device, *place));
                }
                Work::Presences { presences, .. } => {
                    presences.iter().for_each(|presence| writes.note_presence(presence));
                }
            }
        }
        within(self.options.commit_patience, write(session, &writes, step)).await
    }

    /// Publishes what others have appended since.
    pub(super) async fn follow(&mut self) -> Result<()> {
        let session = connected(&self.session)?;
        let head = within(self.options.commit_patience, read::head(session)).await?;
        if head < self.published {
            return Err(gone(head, self.published));
        }
        self.publish_up_to(head).await
    }

    async fn publish_up_to(&mut self, head: Pos) -> Result<()> {
        while self.published < head {
            let session = connected(&self.session)?;
            let reading = events::after(session, self.published, head);
            let rows = within(self.options.commit_patience, reading).await?;
            self.publish_rows(&rows).await?;
        }
        Ok(())
    }

    /// Publishes the rows that come next.
    async fn publish_rows(&mut self, rows: &[Row]) -> Result<()> {
        let Some(last) = rows.last() else { return Ok(()) };
        let (session, last) = (connected(&self.session)?, pos(last, 0)?);
        let events = within(self.options.commit_patience, events::events(session, rows)).await?;
        if !breaks(Promise::PublishAfterFailure) {
            self.rules.tail.publish(&events);
        }
        self.published = last;
        Ok(())
    }

    /// Connects anew, takes over what the database says, and publishes what the tail has not had of it. The head is locked
    /// in between, so whatever was sent on an earlier connection has been stored or never will be.
    pub(super) async fn resume(&mut self) -> Result<()> {
        self.session = None;
        let session = Session::writer(&self.address, &self.options).await?;
        let entered = within(self.options.commit_patience, incarnation::enter(&session)).await?;
        if entered.head < self.published {
            return Err(gone(entered.head, self.published));
        }
        let epochs = Arc::new(entered.epochs);
        if **self.epochs.read() != *epochs {
            *self.epochs.write() = Arc::clone(&epochs);
            self.rules.tail.enter(&epochs);
        }
        self.session = Some(session);
        self.publish_up_to(entered.head).await?;
        self.state = State::at(entered.head);
        Ok(())
    }

    /// Whether a batch was stored that was sent before [`Log::resume`].
    pub(super) async fn has_stored(&self, step: &Step) -> Result<bool> {
        if step.from == step.to {
            return Ok(false);
        }
        let session = connected(&self.session)?;
        let place = [&integer(step.to.get()) as _];
        let looking = session.query_opt(statements::BATCH, &place);
        let row = within(self.options.commit_patience, looking).await?;
        row.map_or(Ok(false), |row| Ok(get::<&[u8]>(&row, 0)? == step.id))
    }
}

fn connected(session: &Option<Session>) -> Result<&Session> {
    session.as_ref().ok_or_else(|| Failure::Unusable("there is no connection".to_owned()))
}

/// Nothing that this process could do would be right: it has shown people what is not there any more.
fn gone(head: Pos, known: Pos) -> Failure {
    let what = format!(
        "it ends at {head}, but events up to {known} were published. The database was put back to an earlier point. \
         Restart this server, so that its clients begin anew"
    );
    Failure::damaged("the log", what)
}
