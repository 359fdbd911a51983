//! What requests on the admin listener name.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use chinwag_protocol::{AccountId, Code, ConversationId, Problem, Slug, Username};
use chinwag_store::AnyConversation;

use super::PAGE;
use crate::app::App;
use crate::query::Query;
use crate::refusal::{invalid_query, store_problem};

pub(super) type InPath = Result<Path<String>, PathRejection>;

/// An account by its id or its user name.
pub(super) async fn account(app: &App, named: InPath) -> Result<AccountId, Problem> {
    let Path(named) = named.map_err(|_| Problem::no_account())?;
    account_named(app, &named).await
}

pub(super) async fn account_named(app: &App, named: &str) -> Result<AccountId, Problem> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let username = Username::parse(named).map_err(|_| no_account())?;
    let found = app.store.credential_of(&username).await.map_err(|error| store_problem(&error))?;
    Ok(found.ok_or_else(no_account)?.account)
}

fn no_account() -> Problem {
    let detail =
        "There is no account of this id or user name. Guests have only an id: chinwag admin accounts list.";
    Problem::new(Code::NotFound, detail)
}

/// A conversation by its id, or a room by its name.
pub(super) async fn conversation(app: &App, named: InPath) -> Result<AnyConversation, Problem> {
    let Path(named) = named.map_err(|_| no_conversation())?;
    let failed = |error| store_problem(&error);
    if let Ok(id) = named.parse::<ConversationId>() {
        return app.store.any_conversation(id).await.map_err(failed)?.ok_or_else(no_conversation);
    }
    let slug = Slug::parse(named).map_err(|_| no_conversation())?;
    // The shortest that begins with it comes first.
    let found = app.store.any_rooms(&slug.key(), None, 1).await.map_err(failed)?.rows.pop();
    found.filter(|room| room.conversation.key() == Some(slug.key())).ok_or_else(no_conversation)
}

fn no_conversation() -> Problem {
    let detail =
        "There is no room of this name and no conversation of this id. See: chinwag admin rooms list.";
    Problem::new(Code::NotFound, detail)
}

/// How many rows a page has.
pub(super) fn limit(query: &Query) -> Result<usize, Problem> {
    match query.number("limit")? {
        None => Ok(PAGE),
        Some(0) => Err(invalid_query("\"limit\" is at least 1.")),
        Some(limit) => Ok(usize::try_from(limit).unwrap_or(PAGE).min(PAGE)),
    }
}

/// The account after whose id a page begins.
pub(super) fn after(query: &Query) -> Result<Option<AccountId>, Problem> {
    let unknown = |_| invalid_query("\"after\" is none that this server gave. Begin again without it.");
    query.text("after")?.map(str::parse).transpose().map_err(unknown)
}
