//! Making accounts.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chinwag_chat::Registration;
use chinwag_protocol::SignUpBody;
use http::HeaderMap;

use super::entry::{Newcomer, entering, idempotency_key, make};
use crate::app::App;
use crate::client::Client;
use crate::json::Json;
use crate::origin::Origin;
use crate::refusal::Refusal;
use crate::{account_commands, digest};

/// `POST /v1/accounts`
pub(super) async fn sign_up(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Json(body): Json<SignUpBody>,
) -> Result<Response, Refusal> {
    let entering = entering(&app, body.session, &origin, &headers).await?;
    let key = idempotency_key(&headers)?;
    let username = account_commands::username(&body.username)?;
    let password = account_commands::password(&body.password)?;
    let name = account_commands::name(body.name.unwrap_or_else(|| username.to_string()))?;
    let device_name = body.device_name.map(account_commands::name).transpose()?;
    app.limits.sign_up(&client)?;
    let secrets = app.store.secrets();
    let hash = digest::sign_up_request(secrets, &username, &name, device_name.as_ref(), entering.session);
    let password = app.passwords.hash(password).await?;
    let registration = Some(Registration { username, password });
    let key = key.map(|key| (key, hash));
    make(&app, &client, Newcomer { name, device_name, registration, entering, key }).await
}
