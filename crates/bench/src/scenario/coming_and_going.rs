//! Somebody who joins a room and leaves it, over and over.

use std::time::Duration;

use chinwag_client::Session;
use tokio::time::sleep;

/// How long they stay in, and out.
const STAY: Duration = Duration::from_millis(200);

/// Joins and leaves until it is dropped. A failure costs only that turn: what it does to the others is what is measured.
pub(super) async fn come_and_go(session: Session, slug: String) {
    loop {
        if let Ok(room) = session.open_room(&slug).await {
            sleep(STAY).await;
            _ = session.leave(room.conversation.id).await;
        }
        sleep(STAY).await;
    }
}
