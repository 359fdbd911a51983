//! A device that reads all the time, by one way after another.

use std::time::Duration;

use chinwag_client::{BackoffOptions, ClientError, EventReader, Protocol, ReaderOptions, Session, Transport};
use chinwag_model::{Model, View, place};
use chinwag_protocol::{AccountId, Code, Cursor, DeviceId, Record};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::counts::Counts;
use crate::history::within;
use crate::host::DEADLINE;
use crate::replica::Replica;
use crate::trial::Failure;
use crate::{names, snapshot};

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) account: AccountId,
    /// By HTTP/1.1 and by HTTP/2.
    pub(crate) sessions: [Session; 2],
    random: fastrand::Rng,
    replica: Replica,
    cursor: Cursor,
    way: (Transport, usize),
    /// What has come since the last check.
    heard: Vec<Record>,
    /// How much of that had come each time that it began anew.
    began_anew: Vec<usize>,
    /// How much its account's own devices had been told at the last check.
    own_checked: usize,
    signed_out: bool,
    counts: Counts,
}

/// One that reads.
pub(crate) struct Reading {
    pub(crate) id: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) sessions: [Session; 2],
    asleep: watch::Sender<bool>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Device, Failure>>,
}

impl Reading {
    /// Has it hang up and read nothing, or go on from where it was.
    pub(crate) fn set_asleep(&self, asleep: bool) {
        self.asleep.send_replace(asleep);
    }

    /// The device, once it has stopped.
    pub(crate) async fn stop(self) -> Result<Device, Failure> {
        drop(self.stop);
        match timeout(DEADLINE, self.task).await {
            Ok(Ok(device)) => device,
            Ok(Err(error)) => Err(Failure::of(format!("a reader has failed: {error}"))),
            Err(_) => Err(Failure::of("a reader does not stop")),
        }
    }
}

impl Device {
    /// A device that has just signed in. Nobody acts meanwhile.
    pub(crate) async fn new(
        sessions: [Session; 2],
        model: &Model,
        mut random: fastrand::Rng,
    ) -> Result<Self, Failure> {
        let (id, account) = (sessions[0].device(), sessions[0].account().id);
        let (replica, cursor) = snapshot::take(&sessions[0], &mut random).await?;
        let way = (Transport::ALL[random.usize(..Transport::ALL.len())], random.usize(..2));
        let own_checked = model.own(account).len();
        Ok(Self {
            id,
            account,
            sessions,
            random,
            replica,
            cursor,
            way,
            heard: Vec::new(),
            began_anew: Vec::new(),
            own_checked,
            signed_out: false,
            counts: Counts::default(),
        })
    }

    /// Reads until it is told to stop, or is signed out.
    pub(crate) fn start(self) -> Reading {
        let (id, account, sessions) = (self.id, self.account, self.sessions.clone());
        let (stop, stopped) = oneshot::channel();
        let (asleep, sleeping) = watch::channel(false);
        let task = tokio::spawn(Box::pin(self.read(stopped, sleeping)));
        Reading { id, account, sessions, asleep, stop, task }
    }

    /// The way to go on by, another each time.
    fn change_way(&mut self) {
        self.way = (Transport::ALL[self.random.usize(..Transport::ALL.len())], self.random.usize(..2));
        let protocol = [Protocol::Http1, Protocol::Http2][self.way.1];
        self.counts.way(self.way.0, protocol);
    }

    fn reader(&mut self) -> EventReader {
        let mut random = self.random.fork();
        let options = ReaderOptions {
            poll_interval: Duration::from_millis(15),
            long_poll_wait: Duration::from_secs(5),
            backoff: BackoffOptions { first: Duration::from_millis(5), longest: Duration::from_millis(50) },
            random: Box::new(move || random.f64()),
        };
        self.sessions[self.way.1].events(self.way.0, Some(self.cursor.clone()), options)
    }

