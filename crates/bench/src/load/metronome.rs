//! A clock that wakes a task at a moment, more exactly than the runtime's timers with their steps of a millisecond.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

/// The runtime's own timer may fire so much late.
const COARSE: Duration = Duration::from_millis(2);

/// Wakes one task.
#[derive(Debug)]
pub(super) struct Metronome {
    timer: AsyncFd<OwnedFd>,
}

impl Metronome {
    #[expect(
        deprecated,
        reason = "what owns a descriptor in safe Rust neither closes nor exchanges it while it is owned"
    )]
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self { timer: AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?)? })
    }

    /// Comes back at `due`, or at once if that has been.
    pub(super) async fn wait_until(&self, due: Instant) -> io::Result<()> {
        // Most of the way by the runtime's clock, which costs no system call.
        if let Some(coarse) = due.checked_sub(COARSE) {
            tokio::time::sleep_until(coarse).await;
        }
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let once = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: Timespec {
                    tv_sec: left.as_secs().cast_signed(),
                    tv_nsec: left.subsec_nanos().into(),
                },
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
            let mut ready = self.timer.readable().await?;
            let mut expirations = [0; 8];
            // Without a value it was a false alarm, and the time that is left is looked at again.
            _ = rustix::io::read(&self.timer, &mut expirations);
            ready.clear_ready();
        }
    }
}
