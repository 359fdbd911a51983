//! One call of the tool, from its command line to its report.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use chinwag_client::{ClientError, ClientOptions, TlsRoots, Transport};
use clap::Parser;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::sync::watch;

use crate::command_line::{Bench, CommonArgs, Cores, Scenario};
use crate::floor::{FloorError, Place};
use crate::load::{Amount, EngineOptions, Pace};
use crate::load_args::{LoadArgs, SendingArgs};
use crate::outside::{Process, describe_machine};
use crate::report::{Report, Run, to_html, to_json, to_text};
use crate::scenario::{
    LoadOptions, MixedOptions, PairsOptions, RoomOptions, ScenarioError, append, catch_up, fill_for_catch_up,
    idle, mixed, pairs, room, room_curve, storm,
};
use crate::target::{Start, Target, TargetError};

/// About how long each floor is measured.
const FLOOR_DURATION: Duration = Duration::from_secs(2);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Floor(#[from] FloorError),
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Does what the arguments behind `chinwag bench` ask for, and gives the code to exit with.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let bench = Bench::parse_from(std::iter::once("chinwag bench".into()).chain(words.iter().cloned()));
    match run(bench.scenario, &words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told that this fails.
            _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(scenario: Scenario, words: &[OsString]) -> Result<(), ToolError> {
    let common = match &scenario {
        Scenario::Floor(floor) => return Ok(floor.run()?),
        Scenario::Room(room) => room.common.clone(),
        Scenario::Pairs(pairs) => pairs.common.clone(),
        Scenario::Mixed(mixed) => mixed.common.clone(),
        Scenario::Idle(idle) => idle.common.clone(),
        Scenario::Storm(storm) => storm.common.clone(),
        Scenario::CatchUp(catch_up) => catch_up.common.clone(),
        Scenario::Append(append) => append.common.clone(),
    };
    let places = Places::of(&common)?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    let threads = if matches!(scenario, Scenario::Append(_)) {
        // The store is the tool's own here, and its writer a thread beside those who write.
        std::thread::available_parallelism()?.get()
    } else {
        // Before there are threads, which have the same cores then.
        places.take_tool_cores()?;
        common.threads
    };
    let runtime = match threads {
        1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        threads => {
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?
        }
    };
    let words = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    runtime.block_on(measure(scenario, &common, &places, format!("chinwag bench {words}")))
}

async fn measure(
    scenario: Scenario,
    common: &CommonArgs,
    places: &Places,
    command: String,
) -> Result<(), ToolError> {
    let began = SystemTime::now();
    let folder = tempfile::tempdir()?;
    let data = common.data.clone().unwrap_or_else(|| folder.path().to_owned());
    let place = if common.no_floors { None } else { Some(places.floors()?) };
    if common.url.is_some() && matches!(scenario, Scenario::CatchUp(_) | Scenario::Append(_)) {
        let why = "this scenario fills a database of its own; leave out the URL";
        return Err(ScenarioError::Unfit(why.to_owned()).into());
    }
    let (run, server, machine) = if let Scenario::Append(args) = &scenario {
        let run = append(&data, &args.options(), place.as_ref()).await?;
        (run, "the store alone, within the tool".to_owned(), describe_machine(None)?)
    } else {
        let absent = match &scenario {
            Scenario::CatchUp(args) => Some(fill_for_catch_up(&data, &args.options()).await?),
            _ => None,
        };
        let mut target = target(common, places, data).await?;
        let server = target.client()?.server().await?.server;
        let process = target.pid.map(Process::new).transpose()?;
        let machine = describe_machine(process.as_ref())?;
        let run = match (&scenario, &absent) {
            (Scenario::Idle(args), _) => idle(&mut target, &args.options(), place.as_ref()).await?,
            (Scenario::Storm(args), _) => storm(&mut target, &args.options()).await?,
            (Scenario::CatchUp(args), Some(absent)) => {
                catch_up(&target, &args.options(), absent, place.as_ref()).await?
            }
            _ => scenario_run(scenario, &target, places, interrupted()).await?,
        };
        target.stop().await?;
        (run, server, machine)
    };
    let report = Report {
        tool: format!("chinwag {}", env!("CARGO_PKG_VERSION")),
        server,
        began: jiff::Timestamp::try_from(began).map_err(io::Error::other)?.strftime("%FT%TZ").to_string(),
        machine,
        command,
        runs: vec![run],
    };
    write(&report, common)
}

/// The server: the one that the command line names, or a new one.
async fn target(common: &CommonArgs, places: &Places, data: PathBuf) -> Result<Target, ToolError> {
    let tls_roots = match &common.certificate {
        None => TlsRoots::System,
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| ToolError::File(path.clone(), error))?;
            TlsRoots::from_pem(&pem)?
        }
    };
    let options = ClientOptions { protocol: common.protocol.into(), tls_roots };
    if let Some(url) = &common.url {
        return Ok(Target::attach(url, options, common.server_pid, common.server_admin));
    }
    let mut arguments = common.server_options.clone();
    if let (Some(certificate), Some(key)) = (&common.certificate, &common.key) {
        for (flag, path) in [("--tls-cert", certificate), ("--tls-key", key)] {
            arguments.extend([flag.to_owned(), path.to_string_lossy().into_owned()]);
        }
    }
    let start = Start {
        program: std::env::current_exe()?,
        data,
        cores: places.server.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        admin: ([127, 0, 0, 1], 0).into(),
        arguments,
    };
    Ok(Target::start(&start, options).await?)
}

