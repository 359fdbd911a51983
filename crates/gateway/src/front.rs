//! The rules that hold for every request, whatever its route.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Code, Problem};
use chinwag_sabotage::{Promise, breaks};
use http::header::{ALLOW, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::app::App;
use crate::client::{Client, Peer, note_ignored_headers};
use crate::connection::EventStream;
use crate::http1::UnclearEnd;
use crate::limits::AddressPlace;
use crate::options::GatewayOptions;
use crate::origin::Origin;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_header};
use crate::token::Credential;
use crate::{origin, security_headers};

/// Headers of a request. hyper reads no more of HTTP/1.1, and HTTP/2 is no other matter.
const HEADERS_MAX: usize = 100;

/// Routes, and the rules in front of them.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) app: App,
    router: Router,
    /// Whether clients come here, whose streams the hub has; else whoever runs the server.
    pub(crate) for_clients: bool,
    /// Streams of all HTTP/2 connections that may still be opened.
    pub(crate) http2_streams: Arc<Semaphore>,
}

/// A route's pattern, left on its responses.
#[derive(Debug, Clone)]
pub(crate) struct Route(pub(crate) MatchedPath);

impl Front {
    pub(crate) fn new(app: App, router: Router, for_clients: bool, http2_streams_max: usize) -> Self {
        // It can count no further; the system ends before that.
        let http2_streams = Arc::new(Semaphore::new(http2_streams_max.min(Semaphore::MAX_PERMITS)));
        Self { app, router, for_clients, http2_streams }
    }

    /// Answers a request of `peer`.
    pub(crate) async fn answer(&self, mut request: Request<Body>, peer: Peer) -> Response {
        let method = request.method().clone();
        let is_api = ["/v1/", "/admin/v1/"].iter().any(|start| request.uri().path().starts_with(start));
        note_ignored_headers(peer.address, request.headers(), &self.app.options.trusted_proxy);

        let (origin, admitted) = self.admit(&mut request, peer);
        let mut place = None;
        let https = request.extensions().get::<Client>().map_or(peer.tls, |client| client.https);
        let mut response = match admitted {
            Err(problem) => Refusal::from(problem).into_response(),
            Ok(_) if is_api && origin::is_preflight(&method, request.headers()) => {
                origin::preflight(&origin).unwrap_or_else(|problem| Refusal::from(problem).into_response())
            }
            Ok(admitted) => {
                place = admitted;
                match self.router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };

        name_methods(&method, &mut response);
        let status = response.status();
        let headers = response.headers_mut();
        security_headers::add(status, https, headers);
        if is_api {
            if !breaks(Promise::NoStore) {
                headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            }
            origin::allow(&origin, headers);
        }
        if let (Some(stream), Some(place)) = (response.extensions_mut().get_mut::<EventStream>(), place) {
            // The request ends with its stream.
            stream.held.push(Arc::new(place));
        }
        let route = response.extensions().get::<Route>().map_or("none", |Route(path)| path.as_str());
        self.app.metrics.answered(route, response.status());
        response
    }

    /// Checks what no route need check again, and leaves on the request who asks. While the request is open, its place counts.
    fn admit(
        &self,
        request: &mut Request<Body>,
        peer: Peer,
    ) -> (Origin, Result<Option<AddressPlace>, Problem>) {
        let options = &self.app.options;
        let (version, target) = (request.version(), request.uri().authority().cloned());
        let client = Client::of(peer, version, target.as_ref(), request.headers(), &options.trusted_proxy);
        let client = match client {
            Ok(client) => client,
            Err(problem) => return (Origin::Refused, Err(problem)),
        };
        let origin = Origin::of(request.headers(), &client, &options.allow_origin);
        if self.for_clients
            && let Err(problem) = self.app.address_bans.check(client.address, (self.app.clock)())
        {
            return (origin, Err(problem));
        }
        let place = if self.for_clients { self.app.limits.request(&client) } else { Ok(None) };
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(origin.clone());
        let checked = check(request, &origin, options);
        (origin, checked.and(place))
    }
}

fn check(request: &Request<Body>, origin: &Origin, options: &GatewayOptions) -> Result<(), Problem> {
    let &GatewayOptions { uri_bytes_max, header_bytes_max, .. } = options;
    let uri = request.uri();
    if uri.path_and_query().map_or(0, |path| path.as_str().len()) > uri_bytes_max {
        let detail = format!("A URL has at most {uri_bytes_max} bytes.");
        return Err(Problem::new(Code::UriTooLong, detail));
    }
    if request.headers().len() > HEADERS_MAX {
        let detail = format!("A request has at most {HEADERS_MAX} headers.");
        return Err(Problem::new(Code::HeadersTooLarge, detail));
    }
    if header_bytes(request.headers()) > header_bytes_max {
        let detail = format!("The headers of a request have at most {header_bytes_max} bytes.");
        return Err(Problem::new(Code::HeadersTooLarge, detail));
    }
    if request.extensions().get::<UnclearEnd>().is_some() {
        let detail = "Send either a Content-Length or one Transfer-Encoding: chunked, and no other coding.";
        return Err(invalid_header(detail));
    }
    // Refuses tokens in it.
    Query::parse(uri.query())?;
    if matches!(Credential::of(request.headers()), Credential::Cookies(_)) && uri.path().starts_with("/v1/") {
        origin.check(request.method())?;
    }
    Ok(())
}

fn header_bytes(headers: &HeaderMap) -> usize {
    const SEPARATORS: usize = ": \r\n".len();
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + SEPARATORS).sum()
}

/// Turns a 405 to OPTIONS into its answer, and names OPTIONS where methods are named.
fn name_methods(method: &Method, response: &mut Response) {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let allowed = response.headers().get(ALLOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // CONNECT is how HTTP/2 opens what HTTP/1.1 opens with GET; it is no method of its own.
    let allowed = allowed.split(',').map(str::trim).filter(|method| !matches!(*method, "" | "CONNECT"));
    let allowed = allowed.chain(["OPTIONS"]);
    let allowed = allowed.collect::<Vec<_>>().join(", ");
    let Ok(allowed) = HeaderValue::from_str(&allowed) else { return };
    if method == Method::OPTIONS {
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.body_mut() = Body::empty();
        response.headers_mut().clear();
    }
    response.headers_mut().insert(ALLOW, allowed);
}
