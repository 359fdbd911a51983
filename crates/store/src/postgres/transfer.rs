//! A database as the source or the target of a move. One transaction throughout: what is read is of one moment, and what is
//! written is there at once or not at all.

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Row as Found;
use tokio_postgres::types::ToSql;

use super::address::Address;
use super::columns::get;
use super::failure::{Failure, Result as Outcome};
use super::fitness::{examine, explain};
use super::incarnation;
use super::migrations::migrate;
use super::session::Session;
use super::{PostgresOpenError, PostgresOptions};
use crate::transfer::{Kind, MoveError, Row, Source, Table, Target, Value};

/// A database that no server runs on.
pub(crate) struct Database {
    address: Address,
    /// Before the runtime, which it must not outlive.
    session: Session,
    runtime: Runtime,
}

impl Database {
    pub(crate) fn to_read(url: &str) -> Result<Self, MoveError> {
        let database = Self::open(url)?;
        // Whoever has not ended yet can append nothing more.
        database.run("BEGIN ISOLATION LEVEL REPEATABLE READ")?;
        database.run("SELECT pos FROM head FOR UPDATE")?;
        Ok(database)
    }

    pub(crate) fn to_fill(url: &str) -> Result<Self, MoveError> {
        let database = Self::open(url)?;
        database.run("BEGIN")?;
        // Before anybody can make the installation's row, which every server does first.
        database.run("LOCK TABLE head, installation IN EXCLUSIVE MODE")?;
        let sql = "SELECT EXISTS (SELECT 1 FROM installation) OR EXISTS (SELECT 1 FROM event)";
        if database.one::<bool>(sql)? {
            return Err(MoveError::NotEmpty { address: database.address.to_string() });
        }
        Ok(database)
    }

    fn open(url: &str) -> Result<Self, MoveError> {
        let options = PostgresOptions::default();
        let address = Address::parse(url, &options)?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(PostgresOpenError::Thread)?;
        let opening = async {
            let session = Session::connect(&address, "chinwag moving", options.connect_patience).await?;
            let refused = match examine(&session, &address).await? {
                Ok(()) => migrate(&session, &address).await?,
                refused => refused,
            };
            Ok(refused.map(|()| session))
        };
        let opened: Outcome<Result<Session, PostgresOpenError>> = runtime.block_on(opening);
        let session = opened.unwrap_or_else(|failure| Err(explain(&failure, &address, &options)))?;
        let database = Self { address, session, runtime };
        let servers = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'chinwag writer'";
        // By the keys alone, whatever the planner thinks of tables that it has not seen yet.
        database.run("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")?;
        match database.one(servers)? {
            0 => Ok(database),
            servers => Err(MoveError::InUse { address: database.address.to_string(), servers }),
        }
    }

    fn run(&self, sql: &str) -> Result<(), MoveError> {
        self.runtime.block_on(self.session.set(sql)).map_err(failed)
    }

    fn query(&self, sql: &str, parameters: &[Box<dyn ToSql + Sync>]) -> Result<Vec<Found>, MoveError> {
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|parameter| &**parameter).collect();
        self.runtime.block_on(self.session.once(sql, &parameters)).map_err(failed)
    }

    fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(&self, sql: &str) -> Result<T, MoveError> {
        let rows = self.query(sql, &[])?;
        let row = rows.first().ok_or_else(|| failed(Failure::damaged(sql, "there is no row")))?;
        get(row, 0).map_err(failed)
    }
}

