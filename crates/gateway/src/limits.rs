//! What each client may ask for, and how often: by its address, by its device and account once it has signed in, and by the
//! conversation that it writes in.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use chinwag_chat::ApiKeyHash;
use chinwag_protocol::{AccountId, Actor, Code, Command, ConversationId, DeviceId, Problem, Username};
use tokio::time::Instant;

use crate::client::Client;
use crate::guesses::{Guesses, TooMany, Try};
use crate::metrics::{GatewayMetrics, Limit};
use crate::occupancy::{Occupancy, Place};
use crate::options::{GatewayOptions, TrustedProxy};
use crate::rate_limit::RateLimit;
use crate::slow_rate_limit::SlowRateLimit;

/// A connection of an address, or a request that a trusted proxy brings from it.
pub(crate) type AddressPlace = Place<IpAddr>;
/// A stream of a device.
pub(crate) type DevicePlace = Place<DeviceId>;

/// The limits; none of them while they are off.
#[derive(Debug)]
pub(crate) struct Limits(Option<On>);

struct On {
    trusted_proxy: TrustedProxy,
    loopback: bool,
    connections: Occupancy<IpAddr>,
    tls_handshakes: RateLimit<IpAddr>,
    /// New guests. A whole school may come at once from behind one address.
    guests: RateLimit<IpAddr>,
    sign_ups: SlowRateLimit<IpAddr>,
    wrong_passwords: Guesses<Guesser>,
    wrong_invites: Guesses<DeviceId>,
    streams: Occupancy<DeviceId>,
    /// Changes.
    commands: RateLimit<DeviceId>,
    /// What changes nothing: acknowledgements, and frames that are no commands.
    notes: RateLimit<DeviceId>,
    reads: RateLimit<DeviceId>,
    sends: RateLimit<ConversationId>,
    joins: RateLimit<AccountId>,
    invites: SlowRateLimit<AccountId>,
    programs: RateLimit<ApiKeyHash>,
    metrics: GatewayMetrics,
}

/// Who may be guessing which password. Not the account alone: a guesser elsewhere must not lock its owner out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Guesser {
    Address(IpAddr, Username),
    Device(DeviceId),
}

/// A try at a password, if it is counted.
pub(crate) type PasswordTry = Option<Try<Guesser>>;
/// A try at the token of an invitation, if it is counted.
pub(crate) type InviteTry = Option<Try<DeviceId>>;

/// What a command counts as, beside a change by its device. What it was counted as can be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Send(ConversationId),
    Join(AccountId),
    Invite(AccountId),
    Nothing,
}

impl Counted {
    pub(crate) fn of(actor: Actor, command: &Command) -> Self {
        match command {
            Command::SendMessage { conversation, .. }
            | Command::EditMessage { conversation, .. }
            | Command::React { conversation, .. }
            | Command::Unreact { conversation, .. }
            | Command::Pin { conversation, .. }
            | Command::Unpin { conversation, .. } => Self::Send(*conversation),
            Command::OpenRoom { .. }
            | Command::OpenDirect { .. }
            | Command::CreateGroup { .. }
            | Command::AcceptInvite { .. } => Self::Join(actor.account),
            Command::CreateInvite { .. } => Self::Invite(actor.account),
            Command::DeleteMessage { .. }
            | Command::Leave { .. }
            | Command::SignOut
            | Command::Register { .. }
            | Command::ChangePassword { .. }
            | Command::NewRecoveryCodes { .. }
            | Command::UpdateAccount { .. }
            | Command::DeleteAccount { .. }
            | Command::RemoveDevice { .. }
            | Command::RemoveOtherDevices
            | Command::AddMembers { .. }
            | Command::RemoveMember { .. }
            | Command::SetRole { .. }
            | Command::HandOver { .. }
            | Command::Ban { .. }
            | Command::LiftBan { .. }
            | Command::Mute { .. }
            | Command::LiftMute { .. }
            | Command::RevokeInvite { .. }
            | Command::ChangeSettings { .. }
            | Command::Accept { .. }
            | Command::Block { .. }
            | Command::Unblock { .. }
            | Command::Read { .. }
            | Command::MarkUnread { .. }
            | Command::SetPreferences { .. }
            | Command::ChangeOwnSettings { .. }
            | Command::PutDraft { .. } => Self::Nothing,
        }
    }
}

