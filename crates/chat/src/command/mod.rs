//! One file for each command: the rows it reads, who may, and what follows.

pub(crate) mod accept_invite;
pub(crate) mod add_members;
pub(crate) mod ban;
pub(crate) mod change_password;
pub(crate) mod change_settings;
pub(crate) mod create_group;
pub(crate) mod create_guest;
pub(crate) mod create_invite;
pub(crate) mod delete_message;
pub(crate) mod expire_device;
pub(crate) mod hand_over;
mod join;
pub(crate) mod leave;
pub(crate) mod mute;
pub(crate) mod new_recovery_codes;
pub(crate) mod open_room;
pub(crate) mod recover;
pub(crate) mod register;
pub(crate) mod remove_device;
pub(crate) mod remove_member;
pub(crate) mod remove_other_devices;
pub(crate) mod revoke_invite;
pub(crate) mod send_message;
pub(crate) mod set_role;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod update_account;
