//! Whoever runs the server closes entrances and conversations, and bans networks and accounts, until it is lifted.

use chinwag_protocol::{AccountId, Body, Code, Kind, Problem, Timestamp};

use super::server::Server;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::ruling::{Subject, Terms};
use crate::state::{Need, State};

pub(super) fn needs(subject: Subject, mut need: impl FnMut(Need)) {
    need(Need::Ruling(subject));
    if subject.kind().most().is_some() {
        need(Need::Rulings(subject.kind()));
    }
    match subject {
        Subject::Account(account) => {
            need(Need::Account(account));
            need(Need::Devices(account));
        }
        Subject::Conversation(id) => need(Need::Conversation(id)),
        _ => {}
    }
}

pub(super) fn make(
    server: &Server<'_>,
    subject: Subject,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    check_subject(server.state, subject)?;
    let mut appends = Appends::new(server.state, now);
    if let Subject::Account(account) = subject {
        push_removed(&mut appends, server.state, account)?;
    }
    let before = server.state.ruling(subject);
    // A retry.
    if before.is_none_or(|before| before.until != until) {
        check_few(server.state, subject)?;
        server.rule(&mut appends, subject, Some(Terms { until, ..Terms::since(now) }))?;
    }
    Ok(appends.decision(Reply::Done))
}

pub(super) fn lift(server: &Server<'_>, subject: Subject, now: Timestamp) -> Result<Decision, Problem> {
    let mut appends = Appends::new(server.state, now);
    if server.state.ruling(subject).is_some() {
        server.rule(&mut appends, subject, None)?;
    }
    Ok(appends.decision(Reply::Done))
}

/// Refuses one more of a kind of which there are enough.
pub(super) fn check_few(state: &State, subject: Subject) -> Result<(), Problem> {
    let kind = subject.kind();
    match kind.most() {
        Some(most) if state.ruling(subject).is_none() && state.number_of_rulings(kind) >= most => {
            let detail = format!("There are at most {most} of these. Lift or revoke one that is not needed.");
            Err(Problem::new(Code::TooManyRulings, detail))
        }
        _ => Ok(()),
    }
}

fn check_subject(state: &State, subject: Subject) -> Result<(), Problem> {
    match subject {
        Subject::Account(AccountId::SERVER) => Err(Problem::no_account()),
        Subject::Account(account) => state.account(account).map(drop).ok_or_else(Problem::no_account),
        Subject::Conversation(id) => match state.conversation(id).map(|row| row.conversation.kind) {
            Some(Kind::Room | Kind::Group) => Ok(()),
            Some(Kind::Direct) => {
                let detail = "A direct chat cannot be closed. Ban one of the two, or delete messages.";
                Err(Problem::new(Code::Forbidden, detail))
            }
            None => Err(no_conversation()),
        },
        _ => Ok(()),
    }
}

/// There is none; to those who run the server nothing is hidden.
pub(super) fn no_conversation() -> Problem {
    Problem::new(Code::NotFound, "There is no such conversation.")
}

/// Signs out all devices of an account, in an order that does not depend on the store's.
pub(super) fn push_removed(
    appends: &mut Appends<'_>,
    state: &State,
    account: AccountId,
) -> Result<(), Problem> {
    let mut devices: Vec<_> = state.own_devices(account).iter().map(|own| own.id).collect();
    devices.sort_unstable();
    devices.into_iter().try_for_each(|device| appends.push(Body::DeviceRemoved { account, device }).map(drop))
}
