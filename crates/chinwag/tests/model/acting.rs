//! Somebody does something, the server answers, and the model is asked whether that is right.

use std::time::Duration;

use chinwag_client::{ClientError, HistoryRange, Session};
use chinwag_model::{Expected, Fresh};
use chinwag_protocol::{AccountId, ClientId, Code, DeviceId, FrameCommand, HistoryMessage, SendBody};
use tokio::time::{Instant, sleep};

use crate::answer::Answer;
use crate::device::Reading;
use crate::history::within;
use crate::host::DEADLINE;
use crate::trial::{Failure, Trial};
use crate::{ask, host, snapshot};

impl Trial {
    /// Somebody does something.
    pub(crate) async fn act(&mut self) -> Result<(), Failure> {
        if !self.gone.is_empty() && self.random.u32(..40) == 0 {
            return self.act_signed_out().await;
        }
        let signed_in = |reading: &&Reading| self.model.account_of(reading.id).is_some();
        let devices: Vec<DeviceId> =
            self.readings.iter().filter(signed_in).map(|reading| reading.id).collect();
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
        let mut others =
            others.filter(|other| self.model.account_of(*other).is_some_and(|account| account != who));
        let Some(witness) = others.next() else { return Ok(()) };
        self.drawn += 1;
        let slug = format!("witness-{}", self.drawn);
        self.carry_out(witness, FrameCommand::OpenRoom { slug: slug.clone() }).await?;
        self.carry_out(device, FrameCommand::OpenRoom { slug }).await?;
        let Some((conversation, _)) = self.model.conversations().last() else { return Ok(()) };
        let client_id = ClientId::from_bytes(std::array::from_fn(|_| self.random.u8(..)));
        let message = SendBody::new(client_id, "Goodbye.");
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
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            let page = within(session.history(witnessed, HistoryRange::Newest, 1)).await?;
            let is_told = page.to_seq >= due;
            // From the answer to the deletion on nobody sees what it wrote, be it emptied yet or not.
            if let Some(HistoryMessage { text, .. }) = page.messages.iter().find(|message| !message.deleted) {
                return Err(Failure::of(format!("{text:?} is seen after its sender was deleted")));
            }
            if is_told {
                return Ok(());
            }
            sleep(Duration::from_millis(2)).await;
        }
        Err(Failure::of("a deletion is not carried through"))
    }

    async fn act_signed_out(&mut self) -> Result<(), Failure> {
        let session = self.gone[self.random.usize(..self.gone.len())].clone();
        let mut command = self.draw(session.device());
        if matches!(command, FrameCommand::Ping(_) | FrameCommand::View(_)) {
            command = FrameCommand::RemoveOtherDevices;
        }
        self.counts.command(&command);
        let got = snapshot::refused(within(ask::by_request(&session, command.clone())).await)?;
        let due = self.model.command(session.device(), &command, &Fresh::default(), self.now());
        self.judge(&command, &got, &due)
    }

    /// Has the server carry out a command, and compares.
    pub(crate) async fn carry_out(&mut self, device: DeviceId, command: FrameCommand) -> Result<(), Failure> {
        let Some(reading) = self.readings.iter().find(|reading| reading.id == device) else { return Ok(()) };
        let (who, sessions) = (reading.account, reading.sessions.clone());
        self.counts.command(&command);
        let is_frame = matches!(command, FrameCommand::Ping(_) | FrameCommand::View(_));
        let got = if is_frame || self.random.u32(..3) == 0 {
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
            let sessions = host::sessions(&sessions[0], self.address);
            let socket = within(sessions[self.random.usize(..2)].websocket(None)).await?;
            kept = Some((device, socket, self.random.u32(5..20)));
        }
        let Some((of, mut socket, left)) = kept else {
            return Err(ClientError::Protocol("no WebSocket".to_owned()));
        };
        let answer = within(ask::by_frame(&mut socket, command.clone())).await;
        if let Err(ClientError::Closed { .. }) = &answer
            && ask::may_be_repeated(&command)
        {
            // A server that is short of time may tell its readers to open their streams anew.
            return within(ask::by_request(&sessions[0], command)).await;
        }
        self.socket = Some((of, socket, left - 1));
        answer
    }

    fn judge(
        &mut self,
        command: &FrameCommand,
        got: &Result<Answer, Code>,
        due: &Result<Expected, Code>,
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
            // A repetition changes nothing, not the password either.
            (FrameCommand::Register(body), Answer::Account(_)) if self.password_of(who).is_none() => {
                self.registered(who, &body.username, &body.password);
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
}
