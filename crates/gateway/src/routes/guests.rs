//! Making guests.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{CreateGuest, Idempotency, Reply, Request, Salt};
use chinwag_protocol::{
    AccountCard, AccountId, Code, DeviceCard, DeviceId, GuestAnswer, GuestBody, Name, Problem, SessionKind,
};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use uuid::Uuid;

use crate::answer::answer;
use crate::app::App;
use crate::client::Client;
use crate::digest;
use crate::json::Json;
use crate::origin::Origin;
use crate::refusal::{Refusal, internal, invalid_header};
use crate::token::{Token, random_bytes};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// `POST /v1/guests`
pub(super) async fn create(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Json(body): Json<GuestBody>,
) -> Result<Response, Refusal> {
    let session = body.session.unwrap_or(SessionKind::Token);
    if session == SessionKind::Cookie {
        // Nobody else's page may give a browser an identity here. A program without Origin may ask for a cookie.
        origin.check(&Method::GET)?;
    }
    let key = idempotency_key(&headers)?;
    let name = Name::parse(body.name).map_err(|error| Problem::new(Code::InvalidName, error.to_string()))?;
    app.limits.guest(&client)?;

    let secrets = app.store.secrets();
    let salt = Salt(random_bytes()?);
    let token = match key {
        Some(key) => Token::derived(secrets, salt, key),
        None => Token::random()?,
    };
    let guest = CreateGuest {
        account: AccountId::new(Uuid::now_v7()),
        device: DeviceId::new(Uuid::now_v7()),
        name: name.clone(),
        token: token.hash(),
        idempotency: key.map(|key| Idempotency {
            key: digest::idempotency_key(secrets, key),
            hash: digest::guest_request(secrets, &name, session),
            salt,
        }),
    };
    let Reply::Guest { account, device, salt } = app.store.submit(Request::CreateGuest(guest)).await? else {
        return Err(internal().into());
    };
    // The first request under a key has drawn the salt.
    let token = match (key, salt) {
        (Some(key), Some(salt)) => Token::derived(secrets, salt, key),
        _ => token,
    };
    let cookie = (session == SessionKind::Cookie).then(|| token.cookie(client.https)).flatten();
    let mut response = answer(
        StatusCode::CREATED,
        &GuestAnswer {
            account: AccountCard { id: account, lookalike: name.is_lookalike(), name: name.into() },
            device: DeviceCard { id: device },
            token: cookie.is_none().then(|| token.into_string()),
        },
    );
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The key by which a retry is known, if the request has one.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let is_key =
        |key: &&str| (16..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(is_key) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(invalid_header("Idempotency-Key has 16 to 128 visible ASCII characters, and stands once.")),
    }
}
