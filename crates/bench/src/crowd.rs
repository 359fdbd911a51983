//! Accounts in rooms: who takes part in a scenario.

use std::sync::Arc;

use chinwag_client::{Client, ClientError, Session};
use chinwag_protocol::{ConversationId, Cursor};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::target::Target;

/// Accounts that are made at the same time.
const AT_ONCE: usize = 32;
/// Members that may share a client, and so over HTTP/2 a connection.
pub const CLIENT_MEMBERS: usize = 100;

/// A signed-in account in one room.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its device.
    pub session: Session,
    /// Its room.
    pub conversation: ConversationId,
    /// What the answer to opening the room contains everything up to: where its stream may begin.
    pub cursor: Cursor,
}

/// Clients for so many members, each for `of_each` of them in order.
pub fn clients(target: &Target, members: usize, of_each: usize) -> Result<Vec<Client>, ClientError> {
    (0..members.div_ceil(of_each)).map(|_| target.client()).collect()
}

/// A beginning for rooms' slugs that nobody has used before.
pub fn prefix(scenario: &str) -> String {
    format!("{scenario}-{}", Uuid::new_v4().simple())
}

/// Makes `count` guests, puts guest `i` into room `room_of(i)`, and gives them in order.
///
/// `prefix` is the beginning of the rooms' slugs, so that a server may be used again. All share `clients`, by turns.
pub async fn gather(
    clients: &[Client],
    prefix: &str,
    count: usize,
    room_of: impl Fn(usize) -> usize,
) -> Result<Vec<Member>, ClientError> {
    let prefix: Arc<str> = prefix.into();
    let mut members: Vec<Option<Member>> = vec![None; count];
    let mut making = JoinSet::new();
    for index in 0..count {
        if making.len() >= AT_ONCE {
            settle(&mut making, &mut members).await?;
        }
        let client = clients[index % clients.len()].clone();
        let slug = format!("{prefix}-{}", room_of(index));
        making.spawn(async move {
            let session = client.guest(&format!("Guest {index}")).await?;
            let room = session.open_room(&slug).await?;
            let member = Member { session, conversation: room.conversation.id, cursor: room.cursor };
            Ok((index, member))
        });
    }
    while !making.is_empty() {
        settle(&mut making, &mut members).await?;
    }
    Ok(members.into_iter().flatten().collect())
}

async fn settle(
    making: &mut JoinSet<Result<(usize, Member), ClientError>>,
    members: &mut [Option<Member>],
) -> Result<(), ClientError> {
    if let Some(made) = making.join_next().await {
        let (index, member) = made.map_err(std::io::Error::other)??;
        members[index] = Some(member);
    }
    Ok(())
}
