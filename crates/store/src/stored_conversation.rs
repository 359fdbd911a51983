//! A row of the table `conversation`, read as what it is; the same for every store.

use chinwag_protocol::{
    Conversation, ConversationId, Kind, Pair, Settings, SlowMode, Slug, Title, TopicLine,
};

/// The columns, as neither store has them.
pub(crate) struct StoredConversation {
    pub(crate) id: ConversationId,
    pub(crate) kind: Kind,
    pub(crate) slug: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) topic: String,
    pub(crate) listed: bool,
    pub(crate) locked: bool,
    pub(crate) history_visible: bool,
    pub(crate) slow_mode_seconds: u64,
    pub(crate) version: u64,
    /// Column `slug_key`.
    pub(crate) key: Option<String>,
}

impl StoredConversation {
    /// The conversation, or what is wrong with it.
    pub(crate) fn read(self) -> Result<Conversation, String> {
        let slug = self.slug.map(Slug::parse).transpose().map_err(|error| error.to_string())?;
        let pair = match (self.kind, &slug) {
            (Kind::Room, None) => return Err("a room without a slug".to_owned()),
            (Kind::Group, Some(_)) => return Err("a group with a slug".to_owned()),
            (Kind::Direct, Some(_)) => return Err("a direct chat with a slug".to_owned()),
            (Kind::Room, Some(_)) | (Kind::Group, None) => None,
            (Kind::Direct, None) => {
                let pair = self.key.as_deref().and_then(Pair::from_key);
                Some(pair.ok_or("a direct chat of nobody")?)
            }
        };
        let settings = Settings {
            title: self.title.map(Title::parse).transpose().map_err(|error| error.to_string())?,
            topic: TopicLine::parse(self.topic).map_err(|error| error.to_string())?,
            listed: self.listed,
            locked: self.locked,
            slow_mode: SlowMode::new(self.slow_mode_seconds).ok_or("a slow mode that is too long")?,
            history_visible: self.history_visible,
            version: self.version,
        };
        Ok(Conversation { id: self.id, kind: self.kind, slug, pair, settings })
    }
}
