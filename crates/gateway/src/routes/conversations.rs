//! Rooms, their messages and who is in them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, ConversationId, Problem, SendBody, Seq};
use chinwag_store::HistoryRange;
use http::StatusCode;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::history::PageSize;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};
use crate::{commands, history};

/// `PUT /v1/rooms/{slug}`
pub(super) async fn open_room(
    State(app): State<App>,
    caller: Caller,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(slug) = slug.map_err(|_| Problem::new(Code::InvalidSlug, "A room's name is UTF-8."))?;
    let (room, is_new) = commands::open_room(&app, caller.actor, slug).await?;
    Ok(answer(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &room))
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
        None => history::PAGE_DEFAULT,
        Some(0) => return Err(invalid_query("\"limit\" is at least 1.").into()),
        Some(limit) => limit.min(u64::from(app.hub.server().limits.page_messages)) as usize,
    };
    let size = PageSize { messages: limit, bytes: app.options.history_bytes_max };
    let page = history::page(&app, caller.actor, conversation(id)?, range, size).await?;
    Ok(answer(StatusCode::OK, &page))
}

/// `POST /v1/conversations/{id}/messages`
pub(super) async fn send_message(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<SendBody>,
) -> Result<Response, Refusal> {
    let sent = commands::send_message(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::CREATED, &sent))
}

/// `DELETE /v1/conversations/{id}/messages/{seq}`
pub(super) async fn delete_message(
    State(app): State<App>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path((id, seq)) = path.map_err(|_| Problem::no_conversation())?;
    let conversation = conversation(Ok(Path(id)))?;
    let seq = seq.parse().map(Seq::new).map_err(|_| commands::no_message())?;
    let deleted = commands::delete_message(&app, caller.actor, conversation, seq).await?;
    Ok(answer(StatusCode::OK, &deleted))
}

/// `DELETE /v1/conversations/{id}/membership`
pub(super) async fn leave(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    commands::leave(&app, caller.actor, conversation(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The conversation in a path.
pub(super) fn conversation(id: Result<Path<String>, PathRejection>) -> Result<ConversationId, Problem> {
    let Path(id) = id.map_err(|_| Problem::no_conversation())?;
    commands::conversation(&id)
}
