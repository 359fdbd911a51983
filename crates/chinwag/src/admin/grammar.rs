//! What can be asked: `chinwag admin WHAT VERB`, and the request that each is.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::{Request, Shape};

/// The command.
pub(crate) const NAME: &str = "admin";

const EXAMPLES: &str = "\
Run it on the server's machine, as the user that runs the server, with the same --data (or --config).

Examples:
  chinwag admin rooms list                   All rooms, a page at a time
  chinwag admin messages list tea            The newest messages of the room tea
  chinwag admin messages delete tea 17       Delete the message with number 17
  chinwag admin accounts ban eve --for 7d    Sign eve out everywhere, and in nowhere for a week
  chinwag admin addresses ban 192.0.2.0/24   Answer nobody from there
  chinwag admin settings close sign_up       Let nobody make an account for now
  chinwag admin keys make shop               A key for a program that makes accounts";

const ACCOUNTS: &[(&str, &str)] = &[
    ("ID", "/account/id"),
    ("USER NAME", "/account/username"),
    ("NAME", "/account/name"),
    ("BANNED", "/banned"),
];
const DEVICES: &[(&str, &str)] =
    &[("DEVICE", "/id"), ("NAME", "/name"), ("SIGNED IN", "/created_at"), ("LAST SEEN", "/last_seen_at")];
const ROOMS: &[(&str, &str)] = &[
    ("ROOM", "/slug"),
    ("MEMBERS", "/members"),
    ("LISTED", "/listed"),
    ("CLOSED", "/closed"),
    ("OWNER", "/owner"),
    ("ID", "/id"),
];
const MEMBERS: &[(&str, &str)] = &[("ID", "/id"), ("ROLE", "/role"), ("NAME", "/name")];
const MESSAGES: &[(&str, &str)] = &[
    ("SEQ", "/seq"),
    ("SENT", "/sent_at"),
    ("SENDER", "/sender/id"),
    ("NAME", "/sender/name"),
    ("TEXT", "/text"),
];
const ADDRESSES: &[(&str, &str)] = &[("ADDRESS", "/range"), ("SINCE", "/since"), ("UNTIL", "/until")];
const KEYS: &[(&str, &str)] =
    &[("ID", "/id"), ("NAME", "/name"), ("MADE", "/made_at"), ("LAST USED", "/last_used_at")];

/// The command with all that it takes.
pub(crate) fn grammar() -> Command {
    let verb = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let what = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).subcommand_required(true).arg_required_else_help(true)
    };
    Command::new(NAME)
        .about("Run a server while it runs: rooms, messages, accounts, addresses, settings, keys")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new("json")
                .long("json")
                .help("Print what the server answers, as JSON")
                .action(ArgAction::SetTrue)
                .global(true),
        )
        .subcommand(
            what("accounts", "Accounts, their devices and passwords")
                .subcommand(
                    verb("list", "All accounts; with PREFIX those whose user names begin with it")
                        .arg(word("prefix", "PREFIX").required(false))
                        .arg(after()),
                )
                .subcommand(verb("show", "An account and its devices").arg(account()))
                .subcommand(
                    verb("ban", "Sign an account out everywhere, and keep it out").arg(account()).arg(time()),
                )
                .subcommand(verb("unban", "Let an account in again").arg(account()))
                .subcommand(verb("sign-out", "Sign an account out everywhere").arg(account()))
                .subcommand(
                    verb("reset-password", "Give an account a new password, and sign it out everywhere")
                        .arg(account()),
                )
                .subcommand(verb("delete", "Delete an account and what it wrote, for ever").arg(account())),
        )
        .subcommand(
            what("rooms", "Rooms; by their ids groups as well")
                .subcommand(
                    verb("list", "All rooms; with PREFIX those whose names begin with it")
                        .arg(word("prefix", "PREFIX").required(false))
                        .arg(after()),
                )
                .subcommand(verb("show", "A room").arg(room()))
                .subcommand(verb("members", "Who is in a room").arg(room()).arg(after()))
                .subcommand(
                    verb("remove", "Send a member away, who may come back").arg(room()).arg(account()),
                )
                .subcommand(verb("close", "Send all members away, and let nobody in").arg(room()))
                .subcommand(verb("reopen", "Let people into a closed room again").arg(room()))
                .subcommand(verb("hand-over", "Make an account the owner").arg(room()).arg(account())),
        )
        .subcommand(
            what("messages", "Messages of a room or, by its id, of any conversation")
                .subcommand(
                    verb("list", "The newest messages").arg(room()).arg(
                        Arg::new("before")
                            .long("before")
                            .value_name("SEQ")
                            .value_parser(clap::value_parser!(u64))
                            .help("Those before this one"),
                    ),
                )
                .subcommand(verb("delete", "Delete a message").arg(room()).arg(
                    word("seq", "SEQ").value_parser(clap::value_parser!(u64)).help("Its number in the room"),
                )),
        )
        .subcommand(
            what("addresses", "Addresses and networks that nobody may come from")
                .subcommand(verb("list", "Those that are banned"))
                .subcommand(verb("ban", "Answer nobody from there").arg(range()).arg(time()))
                .subcommand(verb("unban", "Answer again").arg(range())),
        )
        .subcommand(
            what("settings", "What people may do on their own")
                .subcommand(verb("show", "What is open and what is closed"))
                .subcommand(verb("open", "Open it").arg(entrance()))
                .subcommand(verb("close", "Close it for now").arg(entrance())),
        )
        .subcommand(
            what("keys", "Keys of programs that make accounts and sign them in")
                .subcommand(verb("list", "All keys"))
                .subcommand(verb("make", "Make a key; it is shown this once").arg(word("name", "NAME")))
                .subcommand(verb("revoke", "Make a key void").arg(word("id", "ID"))),
        )
}

