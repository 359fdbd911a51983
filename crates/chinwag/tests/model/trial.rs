//! One seed: a server, its people, and what they do.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chinwag_client::{Client, ClientError, Session, WebSocket};
use chinwag_model::Model;
use chinwag_protocol::{
    AccountId, Code, ConversationId, Cursor, DeviceId, FrameCommand, GroupBody, HistoryMessage, SendBody,
    Timestamp,
};
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::counts::{Counts, Kind};
use crate::device::{Device, Reading};
use crate::draw::{SHORT_PASSWORD, WRONG_PASSWORD};
use crate::history::within;
use crate::host::{DEADLINE, Data, Host};
use crate::seeds::Store;
use crate::{ask, snapshot};

/// Commands of one seed, beside those that let people in.
const COMMANDS: u32 = 160;
/// People, at least and at most; and devices of each, at least.
const ACCOUNTS: std::ops::RangeInclusive<usize> = 3..=5;
const DEVICES: usize = 2;

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

/// What somebody knows of their account.
struct Person {
    account: AccountId,
    username: Option<String>,
    password: Option<String>,
    codes: Vec<String>,
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
    people: Vec<Person>,
    clock: Arc<AtomicI64>,
    clients: [Client; 2],
    /// Devices that are signed out.
    gone: Vec<Session>,
    /// A WebSocket that takes commands, and for how many more.
    socket: Option<(DeviceId, WebSocket, u32)>,
    drawn: u64,
    counts: Counts,
}

/// Plays a seed; gives what has occurred.
pub(crate) async fn run(store: Store, seed: u64) -> Result<Counts, Failure> {
    let data = Data::new(store).await;
    let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
    let host = Host::start(&data, &clock).await;
    let mut trial = Trial::new(fastrand::Rng::with_seed(seed), Arc::clone(&clock), host.clients());
    let (before, after) = (COMMANDS / 4, COMMANDS * 3 / 4);
    let restart_at = trial.random.u32(before..after);
    let first = trial.play_before_the_restart(restart_at).await;
    host.stop().await?;
    let devices = first?;
    let host = Host::start(&data, &clock).await;
    let second = trial.play_after_the_restart(devices, host.clients(), COMMANDS - restart_at).await;
    drop(std::mem::take(&mut trial.readings));
    trial.socket = None;
    host.stop().await?;
    second?;
    data.remove().await;
    trial.check_counts()?;
    Ok(trial.counts)
}

impl Trial {
    fn new(random: fastrand::Rng, clock: Arc<AtomicI64>, clients: [Client; 2]) -> Self {
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
            clients,
            gone: Vec::new(),
            socket: None,
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
        clients: [Client; 2],
        commands: u32,
    ) -> Result<(), Failure> {
        self.clients = clients;
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
            let [one, two] = &self.clients;
            device.sessions = [device.sessions[0].by_way_of(one), device.sessions[1].by_way_of(two)];
            self.readings.push(device.start());
        }
        self.gone = self.gone.iter().map(|session| session.by_way_of(&self.clients[0])).collect();
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    async fn play(&mut self, commands: u32) -> Result<(), Failure> {
        for number in 0..commands {
            self.keep_up().await?;
            let passed = [0, 1, 700, 3_000, 20_000][self.random.usize(..5)];
            self.clock.fetch_add(passed, Ordering::Relaxed);
            let step = match self.random.u32(..100) {
                ..3 => self.enter().await,
                _ => self.act().await,
            };
            step.map_err(|failure| failure.at(&format!("step {number} of {commands}")))?;
        }
        Ok(())
    }

