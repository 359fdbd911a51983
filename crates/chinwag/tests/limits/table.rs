//! The limits in `docs/operations.md` are those of the code, all of them, and each is counted where it says.

use std::collections::BTreeSet;
use std::time::Duration;

use chinwag::config::Config;
use chinwag_chat::DEVICES_MAX;
use chinwag_gateway::{ACCOUNTS_PER_BROWSER_MAX, GatewayOptions, Http2Options, NESTING_MAX, Rate, SlowRate};
use chinwag_hub::HubOptions;
use chinwag_protocol::{Limits, ViewBody};
use chinwag_store::SqliteOptions;

use crate::program::Program;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");

/// A limit as the document has it.
#[derive(Debug)]
struct Row {
    name: String,
    /// The flag that sets it.
    flag: Option<String>,
    default: String,
    past: String,
    counted: String,
}

fn rows() -> Vec<Row> {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (_, table) = document.split_once("<!-- limits: ").unwrap();
    let (table, _) = table.split_once("<!-- end of limits -->").unwrap();
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" |").map(str::trim).collect();
        let [what, default, past, counted] = cells[..] else { panic!("{line}") };
        let (name, rest) = what[1..].split_once('`').unwrap();
        let flag = rest.strip_prefix(" (`--").map(|rest| rest.split_once('`').unwrap().0.to_owned());
        assert!(rest.contains(": "), "says what it limits: {line}");
        Row {
            name: name.to_owned(),
            flag,
            default: default.to_owned(),
            past: past.to_owned(),
            counted: counted.to_owned(),
        }
    });
    rows.collect()
}

fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

fn bytes(number: u64) -> String {
    if number >= 1 << 20 { format!("{} MiB", number >> 20) } else { format!("{} KiB", number >> 10) }
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 86_400 { format!("{} days", seconds / 86_400) } else { format!("{seconds} s") }
}

fn rate(Rate { burst, per_second }: Rate) -> String {
    format!("{}, then {} a second", count(burst.into()), count(per_second.into()))
}

fn slow_rate(SlowRate { burst, every }: SlowRate) -> String {
    format!("{}, then one every {} s", count(burst.into()), every.as_secs())
}

