//! What the hub is asked of presence and typing, and what it has written of them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use chinwag_protocol::{AccountId, Actor, ConversationId, DeviceId, OwnStatus, StreamId};
use chinwag_store::{Presence, Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{Hub, Input};
use crate::statuses::Statuses;
use crate::views::View;

/// Changes of invisibility that may wait to be written; whoever brings one more waits.
const VISIBILITY_INBOX: usize = 256;

/// An account is to be invisible, or no more; and who waits until that is kept.
pub(super) type Visibility = (AccountId, bool, oneshot::Sender<Result<(), StoreError>>);

impl Hub {
    /// A stream that reads for the device looks at other things from now on. False if there is none of that name.
    pub async fn set_view(&self, stream: StreamId, actor: Actor, view: View) -> bool {
        let [high, low, ..] = *stream.as_bytes();
        let Some(shard) = self.0.shards.get(usize::from(u16::from_be_bytes([high, low]))) else {
            return false;
        };
        let (reply, answer) = oneshot::channel();
        // A hub that has stopped has no streams.
        let _ = shard.send(Input::View(stream, actor, view, reply)).await;
        answer.await.unwrap_or(false)
    }

    /// What a device says of itself, or has its account be: see [`OwnStatus`].
    pub async fn set_presence(&self, actor: Actor, status: OwnStatus) -> Result<(), StoreError> {
        if status == OwnStatus::Invisible {
            return self.set_invisible(actor.account, true).await;
        }
        if self.0.statuses.is_invisible(actor.account) != Some(false) {
            self.set_invisible(actor.account, false).await?;
        }
        self.0.statuses.set_away(actor, status == OwnStatus::Away, self.now_ms());
        Ok(())
    }

    async fn set_invisible(&self, account: AccountId, invisible: bool) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.visibility.send((account, invisible, reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether the device has said of the conversation just before that its account types: then that counts.
    pub fn has_typed(&self, device: DeviceId, conversation: ConversationId) -> bool {
        self.0.statuses.has_typed(device, conversation, self.now_ms())
    }

    /// A device says that its account types. With `blocks`, whom it blocks, that is told to whoever looks; without, to nobody.
    pub fn typed(&self, actor: Actor, conversation: ConversationId, blocks: Option<Vec<AccountId>>) {
        self.0.statuses.typed((actor.account, actor.device), conversation, blocks, self.now_ms());
    }

    /// The account types there no more.
    pub fn stop_typing(&self, account: AccountId, conversation: ConversationId) {
        self.0.statuses.stop_typing(account, conversation);
    }

    /// Accounts after `after` that are there and in a conversation, in order of id: at most `limit`, and whether there are more.
    pub async fn present(
        &self,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> (Vec<AccountId>, bool) {
        let mut answers = Vec::new();
        for shard in &self.0.shards {
            let (reply, answer) = oneshot::channel();
            if shard.send(Input::Present(conversation, after, limit + 1, reply)).await.is_ok() {
                answers.push(answer);
            }
        }
        let mut present = Vec::new();
        for answer in answers {
            present.extend(answer.await.unwrap_or_default());
        }
        present.sort_unstable();
        present.dedup();
        let more = present.len() > limit;
        present.truncate(limit);
        (present, more)
    }

    fn now_ms(&self) -> u64 {
        self.0.started.elapsed().as_millis() as u64
    }
}

/// Has written what is to be kept, until the hub is dropped. Gives the way for changes of invisibility.
pub(super) fn start(
    statuses: &Arc<Statuses>,
    store: &Arc<dyn Store>,
    started: Instant,
) -> mpsc::Sender<Visibility> {
    tokio::spawn(write_seen(Arc::downgrade(statuses), store.clone(), started));
    let (visibility, changes) = mpsc::channel(VISIBILITY_INBOX);
    tokio::spawn(write_visibility(changes, Arc::downgrade(statuses), store.clone(), started));
    visibility
}

async fn write_seen(statuses: Weak<Statuses>, store: Arc<dyn Store>, started: Instant) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let Some(statuses) = statuses.upgrade() else { return };
        let seen = statuses.take_seen(started.elapsed().as_millis() as u64);
        drop(statuses);
        if seen.is_empty() {
            continue;
        }
        if let Err(error) = store.record_presences(&seen).await {
            tracing::warn!(%error, "could not write when accounts were last seen; later times will be");
        }
    }
}

async fn write_visibility(
    mut changes: mpsc::Receiver<Visibility>,
    statuses: Weak<Statuses>,
    store: Arc<dyn Store>,
    started: Instant,
) {
    while let Some((account, invisible, reply)) = changes.recv().await {
        let written = store.record_presences(&[Presence::Invisible { account, invisible }]).await;
        if written.is_ok()
            && let Some(statuses) = statuses.upgrade()
        {
            statuses.set_invisible(account, invisible, started.elapsed().as_millis() as u64);
        }
        // Who has stopped waiting says it again.
        let _ = reply.send(written);
    }
}
