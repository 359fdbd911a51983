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
    pub(crate) password_hashes: Counter,
    limit_hits: Family<Hit, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hit {
    limit: &'static str,
}

/// The limits that have no counter of their own. Each has the name of its field in [`crate::GatewayOptions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    ConnectionsPerAddress,
    TlsHandshakesPerAddress,
    GuestsPerAddress,
    StreamsPerDevice,
    CommandsPerDevice,
    NotesPerDevice,
    ReadsPerDevice,
    TicketsPerDevice,
    Tickets,
    HistoryBytes,
    UriBytes,
    HeaderBytes,
    BodyBytes,
    HeadTimeout,
    BodyTimeout,
    ControlFrames,
    OpenFiles,
    SignUpsPerAddress,
    WrongPasswordsPerAccount,
    WrongPasswordsPerAddress,
    PasswordHashesWaiting,
    SendsPerConversation,
    JoinsPerAccount,
    InvitesPerAccount,
    WrongInvitesPerDevice,
    WrongInvitesPerAddress,
    RequestsPerKey,
    WrongAdminTokens,
}

impl Limit {
    const ALL: [Self; 28] = [
        Self::ConnectionsPerAddress,
        Self::TlsHandshakesPerAddress,
        Self::GuestsPerAddress,
        Self::StreamsPerDevice,
        Self::CommandsPerDevice,
        Self::NotesPerDevice,
        Self::ReadsPerDevice,
        Self::TicketsPerDevice,
        Self::Tickets,
        Self::HistoryBytes,
        Self::UriBytes,
        Self::HeaderBytes,
        Self::BodyBytes,
        Self::HeadTimeout,
        Self::BodyTimeout,
        Self::ControlFrames,
        Self::OpenFiles,
        Self::SignUpsPerAddress,
        Self::WrongPasswordsPerAccount,
        Self::WrongPasswordsPerAddress,
        Self::PasswordHashesWaiting,
        Self::SendsPerConversation,
        Self::JoinsPerAccount,
        Self::InvitesPerAccount,
        Self::WrongInvitesPerDevice,
        Self::WrongInvitesPerAddress,
        Self::RequestsPerKey,
        Self::WrongAdminTokens,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ConnectionsPerAddress => "connections_per_address_max",
            Self::TlsHandshakesPerAddress => "tls_handshakes_per_address",
            Self::GuestsPerAddress => "guests_per_address",
            Self::StreamsPerDevice => "streams_per_device_max",
            Self::CommandsPerDevice => "commands_per_device",
            Self::NotesPerDevice => "notes_per_device",
            Self::ReadsPerDevice => "reads_per_device",
            Self::TicketsPerDevice => "tickets_per_device_max",
            Self::Tickets => "tickets_max",
            Self::HistoryBytes => "history_bytes_max",
            Self::UriBytes => "uri_bytes_max",
            Self::HeaderBytes => "header_bytes_max",
            Self::BodyBytes => "body_bytes_max",
            Self::HeadTimeout => "head_timeout",
            Self::BodyTimeout => "body_timeout",
            Self::ControlFrames => "http2.control_frames",
            Self::OpenFiles => "open_files",
            Self::SignUpsPerAddress => "sign_ups_per_address",
            Self::WrongPasswordsPerAccount => "wrong_passwords_per_account",
            Self::WrongPasswordsPerAddress => "wrong_passwords_per_address",
            Self::PasswordHashesWaiting => "password_hashes_waiting_max",
            Self::SendsPerConversation => "sends_per_conversation",
            Self::JoinsPerAccount => "joins_per_account",
            Self::InvitesPerAccount => "invites_per_account",
            Self::WrongInvitesPerDevice => "wrong_invites_per_device",
            Self::WrongInvitesPerAddress => "wrong_invites_per_address",
            Self::RequestsPerKey => "requests_per_key",
            Self::WrongAdminTokens => "wrong_admin_tokens",
        }
    }
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
        r.register(
            "password_hashes",
            "Passwords hashed, to keep or to compare them",
            self.password_hashes.clone(),
        );
        for limit in Limit::ALL {
            // So that it shows before it is hit.
            drop(self.limit_hits.get_or_create(&Hit { limit: limit.name() }));
        }
        r.register("limit_hits", "Times that a limit was hit, by its name", self.limit_hits.clone());
    }

    /// Counts that a limit was hit.
    pub(crate) fn hit(&self, limit: Limit) {
        self.limit_hits.get_or_create(&Hit { limit: limit.name() }).inc();
    }

    /// Counts an answer. `route` is a route's pattern, never a path: their number must be bounded.
    pub(crate) fn answered(&self, route: &str, code: StatusCode) {
        let status = match code.as_u16() {
            ..300 => Class::Success,
            300..400 => Class::Redirection,
            400..500 => Class::ClientError,
            500.. => Class::ServerError,
        };
        match code {
            StatusCode::REQUEST_TIMEOUT => self.hit(Limit::BodyTimeout),
            StatusCode::PAYLOAD_TOO_LARGE => self.hit(Limit::BodyBytes),
            StatusCode::URI_TOO_LONG => self.hit(Limit::UriBytes),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => self.hit(Limit::HeaderBytes),
            _ => {}
        }
        self.requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
    }
}
