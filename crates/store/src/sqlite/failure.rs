//! What goes wrong between this store and its database.

use rusqlite::ErrorCode;

use super::wal::WalError;
use crate::StoreError;

pub(super) type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error("{place}: {what}")]
    Damaged { place: String, what: String },
    /// The data folder cannot be used now.
    #[error("{0}")]
    Unusable(String),
    #[error("the writer panicked; the message stands above in the log")]
    Panicked,
}

impl Failure {
    pub(super) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    pub(super) fn unusable(what: &str, error: &std::io::Error) -> Self {
        Self::Unusable(format!("{what}: {error}"))
    }

    /// Whether the disk is to blame, so that what comes next will fail as well until something about it has changed.
    pub(super) fn is_of_the_disk(&self) -> bool {
        let Self::Sqlite(error) = self else { return matches!(self, Self::Unusable(_)) };
        let code = error.sqlite_error_code();
        matches!(
            code,
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
            )
        )
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(column, _, what) => {
                Self::damaged(format!("column {column} of a row"), what.to_string())
            }
            rusqlite::Error::IntegralValueOutOfRange(column, value) => {
                Self::damaged(format!("column {column} of a row"), format!("{value} is out of range"))
            }
            rusqlite::Error::InvalidColumnType(_, name, kind) => {
                Self::damaged(format!("column {name} of a row"), format!("unexpected type {kind}"))
            }
            error if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Self::damaged("the database file", error.to_string())
            }
            error => Self::Sqlite(error),
        }
    }
}

impl From<WalError> for Failure {
    fn from(error: WalError) -> Self {
        match error {
            WalError::Io(error) => Self::unusable("the write-ahead log cannot be written anew", &error),
            WalError::Damaged(what) => Self::damaged("the database file", what),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sqlite(error) => Self::Database(error.to_string()),
            Failure::Unusable(what) => Self::Database(what),
            Failure::Damaged { place, what } => Self::Damaged { place, what },
            Failure::Panicked => Self::Database(failure.to_string()),
        }
    }
}
