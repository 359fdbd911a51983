//! Everyone is cut off at once and comes back with a cursor: how long until all of them are live again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_client::{Client, Transport};
use chinwag_protocol::ClientId;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use super::ScenarioError;
use super::bystander::Bystander;
use super::load::figure;
use super::returning::{Phase, Seat, Sign, Tally, stay};
use crate::crowd::{CLIENT_MEMBERS, Member, clients, gather, prefix};
use crate::outside::{Metrics, Process};
use crate::report::{Deliveries, Run};
use crate::target::{End, Target};

/// How long everyone may take to be there at first.
const OPENING_MAX: Duration = Duration::from_secs(120);
/// How long everyone may take to be live again; what has not come then is lost.
const LIVE_MAX: Duration = Duration::from_secs(120);
/// Messages that are being posted at the same time.
const POSTS_AT_ONCE: usize = 64;
/// Readers that connect at the same time before the storm.
const OPENING_AT_ONCE: usize = 64;

/// Who cuts the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The tool closes them; the server lives on.
    Tool,
    /// The server is killed, and started anew at once.
    Server,
}

/// A storm.
#[derive(Debug, Clone)]
pub struct StormOptions {
    /// How events are asked for.
    pub transport: Transport,
    /// Accounts, each with a connection.
    pub readers: usize,
    /// Accounts in each room.
    pub room_members: usize,
    /// Messages in each room that its members miss.
    pub missed: u64,
    /// Who cuts the connections.
    pub cut: Cut,
    /// Everyone comes back at a random moment within this; when the client's rules say, if it is not given.
    pub spread: Option<Duration>,
}

impl Default for StormOptions {
    fn default() -> Self {
        Self {
            transport: Transport::WebSocket,
            readers: 10_000,
            room_members: 10,
            missed: 1,
            cut: Cut::Server,
            spread: None,
        }
    }
}

/// The readers while they are away and come back.
struct Crowd {
    signs: mpsc::Receiver<Sign>,
    phase: watch::Sender<Phase>,
    reading: JoinSet<Tally>,
    opened: usize,
    returned: Option<Instant>,
    /// In each room, by its first member: members that have all that they missed.
    caught_up: HashMap<usize, usize>,
    live: usize,
}

