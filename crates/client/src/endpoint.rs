//! Where a server is, and how a connection to it is made.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Uri};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::{ClientError, ClientOptions, Protocol, TlsRoots};

/// How long a connection may take to be made, with TLS.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What bytes travel over.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A server's address.
pub(crate) struct Endpoint {
    /// What TCP connects to.
    host: String,
    port: u16,
    scheme: Scheme,
    /// What `Host` or `:authority` says.
    authority: Authority,
    host_field: HeaderValue,
    /// What stands before every path, without a slash at its end.
    prefix: String,
    pub(crate) protocol: Protocol,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{} over {:?}", self.scheme, self.authority, self.prefix, self.protocol)
    }
}

impl Endpoint {
    pub(crate) fn new(base_url: &str, options: &ClientOptions) -> Result<Self, ClientError> {
        let wrong = |why: &str| ClientError::Protocol(format!("{base_url:?} is no base URL: {why}"));
        let uri: Uri = base_url.parse().map_err(|_| wrong("it is not a URL"))?;
        let (scheme, default_port) = match uri.scheme_str() {
            Some("http") => (Scheme::HTTP, 80),
            Some("https") => (Scheme::HTTPS, 443),
            _ => return Err(wrong("only http:// and https:// are spoken here")),
        };
        let Some(authority) = uri.authority() else { return Err(wrong("it names no server")) };
        // Brackets of an IPv6 address are of the URL, not of the address.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = if scheme == Scheme::HTTPS {
            let name =
                ServerName::try_from(host.clone()).map_err(|_| wrong("no certificate can name its host"))?;
            Some((TlsConnector::from(Arc::new(tls_config(options)?)), name))
        } else {
            None
        };
        Ok(Self {
            port: authority.port_u16().unwrap_or(default_port),
            host_field: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("its host is odd"))?,
            authority: authority.clone(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            protocol: options.protocol,
            host,
            scheme,
            tls,
        })
    }

    /// The origin of a page that this server has sent.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// A new connection, over which HTTP has not been spoken yet.
    pub(crate) async fn connect(&self) -> Result<Box<dyn Socket>, ClientError> {
        timeout(CONNECT_TIMEOUT, self.connect_at_leisure())
            .await
            .map_err(|_| ClientError::timed_out("the server did not accept in time"))?
    }

    /// A new connection, if HTTP/1.1 is spoken on it and nothing is in between.
    pub(crate) async fn connect_bare(&self) -> Result<Option<TcpStream>, ClientError> {
        if self.tls.is_some() || self.protocol != Protocol::Http1 {
            return Ok(None);
        }
        let socket = timeout(CONNECT_TIMEOUT, self.connect_tcp()).await;
        socket.map_err(|_| ClientError::timed_out("the server did not accept in time"))?.map(Some)
    }

    async fn connect_tcp(&self) -> Result<TcpStream, ClientError> {
        let socket = TcpStream::connect((self.host.as_str(), self.port)).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }

    async fn connect_at_leisure(&self) -> Result<Box<dyn Socket>, ClientError> {
        let socket = self.connect_tcp().await?;
        let Some((connector, name)) = &self.tls else { return Ok(Box::new(socket)) };
        let socket = connector.connect(name.clone(), socket).await.map_err(tls_error)?;
        let agreed = socket.get_ref().1.alpn_protocol();
        // HTTP/1.1 is what a server without ALPN speaks (RFC 7301, RFC 9113 §3.2).
        let spoken = match self.protocol {
            Protocol::Http1 => agreed.is_none_or(|protocol| protocol == alpn(Protocol::Http1)),
            Protocol::Http2 => agreed == Some(alpn(Protocol::Http2)),
        };
        if !spoken {
            return Err(ClientError::Protocol(format!("the server does not speak {:?}", self.protocol)));
        }
        Ok(Box::new(socket))
    }

    /// Gives a request, of which the URI is path and query, what the version of HTTP wants to have beside them.
    pub(crate) fn address<B>(&self, request: Request<B>) -> Result<Request<B>, ClientError> {
        let (mut parts, body) = request.into_parts();
        let path = format!("{}{}", self.prefix, parts.uri);
        let wrong = |_| ClientError::Protocol(format!("{path:?} is not a path and query"));
        parts.uri = match self.protocol {
            Protocol::Http1 => {
                parts.headers.insert(HOST, self.host_field.clone());
                path.parse().map_err(wrong)?
            }
            Protocol::Http2 => Uri::builder()
                .scheme(self.scheme.clone())
                .authority(self.authority.clone())
                .path_and_query(path.as_str())
                .build()
                .map_err(|_| ClientError::Protocol(format!("{path:?} is not a path and query")))?,
        };
        Ok(Request::from_parts(parts, body))
    }
}

/// A server that cannot be agreed with, or whose certificate is not believed, is no better the next time.
fn tls_error(error: io::Error) -> ClientError {
    match error.downcast::<rustls::Error>() {
        Ok(error) => ClientError::Protocol(format!("TLS failed: {error}")),
        Err(error) => error.into(),
    }
}

fn alpn(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Http1 => b"http/1.1",
        Protocol::Http2 => b"h2",
    }
}

fn tls_config(options: &ClientOptions) -> Result<ClientConfig, ClientError> {
    let wrong = |error: rustls::Error| ClientError::Protocol(format!("TLS cannot be set up: {error}"));
    let mut roots = RootCertStore::empty();
    match &options.tls_roots {
        TlsRoots::System => {
            // Systems have a certificate or two that cannot be read; the others do.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        TlsRoots::These(certificates) => {
            for certificate in certificates {
                roots.add(CertificateDer::from(certificate.as_slice())).map_err(wrong)?;
            }
        }
    }
    // Named, for a program may have several compiled in.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn(options.protocol).to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, ClientError> {
        Endpoint::new(url, &ClientOptions { tls_roots: TlsRoots::These(Vec::new()), ..Default::default() })
    }

    #[test]
    fn base_urls() {
        for (url, host, port, prefix) in [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""),
            ("http://chat.example/", "chat.example", 80, ""),
            ("http://[::1]:8080/chinwag/", "::1", 8080, "/chinwag"),
            ("https://chat.example", "chat.example", 443, ""),
            ("https://[::1]:8443", "::1", 8443, ""),
        ] {
            let endpoint = endpoint(url).unwrap();
            assert_eq!(
                (endpoint.host.as_str(), endpoint.port, endpoint.prefix.as_str()),
                (host, port, prefix)
            );
            assert_eq!(endpoint.tls.is_some(), url.starts_with("https"));
        }
        for url in ["ws://chat.example", "chat.example", "", "http://", "/path", "https://a..b"] {
            assert!(matches!(endpoint(url), Err(ClientError::Protocol(_))), "{url:?}");
        }
    }

    #[test]
    fn requests_are_addressed_as_their_version_wants_it() {
        for (protocol, uri, host) in [
            (Protocol::Http1, "/chinwag/v1/events?after=c", Some("chat.example:81")),
            (Protocol::Http2, "http://chat.example:81/chinwag/v1/events?after=c", None),
        ] {
            let options = ClientOptions { protocol, ..Default::default() };
            let endpoint = Endpoint::new("http://chat.example:81/chinwag/", &options).unwrap();
            let request = endpoint.address(Request::get("/v1/events?after=c").body(()).unwrap()).unwrap();
            assert_eq!(request.uri(), uri);
            assert_eq!(request.headers().get(HOST).map(|host| host.to_str().unwrap()), host);
        }
    }
}
