//! Who may write in a conversation now, and about which message.

use chinwag_protocol::{Actor, Code, ConversationId, Entities, Membership, Problem, Role, Seq, Timestamp};

use crate::direct;
use crate::permission::{Action, may, permit};
use crate::state::{ConversationState, MessageState, Need, Restriction, State};

/// The rows that changing a message reads which is there already.
pub(crate) fn needs(actor: &Actor, conversation: ConversationId, seq: Seq, mut need: impl FnMut(Need)) {
    need(Need::Conversation(conversation));
    need(Need::Membership(actor.account, conversation));
    need(Need::Talk { conversation, account: actor.account });
    need(Need::Restriction(conversation, actor.account));
    need(Need::Message(conversation, seq));
}

/// A message that is there already, for who may write in its conversation now.
pub(crate) struct Written<'s> {
    pub(crate) conversation: &'s ConversationState,
    pub(crate) membership: &'s Membership,
    pub(crate) message: &'s MessageState,
    /// Whether what the asker does to it is hidden from the other of a direct chat.
    pub(crate) hidden: bool,
}

impl<'s> Written<'s> {
    /// A deleted one is as absent as one that there never was.
    pub(crate) fn of(
        state: &'s State,
        actor: &Actor,
        id: ConversationId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let membership = state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
        let conversation = state.conversation(id).ok_or_else(Problem::no_conversation)?;
        let message = visible_message(state, actor, id, seq)?;
        if message.deleted.is_some() {
            return Err(no_message());
        }
        check_may_write(state, actor, conversation, membership.role, now)?;
        let hidden = match conversation.conversation.pair {
            Some(pair) => direct::is_hidden(state, pair, actor.account)?,
            None => false,
        };
        Ok(Self { conversation, membership, message, hidden: hidden || message.hidden })
    }
}

/// A message that a member may see, be it that it is deleted.
pub(crate) fn visible_message<'s>(
    state: &'s State,
    actor: &Actor,
    id: ConversationId,
    seq: Seq,
) -> Result<&'s MessageState, Problem> {
    let membership = state.membership(actor.account, id).ok_or_else(Problem::no_conversation)?;
    let is_visible = |message: &&MessageState| {
        seq >= membership.visible_from && (!message.hidden || message.sender == actor.account)
    };
    state.message(id, seq).filter(is_visible).ok_or_else(no_message)
}

/// The answer about a message that there is not, or not for who asks.
pub(crate) fn no_message() -> Problem {
    Problem::new(Code::NotFound, "There is no such message.")
}

/// Refuses who may not write here now, however long they wait for the slow mode.
pub(crate) fn check_may_write(
    state: &State,
    actor: &Actor,
    conversation: &ConversationState,
    role: Role,
    now: Timestamp,
) -> Result<(), Problem> {
    let (kind, settings) = (conversation.conversation.kind, &conversation.conversation.settings);
    permit(role, Action::Write, kind)?;
    if settings.locked && !may(role, Action::WriteLocked, kind) {
        return Err(Problem::new(
            Code::Locked,
            "Only owners, admins and moderators write here while the conversation is locked. Wait until it is unlocked.",
        ));
    }
    let restriction = state.restriction(conversation.conversation.id, actor.account);
    match restriction.muted_until.filter(|until| *until > now) {
        None => Ok(()),
        Some(until) => {
            let detail = format!("You may read here, but write only from {until} on.");
            Err(Problem::new(Code::Muted, detail))
        }
    }
}

/// Refuses who must wait for the slow mode. Gives what holds for the sender after that, where it counts from it.
pub(crate) fn check_slow_mode(
    state: &State,
    actor: &Actor,
    conversation: &ConversationState,
    role: Role,
    now: Timestamp,
) -> Result<Option<Restriction>, Problem> {
    let (kind, settings) = (conversation.conversation.kind, &conversation.conversation.settings);
    let restriction = state.restriction(conversation.conversation.id, actor.account);
    let wait_ms = 1000 * i64::from(settings.slow_mode.seconds());
    if wait_ms == 0 || may(role, Action::WriteAtOnce, kind) {
        return Ok(None);
    }
    if let Some(wrote_at) = restriction.wrote_at {
        // A clock that was set back does not make anybody wait longer.
        let left_ms = (wrote_at.as_millis() + wait_ms - now.as_millis()).min(wait_ms);
        if left_ms > 0 {
            let seconds = u32::try_from((left_ms + 999) / 1000).unwrap_or(u32::MAX);
            let detail = format!(
                "Members write once in {} s here. Send it again in {seconds} s.",
                settings.slow_mode.seconds()
            );
            return Err(Problem::new(Code::SlowMode, detail).retry_after(seconds));
        }
    }
    Ok(Some(Restriction { wrote_at: Some(now), ..restriction }))
}

/// The rows that [`check_entities`] reads.
pub(crate) fn needs_of_entities(entities: &Entities, mut need: impl FnMut(Need)) {
    entities.accounts().for_each(|account| need(Need::Account(account)));
}

/// Refuses to name who is not there, and everybody where that is not for the asker to do.
pub(crate) fn check_entities(
    state: &State,
    entities: &Entities,
    conversation: &ConversationState,
    role: Role,
) -> Result<(), Problem> {
    if entities.mention_all() {
        permit(role, Action::MentionAll, conversation.conversation.kind)?;
    }
    if entities.accounts().any(|account| state.account(account).is_none()) {
        // Not which: a guesser of ids learns no more.
        let detail = "One of the accounts that \"entities\" names does not exist. Leave it out.";
        return Err(Problem::new(Code::InvalidEntities, detail));
    }
    Ok(())
}
