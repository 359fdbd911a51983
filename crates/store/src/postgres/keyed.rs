//! The latest event of each key, and how far accounts have read.

use chinwag_chat::{ReadSoFar, Reading};
use chinwag_protocol::{
    AccountId, Body, ConversationId, DraftCard, Event, Key, Keyed, Marker, Pos, Preferences, Seq, Topic as Of,
};
use foldhash::{HashMap, HashMapExt};
use tokio_postgres::Row;

use super::columns::{bytes, get, number, optional_number, pos, time};
use super::failure::{Failure, Result};
use super::session::Session;
use super::statements;
use crate::SyncRow;
use crate::keyed::{KeyedRow, drafts, key_bytes, topic_bytes};
use crate::topic::Topic;

/// Where the latest event of a key is looked for.
pub(super) type Place = (Of, Key);

/// Topics and keys as `statements::KEYED` takes them.
pub(super) fn columns<'p>(places: impl Iterator<Item = &'p Place>) -> (Vec<&'p [u8]>, Vec<Vec<u8>>) {
    places.map(|(topic, key)| (topic_bytes(topic).as_slice(), key_bytes(key))).unzip()
}

/// The latest events of keys, as far as there are any.
pub(super) async fn latest(session: &Session, places: &[Place]) -> Result<HashMap<Place, Event>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let (topics, keys) = columns(places.iter());
    read(&session.query(statements::KEYED, &[&topics, &keys]).await?)
}

/// The events of rows of `statements::KEYED`.
pub(super) fn read(rows: &[Row]) -> Result<HashMap<Place, Event>> {
    let event = |row: &Row| {
        let keyed = keyed(row, 0)?;
        let place = (keyed.topic(), keyed.key());
        let body = Body::Keyed(keyed);
        Ok((place, Event { pos: pos(row, 2)?, seq: Seq::ZERO, at: time(row, 4)?, body }))
    };
    rows.iter().map(event).collect()
}

/// What a row of the table says whose columns begin at `first`.
pub(super) fn keyed(row: &Row, first: usize) -> Result<Keyed> {
    let stored = KeyedRow {
        topic: bytes::<Topic, 16>(row, first, |topic| topic)?,
        key: get(row, first + 1)?,
        pos: get(row, first + 2)?,
        version: get(row, first + 3)?,
        at: get(row, first + 4)?,
        value: get(row, first + 5)?,
    };
    stored
        .read(get::<i32>(row, first + 6)?.into())
        .map_err(|what| Failure::damaged(format!("the keyed event {}", stored.pos), what))
}

/// What the latest event of a key says.
pub(super) fn said(event: &Event) -> Option<Keyed> {
    event.keyed().cloned()
}

/// How far accounts have read conversations, of the columns that `statements::READ_SO_FAR` selects, with the marker as it is
/// written and the number of messages.
pub(super) struct SoFar {
    pub(super) account: AccountId,
    pub(super) conversation: ConversationId,
    pub(super) so_far: ReadSoFar,
    pub(super) written: Option<(Marker, u64)>,
    pub(super) n: u64,
}

pub(super) fn read_so_far(row: &Row) -> Result<SoFar> {
    let conversation = bytes(row, 1, ConversationId::from_bytes)?;
    let parse = |value: &str| {
        serde_json::from_str::<Marker>(value)
            .map_err(|error| Failure::damaged(format!("a marker of {conversation}"), error.to_string()))
    };
    let marker = get::<Option<&str>>(row, 5)?.map(parse).transpose()?;
    let written = marker.zip(optional_number(row, 6)?);
    let reading = Reading { n: number(row, 3)?, mentions: number(row, 7)? };
    Ok(SoFar {
        account: bytes(row, 0, AccountId::from_bytes)?,
        conversation,
        so_far: ReadSoFar { seq: super::columns::seq(row, 2)?, reading },
        written,
        n: optional_number(row, 4)?.unwrap_or(0),
    })
}

/// How far an account has read all of its conversations.
pub(super) async fn all_read_so_far(
    session: &Session,
    account: AccountId,
) -> Result<HashMap<ConversationId, SoFar>> {
    let rows = session.query(statements::ALL_READ_SO_FAR, &[&account.as_bytes().as_slice()]).await?;
    rows.iter().map(|row| read_so_far(row).map(|so_far| (so_far.conversation, so_far))).collect()
}

/// How far an account has read some of its conversations.
pub(super) async fn of_conversations(
    session: &Session,
    account: AccountId,
    rows: &[SyncRow],
) -> Result<HashMap<ConversationId, SoFar>> {
    let conversations: Vec<&[u8]> =
        rows.iter().map(|row| row.conversation.id.as_bytes().as_slice()).collect();
    let accounts = vec![account.as_bytes().as_slice(); conversations.len()];
    let rows = session.query(statements::READ_SO_FAR, &[&accounts, &conversations]).await?;
    rows.iter().map(|row| read_so_far(row).map(|so_far| (so_far.conversation, so_far))).collect()
}

/// What an account has chosen, and the version of that.
pub(super) async fn preferences(session: &Session, account: AccountId) -> Result<(Preferences, u64)> {
    let place = (Of::Account(account), Key::Preferences);
    Ok(match latest(session, &[place]).await?.get(&place).and_then(said) {
        Some(Keyed::Preferences { preferences, version, .. }) => (preferences, version),
        _ => (Preferences::default(), 0),
    })
}

/// What an account has set for itself in some of its conversations, and its drafts there.
pub(super) async fn put_own(session: &Session, account: AccountId, rows: &mut [SyncRow]) -> Result<()> {
    let settings: Vec<Vec<u8>> =
        rows.iter().map(|row| key_bytes(&Key::Settings(row.conversation.id))).collect();
    let (first, last): (Vec<_>, Vec<_>) = rows.iter().map(|row| drafts(row.conversation.id)).unzip();
    let wanted = [&account.as_bytes().as_slice() as _, &settings as _, &first as _, &last as _];
    for row in session.query(statements::OWN_KEYED, &wanted).await? {
        let keyed = keyed(&row, 0)?;
        let (Keyed::Settings { conversation, .. } | Keyed::Draft { conversation, .. }) = &keyed else {
            continue;
        };
        let Some(row) = rows.iter_mut().find(|row| row.conversation.id == *conversation) else { continue };
        match keyed {
            Keyed::Settings { settings, version, .. } => row.settings = (settings, version),
            Keyed::Draft { device, text, version, .. } if !text.is_empty() => {
                row.drafts.push(DraftCard { device, text, version });
            }
            _ => {}
        }
    }
    rows.iter_mut().for_each(|row| row.drafts.sort_unstable_by_key(|draft| draft.device));
    Ok(())
}

/// Up to where rows of replaced events may be gone.
pub(super) async fn compacted(session: &Session) -> Result<Pos> {
    let row = session.query_opt(statements::COMPACTED, &[]).await?;
    row.map_or(Ok(Pos::ZERO), |row| pos(&row, 0))
}
