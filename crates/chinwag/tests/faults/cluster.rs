//! Three servers on one PostgreSQL database, and clients whose every connection goes to any of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_client::Protocol;
use chinwag_history::Summary;
use chinwag_protocol::ClientId;
use chinwag_test_postgres::{Cluster, Stop};
use parking_lot::Mutex;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::crowd::{Crowd, within};
use crate::nodes;
use crate::program::{Launch, Program};
use crate::settings::{figure, number, random};

const SERVERS: usize = 3;

/// A server that stands still may hold up the others for so long.
const HELD_UP_MAX: Duration = Duration::from_secs(3);

/// Longer than a server needs between two statements of a transaction.
const SILENCE: Duration = Duration::from_millis(40);

/// Cuts in a round.
const CUTS: u64 = 5;

/// Sends that must be acknowledged between two faults.
const BETWEEN: u64 = 20;

fn rounds() -> u64 {
    number("CHINWAG_CLUSTER_ROUNDS", 2)
}

/// Servers that share a database.
struct Servers {
    launches: Vec<Launch>,
    programs: Vec<Option<Program>>,
}

impl Servers {
    /// All of them run when this returns; clients come in by the first one's launch.
    async fn start(url: &str, random: &mut fastrand::Rng) -> Self {
        let mut launches: Vec<_> = (0..SERVERS).map(|_| Launch::on_database(url, random)).collect();
        let front = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        launches[0].front = Some(front.local_addr().expect("the port is known").port());
        let addresses = launches.iter().map(|launch| SocketAddr::from(([127, 0, 0, 1], launch.port())));
        nodes::spread(front, addresses.collect(), random.fork());
        let programs = launches.iter().map(|launch| Some(launch.start())).collect();
        Self { launches, programs }
    }

    async fn crowd(&self, random: &mut fastrand::Rng) -> Crowd {
        Crowd::gather(&self.launches[0], random).await
    }

    fn kill(&mut self, number: usize) {
        if let Some(program) = self.programs[number].take() {
            program.kill();
        }
    }

    fn start_again(&mut self, number: usize) {
        self.programs[number] = Some(self.launches[number].start());
    }

    /// None has ended by itself; all end well when they are told to.
    fn stop(self) {
        for program in self.programs.into_iter().flatten() {
            program.stop();
        }
    }
}

/// What happened to the whole is right.
async fn end(mut crowd: Crowd, servers: Servers, name: &str, rounds: u64) -> Summary {
    crowd.goes_on(BETWEEN).await;
    let summary = crowd.end().await;
    servers.stop();
    figure(&format!("cluster_{name}_rounds"), rounds);
    figure(&format!("cluster_{name}_acknowledged"), summary.acknowledged);
    figure(&format!("cluster_{name}_retries"), summary.retries);
    summary
}

/// A server holds no truth: the others go on, and its clients with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_killed_are_not_missed() {
    let mut random = random("cluster kill");
    let cluster = Cluster::start();
    let mut servers = Servers::start(&cluster.database().url, &mut random).await;
    let mut crowd = servers.crowd(&mut random).await;
    for _ in 0..rounds() {
        crowd.goes_on(BETWEEN).await;
        crowd.switch();
        crowd.moment(Duration::from_millis(200)).await;
        let number = random.usize(..SERVERS);
        servers.kill(number);
        crowd.goes_on(BETWEEN).await;
        servers.start_again(number);
    }
    end(crowd, servers, "kill", rounds()).await;
}

/// As when it is upgraded, and as when it crashes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_restarted() {
    let mut random = random("cluster restart");
    let cluster = Cluster::start();
    let servers = Servers::start(&cluster.database().url, &mut random).await;
    let mut crowd = servers.crowd(&mut random).await;
    for round in 0..rounds() {
        crowd.goes_on(BETWEEN).await;
        crowd.switch();
        crowd.moment(Duration::from_millis(200)).await;
        cluster.stop(if round % 2 == 0 { Stop::Immediate } else { Stop::Fast });
        cluster.start_again();
    }
    end(crowd, servers, "restart", rounds()).await;
}

