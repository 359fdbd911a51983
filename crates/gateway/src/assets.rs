//! The files of the web app, built into the program.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::etag;
use crate::quality::accepts_encoding;

/// A file of the web app, and its compressed forms if it has any.
#[derive(Debug)]
pub(crate) struct Asset {
    path: &'static str,
    content_type: &'static str,
    /// SHA-256 of the file.
    hash: &'static str,
    identity: &'static [u8],
    br: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file at `path`, if there is one.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

impl Asset {
    /// The response to a request with `headers`, or 304 if the client has it.
    pub(crate) fn respond(&self, headers: &HeaderMap) -> Response {
        let forms = [("br", self.br), ("gzip", self.gzip)];
        let compressed = forms.into_iter().find_map(|(coding, bytes)| {
            bytes.filter(|_| accepts_encoding(headers, coding)).map(|b| (coding, b))
        });
        // Each form has a tag of its own: they are different bytes.
        let tag = compressed.map_or(self.hash.to_owned(), |(coding, _)| format!("{}-{coding}", self.hash));

        let mut response = if etag::client_has(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response =
                Body::from(compressed.map_or(self.identity, |(_, bytes)| bytes)).into_response();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some((coding, _)) = compressed {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        };
        let headers = response.headers_mut();
        // What the web build names by its content never changes under its name.
        let caching = if self.path.starts_with("/assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Ok(tag) = HeaderValue::try_from(format!("\"{tag}\"")) {
            headers.insert(ETAG, tag);
        }
        response
    }
}
