//! Members may set for themselves what they are told of a conversation and how it stands among others.

use chinwag_protocol::{
    Actor, Body, ConversationId, Key, Keyed, OwnSettings, OwnSettingsChange, Problem, Timestamp, Topic,
};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::state::{Need, State};

pub(crate) fn needs(actor: &Actor, conversation: ConversationId, mut need: impl FnMut(Need)) {
    need(Need::Membership(actor.account, conversation));
    need(Need::Keyed(Topic::Account(actor.account), Key::Settings(conversation)));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    conversation: ConversationId,
    change: &OwnSettingsChange,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    state.membership(account, conversation).ok_or_else(Problem::no_conversation)?;
    let (before, version) = match state.keyed(Topic::Account(account), Key::Settings(conversation)) {
        Some(Keyed::Settings { settings, version, .. }) => (settings.clone(), *version),
        _ => (OwnSettings::default(), 0),
    };
    let settings = change.of(&before);
    if settings == before {
        return Ok(Decision::nothing(Reply::OwnSettings { settings, version }));
    }
    let version = version + 1;
    let mut appends = Appends::new(state, now);
    let keyed = Keyed::Settings { account, conversation, settings: settings.clone(), version };
    appends.push(Body::Keyed(keyed))?;
    Ok(appends.decision(Reply::OwnSettings { settings, version }))
}
