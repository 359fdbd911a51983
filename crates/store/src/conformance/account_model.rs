//! Accounts, passwords and devices in the model.

use chinwag_chat::{ExpireDevice, NewDevice, Recover, Reply, SignIn, TokenHash};
use chinwag_protocol::{
    About, AccountCard, AccountChange, AccountId, Actor, Body, Code, Color, Command, DeviceId, Name,
    PasswordHash, Pos, Timestamp, Topic, Username,
};

use super::model::{Answer, Model};
use crate::{Credential, Device};

const HOUR_MS: i64 = 3_600_000;
const DEVICES_MAX: usize = 50;

impl Model {
    pub(super) fn card(&self, account: AccountId) -> Option<AccountCard> {
        self.accounts.iter().find(|card| card.id == account).cloned()
    }

    pub(super) fn of_username(&self, username: &Username) -> Option<AccountId> {
        let found = self.accounts.iter().find(|card| card.username.as_ref() == Some(username));
        found.map(|card| card.id)
    }

    pub(super) fn credential(&self, account: AccountId) -> Option<Credential> {
        let (account, password, version) = self.passwords.iter().find(|(who, ..)| *who == account)?.clone();
        Some(Credential { account, password, version })
    }

    /// Those that are signed in, oldest first.
    pub(super) fn devices_of(&self, account: AccountId) -> Vec<Device> {
        let own = |device: DeviceId| {
            self.devices.iter().any(|(actor, _, _, signed_in)| {
                *signed_in && actor.account == account && actor.device == device
            })
        };
        let mut devices: Vec<Device> = self.entries.iter().filter(|entry| own(entry.id)).cloned().collect();
        devices.sort_by_key(|device| (device.created_at, device.id));
        devices
    }

    pub(super) fn add_device(&mut self, actor: Actor, token: TokenHash, name: Option<&Name>, now: Timestamp) {
        self.devices.push((actor, token, Pos::ZERO, true));
        let name = name.map(|name| name.as_str().to_owned());
        self.entries.push(Device { id: actor.device, name, created_at: now, seen_at: now });
    }

    pub(super) fn record_place(&mut self, device: DeviceId, pos: Pos, now: Timestamp) {
        for (_, _, place, _) in self.devices.iter_mut().filter(|(actor, ..)| actor.device == device) {
            *place = pos.max(*place);
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.id == device) {
            if now.as_millis() - entry.seen_at.as_millis() > HOUR_MS {
                entry.seen_at = now;
            }
        }
    }

    pub(super) fn register(
        &mut self,
        account: AccountId,
        username: &Username,
        password: &PasswordHash,
        now: Timestamp,
    ) -> AccountCard {
        let mut card = self.card(account).unwrap();
        card.username = Some(username.clone());
        card.version += 1;
        self.change(&card, AccountChange::Registered, now);
        self.passwords.push((account, password.clone(), 1));
        card
    }

    pub(super) fn sign_in(&mut self, sign_in: &SignIn, now: Timestamp) -> Answer {
        if self.credential(sign_in.account).is_none_or(|kept| kept.version != sign_in.verified) {
            return Err(Code::WrongCredentials);
        }
        let mut devices = self.devices_of(sign_in.account);
        devices.sort_by_key(|device| (device.seen_at, device.id));
        if devices.len() >= DEVICES_MAX {
            self.sign_out(Actor { account: sign_in.account, device: devices[0].id }, now);
        }
        Ok(self.signed_in(sign_in.account, &sign_in.device, now))
    }

    pub(super) fn recover(&mut self, recover: &Recover, now: Timestamp) -> Answer {
        if !self.codes.contains(&(recover.account, recover.code)) {
            return Err(Code::WrongCredentials);
        }
        self.codes.retain(|code| *code != (recover.account, recover.code));
        self.set_password(recover.account, &recover.password, now);
        self.sign_out_all(recover.account, None, now);
        Ok(self.signed_in(recover.account, &recover.device, now))
    }

    pub(super) fn expire(&mut self, expire: &ExpireDevice, now: Timestamp) -> Reply {
        let devices = self.devices_of(expire.actor.account);
        let found = devices.iter().find(|device| device.id == expire.actor.device);
        if found.is_some_and(|device| device.seen_at < expire.unseen_since) {
            self.sign_out(expire.actor, now);
        }
        Reply::Done
    }

