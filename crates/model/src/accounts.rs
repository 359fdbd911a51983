//! Accounts, their devices and what they sign in with.

use chinwag_protocol::{
    About, AccountCard, AccountChange, AccountId, AccountUpdateBody, Code, DeviceChange, DeviceId, Name,
    Password, PasswordChangeBody, PreferencesCard, Record, RecoveryCodesBody, RegistrationBody, Username,
};

use crate::log::nowhere;
use crate::{Account, Device, Expected, Fresh, Model};

impl Model {
    /// A guest comes; `made` are the account and the device that the server has made.
    pub fn guest(&mut self, name: &str, made: Option<(AccountId, DeviceId)>) -> Result<AccountCard, Code> {
        let name = Name::parse(name).map_err(|_| Code::InvalidName)?;
        let (account, device) = made.ok_or(Code::Internal)?;
        let card = AccountCard::guest(account, &name);
        self.accounts.push(Account {
            id: account,
            cards: vec![card.clone()],
            password: None,
            codes: Vec::new(),
            blocks: Vec::new(),
            sent: Vec::new(),
            own: Vec::new(),
            markers: Vec::new(),
            preferences: PreferencesCard::default(),
        });
        self.add_device(account, device);
        Ok(card)
    }

    /// Somebody signs up; `made` is as for a guest.
    pub fn sign_up(
        &mut self,
        username: &str,
        password: &str,
        made: Option<(AccountId, DeviceId)>,
    ) -> Result<AccountCard, Code> {
        let username = Username::parse(username).map_err(|_| Code::InvalidUsername)?;
        check_password(password)?;
        self.check_free(&username)?;
        let (account, device) = made.ok_or(Code::Internal)?;
        self.guest(username.as_str(), Some((account, device)))?;
        Ok(self.registered(account, &username, password))
    }

    /// Somebody signs in; `made` is the account that the server says it is, and the device that it made.
    pub fn sign_in(
        &mut self,
        username: &str,
        password: &str,
        device_name: Option<&str>,
        made: Option<(AccountId, DeviceId)>,
    ) -> Result<AccountCard, Code> {
        let username = Username::parse(username).map_err(|_| Code::InvalidUsername)?;
        check_password(password)?;
        device_name.map(Name::parse).transpose().map_err(|_| Code::InvalidName)?;
        let found = self.account_called(&username).ok_or(Code::WrongCredentials)?;
        if self.account(found).and_then(|account| account.password.as_deref()) != Some(password) {
            return Err(Code::WrongCredentials);
        }
        let (_, device) = made.ok_or(Code::Internal)?;
        self.add_device(found, device);
        self.card(found).cloned().ok_or(Code::Internal)
    }

    /// Somebody comes back with a recovery code.
    pub fn recover(
        &mut self,
        username: &str,
        code: &str,
        password: &str,
        made: Option<(AccountId, DeviceId)>,
    ) -> Result<AccountCard, Code> {
        let username = Username::parse(username).map_err(|_| Code::InvalidUsername)?;
        check_password(password)?;
        let found = self.account_called(&username).ok_or(Code::WrongCredentials)?;
        let account = self.account_mut(found);
        let known = account.codes.iter().position(|known| known == code).ok_or(Code::WrongCredentials)?;
        account.codes.remove(known);
        account.password = Some(password.to_owned());
        self.tell_account(found, AccountChange::PasswordChanged);
        self.remove_devices(found, |_| true);
        let (_, device) = made.ok_or(Code::Internal)?;
        self.add_device(found, device);
        self.card(found).cloned().ok_or(Code::Internal)
    }

    pub(crate) fn register(&mut self, who: AccountId, body: &RegistrationBody) -> Result<Expected, Code> {
        let username = Username::parse(&body.username).map_err(|_| Code::InvalidUsername)?;
        check_password(&body.password)?;
        let card = self.card(who).cloned().ok_or(Code::Internal)?;
        if card.username.as_ref() == Some(&username) {
            return Ok(Expected::Account(Box::new(card)));
        }
        if card.username.is_some() {
            return Err(Code::AlreadyRegistered);
        }
        self.check_free(&username)?;
        Ok(Expected::Account(Box::new(self.registered(who, &username, &body.password))))
    }

    fn registered(&mut self, who: AccountId, username: &Username, password: &str) -> AccountCard {
        let account = self.account_mut(who);
        let card = account.card().registered(username);
        account.cards.push(card.clone());
        account.password = Some(password.to_owned());
        self.tell_account(who, AccountChange::Registered);
        card
    }

