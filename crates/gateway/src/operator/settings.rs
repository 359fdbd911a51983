//! What people may do on their own: sign up, come as guests, make rooms.

use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{Entrance, Operation, Subject};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Operator, operate};
use crate::answer::answer;
use crate::app::App;
use crate::json::Json;
use crate::refusal::Refusal;

const fn name(entrance: Entrance) -> &'static str {
    match entrance {
        Entrance::SignUp => "sign_up",
        Entrance::Guests => "guests",
        Entrance::RoomCreation => "room_creation",
    }
}

/// `GET /admin/v1/settings`
pub(super) async fn show(_: Operator, State(app): State<App>) -> Result<Response, Refusal> {
    settings(&app).await
}

async fn settings(app: &App) -> Result<Response, Refusal> {
    let mut settings = Map::new();
    for entrance in Entrance::ALL {
        let closed = app.store.ruling(Subject::Entrance(*entrance)).await?.is_some();
        settings.insert(name(*entrance).to_owned(), Value::Bool(!closed));
    }
    Ok(answer(StatusCode::OK, &settings))
}

#[derive(Deserialize)]
pub(super) struct SettingsBody {
    #[serde(default)]
    sign_up: Option<bool>,
    #[serde(default)]
    guests: Option<bool>,
    #[serde(default)]
    room_creation: Option<bool>,
}

/// `PATCH /admin/v1/settings`
pub(super) async fn change(
    _: Operator,
    State(app): State<App>,
    Json(body): Json<SettingsBody>,
) -> Result<Response, Refusal> {
    for entrance in Entrance::ALL {
        let open = match entrance {
            Entrance::SignUp => body.sign_up,
            Entrance::Guests => body.guests,
            Entrance::RoomCreation => body.room_creation,
        };
        let Some(open) = open else { continue };
        let subject = Subject::Entrance(*entrance);
        let operation =
            if open { Operation::Lift(subject) } else { Operation::Rule { subject, until: None } };
        let what = format!("{} {}", if open { "open" } else { "close" }, name(*entrance));
        operate(&app, operation, &what).await?;
    }
    settings(&app).await
}
