//! All sources together: precedence, refusals, and the printed configuration.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::command_line;

/// A configuration file that goes away with the test.
struct ConfigFile(PathBuf);

impl ConfigFile {
    fn new(content: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("chinwag-{}-{}.toml", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for ConfigFile {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.0);
    }
}

fn load_all(arguments: &[&str], variables: &[(&str, &str)]) -> Result<EffectiveConfig, ConfigError> {
    let arguments = ["chinwag"].iter().chain(arguments).map(OsString::from);
    let invocation = command_line::parse(arguments).unwrap();
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    load(invocation.given, invocation.config_file, variables)
}

fn error(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    load_all(arguments, variables).unwrap_err().to_string()
}

/// The error for a file, which is called FILE in it.
fn file_error(content: &str) -> String {
    let file = ConfigFile::new(content);
    error(&["--config", file.name()], &[]).replace(file.name(), "FILE")
}

/// For each option three values that differ from each other and from the default, as TOML prints them.
const VALUES: &[(&str, [&str; 3])] = &[
    ("listen", ["\"127.0.0.1:1\"", "\"0.0.0.0:2\"", "\"[::1]:3\""]),
    ("admin_listen", ["\"127.0.0.1:1\"", "\"off\"", "\"[::1]:3\""]),
    ("admin_token_file", ["\"/one.token\"", "\"two.token\"", "\"../three.token\""]),
    ("data", ["\"/one\"", "\"two\"", "\"../three\""]),
    ("database", ["\"postgres://one/a\"", "\"postgres://two@b/c\"", "\"postgresql:///d?host=/run\""]),
    ("tls_cert", ["\"one.pem\"", "\"/two.pem\"", "\"../three.pem\""]),
    ("tls_key", ["\"one.key\"", "\"/two.key\"", "\"../three.key\""]),
    ("allow_origin", ["[\"https://one\"]", "[\"https://two\", \"http://two:2\"]", "[\"https://three\"]"]),
    ("trusted_proxy", ["[\"10.0.0.1\"]", "[\"10.0.0.0/8\", \"::1\"]", "[\"fd00::/8\"]"]),
    ("message_bytes_max", ["\"1\"", "\"2KiB\"", "\"1MiB\""]),
    ("window_bytes_max", ["\"1MiB\"", "\"1025KiB\"", "\"1GiB\""]),
    ("connections_max", ["1", "2", "1000000"]),
    ("connections_per_address_max", ["1", "2", "1000000"]),
    ("tls_handshakes_per_address", ["1", "2", "1000000"]),
    ("guests_per_address", ["1", "2", "1000000"]),
    ("sign_ups_per_address", ["1", "2", "1000000"]),
    ("wrong_passwords_per_account", ["1", "2", "1000000"]),
    ("wrong_passwords_per_address", ["1", "2", "1000000"]),
    ("sends_per_conversation", ["1", "2", "1000000"]),
    ("joins_per_account", ["1", "2", "1000000"]),
    ("invites_per_account", ["1", "2", "1000000"]),
    ("wrong_invites_per_device", ["1", "2", "1000000"]),
    ("wrong_invites_per_address", ["1", "2", "1000000"]),
    // The default is the number of cores, which are not so many.
    ("password_hashes_at_once", ["1022", "1023", "1024"]),
    ("device_unseen_days", ["1", "2", "3650"]),
    ("guest_unseen_days", ["1", "2", "3650"]),
    ("streams_per_device_max", ["1", "2", "1000000"]),
    ("catch_up_events_max", ["1", "2", "1000000"]),
    ("catch_up_days_max", ["1", "2", "3650"]),
    ("drain_seconds", ["0", "2", "3600"]),
    ("log", ["\"warn\"", "\"chinwag_store=debug,info\"", "\"off\""]),
    // Two words only: the middle source repeats the default, which shows itself by its source.
    ("log_format", ["\"json\"", "\"text\"", "\"json\""]),
    ("limits", ["\"off\"", "\"on\"", "\"off\""]),
    ("limit_loopback", ["\"on\"", "\"off\"", "\"on\""]),
];

/// A value as it is written on the command line and in the environment.
fn plain(toml: &str) -> String {
    let elements = toml.strip_prefix('[').and_then(|toml| toml.strip_suffix(']')).unwrap_or(toml);
    elements.replace(['"', ' '], "")
}

#[test]
fn the_strongest_source_wins_for_every_option() {
    let names: Vec<_> = VALUES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, OPTIONS.iter().map(|option| option.name).collect::<Vec<_>>(), "each option is tried");

