//! Groups: making one, and bringing others in.

use chinwag_protocol::{
    AccountId, AccountList, AddAnswer, AddBody, Code, Conversation, ConversationId, GroupBody, Kind,
    MembersChange, Role, Settings, Timestamp, Title, TopicLine,
};

use crate::{Expected, Fresh, Made, Model, Sent};

impl Model {
    pub(crate) fn create_group(
        &mut self,
        who: AccountId,
        body: &GroupBody,
        fresh: &Fresh,
    ) -> Result<Expected, Code> {
        let mut settings =
            Settings::new(Some(Title::parse(body.title.clone()).map_err(|_| Code::InvalidTitle)?));
        let topic = body.topic.clone().unwrap_or_default();
        settings.topic = TopicLine::parse(topic.clone()).map_err(|_| Code::InvalidTopic)?;
        settings.history_visible = body.history_visible.unwrap_or(true);
        let wanted = |conversation| Made::Group {
            conversation,
            title: body.title.clone(),
            topic: topic.clone(),
            history_visible: body.history_visible.unwrap_or(true),
        };
        if let Some(first) = self.made(who, body.client_id) {
            return match &first {
                Made::Group { conversation, .. } if first == wanted(*conversation) => {
                    self.shown(who, *conversation)
                }
                _ => Err(Code::ClientIdReused),
            };
        }
        let id = self.unheard_of(fresh)?;
        let made = wanted(id);
        self.make(who, Conversation::group(id, settings));
        self.join(who, id, Role::Owner, false);
        self.account_mut(who).sent.push(Sent { client_id: body.client_id, made });
        self.shown(who, id)
    }

    pub(crate) fn add_members(
        &mut self,
        who: AccountId,
        id: ConversationId,
        body: &AddBody,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let accounts = AccountList::new(body.accounts.clone()).ok_or(Code::InvalidField)?;
        self.check_is_group_run_by(who, id)?;
        let (mut added, mut already, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for account in accounts.iter() {
            if self.member(account, id).is_some() {
                already.push(account);
            } else if self.account(account).is_none() || self.talk_mut(id).restriction(account).banned {
                refused.push(account);
            } else {
                added.push(account);
            }
        }
        for account in &added {
            self.join_group(*account, id);
        }
        if !added.is_empty() {
            self.members_row(id, who, &added, (MembersChange::Added, None), now);
        }
        Ok(Expected::Added(AddAnswer { added, already, refused }))
    }

    pub(crate) fn join_group(&mut self, account: AccountId, id: ConversationId) {
        let read_only = self.talk_mut(id).restriction(account).read_only;
        let role = if read_only { Role::ReadOnly } else { Role::Member };
        self.join(account, id, role, false);
    }

    /// Others come into groups only, and are let in by owners and admins.
    pub(crate) fn check_is_group_run_by(&self, who: AccountId, id: ConversationId) -> Result<(), Code> {
        self.check_runs(who, id, Role::Admin)?;
        if self.talk(id).about.kind == Kind::Group { Ok(()) } else { Err(Code::Forbidden) }
    }
}
