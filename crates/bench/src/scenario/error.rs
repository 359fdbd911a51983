//! Why a scenario has no result.

use std::io;

use chinwag_client::ClientError;

use crate::fill::FillError;
use crate::floor::FloorError;
use crate::outside::MetricsError;
use crate::target::TargetError;

/// Why a scenario has no result.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The server did not answer, or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server could not be started anew.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The server's metrics are not there.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The system did not tell what the server uses, or had nothing to give.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// There is no database to read from.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// A floor cannot be measured.
    #[error("a floor: {0}")]
    Floor(#[from] FloorError),
    /// The scenario cannot be run so.
    #[error("{0}")]
    Unfit(String),
    /// It did not come to its end in time, or something happened that must not.
    #[error("{0}")]
    Failed(String),
}