/// Every limit with its default. What is taken apart here whole cannot get another field without its row.
fn limits() -> Vec<(&'static str, String)> {
    let GatewayOptions {
        message_bytes_max,
        connections_max,
        connections_per_address_max,
        tls_handshakes_per_address,
        guests_per_address,
        sign_ups_per_address,
        wrong_passwords_per_account,
        wrong_passwords_per_address,
        password_hashes_at_once,
        password_hashes_waiting_max,
        streams_per_device_max,
        commands_per_device,
        notes_per_device,
        reads_per_device,
        sends_per_conversation,
        joins_per_account,
        invites_per_account,
        wrong_invites_per_device,
        wrong_invites_per_address,
        requests_per_key,
        wrong_admin_tokens,
        tickets_per_device_max,
        tickets_max,
        history_bytes_max,
        opened_room_bytes_max,
        uri_bytes_max,
        header_bytes_max,
        head_timeout,
        body_timeout,
        response_timeout,
        http2,
        // No limits.
        allow_origin: _,
        trusted_proxy: _,
        limits_on: _,
        limit_loopback: _,
        drain: _,
        admin_token: _,
        tls: _,
    } = GatewayOptions::default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    assert_eq!(password_hashes_at_once, cores, "as its row says");
    let Http2Options {
        streams_max,
        stream_window_bytes,
        connection_window_bytes,
        send_buffer_bytes_max,
        header_bytes_max: http2_header_bytes_max,
        resets_per_second_max,
        read_for,
        control_frames,
        errors_max,
        ping_interval,
        ping_timeout,
    } = http2;
    assert_eq!(time(ping_interval), "15 s", "as the row of `http2.ping_timeout` says");
    assert_eq!(time(read_for), "1 s", "as the row of `http2.resets_per_second_max` says");
    let HubOptions {
        window_bytes_max,
        missed_events_max,
        missed_age_max,
        stall,
        page_events_max,
        page_bytes_max,
        stream_page_bytes_max,
        outbox_events_max,
        stray_bytes_max,
        command_bytes_max,
        commands_at_once_max,
        answer_bytes_max,
        fragments_max,
        message_timeout,
        control_frames_burst,
        control_frames_per_second,
        pings_unanswered_max,
        closing_timeout,
        looked_at_max,
        typists_max,
        heartbeat,
        limits: Limits { page_messages, poll_seconds, polls_held, .. },
        // No limits.
        shards: _,
        comment: _,
        lifetime: _,
        topics_kept: _,
        linger: _,
        linger_within: _,
        signals_every: _,
        presence_grace: _,
        poll_signals_after: _,
        receipts_every: _,
        server: _,
        seed: _,
    } = HubOptions::default();
    assert_eq!(time(heartbeat), "25 s", "as the row of `pings_unanswered_max` says");
    let SqliteOptions { queue_requests, queue_bytes, .. } = SqliteOptions::default();
    let control = Rate { burst: control_frames_burst, per_second: control_frames_per_second };
    vec![
        ("connections_max", count(connections_max as u64)),
        ("connections_per_address_max", count(connections_per_address_max.into())),
        ("open_files", "system".to_owned()),
        ("tls_handshakes_per_address", rate(tls_handshakes_per_address)),
        ("guests_per_address", rate(guests_per_address)),
        ("sign_ups_per_address", slow_rate(sign_ups_per_address)),
        ("wrong_passwords_per_account", slow_rate(wrong_passwords_per_account)),
        ("wrong_passwords_per_address", slow_rate(wrong_passwords_per_address)),
        ("password_hashes_at_once", "one a core".to_owned()),
        ("password_hashes_waiting_max", count(password_hashes_waiting_max as u64)),
        ("accounts_per_browser_max", count(ACCOUNTS_PER_BROWSER_MAX as u64)),
        ("devices_max", count(DEVICES_MAX as u64)),
        ("device_unseen_days", format!("{} days", Config::default().device_unseen_days)),
        ("guest_unseen_days", format!("{} days", Config::default().guest_unseen_days)),
        ("head_timeout", time(head_timeout)),
        ("header_bytes_max", bytes(header_bytes_max as u64)),
        ("uri_bytes_max", bytes(uri_bytes_max as u64)),
        ("body_bytes_max", bytes(Limits::request_bytes_max(message_bytes_max) as u64)),
        ("body_timeout", time(body_timeout)),
        ("nesting_max", count(NESTING_MAX as u64)),
        ("response_timeout", time(response_timeout)),
        ("http2.streams_max", count(streams_max.into())),
        ("http2.errors_max", count(errors_max as u64)),
        ("http2.resets_per_second_max", count(resets_per_second_max.into())),
        ("http2.control_frames", rate(control_frames)),
        ("http2.header_bytes_max", bytes(http2_header_bytes_max.into())),
        ("http2.stream_window_bytes", bytes(stream_window_bytes.into())),
        ("http2.connection_window_bytes", bytes(connection_window_bytes.into())),
        ("http2.send_buffer_bytes_max", bytes(send_buffer_bytes_max as u64)),
        ("http2.ping_timeout", time(ping_timeout)),
        ("streams_per_device_max", count(streams_per_device_max.into())),
        ("polls_held", count(polls_held.into())),
        ("reads_per_device", rate(reads_per_device)),
        ("commands_per_device", rate(commands_per_device)),
        ("notes_per_device", rate(notes_per_device)),
        ("sends_per_conversation", rate(sends_per_conversation)),
        ("joins_per_account", rate(joins_per_account)),
        ("invites_per_account", slow_rate(invites_per_account)),
        ("wrong_invites_per_device", slow_rate(wrong_invites_per_device)),
        ("wrong_invites_per_address", slow_rate(wrong_invites_per_address)),
        ("requests_per_key", rate(requests_per_key)),
        ("wrong_admin_tokens", slow_rate(wrong_admin_tokens)),
        ("tickets_per_device_max", count(tickets_per_device_max.into())),
        ("tickets_max", count(tickets_max as u64)),
        ("message_bytes_max", bytes(message_bytes_max as u64)),
        ("page_messages", count(page_messages.into())),
        ("history_bytes_max", bytes(history_bytes_max as u64)),
        ("opened_room_bytes_max", bytes(opened_room_bytes_max as u64)),
        ("page_events_max", count(page_events_max as u64)),
        ("page_bytes_max", bytes(page_bytes_max as u64)),
        ("poll_seconds", time(Duration::from_secs(poll_seconds.into()))),
        ("missed_events_max", count(missed_events_max)),
        ("missed_age_max", time(missed_age_max)),
        ("outbox_events_max", count(outbox_events_max as u64)),
        ("stream_page_bytes_max", bytes(stream_page_bytes_max as u64)),
        ("stall", time(stall)),
        ("stray_bytes_max", bytes(stray_bytes_max as u64)),
        ("command_bytes_max", bytes(command_bytes_max.into())),
        ("fragments_max", count(fragments_max.into())),
        ("message_timeout", time(message_timeout)),
        ("control_frames", rate(control)),
        ("commands_at_once_max", count(commands_at_once_max as u64)),
        ("answer_bytes_max", bytes(answer_bytes_max as u64)),
        ("pings_unanswered_max", count(pings_unanswered_max.into())),
        ("closing_timeout", time(closing_timeout)),
        ("view_places_max", count(ViewBody::PLACES_MAX as u64)),
        ("looked_at_max", count(looked_at_max as u64)),
        ("typists_max", count(typists_max as u64)),
        ("window_bytes_max", bytes(window_bytes_max as u64)),
        ("queue_requests", count(queue_requests as u64)),
        ("queue_bytes", bytes(queue_bytes as u64)),
    ]
}

