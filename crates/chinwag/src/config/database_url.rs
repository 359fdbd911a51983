use std::fmt;
use std::str::FromStr;

/// Stands where a password was, in what is printed.
const LEFT_OUT: &str = "LEFT-OUT";

/// The address of a PostgreSQL database, such as `postgres://user:password@host:5432/database?sslmode=require`. What it
/// says beyond its beginning is understood where the database is opened. Printed without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The text is no address of a PostgreSQL database, or one that was printed without its password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a PostgreSQL database with its password")]
pub struct ParseDatabaseUrlError;

impl DatabaseUrl {
    /// The address as it was given.
    pub fn with_password(&self) -> &str {
        &self.0
    }

    /// Any text without what may be a password in it.
    pub(crate) fn without_password(text: &str) -> String {
        let (address, query) = match text.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (text, None),
        };
        let mut shown = match address.rsplit_once('@') {
            Some((before, host)) => {
                let (scheme, user) = before.split_once("://").unwrap_or(("", before));
                let separator = if scheme.is_empty() { "" } else { "://" };
                match user.split_once(':') {
                    Some((user, _)) => format!("{scheme}{separator}{user}:{LEFT_OUT}@{host}"),
                    None => address.to_owned(),
                }
            }
            None => address.to_owned(),
        };
        for (at, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
            shown.push(if at == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some(("password", _)) => shown.push_str(&format!("password={LEFT_OUT}")),
                _ => shown.push_str(pair),
            }
        }
        shown
    }
}

impl FromStr for DatabaseUrl {
    type Err = ParseDatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseDatabaseUrlError> {
        let is_address = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if !is_address || text.contains(char::is_whitespace) || text.contains(LEFT_OUT) {
            return Err(ParseDatabaseUrlError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Self::without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_printed_and_what_was_printed_without_it_is_not_taken() {
        for (given, printed) in [
            ("postgres://db/chat", "postgres://db/chat"),
            ("postgres://ada@db:5433/chat?sslmode=require", "postgres://ada@db:5433/chat?sslmode=require"),
            ("postgres://ada:secret@db/chat", "postgres://ada:LEFT-OUT@db/chat"),
            // An @ in a password should be written as %40, and often is not.
            ("postgresql://ada:sec@ret@db/chat", "postgresql://ada:LEFT-OUT@db/chat"),
            ("postgres:///chat?host=/run&password=secret", "postgres:///chat?host=/run&password=LEFT-OUT"),
        ] {
            let url: DatabaseUrl = given.parse().unwrap();
            assert_eq!((url.to_string().as_str(), format!("{url:?}").as_str()), (printed, printed));
            assert_eq!(url.with_password(), given);
            assert_eq!(printed.parse::<DatabaseUrl>().is_ok(), given == printed, "{printed}");
        }
        for refused in ["", "db/chat", "mysql://db/chat", "postgres://db/chat name", "postgres:/db"] {
            assert_eq!(refused.parse::<DatabaseUrl>(), Err(ParseDatabaseUrlError));
        }
        assert_eq!(DatabaseUrl::without_password("mysql://ada:secret@db"), "mysql://ada:LEFT-OUT@db");
        assert_eq!(DatabaseUrl::without_password("ada:secret@db"), "ada:LEFT-OUT@db");
    }
}
