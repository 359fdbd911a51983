//! One file for each command: the rows it reads, who may, and what follows.

pub(crate) mod accept;
pub(crate) mod block;
pub(crate) mod create_guest;
pub(crate) mod delete_message;
pub(crate) mod leave;
pub(crate) mod open_direct;
pub(crate) mod open_room;
pub(crate) mod send_message;
pub(crate) mod sign_out;
pub(crate) mod unblock;
