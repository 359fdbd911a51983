//! More connections than the server serves, or than the system gives it (case R1).

use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::program::{PATIENCE, Program, alone};
use crate::reader::{Carrier, Form, Reader, Way};

/// No deadline of the server is so short.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Connections beyond the limit.
const BEYOND: usize = 20;

/// As many as the server serves; `CHINWAG_IDLE_CONNECTIONS` can say 19,000, in the long set.
fn connections() -> usize {
    std::env::var("CHINWAG_IDLE_CONNECTIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

/// A request on a connection of its own, as far as the server answers it.
async fn ask(program: &Program) -> String {
    let socket = TcpStream::connect(program.address).await.unwrap();
    answer(program, socket).await
}

async fn answer(program: &Program, mut socket: TcpStream) -> String {
    let request =
        format!("GET /v1/server HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", program.address);
    // Fails if the server has closed already.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("an answer, or the end");
    String::from_utf8(answer).unwrap()
}

async fn fill(program: &Program, token: &str, cursor: &str, count: usize, limit: usize) -> Vec<Reader> {
    let mut readers = Vec::new();
    for number in 0..count {
        let carrier = match program.certificate() {
            Some(_) => Carrier::Tls,
            None if number % 4 == 3 => Carrier::Http2,
            None => Carrier::Http1,
        };
        let form = [Form::WebSocket, Form::Sse, Form::Lines][number % 3];
        if number + 2 > limit {
            settled(program, number).await;
        }
        readers.push(Reader::open(program, Way { form, carrier }, token, cursor).await);
    }
    program.until("chinwag_hub_streams", |streams| streams == count as u64).await;
    readers
}

/// Waits until there is nobody but so many readers and who asks for the figures: a connection that becomes a stream counts
/// twice for a moment, which only matters at the limit.
async fn settled(program: &Program, readers: usize) {
    let deadline = Instant::now() + PATIENCE;
    let held = || program.metric("chinwag_gateway_connections") + program.metric("chinwag_hub_sockets");
    while held() != readers as u64 + 1 {
        assert!(Instant::now() < deadline, "the connections are not counted right");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_beyond_its_connections_the_server_says_so_at_once() {
    let _alone = alone().await;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    for tls in [false, true] {
        // TLS is the same, with fewer.
        let count = if tls { 100 } else { connections() };
        let max = count.to_string();
        let arguments = ["--connections-max", &max, "--limits", "off", "--log", "warn"];
        let program =
            if tls { Program::start_with_tls(&arguments).await } else { Program::start(&arguments).await };
        let (token, cursor) = {
            let session = program.client().guest("Ada").await.unwrap();
            let cursor = session.poll(None, Duration::ZERO).await.unwrap().cursor;
            (session.token().to_owned(), cursor)
        };
        // That connection has gone; the one that asks is there.
        program.until("chinwag_gateway_connections", |connections| connections == 1).await;
        let mut readers = fill(&program, &token, cursor.as_str(), count, count).await;
        for _ in 0..BEYOND {
            let asked = Instant::now();
            let answer = ask(&program).await;
            assert!(asked.elapsed() < AT_ONCE, "told after {:?}", asked.elapsed());
            if tls {
                assert_eq!(answer, "");
            } else {
                assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
                assert!(
                    answer.contains("\r\nretry-after: 5\r\n") && answer.contains("\"overloaded\""),
                    "{answer}"
                );
            }
        }
        assert_eq!(program.metric("chinwag_gateway_connections_refused_total"), BEYOND as u64);
        assert_eq!(program.metric("chinwag_hub_streams"), count as u64, "nobody had to go");
        // Whoever leaves makes room.
        readers.pop();
        program.until("chinwag_hub_streams", |streams| streams < count as u64).await;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = program.client().server().await {
            assert!(Instant::now() < deadline, "no room: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Takes from the program what the system lets it open beyond what it has open.
fn limit_descriptors(program: &Program, spare: usize) {
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.pid())).unwrap().count();
    let limit = format!("--nofile={}:20000", open + spare);
    let status =
        Command::new("prlimit").args(["--pid", &program.pid().to_string(), &limit]).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_without_descriptors_connections_wait_until_there_are_some() {
    const WAITING: usize = 30;
    let _alone = alone().await;
    let program = Program::start(&["--limits", "off"]).await;
    let session = program.client().guest("Ada").await.unwrap();
    let room = session.open_room("tea").await.unwrap().conversation.id;
    let cursor = session.poll(None, Duration::ZERO).await.unwrap().cursor;
    let mut readers = fill(&program, session.token(), cursor.as_str(), 10, usize::MAX).await;

    limit_descriptors(&program, 5);
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        waiting.push(TcpStream::connect(program.address).await.unwrap());
    }
    program.says("cannot accept connections");
    // Who is there is served: by the connection that is open already.
    let id = chinwag_protocol::ClientId::new(uuid::Uuid::now_v7());
    session.send(room, id, "1 hello", None).await.unwrap();
    let mut reader = readers.pop().unwrap();
    while reader.numbers().0 != [1] {
        assert!(reader.take().await);
    }

    limit_descriptors(&program, 1_000);
    program.says("accepting connections again");
    for socket in waiting {
        assert!(answer(&program, socket).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(program.metric("chinwag_gateway_limit_hits_total{limit=\"open_files\"}"), 1);
}