/// Any connection of the servers to the database, or all, at any moment of a commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_the_database_are_cut() {
    let mut random = random("cluster cut");
    let cluster = Cluster::start();
    let database = cluster.database();
    let servers = Servers::start(&database.url, &mut random).await;
    let mut crowd = servers.crowd(&mut random).await;
    for cut in 0..rounds() * CUTS {
        if cut % CUTS == 0 {
            crowd.goes_on(BETWEEN).await;
            crowd.switch();
        }
        crowd.until("sends wait for answers", |shared| (shared.waiting() > 1).then_some(())).await;
        let which = ["= 'chinwag writer'", "= 'chinwag reader'", "LIKE 'chinwag %'"][random.usize(..3)];
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = '{}' AND application_name {which}",
            database.name
        );
        cluster.sql("postgres", &sql);
    }
    end(crowd, servers, "cut", rounds()).await;
}

/// An address of the primary, whichever it is: what a proxy or a moving address is in a real installation.
#[derive(Clone)]
struct Primary {
    port: u16,
    target: Arc<Mutex<(u16, JoinSet<()>)>>,
}

impl Primary {
    async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let target = Arc::new(Mutex::new((port, JoinSet::new())));
        let primary = Self { port: address.port(), target };
        let targets = Arc::clone(&primary.target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (port, carrying) = &mut *targets.lock();
                let port = *port;
                carrying.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        primary
    }

    /// Connections to the last one are cut.
    fn moves_to(&self, port: u16) {
        *self.target.lock() = (port, JoinSet::new());
    }
}

/// A synchronous standby takes over from a primary that has crashed, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_over() {
    let mut random = random("cluster failover");
    let mut cluster = Cluster::start();
    let database = cluster.database();
    let mut standby = cluster.synchronous_standby();
    let primary = Primary::at(cluster.port()).await;
    let url = format!("postgres://chinwag@127.0.0.1:{}/{}", primary.port, database.name);
    let servers = Servers::start(&url, &mut random).await;
    let mut crowd = servers.crowd(&mut random).await;
    for _ in 0..rounds() {
        crowd.goes_on(BETWEEN).await;
        crowd.switch();
        crowd.moment(Duration::from_millis(200)).await;
        cluster.stop(Stop::Immediate);
        standby.promote();
        // What it waited for as a standby is of the past.
        standby.set("synchronous_standby_names = ''");
        standby.reload();
        primary.moves_to(standby.port());
        crowd.goes_on(BETWEEN).await;
        cluster = standby;
        standby = cluster.synchronous_standby();
    }
    end(crowd, servers, "failover", rounds()).await;
}

/// It stands still while it holds the log's head; a moment at which it does not is no round. The others wait for it no longer
/// than they must, and it goes on in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_gives_way() {
    let mut random = random("cluster frozen");
    let cluster = Cluster::start();
    let servers = Servers::start(&cluster.database().url, &mut random).await;
    let mut crowd = servers.crowd(&mut random).await;
    let (mut counted, mut moments, mut longest) = (0, 0, Duration::ZERO);
    let mut probes = Vec::new();
    for launch in &servers.launches {
        let session = launch.own_client(Protocol::Http1).guest("Probe").await.expect("a guest may come");
        let room = session.open_room("probes").await.expect("a room may be opened").conversation.id;
        probes.push((session, room));
    }
    while counted < rounds() {
        moments += 1;
        assert!(moments < 100 * rounds(), "of {moments} moments, {counted} were bad");
        crowd.until("sends wait for answers", |shared| (shared.waiting() > 1).then_some(())).await;
        let number = random.usize(..SERVERS);
        let frozen = servers.programs[number].as_ref().expect("it runs");
        frozen.freeze();
        let begun = Instant::now();
        // Nobody else is silent for so long inside a transaction.
        tokio::time::sleep(SILENCE).await;
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chinwag writer'
                AND state = 'idle in transaction' AND clock_timestamp() - state_change > '{} ms'",
            SILENCE.as_millis() / 2
        );
        if cluster.sql("postgres", &sql) == ["0"] {
            frozen.thaw();
            continue;
        }
        counted += 1;
        for (session, room) in
            probes.iter().enumerate().filter(|(at, _)| *at != number).map(|(_, probe)| probe)
        {
            let id = ClientId::new(Uuid::from_u128(random.u128(..)));
            within("a send", session.send(*room, id, "probe", None)).await.expect("another server takes it");
            longest = longest.max(begun.elapsed());
        }
        frozen.thaw();
        crowd.goes_on(BETWEEN).await;
    }
    figure("cluster_frozen_moments", moments);
    figure("cluster_frozen_held_up_ms", longest.as_millis() as u64);
    assert!(number("CHINWAG_JUDGE_TIMES", 0) == 0 || longest <= HELD_UP_MAX, "held up for {longest:?}");
    end(crowd, servers, "frozen", rounds()).await;
}
