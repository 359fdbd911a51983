//! Keys of programs that use the server.

use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{KEYS_MAX, Operation, Subject, SubjectKind};
use chinwag_protocol::{ApiKeyId, Code, Name, Problem};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::InPath;
use super::{Operator, operate};
use crate::account_commands;
use crate::answer::answer;
use crate::api_key::ApiKey;
use crate::app::App;
use crate::json::Json;
use crate::refusal::Refusal;

/// `GET /admin/v1/keys`
pub(super) async fn list(_: Operator, State(app): State<App>) -> Result<Response, Refusal> {
    let rulings = app.store.rulings(SubjectKind::Key, None, KEYS_MAX as usize).await?;
    let mut keys: Vec<_> = rulings.into_iter().map(|(_, terms)| terms).collect();
    keys.sort_by_key(|terms| (terms.since, terms.key));
    let keys: Vec<Value> = keys
        .iter()
        .map(|terms| {
            json!({
                "id": terms.key,
                "name": terms.name.as_ref().map(Name::as_str),
                "made_at": terms.since,
                "last_used_at": terms.seen,
            })
        })
        .collect();
    Ok(answer(StatusCode::OK, &json!({ "keys": keys })))
}

#[derive(Deserialize)]
pub(super) struct KeyBody {
    name: String,
}

/// `POST /admin/v1/keys`
pub(super) async fn make(
    _: Operator,
    State(app): State<App>,
    Json(body): Json<KeyBody>,
) -> Result<Response, Refusal> {
    let name = account_commands::name(body.name)?;
    let (id, key) = (ApiKeyId::new(Uuid::now_v7()), ApiKey::random()?);
    let operation = Operation::MakeKey { hash: key.hash(), id, name: name.clone() };
    operate(&app, operation, &format!("make key {id}")).await?;
    let made = json!({ "id": id, "name": name.as_str(), "key": key.into_string() });
    Ok(answer(StatusCode::CREATED, &made))
}

/// `DELETE /admin/v1/keys/{id}`
pub(super) async fn revoke(_: Operator, State(app): State<App>, id: InPath) -> Result<StatusCode, Refusal> {
    let no_key = || Problem::new(Code::NotFound, "There is no such key. See: chinwag admin keys list.");
    let id: ApiKeyId = id.map_err(|_| no_key())?.0.parse().map_err(|_| no_key())?;
    let rulings = app.store.rulings(SubjectKind::Key, None, KEYS_MAX as usize).await?;
    let (subject, _): (Subject, _) =
        rulings.into_iter().find(|(_, terms)| terms.key == Some(id)).ok_or_else(no_key)?;
    operate(&app, Operation::Lift(subject), &format!("revoke key {id}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
