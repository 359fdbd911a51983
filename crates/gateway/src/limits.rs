//! What each client may ask for, and how often: by its address, and by its device once it has signed in.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use chinwag_protocol::{Code, DeviceId, Problem, Username};
use tokio::time::Instant;

use crate::client::Client;
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
    wrong_for_account: SlowRateLimit<Guesser>,
    wrong_from_address: SlowRateLimit<IpAddr>,
    streams: Occupancy<DeviceId>,
    /// Changes.
    commands: RateLimit<DeviceId>,
    /// What changes nothing: acknowledgements, and frames that are no commands.
    notes: RateLimit<DeviceId>,
    reads: RateLimit<DeviceId>,
    metrics: GatewayMetrics,
}

/// Who may be guessing which password. Not the account alone: a guesser elsewhere must not lock its owner out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Guesser {
    Address(IpAddr, Username),
    Device(DeviceId),
}

/// A try at a password. It counts unless it is given back.
#[derive(Debug)]
pub(crate) struct Try {
    guesser: Option<Guesser>,
    address: Option<IpAddr>,
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
            wrong_for_account: SlowRateLimit::new(options.wrong_passwords_per_account),
            wrong_from_address: SlowRateLimit::new(options.wrong_passwords_per_address),
            streams: Occupancy::new(options.streams_per_device_max),
            commands: RateLimit::new(options.commands_per_device),
            notes: RateLimit::new(options.notes_per_device),
            reads: RateLimit::new(options.reads_per_device),
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
    pub(crate) fn try_of(&self, client: &Client, username: &Username) -> Result<Try, Problem> {
        let Some((on, address)) = self.limited(client) else {
            return Ok(Try { guesser: None, address: None });
        };
        let tried = on.try_by(Guesser::Address(address, username.clone()))?;
        let allows = on.wrong_from_address.take(address, Instant::now());
        let what = "wrong passwords from this address";
        if let Err(problem) = on.check_slow(allows, Limit::WrongPasswordsPerAddress, what) {
            self.give_back(tried);
            return Err(problem);
        }
        Ok(Try { address: Some(address), ..tried })
    }

    /// A try of `device` at the password of its own account.
    pub(crate) fn try_of_device(&self, device: DeviceId) -> Result<Try, Problem> {
        match &self.0 {
            Some(on) => on.try_by(Guesser::Device(device)),
            None => Ok(Try { guesser: None, address: None }),
        }
    }

    /// What was tried was right, or nobody knows.
    pub(crate) fn give_back(&self, tried: Try) {
        let Some(on) = &self.0 else { return };
        let now = Instant::now();
        if let Some(guesser) = tried.guesser {
            on.wrong_for_account.give_back(guesser, now);
        }
        if let Some(address) = tried.address {
            on.wrong_from_address.give_back(address, now);
        }
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

    /// A change that `device` asks for.
    pub(crate) fn command(&self, device: DeviceId) -> Result<(), Problem> {
        self.device(device, Limit::CommandsPerDevice, |on| &on.commands, "requests from this device")
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

    fn try_by(&self, guesser: Guesser) -> Result<Try, Problem> {
        let allows = self.wrong_for_account.take(guesser.clone(), Instant::now());
        self.check_slow(allows, Limit::WrongPasswordsPerAccount, "wrong passwords")?;
        Ok(Try { guesser: Some(guesser), address: None })
    }

    fn check_slow(&self, allows: Result<(), Duration>, limit: Limit, what: &str) -> Result<(), Problem> {
        let Err(wait) = allows else { return Ok(()) };
        self.metrics.hit(limit);
        let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        let detail = format!("There were too many {what}. Try again in {seconds} s.");
        Err(Problem::new(Code::TooManyRequests, detail).retry_after(seconds))
    }

    fn check(&self, allows: bool, limit: Limit, what: &str) -> Result<(), Problem> {
        if allows {
            return Ok(());
        }
        self.metrics.hit(limit);
        let detail = format!("There were too many {what}. Try again in 1 s.");
        Err(Problem::new(Code::TooManyRequests, detail).retry_after(1))
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
