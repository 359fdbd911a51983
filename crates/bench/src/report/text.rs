//! A report for a terminal.

use std::fmt::Write;

use super::number::{count, number, ratio};
use super::words::{machine, parties, settings, title, verdict};
use super::{Figure, Latency, Report, Run, Series};

/// The report as lines of text.
///
/// Names and notes may come from the server: control characters, by which it could write over the screen, are replaced.
pub fn to_text(report: &Report) -> String {
    let mut text = format!("{}\n{}\n", parties(report), machine(&report.machine));
    for run in &report.runs {
        text.push('\n');
        add_run(&mut text, run);
    }
    _ = write!(text, "\nAgain: {}\n", report.command);
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

fn add_run(text: &mut String, run: &Run) {
    _ = writeln!(text, "{}", line(&title(run)));
    if !run.settings.is_empty() {
        _ = writeln!(text, "  {}", line(&settings(run)));
    }
    if !run.figures.is_empty() {
        text.push('\n');
        add_figures(text, &run.figures);
    }
    if !run.latencies.is_empty() {
        text.push('\n');
        add_latencies(text, &run.latencies);
    }
    for series in &run.series {
        text.push('\n');
        add_series(text, series);
    }
    if let Some(deliveries) = &run.deliveries {
        _ = write!(text, "\n  Deliveries: {}\n", verdict(deliveries));
    }
    if !run.notes.is_empty() {
        text.push('\n');
    }
    for note in &run.notes {
        _ = writeln!(text, "  Note: {}", line(note));
    }
}

fn add_figures(text: &mut String, figures: &[Figure]) {
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|figure| {
            let mut row = vec![line(&figure.name), number(figure.value), line(&figure.unit)];
            if let (Some(floor), Some(times)) = (&figure.floor, figure.ratio()) {
                row.extend([ratio(times), "floor".to_owned(), number(floor.value)]);
                row.push(format!("({})", line(&floor.name)));
            }
            row
        })
        .collect();
    let sides = [Side::Left, Side::Right, Side::Left, Side::Right, Side::Left, Side::Right, Side::Left];
    add_table(text, &rows, &sides);
}

fn add_latencies(text: &mut String, latencies: &[Latency]) {
    let head = ["µs", "count", "min", "50 %", "90 %", "99 %", "99.9 %", "max"].map(String::from).to_vec();
    let rows = latencies.iter().map(|latency| {
        let Latency { min, p50, p90, p99, p999, max, .. } = *latency;
        let mark = if latency.from_due_time { " *" } else { "" };
        let mut row = vec![line(&latency.name) + mark, count(latency.count)];
        row.extend([min, p50, p90, p99, p999, max].map(number));
        row
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let mut sides = [Side::Right; 8];
    sides[0] = Side::Left;
    add_table(text, &rows, &sides);
    if latencies.iter().any(|latency| latency.from_due_time) {
        text.push_str(
            "  * counted from when the message was due, so that a stall is charged to all whom it delays\n",
        );
    }
}

fn add_series(text: &mut String, series: &Series) {
    _ = writeln!(text, "  {}, {}", line(&series.name), line(&series.unit));
    let mut rows = vec![vec![line(&series.x), "value".to_owned()]];
    if !series.floor.is_empty() {
        rows[0].extend(["floor", "ratio"].map(String::from));
    }
    for &(x, value) in &series.points {
        let mut row = vec![number(x), number(value)];
        if let Some((floor, times)) = series.floor_at(x, value) {
            row.extend([number(floor), ratio(times)]);
        }
        rows.push(row);
    }
    add_table(text, &rows, &[Side::Right; 4]);
}

/// Where a column's text stands.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Lines whose columns stand below each other, two spaces apart.
fn add_table(text: &mut String, rows: &[Vec<String>], sides: &[Side]) {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    for row in rows {
        let mut full = String::new();
        for ((cell, side), &width) in row.iter().zip(sides).zip(&widths) {
            _ = match side {
                Side::Left => write!(full, "  {cell:width$}"),
                Side::Right => write!(full, "  {cell:>width$}"),
            };
        }
        _ = writeln!(text, "{}", full.trim_end());
    }
}

/// One line, whatever it was.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