fn word(id: &'static str, shown: &'static str) -> Arg {
    Arg::new(id).value_name(shown).required(true)
}

fn account() -> Arg {
    word("account", "ACCOUNT").help("Its user name or its id")
}

fn room() -> Arg {
    word("room", "ROOM").help("Its name or its id")
}

fn range() -> Arg {
    word("range", "ADDRESS").help("Such as 192.0.2.7, 192.0.2.0/24 or 2001:db8:1:2::/64")
}

fn entrance() -> Arg {
    word("entrance", "WHAT").value_parser(["sign_up", "guests", "room_creation"])
}

fn after() -> Arg {
    Arg::new("after").long("after").value_name("PLACE").help("The next page, as the last one names it")
}

fn time() -> Arg {
    Arg::new("for")
        .long("for")
        .value_name("TIME")
        .value_parser(seconds)
        .help("For how long, such as 30m, 12h or 7d [default: until it is lifted]")
}

/// A time as one types it, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let units = [("d", 24 * 60 * 60), ("h", 60 * 60), ("m", 60), ("s", 1)];
    let found = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)));
    let (number, unit) = found.unwrap_or((text, 1));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { number.parse::<u64>().ok() } else { None };
    let seconds = number.and_then(|number| number.checked_mul(unit)).filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| "say a number and a unit, such as 30m, 12h or 7d".to_owned())
}

