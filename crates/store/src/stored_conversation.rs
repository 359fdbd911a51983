//! A row of the table `conversation`, read as what it is; the same for every store.

use chinwag_protocol::{Conversation, ConversationId, Kind, Pair, Slug};

use crate::detail::SettingsDetail;

/// The columns, as neither store has them.
pub(crate) struct StoredConversation {
    pub(crate) id: ConversationId,
    pub(crate) kind: Kind,
    pub(crate) slug: Option<String>,
    pub(crate) settings: SettingsDetail,
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
        let settings = self.settings.settings()?;
        Ok(Conversation { id: self.id, kind: self.kind, slug, pair, settings })
    }
}
