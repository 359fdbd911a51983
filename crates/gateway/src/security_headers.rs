//! What browsers are told about every response.

use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// For pages: only our own files, nothing inline, and no string becomes code.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
/// For everything else: should it be opened as a page, it can do nothing.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// For a year, this host by HTTPS only (RFC 6797): a browser that knows it never asks in the clear, where a page or the
/// cookie could be taken.
const HTTPS_ONLY: &str = "max-age=31536000";

/// Adds the headers that stand on every response. `https` is whether the client asked by TLS.
pub(crate) fn add(status: StatusCode, https: bool, headers: &mut HeaderMap) {
    // A browser puts the headers of a 304 in the place of those that it has stored. A 304 has no type, and so does not
    // tell a page, whose stored policy stays.
    if status != StatusCode::NOT_MODIFIED {
        let is_page =
            headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
        let policy = if is_page { PAGE_POLICY } else { DATA_POLICY };
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    for (name, value) in
        [(REFERRER_POLICY, "no-referrer"), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (X_FRAME_OPTIONS, "DENY")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
}
