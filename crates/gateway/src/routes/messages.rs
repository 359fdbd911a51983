//! The messages of a conversation.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{AccountId, ConversationId, EditBody, Emoji, Problem, SendAnswer, SendBody, Seq};
use chinwag_store::HistoryRange;
use http::StatusCode;

use super::conversations::conversation;
use super::groups::page_limit;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::history::PageSize;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};
use crate::{commands, history};

type Id = Result<Path<String>, PathRejection>;
type IdAndSeq = Result<Path<(String, String)>, PathRejection>;
type WithEmoji = Result<Path<(String, String, String)>, PathRejection>;

/// Messages that may be asked for one by one at once.
const SEQS_MAX: usize = 50;

/// `GET /v1/conversations/{id}/messages`
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    query: Query,
) -> Result<Response, Refusal> {
    if let Some(seqs) = query.text("seqs")? {
        return some(&app, caller, id, &query, seqs).await;
    }
    let range = range(&query)?;
    let limit = match query.number("limit")? {
        None => history::PAGE_DEFAULT,
        Some(0) => return Err(invalid_query("\"limit\" is at least 1.").into()),
        Some(limit) => limit.min(u64::from(app.hub.server().limits.page_messages)) as usize,
    };
    let size = PageSize { messages: limit, bytes: app.options.history_bytes_max };
    let page = history::page(&app, caller.actor, conversation(id)?, range, size).await?;
    Ok(answer(StatusCode::OK, &page))
}

/// The same with `seqs`: messages one by one.
async fn some(app: &App, caller: Caller, id: Id, query: &Query, seqs: &str) -> Result<Response, Refusal> {
    let row = |seq: &str| seq.parse().map(Seq::new).ok().filter(|seq| i64::try_from(seq.get()).is_ok());
    let mut seqs: Vec<Seq> =
        seqs.split(',').map(row).collect::<Option<_>>().ok_or_else(|| {
            invalid_query("\"seqs\" is a list of rows, separated by commas, such as 1,5,9.")
        })?;
    seqs.sort_unstable();
    seqs.dedup();
    if seqs.len() > SEQS_MAX {
        let detail = format!("\"seqs\" names {} rows; at most {SEQS_MAX} can stand.", seqs.len());
        return Err(invalid_query(detail).into());
    }
    for other in ["before", "after", "around", "limit"] {
        if query.text(other)?.is_some() {
            return Err(invalid_query(format!("With \"seqs\" there is no \"{other}\".")).into());
        }
    }
    let list = history::some(app, caller.actor, conversation(id)?, &seqs).await?;
    Ok(answer(StatusCode::OK, &list))
}

/// Which part of a timeline a query asks for.
fn range(query: &Query) -> Result<HistoryRange, Problem> {
    match (query.seq("before")?, query.seq("after")?, query.seq("around")?) {
        (None, None, None) => Ok(HistoryRange::Newest),
        (Some(before), None, None) => Ok(HistoryRange::Before(before)),
        (None, Some(after), None) => Ok(HistoryRange::After(after)),
        (None, None, Some(around)) => Ok(HistoryRange::Around(around)),
        _ => Err(invalid_query("Of \"before\", \"after\" and \"around\" only one can stand.")),
    }
}

/// `POST /v1/conversations/{id}/messages`
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    Json(body): Json<SendBody>,
) -> Result<Response, Refusal> {
    let sent = commands::send_message(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::CREATED, &sent))
}

/// `PATCH /v1/conversations/{id}/messages/{seq}`
pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    path: IdAndSeq,
    Json(body): Json<EditBody>,
) -> Result<Response, Refusal> {
    let (conversation, seq) = named(path)?;
    let edited = commands::edit_message(&app, caller.actor, conversation, seq, body).await?;
    Ok(answer(StatusCode::OK, &edited))
}

