//! Many connections that carry nothing: what each costs the server to have, and to open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_client::{Protocol, ReaderOptions, Session, Transport};
use chinwag_protocol::Record;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::ScenarioError;
use super::load::figure;
use crate::crowd::{CLIENT_MEMBERS, clients, gather, prefix};
use crate::floor::{PairCost, Place, SocketPairs};
use crate::outside::{KernelMemory, Process};
use crate::report::{Figure, Floor, Run, Series};
use crate::target::{End, Target, TargetError};

/// What is left of the tool's open files beside the connections: its runtime, its commands, the server's output.
const OTHER_FILES: u64 = 300;
/// Connections of the floor.
const FLOOR_PAIRS: usize = 5_000;
/// How long a server may take for all connections of one step.
const OPENING_MAX: Duration = Duration::from_secs(300);
/// What is still under way when the last connection is open may take this long, uncounted.
const SETTLING: Duration = Duration::from_secs(1);
/// Each connection has one heartbeat in this time.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// How much later a heartbeat may be.
const HEARTBEAT_LATE: Duration = Duration::from_secs(20);

/// What is opened.
#[derive(Debug, Clone)]
pub struct IdleOptions {
    /// How events are asked for. Short polling has no connections that are idle.
    pub transport: Transport,
    /// Connections, rising. The figures are those of the last; a curve has all.
    pub connections: Vec<usize>,
    /// Accounts in each room.
    pub room_members: usize,
    /// Connections that are being opened at the same time.
    pub at_once: usize,
    /// How long CPU is taken while all are idle. If it is no shorter than a heartbeat's interval, each must have had one.
    pub window: Duration,
}

impl Default for IdleOptions {
    fn default() -> Self {
        Self {
            transport: Transport::WebSocket,
            connections: vec![10_000],
            room_members: 10,
            at_once: 16,
            window: HEARTBEAT,
        }
    }
}

/// What happened to a connection.
enum Sign {
    Opened,
    Beaten,
    Failed(ScenarioError),
}

/// What one step came to.
struct Step {
    connections: usize,
    opening: Duration,
    opening_cpu: Duration,
    idle: Duration,
    idle_cpu: Duration,
    process_bytes: u64,
    kernel: KernelMemory,
}

/// Opens connections and keeps them, each of an account of its own.
///
/// The accounts are made first and the server is started anew, so that nothing of that is counted. The memory is the difference
/// between a server that nobody has spoken to and one whose connections have all had their hello and a heartbeat: it holds
/// what the process needs only once, too. The CPU while idle is taken over as long as each connection has a heartbeat.
pub async fn idle(
    target: &mut Target,
    options: &IdleOptions,
    place: Option<&Place>,
) -> Result<Run, ScenarioError> {
    let count = options.connections.last().copied().unwrap_or(0);
    check(options, count)?;
    let mut notes = Vec::new();
    let floor = match place {
        // Over HTTP/2, connections are shared.
        Some(place) if target.options.protocol == Protocol::Http1 => {
            Some(SocketPairs { count: FLOOR_PAIRS }.measure(place).await?)
        }
        _ => None,
    };
    let members =
        gather(&clients(target, 32, 1)?, &prefix("idle"), count, |index| index / options.room_members)
            .await?;
    match target.restart(End::Terminated).await {
        Ok(()) => {}
        Err(TargetError::NotOurs) => {
            notes.push(
                "The server was not started anew, so memory that it had left from before is used again.",
            );
        }
        Err(error) => return Err(error.into()),
    }
    let Some(pid) = target.pid else {
        return Err(ScenarioError::Unfit("what the server uses can only be read on this machine".to_owned()));
    };
    let process = Process::new(pid)?;
    let (bytes_before, kernel_before) = (process.private_bytes()?, KernelMemory::read()?);

    // The server may be another one by now, so these connections are others, too.
    let each = if options.transport == Transport::LongPoll && target.options.protocol == Protocol::Http1 {
        // Of HTTP/1.1's connections, a client keeps only some while they have no request.
        1
    } else {
        CLIENT_MEMBERS
    };
    let clients = clients(target, count, each)?;
    let mut crowd = Crowd::new(options);
    let mut steps = Vec::new();
    for &connections in &options.connections {
        let sessions = members[crowd.opened..connections].iter();
        let sessions = sessions
            .zip(crowd.opened..)
            .map(|(member, index)| member.session.by_way_of(&clients[index / each]));
        steps.push(crowd.step(sessions.collect(), &process).await?);
    }
    drop(crowd);

    let Some(last) = steps.last() else {
        return Err(ScenarioError::Unfit("no connections are asked for".to_owned()));
    };
    let mut run = Run {
        scenario: "idle".to_owned(),
        way: target.way(options.transport),
        settings: [
            ("connections".to_owned(), json!(options.connections)),
            ("room members".to_owned(), json!(options.room_members)),
            ("at once".to_owned(), json!(options.at_once)),
        ]
        .into(),
        figures: figures(last, &steps, bytes_before, kernel_before, floor),
        latencies: Vec::new(),
        series: Vec::new(),
        deliveries: None,
        notes: notes.into_iter().map(str::to_owned).collect(),
    };
    run.notes.push(
        "Kernel memory is that of the whole machine, halved, for both ends of each connection are on it."
            .to_owned(),
    );
    if steps.len() > 1 {
        run.series = series(&steps);
    }
    Ok(run)
}

