//! Reading: one resource in four representations, the fifth being in `upgrade.rs`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chinwag_hub::{Actors, After, Format, PollAnswer, PollEnd, PollRequest, StreamRequest, View};
use chinwag_protocol::{AccountId, Code, Problem};
use chinwag_websocket::handshake::Acceptance;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::tickets::Reader;
use super::upgrade;
use crate::app::App;
use crate::caller::nobody;
use crate::client::Client;
use crate::connection::{EventStream, Held};
use crate::cursor;
use crate::etag;
use crate::origin::Origin;
use crate::presence;
use crate::quality::{Representation, representation};
use crate::query::Query;
use crate::readers::Readers;
use crate::refusal::{Refusal, store_problem, unauthenticated, unavailable};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx to pass a stream on as it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How a request wants to read.
enum Wanted {
    WebSocket(Acceptance),
    Body(Representation),
}

/// `GET /v1/events`
pub(super) async fn read(
    State(app): State<App>,
    Reader(readers): Reader,
    Extension(client): Extension<Client>,
    Extension(origin): Extension<Origin>,
    query: Query,
    request: Parts,
) -> Result<Response, Refusal> {
    let Readers { actors, lost, by_cookie, .. } = readers;
    let headers = &request.headers;
    let wanted = if upgrade::is_asked(&request) {
        Wanted::WebSocket(upgrade::accept(&request, by_cookie, &origin)?)
    } else {
        Wanted::Body(representation(headers)?)
    };
    let view = presence::view_of_query(&query)?.map(|view| viewer(&actors, &query, view)).transpose()?;
    let wait_seconds = query.number("wait")?.unwrap_or(0).min(app.hub.server().limits.poll_seconds.into());
    let cursor = match last_event_id(headers)? {
        Some(cursor) => Some(cursor),
        None => query.text("after")?,
    };
    let after = match cursor {
        Some(cursor) => cursor::open(&app, cursor).await?,
        None => app.hub.now().await.map_err(|error| store_problem(&error))?,
    };
    // HEAD only shows what GET would say: it holds nothing and acknowledges nothing.
    let is_head = request.method == Method::HEAD;
    if let After::Pos(pos) = after
        && !is_head
    {
        for actor in actors.as_slice() {
            app.hub.acknowledge(*actor, pos);
        }
    }
    // HEAD of a stream opens none.
    let held = match wanted {
        Wanted::Body(Representation::Poll) => Vec::new(),
        _ if is_head => Vec::new(),
        _ => places(&app, &actors)?,
    };
    let mut response = match wanted {
        Wanted::Body(Representation::Poll) => {
            let wait = Duration::from_secs(if is_head { 0 } else { wait_seconds });
            let answer = poll(
                &app,
                PollRequest { actors, lost, after, wait, view: view.filter(|_| !is_head) },
                cursor,
                headers,
            )
            .await?;
            // It may have been held for long.
            app.address_bans.check(client.address, (app.clock)())?;
            answer
        }
        Wanted::Body(Representation::Sse) => {
            stream((actors, lost), client.address, (after, view), held, (Format::Sse, "text/event-stream"))
        }
        Wanted::Body(Representation::Ndjson) => {
            let ndjson = (Format::Ndjson, "application/x-ndjson");
            stream((actors, lost), client.address, (after, view), held, ndjson)
        }
        Wanted::WebSocket(acceptance) => {
            let from = (client.address, app.limits.network(&client));
            upgrade::answer(acceptance, (actors, lost), from, after, view, held)
        }
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// The cursor that an `EventSource` sends when it reconnects.
fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let invalid = || Problem::new(Code::InvalidCursor, "Last-Event-ID is no cursor.");
    let cursor = value.to_str().map_err(|_| invalid())?;
    Ok(Some(cursor).filter(|cursor| !cursor.is_empty()))
}

/// In whose name a reader looks: the only one, or of several the one that is named.
fn viewer(actors: &Actors, query: &Query, view: View) -> Result<(AccountId, View), Problem> {
    let named = query.text("view_as")?.map(|id| id.parse().map_err(|_| nobody())).transpose()?;
    let viewer = match named {
        Some(account) => actors.of(account).ok_or_else(nobody)?,
        None => actors.only().ok_or_else(|| {
            let detail = "This reads for several accounts. Name the one that looks in \"view_as\".";
            Problem::new(Code::AccountRequired, detail)
        })?,
    };
    Ok((viewer.account, view))
}

/// What a stream holds of each of its devices while it is open.
fn places(app: &App, actors: &Actors) -> Result<Vec<Held>, Problem> {
    let mut held: Vec<Held> = Vec::new();
    for actor in actors.as_slice() {
        held.extend(app.limits.stream(actor.device)?.map(|place| -> Held { Arc::new(place) }));
    }
    Ok(held)
}

fn stream(
    (actors, lost): (Actors, Vec<AccountId>),
    address: IpAddr,
    (after, view): (After, Option<(AccountId, View)>),
    held: Vec<Held>,
    (format, content_type): (Format, &'static str),
) -> Response {
    // Some proxies change or gather what goes through them unless they are told not to.
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    let mut response = (headers, Body::empty()).into_response();
    let request = StreamRequest { actors, lost, after, format, address, network: None, view };
    response.extensions_mut().insert(EventStream { request, held });
    response
}

async fn poll(
    app: &App,
    request: PollRequest,
    cursor: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let answer = app.hub.poll(request).await.map_err(|end| match end {
        PollEnd::SignedOut => unauthenticated("This device was signed out. Get a new token."),
        PollEnd::Unavailable => unavailable(),
    })?;
    let is_empty = answer.events.is_empty();
    // The place that the client holds if it ignores an empty answer. So the tag of every answer says "nothing since here",
    // and fits the next poll from there.
    let tag = match cursor {
        Some(cursor) if is_empty => cursor.to_owned(),
        _ => answer.cursor.as_str().to_owned(),
    };
    let mut response = if is_empty && !answer.more && etag::client_has(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "application/json")], poll_body(&answer)).into_response()
    };
    if let Ok(tag) = HeaderValue::try_from(format!("W/\"{tag}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// The records are JSON already, and go in as they are.
fn poll_body(answer: &PollAnswer) -> Vec<u8> {
    let records: usize = answer.events.iter().map(|record| record.len() + 1).sum();
    let mut body = Vec::with_capacity(records + 96);
    body.extend_from_slice(b"{\"events\":[");
    for (at, record) in answer.events.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(record);
    }
    // A cursor is base64url, which needs no escapes.
    body.extend_from_slice(
        format!("],\"cursor\":\"{}\",\"more\":{}}}", answer.cursor, answer.more).as_bytes(),
    );
    body
}
