//! What accounts have set for themselves in conversations, and what their devices have begun to write.

use chinwag_protocol::{
    AccountId, Code, ConversationId, DeviceId, DraftBody, DraftCard, OwnSettingsBody, OwnSettingsCard,
    Record, Title,
};

use crate::log::nowhere;
use crate::{Expected, Model};

/// Drafts of an account in a conversation.
const DRAFTS_MAX: usize = 10;

impl Model {
    pub(crate) fn change_own_settings(
        &mut self,
        who: AccountId,
        id: ConversationId,
        body: &OwnSettingsBody,
    ) -> Result<Expected, Code> {
        if let Some(name) = body.name.as_ref().filter(|name| !name.is_empty()) {
            Title::parse(name.clone()).map_err(|_| Code::InvalidTitle)?;
        }
        self.member(who, id).ok_or(Code::NotFound)?;
        let before = self.own_settings(who, id);
        let mut card = before.clone();
        let settings = &mut card.settings;
        settings.muted_until = body.muted_until.unwrap_or(settings.muted_until);
        settings.level = body.level.unwrap_or(settings.level);
        settings.pinned = body.pinned.unwrap_or(settings.pinned);
        settings.archived = body.archived.unwrap_or(settings.archived);
        if let Some(name) = &body.name {
            settings.name = (!name.is_empty()).then(|| name.clone());
        }
        if card != before {
            card.version += 1;
            self.own_settings.retain(|(whose, other, _)| (*whose, *other) != (who, id));
            self.own_settings.push((who, id, card.clone()));
            let OwnSettingsCard { settings, version } = card.clone();
            self.tell_latest(
                who,
                Record::ConversationSettings {
                    account: who,
                    conversation: id,
                    settings,
                    version,
                    cursor: nowhere(),
                },
            );
        }
        Ok(Expected::OwnSettings(Box::new(card)))
    }

    pub(crate) fn put_draft(
        &mut self,
        who: AccountId,
        id: ConversationId,
        device: DeviceId,
        body: &DraftBody,
    ) -> Result<Expected, Code> {
        if body.text.contains('\0') {
            return Err(Code::InvalidText);
        }
        self.member(who, id).ok_or(Code::NotFound)?;
        let known = self
            .drafts
            .iter()
            .find(|(whose, other, draft)| (*whose, *other, draft.device) == (who, id, device));
        let (before, version) = match known {
            Some((.., draft)) => (draft.text.clone(), draft.version),
            None if self.devices_of(who).contains(&device) => (String::new(), 0),
            None => return Err(Code::NotFound),
        };
        if body.text == before {
            return Ok(Expected::Nothing);
        }
        if before.is_empty() && self.drafts_of(who, id).len() >= DRAFTS_MAX {
            return Err(Code::TooManyDrafts);
        }
        let draft = DraftCard { device, text: body.text.clone(), version: version + 1 };
        self.drafts.retain(|(whose, other, draft)| (*whose, *other, draft.device) != (who, id, device));
        self.drafts.push((who, id, draft.clone()));
        self.tell_latest(who, Record::Draft { account: who, conversation: id, draft, cursor: nowhere() });
        Ok(Expected::Nothing)
    }

    /// What an account has set for itself, as `GET /v1/sync` has it.
    pub(crate) fn own_settings(&self, who: AccountId, id: ConversationId) -> OwnSettingsCard {
        let known = self.own_settings.iter().find(|(whose, other, _)| (*whose, *other) == (who, id));
        known.map(|(.., card)| card.clone()).unwrap_or_default()
    }

    /// What an account's devices have begun to write, in the order of their ids.
    pub(crate) fn drafts_of(&self, who: AccountId, id: ConversationId) -> Vec<DraftCard> {
        let own = self.drafts.iter().filter(|(whose, other, _)| (*whose, *other) == (who, id));
        let mut drafts: Vec<DraftCard> =
            own.map(|(.., draft)| draft.clone()).filter(|draft| !draft.text.is_empty()).collect();
        drafts.sort_by_key(|draft| draft.device);
        drafts
    }

    /// Tells an account's own devices something of which they may miss what was overtaken.
    pub(crate) fn tell_latest(&mut self, account: AccountId, record: Record) {
        self.moment += 1;
        self.account_mut(account).markers.push(record);
    }
}