    async fn read(
        mut self,
        mut stopped: oneshot::Receiver<()>,
        mut sleeping: watch::Receiver<bool>,
    ) -> Result<Self, Failure> {
        let mut reader = self.reader();
        let mut calm = 0_u32;
        while !self.signed_out {
            if *sleeping.borrow_and_update() {
                // Another reader is not connected before it is asked.
                reader = self.reader();
                tokio::select! {
                    biased;
                    _ = &mut stopped => break,
                    _ = sleeping.changed() => calm = 0,
                }
                continue;
            }
            if calm == 0 {
                if self.random.u32(..12) == 0 {
                    self.begin_anew().await?;
                }
                self.change_way();
                reader = self.reader();
                calm = self.random.u32(3..40);
            }
            calm -= 1;
            let patience = Duration::from_millis(self.random.u64(20..600));
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                _ = sleeping.changed() => {}
                record = reader.next() => self.heard(record, reader.cursor().cloned()).await?,
                () = sleep(patience) => calm = 0,
            }
        }
        Ok(self)
    }

    /// Takes a snapshot, whatever goes on meanwhile.
    async fn begin_anew(&mut self) -> Result<(), Failure> {
        match snapshot::take(&self.sessions[self.way.1], &mut self.random).await {
            Ok((replica, cursor)) => {
                (self.replica, self.cursor) = (replica, cursor);
                self.began_anew.push(self.heard.len());
                self.counts.snapshot("begun anew");
                Ok(())
            }
            Err(error) => self.trouble(error),
        }
    }

    /// What the stream has brought.
    async fn heard(
        &mut self,
        record: Result<Record, ClientError>,
        cursor: Option<Cursor>,
    ) -> Result<(), Failure> {
        let record = match record {
            Ok(record) => record,
            Err(error) => return self.trouble(error),
        };
        self.cursor = cursor.unwrap_or_else(|| self.cursor.clone());
        self.take(record).await
    }

    async fn take(&mut self, record: Record) -> Result<(), Failure> {
        let taken = self.replica.take(&record, &self.sessions[self.way.1], &mut self.random).await;
        self.counts.record(&record);
        self.heard.push(record);
        match taken {
            // Whoever was signed out while it asked for something.
            Err(failure) if failure.code() == Some(Code::Unauthenticated) => {
                self.signed_out = true;
                Ok(())
            }
            taken => taken.map_err(|failure| failure.at(&format!("{:?}", self.way))),
        }
    }

    fn trouble(&mut self, error: ClientError) -> Result<(), Failure> {
        if error.code() == Some(Code::Unauthenticated) {
            self.signed_out = true;
            return Ok(());
        }
        Err(Failure::from(error).at(&format!("{:?}", self.way)))
    }

    /// Reads on, by the way that it is on or another, until it sees what is `due`; then polls whether there is more. Nobody
    /// acts meanwhile. A device that was signed out is told so.
    pub(crate) async fn settle(&mut self, due: Option<&View>) -> Result<(), Failure> {
        let mut deadline = Instant::now() + DEADLINE;
        self.change_way();
        let mut reader = self.reader();
        while !self.signed_out && due.is_none_or(|due| self.replica.view != *due) {
            match timeout_at(deadline, reader.next()).await {
                Ok(record) => {
                    // A stream that carries something is not stuck, however slow it is.
                    if record.as_ref().is_ok_and(|record| place(record).is_some() || is_own(record)) {
                        deadline = Instant::now() + DEADLINE;
                    }
                    self.heard(record, reader.cursor().cloned()).await?;
                }
                Err(_) => break,
            }
        }
        drop(reader);
        let is_late = due.is_some_and(|due| self.replica.view != *due);
        let mut more = true;
        while !self.signed_out && more {
            match within(self.sessions[0].poll(Some(&self.cursor), Duration::ZERO)).await {
                Ok(poll) => {
                    more = poll.more || !poll.events.is_empty();
                    for record in poll.events {
                        self.take(record).await?;
                    }
                    self.cursor = poll.cursor;
                }
                Err(error) => self.trouble(error)?,
            }
        }
        let way = format!("{:?}", self.way);
        match due {
            None if self.signed_out => Ok(()),
            None => Err(Failure::of("a device that is signed out reads on").at(&way)),
            Some(_) if self.signed_out => Err(Failure::of("a device that is signed in is not").at(&way)),
            Some(due) => {
                let differences = self.replica.view.differences(due);
                if !differences.is_empty() {
                    let differences = differences.join("\n  ");
                    return Err(Failure::of(format!("its view differs:\n  {differences}")).at(&way));
                }
                if is_late {
                    return Err(Failure::of(format!(
                        "nothing comes for {DEADLINE:?}, but by a poll there is more"
                    ))
                    .at(&way));
                }
                Ok(())
            }
        }
    }

    /// Whether all that has come is what was due, and, of a device that is still signed in, all that was due has come.
    pub(crate) fn check(&mut self, model: &Model) -> Result<(), Failure> {
        let heard = std::mem::take(&mut self.heard);
        let all = &model.own(self.account)[self.own_checked..];
        let mut parts = Vec::new();
        let mut rest = &heard[..];
        for at in std::mem::take(&mut self.began_anew).into_iter().rev() {
            let (before, after) = rest.split_at(at);
            model.check_markers(self.account, &markers(after)).map_err(Failure::of)?;
            parts.insert(0, own(after));
            rest = before;
        }
        model.check_markers(self.account, &markers(rest)).map_err(Failure::of)?;
        parts.insert(0, own(rest));
        self.check_own(model, all, &parts)?;
        self.own_checked = model.own(self.account).len();
        let mut rows = Vec::new();
        for record in &heard {
            let Some((conversation, seq)) = place(record) else { continue };
            model.check_row(self.account, record).map_err(Failure::of)?;
            if rows.iter().any(|(other, before)| *other == conversation && *before >= seq) {
                return Err(Failure::of(format!("twice, or out of order: {record:?}")));
            }
            rows.push((conversation, seq));
        }
        Ok(())
    }

    /// Of what the account's own devices were told: up to the first new beginning it must be the first of `all`, after the last
    /// one the last, and in between some that follow each other. Whoever is signed out need not have all.
    fn check_own(&self, model: &Model, all: &[Record], parts: &[Vec<Record>]) -> Result<(), Failure> {
        let fits = |got: &[Record], due: &[Record]| {
            got.len() <= due.len() && got.iter().zip(due).all(|(got, due)| model.check_own(due, got).is_ok())
        };
        let is_right = parts.iter().enumerate().all(|(number, part)| {
            let is_last = number + 1 == parts.len() && !self.signed_out;
            let mut places = 0..=all.len().saturating_sub(part.len());
            match (number == 0, is_last) {
                (true, true) => part.len() == all.len() && fits(part, all),
                (true, false) => fits(part, all),
                (false, true) => fits(part, &all[all.len().saturating_sub(part.len())..]),
                (false, false) => places.any(|at| fits(part, &all[at..])),
            }
        });
        if is_right {
            return Ok(());
        }
        let names = |records: &[Record]| records.iter().map(names::record).collect::<Vec<_>>().join(", ");
        let mut story = format!("what came to its account differs:\n  due: {}", names(all));
        for part in parts {
            story += &format!("\n  came, until it began anew: {}", names(part));
        }
        Err(Failure::of(story).at(&format!("{:?}", self.way)))
    }

    pub(crate) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}

