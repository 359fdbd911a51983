//! What a server answered, beside what the model expects.

use chinwag_model::{Expected, Fresh, Opened};
use chinwag_protocol::{
    AccountCard, AddAnswer, ConversationCard, InviteAnswer, OwnSettingsCard, PreferencesCard, RoomAnswer,
    SendAnswer,
};

/// The answer to a command that was not refused.
#[derive(Debug)]
pub(crate) enum Answer {
    Nothing,
    Opened(Box<RoomAnswer>),
    Stored(SendAnswer),
    Conversation(Box<ConversationCard>),
    Added(AddAnswer),
    Invite(InviteAnswer),
    Account(Box<AccountCard>),
    OwnSettings(Box<OwnSettingsCard>),
    Preferences(PreferencesCard),
    Codes(Vec<String>),
    Pong(Option<String>),
}

impl Answer {
    /// What the server has drawn.
    pub(crate) fn fresh(&self) -> Fresh {
        let mut fresh = Fresh::default();
        match self {
            Self::Opened(opened) => fresh.conversation = Some(opened.conversation.id),
            Self::Conversation(card) => fresh.conversation = Some(card.id),
            Self::Invite(made) => fresh.invite = Some((made.id, made.token.clone())),
            Self::Codes(codes) => fresh.codes.clone_from(codes),
            Self::Nothing
            | Self::Stored(_)
            | Self::Added(_)
            | Self::Account(_)
            | Self::OwnSettings(_)
            | Self::Preferences(_)
            | Self::Pong(_) => {}
        }
        fresh
    }

    pub(crate) fn is(&self, expected: &Expected) -> bool {
        match (self, expected) {
            (Self::Nothing, Expected::Nothing) | (Self::Invite(_), Expected::Invite) => true,
            (Self::Opened(got), Expected::Opened(due)) => {
                let got = Opened {
                    card: got.conversation.clone(),
                    messages: got.messages.clone(),
                    from_seq: got.from_seq,
                    to_seq: got.to_seq,
                };
                got == **due
            }
            (Self::Stored(got), Expected::Stored { seq, sent_at }) => {
                (got.seq, got.sent_at) == (*seq, *sent_at)
            }
            (Self::Conversation(got), Expected::Conversation(due)) => got == due,
            (Self::Added(got), Expected::Added(due)) => got == due,
            (Self::Account(got), Expected::Account(due)) => got == due,
            (Self::OwnSettings(got), Expected::OwnSettings(due)) => got == due,
            (Self::Preferences(got), Expected::Preferences(due)) => got == due,
            (Self::Codes(got), Expected::Codes(due)) => got.len() == *due,
            (Self::Pong(got), Expected::Pong(due)) => got == due,
            _ => false,
        }
    }
}
