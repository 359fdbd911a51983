//! Plots as SVG: lines over axes, drawn by a few functions of our own.

mod axis;
mod draw;
mod latency;
mod series;

pub use latency::write_latency_plot;
pub use series::write_plot;

pub(super) use draw::STYLE;
pub(super) use latency::latency_plot;
pub(super) use series::series_plot;
