//! The scenarios of `chinwag bench` that are about connections and the log, small, against real servers.

use std::process::Command;

use chinwag_bench::report::{Report, Run, from_json};

fn bench(words: &str) -> Run {
    bench_with(words, "")
}

/// Runs the tool without floors, its server with these options, and gives its one result.
fn bench_with(words: &str, server: &str) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_chinwag"))
        .arg("bench")
        .args(words.split_whitespace())
        .args(["--no-floors", "--json"])
        .arg(&file)
        .arg("--")
        .args(server.split_whitespace())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    let Report { runs, .. } = from_json(&std::fs::read_to_string(file).expect("a report")).expect("a report");
    let [run] = runs.try_into().expect("one run");
    run
}

fn value(run: &Run, name: &str) -> f64 {
    run.figures.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

#[test]
fn everyone_comes_back_after_a_storm() {
    for words in [
        "storm --readers 40 --missed 3 --spread 0",
        "storm --readers 40 --missed 3 --spread 0 --cut tool --transport sse",
        "storm --readers 40 --missed 3 --cut tool --spread 0.2 --transport stream --protocol http2",
        // The last room has fewer members.
        "storm --readers 13 --missed 2",
    ] {
        let run = bench(words);
        let deliveries = run.deliveries.clone().unwrap();
        let (readers, messages) = if words.contains("13") { (13, 3) } else { (40, 4) };
        assert_eq!(deliveries.expected, readers * messages, "{words}");
        assert!(deliveries.are_clean(), "{words}: {deliveries:?}");
        assert_eq!((value(&run, "database reads for messages"), value(&run, "gaps")), (0.0, 0.0), "{words}");
        assert!(value(&run, "everyone live again") > 0.0);
        assert_eq!(run.figures.iter().any(|figure| figure.name == "server away"), !words.contains("tool"));
        assert!(run.notes.is_empty(), "{words}: {:?}", run.notes);
    }
}

#[test]
fn idle_connections_of_every_transport_that_has_them() {
    for words in [
        "idle --connections 5,20 --seconds 1",
        "idle --connections 5,20 --seconds 1 --transport sse --protocol http2",
        "idle --connections 5,20 --seconds 1 --transport long-poll",
    ] {
        let run = bench(words);
        assert!(value(&run, "connects") > 0.0, "{words}");
        assert!(value(&run, "server memory") > 1.0, "{words}");
        let xs: Vec<f64> = run.series[0].points.iter().map(|(x, _)| *x).collect();
        assert_eq!(xs, [5.0, 20.0], "{words}");
    }
}

#[test]
fn what_was_missed_is_replayed_from_memory_and_from_the_database() {
    let absence = "catch-up --stored 1 --readers 2 --conversations 50 --missed 100 --missed-in 10 --transport long-poll";
    for (foreign, server, pages) in [("0", "", 0.0), ("6000", " --window-bytes-max 1MiB", 1.0)] {
        let run = bench_with(&format!("{absence} --foreign {foreign}"), server);
        let deliveries = run.deliveries.clone().unwrap();
        assert_eq!(deliveries.delivered, 200);
        assert!(deliveries.are_clean(), "{deliveries:?}");
        assert_eq!(value(&run, "pages read per reader"), pages, "{foreign} for others");
        assert!(value(&run, "bytes per reader") > 100.0 * 100.0 / 1024.0);
    }
}

#[test]
fn appending_at_two_sizes() {
    let run = bench("append --stored 1000,3000 --measured 500");
    assert!(value(&run, "messages") > 0.0);
    assert!(value(&run, "catch-up page") > 0.0);
    for series in &run.series {
        assert_eq!(series.points.len(), 2, "{}", series.name);
        assert_eq!(series.points[0].0, 1000.0);
    }
}

#[test]
fn what_a_scenario_cannot_do_is_refused() {
    for (words, why) in [
        ("idle --transport poll", "short polling has no connections that are idle"),
        ("idle --connections 20,5", "the numbers of connections must rise"),
        ("storm --transport long-poll", "polls have no connections that could be cut"),
        ("append http://127.0.0.1:1", "fills a database of its own"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_chinwag"))
            .arg("bench")
            .args(words.split_whitespace())
            .output()
            .expect("the program starts");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && errors.contains(why), "{words}: {errors}");
    }
}

/// The system lets the tool open as many files as the room has readers, and not twice as many.
#[test]
fn the_floor_has_the_sockets_that_the_readers_have_left() {
    let output = Command::new("prlimit")
        .args(["--nofile=400:400", env!("CARGO_BIN_EXE_chinwag")])
        .args(["bench", "room", "--readers", "250", "--seconds", "1"])
        .output()
        .expect("prlimit starts");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("epoll loop, 1 frame a write"), "{said}{complained}");
}
