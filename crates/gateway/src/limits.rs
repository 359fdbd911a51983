//! How often each client may ask.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use chinwag_protocol::{Code, DeviceId, Problem};
use chinwag_sabotage::{Promise, breaks};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::generations::Generations;

/// Clients that each limit remembers, twice.
const CLIENTS_MAX: usize = 50_000;

/// The limits on how often clients may ask.
#[derive(Debug)]
pub(crate) struct Limits {
    /// New guests by address. A whole school may come at once from behind one address.
    guests: Option<RateLimit<IpAddr>>,
    /// Changes by device.
    commands: Option<RateLimit<DeviceId>>,
    /// What changes nothing, by device: acknowledgements, and frames that are no commands.
    notes: Option<RateLimit<DeviceId>>,
}

impl Limits {
    pub(crate) fn new(on: bool) -> Self {
        Self {
            guests: on.then(|| RateLimit::new(100, 1)),
            commands: on.then(|| RateLimit::new(500, 50)),
            notes: on.then(|| RateLimit::new(1_000, 100)),
        }
    }

    /// Counts a guest that the client at `address` asks for.
    pub(crate) fn guest(&self, address: IpAddr) -> Result<(), Problem> {
        take(self.guests.as_ref(), network(address), "new guests from this address")
    }

    /// Counts a change that `device` asks for.
    pub(crate) fn command(&self, device: DeviceId) -> Result<(), Problem> {
        take(self.commands.as_ref(), device, "requests from this device")
    }

    /// Counts an acknowledgement of `device`, or a frame that is no command.
    pub(crate) fn note(&self, device: DeviceId) -> Result<(), Problem> {
        take(self.notes.as_ref(), device, "acknowledgements, pings and bad frames from this device")
    }
}

fn take<K: Hash + Eq>(limit: Option<&RateLimit<K>>, key: K, what: &str) -> Result<(), Problem> {
    let Some(limit) = limit else { return Ok(()) };
    limit.take(key, Instant::now()).map_err(|seconds| {
        let detail = format!("There were too many {what}. Try again in {seconds} s.");
        Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
    })
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

/// A token bucket for each key.
struct RateLimit<K> {
    buckets: Mutex<Generations<K, Bucket>>,
    burst: u32,
    per_second: u32,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl<K> fmt::Debug for RateLimit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateLimit({} at once, then {}/s)", self.burst, self.per_second)
    }
}

impl<K: Hash + Eq> RateLimit<K> {
    fn new(burst: u32, per_second: u32) -> Self {
        Self { buckets: Mutex::new(Generations::new(CLIENTS_MAX)), burst, per_second }
    }

    /// Takes a token, or says after how many seconds there will be one.
    fn take(&self, key: K, now: Instant) -> Result<(), u32> {
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(key, || Bucket { tokens: f64::from(self.burst), filled: now });
        let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * f64::from(self.per_second);
        bucket.tokens = (bucket.tokens + gained).min(f64::from(self.burst));
        bucket.filled = now;
        if bucket.tokens >= 1.0 || breaks(Promise::LimitRates) {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        // At least one a second comes back.
        Err(1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_a_rate() {
        let limit = RateLimit::new(3, 2);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limit.take("a", start), Ok(()));
        }
        assert_eq!(limit.take("a", start), Err(1));
        assert_eq!(limit.take("b", start), Ok(()));
        assert_eq!(limit.take("a", start + Duration::from_millis(500)), Ok(()));
        assert_eq!(limit.take("a", start + Duration::from_millis(500)), Err(1));
        let later = start + Duration::from_secs(3600);
        assert!((0..3).all(|_| limit.take("a", later).is_ok()));
        assert_eq!(limit.take("a", later), Err(1));
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
