//! A reader that is cut off and comes back with its cursor.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{
    Backoff, BackoffOptions, Client, ClientError, EventReader, ReaderOptions, Transport, system_random,
};
use chinwag_protocol::{Cursor, Record};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::ScenarioError;
use crate::crowd::{CLIENT_MEMBERS, Member};

/// What everyone is to do.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// Read, by way of these clients, each for [`CLIENT_MEMBERS`].
    Before(Arc<[Client]>),
    /// Drop the connection.
    Cut,
    /// Come back by way of these clients, at a random moment within this time, or when the client's rules say.
    Return(Arc<[Client]>, Option<Duration>),
    /// Tell what was had, and end.
    Over,
}

/// What happened to a reader.
pub(super) enum Sign {
    /// It has its first hello.
    Opened,
    /// It has the hello after it was cut off.
    Returned,
    /// It has all that it missed. The room, by its first member, and how many that one has.
    CaughtUp { room: usize, members: usize },
    /// It has the message after that.
    Live,
    /// It can never come back.
    Failed(ScenarioError),
}

/// What a reader has had.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) delivered: u64,
    pub(super) doubled: u64,
    pub(super) disordered: u64,
    pub(super) foreign: u64,
    /// The last row that came.
    last: u64,
}

/// Who a reader is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// Its number.
    pub(super) index: usize,
    /// The number of its room's first member.
    pub(super) room: usize,
    /// How many its room has.
    pub(super) members: usize,
    /// Messages of its room that it will have missed.
    pub(super) missed: u64,
}

/// Reads until it is cut off, comes back, and reads until all is over. `first` is held until the first hello.
pub(super) async fn stay<P>(
    member: &Member,
    seat: Seat,
    transport: Transport,
    mut phase: watch::Receiver<Phase>,
    first: P,
    sign: mpsc::Sender<Sign>,
) -> Tally {
    let mut tally = Tally::default();
    // Whoever would take the sign or the phase is gone when the scenario has failed.
    if let Err(error) = stay_on(member, seat, transport, &mut phase, first, &sign, &mut tally).await {
        let _ = sign.send(Sign::Failed(error.into())).await;
    }
    tally
}

async fn stay_on<P>(
    member: &Member,
    seat: Seat,
    transport: Transport,
    phase: &mut watch::Receiver<Phase>,
    first: P,
    sign: &mpsc::Sender<Sign>,
    tally: &mut Tally,
) -> Result<(), ClientError> {
    let cursor = {
        let Phase::Before(clients) = phase.borrow_and_update().clone() else { return Ok(()) };
        read_before(member, seat, transport, &clients, phase, first, sign).await?
    };
    let Some(mut reader) = come_back(member, seat, transport, phase, cursor).await else { return Ok(()) };
    let mut returned = false;
    loop {
        let record = tokio::select! {
            record = reader.next() => record?,
            () = over(phase) => return Ok(()),
        };
        match record {
            Record::Hello { .. } if !std::mem::replace(&mut returned, true) => {
                let _ = sign.send(Sign::Returned).await;
            }
            Record::Message(message) if message.conversation == member.conversation => {
                if !tally.take(message.seq.get()) {
                    continue;
                }
                if tally.delivered == seat.missed {
                    let _ = sign.send(Sign::CaughtUp { room: seat.room, members: seat.members }).await;
                } else if tally.delivered == seat.missed + 1 {
                    let _ = sign.send(Sign::Live).await;
                }
            }
            Record::Message(_) => tally.foreign += 1,
            _ => {}
        }
    }
}

/// Reads until everyone is cut off; gives the place.
async fn read_before<P>(
    member: &Member,
    seat: Seat,
    transport: Transport,
    clients: &[Client],
    phase: &mut watch::Receiver<Phase>,
    first: P,
    sign: &mpsc::Sender<Sign>,
) -> Result<Option<Cursor>, ClientError> {
    let session = member.session.by_way_of(&clients[seat.index / CLIENT_MEMBERS]);
    let mut reader = session.events(transport, Some(member.cursor.clone()), ReaderOptions::default());
    let mut first = Some(first);
    loop {
        let record = tokio::select! {
            record = reader.next() => record?,
            _ = phase.changed() => return Ok(reader.cursor().cloned()),
        };
        if matches!(record, Record::Hello { .. }) && first.take().is_some() {
            let _ = sign.send(Sign::Opened).await;
        }
    }
}

/// Waits until it is time; `None` if that will never be.
async fn come_back(
    member: &Member,
    seat: Seat,
    transport: Transport,
    phase: &mut watch::Receiver<Phase>,
    cursor: Option<Cursor>,
) -> Option<EventReader> {
    let returning = phase.wait_for(|phase| matches!(phase, Phase::Return(..) | Phase::Over)).await;
    let Phase::Return(clients, spread) = returning.ok()?.clone() else { return None };
    let mut backoff = Backoff::new(BackoffOptions::default(), system_random());
    sleep(match spread {
        Some(window) => backoff.within(window),
        None => backoff.failed(),
    })
    .await;
    let session = member.session.by_way_of(&clients[seat.index / CLIENT_MEMBERS]);
    Some(session.events(transport, cursor, ReaderOptions::default()))
}

async fn over(phase: &mut watch::Receiver<Phase>) {
    // It is over as well when nobody is there to say so.
    let _ = phase.wait_for(|phase| matches!(phase, Phase::Over)).await;
}

impl Tally {
    /// Counts a row of the reader's room; whether it is one that had not come.
    fn take(&mut self, seq: u64) -> bool {
        if seq <= self.last {
            self.doubled += 1;
            return false;
        }
        if seq != self.last + 1 {
            self.disordered += 1;
        }
        self.last = seq;
        self.delivered += 1;
        true
    }
}
