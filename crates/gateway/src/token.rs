//! Tokens of devices, and where requests carry them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_chat::{Salt, TokenHash};
use chinwag_protocol::{AccountId, Problem};
use chinwag_store::Secrets;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::digest;
use crate::refusal::internal;

/// 256 bits in base64url.
const TOKEN_CHARACTERS: usize = 43;
/// How the name of an account's cookie begins; its id follows.
const COOKIE_PREFIX: &str = "chinwag-";
/// Under TLS: no other host of the same site can plant a cookie of such a name, nor can anybody in the clear.
const HOST_COOKIE_PREFIX: &str = "__Host-chinwag-";
/// The only cookie of a browser before there was one for each account.
const FORMER_COOKIE: &str = "chinwag";
/// The same under TLS.
const FORMER_HOST_COOKIE: &str = "__Host-chinwag";
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

    /// That of the only cookie of a browser before there was one for each account.
    pub(crate) fn former(headers: &HeaderMap, https: bool) -> Option<Self> {
        let wanted = if https { FORMER_HOST_COOKIE } else { FORMER_COOKIE };
        let mut values = cookie_pairs(headers).filter(|(name, _)| *name == wanted).map(|(_, value)| value);
        // Of two that differ, nobody can tell which one was planted.
        let value = values.next().filter(|value| hash(value).is_some())?;
        values.all(|other| other == value).then(|| Self(value.to_owned()))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(&self.0).into())
    }

    /// The cookie that carries it for a device of `account`.
    pub(crate) fn cookie(&self, account: AccountId, https: bool) -> Option<HeaderValue> {
        let prefix = if https { HOST_COOKIE_PREFIX } else { COOKIE_PREFIX };
        cookie(&format!("{prefix}{account}"), &self.0, COOKIE_MAX_AGE_SECONDS, https)
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

/// Makes the browser forget the cookie of an account; under TLS that of before as well, which would count again.
pub(crate) fn cleared_cookies(account: AccountId, https: bool) -> impl Iterator<Item = HeaderValue> {
    let prefixes = [COOKIE_PREFIX].into_iter().chain(https.then_some(HOST_COOKIE_PREFIX));
    prefixes.filter_map(move |prefix| cookie(&format!("{prefix}{account}"), "", 0, https))
}

/// Makes the browser forget what [`Token::former`] finds.
pub(crate) fn cleared_former_cookie(https: bool) -> Option<HeaderValue> {
    cookie(if https { FORMER_HOST_COOKIE } else { FORMER_COOKIE }, "", 0, https)
}

fn cookie(name: &str, value: &str, max_age_seconds: u32, https: bool) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// What a request carries to say who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// An `Authorization` header, which counts before any cookie; none if it cannot be a token.
    Header(Option<TokenHash>),
    /// Cookies of accounts.
    Cookies(Cookies),
}

/// The cookies of accounts in a request, at least one, those that nobody can have planted first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cookies(Vec<Cookie>);

/// The cookie of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) account: AccountId,
    /// None if it cannot be a token.
    pub(crate) token: Option<TokenHash>,
    /// Whether it is one that no other host can have planted.
    is_host: bool,
}

impl Credential {
    /// What `headers` carry.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut authorization = headers.get_all(AUTHORIZATION).into_iter();
        if let Some(value) = authorization.next() {
            let token = value.to_str().ok().and_then(bearer).filter(|_| authorization.next().is_none());
            return Self::Header(token);
        }
        Cookies::of(headers).map_or(Self::None, Self::Cookies)
    }
}

impl Cookies {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut cookies: Vec<Cookie> = Vec::new();
        for cookie in cookie_pairs(headers).filter_map(|(name, value)| Cookie::parse(name, value)) {
            match cookies.iter_mut().find(|other| other.account == cookie.account) {
                None => cookies.push(cookie),
                // The other is from before there was this one, or was planted.
                Some(other) if cookie.is_host && !other.is_host => *other = cookie,
                // Two that differ: another host of the same site may have planted one, and nobody can tell which.
                Some(other) if cookie.is_host == other.is_host && cookie.token != other.token => {
                    other.token = None
                }
                Some(_) => {}
            }
        }
        cookies.sort_by_key(|cookie| !cookie.is_host);
        (!cookies.is_empty()).then_some(Self(cookies))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Cookie> {
        self.0.iter()
    }

    /// That of an account.
    pub(crate) fn of_account(&self, account: AccountId) -> Option<&Cookie> {
        self.iter().find(|cookie| cookie.account == account)
    }

    /// The only one, if it is.
    pub(crate) fn only(&self) -> Option<&Cookie> {
        match &self.0[..] {
            [cookie] => Some(cookie),
            _ => None,
        }
    }
}

impl Cookie {
    /// None if it is something else's. Under another spelling of the id it could not be cleared.
    fn parse(name: &str, value: &str) -> Option<Self> {
        let host = name.strip_prefix(HOST_COOKIE_PREFIX);
        let id = host.or_else(|| name.strip_prefix(COOKIE_PREFIX))?;
        let account: AccountId = id.parse().ok()?;
        (account.to_string() == id).then(|| Self { account, token: hash(value), is_host: host.is_some() })
    }
}

