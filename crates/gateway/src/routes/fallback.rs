//! What no route answers.

use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::assets;
use crate::refusal::Refusal;

const NOT_FOUND_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Not found</title>\n\
    <h1>Not found</h1>\n<p>There is nothing here. <a href=\"/\">To the rooms</a>\n</html>\n";

/// A file of the web app if the path is one's, else 404.
pub(super) async fn not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method == Method::CONNECT {
        let detail = "This server passes nothing on to others; ask it for what it has itself.";
        return Refusal::from(Problem::new(Code::MethodNotAllowed, detail)).into_response();
    }
    if let Some(asset) = assets::find(uri.path()) {
        return if matches!(method, Method::GET | Method::HEAD) {
            asset.respond(&headers)
        } else {
            ([(http::header::ALLOW, "GET, HEAD")], method_not_allowed().await).into_response()
        };
    }
    if uri.path().starts_with("/v1/") {
        return Refusal::from(Problem::new(Code::NotFound, "There is no such resource.")).into_response();
    }
    not_found_page()
}

/// For people.
pub(super) fn not_found_page() -> Response {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_FOUND_PAGE).into_response()
}

/// The router adds which methods there are.
pub(super) async fn method_not_allowed() -> Refusal {
    Refusal::from(Problem::new(Code::MethodNotAllowed, "This resource has other methods; see Allow."))
}