/// Cuts everyone off, posts, and waits until each has come back with its cursor, and has had all that it missed and one message
/// more, which is posted to a room once its members have the others.
pub async fn storm(target: &mut Target, options: &StormOptions) -> Result<Run, ScenarioError> {
    if matches!(options.transport, Transport::Poll | Transport::LongPoll) {
        return Err(ScenarioError::Unfit("polls have no connections that could be cut".to_owned()));
    }
    let members = gather(&clients(target, 32, 1)?, &prefix("storm"), options.readers, |index| {
        index / options.room_members
    })
    .await?;
    let members: Arc<[Member]> = members.into();
    let bystander = Bystander::start(target).await?;
    let mut crowd = Crowd::open(&members, clients(target, options.readers, CLIENT_MEMBERS)?, options);
    crowd.until(OPENING_MAX, |crowd| crowd.opened == options.readers, |_| {}).await?;

    // Everyone is there. From here on it counts.
    let posters = clients(target, POSTS_AT_ONCE, 1)?;
    let rooms: Vec<usize> = (0..members.len()).step_by(options.room_members).collect();
    let cut_at = Instant::now();
    crowd.phase.send_replace(Phase::Cut);
    let returning = clients(target, options.readers, CLIENT_MEMBERS)?;
    let by_rules_at_once = options.cut == Cut::Server && options.spread.is_none();
    if by_rules_at_once {
        crowd.phase.send_replace(Phase::Return(returning.clone().into(), options.spread));
    }
    let mut metrics_before = Metrics::default();
    match options.cut {
        Cut::Server => target.restart(End::Killed).await?,
        Cut::Tool => {
            if let Some(admin) = target.admin {
                metrics_before = Metrics::read(admin).await?;
            }
        }
    }
    let away = cut_at.elapsed();
    let process = target.pid.map(Process::new).transpose()?;
    let mut cpu_before = Duration::ZERO;
    for _ in 0..options.missed {
        post(&members, &rooms, &posters).await?;
    }
    let mut began = cut_at;
    if !by_rules_at_once {
        if let Some(process) = &process {
            cpu_before = process.cpu()?;
        }
        began = Instant::now();
        crowd.phase.send_replace(Phase::Return(returning.into(), options.spread));
    }

    let (fresh, mut rooms_caught_up) = mpsc::unbounded_channel();
    let posting = {
        let (members, posters) = (members.clone(), posters.clone());
        tokio::spawn(async move {
            while let Some(first) = rooms_caught_up.recv().await {
                let mut firsts = vec![first];
                while let Ok(first) = rooms_caught_up.try_recv() {
                    firsts.push(first);
                }
                post(&members, &firsts, &posters).await?;
            }
            Ok::<_, ScenarioError>(())
        })
    };
    let in_time = crowd
        .until(
            LIVE_MAX,
            |crowd| crowd.live == options.readers,
            |first| {
                // Posting has failed then, which is told below.
                let _ = fresh.send(first);
            },
        )
        .await;
    let took = began.elapsed();
    let cpu = process.as_ref().map(|process| process.cpu()).transpose()?;
    drop(fresh);
    posting.await.map_err(std::io::Error::other)??;
    let mut notes = Vec::new();
    if let Err(error) = in_time {
        notes.push(error.to_string());
    }
    let metrics = match target.admin {
        Some(admin) => Some(Metrics::read(admin).await?),
        None => None,
    };
    let since = if options.cut == Cut::Server { cut_at + away } else { cut_at };
    let bystander = bystander.stop(since).await?;
    let returned = crowd.returned.map_or(took, |at| at.duration_since(began));
    let deliveries = crowd.deliveries(options, rooms.len()).await;

    let mut figures = vec![
        figure("everyone live again", took.as_secs_f64(), "s"),
        figure("everyone connected again", returned.as_secs_f64(), "s"),
        figure("connects", options.readers as f64 / returned.as_secs_f64(), "connections/s"),
    ];
    if options.cut == Cut::Server {
        figures.push(figure("server away", away.as_secs_f64(), "s"));
    }
    if let Some(cpu) = cpu {
        figures.push(figure("server CPU", cpu.saturating_sub(cpu_before).as_secs_f64(), "s"));
    }
    if let Some(metrics) = metrics {
        let grown = |name| metrics.grown(&metrics_before, name);
        figures.push(figure("database reads for messages", grown("hub_pages_read"), "pages"));
        figures.push(figure("gaps", grown("hub_gaps"), "readers"));
    }
    figures.push(figure("worst latency of a bystander's message", bystander.max / 1e3, "ms"));
    Ok(Run {
        scenario: "storm".to_owned(),
        way: target.way(options.transport),
        settings: [
            ("readers", json!(options.readers)),
            ("room members", json!(options.room_members)),
            ("missed", json!(options.missed)),
            ("cut", json!(if options.cut == Cut::Server { "server" } else { "tool" })),
            (
                "spread",
                match options.spread {
                    Some(spread) => json!(format!("{} s", spread.as_secs_f64())),
                    None => json!("by the client's rules"),
                },
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        figures,
        latencies: vec![bystander],
        series: Vec::new(),
        deliveries: Some(deliveries),
        notes,
    })
}

/// A message into each of these rooms, which are named by their first members.
async fn post(members: &Arc<[Member]>, rooms: &[usize], posters: &[Client]) -> Result<(), ScenarioError> {
    let mut posting = JoinSet::new();
    for (share, poster) in rooms.chunks(rooms.len().div_ceil(posters.len()).max(1)).zip(posters) {
        let (members, share, poster) = (members.clone(), share.to_vec(), poster.clone());
        posting.spawn(async move {
            for first in share {
                let member = &members[first];
                let client_id = ClientId::new(Uuid::now_v7());
                let session = member.session.by_way_of(&poster);
                session.send(member.conversation, client_id, "The storm goes on.", None).await?;
            }
            Ok::<_, ScenarioError>(())
        });
    }
    while let Some(posted) = posting.join_next().await {
        posted.map_err(std::io::Error::other)??;
    }
    Ok(())
}

impl Crowd {
    fn open(members: &Arc<[Member]>, clients: Vec<Client>, options: &StormOptions) -> Self {
        let (sign, signs) = mpsc::channel(1024);
        let (phase, _) = watch::channel(Phase::Before(clients.into()));
        let permits = Arc::new(tokio::sync::Semaphore::new(OPENING_AT_ONCE));
        let mut reading = JoinSet::new();
        for index in 0..members.len() {
            let (members, sign, phase, permits) =
                (members.clone(), sign.clone(), phase.subscribe(), permits.clone());
            let transport = options.transport;
            let room = index - index % options.room_members;
            let in_room = options.room_members.min(members.len() - room);
            let seat = Seat { index, room, members: in_room, missed: options.missed };
            reading.spawn(async move {
                let permit = permits.acquire_owned().await.ok();
                stay(&members[index], seat, transport, phase, permit, sign).await
            });
        }
        Self { signs, phase, reading, opened: 0, returned: None, caught_up: HashMap::new(), live: 0 }
    }

    /// Counts what happens until `done`; calls `caught_up` for each room of which every member has what it missed.
    async fn until(
        &mut self,
        within: Duration,
        done: impl Fn(&Self) -> bool,
        caught_up: impl Fn(usize),
    ) -> Result<(), ScenarioError> {
        let mut returned = 0;
        let waiting = async {
            while !done(self) {
                match self.signs.recv().await {
                    Some(Sign::Opened) => self.opened += 1,
                    Some(Sign::Returned) => {
                        returned += 1;
                        self.returned = Some(Instant::now());
                    }
                    Some(Sign::CaughtUp { room, members }) => {
                        let count = self.caught_up.entry(room).or_default();
                        *count += 1;
                        if *count == members {
                            caught_up(room);
                        }
                    }
                    Some(Sign::Live) => self.live += 1,
                    Some(Sign::Failed(error)) => return Err(error),
                    None => return Err(ScenarioError::Failed("the readers are gone".to_owned())),
                }
            }
            Ok(())
        };
        let result = timeout(within, waiting).await;
        result.unwrap_or_else(|_| {
            Err(ScenarioError::Failed(format!(
                "after {} s, {} were there, {returned} have come back, and {} are live again",
                within.as_secs(),
                self.opened,
                self.live
            )))
        })
    }

    /// What became of the messages that were missed and the fresh ones.
    async fn deliveries(mut self, options: &StormOptions, rooms: usize) -> Deliveries {
        self.phase.send_replace(Phase::Over);
        let sent = rooms as u64 * (options.missed + 1);
        let mut sum = Deliveries {
            sent,
            acknowledged: sent,
            expected: options.readers as u64 * (options.missed + 1),
            ..Deliveries::default()
        };
        while let Some(tally) = self.reading.join_next().await {
            let tally = tally.unwrap_or_default();
            sum.delivered += tally.delivered;
            sum.doubled += tally.doubled;
            sum.disordered += tally.disordered;
            sum.foreign += tally.foreign;
        }
        sum.lost = sum.expected.saturating_sub(sum.delivered);
        sum
    }
}