    for (option, (_, [in_file, in_environment, on_command_line])) in OPTIONS.iter().zip(VALUES) {
        let default = (option.get)(&Config::default()).to_string();
        let file = ConfigFile::new(&format!("\n{} = {in_file}\n", option.name));
        let flag = format!("--{}={}", option.flag(), plain(on_command_line));
        let variable = option.variable();

        for sources in 0..8 {
            let (use_file, use_environment, use_command_line) =
                (sources & 1 != 0, sources & 2 != 0, sources & 4 != 0);
            let mut arguments = Vec::new();
            let mut variables = Vec::new();
            if use_file {
                arguments.extend(["--config", file.name()]);
            }
            let environment_value = plain(in_environment);
            if use_environment {
                variables.push((variable.as_str(), environment_value.as_str()));
            }
            if use_command_line {
                arguments.push(&flag);
            }
            // One is refused without the other.
            let beside = match option.name {
                "tls_cert" => "--tls-key=the.key",
                "tls_key" => "--tls-cert=the.pem",
                _ => "",
            };
            if sources != 0 && !beside.is_empty() {
                arguments.push(beside);
            }

            let expected = if use_command_line {
                (*on_command_line, Source::CommandLine(format!("--{}", option.flag())))
            } else if use_environment {
                (*in_environment, Source::Environment(variable.clone()))
            } else if use_file {
                (*in_file, Source::File { path: file.0.clone(), line: 2 })
            } else {
                (default.as_str(), Source::Default)
            };
            let effective = load_all(&arguments, &variables).unwrap();
            let value = (option.get)(&effective.config).to_string();
            assert_eq!(
                (value.as_str(), effective.source(option.name)),
                expected,
                "{} {sources}",
                option.name
            );
        }
    }
}

#[test]
fn only_a_named_file_is_read_and_the_command_line_names_it_best() {
    let one = ConfigFile::new("drain_seconds = 1");
    let other = ConfigFile::new("drain_seconds = 2");
    let drain_seconds = |arguments: &[&str], variables: &[(&str, &str)]| {
        load_all(arguments, variables).unwrap().config.drain_seconds
    };
    assert_eq!(drain_seconds(&[], &[]), 10);
    assert_eq!(drain_seconds(&[], &[("CHINWAG_CONFIG", one.name())]), 1);
    assert_eq!(drain_seconds(&["--config", other.name()], &[("CHINWAG_CONFIG", one.name())]), 2);
}

#[test]
fn only_a_build_for_it_takes_the_name_of_a_broken_promise() {
    let loaded = load_all(&[], &[("CHINWAG_SABOTAGE", "fsync")]);
    assert_eq!(loaded.is_ok(), cfg!(feature = "sabotage"));
}

#[test]
fn the_printed_configuration_gives_the_same_configuration() {
    let file =
        ConfigFile::new("data = 'a \"quoted\\path'\nmessage_bytes_max = 0x400\nwindow_bytes_max = 2_000_000");
    let effective = load_all(
        &["--config", file.name(), "--allow-origin", "https://a", "--allow-origin=https://b,https://c"],
        &[("CHINWAG_ADMIN_LISTEN", "off"), ("CHINWAG_LOG", "info,chinwag_hub=trace"), ("PATH", "/bin")],
    )
    .unwrap();
    assert_eq!(effective.config.message_bytes_max, 1024);
    assert_eq!(effective.config.window_bytes_max, 2_000_000);

    let printed = ConfigFile::new(&effective.to_string());
    let again = load_all(&["--config", printed.name()], &[]).unwrap();
    assert_eq!(again.config, effective.config);
}