    /// Sees to it that there are enough people, each with enough devices.
    async fn keep_up(&mut self) -> Result<(), Failure> {
        while self.alive().len() < *ACCOUNTS.start() {
            if self.people.len() == 2 {
                let device = self.guest("Cyd").await?;
                self.become_account(device).await?;
            } else {
                self.sign_up().await?;
            }
        }
        for account in self.alive() {
            let person = self.people.iter().find(|person| person.account == account);
            let known = person.and_then(|person| Some((person.username.clone()?, person.password.clone()?)));
            let Some((username, password)) = known else { continue };
            while self.model.devices_of(account).len() < DEVICES {
                self.sign_in(&username, &password).await?;
            }
        }
        Ok(())
    }

    /// Accounts that can do something.
    fn alive(&self) -> Vec<AccountId> {
        let accounts = self.model.accounts().filter(|(_, is_there)| *is_there).map(|(id, _)| id);
        let can_act = |id: &AccountId| self.password_of(*id).is_some() || !self.model.devices_of(*id).is_empty();
        accounts.filter(can_act).collect()
    }

    pub(crate) fn password_of(&self, who: AccountId) -> Option<String> {
        self.people.iter().find(|person| person.account == who)?.password.clone()
    }

    pub(crate) fn new_username(&mut self) -> String {
        self.drawn += 1;
        format!("user-{}", self.drawn)
    }

    pub(crate) fn new_password(&mut self) -> String {
        self.drawn += 1;
        format!("correct horse {}", self.drawn)
    }

    fn person(&mut self, who: AccountId) -> &mut Person {
        let at = self.people.iter().position(|person| person.account == who).unwrap_or(self.people.len());
        if at == self.people.len() {
            self.people.push(Person { account: who, username: None, password: None, codes: Vec::new() });
        }
        &mut self.people[at]
    }

    /// Somebody comes in, or tries to.
    async fn enter(&mut self) -> Result<(), Failure> {
        let is_full = self.alive().len() >= *ACCOUNTS.end();
        match self.random.u32(..10) {
            0 if !is_full => self.guest("Guest").await.map(drop),
            1 if !is_full => self.sign_up().await,
            0 | 2 => self.refused_guest().await,
            3 | 4 => self.recover().await,
            _ => {
                let at = self.random.usize(..self.usernames.len());
                let username = match self.random.u32(..6) {
                    0 => "nobody-at-all".to_owned(),
                    1 => "1 x".to_owned(),
                    _ => self.usernames[at].clone(),
                };
                let person = self.people.iter().find(|person| person.username.as_ref() == Some(&username));
                let right = person.and_then(|person| person.password.clone());
                let password = match (self.random.u32(..4), right) {
                    (0, _) => SHORT_PASSWORD.to_owned(),
                    (2.., Some(right)) => right,
                    _ => WRONG_PASSWORD.to_owned(),
                };
                self.sign_in(&username, &password).await
            }
        }
    }

    async fn guest(&mut self, name: &str) -> Result<DeviceId, Failure> {
        let session = within(self.clients[0].guest(name)).await?;
        self.counts.entry("guest");
        let made = Some((session.account().id, session.device()));
        let due = self.model.guest(name, made);
        self.compare("a guest", &Ok(session.account().clone()), &due)?;
        self.person(session.account().id);
        let device = session.device();
        self.come_in(&session).await?;
        Ok(device)
    }

    async fn refused_guest(&mut self) -> Result<(), Failure> {
        let got = snapshot::refused(within(self.clients[1].guest(" edge")).await)?;
        self.counts.entry("guest");
        let due = self.model.guest(" edge", None);
        self.compare("a guest", &got.map(|session| session.account().clone()), &due)
    }

    async fn become_account(&mut self, device: DeviceId) -> Result<(), Failure> {
        let (username, password) = (self.new_username(), self.new_password());
        let body = chinwag_protocol::RegistrationBody { username, password };
        self.carry_out(device, FrameCommand::Register(body)).await
    }

