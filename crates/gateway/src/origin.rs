//! Which web pages may use the server: the cookie's origin rules, and CORS.

use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use chinwag_sabotage::{Promise, breaks};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::client::Client;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where the page is from that a request comes from, if from any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// No `Origin` header, and no sign of another site.
    Unsaid,
    /// No `Origin` header, but the browser says that another site asks.
    ForeignSite,
    /// The server's own or an allowed one.
    Allowed(HeaderValue),
    /// Any other; also `null`.
    Refused,
}

impl Origin {
    /// Of a request. `allowed` are the origins other than the server's own.
    pub(crate) fn of(headers: &HeaderMap, client: &Client, allowed: &[String]) -> Self {
        let mut values = headers.get_all(ORIGIN).into_iter();
        match (values.next(), values.next()) {
            (None, _) => {
                let foreign = |site: &HeaderValue| site == "cross-site" || site == "same-site";
                if headers.get_all(SEC_FETCH_SITE).into_iter().any(foreign) {
                    Self::ForeignSite
                } else {
                    Self::Unsaid
                }
            }
            (Some(value), None) => match value.to_str() {
                Ok(text) if text != "null" && is_allowed(text, client, allowed) => {
                    Self::Allowed(value.clone())
                }
                _ => Self::Refused,
            },
            (_, Some(_)) => Self::Refused,
        }
    }

    /// Whether a request that a browser signs in by itself, with its cookie, may use `method`.
    pub(crate) fn check(&self, method: &Method) -> Result<(), Problem> {
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match self {
            _ if breaks(Promise::CheckOrigin) => Ok(()),
            Self::Allowed(_) => Ok(()),
            Self::Unsaid if reads => Ok(()),
            Self::Unsaid => Err(refused(
                "A changing request with a cookie needs an Origin header. A program sends \"Authorization: Bearer \
                 TOKEN\" instead of the cookie.",
            )),
            Self::ForeignSite | Self::Refused => Err(refused(
                "Pages of this origin may not use this server. If they should, start it with --allow-origin, or with \
                 --trusted-proxy if a proxy in front of it changes the scheme or the host.",
            )),
        }
    }
}

fn is_allowed(origin: &str, client: &Client, allowed: &[String]) -> bool {
    client.own_origin.as_deref() == Some(origin) || allowed.iter().any(|allowed| allowed == origin)
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::OriginRefused, detail)
}

/// Whether a browser asks if it may send a request of another origin.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight; [`allow`] adds the origin.
pub(crate) fn preflight(origin: &Origin) -> Result<Response, Problem> {
    origin.check(&Method::OPTIONS)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "Accept, Authorization, Chinwag-Account, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID",
        ),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Lets the page read the response, if it may. The answer depends on who asks, whether it says so or not.
pub(crate) fn allow(origin: &Origin, headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Origin::Allowed(value) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, value.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines = [(&'static str, &'static str)];

    fn origin(lines: &[(&str, &str)], own: &str) -> Origin {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let client = Client {
            by_proxy: false,
            forwards: false,
            address: "192.0.2.1".parse().unwrap(),
            https: own.starts_with("https"),
            own_origin: Some(own.to_owned()),
        };
        Origin::of(&headers, &client, &["https://app.example".to_owned()])
    }

    #[test]
    fn origins() {
        let own = "http://chat.example:8080";
        for good in ["http://chat.example:8080", "https://app.example"] {
            assert_eq!(origin(&[("origin", good)], own), Origin::Allowed(good.parse().unwrap()));
        }
        for bad in [
            "null",
            "",
            "http://chat.example",
            "http://chat.example:8081",
            "https://chat.example:8080",
            "http://chat.example:8080.evil",
            "http://chat.example:80800",
            "http://evilchat.example:8080",
            "http://sub.chat.example:8080",
            "http://chat.example.:8080",
            "http://user@chat.example:8080",
            "http://chat.example:8080@evil",
            "http://chat.example:8080/",
            "http://chat.example:8080 http://evil",
            "http://evil",
            "http://app.example",
            "https://app.example.evil",
            "https://app.example:444",
            "https://xapp.example",
            "*",
        ] {
            assert_eq!(origin(&[("origin", bad)], own), Origin::Refused, "{bad}");
        }
        assert_eq!(origin(&[("origin", own), ("origin", own)], own), Origin::Refused);
        assert_eq!(origin(&[], own), Origin::Unsaid);
    }

    #[test]
    fn what_a_cookie_may_do() {
        let own = "http://chat.example";
        let (reads, changes) = (
            [Method::GET, Method::HEAD, Method::OPTIONS],
            [Method::POST, Method::PUT, Method::PATCH, Method::DELETE],
        );
        let table: &[(&Lines, bool, bool)] = &[
            (&[], true, false),
            (&[("sec-fetch-site", "none")], true, false),
            (&[("sec-fetch-site", "same-origin")], true, false),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (&[("origin", own)], true, true),
            (&[("origin", own), ("sec-fetch-site", "same-origin")], true, true),
            (&[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")], true, true),
            (&[("origin", "http://evil"), ("sec-fetch-site", "cross-site")], false, false),
            (&[("origin", "http://evil"), ("sec-fetch-site", "same-origin")], false, false),
            (&[("origin", "null")], false, false),
        ];
        for (lines, may_read, may_change) in table {
            let origin = origin(lines, own);
            for method in &reads {
                assert_eq!(origin.check(method).is_ok(), *may_read, "{lines:?} {method}");
            }
            for method in &changes {
                assert_eq!(origin.check(method).is_ok(), *may_change, "{lines:?} {method}");
            }
        }
    }
}