#[test]
fn the_printed_configuration_has_no_password_and_is_refused_without_it() {
    let effective = load_all(&["--database", "postgres://ada:secret@db/chat"], &[]).unwrap();
    let printed = effective.to_string();
    assert!(printed.contains("database = \"postgres://ada:LEFT-OUT@db/chat\""), "{printed}");
    assert!(!printed.contains("secret") && !format!("{effective:?}").contains("secret"));
    assert!(file_error(&printed).contains("put it back"));
}

#[test]
fn each_printed_value_has_its_source() {
    let file = ConfigFile::new("# first\ndata = '/srv'");
    let effective = load_all(
        &["--config", file.name(), "--listen", "localhost:9000"],
        // The default of the latter differs from machine to machine.
        &[("CHINWAG_TRUSTED_PROXY", "10.0.0.1, ::1"), ("CHINWAG_PASSWORD_HASHES_AT_ONCE", "2")],
    )
    .unwrap();
    assert_eq!(
        effective.to_string().replace(file.name(), "FILE"),
        r#"listen = "127.0.0.1:9000"            # command line --listen
admin_listen = "127.0.0.1:8081"      # default
admin_token_file = "off"             # default
data = "/srv"                        # file FILE:2
database = "off"                     # default
tls_cert = "off"                     # default
tls_key = "off"                      # default
allow_origin = []                    # default
trusted_proxy = ["10.0.0.1", "::1"]  # environment CHINWAG_TRUSTED_PROXY
message_bytes_max = "32KiB"          # default
window_bytes_max = "64MiB"           # default
connections_max = 15000              # default
connections_per_address_max = 1000   # default
tls_handshakes_per_address = 1000    # default
guests_per_address = 100             # default
sign_ups_per_address = 10            # default
wrong_passwords_per_account = 5      # default
wrong_passwords_per_address = 20     # default
sends_per_conversation = 1000        # default
joins_per_account = 60               # default
invites_per_account = 20             # default
wrong_invites_per_device = 10        # default
wrong_invites_per_address = 50       # default
password_hashes_at_once = 2          # environment CHINWAG_PASSWORD_HASHES_AT_ONCE
device_unseen_days = 90              # default
guest_unseen_days = 30               # default
streams_per_device_max = 32          # default
catch_up_events_max = 5000           # default
catch_up_days_max = 30               # default
drain_seconds = 10                   # default
log = "info"                         # default
log_format = "text"                  # default
limits = "on"                        # default
limit_loopback = "off"               # default
"#
    );
}