fn check(options: &IdleOptions, count: usize) -> Result<(), ScenarioError> {
    if options.transport == Transport::Poll {
        return Err(ScenarioError::Unfit("short polling has no connections that are idle".to_owned()));
    }
    if !options.connections.is_sorted() || options.connections.first().is_none_or(|&least| least == 0) {
        return Err(ScenarioError::Unfit("the numbers of connections must rise, from 1 or more".to_owned()));
    }
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    if count as u64 + OTHER_FILES > files {
        return Err(ScenarioError::Unfit(format!(
            "{count} connections are too many: this system gives {files} open files to a process"
        )));
    }
    Ok(())
}

struct Crowd {
    transport: Transport,
    window: Duration,
    opened: usize,
    beaten: usize,
    permits: Arc<Semaphore>,
    signs: mpsc::Receiver<Sign>,
    sign: mpsc::Sender<Sign>,
    /// Dropped last; ends them all.
    holding: JoinSet<()>,
}

impl Crowd {
    fn new(options: &IdleOptions) -> Self {
        let (sign, signs) = mpsc::channel(1024);
        let permits = Arc::new(Semaphore::new(options.at_once.max(1)));
        let IdleOptions { transport, window, .. } = *options;
        Self { transport, window, opened: 0, beaten: 0, permits, signs, sign, holding: JoinSet::new() }
    }

    async fn step(&mut self, sessions: Vec<Session>, process: &Process) -> Result<Step, ScenarioError> {
        let (began, cpu_before) = (Instant::now(), process.cpu()?);
        let wanted = self.opened + sessions.len();
        for session in sessions {
            let (transport, sign, permits) = (self.transport, self.sign.clone(), self.permits.clone());
            self.holding.spawn(async move { hold(session, transport, &permits, &sign).await });
        }
        self.until(OPENING_MAX, "be opened", |crowd| crowd.opened >= wanted).await?;
        let (opening, opening_cpu) = (began.elapsed(), process.cpu()?.saturating_sub(cpu_before));

        sleep(SETTLING).await;
        let (settled, cpu_settled) = (Instant::now(), process.cpu()?);
        sleep(self.window).await;
        let (idle, idle_cpu) = (settled.elapsed(), process.cpu()?.saturating_sub(cpu_settled));
        if self.window >= HEARTBEAT {
            self.until(HEARTBEAT_LATE, "have a heartbeat", |crowd| crowd.beaten >= wanted).await?;
        }
        let (process_bytes, kernel) = (process.private_bytes()?, KernelMemory::read()?);
        Ok(Step { connections: wanted, opening, opening_cpu, idle, idle_cpu, process_bytes, kernel })
    }

    async fn until(
        &mut self,
        within: Duration,
        what: &str,
        done: impl Fn(&Self) -> bool,
    ) -> Result<(), ScenarioError> {
        let waiting = async {
            while !done(self) {
                match self.signs.recv().await {
                    Some(Sign::Opened) => self.opened += 1,
                    Some(Sign::Beaten) => self.beaten += 1,
                    Some(Sign::Failed(error)) => return Err(error),
                    None => return Err(ScenarioError::Failed("the connections are gone".to_owned())),
                }
            }
            Ok(())
        };
        let result = timeout(within, waiting).await;
        result.unwrap_or_else(|_| {
            let (opened, beaten) = (self.opened, self.beaten);
            Err(ScenarioError::Failed(format!(
                "the connections should {what} within {} s; {opened} are open, {beaten} had a heartbeat",
                within.as_secs()
            )))
        })
    }
}

