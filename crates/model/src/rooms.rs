//! Rooms, and what holds for coming into any conversation and going from it.

use chinwag_protocol::{
    AccountId, Code, Conversation, ConversationChange, ConversationId, Kind, MemberChange, MembersChange,
    Record, Role, Seq, SettingsBody, SettingsCard, SettingsChange, SlowMode, Slug, Timestamp, Title,
    TopicLine,
};

use crate::log::{Told, nameless, nowhere};
use crate::moderation::at_least;
use crate::{Expected, Fresh, Member, Model, Talk};

impl Model {
    pub(crate) fn open_room(&mut self, who: AccountId, slug: &str, fresh: &Fresh) -> Result<Expected, Code> {
        let slug = Slug::parse(slug).map_err(|_| Code::InvalidSlug)?;
        let same = |talk: &&Talk| talk.about.slug.as_ref().is_some_and(|known| known.key() == slug.key());
        let Some(id) = self.talks.iter().find(same).map(|talk| talk.about.id) else {
            let id = self.unheard_of(fresh)?;
            self.make(who, Conversation::room(id, slug));
            self.join(who, id, Role::Owner, false);
            return self.opened(who, id);
        };
        if self.member(who, id).is_none() {
            let owner = self.talk(id).owner;
            let restriction = self.talk_mut(id).restriction(who);
            if restriction.banned {
                return Err(Code::Banned);
            }
            let role = match restriction.read_only {
                _ if owner == who => Role::Owner,
                true => Role::ReadOnly,
                false => Role::Member,
            };
            self.join(who, id, role, false);
        }
        self.opened(who, id)
    }

    pub(crate) fn leave(
        &mut self,
        who: AccountId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let Some(member) = self.member(who, id) else { return Ok(Expected::Nothing) };
        match self.talk(id).about.kind {
            Kind::Direct => return Err(Code::Forbidden),
            Kind::Room => self.end(who, id, MemberChange::Left),
            Kind::Group if member.role == Role::Owner && self.talk(id).members.len() > 1 => {
                return Err(Code::LastOwner);
            }
            Kind::Group => {
                self.end(who, id, MemberChange::Left);
                self.members_row(id, who, &[who], (MembersChange::Left, None), now);
            }
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn change_settings(
        &mut self,
        who: AccountId,
        id: ConversationId,
        body: &SettingsBody,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let SettingsBody { title, topic, listed, locked, slow_mode_seconds, history_visible } = body.clone();
        let slow_mode = slow_mode_seconds.map(|seconds| SlowMode::new(seconds).ok_or(Code::InvalidField));
        let change = SettingsChange {
            title: title.map(Title::parse).transpose().map_err(|_| Code::InvalidTitle)?,
            topic: topic.map(TopicLine::parse).transpose().map_err(|_| Code::InvalidTopic)?,
            listed,
            locked,
            slow_mode: slow_mode.transpose()?,
            history_visible,
        };
        let own = self.member(who, id).ok_or(Code::NotFound)?;
        let mut about = self.talk(id).about.clone();
        match about.kind {
            Kind::Direct => return Err(Code::Forbidden),
            _ if !at_least(own.role, Role::Admin) => return Err(Code::Forbidden),
            Kind::Room if history_visible.is_some() => return Err(Code::InvalidField),
            Kind::Group if listed.is_some() => return Err(Code::InvalidField),
            Kind::Room | Kind::Group => {}
        }
        change.apply(&mut about.settings);
        if about != self.talk(id).about {
            about.settings.version += 1;
            let settings = SettingsCard::from(&about);
            let talk = self.talk_mut(id);
            talk.titles.push(settings.title.clone());
            talk.about = about;
            self.row(id, now, |seq| Record::ConversationChanged {
                conversation: id,
                seq,
                actor: nameless(who),
                settings,
                sent_at: now,
                cursor: nowhere(),
            });
        }
        self.shown(who, id)
    }

    /// The id that the server has drawn, if it is nobody's yet.
    pub(crate) fn unheard_of(&self, fresh: &Fresh) -> Result<ConversationId, Code> {
        let id = fresh.conversation.filter(|id| self.talks.iter().all(|talk| talk.about.id != *id));
        id.ok_or(Code::Internal)
    }

    pub(crate) fn make(&mut self, who: AccountId, about: Conversation) {
        let (conversation, kind) = (about.id, about.kind);
        let slug = about.slug.as_ref().map(|slug| slug.as_str().to_owned());
        let peer = about.pair.map(|pair| pair.peer(who));
        self.talks.push(Talk {
            titles: vec![about.title().to_owned()],
            about,
            owner: who,
            members: Vec::new(),
            stays: Vec::new(),
            restrictions: Vec::new(),
            invites: Vec::new(),
            rows: Vec::new(),
        });
        let (title, change, cursor) = (String::new(), ConversationChange::Created, nowhere());
        let record =
            Record::Conversation { account: who, conversation, kind, slug, title, peer, change, cursor };
        self.tell(who, record);
    }

    /// Lets an account in.
    pub(crate) fn join(&mut self, account: AccountId, id: ConversationId, role: Role, request: bool) {
        let talk = self.talk(id);
        let from_seq = talk.head().next();
        let visible_from = if talk.about.settings.history_visible { Seq::new(1) } else { from_seq };
        let told = Told { role: Some(role), from_seq: Some(from_seq), request, muted_until: None };
        self.tell_member(account, id, MemberChange::Joined, told);
        let moment = self.moment;
        let talk = self.talk_mut(id);
        talk.members.push(Member { account, role, visible_from, from_seq, request });
        talk.stays.push((account, moment, None));
    }

    /// Ends a membership.
    pub(crate) fn end(&mut self, account: AccountId, id: ConversationId, change: MemberChange) {
        self.tell_member(account, id, change, Told::default());
        let moment = self.moment;
        let talk = self.talk_mut(id);
        talk.members.retain(|member| member.account != account);
        let stay = talk.stays.iter_mut().filter(|(whose, _, until)| *whose == account && until.is_none());
        stay.for_each(|(.., until)| *until = Some(moment));
    }

    /// What opening a conversation answers.
    pub(crate) fn opened(&self, who: AccountId, id: ConversationId) -> Result<Expected, Code> {
        Ok(Expected::Opened(Box::new(self.newest(who, self.conversation(who, id)?))))
    }

    /// The conversation, to a member.
    pub(crate) fn shown(&self, who: AccountId, id: ConversationId) -> Result<Expected, Code> {
        Ok(Expected::Conversation(Box::new(self.conversation(who, id)?)))
    }
}
