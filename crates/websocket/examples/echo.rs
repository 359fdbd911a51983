//! A server that sends every message back, for testers of WebSockets that come from elsewhere.
//!
//!     cargo run --release --package chinwag-websocket --example echo [ADDRESS]
//!
//! HTTP/1.1 and HTTP/2 without TLS on one port; the first bytes tell which. Prints where it listens, and stays until it is
//! killed.

mod peer;

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use chinwag_websocket::handshake::server::{Supported, accept, accept_connect};
use chinwag_websocket::{Connection, Role};
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

const SUPPORTED: Supported<'static> = Supported { protocols: &[], deflate: true };

#[tokio::main]
#[expect(clippy::print_stdout, reason = "whoever has started it must know the port")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http2().enable_connect_protocol();
            // How it ends is for the tester to judge.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(socket), service_fn(answer)).await;
        });
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let judged = if parts.method == Method::CONNECT {
        let protocol = parts.extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str);
        accept_connect(&parts, protocol, &SUPPORTED)
    } else {
        accept(&parts, &SUPPORTED)
    };
    Ok(match judged {
        Ok(acceptance) => {
            let deflate = acceptance.deflate;
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrade.await {
                    let connection = Connection::new(Role::Server, peer::LIMITS, deflate);
                    let _ = peer::echo(TokioIo::new(upgraded), connection).await;
                }
            });
            acceptance.response().map(|()| Full::default())
        }
        Err(refusal) => {
            let mut response = Response::new(Full::from(refusal.to_string()));
            *response.status_mut() = refusal.status();
            *response.headers_mut() = refusal.headers();
            response
        }
    })
}
