//! A report written by hand.

use std::collections::BTreeMap;

use chinwag_bench::report::{Deliveries, Figure, Floor, Latency, Machine, Report, Run, Series, Way};
use serde_json::json;

pub(crate) fn report() -> Report {
    Report {
        tool: "chinwag 0.1.0".to_owned(),
        server: "chinwag/0.1.0".to_owned(),
        began: "2026-11-25T19:28:07Z".to_owned(),
        machine: Machine {
            tool_cores: "1".to_owned(),
            server_cores: "0".to_owned(),
            cpu: "Example 3000".to_owned(),
            kernel: "6.18.44".to_owned(),
            memory: 16_642_998_272,
        },
        command: "chinwag bench room --readers 1000".to_owned(),
        runs: vec![room(), pairs()],
    }
}

/// With everything that a run can have.
pub(crate) fn room() -> Run {
    Run {
        scenario: "room".to_owned(),
        way: Way { transport: "websocket".to_owned(), protocol: "http1".to_owned(), tls: false },
        settings: BTreeMap::from([
            ("readers".to_owned(), json!(1000)),
            ("loop".to_owned(), json!("closed")),
            ("outstanding".to_owned(), json!(1)),
            ("tls".to_owned(), json!(false)),
            ("warm-up".to_owned(), json!({ "seconds": 0.3 })),
        ]),
        figures: vec![
            figure("server CPU per delivery", 8.1234, "µs", Some(("epoll loop, 1 frame a write", 5.4))),
            figure("deliveries", 115_359.6, "/s", Some(("epoll loop, 1 frame a write", 173_039.4))),
            figure("server memory, private", 41.0, "MiB", None),
        ],
        latencies: vec![
            Latency {
                name: "send to last reader".to_owned(),
                from_due_time: true,
                count: 12_000,
                min: 3_100.0,
                p50: 8_000.4,
                p90: 9_120.0,
                p99: 12_345.0,
                p999: 25_000.0,
                max: 31_002.7,
                curve: vec![
                    (0.0, 3_100.0),
                    (50.0, 8_000.4),
                    (90.0, 9_120.0),
                    (99.0, 12_345.0),
                    (99.9, 25_000.0),
                    (100.0, 31_002.7),
                ],
            },
            Latency {
                name: "send to acknowledgement".to_owned(),
                from_due_time: false,
                count: 12_000,
                min: 87.5,
                p50: 210.0,
                p90: 345.0,
                p99: 800.0,
                p999: 1_900.0,
                max: 2_400.0,
                curve: vec![
                    (0.0, 87.5),
                    (50.0, 210.0),
                    (90.0, 345.0),
                    (99.0, 800.0),
                    (99.9, 1_900.0),
                    (100.0, 2_400.0),
                ],
            },
        ],
        series: vec![Series {
            name: "server CPU per delivery".to_owned(),
            x: "readers".to_owned(),
            unit: "µs".to_owned(),
            points: vec![(1.0, 60.0), (10.0, 14.0), (100.0, 8.5), (1_000.0, 8.126), (10_000.0, 9.0)],
            floor: vec![(1.0, 12.0), (10.0, 7.0), (100.0, 5.5), (1_000.0, 5.0), (10_000.0, 6.0)],
        }],
        deliveries: Some(Deliveries {
            sent: 12_000,
            acknowledged: 12_000,
            refused: 0,
            expected: 12_000_000,
            delivered: 12_000_000,
            ..Deliveries::default()
        }),
        notes: vec!["The tool used 1.2 times the CPU of the server.".to_owned()],
    }
}

/// With little, and that went wrong.
pub(crate) fn pairs() -> Run {
    Run {
        scenario: "pairs".to_owned(),
        way: Way { transport: "sse".to_owned(), protocol: "http2".to_owned(), tls: true },
        settings: BTreeMap::new(),
        figures: vec![figure(
            "messages",
            15_000.0,
            "/s",
            Some(("append and fdatasync of batches of the same size", 30_000.0)),
        )],
        latencies: Vec::new(),
        series: Vec::new(),
        deliveries: Some(Deliveries {
            sent: 1_000,
            acknowledged: 998,
            refused: 2,
            expected: 998,
            delivered: 995,
            lost: 3,
            doubled: 1,
            disordered: 4,
            foreign: 2,
        }),
        notes: Vec::new(),
    }
}

fn figure(name: &str, value: f64, unit: &str, floor: Option<(&str, f64)>) -> Figure {
    let floor = floor.map(|(name, value)| Floor { name: name.to_owned(), value });
    Figure { name: name.to_owned(), value, unit: unit.to_owned(), floor }
}
