//! How a server is spoken to.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::ClientError;

/// The version of HTTP, which is not haggled over: a server that does not speak it is an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1: connections that are kept for commands, and one more for each stream.
    #[default]
    Http1,
    /// HTTP/2 (RFC 9113): one connection for everything. Without TLS it is spoken at once ("prior knowledge").
    Http2,
}

/// Whose certificates are believed over `https://`.
#[derive(Debug, Clone, Default)]
pub enum TlsRoots {
    /// Those that the operating system believes.
    #[default]
    System,
    /// These, each in DER, and no others.
    These(Vec<Vec<u8>>),
}

/// How a server is spoken to.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// The version of HTTP, over `http://` and `https://` alike.
    pub protocol: Protocol,
    /// Whose certificates are believed.
    pub tls_roots: TlsRoots,
}

impl TlsRoots {
    /// The certificates in a PEM file's text, and no others.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ClientError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .map(|certificate| certificate.map(|der| der.to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ClientError::Protocol(format!("this is no certificate in PEM: {error}")))?;
        Ok(Self::These(certificates))
    }
}