/// What is asked of the server; none if the grammar has let through what it does not know.
pub(crate) fn request(matches: &ArgMatches) -> Option<Request> {
    let (what, matches) = matches.subcommand()?;
    let (verb, matches) = matches.subcommand()?;
    // Each verb has its own words.
    let text = |id: &str| matches.try_get_one::<String>(id).ok().flatten().map_or("", String::as_str);
    let part = |id: &str| encoded(text(id));
    let number = |id: &str| matches.try_get_one::<u64>(id).ok().flatten().copied();
    let account = || format!("/admin/v1/accounts/{}", part("account"));
    let room = || format!("/admin/v1/conversations/{}", part("room"));
    let page = |path: &str, prefix: Option<&str>| {
        let mut query = Vec::new();
        if let Some(name) = prefix.filter(|_| !text("prefix").is_empty()) {
            query.push(format!("{name}={}", part("prefix")));
        }
        if !text("after").is_empty() {
            query.push(format!("after={}", part("after")));
        }
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    };
    let entrance = |open: bool| Some(json!({ (text("entrance")): open }));
    let (method, path, body, shape) = match (what, verb) {
        ("accounts", "list") => {
            ("GET", page("/admin/v1/accounts", Some("username")), None, Shape::Table("accounts", ACCOUNTS))
        }
        ("accounts", "show") => {
            let fields = &[
                ("id", "/account/id"),
                ("user name", "/account/username"),
                ("name", "/account/name"),
                ("about", "/account/about"),
                ("banned", "/banned"),
                ("made by key", "/made_by_key"),
            ];
            ("GET", account(), None, Shape::Fields(fields, Some(("devices", DEVICES))))
        }
        ("accounts", "ban") => {
            let body = json!({ "seconds": number("for") });
            ("PUT", account() + "/ban", Some(body), Shape::Done("Banned, and signed out everywhere."))
        }
        ("accounts", "unban") => ("DELETE", account() + "/ban", None, Shape::Done("Not banned any more.")),
        ("accounts", "sign-out") => {
            ("DELETE", account() + "/devices", None, Shape::Done("Signed out everywhere."))
        }
        ("accounts", "delete") => ("DELETE", account(), None, Shape::Done("Deleted.")),
        ("accounts", "reset-password") => {
            let what =
                "This is its password now. It is shown this once; the account is signed out everywhere.";
            ("POST", account() + "/password", None, Shape::Secret("password", what))
        }
        ("rooms", "list") => {
            ("GET", page("/admin/v1/rooms", Some("prefix")), None, Shape::Table("rooms", ROOMS))
        }
        ("rooms", "show") => {
            let fields = &[
                ("id", "/id"),
                ("kind", "/kind"),
                ("room", "/slug"),
                ("title", "/title"),
                ("owner", "/owner"),
                ("members", "/members"),
                ("listed", "/listed"),
                ("locked", "/locked"),
                ("closed", "/closed"),
            ];
            ("GET", room(), None, Shape::Fields(fields, None))
        }
        ("rooms", "members") => {
            ("GET", page(&(room() + "/members"), None), None, Shape::Table("members", MEMBERS))
        }
        ("rooms", "remove") => {
            ("DELETE", format!("{}/members/{}", room(), part("account")), None, Shape::Done("Sent away."))
        }
        ("rooms", "close") => ("PUT", room() + "/closure", None, Shape::Closed),
        ("rooms", "reopen") => ("DELETE", room() + "/closure", None, Shape::Done("Open again.")),
        ("rooms", "hand-over") => {
            let body = json!({ "account": text("account") });
            ("POST", room() + "/owner", Some(body), Shape::Done("Handed over."))
        }
        ("messages", "list") => {
            let query = number("before").map(|seq| format!("?before={seq}")).unwrap_or_default();
            ("GET", room() + "/messages" + &query, None, Shape::Table("messages", MESSAGES))
        }
        ("messages", "delete") => {
            let path = format!("{}/messages/{}", room(), number("seq")?);
            ("DELETE", path, None, Shape::Done("Deleted."))
        }
        ("addresses", "list") => {
            ("GET", "/admin/v1/addresses".to_owned(), None, Shape::Table("addresses", ADDRESSES))
        }
        ("addresses", "ban") => {
            let body = json!({ "range": text("range"), "seconds": number("for") });
            let fields = &[("banned", "/range"), ("until", "/until")];
            ("POST", "/admin/v1/addresses".to_owned(), Some(body), Shape::Fields(fields, None))
        }
        ("addresses", "unban") => {
            let path = format!("/admin/v1/addresses?range={}", part("range"));
            ("DELETE", path, None, Shape::Done("Not banned any more."))
        }
        ("settings", "show") => ("GET", "/admin/v1/settings".to_owned(), None, Shape::OpenOrClosed),
        ("settings", "open") => {
            ("PATCH", "/admin/v1/settings".to_owned(), entrance(true), Shape::OpenOrClosed)
        }
        ("settings", "close") => {
            ("PATCH", "/admin/v1/settings".to_owned(), entrance(false), Shape::OpenOrClosed)
        }
        ("keys", "list") => ("GET", "/admin/v1/keys".to_owned(), None, Shape::Table("keys", KEYS)),
        ("keys", "make") => {
            let what = "This is the key. It is shown this once: put it where the program finds it.";
            (
                "POST",
                "/admin/v1/keys".to_owned(),
                Some(json!({ "name": text("name") })),
                Shape::Secret("key", what),
            )
        }
        ("keys", "revoke") => {
            ("DELETE", format!("/admin/v1/keys/{}", part("id")), None, Shape::Done("Revoked."))
        }
        _ => return None,
    };
    let json = matches.get_flag("json");
    Some(Request { method, path, body: body.map(|body| body.to_string()), shape, json })
}

