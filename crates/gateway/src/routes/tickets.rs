//! Giving tickets, and reading with them.

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use chinwag_hub::Actors;
use chinwag_protocol::{Code, Problem, TicketAnswer};
use http::StatusCode;
use http::request::Parts;

use crate::answer::answer;
use crate::app::App;
use crate::metrics::Limit;
use crate::query::Query;
use crate::readers::Readers;
use crate::refusal::{Refusal, invalid_query, unauthenticated};
use crate::tickets::{Full, LIFETIME_SECONDS};
use crate::token::{self, Token};

/// `POST /v1/tickets`
pub(super) async fn give(State(app): State<App>, readers: Readers) -> Result<Response, Refusal> {
    for actor in readers.actors.as_slice() {
        app.limits.command(actor.device)?;
    }
    let known = readers.tokens.iter().map(|(account, token)| (*account, Some(*token)));
    let holders = known.chain(readers.lost.iter().map(|account| (*account, None))).collect();
    let ticket = Token::random()?;
    app.tickets.give(ticket.hash(), holders, (app.clock)()).map_err(|full| {
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
pub(super) struct Reader(pub(super) Readers);

impl FromRequestParts<App> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::parse(parts.uri.query())?;
        let Some(ticket) = query.text("ticket")? else {
            return Ok(Self(Readers::from_request_parts(parts, app).await?));
        };
        if query.text("accounts")?.is_some() {
            let detail = "A ticket stands for the accounts that it was asked for. Leave \"accounts\" out.";
            return Err(invalid_query(detail).into());
        }
        let holders = token::hash(ticket).and_then(|ticket| app.tickets.redeem(ticket, (app.clock)()));
        let (mut found, mut tokens, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for (account, token) in holders.unwrap_or_default() {
            let actor = match token {
                Some(token) => app.session(token).await?,
                None => None,
            };
            match actor.zip(token) {
                Some((actor, token)) => {
                    app.limits.read(actor.device)?;
                    found.push(actor);
                    tokens.push((account, token));
                }
                None => lost.push(account),
            }
        }
        let used = || unauthenticated("This ticket was used, or is too old. Get a new one.");
        Ok(Self(Readers { actors: Actors::new(found).ok_or_else(used)?, lost, tokens, by_cookie: false }))
    }
}
