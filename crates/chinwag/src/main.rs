//! `chinwag`: serves chat, prints its configuration, takes care of its data, or measures a server.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use chinwag::admin::{self, AdminError};
use chinwag::command_line::{self, Command};
use chinwag::config::{self, Config, ConfigError, LogFormat};
use chinwag::failure::{Listener, StartError};
use chinwag::maintenance;
use chinwag::share::Share;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The command line or configuration is wrong, as the command line's library has it too.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|command| command == command_line::BENCH) {
        return chinwag_bench::tool::main(arguments);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(&error),
    }
}

fn run() -> anyhow::Result<()> {
    let invocation = command_line::parse(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let effective = config::load(invocation.given, invocation.config_file, std::env::vars_os())?;
    match invocation.command {
        Command::PrintConfig => print(effective),
        Command::Backup(file) => print(maintenance::backup(&effective.config, &file)?),
        Command::Restore(file) => print(maintenance::restore(&effective.config, &file)?),
        Command::Admin(request) => print(admin::run(&effective.config, &request)?),
        Command::Check => print(maintenance::check(&effective.config)?),
        Command::Compact => print(maintenance::compact(&effective.config)?),
        Command::MoveStore { from, to } => print(maintenance::move_store(&from, &to)?),
        Command::Serve => {
            let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
            runtime.block_on(serve(effective.config))
        }
    }
}

fn print(text: impl Display) -> anyhow::Result<()> {
    write!(io::stdout(), "{text}").context("cannot print")
}

async fn serve(config: Config) -> anyhow::Result<()> {
    start_logging(&config);
    // Each connection takes a descriptor; the soft limit is often far below what the system would give.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "could not raise the limit on open files");
    }
    if !config.limits {
        tracing::warn!(
            "the limits for each address, device, account and conversation are off: for measuring only"
        );
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let (reloading, reload) = mpsc::channel(1);
    let https = config.tls_cert.is_some();
    if https {
        // Without TLS there is nothing to read again, and whoever closes the terminal ends the server as before.
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                // While one is being read, another that waits is enough.
                _ = reloading.try_send(());
            }
        });
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::listen(Listener::Chat, config.listen, error))?;
    let bound = listener.local_addr()?;
    let ready = move || {
        // Whoever closed the terminal does not want the URLs.
        _ = write!(io::stdout(), "{}", Share::of(bound, https));
    };
    Ok(Box::pin(chinwag::server::run(listener, config, ready, reload, shutdown)).await?)
}

fn start_logging(config: &Config) {
    let registry = tracing_subscriber::registry().with(config.log.clone());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match config.log_format {
        LogFormat::Text => registry.with(lines.with_ansi(io::stderr().is_terminal())).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
}

/// Prints the error and, where it is known, the next step. Returns the code to exit with.
fn tell(error: &anyhow::Error) -> ExitCode {
    let (next_step, code) = if let Some(error) = error.downcast_ref::<ConfigError>() {
        (Some(error.next_step().to_owned()), ExitCode::from(USAGE))
    } else {
        let of_admin = || error.downcast_ref::<AdminError>()?.next_step().map(str::to_owned);
        (error.downcast_ref::<StartError>().map(StartError::next_step).or_else(of_admin), ExitCode::FAILURE)
    };
    let text = match next_step {
        Some(next_step) => format!("error: {error}\n\n  next: {next_step}\n"),
        None => format!("error: {error:#}\n"),
    };
    // Nobody is left to be told that this fails.
    _ = io::stderr().write_all(text.as_bytes());
    code
}
