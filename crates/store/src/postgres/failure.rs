//! What goes wrong between this store and its database.

use std::error::Error as _;
use std::time::Duration;

use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::StoreError;

pub(super) type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", told(.0))]
    Postgres(tokio_postgres::Error),
    #[error("{place}: {what}")]
    Damaged { place: String, what: String },
    /// What the server is doing, nobody knows.
    #[error("PostgreSQL did not answer within {} s", .0.as_secs_f64())]
    Late(Duration),
    #[error("PostgreSQL is not used now: {0}")]
    Unusable(String),
    #[error("the writer panicked; the message stands above in the log")]
    Panicked,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl Failure {
    pub(super) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    /// Whether the connection is gone or cannot be trusted any more.
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Postgres(error) => {
                error.as_db_error().is_none_or(|error| error.parsed_severity() != Some(Severity::Error))
            }
            Self::Late(_) => true,
            _ => false,
        }
    }
}

/// The server's own words, or what happened to the connection.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => told_by_server(error),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

fn told_by_server(error: &DbError) -> String {
    let hint = match error.hint() {
        Some(hint) => format!(". {hint}"),
        None if *error.code() == SqlState::TOO_MANY_CONNECTIONS => {
            ". Raise max_connections in postgresql.conf".to_owned()
        }
        None => String::new(),
    };
    format!("{} ({}){hint}", error.message(), error.code().code())
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Damaged { place, what } => Self::Damaged { place, what },
            Failure::Closed => Self::Closed,
            failure => Self::Database(failure.to_string()),
        }
    }
}
