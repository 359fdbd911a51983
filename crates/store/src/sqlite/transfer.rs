//! A data folder as the source or the target of a move.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use tempfile::NamedTempFile;

use super::SqliteOptions;
use super::backup::{Empty, keep, temporary, whole};
use super::check::check;
use super::connection::open_copy;
use super::failure::Failure;
use super::migrations::{self, migrate};
use super::open::{DATABASE, Opened, explain, not_writable, open, refusal};
use crate::CopyError;
use crate::transfer::{MoveError, Row, Source, Table, Target, Value};

/// A data folder that is not in use.
pub(crate) struct Folder(Opened);

impl Folder {
    /// Brings it up to date, and keeps it locked.
    pub(crate) fn open(folder: &Path) -> Result<Self, MoveError> {
        let path = folder.join(DATABASE);
        if !path.is_file() {
            return Err(CopyError::Missing { path }.into());
        }
        let opened = open(folder, SqliteOptions::default()).map_err(CopyError::Open)?;
        Ok(Self(opened))
    }
}

impl Source for Folder {
    fn rows(&mut self, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, MoveError> {
        rows(&self.0.connection, table, after)
    }
}

/// A folder that nobody uses until it is finished.
pub(crate) struct NewFolder {
    folder: Empty,
    path: PathBuf,
    file: NamedTempFile,
    connection: Connection,
}

impl NewFolder {
    pub(crate) fn make(folder: &Path) -> Result<Self, MoveError> {
        let empty = Empty::take(folder)?;
        let file = temporary(folder, "move").map_err(|error| failed(not_writable(folder, &error)))?;
        let path = folder.join(DATABASE);
        let mut connection = open_copy(file.path()).map_err(|error| failed(explain(&path, error.into())))?;
        migrate(&mut connection).map_err(|error| failed(refusal(&path, &connection, error)))?;
        connection.execute_batch("BEGIN").map_err(|error| failed(explain(&path, error.into())))?;
        Ok(Self { folder: empty, path, file, connection })
    }

    fn explained<T>(&self, result: rusqlite::Result<T>) -> Result<T, MoveError> {
        result.map_err(|error| failed(explain(&self.path, error.into())))
    }
}

impl Source for NewFolder {
    fn rows(&mut self, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, MoveError> {
        rows(&self.connection, table, after)
    }
}

impl Target for NewFolder {
    fn put(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError> {
        // Of the installation's row, the rest tells this file from every other.
        let own = match table.name {
            "installation" => {
                let file = fs::metadata(self.file.path());
                let file = file.map_err(|error| failed(not_writable(&self.path, &error)))?;
                let program = Value::Text(env!("CARGO_PKG_VERSION").to_owned());
                vec![integer(file.dev().cast_signed()), integer(file.ino().cast_signed()), program]
            }
            _ => Vec::new(),
        };
        let names = if own.is_empty() { "" } else { ", file_device, file_inode, program" };
        let marks = vec!["?"; table.columns.len() + own.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}{names}) VALUES ({marks})", table.name, table.all());
        let put = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            for row in rows {
                statement.execute(params_from_iter(row.iter().chain(&own)))?;
            }
            Ok(())
        };
        self.explained(put())
    }

    fn complete(&mut self) -> Result<(), MoveError> {
        // As the second step of the schema does it.
        let folded = "INSERT INTO timeline (topic, seq, pos) SELECT topic, seq, pos FROM event WHERE seq > 0 ORDER BY topic, seq;
            UPDATE fold SET (done, until, folded) = (SELECT coalesce(max(pos), 0), coalesce(max(pos), 0), 0 FROM event);
            COMMIT";
        self.explained(self.connection.execute_batch(folded))
    }

    fn finish(self: Box<Self>) -> Result<(), MoveError> {
        let Self { folder, path, file, connection } = *self;
        let checked =
            check(&connection, migrations::VERSION).map_err(|failure| failed(explain(&path, failure)))?;
        whole(&path, &checked).map_err(failed)?;
        drop(connection);
        keep(file, &path)?;
        drop(folder);
        Ok(())
    }

    fn as_source(&mut self) -> &mut dyn Source {
        self
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn rows(connection: &Connection, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, MoveError> {
    let sql = table.select(after.is_some(), |number| format!("?{number}"));
    let read = || -> Result<Vec<Row>, Failure> {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut found = statement.query(params_from_iter(after.unwrap_or_default()))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = 0..table.columns.len();
            rows.push(values.map(|column| value(row.get_ref(column)?, table)).collect::<Result<_, _>>()?);
        }
        Ok(rows)
    };
    read().map_err(|failure| match failure {
        Failure::Damaged { place, what } => MoveError::Damaged { place, what },
        failure => MoveError::Failed(failure.to_string()),
    })
}

fn value(value: ValueRef<'_>, table: &Table) -> Result<Value, Failure> {
    let damaged = |what: &str| Failure::damaged(format!("the table {}", table.name), what);
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| damaged("a text is not UTF-8"))?;
            Value::Text(text.to_owned())
        }
        ValueRef::Real(_) => return Err(damaged("a column holds a fraction")),
    })
}

fn integer(number: i64) -> Value {
    Value::Integer(number)
}

fn failed(error: crate::OpenError) -> MoveError {
    MoveError::Folder(error.into())
}
