//! The server's own account and topic.

use chinwag_protocol::{AccountCard, AccountChange, AccountId, Body, Name, Problem, Sender, Topic};

use crate::appends::Appends;
use crate::decide::Private;
use crate::request::NewDevice;
use crate::ruling::{Subject, Terms};
use crate::state::State;

/// What the server's account is called.
const NAME: &str = "Server";

/// The server, in whose name an operation is done.
pub(super) struct Server<'s> {
    pub(super) state: &'s State,
    pub(super) fresh: &'s NewDevice,
}

impl Server<'_> {
    /// Its card. Its account is made now if it is not there.
    pub(super) fn card(&self, appends: &mut Appends<'_>) -> Result<AccountCard, Problem> {
        if let Some(account) = self.state.account(AccountId::SERVER) {
            return Ok(account.card.clone());
        }
        let name = Name::parse(NAME).map_err(|_| Problem::unavailable())?;
        let card = AccountCard::guest(AccountId::SERVER, &name);
        if !appends.has(Topic::Account(AccountId::SERVER)) {
            let (account, device) = (AccountId::SERVER, self.fresh.id);
            let private = Private::Guest {
                lookalike: false,
                name,
                token: self.fresh.token,
                idempotency: None,
                expires: appends.now(),
                device_name: None,
            };
            appends.push_first(Body::GuestCreated { account, device }, private);
            // Nobody signs in to it.
            appends.push(Body::DeviceRemoved { account, device })?;
        }
        Ok(card)
    }

    /// It as who did something.
    pub(super) fn sender(&self, appends: &mut Appends<'_>) -> Result<Sender, Problem> {
        Ok(self.card(appends)?.sender())
    }

    /// Makes a ruling, or lifts it.
    pub(super) fn rule(
        &self,
        appends: &mut Appends<'_>,
        subject: Subject,
        terms: Option<Terms>,
    ) -> Result<(), Problem> {
        let card = self.card(appends)?;
        let change = AccountChange::Ruled;
        appends.push_with(Body::Account { card, change }, Private::Ruling { subject, terms }).map(drop)
    }
}
