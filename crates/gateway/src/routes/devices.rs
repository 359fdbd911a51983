//! The devices of the account that asks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chinwag_protocol::{DeviceEntry, DevicesAnswer, Problem};
use http::StatusCode;

use crate::account_commands;
use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// `GET /v1/devices`
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let devices = app.store.devices(caller.actor.account).await?;
    let devices = devices.into_iter().map(|device| DeviceEntry {
        id: device.id,
        name: device.name,
        created_at: device.created_at,
        last_seen_at: device.seen_at,
        current: device.id == caller.actor.device,
    });
    Ok(answer(StatusCode::OK, &DevicesAnswer { devices: devices.collect() }))
}

/// `DELETE /v1/devices/{id}`
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path(id) = id.map_err(|_| Problem::no_device())?;
    account_commands::remove_device(&app, caller.actor, account_commands::device(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/devices`
pub(super) async fn remove_others(State(app): State<App>, caller: Caller) -> Result<StatusCode, Refusal> {
    account_commands::remove_other_devices(&app, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
