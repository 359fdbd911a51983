//! Members may keep what each of their devices has begun to write. Any of their devices changes it, be it that the one is gone.

use chinwag_protocol::{
    Actor, Body, Code, ConversationId, DeviceId, DraftText, Key, Keyed, Problem, Timestamp, Topic,
};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::quotas::DRAFTS_MAX;
use crate::state::{Need, State};

pub(crate) fn needs(
    actor: &Actor,
    conversation: ConversationId,
    device: DeviceId,
    mut need: impl FnMut(Need),
) {
    need(Need::Membership(actor.account, conversation));
    need(Need::Keyed(Topic::Account(actor.account), Key::Draft(conversation, device)));
    need(Need::Drafts(actor.account, conversation));
    need(Need::Devices(actor.account));
}

pub(crate) fn decide(
    state: &State,
    actor: &Actor,
    conversation: ConversationId,
    device: DeviceId,
    text: &DraftText,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let account = actor.account;
    state.membership(account, conversation).ok_or_else(Problem::no_conversation)?;
    let (before, version) = match state.keyed(Topic::Account(account), Key::Draft(conversation, device)) {
        Some(Keyed::Draft { text, version, .. }) => (text.as_str(), *version),
        _ => ("", 0),
    };
    if version == 0 && !state.own_devices(account).iter().any(|own| own.id == device) {
        return Err(Problem::new(Code::NotFound, "There is no such device of this account."));
    }
    let text = text.as_str();
    if text == before {
        return Ok(Decision::nothing(Reply::Done));
    }
    if before.is_empty() && state.drafts(account, conversation) >= DRAFTS_MAX {
        let detail = format!(
            "You have {DRAFTS_MAX} drafts in this conversation, and no more are possible. Send or empty another first."
        );
        return Err(Problem::new(Code::TooManyDrafts, detail));
    }
    let text = text.to_owned();
    let mut appends = Appends::new(state, now);
    appends.push(Body::Keyed(Keyed::Draft { account, conversation, device, text, version: version + 1 }))?;
    Ok(appends.decision(Reply::Done))
}
