//! What an event holds beside its columns, as JSON in the column `detail`.

use chinwag_protocol::{AccountId, ConversationId, DeviceId, Pos, Role, Seq};
use serde::{Deserialize, Serialize};

/// Of `conversation_created`, `left` and `accepted`.
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) request: bool,
}

/// Of `guest_created` and `device_removed`.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeviceDetail {
    pub(crate) device: DeviceId,
}

/// Of `blocked` and `unblocked`.
#[derive(Serialize, Deserialize)]
pub(crate) struct BlockDetail {
    pub(crate) blocked: AccountId,
}

/// Of a message or a deletion that only its sender may see; others have none.
pub(crate) const HIDDEN: &str = r#"{"hidden":true}"#;

/// Numbers in the column `kind`.
pub(crate) mod kind {
    pub(crate) const MESSAGE: i64 = 1;
    pub(crate) const DELETE: i64 = 2;
    pub(crate) const CONVERSATION_CREATED: i64 = 3;
    pub(crate) const JOINED: i64 = 4;
    pub(crate) const LEFT: i64 = 5;
    pub(crate) const GUEST_CREATED: i64 = 6;
    pub(crate) const DEVICE_REMOVED: i64 = 7;
    pub(crate) const ACCEPTED: i64 = 40;
    pub(crate) const BLOCKED: i64 = 41;
    pub(crate) const UNBLOCKED: i64 = 42;
}
