//! What those who run the server ask for on the admin listener: `/admin/v1/`, with the admin token.
//!
//! One file for each thing that there is to run. All that changes something goes through [`operate`], and is logged.

mod accounts;
mod addresses;
mod asked;
mod conversations;
mod keys;
mod settings;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{delete, get, post, put};
use chinwag_chat::{Authority, Operate, Operation, Reply, Request};
use chinwag_protocol::{Code, Problem, Timestamp};
use http::header::AUTHORIZATION;
use http::request::Parts;
use tokio::time::Instant;

use crate::app::App;
use crate::metrics::Limit;
use crate::refusal::{Refusal, unauthenticated};
use crate::routes;

/// Rows of a page for whoever does not say how many, and at most.
const PAGE: usize = 200;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(app: App) -> Router<S> {
    Router::new()
        .route("/admin/v1/accounts", get(accounts::list))
        .route("/admin/v1/accounts/{account}", get(accounts::show).delete(accounts::remove))
        .route("/admin/v1/accounts/{account}/ban", put(accounts::ban).delete(accounts::lift_ban))
        .route("/admin/v1/accounts/{account}/devices", delete(accounts::sign_out))
        .route("/admin/v1/accounts/{account}/password", post(accounts::reset_password))
        .route("/admin/v1/rooms", get(conversations::rooms))
        .route("/admin/v1/conversations/{id}", get(conversations::show))
        .route("/admin/v1/conversations/{id}/members", get(conversations::members))
        .route("/admin/v1/conversations/{id}/members/{account}", delete(conversations::remove_member))
        .route("/admin/v1/conversations/{id}/owner", post(conversations::hand_over))
        .route(
            "/admin/v1/conversations/{id}/closure",
            put(conversations::close).delete(conversations::reopen),
        )
        .route("/admin/v1/conversations/{id}/messages", get(conversations::messages))
        .route("/admin/v1/conversations/{id}/messages/{seq}", delete(conversations::delete_message))
        .route("/admin/v1/addresses", get(addresses::list).post(addresses::ban).delete(addresses::lift_ban))
        .route("/admin/v1/settings", get(settings::show).patch(settings::change))
        .route("/admin/v1/keys", get(keys::list).post(keys::make))
        .route("/admin/v1/keys/{id}", delete(keys::revoke))
        .with_state(app)
}

/// Whoever runs the server, as the token says.
#[derive(Debug)]
pub(crate) struct Operator(());

impl FromRequestParts<App> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Some(token) = &app.options.admin_token else {
            let detail = "This server has no admin token. With a data directory it makes one in the file admin-token; \
                          with a database, name a file for it: --admin-token-file.";
            return Err(unauthenticated(detail).into());
        };
        let mut values = parts.headers.get_all(AUTHORIZATION).into_iter();
        let given = values.next().and_then(|value| value.to_str().ok()?.split_once(' '));
        if let (Some((scheme, given)), None) = (given, values.next())
            && scheme.eq_ignore_ascii_case("bearer")
            && token.is(given.trim_matches(' '))
        {
            return Ok(Self(()));
        }
        // After the comparison, so that nobody who guesses keeps out whoever knows it.
        if let Err(wait) = app.wrong_admin_tokens.take((), Instant::now()) {
            app.metrics.hit(Limit::WrongAdminTokens);
            let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
            let detail = format!("There were too many wrong admin tokens. Try again in {seconds} s.");
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(seconds).into());
        }
        tracing::warn!("somebody came to the admin listener without the admin token");
        let detail = "Send \"Authorization: Bearer TOKEN\" with what is in the file admin-token of the data directory.";
        Err(unauthenticated(detail).into())
    }
}

/// Does something in the name of whoever runs the server. `what` is for the log, and holds nothing that people have typed.
async fn operate(app: &App, operation: Operation, what: &str) -> Result<Reply, Problem> {
    let (fresh, _) = routes::new_device(None)?;
    let operate = Operate { authority: Authority::Operator, operation, fresh };
    let done = app.store.submit(Request::Operate(operate.into())).await;
    match &done {
        Ok(_) => tracing::info!(what, "the operator has done something"),
        Err(problem) => tracing::warn!(what, code = %problem.code, "the operator was refused"),
    }
    done
}

/// When a ruling that is made now for so many seconds ends.
fn until(app: &App, seconds: Option<u64>) -> Result<Option<Timestamp>, Problem> {
    const SECONDS_MAX: u64 = 10 * 365 * 24 * 60 * 60;
    let Some(seconds) = seconds else { return Ok(None) };
    if !(1..=SECONDS_MAX).contains(&seconds) {
        let detail = format!("\"seconds\" is 1 to {SECONDS_MAX}; leave it out for ever.");
        return Err(Problem::new(Code::InvalidField, detail));
    }
    Ok(Some(Timestamp::from_millis((app.clock)().as_millis() + 1_000 * seconds.cast_signed())))
}
