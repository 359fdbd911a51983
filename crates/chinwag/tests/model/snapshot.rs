//! What a device takes that has nothing yet, and whether it is what the model says.

use std::collections::HashMap;
use std::fmt::Debug;

use chinwag_client::{ClientError, Session};
use chinwag_model::{Model, Seen, SeenMessage, View};
use chinwag_protocol::{AccountId, Code, Cursor, Kind, SyncConversation, Timestamp};

use crate::history::{self, within};
use crate::replica::{self, Replica};
use crate::trial::Failure;

/// A snapshot and the place to read on from. Others may act meanwhile: what the snapshot has too early, or lacks, comes after
/// that place.
pub(crate) async fn take(
    session: &Session,
    random: &mut fastrand::Rng,
) -> Result<(Replica, Cursor), ClientError> {
    let (mut card, mut rows, mut cursor, mut next) = (None, Vec::new(), None, None);
    loop {
        let page = within(session.sync(next.as_deref())).await?;
        card.get_or_insert(page.account);
        cursor.get_or_insert(page.cursor);
        rows.extend(page.conversations);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    let (mut conversations, mut timelines) = (Vec::new(), Vec::new());
    let mut versions = HashMap::new();
    let session_account = card.as_ref().map(|card| card.id);
    for row in rows {
        // Over already, if there is none.
        if let Some(timeline) = history::read(session, row.id, random).await? {
            let id = row.id;
            let mut seen = Seen {
                id: row.id,
                kind: row.kind,
                slug: row.slug,
                peer: row.peer.map(|peer| peer.id),
                role: row.role,
                request: row.request,
                settings: Some(row.settings),
                from: timeline.from,
                head: timeline.head,
                messages: timeline.messages.iter().map(SeenMessage::of).collect(),
                read_seq: row.marker.marker.read_seq,
                marked_unread_from: row.marker.marker.marked_unread_from,
            };
            replica::wrote(&mut seen, session_account);
            conversations.push(seen);
            versions.insert(id, row.marker.version);
            timelines.push((id, timeline));
        }
    }
    conversations.sort_by_key(|seen| seen.id);
    let mut devices: Vec<_> = within(session.devices()).await?.into_iter().map(|device| device.id).collect();
    devices.sort_unstable();
    let blocks = within(session.blocks(None, 200)).await?;
    let mut blocks: Vec<_> = blocks.blocks.into_iter().map(|blocked| blocked.id).collect();
    blocks.sort_unstable();
    let (Some(card), Some(cursor)) = (card, cursor) else {
        return Err(ClientError::Protocol("there is no page".to_owned()));
    };
    let view = View { card, devices, blocks, conversations };
    let mut replica = Replica { view, marked: HashMap::new(), versions };
    timelines.iter().for_each(|(id, timeline)| replica.read(*id, timeline));
    Ok((replica, cursor))
}

/// Compares everything that an account can ask for while nobody acts.
pub(crate) async fn check(
    model: &Model,
    account: AccountId,
    session: &Session,
    now: Timestamp,
    random: &mut fastrand::Rng,
) -> Result<(), Failure> {
    let (replica, _) = take(session, random).await?;
    let due = model.view(account).ok_or_else(|| Failure::of("the model knows no such account"))?;
    let differences = replica.view.differences(&due);
    if !differences.is_empty() {
        return Err(Failure::of(format!("a fresh snapshot differs:\n  {}", differences.join("\n  "))));
    }
    let page = within(session.sync(None)).await?;
    let mut rows: Vec<SyncConversation> = page.conversations;
    let due = model.sync(account);
    let unread = due.iter().map(|row| row.marker.marker.unread).sum();
    let mentions = due.iter().map(|row| row.marker.marker.mentions).sum();
    same("what is unread", &(page.unread_total, page.mentions_total), &(Some(unread), Some(mentions)))?;
    rows.sort_by_key(|row| row.id);
    same("sync", &rows, &due)?;
    same("blocks", &within(session.blocks(None, 200)).await?, &model.blocked(account))?;
    let listed = within(session.rooms(None, 200)).await?.rooms;
    same("the listed rooms", &listed, &model.listed_rooms(account))?;
    for (other, _) in model.accounts().collect::<Vec<_>>() {
        let card = within(session.show_any_account(other)).await.map_err(|error| error.code());
        same("an account", &card.ok().as_ref(), &model.card(other))?;
    }
    for (id, kind) in model.conversations().collect::<Vec<_>>() {
        let card = within(session.conversation(id)).await;
        same("a conversation", &refused(card)?, &model.conversation(account, id))?;
        if model.role(account, id).is_none() {
            continue;
        }
        let timeline = history::read(session, id, random).await?;
        same("a history", &timeline.map(|timeline| timeline.messages), &Some(model.history(account, id)))?;
        same("the pins", &within(session.pins(id)).await?.messages, &model.pins(account, id))?;
        let members = within(session.members(id, None, 200)).await.map(|page| page.members);
        same("the members", &refused(members)?, &model.member_cards(account, id, now))?;
        let banned = within(session.bans(id, None, 200)).await.map(|page| page.accounts);
        same("the banned", &refused(banned)?, &model.banned(account, id))?;
        if kind == Kind::Group {
            let invites = within(session.invites(id)).await.map(|mut answer| {
                answer.invites.sort_by_key(|invite| invite.id);
                answer.invites
            });
            same("the invitations", &refused(invites)?, &model.invites(account, id, now))?;
        }
    }
    Ok(())
}

/// A refusal is an answer; that there is none is a failure.
pub(crate) fn refused<T>(answer: Result<T, ClientError>) -> Result<Result<T, Code>, Failure> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => error.code().map_or_else(|| Err(Failure::from(error)), |code| Ok(Err(code))),
    }
}

fn same<T: PartialEq + Debug>(what: &str, got: &T, due: &T) -> Result<(), Failure> {
    if got == due {
        return Ok(());
    }
    let short = |it: &T| format!("{it:?}").chars().take(1_500).collect::<String>();
    Err(Failure::of(format!("{what} differs:\n  got {}\n  due {}", short(got), short(due))))
}
