//! A report as one page that needs nothing else: no script, and nothing from anywhere.

use std::fmt::Write;

use super::number::{count, number, ratio};
use super::plot::{STYLE, latency_plot, series_plot};
use super::words::{machine, parties, settings, title, verdict, way};
use super::{Deliveries, Figure, Latency, Report, Run, Series};

const PAGE_STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--faint:#60646c;--rule:#d9dce1;--bad:#b3261e;--good:#22803a}
@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#edeef0;--faint:#b0b4ba;--rule:#3a3e46;--bad:#ff8a80;\
--good:#62cf7c}}
body{margin:0 auto;max-width:46rem;padding:1rem;background:var(--paper);color:var(--ink);\
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}h2{margin:3rem 0 0;padding-top:1rem;border-top:1px solid var(--rule);font-size:1.25rem}
p{margin:.5rem 0}
.faint,caption,th{color:var(--faint);font-weight:400}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good)}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left}
td,th{padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:baseline}
td:first-child,th:first-child{text-align:left}
a{color:inherit}
td small{color:var(--faint);display:block}
.figure td{white-space:nowrap}.figure td:first-child{white-space:normal;min-width:9rem}
.times td,.times th{white-space:nowrap}
.plot{display:block;width:100%;height:auto;margin:1rem 0}
pre{overflow-x:auto;padding:.6rem;border:1px solid var(--rule);border-radius:.3rem}
summary{cursor:pointer;color:var(--faint)}
@media(max-width:30rem){body{font-size:15px}table{font-size:14px}td,th{padding-right:.35rem}\
.figure td:first-child{min-width:5rem}.plot text{font-size:18px}}
";

/// The report as a page, readable on light and dark and on a phone. What comes from the server is text there and nothing
/// else.
pub fn to_html(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n\
         <title>{} measured</title>\n<style>\n{STYLE}{PAGE_STYLE}</style>\n<h1>{} measured</h1>\n",
        escape(&report.server),
        escape(&report.server)
    );
    _ = writeln!(page, "<p>{}</p>", escape(&parties(report)));
    _ = writeln!(page, "<p class=\"faint\">{}</p>", escape(&machine(&report.machine)));
    page.push_str(
        "<p class=\"faint\">A floor is what the bare work costs without a chat server on this machine in this run. The \
         ratio says how many times that it was: 1 is perfect.</p>\n",
    );
    add_summary(&mut page, &report.runs);
    for (index, run) in report.runs.iter().enumerate() {
        add_run(&mut page, index, run);
    }
    _ = writeln!(page, "<h2>To measure it again</h2>\n<pre>{}</pre>\n</html>", escape(&report.command));
    page
}

/// What a text is in a page, between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// All ratios at a glance, if there are several runs.
fn add_summary(page: &mut String, runs: &[Run]) {
    let mut rows = String::new();
    for (index, run) in runs.iter().enumerate() {
        for figure in &run.figures {
            let (Some(floor), Some(times)) = (&figure.floor, figure.ratio()) else { continue };
            let (name, unit) = (escape(&figure.name), escape(&figure.unit));
            _ = writeln!(
                rows,
                "<tr><td><a href=\"#run{index}\">{}: {name}</a><small>{}</small><td>{} {unit}<td>{} {unit}<td>{}",
                escape(&run.scenario),
                escape(&way(&run.way)),
                number(figure.value),
                number(floor.value),
                ratio(times),
            );
        }
    }
    if runs.len() > 1 && !rows.is_empty() {
        _ = write!(
            page,
            "<div class=\"wide\"><table class=\"figure\"><tr><th>figure<th>value<th>floor<th>ratio\n{rows}</table></div>\n"
        );
    }
}

