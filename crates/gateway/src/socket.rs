//! Options of accepted sockets.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A peer that is gone is found within this long.
const DEAD_AFTER: Duration = Duration::from_secs(35);
/// What the kernel may hold of a stream. More would only make a slow reader look like a fast one.
const STREAM_BUFFER_BYTES: usize = 64 << 10;
/// What the kernel may hold beyond what is under way to the peer. Without it, a peer that does not read costs megabytes.
#[cfg(target_os = "linux")]
const UNSENT_BYTES_MAX: u32 = 64 << 10;

/// For every connection.
pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(15))
        .with_interval(Duration::from_secs(5))
        .with_retries(4);
    socket.set_tcp_keepalive(&keepalive)?;
    // Keepalive finds a silent peer, this one finds a peer that does not take what is sent.
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(DEAD_AFTER))?;
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    }
    Ok(())
}

/// For a connection that becomes a stream.
pub(crate) fn prepare_stream(socket: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_send_buffer_size(STREAM_BUFFER_BYTES)?;
    // Wakes the writer when the peer has nearly caught up, not when there is room for one more segment.
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat((STREAM_BUFFER_BYTES / 4) as u32)?;
    Ok(())
}
