//! Who may do what, and what those who run a conversation do to members.

use chinwag_protocol::{
    AccountId, Code, ConversationId, Kind, MemberChange, MembersChange, MuteSeconds, Record, Role, Timestamp,
};

use crate::log::{Told, nameless, nowhere};
use crate::{Expected, Model};

/// From the lowest on.
const RANKS: [Role; 5] = [Role::ReadOnly, Role::Member, Role::Moderator, Role::Admin, Role::Owner];

fn rank(role: Role) -> Option<usize> {
    RANKS.iter().position(|known| *known == role)
}

pub(crate) fn at_least(role: Role, least: Role) -> bool {
    rank(role) >= rank(least)
}

/// Nobody does anything to who stands beside or above.
fn check_above(role: Role, other: Role) -> Result<(), Code> {
    if rank(role) > rank(other) { Ok(()) } else { Err(Code::Forbidden) }
}

impl Model {
    /// The role of a member who stands high enough. In a direct chat nobody does.
    pub(crate) fn check_runs(&self, who: AccountId, id: ConversationId, least: Role) -> Result<Role, Code> {
        let own = self.member(who, id).ok_or(Code::NotFound)?;
        if self.talk(id).about.kind == Kind::Direct || !at_least(own.role, least) {
            return Err(Code::Forbidden);
        }
        Ok(own.role)
    }

    pub(crate) fn remove_member(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let own = self.check_runs(who, id, Role::Moderator)?;
        let Some(other) = self.member(account, id) else { return Ok(Expected::Nothing) };
        check_above(own, other.role)?;
        self.end(account, id, MemberChange::Removed);
        self.members_row(id, who, &[account], (MembersChange::Removed, None), now);
        Ok(Expected::Nothing)
    }

    pub(crate) fn set_role(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        role: Role,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let own = self.check_runs(who, id, Role::Admin)?;
        let other = self.member(account, id).ok_or(Code::NotFound)?;
        check_above(own, other.role)?;
        check_above(own, role)?;
        if other.role != role {
            self.give_role(account, id, role);
            self.members_row(id, who, &[account], (MembersChange::Role, Some(role)), now);
        }
        Ok(Expected::Nothing)
    }

    pub(crate) fn hand_over(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let own = self.member(who, id).ok_or(Code::NotFound)?;
        let other = self.member(account, id);
        if other.is_some_and(|other| other.role == Role::Owner) {
            return Ok(Expected::Nothing);
        }
        if own.role != Role::Owner {
            return Err(Code::Forbidden);
        }
        other.ok_or(Code::NotFound)?;
        self.give_role(who, id, Role::Admin);
        self.give_role(account, id, Role::Owner);
        self.talk_mut(id).owner = account;
        self.members_row(id, who, &[account], (MembersChange::Owner, Some(Role::Owner)), now);
        Ok(Expected::Nothing)
    }

    fn give_role(&mut self, account: AccountId, id: ConversationId, role: Role) {
        let talk = self.talk_mut(id);
        talk.members
            .iter_mut()
            .filter(|member| member.account == account)
            .for_each(|member| member.role = role);
        talk.restriction(account).read_only = role == Role::ReadOnly;
        self.tell_member(account, id, MemberChange::Role, Told { role: Some(role), ..Told::default() });
    }

    pub(crate) fn ban(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let own = self.check_runs(who, id, Role::Moderator)?;
        let other = self.member(account, id);
        if let Some(other) = other {
            check_above(own, other.role)?;
        }
        self.account(account).ok_or(Code::NotFound)?;
        let is_room = self.talk(id).about.kind == Kind::Room;
        if is_room && self.talk(id).owner == account {
            check_above(own, Role::Owner)?;
        }
        if self.talk_mut(id).restriction(account).banned {
            return Ok(Expected::Nothing);
        }
        self.talk_mut(id).restriction(account).banned = true;
        if other.is_some() {
            self.end(account, id, MemberChange::Banned);
        } else if is_room {
            self.tell_member(account, id, MemberChange::Banned, Told::default());
        }
        self.members_row(id, who, &[account], (MembersChange::Banned, None), now);
        Ok(Expected::Nothing)
    }

    pub(crate) fn lift_ban(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        self.check_runs(who, id, Role::Moderator)?;
        self.account(account).ok_or(Code::NotFound)?;
        if !self.talk_mut(id).restriction(account).banned {
            return Ok(Expected::Nothing);
        }
        self.talk_mut(id).restriction(account).banned = false;
        if self.talk(id).about.kind == Kind::Room {
            self.tell_member(account, id, MemberChange::Unbanned, Told::default());
        }
        self.members_row(id, who, &[account], (MembersChange::Unbanned, None), now);
        Ok(Expected::Nothing)
    }

    pub(crate) fn mute(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
        seconds: u64,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let seconds = MuteSeconds::new(seconds).ok_or(Code::InvalidField)?;
        self.check_may_mute(who, id, account)?;
        let until = Timestamp::from_millis(now.as_millis() + 1000 * i64::from(seconds.get()));
        self.talk_mut(id).restriction(account).muted_until = Some(until);
        let told = Told { muted_until: Some(until), ..Told::default() };
        self.tell_member(account, id, MemberChange::Muted, told);
        Ok(Expected::Nothing)
    }

    pub(crate) fn lift_mute(
        &mut self,
        who: AccountId,
        id: ConversationId,
        account: AccountId,
    ) -> Result<Expected, Code> {
        self.check_may_mute(who, id, account)?;
        if self.talk_mut(id).restriction(account).muted_until.take().is_some() {
            self.tell_member(account, id, MemberChange::Unmuted, Told::default());
        }
        Ok(Expected::Nothing)
    }

    fn check_may_mute(&self, who: AccountId, id: ConversationId, account: AccountId) -> Result<(), Code> {
        let own = self.check_runs(who, id, Role::Moderator)?;
        check_above(own, self.member(account, id).ok_or(Code::NotFound)?.role)
    }

    /// Tells the members of a group; those of a room are not told.
    pub(crate) fn members_row(
        &mut self,
        id: ConversationId,
        by: AccountId,
        accounts: &[AccountId],
        (change, role): (MembersChange, Option<Role>),
        now: Timestamp,
    ) {
        if self.talk(id).about.kind != Kind::Group {
            return;
        }
        let accounts = accounts.iter().map(|account| nameless(*account)).collect();
        self.row(id, now, |seq| Record::Members {
            conversation: id,
            seq,
            actor: nameless(by),
            accounts,
            change,
            role,
            sent_at: now,
            cursor: nowhere(),
        });
    }
}
