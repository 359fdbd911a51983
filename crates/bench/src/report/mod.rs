//! What was measured, and how it is shown: as [text](to_text) for a terminal, as [JSON](to_json), and as a [page](to_html).

mod html;
mod json;
mod latency;
mod number;
mod plot;
mod run;
mod text;
mod words;

pub use html::to_html;
pub use json::{from_json, to_json};
pub use plot::{write_latency_plot, write_plot};
pub use run::{Deliveries, Figure, Floor, Latency, Machine, Report, Run, Series, Way};
pub use text::to_text;
