//! What the kernel and the server tell.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::hint::black_box;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chinwag_bench::outside::{KernelMemory, Metrics, MetricsError, Process, cores_text, describe_machine};
use nix::time::ClockId;

/// Uses 30 ms of this thread's time.
fn burn() {
    let now = || Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap());
    let end = now() + Duration::from_millis(30);
    while now() < end {}
}

#[test]
fn the_cpu_of_threads_that_have_ended_is_counted() {
    let own = Process::own().unwrap();
    let before = own.cpu().unwrap();
    std::thread::spawn(burn).join().unwrap();
    let used = own.cpu().unwrap() - before;
    assert!(used >= Duration::from_millis(30), "{used:?}");
}

#[test]
fn another_process_is_read_from_outside_until_it_has_gone() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let process = Process::new(child.id()).unwrap();
    // It answers, so it runs; and then it waits for more.
    child.stdin.as_ref().unwrap().write_all(b"x").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    assert_eq!(process.pid(), child.id());
    assert!(process.cpu().unwrap() > Duration::ZERO);
    assert!(process.private_bytes().unwrap() > 0);
    assert!(process.resident_bytes().unwrap() > process.private_bytes().unwrap());
    assert_eq!(process.cores().unwrap(), Process::own().unwrap().cores().unwrap());
    process.storage_bytes_written().unwrap();
    process.switches().unwrap();

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(process.cpu().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(process.private_bytes().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(Process::new(child.id()).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn memory_that_is_used_shows() {
    const BYTES: u64 = 64 << 20;
    let own = Process::own().unwrap();
    let (resident, private) = (own.resident_bytes().unwrap(), own.private_bytes().unwrap());
    let block = black_box(vec![1_u8; BYTES as usize]);
    // Other tests run beside this one, and need little.
    assert!(own.resident_bytes().unwrap() - resident > BYTES / 2);
    assert!(own.private_bytes().unwrap() - private > BYTES / 2);
    drop(block);
}

#[test]
fn what_lies_in_sockets_is_memory_of_the_kernel() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sender = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_receiver, _) = listener.accept().unwrap();
    let before = KernelMemory::read().unwrap();
    sender.set_nonblocking(true).unwrap();
    let mut sent = 0;
    while let Ok(count) = sender.write(&[0; 65_536]) {
        sent += count as u64;
    }
    let after = KernelMemory::read().unwrap();
    assert!(after.slab > 0);
    assert!(after.tcp_buffers >= before.tcp_buffers + sent / 2, "{before:?} {after:?} {sent}");
}

#[test]
fn a_process_that_waits_gives_up_its_core() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let process = Process::new(child.id()).unwrap();
    let before = process.switches().unwrap();
    child.stdin.as_ref().unwrap().write_all(b"x").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    // It has answered, and now it waits for more, as soon as it has come so far.
    let deadline = Instant::now() + Duration::from_secs(10);
    while process.switches().unwrap().voluntary == before.voluntary {
        assert!(Instant::now() < deadline, "{before:?}");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_machine_is_described() {
    let own = Process::own().unwrap();
    let machine = describe_machine(Some(&own)).unwrap();
    assert_eq!(machine.tool_cores, machine.server_cores);
    assert!(!machine.cpu.is_empty());
    assert!(machine.kernel.starts_with(|c: char| c.is_ascii_digit()));
    assert!(machine.memory > 100 << 20);
    assert_eq!(describe_machine(None).unwrap().server_cores, "");
}

#[test]
fn cores_are_told_as_ranges() {
    assert_eq!(cores_text(&[]), "");
    assert_eq!(cores_text(&[3]), "3");
    assert_eq!(cores_text(&[0, 1, 2, 3]), "0-3");
    assert_eq!(cores_text(&[0, 2, 3, 7]), "0,2-3,7");
}

const TOLD: &str = "\
# HELP chinwag_hub_writes Writes to stream sockets.
# TYPE chinwag_hub_writes counter
chinwag_hub_writes_total 1200
# TYPE chinwag_hub_streams gauge
chinwag_hub_streams 7
chinwag_store_batch_seconds_sum 0.25
chinwag_store_batch_seconds_bucket{le=\"0.0005\"} 4
# EOF
";

#[test]
fn counters_are_found_by_name_and_their_growth_is_told() {
    let before = Metrics::parse(TOLD);
    assert_eq!(before.value("hub_writes"), 1200.0);
    assert_eq!(before.value("hub_streams"), 7.0);
    assert_eq!(before.value("store_batch_seconds_sum"), 0.25);
    assert_eq!(before.value("no_such_name"), 0.0);
    let after = Metrics::parse("chinwag_hub_writes_total 1500\n");
    assert_eq!(after.grown(&before, "hub_writes"), 300.0);
}

/// Answers one request.
fn answer(status: &'static str, body: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"GET /metrics HTTP/1.1\r\n"));
        write!(socket, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    address
}

#[tokio::test]
async fn metrics_are_read_from_the_admin_listener() {
    let metrics = Metrics::read(answer("200 OK", TOLD)).await.unwrap();
    assert_eq!(metrics.value("hub_writes"), 1200.0);
}

#[tokio::test]
async fn another_server_has_no_metrics() {
    let error = Metrics::read(answer("404 Not Found", "")).await.unwrap_err();
    assert!(matches!(error, MetricsError::Status(status) if status.as_u16() == 404), "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(Metrics::read(closed).await.unwrap_err(), MetricsError::Client(_)));
}
