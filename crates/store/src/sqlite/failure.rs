//! What goes wrong between this store and its database.

use crate::StoreError;

pub(super) type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error("{place}: {what}")]
    Damaged { place: String, what: String },
}

impl Failure {
    pub(super) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
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
            error => Self::Sqlite(error),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sqlite(error) => Self::Database(error.to_string()),
            Failure::Damaged { place, what } => Self::Damaged { place, what },
        }
    }
}
