//! The command line of `chinwag bench`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chinwag_client::{Protocol, Transport};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::connection_args::{AppendArgs, CatchUpArgs, IdleArgs, StormArgs};
use crate::floor::FloorCommand;
use crate::load_args::{MixedArgs, PairsArgs, RoomArgs};

const EXAMPLES: &str = "\
Without a URL, a server is started on a data folder that is deleted afterwards, without limits, on cores of its own.
Only measure a server that is yours.

Examples:
  chinwag bench room                                     A room of 1,000 readers, one message outstanding
  chinwag bench room --outstanding 64 --readers 1000     The same with 64
  chinwag bench room --rooms 1000 --readers 10           Many small rooms
  chinwag bench room --rate 50 --seconds 30              50 messages a second, whatever is answered
  chinwag bench pairs --pairs 100 --outstanding 1000     One-to-one, durable
  chinwag bench mixed --people 1000 --hot 200            What a direct message takes while a large room is busy
  chinwag bench idle --connections 19000 --transport sse  What each of 19,000 quiet streams costs
  chinwag bench storm --readers 10000                    The server is killed, and 10,000 come back
  chinwag bench catch-up --stored 10000000 --data FOLDER  Long absences, and a large database that is kept
  chinwag bench append --stored 1000,1000000             What appending costs as the database grows
  chinwag bench room http://127.0.0.1:8080 --server-pid 4711 --server-admin 127.0.0.1:8081";

/// Puts load on a server, and measures what it costs.
#[derive(Debug, Clone, Parser)]
#[command(name = "chinwag bench", bin_name = "chinwag bench", version, after_help = EXAMPLES)]
pub struct Bench {
    /// What is done.
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// The scenarios.
#[derive(Debug, Clone, Subcommand)]
pub enum Scenario {
    /// Rooms with many readers
    Room(RoomArgs),
    /// One-to-one: both of a pair send and read, each message is stored durably
    Pairs(PairsArgs),
    /// Many people who do different things: direct messages alone, and while a large room is busy
    Mixed(MixedArgs),
    /// Connections that carry nothing: memory, CPU, and the cost of connecting
    Idle(IdleArgs),
    /// Everyone is cut off at once, and comes back with a cursor
    Storm(StormArgs),
    /// Readers who come back after a long absence
    CatchUp(CatchUpArgs),
    /// The store alone, within the tool: appending to a large database and reading from it
    Append(AppendArgs),
    /// What the tool calls itself for.
    #[command(flatten)]
    Floor(FloorCommand),
}

/// Where the server is, and how the results are told.
#[derive(Debug, Clone, Args)]
pub struct CommonArgs {
    /// A server that is there already, for example http://127.0.0.1:8080
    pub url: Option<String>,
    /// The version of HTTP
    #[arg(long, value_enum, default_value_t = ProtocolArg::Http1)]
    pub protocol: ProtocolArg,
    /// A certificate in PEM that is believed; with --key, the server that is started speaks TLS with it
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, value_name = "FILE", requires = "certificate", conflicts_with = "url")]
    pub key: Option<PathBuf>,
    /// Cores for the server that is started, as 0 or 0,2-3 [default: the first, if there are two or more]
    #[arg(long, value_name = "CORES", conflicts_with = "url")]
    pub server_cores: Option<Cores>,
    /// Cores for the tool [default: all but the server's]
    #[arg(long, value_name = "CORES")]
    pub tool_cores: Option<Cores>,
    /// Threads of the tool
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub threads: usize,
    /// The process of the server, if it is on this machine
    #[arg(long, value_name = "PID", requires = "url")]
    pub server_pid: Option<u32>,
    /// Where the server tells its metrics, for example 127.0.0.1:8081
    #[arg(long, value_name = "ADDRESS", requires = "url")]
    pub server_admin: Option<SocketAddr>,
    /// Data folder of the server that is started [default: a temporary one]
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    pub data: Option<PathBuf>,
    /// Do not measure floors
    #[arg(long)]
    pub no_floors: bool,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the results as a page with plots
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// More options for the server that is started
    #[arg(last = true, value_name = "SERVER_OPTIONS", conflicts_with = "url")]
    pub server_options: Vec<String>,
}

/// A transport by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TransportArg {
    /// WebSocket, on which is also sent
    Websocket,
    /// Server-Sent Events
    Sse,
    /// HTTP streaming, one record a line
    Stream,
    /// Long polling
    LongPoll,
    /// Short polling
    Poll,
}

/// A version of HTTP by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProtocolArg {
    /// HTTP/1.1
    Http1,
    /// HTTP/2
    Http2,
}

/// Cores by number, in rising order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores(pub Vec<usize>);

impl From<TransportArg> for Transport {
    fn from(transport: TransportArg) -> Self {
        match transport {
            TransportArg::Websocket => Self::WebSocket,
            TransportArg::Sse => Self::Sse,
            TransportArg::Stream => Self::Stream,
            TransportArg::LongPoll => Self::LongPoll,
            TransportArg::Poll => Self::Poll,
        }
    }
}

impl From<ProtocolArg> for Protocol {
    fn from(protocol: ProtocolArg) -> Self {
        match protocol {
            ProtocolArg::Http1 => Self::Http1,
            ProtocolArg::Http2 => Self::Http2,
        }
    }
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const CORES_MAX: usize = 1_024;
        let number = |text: &str| {
            text.parse::<usize>()
                .ok()
                .filter(|core| *core < CORES_MAX)
                .ok_or_else(|| format!("{text:?} is not the number of a core"))
        };
        let mut cores = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            cores.extend(number(first)?..=number(last)?);
        }
        cores.sort_unstable();
        cores.dedup();
        if cores.is_empty() { Err(format!("{text:?} names no core")) } else { Ok(Self(cores)) }
    }
}

pub(crate) fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a number above 0".to_owned())
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{text:?} is not a number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores() {
        for (text, cores) in
            [("0", vec![0]), ("2,0", vec![0, 2]), ("0-2,5", vec![0, 1, 2, 5]), ("3,3", vec![3])]
        {
            assert_eq!(text.parse(), Ok(Cores(cores)));
        }
        for text in ["", "a", "0,", "-1", "2-1", "0-99999999"] {
            assert!(text.parse::<Cores>().is_err(), "{text:?}");
        }
    }
}
