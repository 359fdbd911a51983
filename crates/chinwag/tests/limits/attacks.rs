//! What floods, bombs and broken requests cost: memory that comes back, and little time of the processor (cases E2, P2, P4 and
//! P11). What each of them meets is seen in the gateway's tests.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::memory::Memory;
use crate::program::{PATIENCE, Program, alone};

/// At the same time.
const PEERS: usize = 20;
/// Of all attacks, after one that nobody measures.
const ROUNDS: usize = 5;
/// What is left of them, and what the server's own work takes meanwhile.
const LEFT_BYTES_MAX: u64 = 16 << 20;
/// What they take together while they go on, beyond what the server had; none may have a MiB to itself.
const PEAK_BYTES_MAX: u64 = PEERS as u64 * (1 << 20);
/// Of the processor, for one peer with one attack; judged with `CHINWAG_JUDGE_TIMES`, on a quiet machine.
const PROCESSOR_MS_MAX: u64 = 50;
const FLOOD: usize = 10_000;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: usize, payload: &[u8]) -> Vec<u8> {
    let (length, stream) = ((payload.len() as u32).to_be_bytes(), (stream as u32).to_be_bytes());
    [&length[1..], &[kind, flags], &stream, payload].concat()
}

/// Begins with what `begin` is, and goes on with a frame for each stream of a client.
fn http2(begin: &[u8], each: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(begin);
    bytes.extend((0..FLOOD).flat_map(|number| each(2 * number + 1)));
    bytes
}

/// Each with what counts that a peer was stopped.
fn attacks(token: &str) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    const OFFENCE: &str = "chinwag_gateway_http2_offences_total";
    const HEADERS_MAX: &str = "chinwag_gateway_limit_hits_total{limit=\"header_bytes_max\"}";
    const BODY_MAX: &str = "chinwag_gateway_limit_hits_total{limit=\"body_bytes_max\"}";
    const REFUSED: &str = "chinwag_gateway_requests_total{route=\"/v1/guests\",status=\"ClientError\"}";
    const FRAGMENTS: &str = "chinwag_hub_limit_hits_total{limit=\"fragments_max\"}";
    // Each of its messages is answered, and the WebSocket goes on.
    const READ: &str = "chinwag_gateway_requests_total{route=\"/v1/events\",status=\"Success\"}";
    // Of the static table: GET or POST, the scheme, the path `/v1/server` and the authority `a` (RFC 7541, appendix A).
    let get = b"\x82\x86\x04\x0a/v1/server\x01\x01a";
    let post = b"\x83\x86\x04\x0a/v1/guests\x01\x01a\x0f\x10\x10application/json";
    let open = frame(HEADERS, END_HEADERS, 1, post);
    let half = frame(HEADERS, END_STREAM, 1, get);
    // One header of 3,900 bytes, and then its number in the dynamic table again and again.
    let mut bomb = [&get[..], &[0x40, 1, b'x', 0x7f, 0xbd, 0x1d], &[b'x'; 3_900]].concat();
    bomb.resize(bomb.len() + FLOOD, 0x80 | 62);
    let nested = format!("{{\"id\":\"1\",\"x\":{}", "[".repeat(200_000));
    let http1 = |head: &str, body: &str| format!("{head}\r\nhost: a\r\n{body}").into_bytes();
    let websocket = format!(
        "GET /v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    // Masked with zeros.
    let text = [&[0x81, 0xff][..], &(nested.len() as u64).to_be_bytes(), &[0; 4], nested.as_bytes()].concat();
    let close = [0x88, 0x80, 0, 0, 0, 0];
    let fragments = [&[0x01, 0x80, 0, 0, 0, 0][..], &[0x00, 0x80, 0, 0, 0, 0].repeat(FLOOD)].concat();
    vec![
        ("many headers", HEADERS_MAX, http1("GET / HTTP/1.1", &("x: 1\r\n".repeat(200) + "\r\n"))),
        ("a long header", HEADERS_MAX, http1("GET / HTTP/1.1", &format!("x: {}", "x".repeat(4 << 20)))),
        ("a long address", HEADERS_MAX, http1(&format!("GET /{}", "x".repeat(4 << 20)), "")),
        (
            "a body without end",
            BODY_MAX,
            http1(
                "POST /v1/guests HTTP/1.1",
                &format!(
                    "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{}",
                    format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(1_024)
                ),
            ),
        ),
        (
            "nesting",
            REFUSED,
            http1(
                "POST /v1/guests HTTP/1.1",
                &format!(
                    "content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{nested}",
                    nested.len()
                ),
            ),
        ),
        ("nesting in a message", READ, [websocket.as_bytes(), &text.repeat(20), &close].concat()),
        ("fragments", FRAGMENTS, [websocket.as_bytes(), &fragments].concat()),
        (
            "rapid resets",
            OFFENCE,
            http2(&[], |stream| {
                let request = frame(HEADERS, END_HEADERS | END_STREAM, stream, get);
                [request, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
            }),
        ),
        ("streams", OFFENCE, http2(&[], |stream| frame(HEADERS, END_HEADERS, stream, post))),
        ("continuations", OFFENCE, http2(&half, |_| frame(CONTINUATION, 0, 1, &[]))),
        ("a header without end", OFFENCE, http2(&half, |_| frame(CONTINUATION, 0, 1, &[b'x'; 1_024]))),
        (
            "headers that unpack",
            OFFENCE,
            http2(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb), |_| Vec::new()),
        ),
        ("empty data", OFFENCE, http2(&open, |_| frame(DATA, 0, 1, &[]))),
        ("settings", OFFENCE, http2(&[], |_| frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]))),
        ("pings", OFFENCE, http2(&[], |_| frame(PING, 0, 0, b"flooding"))),
    ]
}