impl std::fmt::Debug for On {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("On").field("loopback", &self.loopback).finish_non_exhaustive()
    }
}

impl Limits {
    pub(crate) fn new(options: &GatewayOptions, metrics: &GatewayMetrics) -> Self {
        Self(options.limits_on.then(|| On {
            trusted_proxy: options.trusted_proxy.clone(),
            loopback: options.limit_loopback,
            connections: Occupancy::new(options.connections_per_address_max),
            tls_handshakes: RateLimit::new(options.tls_handshakes_per_address),
            guests: RateLimit::new(options.guests_per_address),
            sign_ups: SlowRateLimit::new(options.sign_ups_per_address),
            wrong_passwords: Guesses::new(
                options.wrong_passwords_per_account,
                options.wrong_passwords_per_address,
            ),
            wrong_invites: Guesses::new(options.wrong_invites_per_device, options.wrong_invites_per_address),
            streams: Occupancy::new(options.streams_per_device_max),
            commands: RateLimit::new(options.commands_per_device),
            notes: RateLimit::new(options.notes_per_device),
            reads: RateLimit::new(options.reads_per_device),
            sends: RateLimit::new(options.sends_per_conversation),
            joins: RateLimit::new(options.joins_per_account),
            invites: SlowRateLimit::new(options.invites_per_account),
            programs: RateLimit::new(options.requests_per_key),
            metrics: metrics.clone(),
        }))
    }

    /// A new connection from `peer`. What a trusted proxy brings counts request by request; see [`Self::request`].
    pub(crate) fn connection(&self, peer: IpAddr) -> Result<Option<AddressPlace>, Problem> {
        match &self.0 {
            Some(on) if !on.is_exempt(peer) => on.occupy(peer).map(Some),
            _ => Ok(None),
        }
    }

    /// A TLS handshake that `peer` wants to begin.
    pub(crate) fn allows_tls_handshake(&self, peer: IpAddr) -> bool {
        let Some(on) = &self.0 else { return true };
        let allows = on.is_exempt(peer) || on.tls_handshakes.take(network(peer), Instant::now());
        if !allows {
            on.metrics.hit(Limit::TlsHandshakesPerAddress);
        }
        allows
    }

