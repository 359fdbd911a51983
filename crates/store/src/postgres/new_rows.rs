//! Rows that a batch adds, as its statements take them.

use chinwag_protocol::{AccountId, Entities, InviteId, Settings};

use crate::keyed::KeyedRow;
use crate::topic::Topic;

pub(super) struct NewAccount<'b> {
    pub(super) id: &'b [u8],
    pub(super) name: &'b str,
    pub(super) lookalike: bool,
}

pub(super) struct NewDevice<'b> {
    pub(super) id: &'b [u8],
    pub(super) account: &'b [u8],
    pub(super) token: &'b [u8],
    pub(super) name: Option<&'b str>,
    /// When it came.
    pub(super) at: i64,
}

pub(super) struct NewConversation<'b> {
    pub(super) id: &'b [u8],
    pub(super) kind: i16,
    pub(super) slug: Option<&'b str>,
    pub(super) key: Option<String>,
    pub(super) owner: &'b [u8],
    pub(super) settings: &'b Settings,
}

pub(super) struct NewInvite<'b> {
    pub(super) id: InviteId,
    pub(super) token: &'b [u8],
    pub(super) conversation: &'b [u8],
    pub(super) maker: &'b [u8],
    pub(super) expires: Option<i64>,
    pub(super) uses: Option<i64>,
    pub(super) made: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct NewReaction {
    pub(super) seq: i64,
    pub(super) pos: i64,
    pub(super) at: i64,
    pub(super) hidden: bool,
}

pub(super) struct NewKey<'b> {
    pub(super) key: &'b [u8],
    pub(super) hash: &'b [u8],
    pub(super) account: &'b [u8],
    pub(super) device: &'b [u8],
    pub(super) salt: &'b [u8],
    pub(super) expires: i64,
    /// When it came.
    pub(super) at: i64,
}

pub(super) struct NewKeyed<'b> {
    pub(super) topic: &'b Topic,
    pub(super) key: Vec<u8>,
    pub(super) pos: i64,
    pub(super) version: i64,
    pub(super) at: i64,
    pub(super) value: String,
}

impl NewKeyed<'_> {
    pub(super) fn checksum(&self) -> i32 {
        let Self { topic, key, pos, version, at, value } = self;
        let row = KeyedRow { topic: **topic, key, pos: *pos, version: *version, at: *at, value };
        row.checksum() as i32
    }
}

/// Who is named in a message.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub(super) accounts: Vec<AccountId>,
    pub(super) all: bool,
}

impl Mentions {
    /// Those in a message of an account, each once.
    pub(super) fn of(entities: &Entities, sender: AccountId) -> Self {
        let mut accounts: Vec<AccountId> = entities.accounts().filter(|account| *account != sender).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Self { accounts, all: entities.mention_all() }
    }
}
