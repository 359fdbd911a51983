//! Reads a certificate and its key.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemFile {
    /// The certificate, with those that link it to a root.
    Certificate,
    /// Its private key.
    Key,
}

impl fmt::Display for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
        })
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// There is no such file.
    #[error("there is no {file} file {}", path.display())]
    Missing {
        /// Which of the two.
        file: PemFile,
        /// Its name.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("the {file} file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which of the two.
        file: PemFile,
        /// Its name.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no such thing in PEM.
    #[error("the {file} file {} holds no {file} in PEM", path.display())]
    NotPem {
        /// Which of the two.
        file: PemFile,
        /// Its name.
        path: PathBuf,
    },
    /// The key is another certificate's.
    #[error("the key in {} does not fit the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The name of the certificate's file.
        certificate: PathBuf,
        /// The name of the key's file.
        key: PathBuf,
    },
    /// The pair is well written, and of no use.
    #[error("the certificate in {} cannot be used: {source}", certificate.display())]
    Unusable {
        /// The name of the certificate's file.
        certificate: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

/// Reads and checks both.
pub(super) fn read(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain = read_file(PemFile::Certificate, certificate)?;
    let chain = CertificateDer::pem_slice_iter(&chain).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::NotPem { file: PemFile::Certificate, path: certificate.to_owned() });
    }
    let secret = read_file(PemFile::Key, key)?;
    let secret = PrivateKeyDer::from_pem_slice(&secret)
        .map_err(|_| TlsError::NotPem { file: PemFile::Key, path: key.to_owned() })?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        source => TlsError::Unusable { certificate: certificate.to_owned(), source },
    })
}

fn read_file(file: PemFile, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => TlsError::Missing { file, path: path.to_owned() },
        _ => TlsError::Unreadable { file, path: path.to_owned(), source },
    })
}
