//! The whole server as its clients meet it: each test starts one in this process, with a data folder of its own.
//!
//! `CHINWAG_MESSAGES` sets how many messages the long tests post, `CHINWAG_SEED` repeats their random choices.

mod deletion;
mod delivery;
mod destroyed;
mod fault_proxy;
mod gaps;
mod history_check;
mod idempotence;
mod lines;
mod membership;
mod polls;
mod posting;
mod restart;
mod seed;
mod server;
mod sign_out;
mod streams;
mod switching;
mod sync;
mod traffic;
mod utf8;

/// Makes of each scenario one test for each transport.
macro_rules! on_every_transport {
    ($($scenario:ident)*) => { $(
        mod $scenario {
            use chinwag_client::Transport;

            #[tokio::test]
            async fn poll() {
                super::$scenario(Transport::Poll).await;
            }

            #[tokio::test]
            async fn long_poll() {
                super::$scenario(Transport::LongPoll).await;
            }

            #[tokio::test]
            async fn stream() {
                super::$scenario(Transport::Stream).await;
            }

            #[tokio::test]
            async fn sse() {
                super::$scenario(Transport::Sse).await;
            }
        }
    )* };
}
pub(crate) use on_every_transport;
