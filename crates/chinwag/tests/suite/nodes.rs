//! Several servers on one database, behind one address.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::seed;

/// Servers that share a database of PostgreSQL; none if each test has a data folder.
pub(crate) fn count() -> Option<usize> {
    let count = std::env::var("CHINWAG_TEST_NODES").ok()?;
    Some(count.parse().expect("CHINWAG_TEST_NODES is a number"))
}

/// Gives each connection to one of the servers, whichever it happens to be: what a client does first and what it does then
/// are seen by different ones.
pub(crate) fn spread(front: TcpListener, nodes: Vec<SocketAddr>) {
    tokio::spawn(async move {
        let mut random = seed::random("nodes");
        while let Ok((mut client, _)) = front.accept().await {
            let node = nodes[random.usize(..nodes.len())];
            tokio::spawn(async move {
                // Whatever ends one side ends the other.
                if let Ok(mut server) = TcpStream::connect(node).await {
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
}
