//! Instructions of the way from the tail to the readers; `tests/instructions.toml` has the limits.

#![expect(missing_docs, unused_qualifications, reason = "the macros write so")]

use std::hint::black_box;

use chinwag_hub::measure::Room;
use gungraun::{library_benchmark, library_benchmark_group, main};

fn room(readers: u64, committed: u64) -> Room {
    let mut room = Room::with_readers(readers);
    room.commit(committed);
    room
}

fn polled() -> Room {
    let mut room = Room::with_readers(0);
    room.hold_poll();
    room.commit(1);
    room
}

// Encoded, and put into the window.
#[library_benchmark]
#[bench::one(args = (0, 0), setup = room)]
fn encode(mut room: Room) -> Room {
    room.commit(black_box(1));
    room
}

// Queued for 1,000 readers, and written to each.
#[library_benchmark]
#[bench::one_message(args = (1_000, 1), setup = room)]
#[bench::ten_messages(args = (1_000, 10), setup = room)]
#[bench::sixty_four_messages(args = (1_000, 64), setup = room)]
fn fan_out(mut room: Room) -> Room {
    black_box(room.deliver());
    room
}

// A poll that waited is answered.
#[library_benchmark]
#[bench::one(polled())]
fn answer_poll(mut room: Room) -> Room {
    black_box(room.deliver());
    assert!(room.is_answered());
    room
}

// A reader attaches and gets what it missed out of the window.
#[library_benchmark]
#[bench::sixty_four_messages(args = (0, 64), setup = room)]
fn catch_up(mut room: Room) -> Room {
    room.catch_up(black_box(64));
    room
}

library_benchmark_group!(name = hub, benchmarks = [encode, fan_out, answer_poll, catch_up]);
main!(library_benchmark_groups = hub);
