//! What programs with keys ask for: accounts of their own, and devices in them. All else they do as these accounts.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_chat::{CreateGuest, Idempotency, Operation, Reply, Salt};
use chinwag_protocol::{
    AccountCard, AccountId, Code, DeviceCard, DeviceId, DeviceTokenAnswer, GuestAnswer, Problem,
    ServerAccountBody, ServerDeviceBody, Timestamp,
};
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::entry::{idempotency_key, new_device};
use crate::answer::answer;
use crate::api_key::Program;
use crate::app::App;
use crate::json::Json;
use crate::refusal::{Refusal, internal};
use crate::token::{Token, random_bytes};
use crate::{account_commands, commands, digest};

/// `POST /v1/server/accounts`
pub(super) async fn create(
    State(app): State<App>,
    program: Program,
    headers: HeaderMap,
    Json(body): Json<ServerAccountBody>,
) -> Result<Response, Refusal> {
    let name = account_commands::name(body.name)?;
    let device_name = body.device_name.map(account_commands::name).transpose()?;
    let secrets = app.store.secrets();
    let key = idempotency_key(&headers)?.map(|key| program.own(key));
    let salt = Salt(random_bytes()?);
    let token = match &key {
        Some(key) => Token::derived(secrets, salt, key),
        None => Token::random()?,
    };
    let guest = CreateGuest {
        account: AccountId::new(Uuid::now_v7()),
        device: DeviceId::new(Uuid::now_v7()),
        token: token.hash(),
        idempotency: key.as_ref().map(|key| Idempotency {
            key: digest::idempotency_key(secrets, key),
            hash: digest::server_account_request(secrets, &name, device_name.as_ref()),
            salt,
        }),
        name: name.clone(),
        device_name,
        registration: None,
    };
    let reply = program.operate(&app, Operation::CreateAccount(guest)).await?;
    let Reply::Guest { account, device, salt } = reply else { return Err(internal().into()) };
    // The first request under a key has drawn the salt.
    let token = match (&key, salt) {
        (Some(key), Some(salt)) => Token::derived(secrets, salt, key),
        _ => token,
    };
    let body = GuestAnswer {
        account: AccountCard::guest(account, &name),
        device: DeviceCard { id: device },
        token: Some(token.into_string()),
    };
    Ok(answer(StatusCode::CREATED, &body))
}

/// `POST /v1/server/accounts/{id}/devices`
pub(super) async fn add_device(
    State(app): State<App>,
    program: Program,
    id: Result<Path<String>, PathRejection>,
    Json(body): Json<ServerDeviceBody>,
) -> Result<Response, Refusal> {
    let account = account(id)?;
    let name = body.device_name.map(account_commands::name).transpose()?;
    let until = body.expires_seconds.map(|seconds| until(&app, seconds)).transpose()?;
    let (device, token) = new_device(name)?;
    let id = device.id;
    let reply = program.operate(&app, Operation::AddDevice { account, device, until }).await?;
    let Reply::SignedIn(account) = reply else { return Err(internal().into()) };
    let body = DeviceTokenAnswer {
        account,
        device: DeviceCard { id },
        token: token.into_string(),
        expires_at: until,
    };
    Ok(answer(StatusCode::CREATED, &body))
}

fn until(app: &App, seconds: u64) -> Result<Timestamp, Problem> {
    if !(1..=ServerDeviceBody::EXPIRES_SECONDS_MAX).contains(&seconds) {
        let most = ServerDeviceBody::EXPIRES_SECONDS_MAX;
        return Err(Problem::new(Code::InvalidField, format!("\"expires_seconds\" is 1 to {most}.")));
    }
    Ok(Timestamp::from_millis((app.clock)().as_millis() + 1_000 * seconds.cast_signed()))
}

/// `DELETE /v1/server/accounts/{id}/devices`
pub(super) async fn remove_devices(
    State(app): State<App>,
    program: Program,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let operation = Operation::SignOut { account: account(id)?, device: None };
    program.operate(&app, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/server/accounts/{id}/devices/{device}`
pub(super) async fn remove_device(
    State(app): State<App>,
    program: Program,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path((id, device)) = path.map_err(|_| Problem::no_account())?;
    let operation = Operation::SignOut {
        account: commands::account(&id)?,
        device: Some(account_commands::device(&device)?),
    };
    program.operate(&app, operation).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn account(id: Result<Path<String>, PathRejection>) -> Result<AccountId, Problem> {
    commands::account(&id.map_err(|_| Problem::no_account())?.0)
}
