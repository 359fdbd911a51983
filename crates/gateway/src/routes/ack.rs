//! How far a device has got.

use axum::extract::State;
use chinwag_protocol::AckBody;
use http::StatusCode;

use crate::app::App;
use crate::commands;
use crate::json::Json;
use crate::readers::Readers;
use crate::refusal::Refusal;

/// `POST /v1/ack`
pub(super) async fn acknowledge(
    State(app): State<App>,
    readers: Readers,
    Json(body): Json<AckBody>,
) -> Result<StatusCode, Refusal> {
    commands::acknowledge(&app, readers.actors.as_slice(), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
