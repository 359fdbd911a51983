//! Rooms, and leaving what one is in.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, ConversationId, ListedRoom, Problem, RoomsPage, Slug};
use chinwag_store::ListedRooms;
use http::StatusCode;

use super::groups::page_limit;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};

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
