//! Where the database is, and how it is spoken to.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{Trust, connector};
use super::{PostgresOpenError, PostgresOptions};

/// An address that was understood. Shown without its password.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    shown: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    pub(super) fn parse(url: &str, options: &PostgresOptions) -> Result<Self, PostgresOpenError> {
        let refused = |what: String| PostgresOpenError::Address { what };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(refused("it does not begin with postgres://".to_owned()));
        }
        let (url, security) = take_security(url).map_err(refused)?;
        let mut config: Config = url.parse().map_err(|error| refused(super::failure::told(&error)))?;
        config.ssl_mode(security.mode);
        // One host that does not answer leaves time for the next.
        let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX).max(1);
        config.connect_timeout(options.connect_patience / hosts);
        // Unanswered for as long as a flight may take, a connection is lost.
        config.tcp_user_timeout(options.commit_patience);
        config.keepalives_idle(options.commit_patience);
        if config.get_hosts().len() > 1 {
            // Of a primary and its standbys, the primary, whichever it is at the moment.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let shown = shown(&config);
        let tls = connector(&security.trust)
            .map_err(|what| PostgresOpenError::Tls { address: shown.clone(), what })?;
        Ok(Self { config, tls, shown })
    }
}

/// What the address says of encryption.
struct Security {
    mode: SslMode,
    trust: Trust,
}

/// The address without `sslmode` and `sslrootcert`, and what they say. The driver knows three modes; in the others it
/// would not do what they are named for.
fn take_security(url: &str) -> Result<(String, Security), String> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut root) = ("prefer".to_owned(), None);
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || {
            let value = percent_decode_str(value).decode_utf8();
            value.map(|value| value.into_owned()).map_err(|_| format!("{name} is not UTF-8"))
        };
        match name {
            "sslmode" => mode = value()?,
            "sslrootcert" => root = Some(PathBuf::from(value()?)),
            _ => rest.push(pair),
        }
    }
    let security = match mode.as_str() {
        "disable" => Security { mode: SslMode::Disable, trust: Trust::Anyone },
        "prefer" => Security { mode: SslMode::Prefer, trust: Trust::Anyone },
        "require" => Security { mode: SslMode::Require, trust: Trust::Anyone },
        "verify-full" => Security { mode: SslMode::Require, trust: root.map_or(Trust::System, Trust::File) },
        mode => {
            return Err(format!("sslmode is {mode}, but must be disable, prefer, require or verify-full"));
        }
    };
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok((url, security))
}

/// Hosts, ports and database.
fn shown(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        })
        .collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, PostgresOpenError> {
        Address::parse(url, &PostgresOptions::default())
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = parse("postgres://ada:secret@db.example:5433/chat?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "db.example:5433/chat");
        assert_eq!(format!("{address:?}"), "db.example:5433/chat");
        let address = parse("postgresql:///chat?host=/run/postgresql&user=ada").unwrap();
        assert_eq!(address.to_string(), "/run/postgresql:5432/chat");
        let address = parse("postgres://a@one:1,two:2/chat").unwrap();
        assert_eq!(address.to_string(), "one:1,two:2/chat");
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn encryption_is_what_its_name_says() {
        let mode = |query: &str| take_security(&format!("postgres://h/d{query}")).map(|(_, s)| s);
        for (query, mode_of_driver, trust) in [
            ("", SslMode::Prefer, Trust::Anyone),
            ("?sslmode=disable", SslMode::Disable, Trust::Anyone),
            ("?sslmode=prefer", SslMode::Prefer, Trust::Anyone),
            ("?sslmode=require", SslMode::Require, Trust::Anyone),
            ("?sslmode=verify-full", SslMode::Require, Trust::System),
            ("?sslrootcert=%2Fa%20b&sslmode=verify-full", SslMode::Require, Trust::File("/a b".into())),
        ] {
            let security = mode(query).unwrap();
            assert_eq!((security.mode, security.trust), (mode_of_driver, trust), "{query}");
        }
        for refused in ["allow", "verify-ca", "yes", ""] {
            assert!(mode(&format!("?sslmode={refused}")).is_err(), "{refused}");
        }
        let (url, _) = take_security("postgres://h/d?user=ada&sslmode=require&port=1").unwrap();
        assert_eq!(url, "postgres://h/d?user=ada&port=1");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for url in ["", "mysql://ada:secret@h/d", "host=h password=secret", "postgres://h:secret/d"] {
            let refusal = parse(url).unwrap_err();
            assert!(matches!(refusal, PostgresOpenError::Address { .. }), "{url}: {refusal}");
            assert!(!refusal.to_string().contains("secret"), "{refusal}");
        }
    }
}
