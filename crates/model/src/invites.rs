//! Links into groups.

use chinwag_protocol::{
    AccountId, Code, ConversationId, InviteBody, InviteChange, InviteId, InviteTerms, MembersChange, Record,
    Timestamp,
};

use crate::log::nowhere;
use crate::{Expected, Fresh, Invite, Model};

impl Invite {
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires| expires > now)
    }
}

impl Model {
    pub(crate) fn create_invite(
        &mut self,
        who: AccountId,
        id: ConversationId,
        body: InviteBody,
        fresh: &Fresh,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let terms = InviteTerms::new(body.expires_seconds, body.uses).ok_or(Code::InvalidField)?;
        self.check_is_group_run_by(who, id)?;
        let (invite, token) = fresh.invite.clone().ok_or(Code::Internal)?;
        let later = |seconds: u32| Timestamp::from_millis(now.as_millis() + 1000 * i64::from(seconds));
        let expires_at = terms.seconds().map(later);
        let uses = terms.uses();
        let invites = &mut self.talk_mut(id).invites;
        // Those that have expired are forgotten when another is made.
        invites.retain(|known| known.is_good(now));
        invites.push(Invite { id: invite, token, maker: who, made_at: now, expires_at, uses });
        self.tell_invite(who, id, invite, InviteChange::Created, expires_at, uses);
        Ok(Expected::Invite)
    }

    pub(crate) fn revoke_invite(
        &mut self,
        who: AccountId,
        id: ConversationId,
        invite: InviteId,
    ) -> Result<Expected, Code> {
        self.check_is_group_run_by(who, id)?;
        let invites = &mut self.talk_mut(id).invites;
        if let Some(at) = invites.iter().position(|known| known.id == invite) {
            invites.remove(at);
            self.tell_invite(who, id, invite, InviteChange::Revoked, None, None);
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn accept_invite(
        &mut self,
        who: AccountId,
        token: &str,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let is_it = |link: &Invite| link.token == token && link.is_good(now);
        let found = self.talks.iter().find(|talk| talk.invites.iter().any(is_it)).map(|talk| talk.about.id);
        let id = found.ok_or(Code::NotFound)?;
        if self.member(who, id).is_none() {
            if self.talk_mut(id).restriction(who).banned || self.talk(id).members.is_empty() {
                return Err(Code::NotFound);
            }
            let invites = &mut self.talk_mut(id).invites;
            for link in invites.iter_mut().filter(|link| link.token == token) {
                link.uses = link.uses.map(|uses| uses - 1);
            }
            invites.retain(|link| link.uses != Some(0));
            self.join_group(who, id);
            self.members_row(id, who, &[who], (MembersChange::Joined, None), now);
        }
        self.opened(who, id)
    }

    fn tell_invite(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        invite: InviteId,
        change: InviteChange,
        expires_at: Option<Timestamp>,
        uses: Option<u32>,
    ) {
        let cursor = nowhere();
        self.tell(
            account,
            Record::Invite { account, conversation, invite, change, expires_at, uses, cursor },
        );
    }
}
