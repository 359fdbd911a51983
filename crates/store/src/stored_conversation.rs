//! A row of the table `conversation`, read as what it is; the same for every store.

use chinwag_protocol::{Conversation, ConversationId, Kind, Slug};

use crate::detail::SettingsDetail;

/// The columns, as neither store has them.
pub(crate) struct StoredConversation {
    pub(crate) id: ConversationId,
    pub(crate) kind: Kind,
    pub(crate) slug: Option<String>,
    pub(crate) settings: SettingsDetail,
}

impl StoredConversation {
    /// The conversation, or what is wrong with it.
    pub(crate) fn read(self) -> Result<Conversation, String> {
        let slug = self.slug.map(Slug::parse).transpose().map_err(|error| error.to_string())?;
        match (self.kind, &slug) {
            (Kind::Room, None) => return Err("a room without a slug".to_owned()),
            (Kind::Group, Some(_)) => return Err("a group with a slug".to_owned()),
            (Kind::Room, Some(_)) | (Kind::Group, None) => {}
        }
        let settings = self.settings.settings()?;
        Ok(Conversation { id: self.id, kind: self.kind, slug, settings })
    }
}
