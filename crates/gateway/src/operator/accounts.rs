//! Accounts: what there is, bans, devices, passwords, deletion.

use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{Operation, Subject, Terms};
use chinwag_protocol::{AccountId, Password, Problem};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::{self, InPath};
use super::{Operator, operate, until};
use crate::answer::answer;
use crate::app::App;
use crate::json::Json;
use crate::query::Query;
use crate::recovery_code;
use crate::refusal::{Refusal, internal};

/// `GET /admin/v1/accounts`
pub(super) async fn list(_: Operator, State(app): State<App>, query: Query) -> Result<Response, Refusal> {
    let limit = asked::limit(&query)?;
    let by_name = query.text("username")?;
    let page = match by_name {
        Some(prefix) => app.store.any_usernames(&prefix.to_lowercase(), query.text("after")?, limit).await?,
        None => app.store.any_accounts(asked::after(&query)?, limit).await?,
    };
    let mut accounts = Vec::with_capacity(page.rows.len());
    for card in &page.rows {
        let banned = ban_of(&app, card.id).await?;
        accounts.push(json!({ "account": card, "banned": banned }));
    }
    let next = page.rows.last().filter(|_| page.more).map(|card| match (by_name, &card.username) {
        (Some(_), Some(username)) => username.to_string(),
        _ => card.id.to_string(),
    });
    Ok(answer(StatusCode::OK, &json!({ "accounts": accounts, "next": next })))
}

/// `GET /admin/v1/accounts/{account}`
pub(super) async fn show(_: Operator, State(app): State<App>, account: InPath) -> Result<Response, Refusal> {
    let id = asked::account(&app, account).await?;
    let card = app.store.account(id).await?.ok_or_else(Problem::no_account)?;
    let managed = app.store.ruling(Subject::Managed(id)).await?;
    let devices = app.store.devices(id).await?;
    let devices: Vec<Value> = devices
        .iter()
        .map(|device| {
            json!({
                "id": device.id,
                "name": device.name,
                "created_at": device.created_at,
                "last_seen_at": device.seen_at,
            })
        })
        .collect();
    let shown = json!({
        "account": card,
        "banned": ban_of(&app, id).await?,
        "made_by_key": managed.and_then(|terms| terms.key),
        "devices": devices,
    });
    Ok(answer(StatusCode::OK, &shown))
}

async fn ban_of(app: &App, id: AccountId) -> Result<Option<Value>, Refusal> {
    let terms = app.store.ruling(Subject::Account(id)).await?;
    let holding = terms.filter(|terms| terms.hold((app.clock)()));
    Ok(holding.map(|Terms { since, until, .. }| json!({ "since": since, "until": until })))
}

#[derive(Deserialize)]
pub(super) struct BanBody {
    #[serde(default)]
    seconds: Option<u64>,
}

/// `PUT /admin/v1/accounts/{account}/ban`
pub(super) async fn ban(
    _: Operator,
    State(app): State<App>,
    account: InPath,
    Json(body): Json<BanBody>,
) -> Result<StatusCode, Refusal> {
    let account = asked::account(&app, account).await?;
    let until = until(&app, body.seconds)?;
    let rule = Operation::Rule { subject: Subject::Account(account), until };
    operate(&app, rule, &format!("ban account {account}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /admin/v1/accounts/{account}/ban`
pub(super) async fn lift_ban(
    _: Operator,
    State(app): State<App>,
    account: InPath,
) -> Result<StatusCode, Refusal> {
    let account = asked::account(&app, account).await?;
    let lift = Operation::Lift(Subject::Account(account));
    operate(&app, lift, &format!("lift the ban of account {account}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /admin/v1/accounts/{account}`
pub(super) async fn remove(
    _: Operator,
    State(app): State<App>,
    account: InPath,
) -> Result<StatusCode, Refusal> {
    let account = asked::account(&app, account).await?;
    operate(&app, Operation::DeleteAccount(account), &format!("delete account {account}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /admin/v1/accounts/{account}/devices`
pub(super) async fn sign_out(
    _: Operator,
    State(app): State<App>,
    account: InPath,
) -> Result<StatusCode, Refusal> {
    let account = asked::account(&app, account).await?;
    let operation = Operation::SignOut { account, device: None };
    operate(&app, operation, &format!("sign out account {account}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /admin/v1/accounts/{account}/password`
pub(super) async fn reset_password(
    _: Operator,
    State(app): State<App>,
    account: InPath,
) -> Result<Response, Refusal> {
    let account = asked::account(&app, account).await?;
    // As hard to guess and as easy to read out as a recovery code.
    let (new, _) = recovery_code::random()?;
    let password = app.passwords.hash(Password::parse(&new).map_err(|_| internal())?).await?;
    let operation = Operation::ResetPassword { account, password };
    operate(&app, operation, &format!("reset the password of account {account}")).await?;
    Ok(answer(StatusCode::OK, &json!({ "password": new })))
}
