//! Signing in to an account that there is.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{NewDevice, Recover, Reply, Request, SignIn};
use chinwag_protocol::{
    AccountCard, AccountId, Code, Password, Problem, RecoveryBody, RecoveryCodeHash, SignInBody, Username,
};
use http::HeaderMap;
use uuid::Uuid;

use super::entry::{admitted, entering, new_device};
use crate::app::App;
use crate::client::Client;
use crate::json::Json;
use crate::limits::PasswordTry;
use crate::origin::Origin;
use crate::refusal::{Refusal, internal, store_problem};
use crate::{account_commands, recovery_code};

/// `POST /v1/sessions`
pub(super) async fn with_password(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Json(body): Json<SignInBody>,
) -> Result<Response, Refusal> {
    let entering = entering(&app, body.session, &origin, &headers).await?;
    let username = account_commands::username(&body.username)?;
    let password = account_commands::password(&body.password)?;
    let device_name = body.device_name.map(account_commands::name).transpose()?;
    let (device, token) = new_device(device_name)?;
    let id = device.id;
    let tried = app.limits.try_of(&client, &username)?;
    let account = counted(&app, tried, sign_in(&app, &username, password, device).await)?;
    Ok(admitted(account, id, token, entering, &client))
}

/// `POST /v1/account/recovery`
pub(super) async fn with_recovery_code(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Json(body): Json<RecoveryBody>,
) -> Result<Response, Refusal> {
    let entering = entering(&app, body.session, &origin, &headers).await?;
    let username = account_commands::username(&body.username)?;
    let password = account_commands::password(&body.new_password)?;
    let code = recovery_code::hash(&body.recovery_code);
    let device_name = body.device_name.map(account_commands::name).transpose()?;
    let (device, token) = new_device(device_name)?;
    let id = device.id;
    let tried = app.limits.try_of(&client, &username)?;
    let account = counted(&app, tried, recover(&app, &username, code, password, device).await)?;
    Ok(admitted(account, id, token, entering, &client))
}

/// Asks the store and hashes alike, whether there is such an account or not. The writer is asked only by whoever knows the
/// password.
async fn sign_in(
    app: &App,
    username: &Username,
    password: Password,
    device: NewDevice,
) -> Result<AccountCard, Problem> {
    let found = app.store.credential_of(username).await.map_err(|error| store_problem(&error))?;
    let whose = found.as_ref().map(|credential| (credential.account, credential.version));
    let is_right = app.passwords.verify(password, found.map(|credential| credential.password)).await?;
    let Some((account, verified)) = whose.filter(|_| is_right) else {
        return Err(Problem::wrong_credentials());
    };
    signed_in(app.store.submit(Request::SignIn(SignIn { account, verified, device })).await?)
}

/// As [`sign_in`]: who has no account is answered by the writer, too, which looks for the code.
async fn recover(
    app: &App,
    username: &Username,
    code: RecoveryCodeHash,
    password: Password,
    device: NewDevice,
) -> Result<AccountCard, Problem> {
    let found = app.store.credential_of(username).await.map_err(|error| store_problem(&error))?;
    let nobody = AccountId::new(Uuid::now_v7());
    let account = found.map_or(nobody, |credential| credential.account);
    let password = app.passwords.hash(password).await?;
    signed_in(app.store.submit(Request::Recover(Recover { account, code, password, device })).await?)
}

fn signed_in(reply: Reply) -> Result<AccountCard, Problem> {
    match reply {
        Reply::SignedIn(account) => Ok(account),
        _ => Err(internal()),
    }
}

/// Takes a try back that was not wrong.
fn counted<T>(app: &App, tried: PasswordTry, outcome: Result<T, Problem>) -> Result<T, Problem> {
    if !matches!(&outcome, Err(problem) if problem.code == Code::WrongCredentials) {
        app.limits.give_back(tried);
    }
    outcome
}
