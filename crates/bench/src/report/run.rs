//! Results, as they also stand in the JSON that the tool writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All that one call of the tool has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name and version of the tool.
    pub tool: String,
    /// Name and version of the server, as it says.
    pub server: String,
    /// When it began, RFC 3339.
    pub began: String,
    /// Where.
    pub machine: Machine,
    /// The command line that does it again.
    pub command: String,
    /// One for each scenario and way, in the order in which they ran.
    pub runs: Vec<Run>,
}

/// Where the measurement ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that this process may use, and the server, as `0`, `0-3` or `0,2`.
    pub tool_cores: String,
    /// Empty where the server is elsewhere.
    pub server_cores: String,
    /// Name of the processor.
    pub cpu: String,
    /// Release of the kernel.
    pub kernel: String,
    /// Bytes of memory.
    pub memory: u64,
}

/// How events travelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// `websocket`, `sse`, `stream`, `long-poll` or `poll`.
    pub transport: String,
    /// `http1` or `http2`.
    pub protocol: String,
    /// Whether under TLS.
    pub tls: bool,
}

/// One scenario over one way with one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// `idle`, `room`, `pairs`, `storm`, `catch-up` or `mixed`.
    pub scenario: String,
    /// How events travelled.
    pub way: Way,
    /// What was asked for: sizes, rates, numbers outstanding.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// What it came to.
    pub figures: Vec<Figure>,
    /// Times from sending to receiving.
    pub latencies: Vec<Latency>,
    /// What a figure does as the work grows.
    pub series: Vec<Series>,
    /// What became of the messages.
    pub deliveries: Option<Deliveries>,
    /// What a reader of the figures must know, for example that the tool cost more than the server.
    pub notes: Vec<String>,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What, for example `server CPU per delivery`.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what, for example `µs`.
    pub unit: String,
    /// The least it could be here.
    pub floor: Option<Floor>,
}

/// What the same work costs without a chat server, measured in the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Which work, for example `epoll loop, one frame a write`.
    pub name: String,
    /// In the figure's unit.
    pub value: f64,
}

impl Figure {
    /// How many times the floor it is. For a rate (a unit that ends in `/s`) the floor is the most that is possible, and
    /// the ratio is that of the floor to the figure, so that 1 is perfect and more is worse for both.
    pub fn ratio(&self) -> Option<f64> {
        Some(times(&self.unit, self.value, self.floor.as_ref()?.value))
    }
}

impl Series {
    /// The floor at this x, and how many times that the value there is, as for a [`Figure`].
    pub fn floor_at(&self, x: f64, value: f64) -> Option<(f64, f64)> {
        let &(_, floor) = self.floor.iter().find(|&&(at, _)| at == x)?;
        Some((floor, times(&self.unit, value, floor)))
    }
}

fn times(unit: &str, value: f64, floor: f64) -> f64 {
    if unit.ends_with("/s") { floor / value } else { value / floor }
}

/// One distribution of one-way times, in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// From what to what, for example `send to last reader`.
    pub name: String,
    /// Whether each time counts from when the message was due, so that a stall is charged to all whom it delays
    /// (corrected for coordinated omission). Only an open loop can.
    pub from_due_time: bool,
    /// How many times were taken.
    pub count: u64,
    /// The least.
    pub min: f64,
    /// Half are below.
    pub p50: f64,
    /// 90 in 100 are below.
    pub p90: f64,
    /// 99 in 100 are below.
    pub p99: f64,
    /// 999 in 1,000 are below.
    pub p999: f64,
    /// The greatest.
    pub max: f64,
    /// For a plot: (share of all in percent, microseconds), rising.
    pub curve: Vec<(f64, f64)>,
}

/// What became of the messages, counted by who should have got them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// Messages that were sent.
    pub sent: u64,
    /// Of these, the server acknowledged.
    pub acknowledged: u64,
    /// Of these, the server refused or did not answer.
    pub refused: u64,
    /// Deliveries that were due: acknowledged messages times their readers.
    pub expected: u64,
    /// Deliveries that came, each counted once.
    pub delivered: u64,
    /// Due, and not there at the end.
    pub lost: u64,
    /// Came again to a reader that had them.
    pub doubled: u64,
    /// Came after one of a higher `seq` in the same conversation.
    pub disordered: u64,
    /// Came to a reader that they were not for, or were never sent.
    pub foreign: u64,
}

impl Deliveries {
    /// Whether each message came to each of its readers exactly once and in order.
    pub fn are_clean(&self) -> bool {
        self.delivered == self.expected && [self.lost, self.doubled, self.disordered, self.foreign] == [0; 4]
    }
}

/// What a figure does as the work grows: one line in a plot, and its floor's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What, for example `server CPU per delivery`.
    pub name: String,
    /// What grows, for example `readers`.
    pub x: String,
    /// The unit of the values.
    pub unit: String,
    /// (x, value), x rising.
    pub points: Vec<(f64, f64)>,
    /// (x, value) of the floor.
    pub floor: Vec<(f64, f64)>,
}