/// `DELETE /v1/conversations/{id}/messages/{seq}`
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    path: IdAndSeq,
) -> Result<Response, Refusal> {
    let (conversation, seq) = named(path)?;
    let deleted = commands::delete_message(&app, caller.actor, conversation, seq).await?;
    Ok(answer(StatusCode::OK, &deleted))
}

/// `GET /v1/conversations/{id}/messages/{seq}/reactions`
pub(super) async fn reactions(
    State(app): State<App>,
    caller: Caller,
    path: IdAndSeq,
    query: Query,
) -> Result<Response, Refusal> {
    let (conversation, seq) = named(path)?;
    let after = query.text("after")?.map(reaction_after).transpose()?;
    let limit = page_limit(&query)?;
    let page = history::reactions(&app, caller.actor, (conversation, seq), after.as_ref(), limit).await?;
    Ok(answer(StatusCode::OK, &page))
}

/// Where a page of reactions goes on.
fn reaction_after(text: &str) -> Result<(AccountId, Emoji), Problem> {
    let place = text
        .split_once(' ')
        .and_then(|(account, emoji)| Some((account.parse().ok()?, Emoji::parse(emoji).ok()?)));
    let unknown = || invalid_query("\"after\" is none that this server gave. Begin again without it.");
    place.ok_or_else(unknown)
}

/// `PUT /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`
pub(super) async fn react(
    State(app): State<App>,
    caller: Caller,
    path: WithEmoji,
) -> Result<Response, Refusal> {
    let (conversation, seq, emoji) = reaction(path)?;
    let reacted = commands::react(&app, caller.actor, conversation, seq, &emoji).await?;
    Ok(answer(StatusCode::OK, &reacted))
}

/// `DELETE /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`
pub(super) async fn unreact(
    State(app): State<App>,
    caller: Caller,
    path: WithEmoji,
) -> Result<Response, Refusal> {
    let (conversation, seq, emoji) = reaction(path)?;
    Ok(undone(commands::unreact(&app, caller.actor, conversation, seq, &emoji).await?))
}

/// `GET /v1/conversations/{id}/pins`
pub(super) async fn pins(State(app): State<App>, caller: Caller, id: Id) -> Result<Response, Refusal> {
    let list = history::pins(&app, caller.actor, conversation(id)?).await?;
    Ok(answer(StatusCode::OK, &list))
}

/// `PUT /v1/conversations/{id}/pins/{seq}`
pub(super) async fn pin(State(app): State<App>, caller: Caller, path: IdAndSeq) -> Result<Response, Refusal> {
    let (conversation, seq) = named(path)?;
    let pinned = commands::pin(&app, caller.actor, conversation, seq).await?;
    Ok(answer(StatusCode::OK, &pinned))
}

/// `DELETE /v1/conversations/{id}/pins/{seq}`
pub(super) async fn unpin(
    State(app): State<App>,
    caller: Caller,
    path: IdAndSeq,
) -> Result<Response, Refusal> {
    let (conversation, seq) = named(path)?;
    Ok(undone(commands::unpin(&app, caller.actor, conversation, seq).await?))
}

/// Nothing, if there was nothing to undo.
fn undone(undone: Option<SendAnswer>) -> Response {
    match undone {
        Some(undone) => answer(StatusCode::OK, &undone),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// A row in a path and an emoji behind it.
fn reaction(path: WithEmoji) -> Result<(ConversationId, Seq, String), Problem> {
    let Path((id, seq, emoji)) = path.map_err(|_| Problem::no_conversation())?;
    let (conversation, seq) = named(Ok(Path((id, seq))))?;
    Ok((conversation, seq, emoji))
}

/// A conversation and a row in a path. One that cannot be one is answered like one that there is not.
fn named(path: IdAndSeq) -> Result<(ConversationId, Seq), Problem> {
    let Path((id, seq)) = path.map_err(|_| Problem::no_conversation())?;
    let conversation = conversation(Ok(Path(id)))?;
    Ok((conversation, seq.parse().map(Seq::new).map_err(|_| commands::no_message())?))
}
