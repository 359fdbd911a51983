//! How times are distributed.

use super::axis::{Axis, label, share_label};
use super::draw::{Line, Plot};
use crate::report::Latency;

/// An SVG file of the curves of latencies: how many in a hundred took at most how long.
pub fn write_latency_plot(latencies: &[Latency]) -> String {
    with_plot(latencies, |plot| plot.file())
}

/// The same as an element of a page.
pub(in crate::report) fn latency_plot(latencies: &[Latency]) -> String {
    with_plot(latencies, |plot| plot.draw())
}

fn with_plot(latencies: &[Latency], draw: impl FnOnce(&Plot<'_>) -> String) -> String {
    let points = || latencies.iter().flat_map(|latency| &latency.curve);
    let lines = latencies.iter().enumerate().map(|(colour, latency)| Line {
        name: latency.name.clone(),
        colour,
        is_floor: false,
        marks: false,
        points: &latency.curve,
    });
    let names: Vec<&str> = latencies.iter().map(|latency| latency.name.as_str()).collect();
    draw(&Plot {
        title: format!("{}: times by the share that took no longer", names.join(", ")),
        x: Axis::percentile(points().map(|&(share, _)| share)),
        x_name: "took no longer",
        x_label: &share_label,
        y: Axis::log(points().map(|&(_, time)| time)),
        y_name: "",
        y_label: &|time| label(time, "µs"),
        lines: lines.collect(),
    })
}