    async fn sign_up(&mut self) -> Result<(), Failure> {
        let is_taken = !self.usernames.is_empty() && self.random.u32(..8) == 0;
        let username =
            if is_taken { self.usernames[self.random.usize(..self.usernames.len())].clone() } else { self.new_username() };
        let password = self.new_password();
        let got = snapshot::refused(within(self.clients[0].sign_up(&username, &password)).await)?;
        self.counts.entry("sign_up");
        let made = got.as_ref().ok().map(|session| (session.account().id, session.device()));
        let due = self.model.sign_up(&username, &password, made);
        self.compare("a sign-up", &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code), &due)?;
        let Ok(session) = got else { return Ok(()) };
        self.registered(session.account().id, &username, &password);
        self.come_in(&session).await
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), Failure> {
        let got = snapshot::refused(within(self.clients[1].sign_in(username, password, Some("Phone"))).await)?;
        self.counts.entry("sign_in");
        let made = got.as_ref().ok().map(|session| (session.account().id, session.device()));
        let due = self.model.sign_in(username, password, Some("Phone"), made);
        self.compare("a sign-in", &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code), &due)?;
        match got {
            Ok(session) => self.come_in(&session).await,
            Err(_) => Ok(()),
        }
    }

    async fn recover(&mut self) -> Result<(), Failure> {
        let known = self.people.iter().filter(|person| person.username.is_some() && !person.codes.is_empty());
        let known: Vec<_> = known.map(|person| (person.username.clone(), person.codes[0].clone())).collect();
        let is_right = self.random.u32(..4) != 0 && !known.is_empty();
        let (username, code) = if is_right {
            known[self.random.usize(..known.len())].clone()
        } else {
            (Some(self.usernames[self.random.usize(..self.usernames.len())].clone()), "ABCD-EFGH".to_owned())
        };
        let (username, password) = (username.unwrap_or_default(), self.new_password());
        let got = snapshot::refused(within(self.clients[0].recover(&username, &code, &password)).await)?;
        self.counts.entry("recover");
        let made = got.as_ref().ok().map(|session| (session.account().id, session.device()));
        let due = self.model.recover(&username, &code, &password, made);
        self.compare("a recovery", &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code), &due)?;
        let Ok(session) = got else { return Ok(()) };
        let person = self.person(session.account().id);
        person.codes.retain(|known| *known != code);
        person.password = Some(password);
        self.come_in(&session).await
    }

    fn registered(&mut self, who: AccountId, username: &str, password: &str) {
        if !self.usernames.iter().any(|known| known == username) {
            self.usernames.push(username.to_owned());
        }
        let person = self.person(who);
        person.username = Some(username.to_owned());
        person.password = Some(password.to_owned());
    }

    /// A new device begins to read.
    async fn come_in(&mut self, session: &Session) -> Result<(), Failure> {
        let sessions = [session.by_way_of(&self.clients[0]), session.by_way_of(&self.clients[1])];
        let device = Device::new(sessions, &self.model, self.random.fork()).await?;
        self.readings.push(device.start());
        Ok(())
    }

    fn compare<T: PartialEq + fmt::Debug>(
        &mut self,
        what: &str,
        got: &Result<T, Code>,
        due: &Result<T, Code>,
    ) -> Result<(), Failure> {
        if let Err(code) = got {
            self.counts.refusal(*code);
        }
        if got == due {
            return Ok(());
        }
        Err(Failure::of(format!("{what} was answered {got:?}\n  due {due:?}")))
    }

    /// Somebody does something.
    async fn act(&mut self) -> Result<(), Failure> {
        if !self.gone.is_empty() && self.random.u32(..40) == 0 {
            return self.act_signed_out().await;
        }
        let signed_in = |reading: &&Reading| self.model.account_of(reading.id).is_some();
        let devices: Vec<DeviceId> = self.readings.iter().filter(signed_in).map(|reading| reading.id).collect();
        let mut device = devices[self.random.usize(..devices.len())];
        // Whoever has a WebSocket for commands mostly uses it.
        if let Some((of, ..)) = &self.socket
            && self.random.u32(..3) == 0
            && devices.contains(of)
        {
            device = *of;
        }
        let command = self.draw(device);
        self.prepare(device, &command).await?;
        self.carry_out(device, command).await
    }

    /// Before an account is deleted somebody is to see it go, so that one can tell when it has gone.
    async fn prepare(&mut self, device: DeviceId, command: &FrameCommand) -> Result<(), Failure> {
        let FrameCommand::DeleteAccount(body) = command else { return Ok(()) };
        let Some(who) = self.model.account_of(device) else { return Ok(()) };
        if body.password != self.password_of(who) || self.model.owns_shared(who) {
            return Ok(());
        }
        let others = self.readings.iter().map(|reading| reading.id);
        let mut others = others.filter(|other| self.model.account_of(*other).is_some_and(|account| account != who));
        let Some(witness) = others.next() else { return Ok(()) };
        self.drawn += 1;
        let slug = format!("witness-{}", self.drawn);
        self.carry_out(witness, FrameCommand::OpenRoom { slug: slug.clone() }).await?;
        self.carry_out(device, FrameCommand::OpenRoom { slug }).await?;
        let Some((conversation, _)) = self.model.conversations().last() else { return Ok(()) };
        let client_id = chinwag_protocol::ClientId::from_bytes(std::array::from_fn(|_| self.random.u8(..)));
        let message = SendBody { client_id, text: "Goodbye.".to_owned(), follows: None };
        self.carry_out(device, FrameCommand::SendMessage { conversation, message }).await
    }

    /// Waits until a deletion is carried through: the model has done it at once.
    async fn wait_for_removal(&mut self) -> Result<(), Failure> {
        let Some((witnessed, _)) = self.model.conversations().last() else { return Ok(()) };
        let members = self.model.members(witnessed);
        let witness = self.readings.iter().find(|reading| {
            self.model.account_of(reading.id).is_some_and(|account| members.contains(&account))
        });
        let Some(session) = witness.map(|witness| witness.sessions[0].clone()) else { return Ok(()) };
        let due = self.model.head(witnessed);
        let started = tokio::time::Instant::now();
        while started.elapsed() < DEADLINE {
            let page = within(session.history(witnessed, chinwag_client::HistoryRange::Newest, 1)).await?;
            let is_told = page.to_seq >= due;
            // From the answer to the deletion on nobody sees what it wrote, be it emptied yet or not.
            if let Some(HistoryMessage { text, .. }) = page.messages.iter().find(|message| !message.deleted) {
                return Err(Failure::of(format!("{text:?} is seen after its sender was deleted")));
            }
            if is_told {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        Err(Failure::of("a deletion is not carried through"))
    }

    async fn act_signed_out(&mut self) -> Result<(), Failure> {
        let session = self.gone[self.random.usize(..self.gone.len())].clone();
        let mut command = self.draw(session.device());
        if matches!(command, FrameCommand::Ping(_)) {
            command = FrameCommand::RemoveOtherDevices;
        }
        self.counts.command(&command);
        let got = snapshot::refused(within(ask::by_request(&session, command.clone())).await)?;
        let due = self.model.command(session.device(), &command, &chinwag_model::Fresh::default(), self.now());
        self.judge(&command, &got, &due)
    }

    /// Has the server carry out a command, and compares.
    async fn carry_out(&mut self, device: DeviceId, command: FrameCommand) -> Result<(), Failure> {
        let Some(reading) = self.readings.iter().find(|reading| reading.id == device) else { return Ok(()) };
        let (who, sessions) = (reading.account, reading.sessions.clone());
        self.counts.command(&command);
        let is_ping = matches!(command, FrameCommand::Ping(_));
        let got = if is_ping || self.random.u32(..3) == 0 {
            self.by_frame(device, &sessions, command.clone()).await
        } else {
            within(ask::by_request(&sessions[self.random.usize(..2)], command.clone())).await
        };
        let got = snapshot::refused(got).map_err(|failure| failure.at(&format!("{command:?}")))?;
        let fresh = got.as_ref().map(Answer::fresh).unwrap_or_default();
        let due = match &command {
            FrameCommand::Ack(body) if body.cursor.as_str() == "forged" => Err(Code::InvalidCursor),
            _ => self.model.command(device, &command, &fresh, self.now()),
        };
        self.judge(&command, &got, &due)?;
        let Ok(answer) = got else { return Ok(()) };
        self.learn(who, &command, answer);
        if matches!(command, FrameCommand::DeleteAccount(_)) {
            self.wait_for_removal().await?;
        }
        Ok(())
    }

    async fn by_frame(
        &mut self,
        device: DeviceId,
        sessions: &[Session; 2],
        command: FrameCommand,
    ) -> Result<Answer, ClientError> {
        let mut kept = self.socket.take().filter(|(of, _, left)| *of == device && *left > 0);
        if kept.is_none() {
            let socket = within(sessions[self.random.usize(..2)].websocket(None)).await?;
            kept = Some((device, socket, self.random.u32(5..20)));
        }
        let Some((of, mut socket, left)) = kept else {
            return Err(ClientError::Protocol("no WebSocket".to_owned()));
        };
        let answer = within(ask::by_frame(&mut socket, command)).await;
        self.socket = Some((of, socket, left - 1));
        answer
    }

    fn judge(
        &mut self,
        command: &FrameCommand,
        got: &Result<Answer, Code>,
        due: &Result<chinwag_model::Expected, Code>,
    ) -> Result<(), Failure> {
        let is_due = match (got, due) {
            (Ok(answer), Ok(expected)) => answer.is(expected),
            (Err(code), Err(expected)) => code == expected,
            _ => false,
        };
        if let Err(code) = got {
            self.counts.refusal(*code);
        }
        if is_due {
            return Ok(());
        }
        let short = |text: String| text.chars().take(1_500).collect::<String>();
        let (got, due) = (short(format!("{got:?}")), short(format!("{due:?}")));
        Err(Failure::of(format!("{command:?}\n  was answered {got}\n  due {due}")))
    }

    /// What follows from an answer for what can be drawn next.
    fn learn(&mut self, who: AccountId, command: &FrameCommand, answer: Answer) {
        match (command, answer) {
            (FrameCommand::SendMessage { conversation, message }, Answer::Stored(stored)) => {
                self.sends.push((who, *conversation, message.clone()));
                self.cursor = Some(stored.cursor);
            }
            (FrameCommand::CreateGroup(body), _) => self.groups.push((who, body.clone())),
            (FrameCommand::CreateInvite { .. }, Answer::Invite(made)) => self.tokens.push(made.token),
            (FrameCommand::Register(body), Answer::Account(_)) => {
                // A repetition changes nothing, not the password either.
                if self.password_of(who).is_none() {
                    self.registered(who, &body.username, &body.password);
                }
            }
            (FrameCommand::ChangePassword(body), _) => {
                self.person(who).password = Some(body.new_password.clone());
            }
            (FrameCommand::NewRecoveryCodes(_), Answer::Codes(codes)) => self.person(who).codes = codes,
            (FrameCommand::DeleteAccount(_), _) => {
                let person = self.person(who);
                (person.password, person.codes) = (None, Vec::new());
            }
            _ => {}
        }
    }

    /// Everybody reads on until they have everything, and it is compared with the model. Gives those that are still signed in.
    async fn quiet(&mut self) -> Result<Vec<Device>, Failure> {
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
            let own = signed_in.iter().filter(|device| device.account == account).last();
            let Some(session) = own.map(|device| &device.sessions[1]) else { continue };
            self.counts.snapshot("fresh");
            let mut random = self.random.fork();
            snapshot::check(&self.model, account, session, self.now(), &mut random).await?;
        }
        Ok(signed_in)
    }
}
