//! Several servers on one database, behind one address.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// Gives each connection to one of the servers, whichever it happens to be: what a client does first and what it does then
/// are seen by different ones.
pub(crate) fn spread(front: TcpListener, nodes: Vec<SocketAddr>, mut random: fastrand::Rng) {
    tokio::spawn(async move {
        while let Ok((mut client, _)) = front.accept().await {
            let mut order = nodes.clone();
            random.shuffle(&mut order);
            tokio::spawn(async move {
                // Whatever ends one side ends the other.
                if let Some(mut server) = first_that_listens(&order).await {
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
}

async fn first_that_listens(nodes: &[SocketAddr]) -> Option<TcpStream> {
    for node in nodes {
        if let Ok(stream) = TcpStream::connect(node).await {
            return Some(stream);
        }
    }
    None
}
