//! A device that is signed in: everything it may ask for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chinwag_protocol::{
    AccountCard, AccountId, AckBody, BlocksPage, ClientId, ConversationId, Cursor, DeviceId, DirectBody,
    DraftBody, HistoryPage, MarkBody, OwnSettingsBody, OwnSettingsCard, Poll, PreferencesBody,
    PreferencesCard, ReadersPage, ReceiptsAnswer, RoomAnswer, RoomsPage, SendAnswer, SendBody, Seq, SyncPage,
};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::answer::{content_type, problem, read_whole};
use crate::browser::Browser;
use crate::client::{ANSWER_TIMEOUT, parse, request, with_json};
use crate::path::percent_encode;
use crate::{
    Client, ClientError, EventReader, ReaderOptions, RecordBytes, RecordBytesOptions, RecordSocket,
    Transport, WebSocket, WebSocketOptions,
};

/// How long a stream may take to begin, and a poll to be answered beyond its wait.
pub(crate) const BEGIN_TIMEOUT: Duration = Duration::from_secs(15);

/// Which part of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRange {
    /// The last rows.
    Newest,
    /// The last rows before this one.
    Before(Seq),
    /// The first rows after this one.
    After(Seq),
    /// As many rows before this one as after it.
    Around(Seq),
}

/// A signed-in device. A clone is the same device and shares the connections.
#[derive(Clone)]
pub struct Session {
    client: Client,
    account: Arc<AccountCard>,
    device: DeviceId,
    token: Arc<str>,
    browser: Option<Arc<Browser>>,
    /// What its readers look at, as parameters of a URL.
    view: Option<Arc<str>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token must not reach a log.
        f.debug_struct("Session")
            .field("account", &self.account)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(client: Client, account: AccountCard, device: DeviceId, token: String) -> Self {
        Self { client, account: Arc::new(account), device, token: token.into(), browser: None, view: None }
    }

    /// The account as it was when the session began.
    pub fn account(&self) -> &AccountCard {
        &self.account
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// What proves that this is the device. Keep it secret.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The server.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The same device, by way of another URL of the server.
    #[must_use]
    pub fn by_way_of(&self, client: &Client) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    /// The same device as part of a browser that is signed in as these accounts, too: it asks with cookies instead of a token,
    /// and what it reads by REST's streams and polls or a WebSocket is for all of them. Its requests stay this account's; on a
    /// WebSocket each command must say whose it is, which [`WebSocket::begin`] does not.
    pub fn together_with(&self, others: &[&Self]) -> Result<Self, ClientError> {
        let all = std::iter::once(&self).chain(others);
        let signed_in: Vec<_> = all.map(|session| (session.account.id, &*session.token)).collect();
        Ok(Self { browser: Some(Arc::new(Browser::new(&signed_in)?)), ..self.clone() })
    }

    pub(crate) fn is_together(&self) -> bool {
        self.browser.is_some()
    }

    pub(crate) fn with_view(&self, view: String) -> Self {
        Self { view: Some(view.into()), ..self.clone() }
    }

    /// Opens a room, makes it if it is new, and joins it.
    pub async fn open_room(&self, slug: &str) -> Result<RoomAnswer, ClientError> {
        let path = format!("/v1/rooms/{}", percent_encode(slug));
        self.client.ask(self.request(Method::PUT, &path)?).await
    }

    /// A page of the rooms that are listed; `after` is the page before's `next`.
    pub async fn rooms(&self, after: Option<&str>, limit: u32) -> Result<RoomsPage, ClientError> {
        let after = after.map(|after| format!("&after={}", percent_encode(after))).unwrap_or_default();
        self.client.ask(self.request(Method::GET, &format!("/v1/rooms?limit={limit}{after}"))?).await
    }

    /// Posts a message. After a failure that may pass, send the same again: it is stored once.
    pub async fn send(
        &self,
        conversation: ConversationId,
        client_id: ClientId,
        text: &str,
        follows: Option<ClientId>,
    ) -> Result<SendAnswer, ClientError> {
        let body = SendBody { follows, ..SendBody::new(client_id, text) };
        self.send_message(conversation, &body).await
    }

    /// Posts a message that may have more than a text. After a failure that may pass, send the same again: it is stored once.
    pub async fn send_message(
        &self,
        conversation: ConversationId,
        message: &SendBody,
    ) -> Result<SendAnswer, ClientError> {
        let path = format!("/v1/conversations/{conversation}/messages");
        self.client.ask(with_json(self.request(Method::POST, &path)?, message)?).await
    }

    /// Deletes a message.
    pub async fn delete(&self, conversation: ConversationId, seq: Seq) -> Result<SendAnswer, ClientError> {
        let path = format!("/v1/conversations/{conversation}/messages/{seq}");
        self.client.ask(self.request(Method::DELETE, &path)?).await
    }

    /// A page of a timeline, oldest message first.
    pub async fn history(
        &self,
        conversation: ConversationId,
        range: HistoryRange,
        limit: u32,
    ) -> Result<HistoryPage, ClientError> {
        let range = match range {
            HistoryRange::Newest => String::new(),
            HistoryRange::Before(seq) => format!("&before={seq}"),
            HistoryRange::After(seq) => format!("&after={seq}"),
            HistoryRange::Around(seq) => format!("&around={seq}"),
        };
        let path = format!("/v1/conversations/{conversation}/messages?limit={limit}{range}");
        self.client.ask(self.request(Method::GET, &path)?).await
    }

    /// Stops being a member.
    pub async fn leave(&self, conversation: ConversationId) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/membership");
        self.client.command(self.request(Method::DELETE, &path)?).await.map(drop)
    }

