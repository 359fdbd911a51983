//! TLS, by rustls with aws-lc-rs: certificates, accepting, and event streams over it.

mod acceptor;
mod carry;
mod pem;
mod taken;

pub use acceptor::Tls;
pub(crate) use acceptor::{speaks_http2, tcp};
pub(crate) use carry::{Carried, carry};
pub use pem::{PemFile, TlsError};
