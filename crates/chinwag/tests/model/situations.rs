//! What chance alone brings about too rarely, command after command: somebody is away while a device of theirs sleeps, is muted,
//! writes to a stranger without an answer; a group gets another owner; a link is made and used or revoked.

use chinwag_model::Model;
use chinwag_protocol::{
    AccountId, AddBody, ClientId, ConversationId, DeviceId, FrameCommand, GroupBody, InviteBody, Kind,
    MuteBody, OwnerBody, Role, SendBody,
};

use crate::trial::{Failure, Trial};

/// A device that reads nothing, and for how many more steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sleeper {
    device: DeviceId,
    steps: u32,
}

/// Two members of a conversation of many: the owner and another.
#[derive(Debug, Clone, Copy)]
struct Two {
    conversation: ConversationId,
    kind: Kind,
    owner: AccountId,
    other: AccountId,
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

    /// Some commands that belong together.
    pub(crate) async fn play_situation(&mut self) -> Result<(), Failure> {
        match self.random.u32(..12) {
            ..6 => match self.two(|_| true) {
                Some(two) => self.be_absent(two).await,
                None => self.act().await,
            },
            6..8 => match self.two(|_| true) {
                Some(two) => self.be_muted(two).await,
                None => self.act().await,
            },
            8 => match self.two_of_a_group().await? {
                Some(two) => self.hand_over_and_back(two).await,
                None => self.act().await,
            },
            9..11 => match self.two_of_a_group().await? {
                Some(two) => self.invite(two).await,
                None => self.act().await,
            },
            _ => self.wait_for_an_answer().await,
        }
    }

    /// Somebody is out of a conversation while others write in it, and comes back before a device that slept all the while
    /// reads on: it must be given what came before and after, and nothing from in between.
    async fn be_absent(&mut self, two: Two) -> Result<(), Failure> {
        let Two { conversation, kind, owner, other } = two;
        let (Some(runner), Some(goer)) = (self.device_of(owner), self.device_of(other)) else {
            return self.act().await;
        };
        let own = self.model.devices_of(other);
        let sleepers = self.random.usize(1..=own.len());
        own.into_iter().take(sleepers).for_each(|device| self.put_to_sleep(device));
        let how = self.random.u32(..3);
        let (by, command) = match how {
            0 => (goer, FrameCommand::Leave { conversation }),
            1 => (runner, FrameCommand::RemoveMember { conversation, account: other }),
            _ => (runner, FrameCommand::Ban { conversation, account: other }),
        };
        self.carry_out(by, command).await?;
        for _ in 0..self.random.u32(1..4) {
            self.say(runner, conversation).await?;
        }
        let slug = self.model.slug(conversation);
        let back = match (kind, slug) {
            (Kind::Room, Some(slug)) => (goer, FrameCommand::OpenRoom { slug }),
            _ => {
                let accounts = AddBody { accounts: vec![other] };
                (runner, FrameCommand::AddMembers { conversation, accounts })
            }
        };
        if how == 2 {
            // Too early.
            self.carry_out(back.0, back.1.clone()).await?;
            self.carry_out(runner, FrameCommand::LiftBan { conversation, account: other }).await?;
        }
        self.carry_out(back.0, back.1).await
    }

    async fn be_muted(&mut self, two: Two) -> Result<(), Failure> {
        let Two { conversation, owner, other, .. } = two;
        let (Some(runner), Some(muted)) = (self.device_of(owner), self.device_of(other)) else {
            return self.act().await;
        };
        let mute = MuteBody { seconds: self.random.u64(1..60) };
        self.carry_out(runner, FrameCommand::Mute { conversation, account: other, mute }).await?;
        self.say(muted, conversation).await?;
        self.carry_out(runner, FrameCommand::LiftMute { conversation, account: other }).await?;
        self.say(muted, conversation).await
    }

    async fn hand_over_and_back(&mut self, two: Two) -> Result<(), Failure> {
        let Two { conversation, owner, other, .. } = two;
        let (Some(first), Some(second)) = (self.device_of(owner), self.device_of(other)) else {
            return self.act().await;
        };
        let to = |account| FrameCommand::HandOver { conversation, owner: OwnerBody { account } };
        self.carry_out(first, to(other)).await?;
        if self.random.bool() { self.carry_out(second, to(owner)).await } else { Ok(()) }
    }

