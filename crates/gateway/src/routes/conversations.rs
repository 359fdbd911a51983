//! Rooms, their messages and who is in them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_chat::Reply;
use chinwag_protocol::{
    Code, Command, Conversation, ConversationCard, ConversationId, HistoryMessage, HistoryPage, MessageText,
    Problem, Role, RoomAnswer, SendAnswer, SendBody, Seq, Slug,
};
use chinwag_store::{History, HistoryRange};
use http::StatusCode;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::digest;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, internal, invalid_query, store_problem};

const PAGE_DEFAULT: usize = 50;

/// `PUT /v1/rooms/{slug}`
pub(super) async fn open_room(
    State(app): State<App>,
    caller: Caller,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let invalid = |detail: String| Problem::new(Code::InvalidSlug, detail);
    let Path(slug) = slug.map_err(|_| invalid("A room's name is UTF-8.".to_owned()))?;
    let slug = Slug::parse(slug).map_err(|error| invalid(error.to_string()))?;
    let reply = app.submit(&caller, Command::OpenRoom { slug }).await?;
    let Reply::Room { conversation, role, created } = reply else { return Err(internal().into()) };
    let page = page(&app, &caller, conversation.id, HistoryRange::Newest, PAGE_DEFAULT).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let HistoryPage { messages, from_seq, to_seq, cursor } = page;
    Ok(answer(
        status,
        &RoomAnswer { conversation: card(conversation, role), messages, from_seq, to_seq, cursor },
    ))
}

/// `GET /v1/conversations/{id}/messages`
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Refusal> {
    let range = match (query.seq("before")?, query.seq("after")?) {
        (None, None) => HistoryRange::Newest,
        (Some(before), None) => HistoryRange::Before(before),
        (None, Some(after)) => HistoryRange::After(after),
        (Some(_), Some(_)) => {
            return Err(invalid_query("Of \"before\" and \"after\" only one can stand.").into());
        }
    };
    let limit = match query.number("limit")? {
        None => PAGE_DEFAULT,
        Some(0) => return Err(invalid_query("\"limit\" is at least 1.").into()),
        Some(limit) => limit.min(u64::from(app.hub.server().limits.page_messages)) as usize,
    };
    Ok(answer(StatusCode::OK, &page(&app, &caller, conversation(id)?, range, limit).await?))
}

/// `POST /v1/conversations/{id}/messages`
pub(super) async fn send_message(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<SendBody>,
) -> Result<Response, Refusal> {
    let conversation = conversation(id)?;
    let SendBody { client_id, text, follows } = body;
    let text = MessageText::parse(text, app.options.message_bytes_max)
        .map_err(|error| Problem::new(Code::InvalidText, error.to_string()))?;
    let hash = digest::send_request(app.store.secrets(), conversation, &text);
    let command = Command::SendMessage { conversation, client_id, text, follows };
    let reply = app.submit_hashed(&caller, command, hash).await?;
    stored(&app, StatusCode::CREATED, &reply)
}

/// `DELETE /v1/conversations/{id}/messages/{seq}`
pub(super) async fn delete_message(
    State(app): State<App>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path((id, seq)) = path.map_err(|_| Problem::no_conversation())?;
    let conversation = conversation(Ok(Path(id)))?;
    // No row has a number that the stores could not keep.
    let seq = seq.parse::<i64>().ok().and_then(|seq| u64::try_from(seq).ok());
    let seq = seq.map(Seq::new).ok_or_else(|| Problem::new(Code::NotFound, "There is no such message."))?;
    let reply = app.submit(&caller, Command::DeleteMessage { conversation, seq }).await?;
    stored(&app, StatusCode::OK, &reply)
}

/// `DELETE /v1/conversations/{id}/membership`
pub(super) async fn leave(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    app.submit(&caller, Command::Leave { conversation: conversation(id)? }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An id that cannot be one is answered like one that is nobody's.
fn conversation(id: Result<Path<String>, PathRejection>) -> Result<ConversationId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_conversation)
}

async fn page(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<HistoryPage, Problem> {
    let account = caller.session.actor.account;
    let history = app.store.history(account, conversation, range, limit).await;
    let history = history.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let History { messages, from, to, head } = history;
    let messages = messages.into_iter().map(|(seq, at, message)| HistoryMessage::of(seq, at, message));
    Ok(HistoryPage { messages: messages.collect(), from_seq: from, to_seq: to, cursor: app.hub.cursor(head) })
}

fn stored(app: &App, status: StatusCode, reply: &Reply) -> Result<Response, Refusal> {
    let Reply::Stored { seq, pos, at } = *reply else { return Err(internal().into()) };
    Ok(answer(status, &SendAnswer { seq, cursor: app.hub.cursor(pos), sent_at: at }))
}

fn card(conversation: Conversation, role: Role) -> ConversationCard {
    let Conversation { id, kind, slug } = conversation;
    ConversationCard { id, kind, role, lookalike: slug.is_lookalike(), slug: slug.into() }
}