fn add_run(page: &mut String, index: usize, run: &Run) {
    _ = writeln!(page, "<h2 id=\"run{index}\">{}</h2>", escape(&title(run)));
    if !run.settings.is_empty() {
        _ = writeln!(page, "<p class=\"faint\">{}</p>", escape(&settings(run)));
    }
    if let Some(deliveries) = &run.deliveries {
        add_deliveries(page, deliveries);
    }
    for note in &run.notes {
        _ = writeln!(page, "<p>Note: {}</p>", escape(note));
    }
    if !run.figures.is_empty() {
        add_figures(page, &run.figures);
    }
    if !run.latencies.is_empty() {
        add_latencies(page, &run.latencies);
    }
    add_series(page, &run.series);
}

fn add_deliveries(page: &mut String, deliveries: &Deliveries) {
    let class = if deliveries.are_clean() { "good" } else { "bad" };
    _ = writeln!(page, "<p class=\"{class}\">Deliveries: {}</p>", escape(&verdict(deliveries)));
}

fn add_figures(page: &mut String, figures: &[Figure]) {
    page.push_str("<div class=\"wide\"><table class=\"figure\"><tr><th>figure<th>value<th>floor<th>ratio\n");
    for figure in figures {
        let (name, unit) = (escape(&figure.name), escape(&figure.unit));
        let (floor, times) = match (&figure.floor, figure.ratio()) {
            (Some(floor), Some(times)) => (Some(floor), ratio(times)),
            _ => (None, String::new()),
        };
        _ = write!(page, "<tr><td>{name}");
        if let Some(floor) = floor {
            _ = write!(page, "<small>floor: {}</small>", escape(&floor.name));
        }
        let floor = floor.map_or_else(String::new, |floor| format!("{} {unit}", number(floor.value)));
        _ = writeln!(page, "<td>{} {unit}<td>{floor}<td>{times}", number(figure.value));
    }
    page.push_str("</table></div>\n");
}

fn add_latencies(page: &mut String, latencies: &[Latency]) {
    page.push_str(
        "<div class=\"wide\"><table class=\"times\"><caption>Microseconds</caption>\
         <tr><th>time<th>count<th>min<th>50 %<th>90 %<th>99 %<th>99.9 %<th>max\n",
    );
    for latency in latencies {
        _ = write!(page, "<tr><td>{}", escape(&latency.name));
        if latency.from_due_time {
            page.push_str("<small>from when it was due</small>");
        }
        _ = write!(page, "<td>{}", count(latency.count));
        let Latency { min, p50, p90, p99, p999, max, .. } = *latency;
        for time in [min, p50, p90, p99, p999, max] {
            _ = write!(page, "<td>{}", number(time));
        }
        page.push('\n');
    }
    page.push_str("</table></div>\n");
    if latencies.iter().any(|latency| !latency.curve.is_empty()) {
        page.push_str(&latency_plot(latencies));
    }
}

/// Those with the same axes share a plot. Below it is a table of the same numbers.
fn add_series(page: &mut String, all: &[Series]) {
    let mut left: Vec<&Series> = all.iter().collect();
    while let Some(first) = left.first().copied() {
        let (alike, others): (Vec<&Series>, Vec<&Series>) =
            left.into_iter().partition(|series| series.x == first.x && series.unit == first.unit);
        left = others;
        let alike: Vec<Series> = alike.into_iter().cloned().collect();
        page.push_str(&series_plot(&alike));
        page.push_str("<details><summary>The numbers</summary>\n");
        for series in &alike {
            add_points(page, series);
        }
        page.push_str("</details>\n");
    }
}

fn add_points(page: &mut String, series: &Series) {
    _ = writeln!(
        page,
        "<div class=\"wide\"><table><caption>{}, {}</caption><tr><th>{}<th>value<th>floor<th>ratio",
        escape(&series.name),
        escape(&series.unit),
        escape(&series.x)
    );
    for &(x, value) in &series.points {
        let (floor, times) = series
            .floor_at(x, value)
            .map_or_else(Default::default, |(floor, times)| (number(floor), ratio(times)));
        _ = writeln!(page, "<tr><td>{}<td>{}<td>{floor}<td>{times}", number(x), number(value));
    }
    page.push_str("</table></div>\n");
}
