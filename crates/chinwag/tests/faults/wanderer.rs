//! Who leaves a room and comes back, again and again.

use std::sync::Arc;
use std::time::Duration;

use chinwag_client::{ClientError, Session};
use chinwag_protocol::{ConversationId, RoomAnswer};

use crate::reading::stubbornly;
use crate::shared::Shared;

pub(crate) struct Wanderer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) session: Session,
    pub(crate) room: ConversationId,
    pub(crate) slug: &'static str,
    pub(crate) random: fastrand::Rng,
}

impl Wanderer {
    /// Until it is told to stop; it is a member then.
    pub(crate) async fn wander(mut self) {
        let account = self.session.account().id;
        let shared = Arc::clone(&self.shared);
        let recorder = &shared.history.recorder;
        while !self.shared.is_stopping() {
            stubbornly(|| leave(self.session.clone(), self.room)).await;
            recorder.left(&account, &self.room);
            self.pause().await;
            recorder.join(&account, &self.room);
            stubbornly(|| come(self.session.clone(), self.slug)).await;
            self.pause().await;
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.random.u64(5..80))).await;
    }
}

async fn leave(session: Session, room: ConversationId) -> Result<(), ClientError> {
    session.leave(room).await
}

async fn come(session: Session, slug: &str) -> Result<RoomAnswer, ClientError> {
    session.open_room(slug).await
}
