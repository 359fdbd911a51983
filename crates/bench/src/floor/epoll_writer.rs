//! The bare loop: one thread, a write for each socket, epoll only for those that take no more.

use std::io::{self, ErrorKind, Write};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;

use super::FloorError;
use super::sockets::Sockets;
use super::worker::{READY, tell};

/// Writes `bytes` bytes to each socket, once a round.
pub(super) fn run(mut sockets: Sockets, bytes: usize) -> Result<(), FloorError> {
    let frame = vec![b'x'; bytes];
    let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(io::Error::from)?;
    // Sockets that took a part, and how much they have.
    let mut blocked: Vec<(usize, usize)> = Vec::new();
    tell(READY)?;
    while sockets.next_round() {
        for (index, stream) in sockets.streams.iter().enumerate() {
            match (&*stream).write(&frame) {
                Ok(written) if written == frame.len() => {}
                Ok(written) => blocked.push((index, written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => blocked.push((index, 0)),
                Err(error) => return Err(error.into()),
            }
        }
        if !blocked.is_empty() {
            drain(&sockets, &epoll, &frame, &mut blocked)?;
        }
    }
    Ok(())
}

/// Writes what is left to the sockets that have blocked.
fn drain(
    sockets: &Sockets,
    epoll: &OwnedFd,
    frame: &[u8],
    blocked: &mut Vec<(usize, usize)>,
) -> io::Result<()> {
    for (place, (index, _)) in blocked.iter().enumerate() {
        epoll::add(epoll, &sockets.streams[*index], EventData::new_u64(place as u64), EventFlags::OUT)?;
    }
    let mut left = blocked.len();
    let mut events = Vec::with_capacity(1024);
    while left > 0 {
        epoll::wait(epoll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let (index, written) = &mut blocked[event.data.u64() as usize];
            let stream = &sockets.streams[*index];
            match (&*stream).write(&frame[*written..]) {
                Ok(more) => *written += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if *written == frame.len() {
                epoll::delete(epoll, stream)?;
                left -= 1;
            }
        }
    }
    blocked.clear();
    Ok(())
}
