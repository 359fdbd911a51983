//! The kinds of values that an option takes: what is allowed, and how it is parsed and printed.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use chinwag_protocol::AddressRange;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::database_url::DatabaseUrl;
use super::origin::Origin;

/// The part of a text that is not allowed; one element where the text is a list.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused(pub(crate) String);

pub(crate) trait Kind {
    type Value;

    /// What stands for a value in the help, as in `--data DIR`.
    fn placeholder(&self) -> String;

    /// Whether it takes any number of values: an array in TOML, separated by commas elsewhere.
    fn is_list(&self) -> bool {
        false
    }

    /// What values are allowed; reads well after "is not".
    fn allowed(&self) -> String;

    fn parse(&self, text: &str) -> Result<Self::Value, Refused>;

    /// Must give a value that [`Kind::parse`] takes back, or refuses because a secret was left out of it.
    fn print(&self, value: &Self::Value) -> toml::Value;
}

fn refused(text: &str) -> Refused {
    Refused(text.to_owned())
}

fn printed(value: &impl Display) -> toml::Value {
    toml::Value::String(value.to_string())
}

/// An IP address and port. Host names are not resolved, except that `localhost` is 127.0.0.1.
pub(crate) struct SocketAddress;

impl Kind for SocketAddress {
    type Value = SocketAddr;

    fn placeholder(&self) -> String {
        "ADDRESS:PORT".to_owned()
    }

    fn allowed(&self) -> String {
        "an IP address with a port, such as 127.0.0.1:8080, 0.0.0.0:8080, [::1]:8080 or localhost:8080"
            .to_owned()
    }

    fn parse(&self, text: &str) -> Result<SocketAddr, Refused> {
        let parsed = match text.strip_prefix("localhost:") {
            Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            None => text.parse().ok(),
        };
        parsed.ok_or_else(|| refused(text))
    }

    fn print(&self, value: &SocketAddr) -> toml::Value {
        printed(value)
    }
}

/// As [`SocketAddress`], or `off` for none.
pub(crate) struct SocketAddressOrOff;

impl Kind for SocketAddressOrOff {
    type Value = Option<SocketAddr>;

    fn placeholder(&self) -> String {
        format!("{}|off", SocketAddress.placeholder())
    }

    fn allowed(&self) -> String {
        format!("`off` or {}", SocketAddress.allowed())
    }

    fn parse(&self, text: &str) -> Result<Option<SocketAddr>, Refused> {
        if text == "off" { Ok(None) } else { SocketAddress.parse(text).map(Some) }
    }

    fn print(&self, value: &Option<SocketAddr>) -> toml::Value {
        match value {
            Some(address) => SocketAddress.print(address),
            None => printed(&"off"),
        }
    }
}

/// A path; a relative one starts at the working directory, whatever source it comes from.
pub(crate) struct Directory;

impl Kind for Directory {
    type Value = PathBuf;

    fn placeholder(&self) -> String {
        "DIR".to_owned()
    }

    fn allowed(&self) -> String {
        "a directory, such as ./data".to_owned()
    }

    fn parse(&self, text: &str) -> Result<PathBuf, Refused> {
        if text.is_empty() { Err(refused(text)) } else { Ok(PathBuf::from(text)) }
    }

    fn print(&self, value: &PathBuf) -> toml::Value {
        printed(&value.display())
    }
}

/// The path of a file, or `off` for none; a relative one starts at the working directory.
pub(crate) struct FileOrOff;

impl Kind for FileOrOff {
    type Value = Option<PathBuf>;

    fn placeholder(&self) -> String {
        "FILE|off".to_owned()
    }

    fn allowed(&self) -> String {
        "`off` or a file, such as ./certificate.pem".to_owned()
    }

    fn parse(&self, text: &str) -> Result<Option<PathBuf>, Refused> {
        match text {
            "" => Err(refused(text)),
            "off" => Ok(None),
            path => Ok(Some(PathBuf::from(path))),
        }
    }

    fn print(&self, value: &Option<PathBuf>) -> toml::Value {
        match value {
            Some(path) => printed(&path.display()),
            None => printed(&"off"),
        }
    }
}

/// The address of a PostgreSQL database, or `off` for none.
pub(crate) struct DatabaseOrOff;

impl Kind for DatabaseOrOff {
    type Value = Option<DatabaseUrl>;

    fn placeholder(&self) -> String {
        "URL|off".to_owned()
    }

    fn allowed(&self) -> String {
        "`off` or the address of a PostgreSQL database, such as postgres://chinwag:PASSWORD@localhost/chinwag \
         (`chinwag config` leaves the password out: put it back)"
            .to_owned()
    }

    fn parse(&self, text: &str) -> Result<Option<DatabaseUrl>, Refused> {
        if text == "off" {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| refused(&DatabaseUrl::without_password(text)))
    }

    fn print(&self, value: &Option<DatabaseUrl>) -> toml::Value {
        match value {
            Some(url) => printed(url),
            None => printed(&"off"),
        }
    }
}

pub(crate) struct WebOrigin;

impl Kind for WebOrigin {
    type Value = Origin;

    fn placeholder(&self) -> String {
        "ORIGIN".to_owned()
    }

    fn allowed(&self) -> String {
        "an origin, such as https://chat.example or http://localhost:5173 (no path; the host in ASCII)"
            .to_owned()
    }

    fn parse(&self, text: &str) -> Result<Origin, Refused> {
        Origin::from_str(text).map_err(|_| refused(text))
    }