impl Source for Database {
    fn rows(&mut self, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, MoveError> {
        let sql = table.select(after.is_some(), |number| format!("${number}"));
        let key = after.unwrap_or_default().iter().zip(table.columns);
        let key: Vec<_> = key.map(|(value, (_, kind))| column(*kind, std::iter::once(value)).0).collect();
        let rows = self.query(&sql, &key)?;
        let values = |row: &Found| {
            let kinds = table.columns.iter().enumerate();
            kinds.map(|(column, (_, kind))| value(row, column, *kind)).collect()
        };
        rows.iter().map(values).collect::<Outcome<_>>().map_err(failed)
    }
}

impl Target for Database {
    fn put(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError> {
        let (mut parameters, mut names) = (Vec::new(), Vec::new());
        for (at, (_, kind)) in table.columns.iter().enumerate() {
            parameters.push(column(*kind, rows.iter().map(|row| &row[at])).1);
            names.push(format!("${}::{}[]", at + 1, kind.name()));
        }
        let (into, names) = (table.all(), names.join(", "));
        let sql = match table.name {
            // Until all is there, the row says of no incarnation that it is its own.
            "installation" => {
                format!("INSERT INTO installation ({into}, incarnation) SELECT *, '' FROM unnest({names})")
            }
            name => format!("INSERT INTO {name} ({into}) SELECT * FROM unnest({names})"),
        };
        self.query(&sql, &parameters).map(drop)
    }

    fn complete(&mut self) -> Result<(), MoveError> {
        self.run(&format!("UPDATE installation SET incarnation = ({})", incarnation::NAME))?;
        self.run(
            "UPDATE head SET (pos, changed) =
                (SELECT coalesce(max(pos), 0), coalesce(max(pos) FILTER (WHERE kind > 2), 0) FROM event)",
        )?;
        // The planner is told by nobody else for a while.
        self.run("ANALYZE")
    }

    fn finish(self: Box<Self>) -> Result<(), MoveError> {
        self.run("SET LOCAL synchronous_commit = on")?;
        self.run("COMMIT")
    }

    fn as_source(&mut self) -> &mut dyn Source {
        self
    }
}

/// The value of a column for a statement, and all its values as an array.
fn column<'v>(
    kind: Kind,
    values: impl Iterator<Item = &'v Value> + Clone,
) -> (Box<dyn ToSql + Sync>, Box<dyn ToSql + Sync>) {
    fn both<T: ToSql + Sync + Clone + 'static>(
        values: Vec<Option<T>>,
    ) -> (Box<dyn ToSql + Sync>, Box<dyn ToSql + Sync>) {
        (Box::new(values.first().cloned().flatten()), Box::new(values))
    }
    let numbers = || {
        values.clone().map(|value| match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        })
    };
    match kind {
        Kind::Bigint => both(numbers().collect()),
        // A number that does not fit is damage, and comes out differently.
        Kind::Integer => both(numbers().map(|number| number.map(|number| number as i32)).collect()),
        Kind::Smallint => both(numbers().map(|number| number.map(|number| number as i16)).collect()),
        Kind::Boolean => both(numbers().map(|number| number.map(|number| number != 0)).collect()),
        Kind::Bytea => {
            let bytes = values.map(|value| match value {
                Value::Bytes(bytes) => Some(bytes.clone()),
                _ => None,
            });
            both(bytes.collect())
        }
        Kind::Text => {
            let texts = values.map(|value| match value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            });
            both(texts.collect())
        }
    }
}

fn value(row: &Found, column: usize, kind: Kind) -> Outcome<Value> {
    let number = |number: Option<i64>| number.map_or(Value::Null, Value::Integer);
    Ok(match kind {
        Kind::Bigint => number(get(row, column)?),
        Kind::Integer => number(get::<Option<i32>>(row, column)?.map(i64::from)),
        Kind::Smallint => number(get::<Option<i16>>(row, column)?.map(i64::from)),
        Kind::Boolean => number(get::<Option<bool>>(row, column)?.map(i64::from)),
        Kind::Bytea => get::<Option<Vec<u8>>>(row, column)?.map_or(Value::Null, Value::Bytes),
        Kind::Text => get::<Option<String>>(row, column)?.map_or(Value::Null, Value::Text),
    })
}

fn failed(failure: Failure) -> MoveError {
    match failure {
        Failure::Damaged { place, what } => MoveError::Damaged { place, what },
        failure => MoveError::Failed(failure.to_string()),
    }
}
