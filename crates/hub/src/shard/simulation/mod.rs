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
mod store;
mod world;

use std::collections::HashMap;

use self::world::{STEPS, World};

fn simulate(seed: u64, counts: &mut HashMap<&'static str, u64>) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.settle();
    world.check_complete();
    for (what, count) in world.counts {
        *counts.entry(what).or_default() += count;
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

#[test]
fn no_interleaving_loses_doubles_or_leaks_a_record() {
    let first = number("CHINWAG_SEED");
    let count = number("CHINWAG_SIMULATIONS").unwrap_or(if first.is_some() { 1 } else { 300 });
    let first = first.unwrap_or(0);
    let mut counts = HashMap::new();
    for seed in first..first + count {
        simulate(seed, &mut counts);
    }
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
    ] {
        assert!(counts.get(what).is_some_and(|&count| count >= 50), "{what} hardly occurred: {counts:?}");
    }
}
