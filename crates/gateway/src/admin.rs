//! Routes of the admin server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chinwag_protocol::{Code, Problem};
use http::header::CONTENT_TYPE;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::refusal::{Refusal, internal, shutting_down};
use crate::{operator, routes};

#[derive(Clone)]
struct Admin {
    app: App,
    registry: Arc<Registry>,
}

pub(crate) fn router(app: App) -> Router {
    let mut registry = Registry::default();
    app.metrics.register(&mut registry);
    app.hub.metrics().register(&mut registry);
    app.store.metrics().register(&mut registry);
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready));
    let router = router.merge(operator::router(app.clone()));
    routes::with_refusals(router).with_state(Admin { app, registry: Arc::new(registry) })
}

async fn metrics(State(admin): State<Admin>) -> Result<Response, Refusal> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &admin.registry).map_err(|_| internal())?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// Whether requests should be sent here.
async fn ready(State(admin): State<Admin>) -> Result<&'static str, Refusal> {
    if admin.app.stopping.load(Ordering::Relaxed) {
        return Err(shutting_down().into());
    }
    if let Some(reason) = admin.app.store.trouble() {
        let detail =
            format!("Nothing can be stored: {reason}. Reading goes on. The server tries again by itself.");
        return Err(Problem::new(Code::Unavailable, detail).retry_after(5).into());
    }
    admin.app.store.head().await?;
    Ok("ready\n")
}
