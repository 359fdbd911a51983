//! Who is in a conversation, and how it may be used.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{
    AccountId, AddBody, ConversationId, GroupBody, InviteBody, MuteBody, OwnerBody, Problem, RoleBody,
    SettingsBody,
};
use http::StatusCode;

use super::conversations::conversation;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::groups;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};

/// Accounts or rooms in a page for whoever does not say how many, and at most.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: u64 = 200;

type Id = Result<Path<String>, PathRejection>;
type IdAndAccount = Result<Path<(String, String)>, PathRejection>;

/// `POST /v1/groups`
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<GroupBody>,
) -> Result<Response, Refusal> {
    let made = groups::create(&app, caller.actor, body).await?;
    Ok(answer(StatusCode::CREATED, &made))
}

/// `GET /v1/conversations/{id}`
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Id) -> Result<Response, Refusal> {
    let card = groups::show(&app, caller.actor, conversation(id)?).await?;
    Ok(answer(StatusCode::OK, &card))
}

/// `PATCH /v1/conversations/{id}`
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    Json(body): Json<SettingsBody>,
) -> Result<Response, Refusal> {
    let card = groups::change(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::OK, &card))
}

/// `GET /v1/conversations/{id}/members`
pub(super) async fn members(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    query: Query,
) -> Result<Response, Refusal> {
    let (after, limit) = page(&query)?;
    let page = groups::members(&app, caller.actor, conversation(id)?, after, limit).await?;
    Ok(answer(StatusCode::OK, &page))
}

/// `POST /v1/conversations/{id}/members`
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    Json(body): Json<AddBody>,
) -> Result<Response, Refusal> {
    let added = groups::add(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::OK, &added))
}

/// `DELETE /v1/conversations/{id}/members/{account}`
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::remove(&app, caller.actor, conversation, account).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT /v1/conversations/{id}/members/{account}/role`
pub(super) async fn set_role(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
    Json(body): Json<RoleBody>,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::set_role(&app, caller.actor, conversation, account, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /v1/conversations/{id}/owner`
pub(super) async fn hand_over(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    Json(body): Json<OwnerBody>,
) -> Result<Response, Refusal> {
    groups::hand_over(&app, caller.actor, conversation(id)?, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/conversations/{id}/bans`
pub(super) async fn bans(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    query: Query,
) -> Result<Response, Refusal> {
    let (after, limit) = page(&query)?;
    let page = groups::bans(&app, caller.actor, conversation(id)?, after, limit).await?;
    Ok(answer(StatusCode::OK, &page))
}

/// `PUT /v1/conversations/{id}/bans/{account}`
pub(super) async fn ban(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::ban(&app, caller.actor, conversation, account).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /v1/conversations/{id}/bans/{account}`
pub(super) async fn lift_ban(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::lift_ban(&app, caller.actor, conversation, account).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT /v1/conversations/{id}/mutes/{account}`
pub(super) async fn mute(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
    Json(body): Json<MuteBody>,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::mute(&app, caller.actor, conversation, account, body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /v1/conversations/{id}/mutes/{account}`
pub(super) async fn lift_mute(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
) -> Result<Response, Refusal> {
    let (conversation, account) = named(path)?;
    groups::lift_mute(&app, caller.actor, conversation, account).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/conversations/{id}/invites`
pub(super) async fn invites(State(app): State<App>, caller: Caller, id: Id) -> Result<Response, Refusal> {
    let invites = groups::invites(&app, caller.actor, conversation(id)?).await?;
    Ok(answer(StatusCode::OK, &invites))
}

/// `POST /v1/conversations/{id}/invites`
pub(super) async fn invite(
    State(app): State<App>,
    caller: Caller,
    id: Id,
    Json(body): Json<InviteBody>,
) -> Result<Response, Refusal> {
    let made = groups::invite(&app, caller.actor, conversation(id)?, body).await?;
    Ok(answer(StatusCode::CREATED, &made))
}

/// `DELETE /v1/conversations/{id}/invites/{invite}`
pub(super) async fn revoke_invite(
    State(app): State<App>,
    caller: Caller,
    path: IdAndAccount,
) -> Result<Response, Refusal> {
    let Path((id, invite)) = path.map_err(|_| Problem::no_conversation())?;
    let (conversation, invite) = (conversation(Ok(Path(id)))?, groups::invite_id(&invite)?);
    groups::revoke_invite(&app, caller.actor, conversation, invite).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/invites/{token}`
pub(super) async fn invitation(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    caller: Caller,
    token: Id,
) -> Result<Response, Refusal> {
    let Path(token) = token.map_err(|_| Problem::no_invite())?;
    let found = groups::invitation(&app, caller.actor, app.limits.network(&client), &token).await?;
    Ok(answer(StatusCode::OK, &found))
}

/// `POST /v1/invites/{token}`
pub(super) async fn accept_invite(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    caller: Caller,
    token: Id,
) -> Result<Response, Refusal> {
    let Path(token) = token.map_err(|_| Problem::no_invite())?;
    let opened = groups::accept_invite(&app, caller.actor, app.limits.network(&client), &token).await?;
    Ok(answer(StatusCode::OK, &opened))
}

fn named(path: IdAndAccount) -> Result<(ConversationId, AccountId), Problem> {
    let Path((id, account)) = path.map_err(|_| Problem::no_conversation())?;
    Ok((conversation(Ok(Path(id)))?, groups::account(&account)?))
}

/// Which page of a list of accounts is asked for: those after one, and how many at most.
pub(super) fn page(query: &Query) -> Result<(Option<AccountId>, usize), Problem> {
    let after = match query.text("after")? {
        None => None,
        Some(text) => {
            let unknown =
                || invalid_query("\"after\" is none that this server gave. Begin again without it.");
            Some(text.parse().map_err(|_| unknown())?)
        }
    };
    Ok((after, page_limit(query)?))
}

/// How many are asked for at most in a page of a list of accounts or rooms.
pub(super) fn page_limit(query: &Query) -> Result<usize, Problem> {
    match query.number("limit")? {
        None => Ok(PAGE_DEFAULT),
        Some(0) => Err(invalid_query("\"limit\" is at least 1.")),
        Some(limit) => Ok(limit.min(PAGE_MAX) as usize),
    }
}
