//! How far others are.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_chat::RECEIPTS_MEMBERS_MAX;
use chinwag_protocol::{
    AccountId, Actor, Code, ConversationId, Kind, Problem, ReadersPage, ReceiptCard, ReceiptsAnswer,
    SenderCard, Seq,
};
use chinwag_store::{HistoryRange, Receipts};
use http::StatusCode;

use super::conversations::conversation;
use super::groups::page_limit;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::commands;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};

/// `GET /v1/conversations/{id}/receipts`
pub(super) async fn all(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Receipts { rows, head, .. } = receipts(&app, caller.actor, conversation(id)?).await?;
    let card = |row: chinwag_store::ReceiptRow| {
        let (receipt, version) = (row.receipt, row.version);
        ReceiptCard { account: row.account.id, receipt, version }
    };
    let receipts = rows.into_iter().map(card).collect();
    Ok(answer(StatusCode::OK, &ReceiptsAnswer { receipts, cursor: app.hub.cursor(head) }))
}

/// `GET /v1/conversations/{id}/messages/{seq}/readers`
pub(super) async fn readers(
    State(app): State<App>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Query,
) -> Result<Response, Refusal> {
    let Path((id, seq)) = path.map_err(|_| Problem::no_conversation())?;
    let id = commands::conversation(&id)?;
    let seq: Seq = seq.parse().map(Seq::new).map_err(|_| commands::no_message())?;
    let after = query.text("after")?.map(str::parse::<AccountId>).transpose();
    let after = after.map_err(|_| invalid_query("\"after\" is the id of an account."))?;
    let limit = page_limit(&query)?;
    let Receipts { rows, .. } = receipts(&app, caller.actor, id).await?;
    check_message(&app, caller.actor, id, seq).await?;
    let has_read = rows.into_iter().filter(|row| row.receipt.read_seq.is_some_and(|read| read >= seq));
    let others = has_read.map(|row| row.account).filter(|account| account.id != caller.actor.account);
    let mut readers: Vec<SenderCard> = others
        .filter(|account| after.is_none_or(|after| account.id > after))
        .take(limit + 1)
        .map(|account| SenderCard::from(&account))
        .collect();
    let more = readers.len() > limit;
    readers.truncate(limit);
    let next = readers.last().map(|reader| reader.id).filter(|_| more);
    Ok(answer(StatusCode::OK, &ReadersPage { readers, next }))
}

/// How far others are, or why nobody is told.
async fn receipts(app: &App, actor: Actor, id: ConversationId) -> Result<Receipts, Refusal> {
    let found = app.store.receipts(actor.account, id).await?.ok_or_else(Problem::no_conversation)?;
    let detail = match found.kind {
        Kind::Room => "In a room nobody is told how far others are.".to_owned(),
        Kind::Group if found.members > RECEIPTS_MEMBERS_MAX => {
            format!(
                "In a group of more than {RECEIPTS_MEMBERS_MAX} members nobody is told how far others are."
            )
        }
        Kind::Group | Kind::Direct if found.wanted => return Ok(found),
        Kind::Group | Kind::Direct => {
            "You have chosen to tell nobody how far you are, and so are not told how far \
             others are. Change \"receipts\" in /v1/account/preferences."
                .to_owned()
        }
    };
    Err(Problem::new(Code::Forbidden, detail).into())
}

/// Refuses what is no message that the caller may see.
async fn check_message(app: &App, actor: Actor, id: ConversationId, seq: Seq) -> Result<(), Refusal> {
    let range = HistoryRange::After(seq.previous());
    let page = if seq == Seq::ZERO { None } else { app.store.history(actor.account, id, range, 1).await? };
    let is_there = page.is_some_and(|page| page.messages.iter().any(|(at, ..)| *at == seq));
    if is_there { Ok(()) } else { Err(commands::no_message().into()) }
}
