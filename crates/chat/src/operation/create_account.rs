//! A program with a key makes an account, which it and others with keys may sign in from then on.

use chinwag_protocol::{Problem, Timestamp};

use super::server::Server;
use crate::appends::Appends;
use crate::command::create_guest;
use crate::decide::{Decision, Reply};
use crate::request::CreateGuest;
use crate::ruling::{Subject, Terms};
use crate::state::Need;

pub(super) fn needs(guest: &CreateGuest, need: impl FnMut(Need)) {
    create_guest::needs_to_make(guest, need);
}

pub(super) fn decide(
    server: &Server<'_>,
    key: Option<&Terms>,
    guest: &CreateGuest,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let decision = create_guest::make(server.state, guest, now)?;
    if decision.appends.is_empty() {
        // A retry.
        return Ok(decision);
    }
    let (mut appends, reply) = Appends::after(server.state, now, decision);
    if let Reply::Guest { account, .. } = reply {
        let terms = Terms { key: key.and_then(|key| key.key), ..Terms::since(now) };
        server.rule(&mut appends, Subject::Managed(account), Some(terms))?;
    }
    Ok(appends.decision(reply))
}
