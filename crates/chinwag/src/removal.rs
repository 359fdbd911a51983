//! Goes on with removing accounts that were deleted or have expired, step by step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_chat::{Reply, Request};
use chinwag_protocol::{AccountId, Problem};
use chinwag_store::Store;

/// Accounts that are looked up at a time.
const PAGE: usize = 100;

/// Looks for such accounts now and then. On a database of several servers each does; a step is taken once.
pub(crate) struct Removal {
    pub(crate) store: Arc<dyn Store>,
}

impl Removal {
    /// Goes on for ever.
    pub(crate) async fn run(self, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.store.removals(PAGE).await {
                Ok(accounts) => self.go_on(&accounts).await,
                Err(error) => {
                    tracing::warn!(%error, "accounts that are to be removed could not be looked for")
                }
            }
        }
    }

    async fn go_on(&self, accounts: &[AccountId]) {
        for account in accounts {
            match self.remove(*account).await {
                Ok(steps) => tracing::info!(%account, steps, "an account was removed"),
                // It is still among those the next time.
                Err(problem) => tracing::warn!(%account, %problem, "removing an account goes on later"),
            }
        }
    }

    /// Takes all steps that are left. Gives how many that were.
    async fn remove(&self, account: AccountId) -> Result<u64, Problem> {
        for steps in 1.. {
            let started = Instant::now();
            match self.store.submit(Request::ContinueRemoval(account)).await? {
                Reply::Removing { more: true } => {}
                _ => return Ok(steps),
            }
            // Half of the writer's time is for others, however much there is to empty.
            tokio::time::sleep(started.elapsed()).await;
        }
        Ok(0)
    }
}
