//! The pages of the web app.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use chinwag_protocol::Slug;
use http::HeaderMap;

use super::fallback::not_found_page;
use crate::assets;

/// `GET /`
pub(super) async fn index(headers: HeaderMap) -> Response {
    // The build refuses to make a table without it.
    assets::find("/index.html").map_or_else(not_found_page, |page| page.respond(&headers))
}

/// `GET /r/{slug}`: the same page, which reads the slug from its own address.
pub(super) async fn room(slug: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    match slug {
        Ok(Path(slug)) if Slug::parse(slug.as_str()).is_ok() => index(headers).await,
        _ => not_found_page(),
    }
}
