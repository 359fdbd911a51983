//! Tokens of devices, and where requests carry them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_chat::{Salt, TokenHash};
use chinwag_protocol::Problem;
use chinwag_store::Secrets;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::digest;
use crate::refusal::internal;

/// 256 bits in base64url.
const TOKEN_CHARACTERS: usize = 43;
const COOKIE_NAME: &str = "chinwag";
/// Under TLS: no other host of the same site can plant a cookie of this name, nor can anybody in the clear.
const HOST_COOKIE_NAME: &str = "__Host-chinwag";
/// The longest that browsers keep a cookie.
const COOKIE_MAX_AGE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// A device's token.
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A new one.
    pub(crate) fn random() -> Result<Self, Problem> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?)))
    }

    /// The one that this key and salt always give.
    pub(crate) fn derived(secrets: &Secrets, salt: Salt, key: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest::token_bits(secrets, salt, key)))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(&self.0).into())
    }

    /// The cookie that carries it.
    pub(crate) fn cookie(&self, https: bool) -> Option<HeaderValue> {
        let name = if https { HOST_COOKIE_NAME } else { COOKIE_NAME };
        cookie(name, &self.0, COOKIE_MAX_AGE_SECONDS, https)
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Random bytes from the system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        internal()
    })?;
    Ok(bytes)
}

/// Makes the browser forget the cookie; under TLS that of before as well, which would count again.
pub(crate) fn cleared_cookies(https: bool) -> impl Iterator<Item = HeaderValue> {
    let names = [COOKIE_NAME].into_iter().chain(https.then_some(HOST_COOKIE_NAME));
    names.filter_map(move |name| cookie(name, "", 0, https))
}

fn cookie(name: &str, value: &str, max_age_seconds: u32, https: bool) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// What a request carries to say who asks. The inner value is none if it cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// An `Authorization` header, which counts before any cookie.
    Header(Option<TokenHash>),
    /// The cookie.
    Cookie(Option<TokenHash>),
}

impl Credential {
    /// What `headers` carry.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut authorization = headers.get_all(AUTHORIZATION).into_iter();
        if let Some(value) = authorization.next() {
            let token = value.to_str().ok().and_then(bearer).filter(|_| authorization.next().is_none());
            return Self::Header(token);
        }
        let of = |wanted: &str| {
            let lists = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
            let pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
            Self::of_cookies(pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value))
        };
        // The other is from before there was this one, or was planted.
        match of(HOST_COOKIE_NAME) {
            Self::None => of(COOKIE_NAME),
            found => found,
        }
    }

    fn of_cookies<'h>(mut values: impl Iterator<Item = &'h str>) -> Self {
        match values.next() {
            // Two that differ: another host of the same site may have planted one, and nobody can tell which.
            Some(value) => Self::Cookie(hash(value).filter(|_| values.all(|other| other == value))),
            None => Self::None,
        }
    }
}

fn bearer(value: &str) -> Option<TokenHash> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| hash(token.trim_matches(' ')))?
}

/// The hash of a token as it travels; none if it cannot be one.
pub(crate) fn hash(token: &str) -> Option<TokenHash> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let possible = token.len() == TOKEN_CHARACTERS && token.bytes().all(is_base64url);
    possible.then(|| TokenHash(Sha256::digest(token).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const OTHER: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

    fn credential(lines: &[(&str, &str)]) -> Credential {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        Credential::of(&headers)
    }

    #[test]
    fn finds_the_token() {
        let token = hash(TOKEN);
        assert!(token.is_some());
        let cookie = format!("chinwag={TOKEN}");
        let bearer = format!("Bearer {TOKEN}");
        let table: &[(&[(&str, &str)], Credential)] = &[
            (&[], Credential::None),
            (&[("cookie", "a=b")], Credential::None),
            (&[("cookie", "xchinwag=1; chinwagx=2")], Credential::None),
            (&[("authorization", &bearer)], Credential::Header(token)),
            (&[("authorization", &bearer.to_lowercase())], Credential::Header(hash(&TOKEN.to_lowercase()))),
            (&[("authorization", "Basic YTpi")], Credential::Header(None)),
            (&[("authorization", "Bearer")], Credential::Header(None)),
            (&[("authorization", "Bearer short")], Credential::Header(None)),
            (&[("authorization", &bearer), ("authorization", &bearer)], Credential::Header(None)),
            (&[("authorization", "Basic YTpi"), ("cookie", &cookie)], Credential::Header(None)),
            (&[("cookie", &cookie)], Credential::Cookie(token)),
            (&[("cookie", "a=b"), ("cookie", &cookie)], Credential::Cookie(token)),
            (&[("cookie", &format!("a=b; {cookie};c=d"))], Credential::Cookie(token)),
            (&[("cookie", &format!("{cookie}; {cookie}"))], Credential::Cookie(token)),
            (&[("cookie", &format!("{cookie}; chinwag={OTHER}"))], Credential::Cookie(None)),
            (&[("cookie", "chinwag=")], Credential::Cookie(None)),
            (&[("cookie", &format!("__Host-chinwag={TOKEN}"))], Credential::Cookie(token)),
            (&[("cookie", &format!("chinwag={OTHER}; __Host-chinwag={TOKEN}"))], Credential::Cookie(token)),
            (&[("cookie", &format!("__Host-chinwag=; {cookie}"))], Credential::Cookie(None)),
        ];
        for (lines, expected) in table {
            assert_eq!(credential(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn tokens_and_cookies() {
        let token = Token::random().unwrap();
        assert_ne!(token.hash(), Token::random().unwrap().hash());
        assert_eq!(format!("{token:?}"), "Token(..)");
        let cookie = token.cookie(true).unwrap();
        let text = cookie.to_str().unwrap().to_owned();
        assert!(text.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"), "{text}");
        assert!(!token.cookie(false).unwrap().to_str().unwrap().contains("Secure"));
        assert_eq!(
            credential(&[("cookie", text.split_once(';').unwrap().0)]),
            Credential::Cookie(Some(token.hash()))
        );
        assert!(text.starts_with("__Host-chinwag="), "{text}");
        let cleared: Vec<_> = cleared_cookies(false).collect();
        assert_eq!(cleared, ["chinwag=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
        let cleared: Vec<_> = cleared_cookies(true).collect();
        assert_eq!(
            cleared,
            [
                "chinwag=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
                "__Host-chinwag=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
            ]
        );
    }
}
