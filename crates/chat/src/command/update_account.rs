//! Every account says itself what it shows of itself.

use chinwag_protocol::{About, AccountChange, Actor, Body, Color, Name, Problem, Timestamp};

use crate::decide::{Decision, Private, Reply};
use crate::own_topic::OwnTopic;
use crate::state::State;

/// What is none stays.
pub(crate) struct Update<'a> {
    pub(crate) name: Option<&'a Name>,
    pub(crate) about: Option<&'a About>,
    pub(crate) color: Option<Color>,
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    update: &Update<'_>,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = state.account(actor.account).ok_or_else(Problem::unavailable)?;
    let mut card = account.card.clone();
    if let Some(name) = update.name {
        card.name = name.as_str().to_owned();
        card.lookalike = name.is_lookalike();
    }
    if let Some(about) = update.about {
        card.about = about.as_str().to_owned();
    }
    card.color = update.color.unwrap_or(card.color);
    if card == account.card {
        return Ok(Decision::nothing(Reply::Account(card)));
    }
    card.version += 1;
    let mut topic = OwnTopic::after(state, account, now);
    topic.push(Body::Account { card: card.clone(), change: AccountChange::Updated }, Private::Nothing);
    Ok(topic.decide(Reply::Account(card)))
}
