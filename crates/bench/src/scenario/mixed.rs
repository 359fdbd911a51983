//! Many people who do different things at once: what a direct message takes while a large room is busy.

use std::time::Duration;

use chinwag_client::Transport;
use serde_json::json;
use tokio::task::JoinSet;

use super::ScenarioError;
use super::coming_and_going::come_and_go;
use super::load::{
    LoadOptions, Used, add_ends, dearer, figure, latencies, requests, senders, settings, watching,
};
use crate::crowd::{Member, clients, gather, prefix};
use crate::load::{Amount, Cast, Drive, Driven, Engine, Group, Pace, Reader, Sender};
use crate::report::Run;
use crate::target::Target;

/// The groups of conversations.
const HOT: usize = 0;
const DIRECT: usize = 1;
const SMALL: usize = 2;
/// Members of a small room.
const SMALL_MEMBERS: usize = 10;
/// Requests that somebody who cannot send on a WebSocket has under way at the same time.
const REQUESTS: usize = 4;

/// A crowd. Whoever is neither in the hot room nor in a pair is in a small room, and nothing happens in every other of these.
#[derive(Debug, Clone)]
pub struct MixedOptions {
    /// How much, and how fast in the hot room. Its transport does not count.
    pub load: LoadOptions,
    /// How long each part takes.
    pub time: Duration,
    /// Everybody but those who come and go.
    pub people: usize,
    /// Those in the hot room.
    pub hot: usize,
    /// Pairs, each in a room of its own.
    pub pairs: usize,
    /// Messages a second of all pairs.
    pub direct_per_second: f64,
    /// Messages a second of all small rooms.
    pub small_per_second: f64,
    /// Those who join the hot room and leave it again, without end.
    pub comers: usize,
    /// How people read, each transport with its share. Pairs do not poll.
    pub shares: Vec<(Transport, u32)>,
}

/// Measures direct messages alone, and again while everything else happens.
pub async fn mixed(target: &Target, options: &MixedOptions) -> Result<Run, ScenarioError> {
    let in_pairs = 2 * options.pairs;
    let Some(in_small) = options.people.checked_sub(options.hot + in_pairs) else {
        return Err(ScenarioError::Unfit("more are in the hot room and in pairs than there are".to_owned()));
    };
    let clients = clients(target, 32, 1)?;
    let slugs = prefix("mixed");
    let hot_slug = format!("{slugs}-hot-0");
    let hot = gather(&clients, &format!("{slugs}-hot"), options.hot, |_| 0).await?;
    let pairs = gather(&clients, &format!("{slugs}-pair"), in_pairs, |index| index / 2).await?;
    let small = gather(&clients, &format!("{slugs}-small"), in_small, |index| index / SMALL_MEMBERS).await?;
    let comers = gather(&clients, &format!("{slugs}-comers"), options.comers, |index| index).await?;

    let mut cast = Crowd { cast: Cast::default(), ways: Ways::of(&options.shares, options.people) };
    cast.add_room(&hot, HOT, senders(options.load.pace, 1, hot.len()), options.load.pace);
    let quiet = Pace::Open { per_second: options.direct_per_second, outstanding_max: 10_000, seed: 1 };
    pairs.chunks(2).for_each(|pair| cast.add_pair(pair));
    for (index, room) in small.chunks(SMALL_MEMBERS).enumerate() {
        cast.add_room(room, SMALL, if index % 2 == 0 { 1 } else { 0 }, quiet);
    }
    cast.add_comers(&comers);
    let engine = Engine::start(target, cast.cast, &options.load.engine, options.load.stop.clone()).await?;

    let drive = |group, pace, counted| Drive { group, pace, amount: Amount::Time(options.time), counted };
    let small_pace = Pace::Open { per_second: options.small_per_second, outstanding_max: 10_000, seed: 2 };
    engine.drive(Drive { amount: options.load.warm_up, ..drive(DIRECT, quiet, false) }).await?;
    engine.drive(drive(DIRECT, quiet, true)).await?;
    let alone = engine.board().take_group(DIRECT);
    let mut coming = JoinSet::new();
    for comer in comers {
        coming.spawn(come_and_go(comer.session, hot_slug.clone()));
    }
    let all = async {
        let (hot, direct, small) = tokio::join!(
            engine.drive(drive(HOT, options.load.pace, true)),
            engine.drive(drive(DIRECT, quiet, true)),
            engine.drive(drive(SMALL, small_pace, true)),
        );
        Ok([hot?, direct?, small?])
    };
    let (driven, used) = watching(target, all).await?;
    coming.shutdown().await;
    engine.linger().await;
    Ok(told(target, options, &engine, &alone, driven, used))
}

