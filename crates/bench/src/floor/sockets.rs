//! The sockets that a worker writes to.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

use super::worker::tell;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// The worker's sockets, and the one by which the tool says when a round begins.
#[derive(Debug)]
pub(super) struct Sockets {
    /// A byte comes on it when all readers have the last round; its end is the end of the work.
    pub(super) control: TcpStream,
    /// Each is to be written to. They do not block.
    pub(super) streams: Vec<TcpStream>,
}

impl Sockets {
    /// Tells the tool an address, and takes as many connections there, after that for the control.
    pub(super) fn accept(count: usize) -> io::Result<Self> {
        rlimit::increase_nofile_limit(u64::MAX)?;
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(BACKLOG)?;
        let listener = TcpListener::from(listener);
        tell(&listener.local_addr()?.to_string())?;
        let (control, _) = listener.accept()?;
        control.set_nodelay(true)?;
        let mut streams = Vec::with_capacity(count);
        for _ in 0..count {
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        Ok(Self { control, streams })
    }

    /// Waits until the next round begins; there is none if the tool has left.
    pub(super) fn next_round(&mut self) -> bool {
        matches!(self.control.read(&mut [0]), Ok(1..))
    }
}
