//! One of the servers that share their data: the program as a process, or the same in this process.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chinwag::command_line;
use chinwag::config::{self, Config};
use chinwag::server::{self, Tuning};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::only_here::OnlyHere;
use crate::program::Process;
use crate::server::within;

/// A running server.
pub(crate) enum Node {
    Program {
        process: Process,
        log: PathBuf,
    },
    /// It stops when `stop` is dropped.
    Here {
        stop: Option<oneshot::Sender<()>>,
        running: JoinHandle<()>,
    },
}

impl Node {
    /// So many programs with the same command line, started at the same time. What they log is in `folder`.
    pub(crate) fn programs(number: usize, arguments: &[OsString], folder: &Path) -> Vec<(Self, SocketAddr)> {
        let serve = |number: usize| {
            let log = folder.join(format!("log{number}"));
            let file = File::create(&log).expect("a file can be made");
            (Process::serve(arguments, Stdio::from(file)), log)
        };
        let starting: Vec<_> = (0..number).map(serve).collect();
        let started = starting.into_iter().map(|(mut process, log)| {
            let url = process.url().unwrap_or_else(|line| {
                panic!("the program does not listen: {line:?}\n{}", read(&log));
            });
            let (_, address) = url.split_once("://").expect("a URL has a scheme");
            (Self::Program { process, log }, address.parse().expect("it listens on an address"))
        });
        started.collect()
    }

    /// So many in this process, with a command line of the program.
    pub(crate) async fn here(
        number: usize,
        arguments: &[OsString],
        only_here: Option<OnlyHere>,
    ) -> Vec<(Self, SocketAddr)> {
        let tuning = only_here.map_or_else(Tuning::default, OnlyHere::tuning);
        let config = config_of(arguments);
        let mut nodes = Vec::new();
        for _ in 0..number {
            let listener = TcpListener::bind(config.listen).await.expect("a port is free");
            let address = listener.local_addr().expect("the port is known");
            nodes.push((Self::start_here(listener, config.clone(), tuning.clone()), address));
        }
        nodes
    }

    fn start_here(listener: TcpListener, config: Config, tuning: Tuning) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            server::run_tuned(listener, config, tuning, || (), mpsc::channel(1).1, shutdown)
                .await
                .expect("the server runs");
        });
        Self::Here { stop: Some(stop), running }
    }

    /// Stops them all as SIGTERM does; each must end well.
    pub(crate) async fn stop_all(mut nodes: Vec<Self>) {
        for node in &mut nodes {
            match node {
                Self::Program { process, .. } => process.terminate(),
                Self::Here { stop, .. } => drop(stop.take()),
            }
        }
        for node in &mut nodes {
            within("the server stops", node.ended()).await;
        }
    }

    async fn ended(&mut self) {
        match self {
            Self::Program { process, .. } => {
                while !process.has_ended_well() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            Self::Here { running, .. } => running.await.expect("the server does not panic"),
        }
    }
}

impl Drop for Node {
    /// A program that has crashed, or a part of it, fails the test: the others would serve on, and nobody would notice.
    fn drop(&mut self) {
        if let Self::Program { process, log } = self
            && !std::thread::panicking()
        {
            process.has_ended_well();
            let log = read(log);
            assert!(!log.contains("panicked at") && !log.contains(" ERROR "), "a program has failed:\n{log}");
        }
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).expect("a log can be read")
}

fn config_of(arguments: &[OsString]) -> Config {
    let words = std::iter::once(OsString::from("chinwag")).chain(arguments.iter().cloned());
    let given = command_line::parse(words).expect("the command line is good").given;
    config::load(given, None, []).expect("the configuration is good").config
}
