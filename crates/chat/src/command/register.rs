//! A guest may become an account, whose user name nobody else has.

use chinwag_protocol::{AccountChange, Actor, Body, PasswordHash, Problem, Timestamp, Username};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::ruling::{Entrance, Subject, check_open};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, username: &Username, mut need: impl FnMut(Need)) {
    need(Need::Ruling(Subject::Entrance(Entrance::SignUp)));
    need(Need::Username(username.clone()));
    need(Need::Credential(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    username: &Username,
    password: &PasswordHash,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    if let Some(own) = &account.card.username {
        // A retry. The password stays that of the first, for nobody has proved to know it.
        return if own == username {
            Ok(Decision::nothing(Reply::Account(account.card.clone())))
        } else {
            Err(Problem::already_registered())
        };
    }
    check_open(state, Entrance::SignUp, now)?;
    check_free(state, username)?;
    let card = account.card.registered(username);
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(Body::Account { card: card.clone(), change: AccountChange::Registered }, first(password));
    Ok(topic.decide(Reply::Account(card)))
}

pub(crate) fn check_free(state: &State, username: &Username) -> Result<(), Problem> {
    if state.username(username).is_none() {
        return Ok(());
    }
    Err(Problem::username_taken())
}

/// An account's first password.
pub(crate) fn first(password: &PasswordHash) -> Private {
    Private::Password { hash: password.clone(), version: 1, used: None }
}