    /// A link to a group is made, and then used or revoked.
    async fn invite(&mut self, two: Two) -> Result<(), Failure> {
        let Two { conversation, owner, other, .. } = two;
        let (Some(runner), Some(guest)) = (self.device_of(owner), self.device_of(other)) else {
            return self.act().await;
        };
        let terms = InviteBody { expires_seconds: None, uses: None };
        self.carry_out(runner, FrameCommand::CreateInvite { conversation, terms }).await?;
        let links = self.model.tokens();
        let Some((_, invite, token)) = links.into_iter().rfind(|(of, ..)| *of == conversation) else {
            return Ok(());
        };
        if self.random.bool() {
            self.carry_out(runner, FrameCommand::RevokeInvite { conversation, invite }).await?;
        } else {
            self.carry_out(guest, FrameCommand::Leave { conversation }).await?;
        }
        self.carry_out(guest, FrameCommand::AcceptInvite { token }).await
    }

    /// Somebody writes to a stranger more than one may without an answer.
    async fn wait_for_an_answer(&mut self) -> Result<(), Failure> {
        let alive = self.alive();
        let writer = alive[self.random.usize(..alive.len())];
        let Some(device) = self.device_of(writer) else { return self.act().await };
        let conversation = match self.model.unanswered(writer) {
            Some(begun) => begun,
            None => {
                let chats = self.model.chats(writer);
                let is_stranger = |other: &&AccountId| {
                    **other != writer && chats.iter().all(|(.., peer)| *peer != Some(**other))
                };
                let Some(account) = alive.iter().find(is_stranger).copied() else { return self.act().await };
                self.carry_out(device, FrameCommand::OpenDirect { account }).await?;
                let opened = self.model.chats(writer).into_iter().find(|(.., peer)| *peer == Some(account));
                let Some((conversation, ..)) = opened else { return Ok(()) };
                conversation
            }
        };
        for _ in 0..6 {
            self.say(device, conversation).await?;
        }
        Ok(())
    }

    async fn say(&mut self, device: DeviceId, conversation: ConversationId) -> Result<(), Failure> {
        let client_id = self.draw_client_id();
        let message = SendBody::new(client_id, "As I said.");
        self.carry_out(device, FrameCommand::SendMessage { conversation, message }).await
    }

    /// Two members of a group; if there is none with two, of a new one.
    async fn two_of_a_group(&mut self) -> Result<Option<Two>, Failure> {
        let is_group = |two: &Two| two.kind == Kind::Group;
        if let Some(two) = self.two(is_group) {
            return Ok(Some(two));
        }
        let alive = self.alive();
        let maker = alive[self.random.usize(..alive.len())];
        let Some(maker) = self.device_of(maker) else { return Ok(None) };
        let client_id: ClientId = self.draw_client_id();
        let body = GroupBody { client_id, title: "All".to_owned(), topic: None, history_visible: None };
        self.carry_out(maker, FrameCommand::CreateGroup(body)).await?;
        let Some((conversation, _)) = self.model.conversations().last() else { return Ok(None) };
        let accounts = AddBody { accounts: alive };
        self.carry_out(maker, FrameCommand::AddMembers { conversation, accounts }).await?;
        Ok(self.two(is_group))
    }

    fn two(&mut self, which: impl Fn(&Two) -> bool) -> Option<Two> {
        let mut all = twos(&self.model);
        all.retain(which);
        if all.is_empty() { None } else { Some(all[self.random.usize(..all.len())]) }
    }

    /// One of an account's devices.
    fn device_of(&mut self, account: AccountId) -> Option<DeviceId> {
        let own = self.model.devices_of(account);
        if own.is_empty() { None } else { Some(own[self.random.usize(..own.len())]) }
    }
}

fn twos(model: &Model) -> Vec<Two> {
    let mut twos = Vec::new();
    for (conversation, kind) in model.conversations().filter(|(_, kind)| *kind != Kind::Direct) {
        let members = model.members(conversation);
        let is_owner = |account: &AccountId| model.role(*account, conversation) == Some(Role::Owner);
        let Some(owner) = members.iter().copied().find(is_owner) else { continue };
        let others = members.into_iter().filter(|member| *member != owner);
        twos.extend(others.map(|other| Two { conversation, kind, owner, other }));
    }
    twos
}
