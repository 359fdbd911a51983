//! How a new device gets in: by whose page, under which key, and with what answer.

use axum::response::Response;
use chinwag_chat::{CreateGuest, Idempotency, NewDevice, Registration, Reply, Request, RequestHash, Salt};
use chinwag_protocol::{
    AccountCard, AccountId, DeviceCard, DeviceId, GuestAnswer, Name, Problem, SessionKind,
};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use uuid::Uuid;

use crate::answer::answer;
use crate::app::App;
use crate::browser::Browser;
use crate::client::Client;
use crate::digest;
use crate::origin::Origin;
use crate::refusal::{Refusal, internal, invalid_header};
use crate::token::{Token, cleared_cookies, random_bytes};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How a device wants to be known, and what else its browser has.
pub(super) struct Entering {
    pub(super) session: SessionKind,
    /// Accounts whose cookies are good for nothing.
    void: Vec<AccountId>,
}

/// Whether a device may come in like this. Nobody else's page may give a browser an identity here; a program without `Origin`
/// may ask for a cookie.
pub(super) async fn entering(
    app: &App,
    wanted: Option<SessionKind>,
    origin: &Origin,
    headers: &HeaderMap,
) -> Result<Entering, Problem> {
    let session = wanted.unwrap_or(SessionKind::Token);
    let mut void = Vec::new();
    if session == SessionKind::Cookie {
        origin.check(&Method::GET)?;
        let browser = Browser::of(app, headers).await?;
        browser.check_room()?;
        void = browser.void;
    }
    Ok(Entering { session, void })
}

/// The key by which a retry is known, if the request has one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let is_key =
        |key: &&str| (16..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(is_key) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(invalid_header("Idempotency-Key has 16 to 128 visible ASCII characters, and stands once.")),
    }
}

/// An account to be made.
pub(super) struct Newcomer<'a> {
    pub(super) name: Name,
    pub(super) device_name: Option<Name>,
    pub(super) registration: Option<Registration>,
    pub(super) entering: Entering,
    /// By which a retry is known, and what it must ask for again.
    pub(super) key: Option<(&'a str, RequestHash)>,
}

/// Makes an account with one device, or gives the one that was made under this key.
pub(super) async fn make(app: &App, client: &Client, newcomer: Newcomer<'_>) -> Result<Response, Refusal> {
    let Newcomer { name, device_name, registration, entering, key } = newcomer;
    let secrets = app.store.secrets();
    let salt = Salt(random_bytes()?);
    let token = match key {
        Some((key, _)) => Token::derived(secrets, salt, key),
        None => Token::random()?,
    };
    let guest = CreateGuest {
        account: AccountId::new(Uuid::now_v7()),
        device: DeviceId::new(Uuid::now_v7()),
        name: name.clone(),
        token: token.hash(),
        idempotency: key.map(|(key, hash)| Idempotency {
            key: digest::idempotency_key(secrets, key),
            hash,
            salt,
        }),
        device_name,
        registration: registration.clone(),
    };
    let Reply::Guest { account, device, salt } = app.store.submit(Request::CreateGuest(guest)).await? else {
        return Err(internal().into());
    };
    // The first request under a key has drawn the salt.
    let token = match (key, salt) {
        (Some((key, _)), Some(salt)) => Token::derived(secrets, salt, key),
        _ => token,
    };
    let mut card = AccountCard::guest(account, &name);
    if let Some(registration) = &registration {
        card = card.registered(&registration.username);
    }
    Ok(admitted(card, device, token, entering, client))
}

/// A device that signs in to an account that there is, with its token.
pub(crate) fn new_device(name: Option<Name>) -> Result<(NewDevice, Token), Problem> {
    let token = Token::random()?;
    Ok((NewDevice { id: DeviceId::new(Uuid::now_v7()), name, token: token.hash() }, token))
}

/// What a device gets that has signed in: always a token that nobody had before.
pub(super) fn admitted(
    account: AccountCard,
    device: DeviceId,
    token: Token,
    entering: Entering,
    client: &Client,
) -> Response {
    let Entering { session, void } = entering;
    let id = account.id;
    let cookie = (session == SessionKind::Cookie).then(|| token.cookie(id, client.https)).flatten();
    let token = cookie.is_none().then(|| token.into_string());
    let body = GuestAnswer { account, device: DeviceCard { id: device }, token };
    let mut response = answer(StatusCode::CREATED, &body);
    let void = void.into_iter().filter(|account| *account != id);
    let cleared = void.flat_map(|account| cleared_cookies(account, client.https));
    for cookie in cookie.into_iter().chain(cleared) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
