//! What the scenarios that send messages have in common: how much and how fast, and what is told of it.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_client::Transport;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::ScenarioError;
use crate::floor::Place;
use crate::load::{Amount, Cast, Drive, Driven, Engine, EngineOptions, Group, Pace};
use crate::outside::Process;
use crate::report::{Figure, Latency, Run};
use crate::target::Target;

/// Messages that one sender has under way without a wait for its connection: a server works on 16 commands of each.
const OUTSTANDING_OF_A_SENDER: usize = 8;
/// How long a message is assumed to be outstanding where nobody says how many there are.
const ASSUMED_LATENCY_SECONDS: f64 = 0.02;

/// How much is sent, how fast, and how it is read.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// How events are asked for.
    pub transport: Transport,
    /// How fast messages go out.
    pub pace: Pace,
    /// How many.
    pub amount: Amount,
    /// How many before it counts.
    pub warm_up: Amount,
    /// How the engine works.
    pub engine: EngineOptions,
    /// Where floors are measured; none are without it.
    pub place: Option<Place>,
    /// True once the run should end with what there is.
    pub stop: watch::Receiver<bool>,
}

/// What both processes have used while something ran.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// The server's CPU time, if its process is known.
    pub(super) server: Option<Duration>,
    /// This tool's.
    pub(super) tool: Duration,
}

/// Runs `work`, and tells what was used meanwhile.
pub(super) async fn watching<T>(
    target: &Target,
    work: impl Future<Output = Result<T, ScenarioError>>,
) -> Result<(T, Used), ScenarioError> {
    let server = target.pid.map(Process::new).transpose()?;
    let tool = Process::own()?;
    let cpu = |process: &Option<Process>| process.as_ref().map(Process::cpu).transpose();
    let (server_before, tool_before) = (cpu(&server)?, tool.cpu()?);
    let result = work.await?;
    let used = Used {
        server: cpu(&server)?.zip(server_before).map(|(after, before)| after.saturating_sub(before)),
        tool: tool.cpu()?.saturating_sub(tool_before),
    };
    Ok((result, used))
}

/// Senders of a conversation: enough that none has more under way than its connection takes at once.
pub(super) fn senders(pace: Pace, conversations: usize, members: usize) -> usize {
    let outstanding = match pace {
        Pace::Closed { outstanding } => outstanding,
        Pace::Open { per_second, .. } => (per_second * ASSUMED_LATENCY_SECONDS).ceil() as usize,
    };
    let of_each = outstanding.div_ceil(conversations.max(1)).div_ceil(OUTSTANDING_OF_A_SENDER);
    of_each.clamp(1, members.max(1))
}

/// Requests that one sender has under way at the same time, if it sends by requests.
pub(super) fn requests(pace: Pace, senders: usize) -> usize {
    let outstanding = match pace {
        Pace::Closed { outstanding } => outstanding,
        Pace::Open { per_second, .. } => (per_second * 2.0 * ASSUMED_LATENCY_SECONDS).ceil() as usize,
    };
    outstanding.div_ceil(senders.max(1)).clamp(1, 256)
}

/// Puts load on the server by this cast, all of whose conversations are in one group, and tells what came of it.
pub(super) async fn run(
    scenario: &str,
    target: &Target,
    cast: Cast,
    options: &LoadOptions,
) -> Result<(Run, u64), ScenarioError> {
    let engine = Engine::start(target, cast, &options.engine, options.stop.clone()).await?;
    let drive = |amount, counted| Drive { group: 0, pace: options.pace, amount, counted };
    let nothing = matches!(options.warm_up, Amount::Messages(0) | Amount::Time(Duration::ZERO));
    if !nothing {
        engine.drive(drive(options.warm_up, false)).await?;
    }
    let driving = async { Ok(engine.drive(drive(options.amount, true)).await?) };
    let (driven, used) = watching(target, driving).await?;
    engine.linger().await;

    let (mut run, deliveries, record_bytes) = told(scenario, target, options, &engine, driven);
    engine.end().await;
    add_costs(&mut run, used, deliveries, driven);
    add_ends(&mut run.notes, driven);
    Ok((run, record_bytes))
}

