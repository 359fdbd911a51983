//! What was measured, and how it is shown.

mod run;

pub use run::{Deliveries, Figure, Floor, Latency, Machine, Report, Run, Series, Way};
