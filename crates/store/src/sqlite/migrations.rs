//! The schema, and how an older one becomes the present one.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as Chinwag's; `file` and other tools show it.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"Chwg");

/// Each step once, in order; `user_version` counts those that were taken. A step that was ever released never changes.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_timeline.sql"),
    include_str!("migrations/0003_checksum.sql"),
    include_str!("migrations/0004_accounts.sql"),
    include_str!("migrations/0005_groups.sql"),
    include_str!("migrations/0006_direct.sql"),
    include_str!("migrations/0007_removal.sql"),
    include_str!("migrations/0008_admin.sql"),
    include_str!("migrations/0009_messages.sql"),
    include_str!("migrations/0010_presence.sql"),
    include_str!("migrations/0011_keyed.sql"),
];

/// Version of the schema that this program reads and writes.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Why a schema is not brought to [`VERSION`].
#[derive(Debug)]
pub(super) enum Refusal {
    /// Another program's database.
    Foreign,
    /// A later program's database.
    TooNew {
        version: u32,
    },
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Takes the steps that are missing, all of them or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Refusal> {
    take(connection, STEPS)
}

/// The schema of a database that is Chinwag's and not too new.
pub(super) fn version(connection: &Connection) -> Result<u32, Refusal> {
    let application_id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application_id != APPLICATION_ID {
        return Err(Refusal::Foreign);
    }
    match connection.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        version if version > VERSION => Err(Refusal::TooNew { version }),
        version => Ok(version),
    }
}

fn take(connection: &mut Connection, steps: &[&str]) -> Result<(), Refusal> {
    let application_id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let empty: bool =
        connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    if application_id != APPLICATION_ID && !empty {
        return Err(Refusal::Foreign);
    }
    let missing = steps.get(version as usize..).ok_or(Refusal::TooNew { version })?;
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as u32)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> u32 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn takes_every_step_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        let (one, two) = ("CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)");
        take(&mut connection, &[one]).unwrap();
        take(&mut connection, &[one]).unwrap();
        assert_eq!(version(&connection), 1);
        take(&mut connection, &[one, two]).unwrap();
        assert_eq!(version(&connection), 2);
        connection.execute("INSERT INTO b VALUES (1)", []).unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)", "CREATE NONSENSE"];
        take(&mut connection, &steps[..1]).unwrap();
        assert!(matches!(take(&mut connection, &steps), Err(Refusal::Sqlite(_))));
        assert_eq!(version(&connection), 1);
        connection.execute_batch(steps[1]).unwrap();
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE other (x INTEGER)").unwrap();
        assert!(matches!(migrate(&mut connection), Err(Refusal::Foreign)));

        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(
            matches!(migrate(&mut connection), Err(Refusal::TooNew { version }) if version == VERSION + 1)
        );
    }
}
