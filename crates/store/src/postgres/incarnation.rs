//! Keys and epochs of the installation, and what tells its database from another incarnation.

use chinwag_protocol::{EpochTag, Pos};

use super::columns::{bytes, get, pos};
use super::failure::{Failure, Result};
use super::session::{BEGIN, Session};
use crate::codes::integer;
use crate::store::random;
use crate::{Epoch, Epochs, Secrets};

/// Of the cluster, the line of its history, and its start; of the database and of the table `head` in it. A dump that was
/// put back has other tables, a copy of the files another start, a promoted standby another line. That each start of
/// PostgreSQL counts costs a row of the table `epoch` and no client anything.
pub(super) const NAME: &str = "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'head'::regclass::oid)";

/// What an incarnation that this process may write to says of itself.
#[derive(Debug)]
pub(super) struct Incarnation {
    pub(super) secrets: Secrets,
    pub(super) epochs: Epochs,
    pub(super) head: Pos,
}

/// Takes the database over. If it is not the one that was last written to, the log may have been restored to an earlier
/// point, so a new epoch begins. The head is locked meanwhile, so that of several processes one begins it.
pub(super) async fn enter(session: &Session) -> Result<Incarnation> {
    session.set(BEGIN).await?;
    let entered = enter_locked(session).await?;
    session.set("COMMIT").await?;
    Ok(entered)
}

async fn enter_locked(session: &Session) -> Result<Incarnation> {
    let head = session.once("SELECT pos FROM head WHERE id = 1 FOR UPDATE", &[]).await?;
    let head = head.first().ok_or_else(|| Failure::damaged("head", "its row is missing"))?;
    let head = pos(head, 0)?;
    let name = session.once(NAME, &[]).await?;
    let name: &str = name
        .first()
        .map_or_else(|| Err(Failure::damaged("incarnation", "it has no name")), |row| get(row, 0))?;
    let known =
        session.once("SELECT cursor_key, hash_key, token_key, incarnation FROM installation", &[]).await?;
    let secrets = match known.first() {
        Some(row) => {
            if get::<&str>(row, 3)? != name {
                add_epoch(session, head).await?;
                session.once("UPDATE installation SET incarnation = $1", &[&name]).await?;
            }
            let (cursor, hash) = (bytes(row, 0, |key| key)?, bytes(row, 1, |key| key)?);
            Secrets { cursor, hash, token: bytes(row, 2, |key| key)? }
        }
        None => {
            let secrets = Secrets::random().map_err(no_randomness)?;
            let keys: [&[u8]; 3] = [&secrets.cursor, &secrets.hash, &secrets.token];
            session
                .once(
                    "INSERT INTO installation (id, cursor_key, hash_key, token_key, incarnation)
                        VALUES (1, $1, $2, $3, $4)",
                    &[&keys[0], &keys[1], &keys[2], &name],
                )
                .await?;
            add_epoch(session, head).await?;
            secrets
        }
    };
    Ok(Incarnation { secrets, epochs: epochs(session).await?, head })
}

async fn add_epoch(session: &Session, head: Pos) -> Result<()> {
    let id = random::<16>().map_err(no_randomness)?;
    let sql = "INSERT INTO epoch (number, first, id)
        VALUES ((SELECT coalesce(max(number), 0) + 1 FROM epoch), $1, $2)";
    session.once(sql, &[&integer(head.next().get()), &id.as_slice()]).await.map(drop)
}

async fn epochs(session: &Session) -> Result<Epochs> {
    let rows = session.once("SELECT id, first FROM epoch ORDER BY number", &[]).await?;
    let rows = rows
        .iter()
        .map(|row| Ok(Epoch { tag: bytes(row, 0, EpochTag::of)?, first: pos(row, 1)? }))
        .collect::<Result<_>>()?;
    Epochs::new(rows).ok_or_else(|| Failure::damaged("epoch", "there is no row"))
}

pub(super) fn no_randomness(error: getrandom::Error) -> Failure {
    Failure::damaged("the system's randomness", error.to_string())
}
