//! What an event in an account's topic holds beside its columns, as JSON in the column `detail`.

use chinwag_protocol::{ConversationId, DeviceId, Pos, Role, Seq};
use serde::{Deserialize, Serialize};

/// Of `conversation_created` and `left`.
#[derive(Serialize, Deserialize)]
pub(super) struct ConversationDetail {
    pub(super) conversation: ConversationId,
}

/// Of `joined`.
#[derive(Serialize, Deserialize)]
pub(super) struct JoinedDetail {
    pub(super) conversation: ConversationId,
    pub(super) role: Role,
    pub(super) since: Pos,
    pub(super) visible_from: Seq,
    pub(super) from_seq: Seq,
}

/// Of `guest_created` and `device_removed`.
#[derive(Serialize, Deserialize)]
pub(super) struct DeviceDetail {
    pub(super) device: DeviceId,
}

/// Numbers in the column `kind`.
pub(super) mod kind {
    pub(in crate::sqlite) const MESSAGE: i64 = 1;
    pub(in crate::sqlite) const DELETE: i64 = 2;
    pub(in crate::sqlite) const CONVERSATION_CREATED: i64 = 3;
    pub(in crate::sqlite) const JOINED: i64 = 4;
    pub(in crate::sqlite) const LEFT: i64 = 5;
    pub(in crate::sqlite) const GUEST_CREATED: i64 = 6;
    pub(in crate::sqlite) const DEVICE_REMOVED: i64 = 7;
}
