//! What an event in an account's topic holds beside its columns, as JSON in the column `detail`.

use chinwag_protocol::{ConversationId, DeviceId, Pos, Role, Seq};
use serde::{Deserialize, Serialize};

/// Of `conversation_created` and `left`.
#[derive(Serialize, Deserialize)]
pub(crate) struct ConversationDetail {
    pub(crate) conversation: ConversationId,
}

/// Of `joined`.
#[derive(Serialize, Deserialize)]
pub(crate) struct JoinedDetail {
    pub(crate) conversation: ConversationId,
    pub(crate) role: Role,
    pub(crate) since: Pos,
    pub(crate) visible_from: Seq,
    pub(crate) from_seq: Seq,
}

/// Of `guest_created`, `device_removed` and `device_added`.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeviceDetail {
    pub(crate) device: DeviceId,
}

/// Of what changes an account: what an event says of it is looked up when it is read, and secrets stand in no event.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountDetail {}

/// Numbers in the column `kind`.
pub(crate) mod kind {
    pub(crate) const MESSAGE: i64 = 1;
    pub(crate) const DELETE: i64 = 2;
    pub(crate) const CONVERSATION_CREATED: i64 = 3;
    pub(crate) const JOINED: i64 = 4;
    pub(crate) const LEFT: i64 = 5;
    pub(crate) const GUEST_CREATED: i64 = 6;
    pub(crate) const DEVICE_REMOVED: i64 = 7;
    pub(crate) const DEVICE_ADDED: i64 = 8;
    pub(crate) const REGISTERED: i64 = 9;
    pub(crate) const ACCOUNT_UPDATED: i64 = 10;
    pub(crate) const PASSWORD_CHANGED: i64 = 11;
    pub(crate) const RECOVERY_CODES_MADE: i64 = 12;
}