fn told(
    target: &Target,
    options: &MixedOptions,
    engine: &Engine,
    alone: &Group,
    driven: [Driven; 3],
    used: Used,
) -> Run {
    let board = engine.board();
    let mut way = target.way(Transport::WebSocket);
    "mixed".clone_into(&mut way.transport);
    let mut settings = settings(&options.load);
    settings.remove("amount");
    settings.extend([
        ("seconds of each part".to_owned(), json!(options.time.as_secs_f64())),
        ("people".to_owned(), json!(options.people)),
        ("in the hot room".to_owned(), json!(options.hot)),
        ("pairs".to_owned(), json!(options.pairs)),
        ("direct messages/s".to_owned(), json!(options.direct_per_second)),
        ("messages/s in small rooms".to_owned(), json!(options.small_per_second)),
        ("comers".to_owned(), json!(options.comers)),
    ]);
    for (transport, share) in &options.shares {
        settings.insert(format!("share of {transport}"), json!(share));
    }
    let mut run = Run {
        scenario: "mixed".to_owned(),
        way,
        settings,
        figures: Vec::new(),
        latencies: latencies(alone, "direct, alone: ", true),
        series: Vec::new(),
        deliveries: Some(board.deliveries()),
        notes: board.notes(),
    };
    let hot_is_open = matches!(options.load.pace, Pace::Open { .. });
    let mut deliveries = 0;
    for (group, name, open) in [
        (DIRECT, "direct, all busy: ", true),
        (HOT, "hot room: ", hot_is_open),
        (SMALL, "small rooms: ", true),
    ] {
        run.latencies.extend(latencies(board.group(group), name, open));
        deliveries += board.group(group).each.count();
    }
    let seconds = driven.iter().map(|driven| driven.took).max().unwrap_or_default().as_secs_f64();
    for (driven, name) in driven.iter().zip(["hot room", "direct", "small rooms"]) {
        let per_second = driven.sent as f64 / driven.took.as_secs_f64();
        run.figures.push(figure(&format!("messages, {name}"), per_second, "messages/s"));
        add_ends(&mut run.notes, *driven);
    }
    run.figures.push(figure("deliveries", deliveries as f64 / seconds, "deliveries/s"));
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / deliveries.max(1) as f64;
    if let Some(server) = used.server {
        run.figures.push(figure("server CPU per delivery", each(server), "µs"));
        run.figures.push(figure("server cores busy", server.as_secs_f64() / seconds, "cores"));
    }
    run.figures.push(figure("tool CPU per delivery", each(used.tool), "µs"));
    run.notes.extend(dearer(used));
    run
}

/// The cast while it is put together.
struct Crowd {
    cast: Cast,
    ways: Ways,
}

impl Crowd {
    /// A room, of whose members the first ones send.
    fn add_room(&mut self, members: &[Member], group: usize, senders: usize, pace: Pace) {
        let conversation = self.add_conversation(members, group);
        for (index, member) in members.iter().enumerate() {
            let reader = self.cast.readers.len();
            let transport = self.ways.next();
            self.cast.readers.push(reader_of(member, transport, conversation, true));
            if index < senders {
                let requests = requests(pace, senders);
                self.cast.senders.push(Sender { reader, conversation, requests });
            }
        }
    }

    fn add_pair(&mut self, pair: &[Member]) {
        let conversation = self.add_conversation(pair, DIRECT);
        for member in pair {
            let reader = self.cast.readers.len();
            let transport = self.ways.next_live();
            self.cast.readers.push(reader_of(member, transport, conversation, true));
            self.cast.senders.push(Sender { reader, conversation, requests: REQUESTS });
        }
    }

    /// They read the hot room, which was added first, whenever they are in it.
    fn add_comers(&mut self, comers: &[Member]) {
        let readers = comers.iter().map(|comer| reader_of(comer, Transport::WebSocket, 0, false));
        self.cast.readers.extend(readers);
    }

    fn add_conversation(&mut self, members: &[Member], group: usize) -> u32 {
        self.cast.conversations.extend(members.first().map(|member| (member.conversation, group)));
        self.cast.conversations.len() as u32 - 1
    }
}

fn reader_of(member: &Member, transport: Transport, conversation: u32, checked: bool) -> Reader {
    Reader {
        session: member.session.clone(),
        after: Some(member.cursor.clone()),
        transport,
        conversations: vec![conversation],
        checked,
    }
}

/// Transports in an order without a pattern, each as often as its share says.
struct Ways(Vec<Transport>);

impl Ways {
    fn of(shares: &[(Transport, u32)], people: usize) -> Self {
        let all: u32 = shares.iter().map(|(_, share)| share).sum();
        let mut ways: Vec<Transport> = Vec::new();
        let mut so_far = 0;
        for &(transport, share) in shares {
            so_far += share;
            let end = people * so_far as usize / all.max(1) as usize;
            ways.resize(end.max(ways.len()), transport);
        }
        // The same each time.
        fastrand::Rng::with_seed(1).shuffle(&mut ways);
        Self(ways)
    }

    fn next(&mut self) -> Transport {
        self.0.pop().unwrap_or(Transport::WebSocket)
    }

    /// The next one that does not poll; those that do are for others.
    fn next_live(&mut self) -> Transport {
        let live = |way: &Transport| !matches!(way, Transport::Poll | Transport::LongPoll);
        match self.0.iter().rposition(live) {
            Some(index) => self.0.swap_remove(index),
            None => Transport::WebSocket,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_a_transport_by_its_share() {
        let shares = [(Transport::WebSocket, 7), (Transport::Sse, 2), (Transport::Poll, 1)];
        let mut ways = Ways::of(&shares, 100);
        let live: Vec<Transport> = (0..50).map(|_| ways.next_live()).collect();
        assert!(!live.contains(&Transport::Poll));
        let all: Vec<Transport> = live.into_iter().chain((0..50).map(|_| ways.next())).collect();
        for (transport, share) in shares {
            assert_eq!(all.iter().filter(|way| **way == transport).count(), share as usize * 10);
        }
        assert_eq!(ways.next(), Transport::WebSocket);
    }
}