/// Names and values.
fn cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lists = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='))
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

    const ADA: &str = "01010101-0101-0101-0101-010101010101";
    const BOB: &str = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a";

    fn cookies(expected: &[(&str, Option<TokenHash>, bool)]) -> Credential {
        let cookie = |(account, token, is_host): &(&str, _, _)| Cookie {
            account: account.parse().unwrap(),
            token: *token,
            is_host: *is_host,
        };
        Credential::Cookies(Cookies(expected.iter().map(cookie).collect()))
    }

    #[test]
    fn finds_the_token() {
        let token = hash(TOKEN);
        assert!(token.is_some());
        let cookie = format!("chinwag-{ADA}={TOKEN}");
        let bearer = format!("Bearer {TOKEN}");
        let one = || cookies(&[(ADA, token, false)]);
        let void = || cookies(&[(ADA, None, false)]);
        let table: &[(&[(&str, &str)], Credential)] = &[
            (&[], Credential::None),
            (&[("cookie", "a=b")], Credential::None),
            (&[("cookie", "xchinwag=1; chinwagx=2")], Credential::None),
            (&[("cookie", &format!("chinwag={TOKEN}; __Host-chinwag={TOKEN}"))], Credential::None),
            (&[("cookie", &format!("chinwag-={TOKEN}; chinwag-x={TOKEN}"))], Credential::None),
            (&[("cookie", &format!("chinwag-{}={TOKEN}", BOB.to_uppercase()))], Credential::None),
            (&[("authorization", &bearer)], Credential::Header(token)),
            (&[("authorization", &bearer.to_lowercase())], Credential::Header(hash(&TOKEN.to_lowercase()))),
            (&[("authorization", "Basic YTpi")], Credential::Header(None)),
            (&[("authorization", "Bearer")], Credential::Header(None)),
            (&[("authorization", "Bearer short")], Credential::Header(None)),
            (&[("authorization", &bearer), ("authorization", &bearer)], Credential::Header(None)),
            (&[("authorization", "Basic YTpi"), ("cookie", &cookie)], Credential::Header(None)),
            (&[("cookie", &cookie)], one()),
            (&[("cookie", "a=b"), ("cookie", &cookie)], one()),
            (&[("cookie", &format!("a=b; {cookie};c=d"))], one()),
            (&[("cookie", &format!("{cookie}; {cookie}"))], one()),
            (&[("cookie", &format!("{cookie}; chinwag-{ADA}={OTHER}"))], void()),
            (&[("cookie", &format!("chinwag-{ADA}=; {cookie}"))], void()),
            (&[("cookie", &format!("chinwag-{ADA}="))], void()),
            (&[("cookie", &format!("__Host-chinwag-{ADA}={TOKEN}"))], cookies(&[(ADA, token, true)])),
            (
                &[("cookie", &format!("chinwag-{ADA}={OTHER}; __Host-chinwag-{ADA}={TOKEN}"))],
                cookies(&[(ADA, token, true)]),
            ),
            (&[("cookie", &format!("__Host-chinwag-{ADA}=; {cookie}"))], cookies(&[(ADA, None, true)])),
            (
                &[("cookie", &format!("{cookie}; chinwag-{BOB}={OTHER}"))],
                cookies(&[(ADA, token, false), (BOB, hash(OTHER), false)]),
            ),
            (
                &[("cookie", &format!("{cookie}; __Host-chinwag-{BOB}={OTHER}"))],
                cookies(&[(BOB, hash(OTHER), true), (ADA, token, false)]),
            ),
        ];
        for (lines, expected) in table {
            assert_eq!(credential(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn finds_the_former_cookie() {
        for (cookies, https, expected) in [
            (format!("chinwag={TOKEN}"), false, Some(TOKEN)),
            (format!("a=b; chinwag={TOKEN}; chinwag={TOKEN}"), false, Some(TOKEN)),
            (format!("chinwag={TOKEN}; chinwag={OTHER}"), false, None),
            ("chinwag=x".to_owned(), false, None),
            (format!("chinwag-{ADA}={TOKEN}"), false, None),
            (format!("__Host-chinwag={TOKEN}"), false, None),
            (format!("__Host-chinwag={TOKEN}; chinwag={OTHER}"), true, Some(TOKEN)),
            (format!("chinwag={TOKEN}"), true, None),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, cookies.parse().unwrap())]);
            let found = Token::former(&headers, https).map(Token::into_string);
            assert_eq!(found.as_deref(), expected, "{cookies}");
        }
    }

    #[test]
    fn tokens_and_cookies() {
        let token = Token::random().unwrap();
        assert_ne!(token.hash(), Token::random().unwrap().hash());
        assert_eq!(format!("{token:?}"), "Token(..)");
        let ada: AccountId = ADA.parse().unwrap();
        let cookie = token.cookie(ada, true).unwrap();
        let text = cookie.to_str().unwrap().to_owned();
        assert!(text.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"), "{text}");
        assert!(!token.cookie(ada, false).unwrap().to_str().unwrap().contains("Secure"));
        assert_eq!(
            credential(&[("cookie", text.split_once(';').unwrap().0)]),
            cookies(&[(ADA, Some(token.hash()), true)])
        );
        assert!(text.starts_with(&format!("__Host-chinwag-{ADA}=")), "{text}");
        let cleared: Vec<_> = cleared_cookies(ada, false).collect();
        assert_eq!(cleared, [format!("chinwag-{ADA}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")]);
        let cleared: Vec<_> = cleared_cookies(ada, true).collect();
        assert_eq!(
            cleared,
            [
                format!("chinwag-{ADA}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"),
                format!("__Host-chinwag-{ADA}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure")
            ]
        );
    }
}