    fn print(&self, value: &Origin) -> toml::Value {
        printed(value)
    }
}

pub(crate) struct Network;

impl Kind for Network {
    type Value = AddressRange;

    fn placeholder(&self) -> String {
        "IP[/PREFIX]".to_owned()
    }

    fn allowed(&self) -> String {
        "an IP address or network, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8".to_owned()
    }

    fn parse(&self, text: &str) -> Result<AddressRange, Refused> {
        AddressRange::from_str(text).map_err(|_| refused(text))
    }

    fn print(&self, value: &AddressRange) -> toml::Value {
        printed(value)
    }
}

/// Any number of values of one kind, separated by commas. The empty text is the empty list.
pub(crate) struct List<K>(pub(crate) K);

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn placeholder(&self) -> String {
        self.0.placeholder()
    }

    fn is_list(&self) -> bool {
        true
    }

    fn allowed(&self) -> String {
        self.0.allowed()
    }

    fn parse(&self, text: &str) -> Result<Vec<K::Value>, Refused> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        text.split(',').map(|element| self.0.parse(element.trim())).collect()
    }

    fn print(&self, value: &Vec<K::Value>) -> toml::Value {
        value.iter().map(|element| self.0.print(element)).collect::<Vec<_>>().into()
    }
}

/// An amount of bytes from `min` to `max`, plain or with a unit of 1024.
pub(crate) struct Size {
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl Size {
    const UNITS: [(&'static str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

    /// In the largest unit that leaves no fraction.
    fn text(bytes: usize) -> String {
        match Self::UNITS.iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
            Some((name, unit)) => format!("{}{name}", bytes / unit),
            None => bytes.to_string(),
        }
    }
}

impl Kind for Size {
    type Value = usize;

    fn placeholder(&self) -> String {
        "SIZE".to_owned()
    }

    fn allowed(&self) -> String {
        let (min, max) = (Self::text(self.min), Self::text(self.max));
        format!("a size from {min} to {max}, such as 1048576, 512KiB or 1MiB")
    }

    fn parse(&self, text: &str) -> Result<usize, Refused> {
        let (digits, unit) = Self::UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))
            .unwrap_or((text, 1));
        whole_number(digits)
            .and_then(|number: usize| number.checked_mul(unit))
            .filter(|bytes| (self.min..=self.max).contains(bytes))
            .ok_or_else(|| refused(text))
    }

    fn print(&self, value: &usize) -> toml::Value {
        printed(&Self::text(*value))
    }
}

/// A whole number from `min` to `max`.
pub(crate) struct Count {
    pub(crate) min: u32,
    pub(crate) max: u32,
}

impl Kind for Count {
    type Value = u32;

    fn placeholder(&self) -> String {
        "NUMBER".to_owned()
    }

    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }

    fn parse(&self, text: &str) -> Result<u32, Refused> {
        whole_number(text)
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| refused(text))
    }

    fn print(&self, value: &u32) -> toml::Value {
        toml::Value::from(*value)
    }
}

/// Digits only: the standard parser would also take a leading `+`.
fn whole_number<N: FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A level, `TARGET=LEVEL`, or several separated by commas.
///
/// Stricter than the logging library, which takes a mistyped level for the name of a target.
pub(crate) struct LogDirectives;

impl LogDirectives {
    fn level(text: &str) -> Option<LevelFilter> {
        match text {
            "off" => Some(LevelFilter::OFF),
            "error" => Some(LevelFilter::ERROR),
            "warn" => Some(LevelFilter::WARN),
            "info" => Some(LevelFilter::INFO),
            "debug" => Some(LevelFilter::DEBUG),
            "trace" => Some(LevelFilter::TRACE),
            _ => None,
        }
    }
}

impl Kind for LogDirectives {
    type Value = Targets;

    fn placeholder(&self) -> String {
        "FILTER".to_owned()
    }

    fn allowed(&self) -> String {
        "a level (off, error, warn, info, debug, trace) or TARGET=LEVEL, such as info or info,chinwag_store=debug"
            .to_owned()
    }

    fn parse(&self, text: &str) -> Result<Targets, Refused> {
        text.split(',').map(str::trim).try_fold(Targets::new(), |targets, directive| {
            let (target, level) = match directive.split_once('=') {
                Some((target, level)) => (Some(target), level),
                None => (None, directive),
            };
            match (target, Self::level(level)) {
                (None, Some(level)) => Ok(targets.with_default(level)),
                (Some(target), Some(level)) if !target.is_empty() => Ok(targets.with_target(target, level)),
                _ => Err(refused(directive)),
            }
        })
    }

    fn print(&self, value: &Targets) -> toml::Value {
        printed(value)
    }
}

/// One of two words, each standing for a value.
pub(crate) struct Either<T>(pub(crate) (&'static str, T), pub(crate) (&'static str, T));

impl<T: Copy + PartialEq> Kind for Either<T> {
    type Value = T;

    fn placeholder(&self) -> String {
        format!("{}|{}", self.0.0, self.1.0)
    }

    fn allowed(&self) -> String {
        format!("`{}` or `{}`", self.0.0, self.1.0)
    }

    fn parse(&self, text: &str) -> Result<T, Refused> {
        let Self((one, one_value), (other, other_value)) = self;
        if text == *one {
            Ok(*one_value)
        } else if text == *other {
            Ok(*other_value)
        } else {
            Err(refused(text))
        }
    }

    fn print(&self, value: &T) -> toml::Value {
        let Self((one, one_value), (other, _)) = self;
        printed(if value == one_value { one } else { other })
    }
}
