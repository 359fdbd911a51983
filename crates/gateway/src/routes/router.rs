//! Which path goes where.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{delete, get, post, put};

use super::{ack, conversations, events, fallback, guests, pages, server, session, sync, tickets};
use crate::app::App;
use crate::front::Route;

pub(crate) fn router(app: App) -> Router {
    let router = Router::new()
        .route("/v1/guests", post(guests::create))
        .route("/v1/session", get(session::show).delete(session::sign_out))
        .route("/v1/rooms/{slug}", put(conversations::open_room))
        .route(
            "/v1/conversations/{id}/messages",
            get(conversations::history).post(conversations::send_message),
        )
        .route("/v1/conversations/{id}/messages/{seq}", delete(conversations::delete_message))
        .route("/v1/conversations/{id}/membership", delete(conversations::leave))
        .route("/v1/sync", get(sync::page))
        .route("/v1/ack", post(ack::acknowledge))
        .route("/v1/tickets", post(tickets::give))
        .route("/v1/server", get(server::show))
        .route("/v1/events", get(events::read).connect(events::read))
        .route("/", get(pages::index))
        .route("/r/{slug}", get(pages::room));
    with_refusals(router).with_state(app)
}

/// Answers what no route answers, and leaves each route's pattern on its responses.
pub(crate) fn with_refusals<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(fallback::not_found)
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .layer(from_fn(leave_route))
}

async fn leave_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned().map(Route);
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