fn own(records: &[Record]) -> Vec<Record> {
    records.iter().filter(|record| is_own(record)).cloned().collect()
}

fn markers(records: &[Record]) -> Vec<Record> {
    let is_one = |record: &&Record| {
        matches!(
            record,
            Record::Marker { .. }
                | Record::Preferences { .. }
                | Record::ConversationSettings { .. }
                | Record::Draft { .. }
        )
    };
    records.iter().filter(is_one).cloned().collect()
}

fn is_own(record: &Record) -> bool {
    match record {
        Record::Conversation { .. }
        | Record::Member { .. }
        | Record::Invite { .. }
        | Record::Device { .. }
        | Record::Account { .. }
        | Record::Block { .. } => true,
        Record::Message(_)
        | Record::Delete { .. }
        | Record::Edit { .. }
        | Record::Reaction { .. }
        | Record::Pin { .. }
        | Record::Erased { .. }
        | Record::Members { .. }
        | Record::ConversationChanged { .. }
        | Record::Hidden { .. }
        // Of these it may miss some.
        | Record::Marker { .. }
        | Record::Preferences { .. }
        | Record::ConversationSettings { .. }
        | Record::Draft { .. }
        | Record::Receipt { .. }
        | Record::Hello { .. }
        | Record::Heartbeat { .. }
        | Record::Gap { .. }
        | Record::AccountEnd { .. }
        | Record::End { .. }
        | Record::Presence { .. }
        | Record::Typing { .. }
        | Record::Present { .. }
        | Record::Unknown => false,
    }
}
