//! Floors are measured, by processes of this program: with a command of a floor it does the work, and else it tests.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests, and they tell how they went")]

use std::path::PathBuf;
use std::time::Duration;

use chinwag_bench::floor::{Append, Commit, FanOut, FloorCommand, FloorError, Place, SocketPairs, Writer};
use clap::Parser;

/// As the tool has the commands.
#[derive(Parser)]
struct Worker {
    #[command(subcommand)]
    command: FloorCommand,
}

fn main() {
    let filter = std::env::args().nth(1).filter(|argument| !argument.starts_with("--"));
    if filter.as_ref().is_some_and(|command| command.starts_with("floor-")) {
        Worker::parse().command.run().unwrap();
        return;
    }
    let tests: [(&str, fn()); 8] = [
        ("each_socket_gets_each_round", each_socket_gets_each_round),
        ("no_socket_is_left_open", no_socket_is_left_open),
        ("ten_frames_in_a_write_are_ten_deliveries", ten_frames_in_a_write_are_ten_deliveries),
        ("sockets_that_block_get_the_rest", sockets_that_block_get_the_rest),
        ("batches_are_brought_to_the_disk", batches_are_brought_to_the_disk),
        ("transactions_are_committed", transactions_are_committed),
        ("idle_sockets_take_memory_of_the_kernel", idle_sockets_take_memory_of_the_kernel),
        ("a_program_that_does_not_work_is_an_error", a_program_that_does_not_work_is_an_error),
    ];
    let mut passed = 0;
    for (name, test) in tests {
        if filter.as_ref().is_none_or(|filter| name.contains(filter.as_str())) {
            test();
            println!("test {name} ... ok");
            passed += 1;
        }
    }
    println!("\ntest result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn place() -> Place {
    Place {
        program: std::env::current_exe().unwrap(),
        arguments: Vec::new(),
        server_cores: Vec::new(),
        duration: Duration::from_millis(50),
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Measures it by both writers.
fn fan_out(sockets: usize, frame_bytes: usize, frames_per_write: usize, place: &Place) {
    for writer in [Writer::Epoll, Writer::IoUring] {
        let work = FanOut { writer, sockets, frame_bytes, frames_per_write };
        match wait(work.measure(place)) {
            Ok(cost) => {
                assert!(cost.cpu_us > 0.0 && cost.reader_cpu_us > 0.0, "{cost:?}");
                // A round takes less than a second, whatever else this machine does.
                assert!(cost.per_second > (sockets * frames_per_write) as f64, "{cost:?}");
            }
            // Containers often may not use it.
            Err(FloorError::Refused(reason)) => {
                assert!(writer == Writer::IoUring && reason.starts_with("io_uring: "), "{reason}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn each_socket_gets_each_round() {
    fan_out(50, 100, 1, &place());
    let work = FanOut { writer: Writer::Epoll, sockets: 1, frame_bytes: 100, frames_per_write: 1 };
    assert_eq!(work.name(), "epoll loop, 1 frame a write");
}

fn no_socket_is_left_open() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let work = FanOut { writer: Writer::Epoll, sockets: 20, frame_bytes: 100, frames_per_write: 1 };
    wait(async {
        let before = open();
        work.measure(&place()).await.unwrap();
        assert_eq!(open(), before);
    });
}

fn ten_frames_in_a_write_are_ten_deliveries() {
    fan_out(50, 100, 10, &place());
    let work = FanOut { writer: Writer::IoUring, sockets: 1, frame_bytes: 100, frames_per_write: 10 };
    assert_eq!(work.name(), "io_uring, 10 frames a write");
}

fn sockets_that_block_get_the_rest() {
    // More than the buffers of a socket on both sides.
    fan_out(3, 16 << 20, 1, &place());
}

fn batches_are_brought_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let work = Append { folder: folder.path().to_owned(), batch_bytes: 20_000 };
    let cost = wait(work.measure(&place())).unwrap();
    assert!(cost.cpu_us > 0.0 && cost.per_second > 0.0, "{cost:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn transactions_are_committed() {
    let folder = tempfile::tempdir().unwrap();
    let cost = wait(Commit { folder: folder.path().to_owned() }.measure(&place())).unwrap();
    assert!(cost.cpu_us > 0.0 && cost.per_second > 0.0, "{cost:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn idle_sockets_take_memory_of_the_kernel() {
    let cost = wait(SocketPairs { count: 400 }.measure(&place())).unwrap();
    // Whoever else closes sockets at this moment counts against it, so this says no more than that it is measured.
    assert!(cost.kernel_bytes.is_finite() && cost.process_bytes >= 0.0, "{cost:?}");
}

fn a_program_that_does_not_work_is_an_error() {
    let place = Place { program: PathBuf::from("true"), ..place() };
    let work = FanOut { writer: Writer::Epoll, sockets: 1, frame_bytes: 1, frames_per_write: 1 };
    assert!(matches!(wait(work.measure(&place)), Err(FloorError::Worker(_))));
    let place = Place { program: PathBuf::from("/no/such/program"), ..place };
    assert!(matches!(wait(work.measure(&place)), Err(FloorError::Io(_))));
}
