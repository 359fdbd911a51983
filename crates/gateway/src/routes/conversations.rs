//! Rooms, their messages and who is in them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, ConversationId, ListedRoom, Problem, RoomsPage, SendBody, Seq, Slug};
use chinwag_store::{HistoryRange, ListedRooms};
use http::StatusCode;

use super::groups::page_limit;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::history::PageSize;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};
use crate::{commands, history};

/// `GET /v1/rooms`
pub(super) async fn rooms(State(app): State<App>, caller: Caller, query: Query) -> Result<Response, Refusal> {
    let unknown = |_| invalid_query("\"after\" is none that this server gave. Begin again without it.");
    let after = query.text("after")?.map(Slug::parse).transpose().map_err(unknown)?;
    let limit = page_limit(&query)?;
    let ListedRooms { rows, more } =
        app.store.listed_rooms(caller.actor.account, after.as_ref(), limit).await?;
    let rooms: Vec<ListedRoom> = rows.into_iter().filter_map(listed).collect();
    let next = rooms.last().map(|room| room.slug.clone()).filter(|_| more);
    Ok(answer(StatusCode::OK, &RoomsPage { rooms, next }))
}

/// What others see of a room. All that is listed has a slug.
fn listed(row: chinwag_store::ListedRoom) -> Option<ListedRoom> {
    let chinwag_store::ListedRoom { conversation, members, joined } = row;
    let slug = conversation.slug.as_ref()?;
    Some(ListedRoom {
        slug: slug.as_str().to_owned(),
        lookalike: slug.is_lookalike(),
        title: conversation.title().to_owned(),
        topic: conversation.settings.topic.as_str().to_owned(),
        members,
        joined,
    })
}

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
