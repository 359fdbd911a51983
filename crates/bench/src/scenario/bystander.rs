//! Two accounts that chat on while something else happens: what others feel of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chinwag_client::{BackoffOptions, ReaderOptions, Session, Transport};
use chinwag_protocol::{ClientId, ConversationId, Record};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::ScenarioError;
use crate::crowd::{clients, gather, prefix};
use crate::report::Latency;
use crate::target::Target;

/// A message is due each time that this has passed.
const INTERVAL: Duration = Duration::from_millis(50);
/// After a failure it is tried again soon: what is measured is the server, not the bystander's patience.
const AGAIN: BackoffOptions =
    BackoffOptions { first: Duration::from_millis(50), longest: Duration::from_millis(200) };
/// What is under way at the end may take this long.
const LAST: Duration = Duration::from_secs(5);

/// When each message was due, and when it came.
type Times = Arc<Mutex<HashMap<ClientId, (Instant, Option<Instant>)>>>;

/// The two, on a thread of their own, so that they do not wait for the tool's other work.
pub(super) struct Bystander {
    times: Times,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<Result<(), ScenarioError>>,
}

impl Bystander {
    /// Begins.
    pub(super) async fn start(target: &Target) -> Result<Self, ScenarioError> {
        let members = gather(&clients(target, 2, 1)?, &prefix("bystander"), 2, |_| 0).await?;
        // Connections belong to the runtime that made them.
        let clients = clients(target, 2, 1)?;
        let sessions = [members[0].session.by_way_of(&clients[0]), members[1].session.by_way_of(&clients[1])];
        let conversation = members[0].conversation;
        let times = Times::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = {
            let times = times.clone();
            thread::Builder::new()
                .name("bystander".to_owned())
                .spawn(move || runtime.block_on(chat(sessions, conversation, &times, stopped)))?
        };
        Ok(Self { times, stop, thread })
    }

    /// Ends, and gives the times of the messages that were due since `since`.
    pub(super) async fn stop(self, since: Instant) -> Result<Latency, ScenarioError> {
        // It has failed if nobody takes it, which is told by the thread.
        let _ = self.stop.send(());
        tokio::task::spawn_blocking(move || self.thread.join())
            .await
            .map_err(std::io::Error::other)?
            .unwrap_or_else(|_| Err(ScenarioError::Failed("the bystander panicked".to_owned())))?;
        let now = Instant::now();
        let times = self.times.lock();
        let counted = times.values().filter(|(due, _)| *due >= since);
        // One that has not come is as late as it can be by now.
        let micros = counted.map(|(due, came)| came.unwrap_or(now).duration_since(*due).as_secs_f64() * 1e6);
        Ok(Latency::of("due to received, a bystander", true, &mut micros.collect::<Vec<_>>()))
    }
}

async fn chat(
    [sender, reader]: [Session; 2],
    conversation: ConversationId,
    times: &Times,
    stopped: oneshot::Receiver<()>,
) -> Result<(), ScenarioError> {
    let options = ReaderOptions { backoff: AGAIN, ..ReaderOptions::default() };
    let mut events = reader.events(Transport::WebSocket, None, options);
    let reading = async {
        loop {
            if let Record::Message(message) = events.next().await?
                && let Some((_, came)) = times.lock().get_mut(&message.client_id)
            {
                came.get_or_insert_with(Instant::now);
            }
        }
    };
    let sending = async {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let ending = async {
            // Whoever would stop it is gone when the scenario has failed.
            let _ = stopped.await;
        };
        tokio::pin!(ending);
        loop {
            let due = tokio::select! {
                due = ticks.tick() => due.into_std(),
                () = &mut ending => break,
            };
            let client_id = ClientId::new(Uuid::now_v7());
            times.lock().insert(client_id, (due, None));
            let sender = sender.clone();
            tokio::spawn(async move {
                while let Err(error) = sender.send(conversation, client_id, "Is it windy there?", None).await
                {
                    if !error.may_pass() {
                        return;
                    }
                    sleep(AGAIN.first).await;
                }
            });
        }
        let all = async {
            while times.lock().values().any(|(_, came)| came.is_none()) {
                sleep(AGAIN.first).await;
            }
        };
        // What has not come then is counted as it is.
        let _ = tokio::time::timeout(LAST, all).await;
        Ok(())
    };
    tokio::select! {
        result = reading => result,
        result = sending => result,
    }
}
