//! A server, as seen without being signed in.

use std::time::Duration;

use bytes::Bytes;
use chinwag_protocol::{
    GuestAnswer, GuestBody, RecoveryBody, ServerAnswer, SessionAnswer, SignInBody, SignUpBody,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::answer::problem;
use crate::{ClientError, ClientOptions, Http, Session};

/// How long a server may take for the answer to a command.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A server. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: Http,
}

impl Client {
    /// The server at a URL like `http://127.0.0.1:8080`, over HTTP/1.1. Nothing is asked yet.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        Self::with_options(base_url, &ClientOptions::default())
    }

    /// The server at a URL like `https://chat.example`. Nothing is asked yet.
    pub fn with_options(base_url: &str, options: &ClientOptions) -> Result<Self, ClientError> {
        Ok(Self { http: Http::new(base_url, options)? })
    }

    /// The HTTP below, for requests that have no method here.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// What the server tells everyone.
    pub async fn server(&self) -> Result<ServerAnswer, ClientError> {
        self.ask(request(Method::GET, "/v1/server", None)?).await
    }

    /// Makes an account with one device, under a random key.
    pub async fn guest(&self, name: &str) -> Result<Session, ClientError> {
        self.guest_with_key(name, &Uuid::new_v4().to_string()).await
    }

    /// Makes an account with one device, or gets the one that was made under this key.
    pub async fn guest_with_key(&self, name: &str, idempotency_key: &str) -> Result<Session, ClientError> {
        let body = GuestBody { name: name.to_owned(), session: None };
        self.enter(keyed(with_json(request(Method::POST, "/v1/guests", None)?, &body)?, idempotency_key)?)
            .await
    }

    /// Makes an account that can be signed in to, with one device, under a random key. Its name is the user name.
    pub async fn sign_up(&self, username: &str, password: &str) -> Result<Session, ClientError> {
        let body = SignUpBody {
            username: username.to_owned(),
            password: password.to_owned(),
            name: None,
            device_name: None,
            session: None,
        };
        let request = with_json(request(Method::POST, "/v1/accounts", None)?, &body)?;
        self.enter(keyed(request, &Uuid::new_v4().to_string())?).await
    }

    /// Signs in to an account with a new device, which may have a name.
    pub async fn sign_in(
        &self,
        username: &str,
        password: &str,
        device_name: Option<&str>,
    ) -> Result<Session, ClientError> {
        let body = SignInBody {
            username: username.to_owned(),
            password: password.to_owned(),
            device_name: device_name.map(str::to_owned),
            session: None,
        };
        self.enter(with_json(request(Method::POST, "/v1/sessions", None)?, &body)?).await
    }

    /// Signs in to an account with one of its recovery codes, which is used up, and sets the password. All other devices are
    /// signed out.
    pub async fn recover(
        &self,
        username: &str,
        recovery_code: &str,
        new_password: &str,
    ) -> Result<Session, ClientError> {
        let body = RecoveryBody {
            username: username.to_owned(),
            recovery_code: recovery_code.to_owned(),
            new_password: new_password.to_owned(),
            device_name: None,
            session: None,
        };
        self.enter(with_json(request(Method::POST, "/v1/account/recovery", None)?, &body)?).await
    }

    /// Asks for a device with a token.
    async fn enter(&self, request: Request<Bytes>) -> Result<Session, ClientError> {
        let answer: GuestAnswer = self.ask(request).await?;
        let Some(token) = answer.token else {
            return Err(ClientError::Protocol("a device without a token".to_owned()));
        };
        Ok(Session::new(self.clone(), answer.account, answer.device.id, token))
    }

    /// The session of a token that was kept.
    pub async fn session(&self, token: &str) -> Result<Session, ClientError> {
        let answer: SessionAnswer = self.ask(request(Method::GET, "/v1/session", Some(token))?).await?;
        Ok(Session::new(self.clone(), answer.account, answer.device.id, token.to_owned()))
    }

    /// Asks, and reads the answer as JSON.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Request<Bytes>) -> Result<T, ClientError> {
        parse(&self.command(request).await?)
    }

    /// Asks; only success is an answer.
    pub(crate) async fn command(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
        let answer = self.http.call(request, ANSWER_TIMEOUT).await?;
        if answer.status().is_success() { Ok(answer) } else { Err(problem(&answer)) }
    }
}

/// The request under a key by which a retry is known.
fn keyed(mut request: Request<Bytes>, idempotency_key: &str) -> Result<Request<Bytes>, ClientError> {
    let key = HeaderValue::from_str(idempotency_key)
        .map_err(|_| ClientError::Protocol("the idempotency key fits in no header".to_owned()))?;
    request.headers_mut().insert("idempotency-key", key);
    Ok(request)
}

/// A request without a body.
pub(crate) fn request(
    method: Method,
    path_and_query: &str,
    token: Option<&str>,
) -> Result<Request<Bytes>, ClientError> {
    let mut request = Request::builder().method(method).uri(path_and_query);
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| ClientError::Protocol("the token fits in no header".to_owned()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Bytes::new()).map_err(|error| ClientError::Protocol(error.to_string()))
}

/// The request with a body.
pub(crate) fn with_json(
    mut request: Request<Bytes>,
    body: &impl Serialize,
) -> Result<Request<Bytes>, ClientError> {
    let json = serde_json::to_vec(body).map_err(|error| ClientError::Protocol(error.to_string()))?;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *request.body_mut() = json.into();
    Ok(request)
}

/// The JSON of an answer.
pub(crate) fn parse<T: DeserializeOwned>(answer: &Response<Bytes>) -> Result<T, ClientError> {
    serde_json::from_slice(answer.body())
        .map_err(|error| ClientError::Protocol(format!("status {} with {error}", answer.status())))
}
