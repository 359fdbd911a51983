//! JSON from clients: bodies of requests, and frames.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use chinwag_protocol::{Code, Problem};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::app::App;
use crate::refusal::Refusal;

/// Brackets within each other in JSON that clients send. Nothing of the protocol nests deeper than 3; unknown fields may.
pub const NESTING_MAX: usize = 32;
const DETAIL_CHARACTERS_MAX: usize = 400;

/// The body of a request: one JSON object. Fields that nobody asks for are ignored.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        check_type(&parts.headers)?;
        let body = read(app, &parts.headers, body).await?;
        Ok(Self(parse(&body)?))
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail: &str| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let mut types = headers.get_all(CONTENT_TYPE).into_iter();
    let (value, None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else {
        return unsupported("Send one Content-Type: application/json.");
    };
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    if !parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return unsupported("The body must be JSON; send Content-Type: application/json.");
    }
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        if name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8") {
            return unsupported("The body must be in UTF-8.");
        }
    }
    let encodings = headers.get_all(CONTENT_ENCODING).into_iter();
    if encodings.into_iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return unsupported("The body must not be compressed.");
    }
    Ok(())
}

async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, Problem> {
    let max = app.options.body_bytes_max();
    let too_large = || Problem::new(Code::BodyTooLarge, format!("A request's body has at most {max} bytes."));
    // Before a client that waits for 100-continue is told to go on.
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Err(too_large());
    }
    let read = tokio::time::timeout(app.options.body_timeout, Limited::new(body, max).collect());
    match read.await {
        // hyper takes a bare LF for the end of a trailer, and with it whatever stands behind.
        Ok(Ok(body)) if body.trailers().is_some() => Err(malformed("Send no trailers behind a body.")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(malformed("The body was cut off or badly framed.")),
        Err(_) => Err(Problem::new(Code::RequestTimeout, "The body did not come in time. Send it again.")),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("The body is not UTF-8."))?;
    Object::new(text, "The body")?.fields()
}

/// Text that is a JSON object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a>(&'a str);

impl<'a> Object<'a> {
    /// Checks that `text` is one; `what` names it in refusals.
    pub(crate) fn new(text: &'a str, what: &str) -> Result<Self, Problem> {
        if !text.trim_ascii_start().starts_with('{') {
            return Err(malformed(&format!("{what} must be a JSON object, without a byte order mark.")));
        }
        if nests_deeper_than(NESTING_MAX, text.as_bytes()) {
            return Err(malformed(&format!("{what} nests too deep.")));
        }
        // Apart from its fields: reading them would call some wrong values bad JSON.
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|error| malformed(&format!("{what} is not JSON: {error}.")))?;
        Ok(Self(text))
    }

    /// Those of its fields that `T` asks for.
    pub(crate) fn fields<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let mut json = serde_json::Deserializer::from_str(self.0);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            // A field that is missing or stands twice is named by the error, and the path is that of the object.
            let field = if path == "." { String::new() } else { format!("\"{path}\": ") };
            let detail = format!("{field}{}.", error.into_inner());
            // The error may quote the value.
            invalid_field(&detail.chars().take(DETAIL_CHARACTERS_MAX).collect::<String>())
        })
    }
}

pub(crate) fn invalid_field(detail: &str) -> Problem {
    Problem::new(Code::InvalidField, detail)
}

fn malformed(detail: &str) -> Problem {
    Problem::new(Code::MalformedJson, detail)
}

/// Whether brackets nest deeper than `max`. Checked apart because unknown fields are skipped without a limit.
fn nests_deeper_than(max: usize, json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::{GuestBody, SendBody};

    use super::*;

    fn code<T: DeserializeOwned + std::fmt::Debug>(body: impl AsRef<[u8]>) -> (Code, String) {
        let problem = parse::<T>(body.as_ref()).expect_err(&String::from_utf8_lossy(body.as_ref()));
        (problem.code, problem.detail)
    }

    #[test]
    fn bad_json() {
        let nested = format!("{{\"name\":\"Ada\",\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let unclosed = "[".repeat(100_000);
        let objects = "{\"a\":".repeat(100_000);
        let table: &[&[u8]] = &[
            b"",
            b" ",
            b"nonsense",
            b"null",
            b"5",
            b"\"Ada\"",
            b"[]",
            b"[\"Ada\"]",
            b"\xef\xbb\xbf{\"name\":\"Ada\"}",
            b"{\"name\":\"Ada\"",
            b"{\"name\":\"Ada\"}x",
            b"{\"name\":\"Ada\"}{}",
            b"{\"name\":\"Ada\",}",
            b"{'name':'Ada'}",
            b"{name:\"Ada\"}",
            b"{\"name\":NaN}",
            b"{\"name\":\"\xff\"}",
            b"{\"name\":\"a\nb\"}",
            nested.as_bytes(),
            unclosed.as_bytes(),
            objects.as_bytes(),
        ];
        for body in table {
            assert_eq!(
                code::<GuestBody>(body).0,
                Code::MalformedJson,
                "{}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
        }
    }

    #[test]
    fn bad_fields_are_named() {
        let table = [
            ("{}", "name"),
            (r#"{"name":5}"#, "name"),
            (r#"{"name":null}"#, "name"),
            (r#"{"name":["Ada"]}"#, "name"),
            (r#"{"name":"Ada","name":"Eve"}"#, "name"),
            (r#"{"name":"Ada","session":"ticket"}"#, "session"),
            (r#"{"name":"Ada","session":7}"#, "session"),
            (r#"{"name":1e400}"#, "name"),
            (r#"{"name":"\ud800"}"#, "name"),
        ];
        for (body, field) in table {
            let (found, detail) = code::<GuestBody>(body);
            assert_eq!(found, Code::InvalidField, "{body}");
            assert!(detail.contains(field), "{detail}");
        }
        let (found, detail) = code::<SendBody>(r#"{"client_id":"no","text":"hi"}"#);
        assert_eq!(found, Code::InvalidField);
        assert!(detail.contains("client_id"), "{detail}");
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let body = br#" {"name":"A\"[[[\\da","admin":true,"deep":[[[{"a":[]}]]],"session":null} "#;
        let body: GuestBody = parse(body).unwrap();
        assert_eq!((body.name.as_str(), body.session), ("A\"[[[\\da", None));
    }

    #[test]
    fn content_types() {
        let check = |pairs: &[(http::HeaderName, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, value.parse().unwrap());
            }
            check_type(&headers).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(check(&[(CONTENT_TYPE, good)]), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "application/jsonx",
            "application/json; charset=utf-16",
            "text/plain; application/json",
        ] {
            assert!(!check(&[(CONTENT_TYPE, bad)]), "{bad}");
        }
        assert!(!check(&[]));
        assert!(!check(&[(CONTENT_TYPE, "application/json"), (CONTENT_TYPE, "application/json")]));
        assert!(!check(&[(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip")]));
        assert!(check(&[(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "identity")]));
    }
}