async fn scenario_run(
    scenario: Scenario,
    target: &Target,
    places: &Places,
    stop: watch::Receiver<bool>,
) -> Result<Run, ToolError> {
    let engine = |common: &CommonArgs, sending: &SendingArgs| EngineOptions {
        threads: common.threads,
        run: fastrand::u32(..),
        text_bytes: sending.size,
        deflate: sending.deflate,
        poll_interval: sending.poll_interval,
        ..EngineOptions::default()
    };
    let load = |common: &CommonArgs, load: &LoadArgs, outstanding| {
        Ok::<_, ToolError>(LoadOptions {
            transport: load.transport.into(),
            pace: load.pace(outstanding),
            amount: load.amount(),
            warm_up: load.warm_up(),
            engine: engine(common, &load.sending),
            place: if common.no_floors { None } else { Some(places.floors()?) },
            stop: stop.clone(),
        })
    };
    Ok(match scenario {
        Scenario::Room(args) => {
            let load = load(&args.common, &args.load, args.outstanding.unwrap_or(1))?;
            let options = |readers| RoomOptions { load, rooms: args.rooms, readers };
            match args.readers[..] {
                [readers] => room(target, &options(readers)).await?,
                _ => room_curve(target, &options(0), &args.readers).await?,
            }
        }
        Scenario::Pairs(args) => {
            let load = load(&args.common, &args.load, args.outstanding.unwrap_or(1_000))?;
            pairs(target, &PairsOptions { load, pairs: args.pairs }).await?
        }
        Scenario::Mixed(args) => {
            let load = LoadOptions {
                transport: Transport::WebSocket,
                pace: match args.outstanding {
                    Some(outstanding) => Pace::Closed { outstanding },
                    None => Pace::Open { per_second: args.rate, outstanding_max: 10_000, seed: 3 },
                },
                amount: Amount::Time(args.seconds),
                warm_up: Amount::Time(args.seconds / 10),
                engine: engine(&args.common, &args.sending),
                place: None,
                stop,
            };
            let options = MixedOptions {
                load,
                time: args.seconds,
                people: args.people,
                hot: args.hot,
                pairs: args.pairs,
                direct_per_second: args.direct_rate,
                small_per_second: args.small_rate,
                comers: args.comers,
                shares: args.transports.iter().map(|share| (share.0, share.1)).collect(),
            };
            mixed(target, &options).await?
        }
        _ => return Err(io::Error::other("this is not a scenario that sends").into()),
    })
}

/// True after the first Ctrl-C; the second one ends the tool.
fn interrupted() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        stop.send_replace(true);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    stopped
}

fn write(report: &Report, common: &CommonArgs) -> Result<(), ToolError> {
    let files = [(&common.json, to_json(report)?), (&common.html, to_html(report))];
    for (path, text) in files {
        if let Some(path) = path {
            std::fs::write(path, text).map_err(|error| ToolError::File(path.clone(), error))?;
        }
    }
    Ok(write!(io::stdout(), "{}", to_text(report))?)
}

/// Which cores do what.
#[derive(Debug)]
struct Places {
    server: Vec<usize>,
    tool: Vec<usize>,
}

impl Places {
    /// By default the server has the first core and the tool the others, if there are two.
    fn of(common: &CommonArgs) -> Result<Self, ToolError> {
        let cores = |cores: &Option<Cores>| cores.as_ref().map(|cores| cores.0.clone());
        let allowed = sched_getaffinity(None).map_err(io::Error::from)?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
        let ours = common.url.is_none() && all.len() > 1;
        let server = cores(&common.server_cores)
            .unwrap_or_else(|| all.first().copied().filter(|_| ours).into_iter().collect());
        let tool = cores(&common.tool_cores).unwrap_or_else(|| {
            let others: Vec<usize> = all.iter().copied().filter(|core| !server.contains(core)).collect();
            if ours { others } else { Vec::new() }
        });
        Ok(Self { server, tool })
    }

    fn take_tool_cores(&self) -> io::Result<()> {
        if self.tool.is_empty() {
            return Ok(());
        }
        let mut set = CpuSet::new();
        self.tool.iter().for_each(|&core| set.set(core));
        Ok(sched_setaffinity(None, &set)?)
    }

    fn floors(&self) -> io::Result<Place> {
        Ok(Place {
            program: std::env::current_exe()?,
            arguments: vec!["bench".to_owned()],
            server_cores: self.server.clone(),
            duration: FLOOR_DURATION,
        })
    }
}