#[test]
fn the_document_has_every_limit_with_its_default() {
    let rows = rows();
    let documented: Vec<(&str, String)> =
        rows.iter().map(|row| (row.name.as_str(), row.default.clone())).collect();
    let documented: BTreeSet<_> = documented.into_iter().collect();
    let limits: BTreeSet<_> = limits().into_iter().collect();
    assert_eq!(
        documented.difference(&limits).collect::<Vec<_>>(),
        Vec::<&(&str, String)>::new(),
        "only documented"
    );
    assert_eq!(
        limits.difference(&documented).collect::<Vec<_>>(),
        Vec::<&(&str, String)>::new(),
        "only in the code"
    );
    assert_eq!(rows.len(), limits.len(), "each once");
    assert!(rows.iter().all(|row| !row.past.is_empty()), "each says what happens past it");
}

#[test]
fn the_program_has_the_defaults_of_its_parts() {
    let Config {
        message_bytes_max,
        window_bytes_max,
        connections_max,
        connections_per_address_max,
        tls_handshakes_per_address,
        guests_per_address,
        sign_ups_per_address,
        wrong_passwords_per_account,
        wrong_passwords_per_address,
        sends_per_conversation,
        joins_per_account,
        invites_per_account,
        wrong_invites_per_device,
        wrong_invites_per_address,
        password_hashes_at_once,
        streams_per_device_max,
        catch_up_events_max,
        catch_up_days_max,
        limits,
        limit_loopback,
        ..
    } = Config::default();
    let (gateway, hub) = (GatewayOptions::default(), HubOptions::default());
    assert_eq!(message_bytes_max, gateway.message_bytes_max);
    assert_eq!(window_bytes_max, hub.window_bytes_max);
    assert_eq!(connections_max as usize, gateway.connections_max);
    assert_eq!(connections_per_address_max, gateway.connections_per_address_max);
    assert_eq!(tls_handshakes_per_address, gateway.tls_handshakes_per_address.burst);
    assert_eq!(guests_per_address, gateway.guests_per_address.burst);
    assert_eq!(sign_ups_per_address, gateway.sign_ups_per_address.burst);
    assert_eq!(wrong_passwords_per_account, gateway.wrong_passwords_per_account.burst);
    assert_eq!(wrong_passwords_per_address, gateway.wrong_passwords_per_address.burst);
    assert_eq!(sends_per_conversation, gateway.sends_per_conversation.burst);
    assert_eq!(joins_per_account, gateway.joins_per_account.burst);
    assert_eq!(invites_per_account, gateway.invites_per_account.burst);
    assert_eq!(wrong_invites_per_device, gateway.wrong_invites_per_device.burst);
    assert_eq!(wrong_invites_per_address, gateway.wrong_invites_per_address.burst);
    assert_eq!(password_hashes_at_once as usize, gateway.password_hashes_at_once);
    assert_eq!(streams_per_device_max, gateway.streams_per_device_max);
    assert_eq!(u64::from(catch_up_events_max), hub.missed_events_max);
    assert_eq!(u64::from(catch_up_days_max) * 86_400, hub.missed_age_max.as_secs());
    assert_eq!((limits, limit_loopback), (gateway.limits_on, gateway.limit_loopback));
    assert_eq!(Limits::request_bytes_max(message_bytes_max), hub.command_bytes_max as usize);
}

#[tokio::test]
async fn each_limit_is_counted_where_the_document_says() {
    let program = Program::start(&["--limits", "off"]).await;
    // So that there is one.
    program.client().server().await.unwrap();
    program.says("the limits for each address, device, account and conversation are off");
    let metrics = program.metrics();
    let mut named = BTreeSet::new();
    for row in rows() {
        let counted: Vec<String> = match row.counted.as_str() {
            "gateway" | "hub" => {
                vec![format!("chinwag_{}_limit_hits_total{{limit=\"{}\"}}", row.counted, row.name)]
            }
            metrics => metrics.split(", ").map(|metric| metric.trim_matches('`').to_owned()).collect(),
        };
        for metric in counted.into_iter().filter(|metric| !metric.is_empty()) {
            let is_there = metrics
                .lines()
                .any(|line| line.strip_prefix(&metric).is_some_and(|rest| rest.starts_with([' ', '{'])));
            assert!(is_there, "{}: no metric {metric}", row.name);
            named.insert(metric);
        }
        if let Some(flag) = row.flag {
            let option = flag.replace('-', "_");
            let toml = include_str!("../../src/config/options.rs");
            assert!(toml.contains(&format!("\n    {option}: ")), "{}: no option {flag}", row.name);
        }
    }
    let counted = metrics.lines().filter(|line| line.contains("_limit_hits_total{"));
    let counted: BTreeSet<String> = counted.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
    let undocumented: Vec<_> = counted.difference(&named).collect();
    assert!(undocumented.is_empty() && !counted.is_empty(), "{undocumented:?}");
}
