//! The same by io_uring: all sockets of a round, and the wait for the next, in one system call.
#![expect(unsafe_code, reason = "io_uring is given pointers; the crate cannot know how long they stay good")]

use std::io;
use std::os::fd::AsRawFd;

use io_uring::{IoUring, opcode, squeue, types};
use rustix::net::RecvFlags;

use super::FloorError;
use super::sockets::Sockets;
use super::worker::{READY, REFUSED, tell};

/// The most that a ring may hold.
const ENTRIES_MAX: usize = 32_768;

/// Marks the completion that says that the next round may begin. All others are failures.
const ROUND: u64 = 1;

/// Writes `bytes` bytes to each socket, once a round.
pub(super) fn run(mut sockets: Sockets, bytes: usize) -> Result<(), FloorError> {
    let entries = (sockets.streams.len() + 1).next_power_of_two().min(ENTRIES_MAX);
    let mut ring = match ring(&sockets, entries as u32) {
        Ok(ring) => ring,
        Err(error) => return Ok(tell(&format!("{REFUSED}io_uring: {error}"))?),
    };
    let submissions = submissions(sockets.streams.len(), bytes);
    tell(READY)?;
    if !sockets.next_round() {
        return Ok(());
    }
    loop {
        let mut chunks = submissions.chunks(entries).peekable();
        while let Some(chunk) = chunks.next() {
            // SAFETY: the memory that the entries point to is never freed; the kernel only reads the frame, and nobody
            // looks at the byte that it writes.
            let pushed = unsafe { ring.submission().push_multiple(chunk) };
            pushed.map_err(io::Error::other)?;
            if chunks.peek().is_some() {
                ring.submit()?;
            }
        }
        if !next_round(&mut ring)? {
            return Ok(());
        }
    }
}

/// A ring that knows the sockets, the control first.
fn ring(sockets: &Sockets, entries: u32) -> io::Result<IoUring> {
    let mut lean = IoUring::builder();
    lean.setup_single_issuer().setup_defer_taskrun().setup_submit_all().setup_no_sqarray();
    // Older kernels lack some of these.
    let ring = lean.build(entries).or_else(|_| IoUring::new(entries))?;
    let descriptors: Vec<_> =
        [&sockets.control].into_iter().chain(&sockets.streams).map(AsRawFd::as_raw_fd).collect();
    ring.submitter().register_files(&descriptors)?;
    Ok(ring)
}

/// What is submitted in each round: the frame to each socket, and then the wait for the next round.
fn submissions(sockets: usize, bytes: usize) -> Vec<squeue::Entry> {
    let frame: &'static [u8] = vec![b'x'; bytes].leak();
    let round: &'static mut [u8] = vec![0].leak();
    let whole = RecvFlags::WAITALL.bits().cast_signed();
    let send = |slot: usize| {
        opcode::Send::new(types::Fixed(slot as u32 + 1), frame.as_ptr(), frame.len() as u32)
            // Or a part would pass for a success.
            .flags(whole)
            .build()
            .flags(squeue::Flags::SKIP_SUCCESS)
    };
    let wait = opcode::Recv::new(types::Fixed(0), round.as_mut_ptr(), 1).build().user_data(ROUND);
    (0..sockets).map(send).chain([wait]).collect()
}

/// Submits what is left, and waits until the next round begins; there is none if the tool has left.
fn next_round(ring: &mut IoUring) -> io::Result<bool> {
    loop {
        match ring.submit_and_wait(1) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let mut round = None;
        for completion in ring.completion() {
            match (completion.user_data(), completion.result()) {
                (ROUND, result) => round = Some(result == 1),
                (_, result) => return Err(io::Error::from_raw_os_error(-result)),
            }
        }
        if let Some(round) = round {
            return Ok(round);
        }
    }
}
