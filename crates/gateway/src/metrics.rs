//! What the gateway counts.

use http::StatusCode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters of the gateway.
#[derive(Debug, Clone, Default)]
pub(crate) struct GatewayMetrics {
    requests: Family<Answered, Counter>,
    /// Connections that speak HTTP; streams are the hub's.
    pub(crate) connections: Gauge,
    pub(crate) connections_refused: Counter,
    pub(crate) http2_streams: Gauge,
    pub(crate) http2_streams_refused: Counter,
    pub(crate) http2_offences: Counter,
    pub(crate) http2_dead: Counter,
    pub(crate) responses_not_taken: Counter,
    pub(crate) tls_handshakes_failed: Counter,
    pub(crate) certificate_loaded_seconds: Gauge,
    pub(crate) certificate_reloads_failed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Class {
    Success,
    Redirection,
    ClientError,
    ServerError,
}

impl GatewayMetrics {
    /// Names the counters for Prometheus.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("chinwag_gateway");
        r.register("requests", "Requests answered", self.requests.clone());
        r.register("connections", "Connections that speak HTTP", self.connections.clone());
        r.register(
            "connections_refused",
            "Connections refused because of their number",
            self.connections_refused.clone(),
        );
        r.register("http2_streams", "Open streams of HTTP/2 connections", self.http2_streams.clone());
        r.register(
            "http2_streams_refused",
            "Streams of HTTP/2 connections refused because of the number of all of them",
            self.http2_streams_refused.clone(),
        );
        r.register(
            "http2_offences",
            "HTTP/2 connections closed because the peer broke the protocol or a limit",
            self.http2_offences.clone(),
        );
        r.register(
            "http2_dead",
            "HTTP/2 connections closed because the peer did not answer a ping",
            self.http2_dead.clone(),
        );
        r.register(
            "responses_not_taken",
            "Responses given up because the peer did not take them in time",
            self.responses_not_taken.clone(),
        );
        r.register(
            "tls_handshakes_failed",
            "TLS handshakes that failed or took too long",
            self.tls_handshakes_failed.clone(),
        );
        r.register(
            "certificate_loaded_seconds",
            "When the certificate in use was loaded, in seconds since 1970; 0 without TLS",
            self.certificate_loaded_seconds.clone(),
        );
        r.register(
            "certificate_reloads_failed",
            "Times that a new certificate could not be used, and the old one stayed",
            self.certificate_reloads_failed.clone(),
        );
    }

    /// Counts an answer. `route` is a route's pattern, never a path: their number must be bounded.
    pub(crate) fn answered(&self, route: &str, status: StatusCode) {
        let status = match status.as_u16() {
            ..300 => Class::Success,
            300..400 => Class::Redirection,
            400..500 => Class::ClientError,
            500.. => Class::ServerError,
        };
        self.requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
    }
}