/// A part of a path or a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<(&'static str, String, Option<String>)> {
        let matches = grammar().try_get_matches_from(line.split(' ')).ok()?;
        request(&matches).map(|request| (request.method, request.path, request.body))
    }

    #[test]
    fn each_verb_is_a_request() {
        for (line, method, path, body) in [
            ("admin accounts list", "GET", "/admin/v1/accounts", None),
            ("admin accounts list ad --after ada", "GET", "/admin/v1/accounts?username=ad&after=ada", None),
            ("admin accounts show ada", "GET", "/admin/v1/accounts/ada", None),
            (
                "admin accounts ban ada --for 7d",
                "PUT",
                "/admin/v1/accounts/ada/ban",
                Some(r#"{"seconds":604800}"#),
            ),
            ("admin accounts ban ada", "PUT", "/admin/v1/accounts/ada/ban", Some(r#"{"seconds":null}"#)),
            ("admin accounts unban ada", "DELETE", "/admin/v1/accounts/ada/ban", None),
            ("admin accounts sign-out ada", "DELETE", "/admin/v1/accounts/ada/devices", None),
            ("admin accounts delete ada", "DELETE", "/admin/v1/accounts/ada", None),
            ("admin accounts reset-password ada", "POST", "/admin/v1/accounts/ada/password", None),
            ("admin rooms list", "GET", "/admin/v1/rooms", None),
            ("admin rooms show café", "GET", "/admin/v1/conversations/caf%C3%A9", None),
            ("admin rooms members tea --after x", "GET", "/admin/v1/conversations/tea/members?after=x", None),
            ("admin rooms remove tea ada", "DELETE", "/admin/v1/conversations/tea/members/ada", None),
            ("admin rooms close tea", "PUT", "/admin/v1/conversations/tea/closure", None),
            ("admin rooms reopen tea", "DELETE", "/admin/v1/conversations/tea/closure", None),
            (
                "admin rooms hand-over tea ada",
                "POST",
                "/admin/v1/conversations/tea/owner",
                Some(r#"{"account":"ada"}"#),
            ),
            (
                "admin messages list tea --before 9",
                "GET",
                "/admin/v1/conversations/tea/messages?before=9",
                None,
            ),
            ("admin messages delete tea 9", "DELETE", "/admin/v1/conversations/tea/messages/9", None),
            ("admin messages delete ../x 9", "DELETE", "/admin/v1/conversations/..%2Fx/messages/9", None),
            ("admin addresses list", "GET", "/admin/v1/addresses", None),
            (
                "admin addresses ban ::1",
                "POST",
                "/admin/v1/addresses",
                Some(r#"{"range":"::1","seconds":null}"#),
            ),
            ("admin addresses unban 10.0.0.0/8", "DELETE", "/admin/v1/addresses?range=10.0.0.0%2F8", None),
            ("admin settings show", "GET", "/admin/v1/settings", None),
            ("admin settings close guests", "PATCH", "/admin/v1/settings", Some(r#"{"guests":false}"#)),
            ("admin settings open sign_up", "PATCH", "/admin/v1/settings", Some(r#"{"sign_up":true}"#)),
            ("admin keys list", "GET", "/admin/v1/keys", None),
            ("admin keys make shop", "POST", "/admin/v1/keys", Some(r#"{"name":"shop"}"#)),
            ("admin keys revoke 7", "DELETE", "/admin/v1/keys/7", None),
        ] {
            assert_eq!(asked(line), Some((method, path.to_owned(), body.map(str::to_owned))), "{line}");
        }
        for wrong in [
            "admin",
            "admin accounts",
            "admin accounts ban",
            "admin messages delete tea",
            "admin messages delete tea x",
            "admin settings close doors",
            "admin accounts ban ada --for soon",
        ] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("90", Some(90)),
            ("30s", Some(30)),
            ("2m", Some(120)),
            ("1h", Some(3_600)),
            ("7d", Some(604_800)),
        ] {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
        for wrong in ["", "d", "0", "0h", "-1d", "+1d", "1.5h", "1w", "99999999999999999999d"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