#[test]
fn wrong_values_are_told_with_their_source_and_what_is_allowed() {
    const ADDRESS: &str =
        "an IP address with a port, such as 127.0.0.1:8080, 0.0.0.0:8080, [::1]:8080 or localhost:8080";
    const SIZE: &str = "a size from 1 to 1MiB, such as 1048576, 512KiB or 1MiB";
    for (flag, message) in [
        ("--listen=:8080", format!("listen (command line --listen): `:8080` is not {ADDRESS}")),
        ("--listen=8080", format!("listen (command line --listen): `8080` is not {ADDRESS}")),
        ("--listen=off", format!("listen (command line --listen): `off` is not {ADDRESS}")),
        ("--listen=localhost:x", format!("listen (command line --listen): `localhost:x` is not {ADDRESS}")),
        ("--listen=chat.example:80", format!("listen (command line --listen): `chat.example:80` is not {ADDRESS}")),
        (
            "--admin-listen=no",
            format!("admin_listen (command line --admin-listen): `no` is not `off` or {ADDRESS}"),
        ),
        ("--data=", "data (command line --data): `` is not a directory, such as ./data".to_owned()),
        (
            "--database=mysql://ada:secret@db/chat",
            "database (command line --database): `mysql://ada:LEFT-OUT@db/chat` is not `off` or the address of a \
             PostgreSQL database, such as postgres://chinwag:PASSWORD@localhost/chinwag (`chinwag config` leaves the \
             password out: put it back)"
                .to_owned(),
        ),
        (
            "--allow-origin=https://a,https://b/",
            "allow_origin (command line --allow-origin): `https://b/` is not an origin, such as https://chat.example \
             or http://localhost:5173 (no path; the host in ASCII)"
                .to_owned(),
        ),
        (
            "--trusted-proxy=::1,proxy",
            "trusted_proxy (command line --trusted-proxy): `proxy` is not an IP address or network, such as \
             10.0.0.7, 10.0.0.0/8 or fd00::/8"
                .to_owned(),
        ),
        (
            "--message-bytes-max=0",
            format!("message_bytes_max (command line --message-bytes-max): `0` is not {SIZE}"),
        ),
        (
            "--message-bytes-max=1025KiB",
            format!("message_bytes_max (command line --message-bytes-max): `1025KiB` is not {SIZE}"),
        ),
        (
            "--message-bytes-max=1MB",
            format!("message_bytes_max (command line --message-bytes-max): `1MB` is not {SIZE}"),
        ),
        (
            "--message-bytes-max=18014398509481984KiB",
            format!("message_bytes_max (command line --message-bytes-max): `18014398509481984KiB` is not {SIZE}"),
        ),
        (
            "--drain-seconds=+1",
            "drain_seconds (command line --drain-seconds): `+1` is not a whole number from 0 to 3600".to_owned(),
        ),
        (
            "--log=info,inof",
            "log (command line --log): `inof` is not a level (off, error, warn, info, debug, trace) or TARGET=LEVEL, \
             such as info or info,chinwag_store=debug"
                .to_owned(),
        ),
        ("--limits=no", "limits (command line --limits): `no` is not `on` or `off`".to_owned()),
    ] {
        assert_eq!(error(&[flag], &[]), message);
    }

    assert_eq!(
        error(&[], &[("CHINWAG_LOG_FORMAT", "JSON")]),
        "log_format (environment CHINWAG_LOG_FORMAT): `JSON` is not `text` or `json`"
    );
    for (content, message) in [
        ("\nlimits = false", "limits (file FILE:2): `false` is not `on` or `off`"),
        (
            "connections_max = 1.5",
            "connections_max (file FILE:1): `1.5` is not a whole number from 1 to 1000000",
        ),
        ("drain_seconds = -1", "drain_seconds (file FILE:1): `-1` is not a whole number from 0 to 3600"),
        ("data = ['a']", "data (file FILE:1): takes one value, not a list"),
        ("data.path = 'a'", "data (file FILE:1): a table is not a directory, such as ./data"),
        (
            "trusted_proxy = [[]]",
            "trusted_proxy (file FILE:1): a list is not an IP address or network, such as 10.0.0.7, 10.0.0.0/8 or \
             fd00::/8",
        ),
    ] {
        assert_eq!(file_error(content), message);
    }
}

