//! How far a device has got.

use axum::extract::State;
use chinwag_hub::After;
use chinwag_protocol::{AckBody, Code, Problem};
use http::StatusCode;

use super::events::open;
use crate::app::App;
use crate::caller::Caller;
use crate::json::Json;
use crate::refusal::Refusal;

/// `POST /v1/ack`
pub(super) async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<AckBody>,
) -> Result<StatusCode, Refusal> {
    match open(&app, body.cursor.as_str()).await? {
        After::Pos(pos) => app.hub.acknowledge(caller.session.actor.device, pos),
        After::Now | After::Gap(..) => {
            let detail = "This cursor is of another log. Take the cursors that the stream gives.";
            return Err(Problem::new(Code::InvalidCursor, detail).into());
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
