//! What figures do as the work grows.

use super::axis::{Axis, label};
use super::draw::{Line, Plot};
use crate::report::Series;

/// An SVG file of series that have the same `x` and `unit`, each with its floor, on logarithmic axes.
///
/// Values that have no logarithm are left out. It needs nothing else, and is readable on light and on dark.
pub fn write_plot(series: &[Series]) -> String {
    with_plot(series, |plot| plot.file())
}

/// The same as an element of a page.
pub(in crate::report) fn series_plot(series: &[Series]) -> String {
    with_plot(series, |plot| plot.draw())
}

fn with_plot(series: &[Series], draw: impl FnOnce(&Plot<'_>) -> String) -> String {
    let (x_name, unit) = series.first().map_or(("", ""), |first| (first.x.as_str(), first.unit.as_str()));
    let points = || series.iter().flat_map(|series| series.points.iter().chain(&series.floor));
    let lines = series.iter().enumerate().flat_map(|(colour, series)| {
        let line = |name: String, is_floor: bool| {
            let points = if is_floor { &series.floor } else { &series.points };
            Line { name, colour, is_floor, marks: true, points }
        };
        let value = Some(line(series.name.clone(), false));
        let floor = (!series.floor.is_empty()).then(|| line(format!("{}: floor", series.name), true));
        [value, floor].into_iter().flatten()
    });
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
    draw(&Plot {
        title: format!("{} by {x_name}", names.join(", ")),
        x: Axis::log(points().map(|&(x, _)| x)),
        x_name,
        x_label: &|x| label(x, ""),
        y: Axis::log(points().map(|&(_, y)| y)),
        y_name: if unit == "µs" { "" } else { unit },
        y_label: &|y| label(y, unit),
        lines: lines.collect(),
    })
}
