//! Keys of programs, and the programs that come with them.

use std::fmt;

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_chat::{ApiKeyHash, Authority, Operate, Operation, Reply, Request, Subject};
use chinwag_protocol::Problem;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::refusal::{Refusal, unauthenticated};
use crate::routes;
use crate::token::random_bytes;

/// What a key begins with, so that it is known for one where it lies about.
const PREFIX: &str = "cwk_";
/// 256 bits in base64url behind that.
const KEY_CHARACTERS: usize = PREFIX.len() + 43;

/// A key's secret.
pub(crate) struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

impl ApiKey {
    /// A new one.
    pub(crate) fn random() -> Result<Self, Problem> {
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(&self.0).into())
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    /// The one that a request carries.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(AUTHORIZATION).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        let key = key.trim_matches(' ');
        let is_key =
            scheme.eq_ignore_ascii_case("bearer") && key.len() == KEY_CHARACTERS && key.starts_with(PREFIX);
        is_key.then(|| Self(key.to_owned()))
    }
}

/// The program that a request comes from.
#[derive(Debug)]
pub(crate) struct Program {
    hash: ApiKeyHash,
}

impl FromRequestParts<App> for Program {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let detail =
            "Send \"Authorization: Bearer KEY\" with a key of this server; those who run it make keys.";
        let key = ApiKey::of(&parts.headers).ok_or_else(|| unauthenticated(detail))?;
        let hash = key.hash();
        let known = app.store.ruling(Subject::Key(hash)).await?;
        if known.is_none_or(|terms| !terms.hold((app.clock)())) {
            return Err(unauthenticated("This key is not known here, or was revoked. Get a new one.").into());
        }
        app.limits.program(hash)?;
        Ok(Self { hash })
    }
}

impl Program {
    /// The key of a retry, apart from those of other programs and of everybody else.
    pub(crate) fn own(&self, idempotency_key: &str) -> String {
        format!("{}:{idempotency_key}", URL_SAFE_NO_PAD.encode(self.hash.0))
    }

    /// Does something in its name.
    pub(crate) async fn operate(&self, app: &App, operation: Operation) -> Result<Reply, Problem> {
        let (fresh, _) = routes::new_device(None)?;
        let operate = Operate { authority: Authority::Key(self.hash), operation, fresh };
        app.store.submit(Request::Operate(operate.into())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_look() {
        let key = ApiKey::random().unwrap();
        assert_ne!(key.hash(), ApiKey::random().unwrap().hash());
        assert_eq!(format!("{key:?} {:?}", key.hash()), "ApiKey(..) ApiKeyHash(..)");
        let text = key.into_string();
        let of = |lines: &[String]| {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| {
                headers.append(AUTHORIZATION, line.parse().unwrap());
            });
            ApiKey::of(&headers).is_some()
        };
        let bearer = format!("Bearer {text}");
        assert!(of(std::slice::from_ref(&bearer)));
        assert!(!of(&[bearer.clone(), bearer.clone()]));
        assert!(!of(&[bearer.replace("cwk_", "cwx_")]));
        assert!(!of(&[format!("{bearer}A")]));
        assert!(!of(&[text]));
        assert!(!of(&[]));
    }
}