    pub(crate) fn change_password(
        &mut self,
        by: DeviceId,
        who: AccountId,
        body: &PasswordChangeBody,
    ) -> Result<Expected, Code> {
        check_password(&body.new_password)?;
        self.check_is_password(who, &body.password)?;
        self.account_mut(who).password = Some(body.new_password.clone());
        self.tell_account(who, AccountChange::PasswordChanged);
        self.remove_devices(who, |device| device != by);
        Ok(Expected::Nothing)
    }

    pub(crate) fn new_recovery_codes(
        &mut self,
        who: AccountId,
        body: &RecoveryCodesBody,
        fresh: &Fresh,
    ) -> Result<Expected, Code> {
        self.check_is_password(who, &body.password)?;
        self.account_mut(who).codes.clone_from(&fresh.codes);
        self.tell_account(who, AccountChange::RecoveryCodesMade);
        Ok(Expected::Codes(10))
    }

    pub(crate) fn update_account(
        &mut self,
        who: AccountId,
        body: &AccountUpdateBody,
    ) -> Result<Expected, Code> {
        let name = body.name.clone().map(Name::parse).transpose().map_err(|_| Code::InvalidName)?;
        let about = body.about.clone().map(About::parse).transpose().map_err(|_| Code::InvalidText)?;
        let before = self.card(who).cloned().ok_or(Code::Internal)?;
        let mut card = before.clone();
        if let Some(name) = name {
            name.as_str().clone_into(&mut card.name);
            card.lookalike = name.is_lookalike();
        }
        if let Some(about) = about {
            about.as_str().clone_into(&mut card.about);
        }
        card.color = body.color.unwrap_or(card.color);
        if card != before {
            card.version += 1;
            self.account_mut(who).cards.push(card.clone());
            self.tell_account(who, AccountChange::Updated);
        }
        Ok(Expected::Account(Box::new(card)))
    }

    pub(crate) fn sign_out(&mut self, by: DeviceId) -> Result<Expected, Code> {
        let who = self.account_of(by).ok_or(Code::Unauthenticated)?;
        self.remove_devices(who, |device| device == by);
        Ok(Expected::Nothing)
    }

    pub(crate) fn remove_device(&mut self, who: AccountId, device: DeviceId) -> Result<Expected, Code> {
        if !self.devices_of(who).contains(&device) {
            return Err(Code::NotFound);
        }
        self.remove_devices(who, |own| own == device);
        Ok(Expected::Nothing)
    }

    /// Signs out those of an account's devices that `which` says, in the order of their ids.
    pub(crate) fn remove_devices(&mut self, who: AccountId, which: impl Fn(DeviceId) -> bool) {
        let mut removed: Vec<DeviceId> =
            self.devices_of(who).into_iter().filter(|device| which(*device)).collect();
        removed.sort_unstable();
        for id in removed {
            self.devices.iter_mut().filter(|known| known.id == id).for_each(|known| known.signed_in = false);
            self.tell_device(who, id, DeviceChange::Removed);
        }
    }

    fn add_device(&mut self, account: AccountId, id: DeviceId) {
        self.devices.push(Device { id, account, signed_in: true });
        self.tell_device(account, id, DeviceChange::Added);
    }

    fn tell_device(&mut self, account: AccountId, device: DeviceId, change: DeviceChange) {
        self.tell(account, Record::Device { account, device, change, cursor: nowhere() });
    }

    pub(crate) fn tell_account(&mut self, account: AccountId, change: AccountChange) {
        let card = self.account_mut(account).card().clone();
        self.tell(account, Record::Account { account, change, card, cursor: nowhere() });
    }

    pub(crate) fn check_is_password(&self, who: AccountId, typed: &str) -> Result<(), Code> {
        check_password(typed)?;
        match self.account(who).and_then(|account| account.password.as_deref()) {
            Some(password) if password == typed => Ok(()),
            _ => Err(Code::WrongCredentials),
        }
    }

    /// A user name is one account's for ever, be it that the account is no more.
    fn check_free(&self, username: &Username) -> Result<(), Code> {
        let was_taken =
            |account: &Account| account.cards.iter().any(|card| card.username.as_ref() == Some(username));
        if self.accounts.iter().any(was_taken) { Err(Code::UsernameTaken) } else { Ok(()) }
    }

    pub(crate) fn account_called(&self, username: &Username) -> Option<AccountId> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| account.card().username.as_ref() == Some(username)).map(|account| account.id)
    }
}

fn check_password(typed: &str) -> Result<(), Code> {
    Password::parse(typed).map(drop).map_err(|_| Code::InvalidPassword)
}