    pub(super) fn account_command(&mut self, actor: Actor, command: &Command, now: Timestamp) -> Answer {
        let account = actor.account;
        let proved = |model: &Self, verified: u64| {
            model.credential(account).filter(|kept| kept.version == verified).ok_or(Code::WrongCredentials)
        };
        match command {
            Command::Register { username, password } => {
                let card = self.card(account).unwrap();
                match &card.username {
                    Some(own) if own == username => Ok(Reply::Account(card)),
                    Some(_) => Err(Code::AlreadyRegistered),
                    None if self.of_username(username).is_some() => Err(Code::UsernameTaken),
                    None => Ok(Reply::Account(self.register(account, username, password, now))),
                }
            }
            Command::ChangePassword { verified, password } => {
                proved(self, *verified)?;
                self.set_password(account, password, now);
                self.sign_out_all(account, Some(actor.device), now);
                Ok(Reply::Done)
            }
            Command::NewRecoveryCodes { verified, codes } => {
                proved(self, *verified)?;
                self.codes.retain(|(who, _)| *who != account);
                self.codes.extend(codes.iter().map(|code| (account, *code)));
                let card = self.card(account).unwrap();
                self.change(&card, AccountChange::RecoveryCodesMade, now);
                Ok(Reply::Done)
            }
            Command::UpdateAccount { name, about, color } => {
                Ok(Reply::Account(self.update(account, name.as_ref(), about.as_ref(), *color, now)))
            }
            Command::RemoveDevice { device } => {
                if self.devices_of(account).iter().all(|own| own.id != *device) {
                    return Err(Code::NotFound);
                }
                self.sign_out(Actor { account, device: *device }, now);
                Ok(Reply::Done)
            }
            Command::RemoveOtherDevices => {
                self.sign_out_all(account, Some(actor.device), now);
                Ok(Reply::Done)
            }
            _ => panic!("no command of an account: {command:?}"),
        }
    }

    fn update(
        &mut self,
        account: AccountId,
        name: Option<&Name>,
        about: Option<&About>,
        color: Option<Color>,
        now: Timestamp,
    ) -> AccountCard {
        let before = self.card(account).unwrap();
        let mut card = before.clone();
        if let Some(name) = name {
            card.name = name.as_str().to_owned();
            card.lookalike = name.is_lookalike();
        }
        if let Some(about) = about {
            card.about = about.as_str().to_owned();
        }
        if let Some(color) = color {
            card.color = color;
        }
        if card != before {
            card.version += 1;
            self.change(&card, AccountChange::Updated, now);
        }
        card
    }

    fn set_password(&mut self, account: AccountId, password: &PasswordHash, now: Timestamp) {
        for (_, kept, version) in self.passwords.iter_mut().filter(|(who, ..)| *who == account) {
            *kept = password.clone();
            *version += 1;
        }
        let card = self.card(account).unwrap();
        self.change(&card, AccountChange::PasswordChanged, now);
    }

    fn signed_in(&mut self, account: AccountId, device: &NewDevice, now: Timestamp) -> Reply {
        self.add_device(Actor { account, device: device.id }, device.token, device.name.as_ref(), now);
        self.append(Topic::Account(account), now, Body::DeviceAdded { account, device: device.id });
        Reply::SignedIn(self.card(account).unwrap())
    }

    /// In the order of the ids.
    fn sign_out_all(&mut self, account: AccountId, but: Option<DeviceId>, now: Timestamp) {
        let mut devices = self.devices_of(account);
        devices.sort_by_key(|device| device.id);
        for device in devices {
            if Some(device.id) != but {
                self.sign_out(Actor { account, device: device.id }, now);
            }
        }
    }

    /// Notes an event, and shows the account as it is now in all that was written before.
    fn change(&mut self, card: &AccountCard, change: AccountChange, now: Timestamp) {
        let account = card.id;
        self.append(Topic::Account(account), now, Body::Account { card: card.clone(), change });
        for event in &mut self.log {
            match &mut event.body {
                Body::Message(message) if message.sender.id == account => message.sender = card.sender(),
                Body::Delete { sender, .. }
                | Body::Edit { sender, .. }
                | Body::Reaction { sender, .. }
                | Body::Pin { sender, .. }
                    if sender.id == account =>
                {
                    *sender = card.sender();
                }
                Body::ConversationChanged { actor, .. } if actor.id == account => *actor = card.sender(),
                Body::Members { actor, accounts, .. } => {
                    let named = accounts.iter_mut().chain([actor]).filter(|named| named.id == account);
                    named.for_each(|named| *named = card.sender());
                }
                Body::Account { card: shown, .. } if shown.id == account => shown.clone_from(card),
                _ => {}
            }
        }
        for known in self.accounts.iter_mut().filter(|known| known.id == account) {
            known.clone_from(card);
        }
    }
}