#[test]
fn a_wrong_value_is_refused_even_where_it_is_overridden() {
    assert_eq!(
        error(&["--limits=on"], &[("CHINWAG_LIMITS", "no")]),
        "limits (environment CHINWAG_LIMITS): `no` is not `on` or `off`"
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (content, message) in [
        ("data = 'a'\nlisen = '127.0.0.1:80'", "file FILE:2: unknown key `lisen`, did you mean `listen`?"),
        ("admin-listen = 'off'", "file FILE:1: unknown key `admin-listen`, did you mean `admin_listen`?"),
        ("port = 8080", "file FILE:1: unknown key `port`"),
        ("[server]\nlisten = '127.0.0.1:80'", "file FILE:1: unknown key `server`"),
    ] {
        assert_eq!(file_error(content), message);
    }
    for (variable, message) in [
        (
            "CHINWAG_LISEN",
            "environment CHINWAG_LISEN: there is no such option, did you mean `CHINWAG_LISTEN`?",
        ),
        (
            "CHINWAG_CONFIG_FILE",
            "environment CHINWAG_CONFIG_FILE: there is no such option, did you mean `CHINWAG_CONFIG`?",
        ),
        ("CHINWAG_TOKEN", "environment CHINWAG_TOKEN: there is no such option"),
    ] {
        assert_eq!(error(&[], &[(variable, "x")]), message);
    }

    let refusal = command_line::parse(["chinwag", "--lisen", "x"].map(OsString::from)).unwrap_err();
    assert!(refusal.to_string().contains("a similar argument exists: '--listen'"), "{refusal}");
}

#[test]
fn variables_of_kubernetes_are_explained() {
    for variable in ["CHINWAG_SERVICE_HOST", "CHINWAG_PORT", "CHINWAG_PORT_8080_TCP_ADDR"] {
        assert_eq!(
            load_all(&[], &[(variable, "x")]).unwrap_err().next_step(),
            "Kubernetes sets this for a service named `chinwag`: write `enableServiceLinks: false` in the pod."
        );
    }
}

#[test]
fn a_variable_that_is_not_unicode_is_refused() {
    let variable = ("CHINWAG_DATA".into(), OsString::from_vec(vec![0xff]));
    assert_eq!(
        load(Vec::new(), None, [variable]).unwrap_err().to_string(),
        "environment CHINWAG_DATA: is not valid UTF-8"
    );
}

#[test]
fn unreadable_files_are_told_with_who_named_them() {
    assert_eq!(
        error(&["--config", "/absent/chinwag.toml"], &[]),
        "file /absent/chinwag.toml (command line --config): cannot be read: No such file or directory (os error 2)"
    );
    assert_eq!(
        error(&[], &[("CHINWAG_CONFIG", "/absent/chinwag.toml")]),
        "file /absent/chinwag.toml (environment CHINWAG_CONFIG): cannot be read: No such file or directory (os \
         error 2)"
    );
}

#[test]
fn files_that_are_not_toml_are_told_with_the_line() {
    for (content, start) in [
        ("data = 'a'\n\nlisten", "file FILE:3: "),
        ("data = 'a'\ndata = 'b'", "file FILE:2: duplicate key"),
        ("data = 'a\nlisten = ''", "file FILE:1: "),
    ] {
        let message = file_error(content);
        assert!(message.starts_with(start), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn the_two_servers_cannot_share_a_port() {
    assert_eq!(
        error(&["--listen", "0.0.0.0:8081"], &[]),
        "listen (command line --listen) and admin_listen (default) cannot share port 8081"
    );
    assert!(load_all(&["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"], &[]).is_ok());
}

#[test]
fn a_certificate_and_its_key_come_together_or_not_at_all() {
    for (arguments, variables, message) in [
        (&["--tls-cert=chat.pem"][..], &[][..], "tls_cert (command line --tls-cert) needs tls_key beside it"),
        (
            &["--tls-cert=off"],
            &[("CHINWAG_TLS_KEY", "chat.key")],
            "tls_key (environment CHINWAG_TLS_KEY) needs tls_cert beside it",
        ),
    ] {
        let error = load_all(arguments, variables).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(
            error.next_step(),
            "Name both files, --tls-cert FILE --tls-key FILE, or neither to serve without TLS."
        );
    }
    let file = ConfigFile::new("tls_cert = 'chat.pem'\ntls_key = 'chat.key'");
    let config = load_all(&["--config", file.name()], &[]).unwrap().config;
    assert_eq!(config.tls_cert, Some(PathBuf::from("chat.pem")));
    let off = load_all(&["--config", file.name(), "--tls-cert=off", "--tls-key=off"], &[]).unwrap().config;
    assert_eq!((off.tls_cert, off.tls_key), (None, None));
}
