//! Many seeds, some at a time.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::counts::{Counts, Kind};
use crate::trial;

/// Seeds that run at the same time: they wait more than they work.
const AT_ONCE: usize = 4;
/// Seeds for each store, if nobody says how many.
const SEEDS: u64 = 50;
/// In so many seeds everything must occur so often, and in proportion in fewer.
const MANY_SEEDS: u64 = 1_000;
const LEAST: u64 = 50;
/// In fewer than these, what is rare may not occur.
const FEW_SEEDS: u64 = 50;

/// Seeds that are played twice.
const AGAIN: [u64; 3] = [1_000_001, 1_000_002, 1_000_003];

/// Where the data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A number from the environment.
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, which is no number")))
}

/// Tries every seed, prints what has occurred, and fails with what has failed.
#[expect(
    clippy::print_stdout,
    reason = "the long tests gather the figures, and whoever repeats a seed needs its number"
)]
pub(crate) async fn try_all(store: Store) {
    let seeds = variable("CHINWAG_MODEL_SEEDS").unwrap_or(SEEDS);
    let first = variable("CHINWAG_SEED").unwrap_or(1);
    let (name, started) = (store.name(), Instant::now());
    let mut waiting = first..first + seeds;
    let mut running = JoinSet::new();
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && failures.len() < 3
            && let Some(seed) = waiting.next()
        {
            running.spawn(async move {
                // A task of its own: who panics there fails its seed alone.
                let trial = tokio::spawn(Box::pin(trial::run(store, seed)));
                (seed, trial.await)
            });
        }
        let Some(ended) = running.join_next().await else { break };
        let (seed, failure) = match ended.expect("nothing panics here") {
            (_, Ok(Ok(of_seed))) => {
                counts.add(&of_seed);
                continue;
            }
            (seed, Ok(Err(failure))) => (seed, failure.to_string()),
            (seed, Err(panic)) => (seed, panic.to_string()),
        };
        println!("seed {seed} on {name} fails: {failure}");
        println!(
            "again: CHINWAG_SEED={seed} CHINWAG_MODEL_SEEDS=1 cargo test --release --test model {name}\n"
        );
        failures.push(failure);
    }
    println!(
        "{name}: {seeds} seeds from {first} in {:.1} s\n{}",
        started.elapsed().as_secs_f64(),
        counts.table()
    );
    let due = counts.due();
    let rarest = due.iter().map(|(.., number)| *number).min().unwrap_or_default();
    for (figure, number) in [
        ("seeds", seeds),
        ("commands", counts.of(Kind::Command)),
        ("refusals", counts.of(Kind::Refusal)),
        ("records", counts.of(Kind::Record)),
        ("changes_of_transport", counts.of(Kind::Way)),
        ("rarest", rarest),
    ] {
        println!("figure model_{name}_{figure} {number}");
    }
    assert!(
        failures.is_empty(),
        "{} of {seeds} seeds on {name} fail, first: {}",
        failures.len(),
        failures[0]
    );
    if seeds >= FEW_SEEDS {
        let least = (LEAST * seeds).div_ceil(MANY_SEEDS);
        let rare: Vec<_> = due.iter().filter(|(.., number)| *number < least).collect();
        assert!(rare.is_empty(), "less than {least} times, too rare to have been tried: {rare:?}");
    }
}

/// Plays some seeds twice: a failure can only be looked into if the same happens again.
pub(crate) async fn play_again(store: Store) {
    let mut twice = JoinSet::new();
    for seed in AGAIN {
        twice.spawn(async move {
            let first = Box::pin(trial::run(store, seed)).await.map(|counts| counts.asked());
            let second = Box::pin(trial::run(store, seed)).await.map(|counts| counts.asked());
            (seed, first, second)
        });
    }
    for (seed, first, second) in twice.join_all().await {
        let (first, second) = (first.expect("the seed passes"), second.expect("the seed passes"));
        assert_eq!(first, second, "seed {seed} is another the second time");
    }
}
