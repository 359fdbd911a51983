//! Making guests.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chinwag_protocol::GuestBody;
use http::HeaderMap;

use super::entry::{Newcomer, entering, idempotency_key, make};
use crate::app::App;
use crate::client::Client;
use crate::json::Json;
use crate::origin::Origin;
use crate::refusal::Refusal;
use crate::{account_commands, digest};

/// `POST /v1/guests`
pub(super) async fn create(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Json(body): Json<GuestBody>,
) -> Result<Response, Refusal> {
    let entering = entering(&app, body.session, &origin, &headers).await?;
    let key = idempotency_key(&headers)?;
    let name = account_commands::name(body.name)?;
    app.limits.guest(&client)?;
    let key = key.map(|key| (key, digest::guest_request(app.store.secrets(), &name, entering.session)));
    make(&app, &client, Newcomer { name, device_name: None, registration: None, entering, key }).await
}
