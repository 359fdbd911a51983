//! Who is there, what they know of their accounts, and how they come in.

use std::fmt::Debug;

use chinwag_client::Session;
use chinwag_protocol::{AccountId, Code, DeviceId, FrameCommand, RegistrationBody};

use crate::device::Device;
use crate::draw::{SHORT_PASSWORD, WRONG_PASSWORD};
use crate::history::within;
use crate::trial::{Failure, Trial};
use crate::{host, snapshot};

/// People, at least and at most; and devices of each, at least.
const ACCOUNTS: std::ops::RangeInclusive<usize> = 3..=5;
const DEVICES: usize = 2;

/// What somebody knows of their account.
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) codes: Vec<String>,
}

impl Trial {
    /// Sees to it that there are enough people, each with enough devices.
    pub(crate) async fn keep_up(&mut self) -> Result<(), Failure> {
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
    pub(crate) fn alive(&self) -> Vec<AccountId> {
        let accounts = self.model.accounts().filter(|(_, is_there)| *is_there).map(|(id, _)| id);
        let can_act =
            |id: &AccountId| self.password_of(*id).is_some() || !self.model.devices_of(*id).is_empty();
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

    pub(crate) fn person(&mut self, who: AccountId) -> &mut Person {
        let at = self.people.iter().position(|person| person.account == who).unwrap_or(self.people.len());
        if at == self.people.len() {
            self.people.push(Person { account: who, username: None, password: None, codes: Vec::new() });
        }
        &mut self.people[at]
    }

    /// Somebody comes in, or tries to.
    pub(crate) async fn enter(&mut self) -> Result<(), Failure> {
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
        let body = RegistrationBody { username, password };
        self.carry_out(device, FrameCommand::Register(body)).await
    }

    async fn sign_up(&mut self) -> Result<(), Failure> {
        let is_taken = !self.usernames.is_empty() && self.random.u32(..8) == 0;
        let username = if is_taken {
            self.usernames[self.random.usize(..self.usernames.len())].clone()
        } else {
            self.new_username()
        };
        let password = self.new_password();
        let got = snapshot::refused(within(self.clients[0].sign_up(&username, &password)).await)?;
        self.counts.entry("sign_up");
        let made = got.as_ref().ok().map(|session| (session.account().id, session.device()));
        let due = self.model.sign_up(&username, &password, made);
        self.compare(
            "a sign-up",
            &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code),
            &due,
        )?;
        let Ok(session) = got else { return Ok(()) };
        self.registered(session.account().id, &username, &password);
        self.come_in(&session).await
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), Failure> {
        let got =
            snapshot::refused(within(self.clients[1].sign_in(username, password, Some("Phone"))).await)?;
        self.counts.entry("sign_in");
        let made = got.as_ref().ok().map(|session| (session.account().id, session.device()));
        let due = self.model.sign_in(username, password, Some("Phone"), made);
        self.compare(
            "a sign-in",
            &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code),
            &due,
        )?;
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
        self.compare(
            "a recovery",
            &got.as_ref().map(|session| session.account().clone()).map_err(|code| *code),
            &due,
        )?;
        let Ok(session) = got else { return Ok(()) };
        let person = self.person(session.account().id);
        person.codes.retain(|known| *known != code);
        person.password = Some(password);
        self.come_in(&session).await
    }

    pub(crate) fn registered(&mut self, who: AccountId, username: &str, password: &str) {
        if !self.usernames.iter().any(|known| known == username) {
            self.usernames.push(username.to_owned());
        }
        let person = self.person(who);
        person.username = Some(username.to_owned());
        person.password = Some(password.to_owned());
    }

    /// A new device begins to read.
    async fn come_in(&mut self, session: &Session) -> Result<(), Failure> {
        let sessions = host::sessions(session, self.address);
        let device = Device::new(sessions, &self.model, self.random.fork()).await?;
        self.readings.push(device.start());
        Ok(())
    }

    fn compare<T: PartialEq + Debug>(
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
}
