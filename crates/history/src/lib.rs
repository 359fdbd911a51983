//! What clients did and got, as JSON lines, and what must be true of it.
//!
//! Any client in any language writes such a history; here a [`Recorder`] does, into the [`History`] of a test. [`check`]
//! proves of it, with no code that the server or its clients have:
//!
//! - each acknowledged message is there exactly once, where its answer said, and a retry got the same answer;
//! - a message that was not acknowledged is there once or not at all; one that was refused for certain is not;
//! - a row of a conversation is the same for everyone, over each transport, in streams and in pages;
//! - each reader gets every row from where it began or joined, in order, without a hole and without a repetition;
//! - nothing reaches an account that is not a member;
//! - a message comes after the one that it `follows`;
//! - a reader that said that it was done has everything;
//! - what was acknowledged before a backup is there, as it was, when that is put back; and a reader that had more is told
//!   so before anything else.
//!
//! # The format
//!
//! One JSON object a line. Lines stand in the order in which things happened to each reader and each account; what
//! happened at the same time to different ones may stand in any order. An attempt's line stands before it is begun, and a
//! line of what came right after it has come. Names of readers are the writer's choice; all other ids are the server's.
//! Fields and events that are not known here are passed over.
//!
//! | `event` | other fields | meaning |
//! | --- | --- | --- |
//! | `reader` | `reader`, `account` | a reader of this name will read for this account |
//! | `connect` | `reader`, `transport` | it goes on over this transport, on a connection that is yet to be made |
//! | `synced` | `reader`, `conversations`: `[{"id","seq"}]` | it need not be told the rows up to there: `GET /v1/sync`, or an opened room, from which it reads on. After a `gap`: all conversations that there are; what the gap took of those that it had, pages must bring |
//! | `received` | `reader`, `record` | a record of the protocol, as it came |
//! | `page` | `reader`, `conversation`, `page` | an answer of `GET /v1/conversations/{id}/messages`, as it came |
//! | `done` | `reader` | it has waited until nothing more came, and must have everything that was acknowledged |
//! | `send` | `account`, `conversation`, `client_id`, `text`, `follows`?, `over`? | an attempt to post: the first, or a retry |
//! | `acknowledged` | `account`, `client_id`, `seq` | the answer to a send |
//! | `delete` | `account`, `conversation`, `target` | an attempt to delete a message |
//! | `deleted` | `account`, `conversation`, `target`, `seq` | its answer |
//! | `refused` | `account`, `client_id`, `status`, `code` | a refusal of a send; below 500, that attempt has stored nothing |
//! | `join` | `account`, `conversation` | an attempt to join anew, after having left |
//! | `left` | `account`, `conversation` | the answer to leaving; the account asks for nothing of the conversation meanwhile |
//! | `server` | `did` | what became of the server: `killed`, `started` … |
//! | `several` | | readers reach any of several servers, and one may not have heard yet of what another one has answered: an account that has left may be told of what is older than that, and of nothing newer |
//! | `backup` | | a backup is about to be taken |
//! | `restored` | `conversations`: `[{"id","seq"}]` | the last backup was put back, and holds the rows up to there, of no other conversation any; later rows, and what was done with them, never were |

mod check;
mod conversation;
mod end;
mod history;
mod line;
mod message;
mod names;
mod reader;
mod recorder;
mod restore;
mod summary;
mod violation;

pub use check::{check, check_files};
pub use history::History;
pub use recorder::Recorder;
pub use summary::Summary;
pub use violation::{Fault, Violation};
