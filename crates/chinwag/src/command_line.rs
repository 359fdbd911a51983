//! The command line. Its flags are made from the table of options in `config`.

use std::ffi::OsString;
use std::path::PathBuf;

use chinwag_store::Place;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::admin;
use crate::config::{
    CONFIG_VARIABLE, Config, ConfigOption, DatabaseUrl, Given, OPTIONS, ParseDatabaseUrlError, Source,
};

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the server.
    Serve,
    /// Print the effective configuration.
    PrintConfig,
    /// Copy the data into this file, whether or not the server runs.
    Backup(PathBuf),
    /// Put this backup into the data directory.
    Restore(PathBuf),
    /// Read all the data to find damage.
    Check,
    /// Write the database anew, with nothing in it that was deleted.
    Compact,
    /// Ask something of the running server.
    Admin(admin::Request),
    /// Move an installation from one store to another.
    MoveStore {
        /// Where it is.
        from: Place,
        /// Where it goes.
        to: Place,
    },
}

/// A command line, taken apart.
#[derive(Debug)]
pub struct Invocation {
    /// What to do.
    pub command: Command,
    /// The file that `--config` names.
    pub config_file: Option<PathBuf>,
    /// The values of the options that are flags.
    pub given: Vec<Given>,
}

/// The first argument that asks for the load tool, which has a command line of its own: `chinwag_bench::tool`.
pub const BENCH: &str = "bench";

const EXAMPLES: &str = "\
Every option is also an environment variable (--admin-listen: CHINWAG_ADMIN_LISTEN) and a key of the TOML file
that --config names (admin_listen). The command line wins over the environment, and that over the file.
Lists are separated by commas. Sizes are bytes, or have a unit: KiB, MiB, GiB.

Examples:
  chinwag                                  Serve on http://127.0.0.1:8080/ with the data in ./data
  chinwag --listen 0.0.0.0:8080            Serve all who reach this machine
  chinwag serve --config chinwag.toml      Serve with the options of a file
  chinwag config > chinwag.toml            Write the options of now to a file
  chinwag move-store --from ./data --to postgres://chinwag:PASSWORD@localhost/chinwag
                                           Move to PostgreSQL; then serve with --database URL
  chinwag backup /backup/today.db          Copy the data of the running server in ./data
  chinwag admin rooms list                 Ask the running server for its rooms; see: chinwag admin --help";

/// Takes a command line apart, the program's name first.
///
/// The error is also the answer to `--help` and `--version`: [`clap::Error::exit`] prints it and ends the program with
/// code 0 for these, 2 for a mistake.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let matches = grammar().try_get_matches_from(arguments)?;
    let (command, matches) = match matches.subcommand() {
        Some(("config", matches)) => (Command::PrintConfig, matches),
        Some(("backup", matches)) => (Command::Backup(file(matches)), matches),
        Some(("restore", matches)) => (Command::Restore(file(matches)), matches),
        Some(("check", matches)) => (Command::Check, matches),
        Some(("compact", matches)) => (Command::Compact, matches),
        Some((admin::NAME, matches)) => {
            let request = admin::request(matches).ok_or_else(|| {
                clap::Error::raw(
                    ErrorKind::InvalidSubcommand,
                    "there is no such command; see: chinwag admin --help\n",
                )
            })?;
            (Command::Admin(request), deepest(matches))
        }
        Some(("move-store", matches)) => {
            (Command::MoveStore { from: place(matches, "from"), to: place(matches, "to") }, matches)
        }
        Some((_, matches)) => (Command::Serve, matches),
        None => (Command::Serve, &matches),
    };
    Ok(Invocation {
        command,
        config_file: matches.get_one::<PathBuf>("config").cloned(),
        given: OPTIONS.iter().filter_map(|option| given(option, matches)).collect(),
    })
}

/// Where options stand that are given behind the last word.
fn deepest(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, matches)| deepest(matches))
}

/// The file that a command is for; the grammar demands one.
fn file(matches: &ArgMatches) -> PathBuf {
    matches.get_one::<PathBuf>("file").cloned().unwrap_or_default()
}

/// One of the places of a command; the grammar demands both.
fn place(matches: &ArgMatches, name: &str) -> Place {
    matches.get_one::<Place>(name).cloned().unwrap_or_else(|| Place::Folder(PathBuf::new()))
}

/// A directory, or the address of a database.
fn parse_place(text: &str) -> Result<Place, String> {
    if !text.contains("://") {
        return Ok(Place::Folder(PathBuf::from(text)));
    }
    let url: DatabaseUrl = text.parse().map_err(|error: ParseDatabaseUrlError| error.to_string())?;
    Ok(Place::Database(url.with_password().to_owned()))
}

fn given(option: &'static ConfigOption, matches: &ArgMatches) -> Option<Given> {
    let values: Vec<&str> = matches.get_many::<String>(option.name)?.map(String::as_str).collect();
    let source = Source::CommandLine(format!("--{}", option.flag()));
    Some(Given { option, text: values.join(","), source })
}

fn grammar() -> clap::Command {
    let config_file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(format!("TOML file with options [environment: {CONFIG_VARIABLE}]"))
        .global(true);

    clap::Command::new("chinwag")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A chat server. Without a command, it serves.")
        .after_help(EXAMPLES)
        .disable_help_subcommand(true)
        .subcommand(clap::Command::new("serve").about("Run the server (the default)"))
        .subcommand(
            clap::Command::new("config")
                .about("Print the effective configuration as TOML, each value with its source"),
        )
        .subcommand(
            clap::Command::new("backup")
                .about("Copy the data into a new file, whether or not the server runs, and check the copy")
                .arg(file_argument("Does not exist yet")),
        )
        .subcommand(
            clap::Command::new("restore")
                .about("Put a backup into the data directory, which must be empty or absent")
                .arg(file_argument("Made by `chinwag backup`")),
        )
        .subcommand(
            clap::Command::new("check")
                .about("Read all the data to find damage, whether or not the server runs"),
        )
        .subcommand(clap::Command::new("compact").about(
            "Write the database anew: smaller, and without a trace of what was deleted; no server may run on it",
        ))
        .subcommand(
            clap::Command::new("move-store")
                .about("Move an installation between a data directory and a PostgreSQL database; no server may run on it")
                .arg(place_argument("from", "Where it is; it is left as it is"))
                .arg(place_argument("to", "Where it goes: an empty or absent directory, or an empty database")),
        )
        .subcommand(admin::grammar())
        // Never taken apart here; it stands in the help.
        .subcommand(
            clap::Command::new(BENCH).about("Put load on a server and measure it; see: chinwag bench --help"),
        )
        .arg(config_file)
        .args(OPTIONS.iter().map(flag))
}

fn file_argument(help: &'static str) -> Arg {
    Arg::new("file").value_name("FILE").value_parser(value_parser!(PathBuf)).required(true).help(help)
}

fn place_argument(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("DIR|URL").value_parser(parse_place).required(true).help(help)
}

fn flag(option: &'static ConfigOption) -> Arg {
    // Global, so that it may stand before or after the command.
    Arg::new(option.name)
        .long(option.flag())
        .value_name((option.placeholder)())
        .help(format!("{} [default: {}]", option.help, default(option)))
        .action(if (option.is_list)() { ArgAction::Append } else { ArgAction::Set })
        .global(true)
}

fn default(option: &ConfigOption) -> String {
    match (option.get)(&Config::default()) {
        toml::Value::String(text) => text,
        toml::Value::Array(elements) if elements.is_empty() => "none".to_owned(),
        value => value.to_string(),
    }
}
