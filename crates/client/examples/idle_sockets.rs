//! Opens many WebSockets, each of an account of its own in a room of ten, and keeps them idle: the load of
//! `tests/lib/idle_sockets.py`, which measures the server meanwhile.
//!
//! `idle_sockets URL COUNT http1|http2 [CERTIFICATE.pem]`
//!
//! It prints `signed in` when the accounts are there, opens the sockets once it is sent a line, and prints `idle` when each
//! has had its hello and a heartbeat. It ends with the input. Over HTTP/2 a hundred sockets share a connection.

#![expect(clippy::print_stdout, reason = "an example's output is its purpose")]

use std::error::Error;
use std::io::BufRead;

use chinwag_client::{Client, ClientOptions, Protocol, Received, Session, TlsRoots};
use chinwag_protocol::Record;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

const ROOM_MEMBERS: usize = 10;
/// Sockets that share one client, and so over HTTP/2 one connection.
const CLIENT_SOCKETS: usize = 100;
/// Clients that are at work at the same time, so that what the server needs while a connection begins does not add up.
const CLIENTS_AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, protocol, certificate @ ..] = &arguments[..] else {
        return Err("Usage: idle_sockets URL COUNT http1|http2 [CERTIFICATE.pem]".into());
    };
    let count: usize = count.parse()?;
    let protocol = if protocol == "http2" { Protocol::Http2 } else { Protocol::Http1 };
    let tls_roots = match certificate {
        [] => TlsRoots::System,
        [path, ..] => TlsRoots::from_pem(&std::fs::read(path)?)?,
    };
    let options = ClientOptions { protocol, tls_roots };

    let first_clients = clients(url, count, &options)?;
    let sessions = each(first_clients, |index, client| sign_in(index, client, count)).await?;
    println!("signed in");
    let mut lines = lines();
    lines.recv().await.ok_or("no word to go on")?;

    // The server may be another one by now.
    let second_clients = clients(url, count, &options)?;
    let (ended, mut end) = mpsc::channel::<Failure>(1);
    let groups = sessions.into_iter().zip(second_clients).collect();
    let beating = each(groups, |_, (sessions, client)| open(sessions, client, ended.clone())).await?;
    println!("open");
    let idle = async {
        for beat in beating.into_iter().flatten() {
            beat.await?;
        }
        println!("idle");
        while lines.recv().await.is_some() {}
        Ok(())
    };
    tokio::select! {
        result = idle => result,
        Some(failure) = end.recv() => Err(failure),
    }
}

fn clients(url: &str, count: usize, options: &ClientOptions) -> Result<Vec<Client>, Failure> {
    let clients = count.div_ceil(CLIENT_SOCKETS);
    Ok((0..clients).map(|_| Client::with_options(url, options)).collect::<Result<_, _>>()?)
}

/// Runs `work` for each item, some at the same time, and gives the results in order.
async fn each<I, T, F>(items: Vec<I>, work: impl Fn(usize, I) -> F) -> Result<Vec<T>, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut results = Vec::new();
    results.resize_with(items.len(), || None);
    let mut running = JoinSet::new();
    for (index, item) in items.into_iter().enumerate() {
        while running.len() >= CLIENTS_AT_ONCE {
            take(&mut running, &mut results).await?;
        }
        let work = work(index, item);
        running.spawn(async move { Ok((index, work.await?)) });
    }
    while !running.is_empty() {
        take(&mut running, &mut results).await?;
    }
    Ok(results.into_iter().flatten().collect())
}

async fn take<T: 'static>(
    running: &mut JoinSet<Result<(usize, T), Failure>>,
    results: &mut [Option<T>],
) -> Result<(), Failure> {
    if let Some(done) = running.join_next().await {
        let (index, result) = done??;
        results[index] = Some(result);
    }
    Ok(())
}

/// Accounts in their rooms.
async fn sign_in(index: usize, client: Client, count: usize) -> Result<Vec<Session>, Failure> {
    let mut sessions = Vec::new();
    for number in index * CLIENT_SOCKETS..count.min((index + 1) * CLIENT_SOCKETS) {
        let session = client.guest(&format!("Idle {number}")).await?;
        session.open_room(&format!("idle-{}", number / ROOM_MEMBERS)).await?;
        sessions.push(session);
    }
    Ok(sessions)
}

/// Sockets that have had their hello; each tells when it has had a heartbeat.
async fn open(
    sessions: Vec<Session>,
    client: Client,
    ended: mpsc::Sender<Failure>,
) -> Result<Vec<oneshot::Receiver<()>>, Failure> {
    let mut beating = Vec::new();
    for session in sessions {
        let mut socket = session.by_way_of(&client).websocket(None).await?;
        match socket.next().await? {
            Received::Record(record, _) if matches!(*record, Record::Hello { .. }) => {}
            other => return Err(format!("no hello but {other:?}").into()),
        }
        let (beat, beats) = oneshot::channel();
        beating.push(beats);
        let ended = ended.clone();
        tokio::spawn(async move {
            let mut beat = Some(beat);
            loop {
                match socket.next().await {
                    Ok(Received::Record(record, _)) if matches!(*record, Record::Heartbeat { .. }) => {
                        // Nobody waits any more once it was told.
                        let _ = beat.take().map(|beat| beat.send(()));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let _ = ended.send(error.into()).await;
                        return;
                    }
                }
            }
        });
    }
    Ok(beating)
}

/// What is typed, until its end.
fn lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
