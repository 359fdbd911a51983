//! What was measured, and how it is shown.

mod latency;
mod run;

pub use run::{Deliveries, Figure, Floor, Latency, Machine, Report, Run, Series, Way};
