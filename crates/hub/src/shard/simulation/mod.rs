//! A seeded simulation of one shard: commits, publications, turns, store reads, slow and vanishing sockets, polls, joins,
//! leaves, deletions and sign-outs in every order that a seed brings. No interleaving may lose, double or leak a record.
//!
//! The store is a plain list. A read of it happens at some moment after it was asked for and arrives at some later one, and
//! the list may be ahead of the window. `CHINWAG_SIMULATIONS` sets the number of seeds, `CHINWAG_SEED` the
//! first of them; alone it replays one.

mod answers;
mod checks;
mod clients;
mod liveness;
mod log;
mod peer;
mod several;
mod signals;
mod store;
mod world;

use std::collections::HashMap;
use std::num::NonZero;
use std::ops::Range;
use std::{panic, thread};

use parking_lot::Mutex;

use self::world::{STEPS, World};

/// How often what has occurred.
type Counts = HashMap<&'static str, u64>;

/// Seeds, if nobody says how many.
const SEEDS: u64 = 1_000;

/// Simulates each of the seeds, as many at a time as there are cores. None is begun after one has failed.
fn simulate_all(seeds: Range<u64>) -> Counts {
    let waiting = Mutex::new(seeds);
    let counts = Mutex::new(Counts::new());
    let simulate_next = || {
        let Some(seed) = waiting.lock().next() else { return false };
        let of_seed = panic::catch_unwind(|| simulate(seed));
        let Ok(of_seed) = of_seed else {
            *waiting.lock() = 0..0;
            panic!("seed {seed} fails");
        };
        let mut counts = counts.lock();
        for (what, count) in of_seed {
            *counts.entry(what).or_default() += count;
        }
        true
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| while simulate_next() {});
        }
    });
    counts.into_inner()
}

fn simulate(seed: u64) -> Counts {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.settle();
    world.check_complete();
    world.check_signals();
    world.counts
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

#[test]
fn no_interleaving_loses_doubles_or_leaks_a_record() {
    let first = number("CHINWAG_SEED");
    let count = number("CHINWAG_SIMULATIONS").unwrap_or(if first.is_some() { 1 } else { SEEDS });
    let first = first.unwrap_or(0);
    let counts = simulate_all(first..first + count);
    println!("{count} seeds from {first}: {counts:?}");
    if count < 300 {
        return;
    }
    for what in [
        "message",
        "hidden",
        "delete",
        "join",
        "leave",
        "sign out",
        "account end",
        "marked",
        "marker",
        "poll",
        "stream",
        "websocket",
        "command",
        "page in an answer",
        "gap",
        "end",
        "page from the store",
        "block",
        "invisible",
        "typing",
        "presence",
        "typing told",
        "present",
    ] {
        assert!(counts.get(what).is_some_and(|&count| count >= 50), "{what} hardly occurred: {counts:?}");
    }
}
