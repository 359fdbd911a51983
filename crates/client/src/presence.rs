//! Presence and typing, and what a reader looks at.

use std::fmt::Display;

use chinwag_protocol::{
    AccountId, ConversationId, OwnStatus, PresenceBody, PresentPage, StreamId, StreamViewBody, TypingBody,
    ViewBody,
};
use http::Method;

use crate::client::with_json;
use crate::{ClientError, Session};

impl Session {
    /// The same device, whose streams and polls from now on look at these: `presence`, `typing` and `present` records come of them,
    /// of a reader over any transport and after each reconnect.
    #[must_use]
    pub fn looking_at(&self, view: &ViewBody) -> Self {
        let mut query = Vec::new();
        if !view.conversations.is_empty() {
            query.push(format!("view_conversations={}", list(&view.conversations)));
        }
        if !view.accounts.is_empty() {
            query.push(format!("view_accounts={}", list(&view.accounts)));
        }
        if !query.is_empty() && self.is_together() {
            query.push(format!("view_as={}", self.account().id));
        }
        self.with_view(query.join("&"))
    }

    /// Says what a stream of this device looks at from now on; its `hello` has its name.
    pub async fn set_view(&self, stream: StreamId, view: &ViewBody) -> Result<(), ClientError> {
        let body = StreamViewBody { stream, view: view.clone() };
        let request = with_json(self.request(Method::POST, "/v1/view")?, &body)?;
        self.client().command(request).await.map(drop)
    }

    /// Says whether this device is in use, or that the account is to be invisible.
    pub async fn set_presence(&self, status: OwnStatus) -> Result<(), ClientError> {
        let request = with_json(self.request(Method::PUT, "/v1/presence")?, &PresenceBody { status })?;
        self.client().command(request).await.map(drop)
    }

    /// Tells members who look that the account types, or no more. To be repeated every few seconds.
    pub async fn typing(&self, conversation: ConversationId, on: bool) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/typing");
        let request = with_json(self.request(Method::POST, &path)?, &TypingBody { on })?;
        self.client().command(request).await.map(drop)
    }

    /// Which members of a room are there; `after` is the `next` of the page before.
    pub async fn present(
        &self,
        conversation: ConversationId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<PresentPage, ClientError> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = format!("/v1/conversations/{conversation}/present?limit={limit}{after}");
        self.client().ask(self.request(Method::GET, &path)?).await
    }
}

fn list(ids: &[impl Display]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
