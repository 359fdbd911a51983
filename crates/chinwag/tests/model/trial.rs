//! One seed: a server, its people, and what they do.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chinwag_client::{Client, ClientError, Session, WebSocket};
use chinwag_model::Model;
use chinwag_protocol::{AccountId, Code, ConversationId, Cursor, DeviceId, GroupBody, SendBody, Timestamp};
use tokio::task::JoinSet;

use crate::counts::{Counts, Kind};
use crate::device::{Device, Reading};
use crate::host::{self, Data, Host};
use crate::people::Person;
use crate::seeds::Store;
use crate::situations::Sleeper;
use crate::snapshot;

/// Commands of one seed, beside those that let people in.
const COMMANDS: u32 = 160;

/// Bytes of the window of recent events. What is in no window is read from the store: with a small one, most of what a device
/// has missed.
const WINDOWS: [usize; 3] = [4 << 10, 16 << 10, 64 << 20];

/// Why a seed fails.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    code: Option<Code>,
}

impl Failure {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: None }
    }

    /// The same, with where it was.
    pub(crate) fn at(self, place: &str) -> Self {
        Self { text: format!("{place}: {}", self.text), ..self }
    }

    pub(crate) fn code(&self) -> Option<Code> {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self { text: error.to_string(), code: error.code() }
    }
}

pub(crate) struct Trial {
    pub(crate) random: fastrand::Rng,
    pub(crate) model: Model,
    pub(crate) readings: Vec<Reading>,
    /// What was sent, and by whom.
    pub(crate) sends: Vec<(AccountId, ConversationId, SendBody)>,
    /// What groups were made with, and by whom.
    pub(crate) groups: Vec<(AccountId, GroupBody)>,
    /// Every token of a link that there was.
    pub(crate) tokens: Vec<String>,
    /// Every user name that there was.
    pub(crate) usernames: Vec<String>,
    /// The last that was answered.
    pub(crate) cursor: Option<Cursor>,
    pub(crate) people: Vec<Person>,
    clock: Arc<AtomicI64>,
    pub(crate) address: SocketAddr,
    /// Of whoever is not signed in.
    pub(crate) clients: [Client; 2],
    /// Devices that are signed out.
    pub(crate) gone: Vec<Session>,
    /// A WebSocket that takes commands, and for how many more.
    pub(crate) socket: Option<(DeviceId, WebSocket, u32)>,
    pub(crate) sleepers: Vec<Sleeper>,
    pub(crate) drawn: u64,
    pub(crate) counts: Counts,
}

/// Plays a seed; gives what has occurred.
pub(crate) async fn run(store: Store, seed: u64) -> Result<Counts, Failure> {
    let data = Data::new(store).await;
    let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
    let mut random = fastrand::Rng::with_seed(seed);
    let window = WINDOWS[random.usize(..WINDOWS.len())];
    let host = Host::start(&data, &clock, window).await;
    let mut trial = Trial::new(random, Arc::clone(&clock), host.address);
    let (before, after) = (COMMANDS / 4, COMMANDS * 3 / 4);
    let restart_at = trial.random.u32(before..after);
    let first = trial.play_before_the_restart(restart_at).await;
    host.stop().await?;
    let devices = first?;
    let host = Host::start(&data, &clock, window).await;
    let second = trial.play_after_the_restart(devices, host.address, COMMANDS - restart_at).await;
    drop(std::mem::take(&mut trial.readings));
    trial.socket = None;
    host.stop().await?;
    second?;
    drop(data);
    trial.check_counts()?;
    Ok(trial.counts)
}

impl Trial {
    fn new(random: fastrand::Rng, clock: Arc<AtomicI64>, address: SocketAddr) -> Self {
        Self {
            random,
            model: Model::new(),
            readings: Vec::new(),
            sends: Vec::new(),
            groups: Vec::new(),
            tokens: Vec::new(),
            usernames: Vec::new(),
            cursor: None,
            people: Vec::new(),
            clock,
            address,
            clients: host::clients(address),
            gone: Vec::new(),
            socket: None,
            sleepers: Vec::new(),
            drawn: 0,
            counts: Counts::default(),
        }
    }

    async fn play_before_the_restart(&mut self, commands: u32) -> Result<Vec<Device>, Failure> {
        self.play(commands).await?;
        self.socket = None;
        self.quiet().await.map_err(|failure| failure.at("before the restart"))
    }

    async fn play_after_the_restart(
        &mut self,
        devices: Vec<Device>,
        address: SocketAddr,
        commands: u32,
    ) -> Result<(), Failure> {
        (self.address, self.clients) = (address, host::clients(address));
        self.start_again(devices);
        let devices = self.quiet().await.map_err(|failure| failure.at("after the restart"))?;
        self.start_again(devices);
        self.play(commands).await?;
        self.quiet().await.map(drop).map_err(|failure| failure.at("at the end"))
    }

    /// A seed in which too little happens proves too little.
    fn check_counts(&self) -> Result<(), Failure> {
        let (commands, ways) = (self.counts.of(Kind::Command), self.counts.of(Kind::Way));
        if commands < 150 || ways < 5 {
            return Err(Failure::of(format!("only {commands} commands and {ways} changes of transport")));
        }
        Ok(())
    }

    fn start_again(&mut self, devices: Vec<Device>) {
        for mut device in devices {
            device.sessions = host::sessions(&device.sessions[0], self.address);
            self.readings.push(device.start());
        }
        self.gone = self.gone.iter().map(|session| session.by_way_of(&self.clients[0])).collect();
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    async fn play(&mut self, commands: u32) -> Result<(), Failure> {
        for number in 0..commands {
            self.keep_up().await?;
            self.sleep_and_wake();
            let passed = [0, 1, 700, 3_000, 20_000][self.random.usize(..5)];
            self.clock.fetch_add(passed, Ordering::Relaxed);
            let step = match self.random.u32(..100) {
                ..3 => self.enter().await,
                3..8 => self.play_situation().await,
                _ => self.act().await,
            };
            step.map_err(|failure| failure.at(&format!("step {number} of {commands}")))?;
        }
        Ok(())
    }

    /// Everybody reads on until they have everything, and it is compared with the model. Gives those that are still signed in.
    async fn quiet(&mut self) -> Result<Vec<Device>, Failure> {
        self.sleepers.clear();
        let mut settling = JoinSet::new();
        for (number, reading) in std::mem::take(&mut self.readings).into_iter().enumerate() {
            let due = self.model.account_of(reading.id).and_then(|account| self.model.view(account));
            settling.spawn(Box::pin(async move {
                let mut device = reading.stop().await?;
                let settled = device.settle(due.as_ref()).await;
                settled.map(|()| (number, device))
            }));
        }
        let mut devices = Vec::new();
        while let Some(settled) = settling.join_next().await {
            let device = settled.map_err(|error| Failure::of(error.to_string()))?;
            devices.push(device?);
        }
        // The order in which they were done is not the seed's.
        devices.sort_by_key(|(number, _)| *number);
        let mut signed_in = Vec::new();
        for (_, mut device) in devices {
            device.check(&self.model)?;
            self.counts.add(&device.take_counts());
            if self.model.account_of(device.id).is_some() {
                signed_in.push(device);
            } else {
                self.gone.push(device.sessions[0].clone());
            }
        }
        for account in self.alive() {
            let own = signed_in.iter().rfind(|device| device.account == account);
            let Some(session) = own.map(|device| &device.sessions[1]) else { continue };
            self.counts.snapshot("fresh");
            let mut random = self.random.fork();
            snapshot::check(&self.model, account, session, self.now(), &mut random).await?;
        }
        Ok(signed_in)
    }
}
