//! Devices that read nothing for a while, and accounts that are out of a conversation meanwhile.

use chinwag_model::Model;
use chinwag_protocol::{
    AccountId, AddBody, ClientId, ConversationId, DeviceId, FrameCommand, Kind, Role, SendBody,
};

use crate::trial::{Failure, Trial};

/// One that reads nothing, and for how many more steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sleeper {
    device: DeviceId,
    steps: u32,
}

/// Somebody who goes from a conversation and comes back, and who runs it.
#[derive(Debug, Clone, Copy)]
struct Absence {
    conversation: ConversationId,
    kind: Kind,
    owner: AccountId,
    away: AccountId,
}

impl Trial {
    /// Wakes whoever has slept enough, and now and then puts another to sleep.
    pub(crate) fn sleep_and_wake(&mut self) {
        self.sleepers.iter_mut().for_each(|sleeper| sleeper.steps -= 1);
        for reading in &self.readings {
            if self.sleepers.iter().any(|sleeper| sleeper.device == reading.id && sleeper.steps == 0) {
                reading.set_asleep(false);
            }
        }
        self.sleepers.retain(|sleeper| sleeper.steps > 0);
        if !self.readings.is_empty() && self.random.u32(..20) == 0 {
            let device = self.readings[self.random.usize(..self.readings.len())].id;
            self.put_to_sleep(device);
        }
    }

    fn put_to_sleep(&mut self, device: DeviceId) {
        let steps = self.random.u32(3..30);
        self.sleepers.retain(|sleeper| sleeper.device != device);
        self.sleepers.push(Sleeper { device, steps });
        self.readings
            .iter()
            .filter(|reading| reading.id == device)
            .for_each(|reading| reading.set_asleep(true));
    }

    /// Somebody is out of a conversation while others write in it, and comes back before a device that slept all the while
    /// reads on: it must be given what came before and after, and nothing from in between.
    pub(crate) async fn be_absent(&mut self) -> Result<(), Failure> {
        let absences = absences(&self.model);
        if absences.is_empty() {
            return self.act().await;
        }
        let Absence { conversation, kind, owner, away } = absences[self.random.usize(..absences.len())];
        let (Some(runner), Some(goer)) = (self.device_of(owner), self.device_of(away)) else {
            return self.act().await;
        };
        let own: Vec<DeviceId> = self.model.devices_of(away);
        let sleepers = self.random.usize(1..=own.len());
        own.into_iter().take(sleepers).for_each(|device| self.put_to_sleep(device));
        let is_banned = match self.random.u32(..3) {
            0 => {
                self.carry_out(goer, FrameCommand::Leave { conversation }).await?;
                false
            }
            1 => {
                self.carry_out(runner, FrameCommand::RemoveMember { conversation, account: away }).await?;
                false
            }
            _ => {
                self.carry_out(runner, FrameCommand::Ban { conversation, account: away }).await?;
                true
            }
        };
        for number in 0..self.random.u32(1..4) {
            let client_id = ClientId::from_bytes(std::array::from_fn(|_| self.random.u8(..)));
            let message = SendBody { client_id, text: format!("Among us {number}."), follows: None };
            self.carry_out(runner, FrameCommand::SendMessage { conversation, message }).await?;
        }
        if is_banned {
            self.carry_out(runner, FrameCommand::LiftBan { conversation, account: away }).await?;
        }
        match (kind, self.model.slug(conversation)) {
            (Kind::Room, Some(slug)) => self.carry_out(goer, FrameCommand::OpenRoom { slug }).await,
            _ => {
                let accounts = AddBody { accounts: vec![away] };
                self.carry_out(runner, FrameCommand::AddMembers { conversation, accounts }).await
            }
        }
    }

    /// One of an account's devices.
    fn device_of(&mut self, account: AccountId) -> Option<DeviceId> {
        let own = self.model.devices_of(account);
        if own.is_empty() { None } else { Some(own[self.random.usize(..own.len())]) }
    }
}

/// Everybody who can be told to go from something, by whom.
fn absences(model: &Model) -> Vec<Absence> {
    let mut absences = Vec::new();
    for (conversation, kind) in model.conversations().filter(|(_, kind)| *kind != Kind::Direct) {
        let members = model.members(conversation);
        let is_owner = |account: &AccountId| model.role(*account, conversation) == Some(Role::Owner);
        let Some(owner) = members.iter().copied().find(is_owner) else { continue };
        for away in members.into_iter().filter(|member| *member != owner) {
            absences.push(Absence { conversation, kind, owner, away });
        }
    }
    absences
}
