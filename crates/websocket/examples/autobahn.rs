//! Our client against Autobahn's fuzzing server: every case, each an echo, and the report.
//!
//!     cargo run --release --package chinwag-websocket --example autobahn ADDRESS AGENT [http2]

mod peer;

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use chinwag_websocket::handshake::{Offer, Rejection};
use chinwag_websocket::{Connection, Event, Message, Role};
use http::{Response, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;
type Io = TokioIo<hyper::upgrade::Upgraded>;

/// Between two looks whether the server's settings have come.
const SETTINGS_PAUSE: Duration = Duration::from_millis(1);

struct Server {
    address: String,
    http2: bool,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(agent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: autobahn ADDRESS AGENT [http2]".into());
    };
    let server = Server { address, http2: arguments.next().is_some_and(|word| word == "http2") };

    let cases: u32 = server.ask("/getCaseCount").await?.parse()?;
    for case in 1..=cases {
        let (io, connection) = server.open(&format!("/runCase?case={case}&agent={agent}")).await?;
        // That a case ends badly is what the report says.
        let _ = peer::echo(io, connection).await;
    }
    let (io, connection) = server.open(&format!("/updateReports?agent={agent}")).await?;
    // The report is there once the server closes; how it hangs up then is all the same.
    let _ = peer::echo(io, connection).await;
    Ok(())
}

impl Server {
    /// The first message that comes. Nobody minds how such a connection ends.
    async fn ask(&self, path: &str) -> Result<String, Failure> {
        let (mut io, mut connection) = self.open(path).await?;
        let mut buffer = [0; 4096];
        loop {
            let count = io.read(&mut buffer).await?;
            if count == 0 {
                return Err("no answer".into());
            }
            let mut input = &buffer[..count];
            while let Some(event) = connection.receive(&mut input)? {
                if let Event::Message(Message::Text(text)) = event {
                    return Ok(text);
                }
            }
        }
    }

    async fn open(&self, path: &str) -> Result<(Io, Connection), Failure> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)?;
        let offer = Offer { nonce, protocols: &[], deflate: true };
        let uri =
            Uri::builder().scheme("http").authority(self.address.as_str()).path_and_query(path).build()?;
        let mut response = self.send(&offer, uri).await?;
        let upgrade = hyper::upgrade::on(&mut response);
        let (parts, _) = response.into_parts();
        let judged: Result<_, Rejection> =
            if self.http2 { offer.judge_over_connect(&parts) } else { offer.judge(&parts) };
        let connection = Connection::new(Role::Client { mask }, peer::LIMITS, judged?.deflate);
        Ok((TokioIo::new(upgrade.await?), connection))
    }

    async fn send(&self, offer: &Offer<'_>, uri: Uri) -> Result<Response<Incoming>, Failure> {
        let socket = TcpStream::connect(&self.address).await?;
        socket.set_nodelay(true)?;
        let io = TokioIo::new(socket);
        if self.http2 {
            let mut request = offer.request_over_connect(uri)?.map(|()| Empty::<Bytes>::new());
            request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
            let mut builder = http2::Builder::new(TokioExecutor::new());
            // None, until the server's settings have come: only then is known that it takes extended CONNECT.
            builder.initial_max_send_streams(0);
            let (mut requests, mut connection) = builder.handshake(io).await?;
            while connection.current_max_send_streams() == 0 {
                if let Ok(ended) = timeout(SETTINGS_PAUSE, &mut connection).await {
                    ended?;
                    return Err("no settings".into());
                }
            }
            tokio::spawn(connection);
            return Ok(requests.send_request(request).await?);
        }
        let mut request = offer.request(uri)?.map(|()| Empty::<Bytes>::new());
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse()?;
        *request.uri_mut() = path;
        let (mut requests, connection) = http1::handshake(io).await?;
        tokio::spawn(connection.with_upgrades());
        Ok(requests.send_request(request).await?)
    }
}

fn mask() -> [u8; 4] {
    getrandom::u32().unwrap_or_default().to_ne_bytes()
}