/// Keeps a connection until it is dropped, and tells what happens to it.
async fn hold(session: Session, transport: Transport, permits: &Semaphore, sign: &mpsc::Sender<Sign>) {
    // The semaphore is never closed.
    let mut permit = permits.acquire().await.ok();
    let outcome = if transport == Transport::LongPoll {
        hold_polls(&session, &mut permit, sign).await
    } else {
        hold_stream(&session, transport, &mut permit, sign).await
    };
    if let Err(error) = outcome {
        // Nobody waits any more once one has failed.
        let _ = sign.send(Sign::Failed(error)).await;
    }
}

async fn hold_stream<P>(
    session: &Session,
    transport: Transport,
    permit: &mut Option<P>,
    sign: &mpsc::Sender<Sign>,
) -> Result<(), ScenarioError> {
    let mut reader = session.events(transport, None, ReaderOptions::default());
    let mut beaten = false;
    loop {
        let happened = match reader.next().await? {
            Record::Hello { .. } if permit.take().is_some() => Sign::Opened,
            Record::Heartbeat { .. } if !std::mem::replace(&mut beaten, true) => Sign::Beaten,
            Record::Hello { .. } | Record::End { .. } | Record::Gap { .. } => {
                return Err(ScenarioError::Failed("a connection was lost".to_owned()));
            }
            _ => continue,
        };
        if sign.send(happened).await.is_err() {
            return Ok(());
        }
    }
}

/// A poll that is answered, empty, counts as a heartbeat.
async fn hold_polls<P>(
    session: &Session,
    permit: &mut Option<P>,
    sign: &mpsc::Sender<Sign>,
) -> Result<(), ScenarioError> {
    let mut cursor = session.poll(None, Duration::ZERO).await?.cursor;
    *permit = None;
    // Nobody waits any more once one has failed.
    let _ = sign.send(Sign::Opened).await;
    cursor = session.poll(Some(&cursor), HEARTBEAT).await?.cursor;
    let _ = sign.send(Sign::Beaten).await;
    loop {
        cursor = session.poll(Some(&cursor), HEARTBEAT).await?.cursor;
    }
}

fn figures(
    last: &Step,
    steps: &[Step],
    bytes_before: u64,
    kernel_before: KernelMemory,
    floor: Option<PairCost>,
) -> Vec<Figure> {
    let count = last.connections as f64;
    let opening: Duration = steps.iter().map(|step| step.opening).sum();
    let opening_cpu: Duration = steps.iter().map(|step| step.opening_cpu).sum();
    let each = |after: u64, before: u64| (after as f64 - before as f64) / count;
    let server = each(last.process_bytes, bytes_before);
    let kernel = match (last.kernel.socket_objects, kernel_before.socket_objects) {
        (Some(after), Some(before)) => each(after, before),
        _ => each(last.kernel.slab, kernel_before.slab),
    };
    vec![
        figure("server memory per connection", server / 1024.0, "KiB"),
        figure("kernel memory per connection", kernel / 2048.0, "KiB"),
        Figure {
            floor: floor.map(|floor| Floor {
                name: "a TCP connection of a bare loop that has carried one frame".to_owned(),
                value: (floor.kernel_bytes / 2.0 + floor.process_bytes) / 1024.0,
            }),
            ..figure("memory per connection, both", (server + kernel / 2.0) / 1024.0, "KiB")
        },
        figure(
            "kernel TCP buffers per connection",
            each(last.kernel.tcp_buffers, kernel_before.tcp_buffers) / 2048.0,
            "KiB",
        ),
        figure(
            "server CPU per connection and second",
            last.idle_cpu.as_secs_f64() * 1e6 / last.idle.as_secs_f64() / count,
            "µs",
        ),
        figure("connects", count / opening.as_secs_f64(), "connections/s"),
        figure("server CPU per 10,000 connects", opening_cpu.as_secs_f64() * 1e4 / count, "s"),
        figure("server memory before", bytes_before as f64 / 1024.0 / 1024.0, "MiB"),
        figure("server memory", last.process_bytes as f64 / 1024.0 / 1024.0, "MiB"),
    ]
}

fn series(steps: &[Step]) -> Vec<Series> {
    let series = |name: &str, unit: &str, value: fn(&Step) -> f64| Series {
        name: name.to_owned(),
        x: "connections".to_owned(),
        unit: unit.to_owned(),
        points: steps.iter().map(|step| (step.connections as f64, value(step))).collect(),
        floor: Vec::new(),
    };
    vec![
        series("server memory", "MiB", |step| step.process_bytes as f64 / 1024.0 / 1024.0),
        series("server CPU while idle", "ms a second", |step| {
            step.idle_cpu.as_secs_f64() * 1e3 / step.idle.as_secs_f64()
        }),
    ]
}
