//! Whether a server can be used, and what is wrong if not.

use std::error::Error as _;
use std::io;

use tokio_postgres::error::SqlState;

use super::address::Address;
use super::columns::get;
use super::failure::{Failure, Result, told};
use super::session::Session;
use super::{PostgresOpenError, PostgresOptions};

/// The oldest version that is good enough, as the server counts.
const OLDEST: i32 = 150_000;

/// Looks at a server before anything is done with it.
pub(super) async fn examine(
    session: &Session,
    address: &Address,
) -> Result<std::result::Result<(), PostgresOpenError>> {
    let address = address.to_string();
    let settings = "SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
        current_setting('server_encoding'), pg_is_in_recovery(), current_setting('fsync'),
        current_setting('synchronous_commit'), current_setting('full_page_writes')";
    let rows = session.once(settings, &[]).await?;
    let Some(row) = rows.first() else { return Err(Failure::damaged("settings", "there is no row")) };
    if get::<i32>(row, 0)? < OLDEST {
        return Ok(Err(PostgresOpenError::TooOld { address, version: get(row, 1)? }));
    }
    let encoding: String = get(row, 2)?;
    if encoding != "UTF8" {
        return Ok(Err(PostgresOpenError::Encoding { address, encoding }));
    }
    if get(row, 3)? {
        return Ok(Err(PostgresOpenError::Standby { address }));
    }
    if get::<&str>(row, 4)? != "on" {
        let (setting, instead) = ("fsync = off".to_owned(), "fsync = on".to_owned());
        return Ok(Err(PostgresOpenError::NotDurable { address, setting, instead }));
    }
    let synchronous: &str = get(row, 5)?;
    if !["on", "remote_apply"].contains(&synchronous) {
        tracing::warn!(
            synchronous_commit = synchronous,
            "the database would answer before a commit is durable; Chinwag's own commits are made with on"
        );
    }
    if get::<&str>(row, 6)? != "on" {
        tracing::warn!(
            "full_page_writes is off: unless the file system writes whole pages, a crash can damage the database"
        );
    }
    Ok(Ok(()))
}

/// What to tell the person who wants to open a database that has failed.
pub(super) fn explain(failure: &Failure, address: &Address, options: &PostgresOptions) -> PostgresOpenError {
    let (address, what) = (address.to_string(), failure.to_string());
    let error = match failure {
        Failure::Postgres(error) => error,
        Failure::Damaged { .. } => return PostgresOpenError::Damaged { address, what },
        Failure::Late(_) => return PostgresOpenError::Unreachable { address, what },
        _ => return PostgresOpenError::Database { address, what },
    };
    let Some(code) = error.code() else { return explain_connection(error, address) };
    match code {
        code if [SqlState::INVALID_PASSWORD].contains(code) => {
            PostgresOpenError::WrongPassword { address, what }
        }
        code if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            PostgresOpenError::NotLetIn { address, what }
        }
        code if *code == SqlState::INVALID_CATALOG_NAME => PostgresOpenError::NoDatabase { address },
        code if *code == SqlState::TOO_MANY_CONNECTIONS => {
            PostgresOpenError::TooManyConnections { address, what, needed: options.readers + 1 }
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            PostgresOpenError::NotPermitted { address, what }
        }
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => PostgresOpenError::Standby { address },
        code if *code == SqlState::CANNOT_CONNECT_NOW => PostgresOpenError::Unreachable { address, what },
        _ => PostgresOpenError::Database { address, what },
    }
}

/// The driver tells only in words what has failed before the server could say anything.
fn explain_connection(error: &tokio_postgres::Error, address: String) -> PostgresOpenError {
    let what = told(error);
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        // Of several servers none lets itself be written to.
        Some(io::ErrorKind::PermissionDenied) if what.contains("does not allow writes") => {
            PostgresOpenError::Standby { address }
        }
        Some(_) if what.contains("TLS") => PostgresOpenError::Tls { address, what },
        None if what.contains("TLS") => PostgresOpenError::Tls { address, what },
        None if what.contains("password") => PostgresOpenError::WrongPassword { address, what },
        None if what.starts_with("invalid configuration") => PostgresOpenError::Address { what },
        _ => PostgresOpenError::Unreachable { address, what },
    }
}
