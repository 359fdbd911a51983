//! The schema, and how an older one becomes the present one.

use super::PostgresOpenError;
use super::address::Address;
use super::columns::get;
use super::failure::Result;
use super::session::{BEGIN, Session};

/// Each step once, in order; the table `chinwag` counts those that were taken. A step that was ever released never changes.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_accounts.sql"),
    include_str!("migrations/0003_groups.sql"),
    include_str!("migrations/0004_direct.sql"),
    include_str!("migrations/0005_removal.sql"),
    include_str!("migrations/0006_admin.sql"),
    include_str!("migrations/0007_messages.sql"),
    include_str!("migrations/0008_keyed.sql"),
    include_str!("migrations/0009_presence.sql"),
];

/// Held by whoever takes steps, so that of several processes that start at once only one does. "Chinwag" as a number.
const LOCK: i64 = i64::from_be_bytes(*b"\0Chinwag");

/// Takes the steps that are missing, all of them or none, and notes which program did.
pub(super) async fn migrate(
    session: &Session,
    address: &Address,
) -> Result<std::result::Result<(), PostgresOpenError>> {
    take(session, address, STEPS).await
}

async fn take(
    session: &Session,
    address: &Address,
    steps: &[&str],
) -> Result<std::result::Result<(), PostgresOpenError>> {
    session.set(BEGIN).await?;
    let refused = steps_of(session, address, steps).await?;
    session.set(if refused.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    Ok(refused)
}

async fn steps_of(
    session: &Session,
    address: &Address,
    steps: &[&str],
) -> Result<std::result::Result<(), PostgresOpenError>> {
    session.once("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let tables = session
        .once("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1", &[])
        .await?;
    let tables: Vec<&str> = tables.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
    let version = if tables.contains(&"chinwag") {
        let rows = session.once("SELECT version, program FROM chinwag", &[]).await?;
        let Some(row) = rows.first() else {
            let what = "the table chinwag, which has the schema's version, is empty".to_owned();
            return Ok(Err(PostgresOpenError::Damaged { address: address.to_string(), what }));
        };
        let version = get::<i32>(row, 0)?.unsigned_abs();
        if version as usize > steps.len() {
            return Ok(Err(PostgresOpenError::TooNew {
                address: address.to_string(),
                version,
                known: steps.len() as u32,
                program: get(row, 1)?,
            }));
        }
        version as usize
    } else if let Some(table) = tables.first() {
        let (address, table) = (address.to_string(), (*table).to_owned());
        return Ok(Err(PostgresOpenError::Foreign { address, table }));
    } else {
        session.set("CREATE TABLE chinwag (version integer NOT NULL, program text NOT NULL)").await?;
        session.set("INSERT INTO chinwag (version, program) VALUES (0, '')").await?;
        0
    };
    for step in &steps[version..] {
        session.set(step).await?;
    }
    let program = env!("CARGO_PKG_VERSION");
    let sql = "UPDATE chinwag SET version = $1, program = $2 WHERE version <> $1 OR program <> $2";
    session.once(sql, &[&(steps.len() as i32), &program]).await?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chinwag_test_postgres::{Database, shared};

    use super::super::PostgresOptions;
    use super::super::failure::Failure;
    use super::*;

    const ONE: &str = "CREATE TABLE a (x integer)";
    const TWO: &str = "CREATE TABLE b (x integer)";

    async fn connect(database: &Database) -> (Session, Address) {
        let address = Address::parse(&database.url, &PostgresOptions::default()).unwrap();
        (Session::connect(&address, "test", Duration::from_secs(10)).await.unwrap(), address)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn takes_every_step_once() {
        let database = shared().database();
        let (session, address) = connect(&database).await;
        take(&session, &address, &[ONE]).await.unwrap().unwrap();
        take(&session, &address, &[ONE]).await.unwrap().unwrap();
        assert_eq!(shared().sql(&database.name, "SELECT version FROM chinwag"), ["1"]);
        take(&session, &address, &[ONE, TWO]).await.unwrap().unwrap();
        assert_eq!(shared().sql(&database.name, "SELECT version FROM chinwag"), ["2"]);
        session.set("INSERT INTO b VALUES (1)").await.unwrap();
        let refused = take(&session, &address, &[ONE]).await.unwrap().unwrap_err();
        assert!(matches!(refused, PostgresOpenError::TooNew { version: 2, known: 1, .. }), "{refused}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_step_that_fails_leaves_nothing_behind() {
        let database = shared().database();
        let (session, address) = connect(&database).await;
        take(&session, &address, &[ONE]).await.unwrap().unwrap();
        let failed = take(&session, &address, &[ONE, TWO, "CREATE NONSENSE"]).await;
        assert!(matches!(failed, Err(Failure::Postgres(_))), "{failed:?}");
        let (session, _) = connect(&database).await;
        assert_eq!(shared().sql(&database.name, "SELECT version FROM chinwag"), ["1"]);
        session.set(TWO).await.unwrap();
    }
}
