//! What a command must be answered.

use chinwag_protocol::{
    AccountCard, AddAnswer, ConversationCard, ConversationId, HistoryMessage, InviteId, OwnSettingsCard,
    PreferencesCard, Seq, Timestamp,
};

/// The answer of a command that is not refused, but for what only the server can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// It is done.
    Nothing,
    /// A conversation and its newest page.
    Opened(Box<Opened>),
    /// A row of a timeline.
    Stored {
        /// Which.
        seq: Seq,
        /// When it came.
        sent_at: Timestamp,
    },
    /// A conversation.
    Conversation(Box<ConversationCard>),
    /// Who was brought in.
    Added(AddAnswer),
    /// A link was made.
    Invite,
    /// The account.
    Account(Box<AccountCard>),
    /// What the account has set for itself in a conversation.
    OwnSettings(Box<OwnSettingsCard>),
    /// What the account has chosen.
    Preferences(PreferencesCard),
    /// So many recovery codes.
    Codes(usize),
    /// What was sent.
    Pong(Option<String>),
}

/// A conversation and its newest page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What was opened.
    pub card: ConversationCard,
    /// Oldest first.
    pub messages: Vec<HistoryMessage>,
    /// First row that the page covers.
    pub from_seq: Seq,
    /// Last row that it covers.
    pub to_seq: Seq,
}

/// What the server has drawn for a command.
#[derive(Debug, Clone, Default)]
pub struct Fresh {
    /// The id of the conversation that it answered with.
    pub conversation: Option<ConversationId>,
    /// The link that it made.
    pub invite: Option<(InviteId, String)>,
    /// The recovery codes that it made.
    pub codes: Vec<String>,
}