/// Says it, and takes what comes until the server hangs up.
async fn attack(address: SocketAddr, bytes: &[u8]) {
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let reading = async {
        let mut taken = [0; 16 << 10];
        while matches!(read.read(&mut taken).await, Ok(1..)) {}
    };
    // Fails when the server has hung up.
    let attacked = async { tokio::join!(reading, write.write_all(bytes)) };
    let _ = timeout(PATIENCE, Box::pin(attacked)).await.expect("the server hangs up");
}

/// A count, 0 before there is any.
fn count(program: &Program, name: &str) -> u64 {
    let metrics = program.metrics();
    let count = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    count.map_or(0, |count| count.parse().unwrap())
}

/// Milliseconds of the processor that the process has used.
fn processor_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which may hold anything: the state is the third, and these are the 14th and the 15th, in hundredths of a
    // second.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    10 * (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap())
}

/// The most memory that the process had since [`forget_peak`].
fn peak_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_floods_and_bombs_cost_little() {
    let _alone = alone().await;
    let program = Program::start(&["--log", "warn"]).await;
    let token = program.client().guest("Mallory").await.unwrap().token().to_owned();
    let attacks = attacks(&token);
    let mut before = Memory::of(program.pid());
    for round in 0..=ROUNDS {
        for (name, stopped, bytes) in &attacks {
            let before = count(&program, stopped);
            forget_peak(program.pid());
            let (held, used) = (peak_bytes(program.pid()), processor_ms(program.pid()));
            let mut peers = JoinSet::new();
            for _ in 0..PEERS {
                let (address, bytes) = (program.address, bytes.clone());
                peers.spawn(Box::pin(async move { attack(address, &bytes).await }));
            }
            peers.join_all().await;
            // A peer may see the end a moment before it is counted.
            let deadline = Instant::now() + PATIENCE;
            while count(&program, stopped) < before + PEERS as u64 && Instant::now() < deadline {
                sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(count(&program, stopped) - before, PEERS as u64, "{name}: {stopped}");
            let taken = peak_bytes(program.pid()).saturating_sub(held);
            let used = processor_ms(program.pid()) - used;
            assert!(taken <= PEAK_BYTES_MAX, "{name} took {taken} bytes in round {round}");
            let most = PEERS as u64 * PROCESSOR_MS_MAX;
            let judged = std::env::var_os("CHINWAG_JUDGE_TIMES").is_some();
            assert!(!judged || used <= most, "{name} took {used} ms of the processor in round {round}");
        }
        program.until("chinwag_hub_streams", |streams| streams == 0).await;
        // The one that asks.
        program.until("chinwag_gateway_connections", |connections| connections == 1).await;
        if round == 0 {
            before = Memory::of(program.pid());
        }
    }
    let left = Memory::of(program.pid()).more_than(before, 1).process;
    assert!(left <= LEFT_BYTES_MAX, "{left} bytes are left of {ROUNDS} rounds");
}