    /// Opens the direct chat with an account, and makes it if it is new.
    pub async fn open_direct(&self, account: AccountId) -> Result<RoomAnswer, ClientError> {
        self.client.ask(self.request(Method::PUT, &format!("/v1/direct/{account}"))?).await
    }

    /// The same with the account that signs in with a user name.
    pub async fn open_direct_by_name(&self, username: &str) -> Result<RoomAnswer, ClientError> {
        let body = DirectBody { username: username.to_owned() };
        self.client.ask(with_json(self.request(Method::PUT, "/v1/direct")?, &body)?).await
    }

    /// Takes up a direct chat that a stranger began.
    pub async fn accept(&self, conversation: ConversationId) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/accept");
        self.client.command(self.request(Method::POST, &path)?).await.map(drop)
    }

    /// Shows nothing of what an account writes in a direct chat from now on.
    pub async fn block(&self, account: AccountId) -> Result<(), ClientError> {
        self.client.command(self.request(Method::PUT, &format!("/v1/blocks/{account}"))?).await.map(drop)
    }

    /// Shows again what an account writes from now on.
    pub async fn unblock(&self, account: AccountId) -> Result<(), ClientError> {
        self.client.command(self.request(Method::DELETE, &format!("/v1/blocks/{account}"))?).await.map(drop)
    }

    /// Says up to which row the account has read.
    pub async fn read(&self, conversation: ConversationId, seq: Seq) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/read");
        let request = with_json(self.request(Method::PUT, &path)?, &MarkBody { seq })?;
        self.client.command(request).await.map(drop)
    }

    /// Sets something for oneself in a conversation.
    pub async fn change_own_settings(
        &self,
        conversation: ConversationId,
        body: &OwnSettingsBody,
    ) -> Result<OwnSettingsCard, ClientError> {
        let path = format!("/v1/conversations/{conversation}/settings");
        self.client.ask(with_json(self.request(Method::PATCH, &path)?, body)?).await
    }

    /// Keeps what a device of the account has begun to write; nothing if the text is empty.
    pub async fn put_draft(
        &self,
        conversation: ConversationId,
        device: DeviceId,
        text: &str,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/drafts/{device}");
        let body = DraftBody { text: text.to_owned() };
        self.client.command(with_json(self.request(Method::PUT, &path)?, &body)?).await.map(drop)
    }

    /// How far the members of a conversation are.
    pub async fn receipts(&self, conversation: ConversationId) -> Result<ReceiptsAnswer, ClientError> {
        let path = format!("/v1/conversations/{conversation}/receipts");
        self.client.ask(self.request(Method::GET, &path)?).await
    }

    /// Who has read a message; `after` is the page before's `next`.
    pub async fn readers(
        &self,
        conversation: ConversationId,
        seq: Seq,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<ReadersPage, ClientError> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = format!("/v1/conversations/{conversation}/messages/{seq}/readers?limit={limit}{after}");
        self.client.ask(self.request(Method::GET, &path)?).await
    }

    /// What the account has chosen for all of its conversations.
    pub async fn preferences(&self) -> Result<PreferencesCard, ClientError> {
        self.client.ask(self.request(Method::GET, "/v1/account/preferences")?).await
    }

    /// Chooses something for all of the account's conversations.
    pub async fn set_preferences(&self, body: &PreferencesBody) -> Result<PreferencesCard, ClientError> {
        let request = self.request(Method::PATCH, "/v1/account/preferences")?;
        self.client.ask(with_json(request, body)?).await
    }

    /// Marks a conversation as unread from a row on, until it is read.
    pub async fn mark_unread(&self, conversation: ConversationId, seq: Seq) -> Result<(), ClientError> {
        let path = format!("/v1/conversations/{conversation}/unread");
        let request = with_json(self.request(Method::PUT, &path)?, &MarkBody { seq })?;
        self.client.command(request).await.map(drop)
    }

    /// Whom the account blocks; `after` is the page before's `next`.
    pub async fn blocks(&self, after: Option<AccountId>, limit: u32) -> Result<BlocksPage, ClientError> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.client.ask(self.request(Method::GET, &format!("/v1/blocks?limit={limit}{after}"))?).await
    }

    /// The account's conversations; `next` is the page before's.
    pub async fn sync(&self, next: Option<&str>) -> Result<SyncPage, ClientError> {
        let path = match next {
            Some(next) => format!("/v1/sync?next={}", percent_encode(next)),
            None => "/v1/sync".to_owned(),
        };
        self.client.ask(self.request(Method::GET, &path)?).await
    }

    /// Tells that this device has everything up to `cursor`.
    pub async fn ack(&self, cursor: &Cursor) -> Result<(), ClientError> {
        let body = AckBody { cursor: cursor.clone() };
        self.client.command(with_json(self.request(Method::POST, "/v1/ack")?, &body)?).await.map(drop)
    }

    /// Makes the token void.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        self.client.command(self.request(Method::DELETE, "/v1/session")?).await.map(drop)
    }

    /// One poll, held for at most `wait` (whole seconds; none is short polling).
    pub async fn poll(&self, after: Option<&Cursor>, wait: Duration) -> Result<Poll, ClientError> {
        parse(&self.poll_json(after, wait).await?)
    }

    /// The same, its answer not parsed.
    pub(crate) async fn poll_json(
        &self,
        after: Option<&Cursor>,
        wait: Duration,
    ) -> Result<Response<Bytes>, ClientError> {
        let seconds = wait.as_secs();
        let held = if seconds == 0 { String::new() } else { format!("wait={seconds}") };
        let request = self.request(Method::GET, &self.events_path(after, &held))?;
        let within = if seconds == 0 { ANSWER_TIMEOUT } else { wait + BEGIN_TIMEOUT };
        let answer = self.client.http().call(request, within).await?;
        if answer.status() == StatusCode::OK { Ok(answer) } else { Err(problem(&answer)) }
    }

    /// A stream's answer: its head has come, its body is read as it comes.
    pub(crate) async fn stream(
        &self,
        media_type: &'static str,
        after: Option<&Cursor>,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = self.stream_request(media_type, after)?;
        let answer = self.client.http().open(request, BEGIN_TIMEOUT).await?;
        if answer.status() != StatusCode::OK {
            let reading = timeout(ANSWER_TIMEOUT, read_whole(answer)).await;
            return Err(problem(
                &reading.map_err(|_| ClientError::timed_out("the refusal did not end in time"))??,
            ));
        }
        if content_type(&answer) != Some(media_type) {
            return Err(ClientError::Protocol(format!("a stream of {:?}", content_type(&answer))));
        }
        Ok(answer)
    }

    /// What asks for a stream.
    pub(crate) fn stream_request(
        &self,
        media_type: &'static str,
        after: Option<&Cursor>,
    ) -> Result<Request<Bytes>, ClientError> {
        let mut request = self.request(Method::GET, &self.events_path(after, ""))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(media_type));
        Ok(request)
    }

    /// What asks for a WebSocket, but for the handshake.
    pub(crate) fn websocket_request(&self, after: Option<&Cursor>) -> Result<Request<Bytes>, ClientError> {
        self.request(Method::GET, &self.events_path(after, ""))
    }

    /// A WebSocket on which events after `after` come, or from now on, and which takes commands.
    pub async fn websocket(&self, after: Option<&Cursor>) -> Result<WebSocket, ClientError> {
        self.websocket_with(after, WebSocketOptions::default()).await
    }

    /// The same with other options.
    pub async fn websocket_with(
        &self,
        after: Option<&Cursor>,
        options: WebSocketOptions,
    ) -> Result<WebSocket, ClientError> {
        WebSocket::open(self.client.http(), self.websocket_request(after)?, options).await
    }

    /// Reads events after `after`, or from now on.
    pub fn events(&self, transport: Transport, after: Option<Cursor>, options: ReaderOptions) -> EventReader {
        EventReader::new(self.clone(), transport, after, options)
    }

    /// Reads events after `after`, or from now on, as bytes. Nothing is repeated after a failure: that is the caller's.
    pub async fn record_bytes(
        &self,
        transport: Transport,
        after: Option<Cursor>,
        options: &RecordBytesOptions,
    ) -> Result<RecordBytes, ClientError> {
        RecordBytes::open(self.clone(), transport, after, options).await
    }

    /// The same with nothing between the caller and the socket; none where TLS, HTTP/2 or polling is, or if the server refuses.
    pub async fn record_socket(
        &self,
        transport: Transport,
        after: Option<Cursor>,
        options: &RecordBytesOptions,
    ) -> Result<Option<RecordSocket>, ClientError> {
        RecordSocket::open(self, transport, after, options).await
    }

    /// Posts a message of which the JSON was made before; the answer is not parsed.
    pub async fn send_json(
        &self,
        conversation: ConversationId,
        message: Bytes,
    ) -> Result<Bytes, ClientError> {
        let path = format!("/v1/conversations/{conversation}/messages");
        let mut request = self.request(Method::POST, &path)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = message;
        Ok(self.client.command(request).await?.into_body())
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path_and_query: &str,
    ) -> Result<Request<Bytes>, ClientError> {
        match &self.browser {
            None => request(method, path_and_query, Some(&self.token)),
            Some(browser) => {
                let request = request(method, path_and_query, None)?;
                browser.sign(request, self.account.id, &self.client.http().origin())
            }
        }
    }

    fn events_path(&self, after: Option<&Cursor>, rest: &str) -> String {
        let accounts = self.browser.as_ref().map(|browser| format!("accounts={}", browser.accounts));
        let rest = [accounts.as_deref(), self.view.as_deref(), Some(rest)].map(Option::unwrap_or_default);
        events_path(after, &rest.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&"))
    }
}

fn events_path(after: Option<&Cursor>, rest: &str) -> String {
    let after = after.map(|cursor| format!("after={}", percent_encode(cursor.as_str())));
    let query: Vec<&str> =
        [after.as_deref().unwrap_or(""), rest].into_iter().filter(|part| !part.is_empty()).collect();
    if query.is_empty() { "/v1/events".to_owned() } else { format!("/v1/events?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_events_are_asked_for() {
        let cursor = Cursor::from_text("a+b");
        for (after, rest, path) in [
            (None, "", "/v1/events"),
            (None, "wait=30", "/v1/events?wait=30"),
            (Some(&cursor), "", "/v1/events?after=a%2Bb"),
            (Some(&cursor), "wait=30", "/v1/events?after=a%2Bb&wait=30"),
        ] {
            assert_eq!(events_path(after, rest), path);
        }
    }
}
