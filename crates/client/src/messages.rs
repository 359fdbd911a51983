//! What happens to a message after it is sent.

use chinwag_protocol::{ConversationId, EditBody, MessageList, ReactionsPage, SendAnswer, Seq};
use http::{Method, StatusCode};

use crate::client::{parse, with_json};
use crate::path::percent_encode;
use crate::{ClientError, Session};

impl Session {
    /// Gives a message of one's own another text.
    pub async fn edit(
        &self,
        conversation: ConversationId,
        seq: Seq,
        edit: &EditBody,
    ) -> Result<SendAnswer, ClientError> {
        let request = self.request(Method::PATCH, &message(conversation, seq))?;
        self.client().ask(with_json(request, edit)?).await
    }

    /// Those of up to 50 rows that are messages which the account may see, in their present state.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<MessageList, ClientError> {
        let seqs: Vec<String> = seqs.iter().map(Seq::to_string).collect();
        let path = format!("/v1/conversations/{conversation}/messages?seqs={}", seqs.join(","));
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// Reacts to a message.
    pub async fn react(
        &self,
        conversation: ConversationId,
        seq: Seq,
        emoji: &str,
    ) -> Result<SendAnswer, ClientError> {
        self.client().ask(self.request(Method::PUT, &reaction(conversation, seq, emoji))?).await
    }

    /// Takes a reaction back; none if there was none.
    pub async fn unreact(
        &self,
        conversation: ConversationId,
        seq: Seq,
        emoji: &str,
    ) -> Result<Option<SendAnswer>, ClientError> {
        self.undo(&reaction(conversation, seq, emoji)).await
    }

    /// Who reacts to a message; `after` is the `next` of the page before.
    pub async fn reactions(
        &self,
        conversation: ConversationId,
        seq: Seq,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ReactionsPage, ClientError> {
        let after = after.map(|after| format!("&after={}", percent_encode(after))).unwrap_or_default();
        let path = format!("{}/reactions?limit={limit}{after}", message(conversation, seq));
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// The pinned messages, the last pinned first.
    pub async fn pins(&self, conversation: ConversationId) -> Result<MessageList, ClientError> {
        let path = format!("/v1/conversations/{conversation}/pins");
        self.client().ask(self.request(Method::GET, &path)?).await
    }

    /// Pins a message for everybody.
    pub async fn pin(&self, conversation: ConversationId, seq: Seq) -> Result<SendAnswer, ClientError> {
        self.client().ask(self.request(Method::PUT, &pin(conversation, seq))?).await
    }

    /// Pins a message no more; none if it was not pinned.
    pub async fn unpin(
        &self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<SendAnswer>, ClientError> {
        self.undo(&pin(conversation, seq)).await
    }

    async fn undo(&self, path: &str) -> Result<Option<SendAnswer>, ClientError> {
        let answer = self.client().command(self.request(Method::DELETE, path)?).await?;
        if answer.status() == StatusCode::NO_CONTENT { Ok(None) } else { parse(&answer).map(Some) }
    }
}

fn message(conversation: ConversationId, seq: Seq) -> String {
    format!("/v1/conversations/{conversation}/messages/{seq}")
}

fn reaction(conversation: ConversationId, seq: Seq, emoji: &str) -> String {
    format!("{}/reactions/{}", message(conversation, seq), percent_encode(emoji))
}

fn pin(conversation: ConversationId, seq: Seq) -> String {
    format!("/v1/conversations/{conversation}/pins/{seq}")
}
