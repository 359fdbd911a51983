//! The command lines of the scenarios that are about connections and the log, not about sending.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::absence::Absence;
use crate::command_line::{CommonArgs, TransportArg, positive, seconds};
use crate::scenario::{AppendOptions, CatchUpOptions, Cut, IdleOptions, StormOptions};

/// `idle`.
#[derive(Debug, Clone, Args)]
pub struct IdleArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How events are asked for
    #[arg(long, value_enum, default_value_t = TransportArg::Websocket)]
    pub transport: TransportArg,
    /// Connections; several numbers, rising, give a curve
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "10000", value_parser = positive)]
    pub connections: Vec<usize>,
    /// Accounts in each room
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = positive)]
    pub room_members: usize,
    /// Connections that are opened at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub at_once: usize,
    /// Seconds in which nothing is done; each connection has a heartbeat every 25
    #[arg(long, value_name = "S", default_value = "25", value_parser = seconds)]
    pub seconds: Duration,
}

/// `storm`.
#[derive(Debug, Clone, Args)]
pub struct StormArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How events are asked for
    #[arg(long, value_enum, default_value_t = TransportArg::Websocket)]
    pub transport: TransportArg,
    /// Readers, each an account with a connection
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = positive)]
    pub readers: usize,
    /// Accounts in each room
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = positive)]
    pub room_members: usize,
    /// Messages in each room that its members miss
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub missed: usize,
    /// Who cuts the connections
    #[arg(long, value_enum, default_value_t = CutArg::Server)]
    pub cut: CutArg,
    /// All come back at a random moment within so many seconds; 0 is all at once [default: by the client's rules]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub spread: Option<Duration>,
}

/// Who cuts connections, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CutArg {
    /// The server is killed, and started anew
    Server,
    /// The tool drops them
    Tool,
}

/// `catch-up`.
#[derive(Debug, Clone, Args)]
pub struct CatchUpArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How events are asked for
    #[arg(long, value_enum, default_value_t = TransportArg::Websocket)]
    pub transport: TransportArg,
    /// Messages that the database holds at least; one that is there already (--data) is filled up to that
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = positive)]
    pub stored: usize,
    /// Readers who come back, one after the other
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub readers: usize,
    /// Conversations that each is in
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = positive)]
    pub conversations: usize,
    /// Messages that each has missed; more than the server's catch_up_events_max are not replayed
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = positive)]
    pub missed: usize,
    /// Conversations in which these are
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub missed_in: usize,
    /// Messages for others that came after them; if there are few, the server still has everything in memory
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    pub foreign: usize,
    /// Offer compression on WebSockets
    #[arg(long)]
    pub deflate: bool,
}

/// `append`.
#[derive(Debug, Clone, Args)]
pub struct AppendArgs {
    /// Where the database is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Messages that the database holds when it is measured; several numbers, rising, give a curve
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1000000", value_parser = positive)]
    pub stored: Vec<usize>,
    /// Messages that are appended then, at most as many as there are
    #[arg(long, value_name = "N", default_value_t = 300_000, value_parser = positive)]
    pub measured: usize,
    /// Messages under way at any time
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = positive)]
    pub in_flight: usize,
}

impl IdleArgs {
    /// For the scenario.
    pub fn options(&self) -> IdleOptions {
        IdleOptions {
            transport: self.transport.into(),
            connections: self.connections.clone(),
            room_members: self.room_members,
            at_once: self.at_once,
            window: self.seconds,
        }
    }
}

impl StormArgs {
    /// For the scenario.
    pub fn options(&self) -> StormOptions {
        StormOptions {
            transport: self.transport.into(),
            readers: self.readers,
            room_members: self.room_members,
            missed: self.missed as u64,
            cut: match self.cut {
                CutArg::Server => Cut::Server,
                CutArg::Tool => Cut::Tool,
            },
            spread: self.spread,
        }
    }
}

impl CatchUpArgs {
    /// For the scenario.
    pub fn options(&self) -> CatchUpOptions {
        CatchUpOptions {
            transport: self.transport.into(),
            stored: self.stored,
            readers: self.readers,
            absence: Absence {
                conversations: self.conversations,
                missed: self.missed,
                missed_in: self.missed_in.min(self.conversations),
            },
            foreign: self.foreign,
            deflate: self.deflate,
        }
    }
}

impl AppendArgs {
    /// For the scenario.
    pub fn options(&self) -> AppendOptions {
        AppendOptions { stored: self.stored.clone(), measured: self.measured, in_flight: self.in_flight }
    }
}