/// What the board has of a run, how many deliveries, and how many bytes a record had.
fn told(
    scenario: &str,
    target: &Target,
    options: &LoadOptions,
    engine: &Engine,
    driven: Driven,
) -> (Run, u64, u64) {
    let board = engine.board();
    let deliveries = board.group(0).each.count();
    let open = matches!(options.pace, Pace::Open { .. });
    let run = Run {
        scenario: scenario.to_owned(),
        way: target.way(options.transport),
        settings: settings(options),
        figures: rates(&driven, deliveries),
        latencies: latencies(board.group(0), "", open),
        series: Vec::new(),
        deliveries: Some(board.deliveries()),
        notes: board.notes(),
    };
    (run, deliveries, board.record_bytes_mean())
}

/// What was asked for.
pub(super) fn settings(options: &LoadOptions) -> BTreeMap<String, Value> {
    let amount = |amount| match amount {
        Amount::Messages(messages) => json!({ "messages": messages }),
        Amount::Time(time) => json!({ "seconds": time.as_secs_f64() }),
    };
    let mut settings = BTreeMap::from([
        ("text bytes".to_owned(), json!(options.engine.text_bytes)),
        ("amount".to_owned(), amount(options.amount)),
        ("warm-up".to_owned(), amount(options.warm_up)),
    ]);
    match options.pace {
        Pace::Closed { outstanding } => {
            settings.insert("outstanding".to_owned(), json!(outstanding));
        }
        Pace::Open { per_second, outstanding_max, .. } => {
            settings.insert("messages/s".to_owned(), json!(per_second));
            settings.insert("outstanding at most".to_owned(), json!(outstanding_max));
        }
    }
    settings
}

/// How fast it went.
fn rates(driven: &Driven, deliveries: u64) -> Vec<Figure> {
    let seconds = driven.took.as_secs_f64();
    vec![
        figure("messages", driven.sent as f64 / seconds, "messages/s"),
        figure("deliveries", deliveries as f64 / seconds, "deliveries/s"),
    ]
}

/// What it cost, and a note if the tool cost more than the server.
fn add_costs(run: &mut Run, used: Used, deliveries: u64, driven: Driven) {
    let each = |cpu: Duration, count: u64| cpu.as_secs_f64() * 1e6 / count.max(1) as f64;
    if let Some(server) = used.server {
        run.figures.push(figure(SERVER_CPU, each(server, deliveries), "µs"));
        run.figures.push(figure("server CPU per message", each(server, driven.sent), "µs"));
        run.figures.push(figure(
            "server cores busy",
            server.as_secs_f64() / driven.took.as_secs_f64(),
            "cores",
        ));
    }
    run.figures.push(figure("tool CPU per delivery", each(used.tool, deliveries), "µs"));
    run.figures.push(figure("tool cores busy", used.tool.as_secs_f64() / driven.took.as_secs_f64(), "cores"));
    run.notes.extend(dearer(used));
}

/// The figure that has a floor.
pub(super) const SERVER_CPU: &str = "server CPU per delivery";

/// The note that the tool cost more than the server.
pub(super) fn dearer(used: Used) -> Option<String> {
    let server = used.server.filter(|server| used.tool > *server)?;
    Some(format!(
        "the tool used more CPU ({:.2} s) than the server ({:.2} s): rates and latencies are partly its own",
        used.tool.as_secs_f64(),
        server.as_secs_f64()
    ))
}

/// Notes on how a drive ended.
pub(super) fn add_ends(notes: &mut Vec<String>, driven: Driven) {
    if driven.overloaded {
        notes.push(
            "overloaded: a message was due while too many were outstanding, and the run ended there"
                .to_owned(),
        );
    }
    if driven.stopped {
        notes.push("stopped before its end".to_owned());
    }
}

/// The times of a group, their names after `prefix`.
pub(super) fn latencies(group: &Group, prefix: &str, open: bool) -> Vec<Latency> {
    [
        ("send to acknowledged", &group.acknowledged),
        ("send to first reader", &group.first),
        ("send to each reader", &group.each),
        ("send to last reader", &group.last),
    ]
    .into_iter()
    .filter_map(|(name, times)| times.latency(&format!("{prefix}{name}"), open))
    .collect()
}

pub(super) fn figure(name: &str, value: f64, unit: &str) -> Figure {
    Figure { name: name.to_owned(), value, unit: unit.to_owned(), floor: None }
}
