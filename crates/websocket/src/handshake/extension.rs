//! `Sec-WebSocket-Extensions` (RFC 6455 §9.1), of which permessage-deflate is known (RFC 7692 §7).

use http::HeaderMap;
use http::header::{HeaderValue, SEC_WEBSOCKET_EXTENSIONS};

use super::fields::is_token_char;
use crate::deflate::Deflate;

const PERMESSAGE_DEFLATE: &str = "permessage-deflate";
const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, and the one meant where none is named.
const WINDOW_BITS: u8 = 15;

/// What a client of ours offers: whatever window the server wants to see, it can be kept to.
pub(super) const OFFER: HeaderValue = HeaderValue::from_static(
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
);

/// The field does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Debug, PartialEq, Eq)]
struct Extension<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, Option<String>)>,
}

/// A permessage-deflate's parameters, each at most once, each with a value it may have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// With or without a value.
    client_max_window_bits: Option<Option<u8>>,
}

/// What a server answers to the extensions that a client offers: the first permessage-deflate that can be accepted.
pub(super) fn accept(headers: &HeaderMap) -> Result<Option<(Deflate, HeaderValue)>, Malformed> {
    for extension in parse_all(headers)? {
        if !extension.name.eq_ignore_ascii_case(PERMESSAGE_DEFLATE) {
            continue;
        }
        // An offer with a parameter that is unknown, doubled or out of range is declined (RFC 7692 §7); the next may do.
        let Some(parameters) = Parameters::of(&extension) else { continue };
        let mut answer =
            format!("{PERMESSAGE_DEFLATE}; {SERVER_NO_CONTEXT_TAKEOVER}; {CLIENT_NO_CONTEXT_TAKEOVER}");
        if let Some(bits) = parameters.server_max_window_bits {
            answer += &format!("; {SERVER_MAX_WINDOW_BITS}={bits}");
        }
        // The client's own window is no matter to us: we inflate with the largest.
        let deflate = Deflate { window_bits: parameters.server_max_window_bits.unwrap_or(WINDOW_BITS) };
        return Ok(HeaderValue::from_str(&answer).ok().map(|answer| (deflate, answer)));
    }
    Ok(None)
}

/// What a server answered to [`OFFER`]; an error if it is none that this offer allows (RFC 7692 §7.1).
pub(super) fn agreed(headers: &HeaderMap) -> Result<Option<Deflate>, Malformed> {
    match parse_all(headers)?.as_slice() {
        [] => Ok(None),
        [extension] if extension.name.eq_ignore_ascii_case(PERMESSAGE_DEFLATE) => {
            let parameters = Parameters::of(extension).ok_or(Malformed)?;
            let window_bits = match parameters.client_max_window_bits {
                None => WINDOW_BITS,
                Some(Some(bits)) => bits,
                Some(None) => return Err(Malformed),
            };
            // Accepting the offer means to repeat this; the client's own freedom we do not use anyway.
            if parameters.server_no_context_takeover {
                Ok(Some(Deflate { window_bits }))
            } else {
                Err(Malformed)
            }
        }
        _ => Err(Malformed),
    }
}

impl Parameters {
    fn of(extension: &Extension<'_>) -> Option<Self> {
        let mut parameters = Self::default();
        for (name, value) in &extension.parameters {
            let value = value.as_deref();
            // Each arm is taken at most once, and for a value that the parameter may have.
            match name.to_ascii_lowercase().as_str() {
                SERVER_NO_CONTEXT_TAKEOVER if !parameters.server_no_context_takeover && value.is_none() => {
                    parameters.server_no_context_takeover = true;
                }
                CLIENT_NO_CONTEXT_TAKEOVER if !parameters.client_no_context_takeover && value.is_none() => {
                    parameters.client_no_context_takeover = true;
                }
                SERVER_MAX_WINDOW_BITS if parameters.server_max_window_bits.is_none() => {
                    parameters.server_max_window_bits = Some(window_bits(value?)?);
                }
                CLIENT_MAX_WINDOW_BITS if parameters.client_max_window_bits.is_none() => {
                    let bits = match value {
                        None => None,
                        Some(value) => Some(window_bits(value)?),
                    };
                    parameters.client_max_window_bits = Some(bits);
                }
                _ => return None,
            }
        }
        Some(parameters)
    }
}

/// A decimal number from 8 to 15 without a leading zero (RFC 7692 §7.1.2.1).
fn window_bits(value: &str) -> Option<u8> {
    let bits = value.parse().ok().filter(|bits| (8..=WINDOW_BITS).contains(bits))?;
    (bits.to_string() == value).then_some(bits)
}

fn parse_all(headers: &HeaderMap) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut extensions = Vec::new();
    for value in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
        let mut scanner = Scanner { rest: value.to_str().map_err(|_| Malformed)? };
        loop {
            // Empty elements are allowed in lists (RFC 9110 §5.6.1).
            while scanner.takes(',') {}
            if scanner.rest.is_empty() {
                break;
            }
            extensions.push(scanner.extension()?);
            if !scanner.rest.is_empty() && !scanner.takes(',') {
                return Err(Malformed);
            }
        }
    }
    Ok(extensions)
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn extension(&mut self) -> Result<Extension<'a>, Malformed> {
        let name = self.token()?;
        let mut parameters = Vec::new();
        while self.takes(';') {
            let parameter = self.token()?;
            let value = if self.takes('=') { Some(self.value()?) } else { None };
            parameters.push((parameter, value));
        }
        Ok(Extension { name, parameters })
    }

    fn value(&mut self) -> Result<String, Malformed> {
        if !self.rest.starts_with('"') {
            return self.token().map(str::to_owned);
        }
        // A quoted value must be a token once the quoting is gone (RFC 6455 §9.1).
        let mut value = String::new();
        let mut characters = self.rest[1..].chars();
        loop {
            match characters.next() {
                Some('"') if !value.is_empty() => break,
                Some('\\') => {
                    value.push(characters.next().filter(|&next| is_token_char(next)).ok_or(Malformed)?)
                }
                Some(character) if is_token_char(character) => value.push(character),
                _ => return Err(Malformed),
            }
        }
        self.rest = characters.as_str();
        self.skip_space();
        Ok(value)
    }

    fn token(&mut self) -> Result<&'a str, Malformed> {
        let end = self.rest.find(|character| !is_token_char(character)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.skip_space();
        if token.is_empty() { Err(Malformed) } else { Ok(token) }
    }

    /// Takes this character and the space around it, if it is next.
    fn takes(&mut self, character: char) -> bool {
        self.skip_space();
        let taken = self.rest.strip_prefix(character);
        self.rest = taken.unwrap_or(self.rest);
        self.skip_space();
        taken.is_some()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }
}
