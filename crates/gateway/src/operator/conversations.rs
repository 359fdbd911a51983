//! Rooms, and by their ids groups: what there is, messages, members, owners, closing.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_chat::{Operation, REMOVED_AT_ONCE_MAX, Subject, Terms};
use chinwag_protocol::{ConversationId, Problem, Role, Seq};
use chinwag_store::{AnyConversation, AnyRooms, History, HistoryRange};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::{self, InPath};
use super::{Operator, operate};
use crate::answer::answer;
use crate::app::App;
use crate::commands::no_message;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::Refusal;

/// Members that one request to close sends away; whoever closes repeats it until there are no more.
const REMOVED_BY_REQUEST_MAX: usize = 20 * REMOVED_AT_ONCE_MAX;

/// `GET /admin/v1/rooms`
pub(super) async fn rooms(_: Operator, State(app): State<App>, query: Query) -> Result<Response, Refusal> {
    let prefix = query.text("prefix")?.unwrap_or_default().to_lowercase();
    let AnyRooms { rows, more } =
        app.store.any_rooms(&prefix, query.text("after")?, asked::limit(&query)?).await?;
    let mut rooms = Vec::with_capacity(rows.len());
    for row in &rows {
        rooms.push(shown(&app, row).await?);
    }
    let next = rows.last().filter(|_| more).and_then(|row| row.conversation.key());
    Ok(answer(StatusCode::OK, &json!({ "rooms": rooms, "next": next })))
}

async fn shown(app: &App, row: &AnyConversation) -> Result<Value, Refusal> {
    let AnyConversation { conversation, owner, members } = row;
    let terms = app.store.ruling(Subject::Conversation(conversation.id)).await?;
    Ok(json!({
        "id": conversation.id,
        "kind": conversation.kind,
        "slug": conversation.slug.as_ref().map(|slug| slug.as_str()),
        "title": conversation.title(),
        "owner": owner,
        "members": members,
        "listed": conversation.settings.listed,
        "locked": conversation.settings.locked,
        "closed": terms.map(|Terms { since, .. }| json!({ "since": since })),
    }))
}

/// `GET /admin/v1/conversations/{id}`
pub(super) async fn show(_: Operator, State(app): State<App>, id: InPath) -> Result<Response, Refusal> {
    let row = asked::conversation(&app, id).await?;
    Ok(answer(StatusCode::OK, &shown(&app, &row).await?))
}

/// `GET /admin/v1/conversations/{id}/members`
pub(super) async fn members(
    _: Operator,
    State(app): State<App>,
    id: InPath,
    query: Query,
) -> Result<Response, Refusal> {
    let row = asked::conversation(&app, id).await?;
    let (after, limit) = (asked::after(&query)?, asked::limit(&query)?);
    let page = app.store.any_members(row.conversation.id, after, limit).await?;
    let member = |id, name: &str, role: Role| json!({ "id": id, "name": name, "role": role });
    let members: Vec<Value> =
        page.rows.iter().map(|row| member(row.account.id, &row.account.name, row.role)).collect();
    let next = page.rows.last().filter(|_| page.more).map(|row| row.account.id);
    Ok(answer(StatusCode::OK, &json!({ "members": members, "next": next })))
}

/// `DELETE /admin/v1/conversations/{id}/members/{account}`
pub(super) async fn remove_member(
    _: Operator,
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path((id, account)) = path.map_err(|_| Problem::no_conversation())?;
    let conversation = asked::conversation(&app, Ok(Path(id))).await?.conversation.id;
    let account = asked::account_named(&app, &account).await?;
    let operation = Operation::RemoveMembers { conversation, accounts: vec![account] };
    operate(&app, operation, &format!("remove {account} from conversation {conversation}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct OwnerBody {
    account: String,
}

/// `POST /admin/v1/conversations/{id}/owner`
pub(super) async fn hand_over(
    _: Operator,
    State(app): State<App>,
    id: InPath,
    Json(body): Json<OwnerBody>,
) -> Result<StatusCode, Refusal> {
    let AnyConversation { conversation, owner: from, .. } = asked::conversation(&app, id).await?;
    let account = asked::account_named(&app, &body.account).await?;
    let operation = Operation::HandOver { conversation: conversation.id, from, account };
    operate(&app, operation, &format!("make {account} the owner of conversation {}", conversation.id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /admin/v1/conversations/{id}/closure`
pub(super) async fn close(_: Operator, State(app): State<App>, id: InPath) -> Result<Response, Refusal> {
    let conversation = asked::conversation(&app, id).await?.conversation.id;
    let rule = Operation::Rule { subject: Subject::Conversation(conversation), until: None };
    operate(&app, rule, &format!("close conversation {conversation}")).await?;
    let mut removed = 0;
    let more = loop {
        // From the beginning: who was there before is gone.
        let page = app.store.any_members(conversation, None, REMOVED_AT_ONCE_MAX).await?;
        if page.rows.is_empty() || removed >= REMOVED_BY_REQUEST_MAX {
            break !page.rows.is_empty();
        }
        let accounts: Vec<_> = page.rows.iter().map(|row| row.account.id).collect();
        removed += accounts.len();
        let what = format!("remove {} members from conversation {conversation}", accounts.len());
        operate(&app, Operation::RemoveMembers { conversation, accounts }, &what).await?;
    };
    Ok(answer(StatusCode::OK, &json!({ "removed": removed, "more": more })))
}

/// `DELETE /admin/v1/conversations/{id}/closure`
pub(super) async fn reopen(_: Operator, State(app): State<App>, id: InPath) -> Result<StatusCode, Refusal> {
    let conversation = asked::conversation(&app, id).await?.conversation.id;
    let lift = Operation::Lift(Subject::Conversation(conversation));
    operate(&app, lift, &format!("reopen conversation {conversation}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /admin/v1/conversations/{id}/messages`
pub(super) async fn messages(
    _: Operator,
    State(app): State<App>,
    id: InPath,
    query: Query,
) -> Result<Response, Refusal> {
    let conversation = asked::conversation(&app, id).await?.conversation.id;
    let range = query.seq("before")?.map_or(HistoryRange::Newest, HistoryRange::Before);
    let page = app.store.any_history(conversation, range, asked::limit(&query)?).await?;
    tracing::info!(what = %format!("read messages of conversation {conversation}"), "the operator has read something");
    let History { messages, from, to, .. } = page;
    let messages: Vec<Value> = messages
        .iter()
        .map(|(seq, at, message)| {
            json!({
                "seq": seq,
                "sender": { "id": message.sender.id, "name": message.sender.name },
                "sent_at": at,
                "text": message.text,
                "deleted": message.deleted_by.is_some(),
            })
        })
        .collect();
    Ok(answer(StatusCode::OK, &json!({ "messages": messages, "from_seq": from, "to_seq": to })))
}

/// `DELETE /admin/v1/conversations/{id}/messages/{seq}`
pub(super) async fn delete_message(
    _: Operator,
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path((id, seq)) = path.map_err(|_| Problem::no_conversation())?;
    let conversation: ConversationId = asked::conversation(&app, Ok(Path(id))).await?.conversation.id;
    // No row has a number that the stores could not keep.
    let seq = seq
        .parse::<u64>()
        .ok()
        .filter(|seq| i64::try_from(*seq).is_ok())
        .map(Seq::new)
        .ok_or_else(no_message)?;
    let operation = Operation::DeleteMessage { conversation, seq };
    operate(&app, operation, &format!("delete message {seq} of conversation {conversation}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
