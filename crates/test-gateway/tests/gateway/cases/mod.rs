//! Bad inputs and attacks by their numbers, each beside people who only want to chat.

mod bystanders;
mod coming_and_going;
mod cross_site;
mod cursors;
mod envelope;
mod floods;
mod identity;
mod paths;
mod polls;
pub(crate) mod reader;
mod requests;
mod scene;
mod slow;
mod smuggling;
mod stopping;
mod way;

pub(crate) use scene::beside;
