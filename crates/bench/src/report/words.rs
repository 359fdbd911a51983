//! Sentences that text and page share.

use serde_json::Value;

use super::number::{count, number};
use super::{Deliveries, Machine, Report, Run, Way};

/// What begins a run: `room, websocket over http1 with TLS`.
pub(super) fn title(run: &Run) -> String {
    format!("{}, {}", run.scenario, way(&run.way))
}

/// `websocket over http1 with TLS`.
pub(super) fn way(way: &Way) -> String {
    format!("{} over {}{}", way.transport, way.protocol, if way.tls { " with TLS" } else { "" })
}

/// `outstanding 1, warm-up 0.300 seconds`.
pub(super) fn settings(run: &Run) -> String {
    let texts: Vec<String> =
        run.settings.iter().map(|(name, value)| format!("{name} {}", setting(value))).collect();
    texts.join(", ")
}

/// An object's names are units of its values.
fn setting(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(value) => value.as_f64().map_or_else(String::new, number),
        Value::Object(fields) => {
            let texts: Vec<String> =
                fields.iter().map(|(name, value)| format!("{} {name}", setting(value))).collect();
            texts.join(" ")
        }
        value => value.to_string(),
    }
}

/// Who measured what, and when.
pub(super) fn parties(report: &Report) -> String {
    format!("{} measured {}, {}", report.tool, report.server, report.began)
}

/// Where.
pub(super) fn machine(machine: &Machine) -> String {
    let server = match machine.server_cores.as_str() {
        "" => "server elsewhere".to_owned(),
        cores => format!("server on core {cores}"),
    };
    let memory = number((machine.memory as f64 / f64::from(1 << 30) * 10.0).round() / 10.0);
    let Machine { tool_cores, cpu, kernel, .. } = machine;
    format!("{server}, tool on core {tool_cores}; {cpu}, Linux {kernel}, {memory} GiB")
}

/// What became of the messages, in a sentence.
pub(super) fn verdict(deliveries: &Deliveries) -> String {
    let Deliveries { sent, acknowledged, refused, expected, delivered, .. } = *deliveries;
    let messages =
        format!("{} sent, {} acknowledged, {} refused", count(sent), count(acknowledged), count(refused));
    if deliveries.are_clean() {
        return format!("all {} came exactly once and in order; {messages}", count(delivered));
    }
    let wrong = [
        (deliveries.lost, "lost"),
        (deliveries.doubled, "doubled"),
        (deliveries.disordered, "out of order"),
        (deliveries.foreign, "to the wrong reader or never sent"),
    ];
    let wrong: Vec<String> =
        wrong.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    // Sums that do not add up are told as such: then it is the tool that is wrong.
    let wrong = if wrong.is_empty() { "the counts disagree".to_owned() } else { wrong.join(", ") };
    format!("NOT CLEAN: {wrong}; {} of {} came; {messages}", count(delivered), count(expected))
}
