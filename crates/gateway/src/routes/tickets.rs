//! Giving tickets, and reading with them.

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use chinwag_protocol::{Code, Problem, TicketAnswer};
use http::StatusCode;
use http::request::Parts;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::metrics::Limit;
use crate::query::Query;
use crate::refusal::{Refusal, unauthenticated};
use crate::tickets::{Full, LIFETIME_SECONDS};
use crate::token::{self, Token};

/// `POST /v1/tickets`
pub(super) async fn give(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    app.limits.command(caller.actor.device)?;
    let ticket = Token::random()?;
    app.tickets.give(ticket.hash(), caller.token, (app.clock)()).map_err(|full| {
        app.metrics.hit(match full {
            Full::Device => Limit::TicketsPerDevice,
            Full::All => Limit::Tickets,
        });
        let detail = "There are too many tickets that were not used. Try again in a moment.";
        Problem::new(Code::TooManyRequests, detail).retry_after(LIFETIME_SECONDS)
    })?;
    let ticket = ticket.into_string();
    Ok(answer(StatusCode::CREATED, &TicketAnswer { ticket, expires_in_seconds: LIFETIME_SECONDS }))
}

/// Who reads: whoever a ticket in the URL stands for, else as with every request.
pub(super) struct Reader(pub(super) Caller);

impl FromRequestParts<App> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::parse(parts.uri.query())?;
        let Some(ticket) = query.text("ticket")? else {
            return Ok(Self(Caller::from_request_parts(parts, app).await?));
        };
        let token = token::hash(ticket).and_then(|ticket| app.tickets.redeem(ticket, (app.clock)()));
        let found = match token {
            Some(token) => app.session(token).await?.map(|actor| (token, actor)),
            None => None,
        };
        let Some((token, actor)) = found else {
            return Err(unauthenticated("This ticket was used, or is too old. Get a new one.").into());
        };
        app.limits.read(actor.device)?;
        Ok(Self(Caller { actor, token, by_cookie: false }))
    }
}