    /// A request that `client` has come with by way of a trusted proxy; while it is open, it counts like a connection.
    pub(crate) fn request(&self, client: &Client) -> Result<Option<AddressPlace>, Problem> {
        match &self.0 {
            Some(on) if client.by_proxy && !on.is_exempt(client.address) => {
                on.occupy(client.address).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A guest that `client` asks for.
    pub(crate) fn guest(&self, client: &Client) -> Result<(), Problem> {
        let Some((on, address)) = self.limited(client) else { return Ok(()) };
        let allows = on.guests.take(address, Instant::now());
        on.check(allows, Limit::GuestsPerAddress, "new guests from this address")
    }

    /// An account that `client` asks for.
    pub(crate) fn sign_up(&self, client: &Client) -> Result<(), Problem> {
        let Some((on, address)) = self.limited(client) else { return Ok(()) };
        let allows = on.sign_ups.take(address, Instant::now());
        on.check_slow(allows, Limit::SignUpsPerAddress, "new accounts from this address")
    }

    /// A try of `client` at the password or the recovery codes of a user name, whether there is such an account or not.
    pub(crate) fn try_of(&self, client: &Client, username: &Username) -> Result<PasswordTry, Problem> {
        let Some((on, address)) = self.limited(client) else { return Ok(None) };
        on.try_password(Guesser::Address(address, username.clone()), Some(address)).map(Some)
    }

    /// A try of `device` at the password of its own account.
    pub(crate) fn try_of_device(&self, device: DeviceId) -> Result<PasswordTry, Problem> {
        self.0.as_ref().map(|on| on.try_password(Guesser::Device(device), None)).transpose()
    }

    /// What was tried was right, or nobody knows.
    pub(crate) fn give_back(&self, tried: PasswordTry) {
        if let (Some(on), Some(tried)) = (&self.0, tried) {
            on.wrong_passwords.give_back(tried, Instant::now());
        }
    }

    /// A try of `device`, which asks from `network`, at the token of an invitation.
    pub(crate) fn try_invite(&self, device: DeviceId, network: Option<IpAddr>) -> Result<InviteTry, Problem> {
        let Some(on) = &self.0 else { return Ok(None) };
        let limits = (Limit::WrongInvitesPerDevice, Limit::WrongInvitesPerAddress);
        let tried = on.wrong_invites.take(device, network, Instant::now());
        tried.map(Some).map_err(|too_many| on.too_many_guesses(too_many, limits, "invitations that are none"))
    }

    /// There is such an invitation, or nobody knows.
    pub(crate) fn give_back_invite(&self, tried: InviteTry) {
        if let (Some(on), Some(tried)) = (&self.0, tried) {
            on.wrong_invites.give_back(tried, Instant::now());
        }
    }

    /// The network that `client` counts for, if it is held to the limits on addresses.
    pub(crate) fn network(&self, client: &Client) -> Option<IpAddr> {
        self.limited(client).map(|(_, network)| network)
    }

    /// The network that `client` counts for; none if it is exempt. Whoever forwards others is held to these limits even on
    /// this machine, for these others have no address here.
    fn limited(&self, client: &Client) -> Option<(&On, IpAddr)> {
        let on = self.0.as_ref()?;
        let limited = !on.is_exempt(client.address) || client.forwards;
        limited.then(|| (on, network(client.address)))
    }

    /// A stream that `device` opens.
    pub(crate) fn stream(&self, device: DeviceId) -> Result<Option<DevicePlace>, Problem> {
        let Some(on) = &self.0 else { return Ok(None) };
        let place = on.streams.take(device);
        if place.is_none() {
            on.check(false, Limit::StreamsPerDevice, "open streams of this device")?;
        }
        Ok(place)
    }

    /// A request of the program with this key.
    pub(crate) fn program(&self, key: ApiKeyHash) -> Result<(), Problem> {
        let Some(on) = &self.0 else { return Ok(()) };
        let allows = on.programs.take(key, Instant::now());
        on.check(allows, Limit::RequestsPerKey, "requests with this key")
    }

    /// A change that `device` asks for.
    pub(crate) fn command(&self, device: DeviceId) -> Result<(), Problem> {
        self.device(device, Limit::CommandsPerDevice, |on| &on.commands, "requests from this device")
    }

    /// What a change counts as, beside one by its device.
    pub(crate) fn count(&self, counted: Counted) -> Result<(), Problem> {
        let Some(on) = &self.0 else { return Ok(()) };
        let now = Instant::now();
        match counted {
            Counted::Send(conversation) => {
                let allows = on.sends.take(conversation, now);
                on.check(allows, Limit::SendsPerConversation, "messages in this conversation")
            }
            Counted::Join(account) => {
                let allows = on.joins.take(account, now);
                on.check(allows, Limit::JoinsPerAccount, "conversations that this account came into")
            }
            Counted::Invite(account) => {
                let allows = on.invites.take(account, now);
                on.check_slow(allows, Limit::InvitesPerAccount, "invitations by this account")
            }
            Counted::Nothing => Ok(()),
        }
    }

    /// Nothing came of a change, so that it counts as one by its device alone.
    pub(crate) fn give_back_counted(&self, counted: Counted) {
        let Some(on) = &self.0 else { return };
        let now = Instant::now();
        match counted {
            Counted::Send(conversation) => on.sends.give_back(conversation, now),
            Counted::Join(account) => on.joins.give_back(account, now),
            Counted::Invite(account) => on.invites.give_back(account, now),
            Counted::Nothing => {}
        }
    }

    /// An acknowledgement of `device`, or a frame that is no command.
    pub(crate) fn note(&self, device: DeviceId) -> Result<(), Problem> {
        let what = "acknowledgements, pings and bad frames from this device";
        self.device(device, Limit::NotesPerDevice, |on| &on.notes, what)
    }

    /// Something that `device` wants to read.
    pub(crate) fn read(&self, device: DeviceId) -> Result<(), Problem> {
        self.device(device, Limit::ReadsPerDevice, |on| &on.reads, "reading requests from this device")
    }

    fn device(
        &self,
        device: DeviceId,
        limit: Limit,
        rate: impl FnOnce(&On) -> &RateLimit<DeviceId>,
        what: &str,
    ) -> Result<(), Problem> {
        let Some(on) = &self.0 else { return Ok(()) };
        let allows = rate(on).take(device, Instant::now());
        on.check(allows, limit, what)
    }
}

impl On {
    /// Whether the limits on addresses do not hold for this one: a trusted proxy speaks for others, and this machine is
    /// whoever runs the server.
    fn is_exempt(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        (address.is_loopback() && !self.loopback) || (self.trusted_proxy)(address)
    }

    fn occupy(&self, address: IpAddr) -> Result<AddressPlace, Problem> {
        self.connections.take(network(address)).ok_or_else(|| {
            self.metrics.hit(Limit::ConnectionsPerAddress);
            let detail = "This address has as many connections as it may have. Try again when one has ended.";
            Problem::new(Code::TooManyRequests, detail).retry_after(5)
        })
    }

    fn try_password(&self, guesser: Guesser, address: Option<IpAddr>) -> Result<Try<Guesser>, Problem> {
        let limits = (Limit::WrongPasswordsPerAccount, Limit::WrongPasswordsPerAddress);
        let tried = self.wrong_passwords.take(guesser, address, Instant::now());
        tried.map_err(|too_many| self.too_many_guesses(too_many, limits, "wrong passwords"))
    }

    /// `limits` are the one of whoever guesses and that of its address.
    fn too_many_guesses(&self, too_many: TooMany, limits: (Limit, Limit), what: &str) -> Problem {
        match too_many {
            TooMany::OfGuesser(wait) => self.too_many(wait, limits.0, what),
            TooMany::OfAddress(wait) => self.too_many(wait, limits.1, &format!("{what} from this address")),
        }
    }

    fn check_slow(&self, allows: Result<(), Duration>, limit: Limit, what: &str) -> Result<(), Problem> {
        allows.map_err(|wait| self.too_many(wait, limit, what))
    }

    fn too_many(&self, wait: Duration, limit: Limit, what: &str) -> Problem {
        self.metrics.hit(limit);
        let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        let detail = format!("There were too many {what}. Try again in {seconds} s.");
        Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
    }

    fn check(&self, allows: bool, limit: Limit, what: &str) -> Result<(), Problem> {
        if allows { Ok(()) } else { Err(self.too_many(Duration::from_secs(1), limit, what)) }
    }
}

/// Whom an address stands for: with IPv6, one client has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_network() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn this_machine_and_trusted_proxies_are_exempt() {
        for (loopback, address, exempt) in [
            (false, "127.0.0.1", true),
            (false, "127.8.8.8", true),
            (false, "::1", true),
            (false, "::ffff:127.0.0.1", true),
            (false, "192.0.2.1", false),
            (false, "10.0.0.1", true),
            (true, "127.0.0.1", false),
            (true, "::1", false),
            (true, "10.0.0.1", true),
        ] {
            let options = GatewayOptions {
                limit_loopback: loopback,
                trusted_proxy: std::sync::Arc::new(|address| address.to_string().starts_with("10.")),
                connections_per_address_max: 0,
                ..GatewayOptions::default()
            };
            let limits = Limits::new(&options, &GatewayMetrics::default());
            assert_eq!(limits.connection(address.parse().unwrap()).is_ok(), exempt, "{loopback} {address}");
        }
    }
}
