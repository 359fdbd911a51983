//! Accepts TLS connections, with a certificate that can be exchanged while they are served.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::pem::{self, TlsError};
use super::taken::Taken;

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// Bytes of one connection that wait, encrypted, for the socket.
const BUFFER_BYTES_MAX: usize = 16 << 10;

/// A socket that speaks TLS.
pub(crate) type TlsSocket = TlsStream<Taken<TcpStream>>;

/// A certificate, its key, and how TLS is spoken with them: TLS 1.3 and 1.2, HTTP/2 and HTTP/1.1. A clone is another handle
/// on the same.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
}

/// The certificate in use, and the files that it is from.
#[derive(Debug)]
struct Certificate {
    certificate_file: PathBuf,
    key_file: PathBuf,
    provider: Arc<CryptoProvider>,
    certified: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certified.read().clone())
    }
}

impl Tls {
    /// Reads a certificate and its key, both PEM. Blocks.
    pub fn open(certificate_file: PathBuf, key_file: PathBuf) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certified = pem::read(&certificate_file, &key_file, &provider)?;
        let certificate = Arc::new(Certificate {
            certificate_file,
            key_file,
            provider: provider.clone(),
            certified: RwLock::new(Arc::new(certified)),
        });
        let unusable =
            |source| TlsError::Unusable { certificate: certificate.certificate_file.clone(), source };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        // Sessions are resumed by what the client keeps, so that they take no memory here.
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(unusable)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(Self { config: Arc::new(config), certificate })
    }

    /// Reads the files again, for connections that come from now on. If it fails, the old certificate stays. Blocks.
    pub fn reload(&self) -> Result<(), TlsError> {
        let Certificate { certificate_file, key_file, provider, certified } = &*self.certificate;
        let new = pem::read(certificate_file, key_file, provider)?;
        *certified.write() = Arc::new(new);
        Ok(())
    }

    /// The handshake. If it fails, the peer has been told why as far as possible, and the socket comes back.
    pub(crate) async fn accept(&self, socket: TcpStream) -> Result<TlsSocket, (io::Error, TcpStream)> {
        let accepting =
            TlsAcceptor::from(self.config.clone()).accept_with(Taken::new(socket), |connection| {
                connection.set_buffer_limit(Some(BUFFER_BYTES_MAX));
            });
        accepting.into_fallible().await.map_err(|(error, socket)| (error, socket.into_inner()))
    }
}

/// What was agreed on (RFC 7301).
pub(crate) fn speaks_http2(socket: &TlsSocket) -> bool {
    socket.get_ref().1.alpn_protocol() == Some(HTTP2)
}

/// The socket below.
pub(crate) fn tcp(socket: &TlsSocket) -> &TcpStream {
    socket.get_ref().0.inner()
}
