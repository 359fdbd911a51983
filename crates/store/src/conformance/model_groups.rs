//! What becomes of groups, members, roles and restrictions, for [`Model`].

use chinwag_chat::{Added, Entry, Reply, RequestHash};
use chinwag_protocol::{
    AccountId, Body, ClientId, Code, Command, Conversation, ConversationId, InviteHash, InviteId,
    InviteTerms, Kind, LeftChange, MembersChange, Membership, RestrictionChange, Role, Seq, Timestamp, Topic,
};

use super::model::{Answer, Link, Model, Restricted};
use crate::{AccountPage, Bans, ConversationRow, InviteRow, InvitedRow, Invites, MemberRow, Members};

/// From the lowest on.
const RANKS: [Role; 5] = [Role::ReadOnly, Role::Member, Role::Moderator, Role::Admin, Role::Owner];

fn rank(role: Role) -> usize {
    RANKS.iter().position(|other| *other == role).unwrap()
}

impl Model {
    pub(super) fn restricted(&mut self, place: (ConversationId, AccountId)) -> &mut Restricted {
        let known = self.restrictions.iter().position(|row| row.place == place);
        let at = known.unwrap_or(self.restrictions.len());
        if known.is_none() {
            let (banned, read_only, muted_until, wrote_at) = (false, false, None, None);
            self.restrictions.push(Restricted { place, banned, read_only, muted_until, wrote_at });
        }
        &mut self.restrictions[at]
    }

    pub(super) fn place(&self, id: ConversationId) -> Option<(Conversation, AccountId)> {
        self.rooms.iter().find(|(room, _)| room.id == id).cloned()
    }

    fn is_group(&self, id: ConversationId) -> bool {
        self.place(id).unwrap().0.kind == Kind::Group
    }

    fn count(&self, id: ConversationId) -> u64 {
        self.members.iter().filter(|(_, what, _)| *what == id).count() as u64
    }

    /// Whether the send counts for the slow mode.
    pub(super) fn may_write(
        &mut self,
        account: AccountId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<bool, Code> {
        let role = self.membership(account, id).ok_or(Code::NotFound)?.role;
        let settings = self.place(id).unwrap().0.settings;
        let row = self.restricted((id, account)).clone();
        let exempt = rank(role) >= rank(Role::Moderator);
        let wait = i64::from(settings.slow_mode.seconds()) * 1000;
        if role == Role::ReadOnly {
            Err(Code::Forbidden)
        } else if settings.locked && !exempt {
            Err(Code::Locked)
        } else if row.muted_until.is_some_and(|until| until > now) {
            Err(Code::Muted)
        } else if exempt || wait == 0 {
            Ok(false)
        } else if row.wrote_at.is_some_and(|at| now.as_millis() < at.as_millis() + wait) {
            Err(Code::SlowMode)
        } else {
            Ok(true)
        }
    }

    pub(super) fn create_group(
        &mut self,
        owner: AccountId,
        (client_id, hash): (ClientId, RequestHash),
        group: Conversation,
        now: Timestamp,
    ) -> Answer {
        let first = self.made.iter().find(|(who, id, ..)| (*who, *id) == (owner, client_id)).copied();
        if let Some((_, _, before, conversation)) = first {
            return if before == hash {
                Ok(Reply::Group { conversation })
            } else {
                Err(Code::ClientIdReused)
            };
        }
        if self.sent(owner, client_id).is_some() {
            return Err(Code::ClientIdReused);
        }
        let conversation = group.id;
        self.made.push((owner, client_id, hash, conversation));
        self.rooms.push((group.clone(), owner));
        let own = Topic::Account(owner);
        self.append(own, now, Body::ConversationCreated { conversation: group, owner });
        self.join(owner, conversation, Role::Owner, now);
        Ok(Reply::Group { conversation })
    }

    fn join(&mut self, account: AccountId, id: ConversationId, role: Role, now: Timestamp) {
        let conversation = self.place(id).unwrap().0;
        let from_seq = Seq::new(self.timeline(Topic::Conversation(id)).len() as u64 + 1);
        let visible_from = if conversation.settings.history_visible { Seq::new(1) } else { from_seq };
        let membership = Membership { role, since: self.head().next(), visible_from, request: false };
        self.members.push((account, id, membership));
        let body = Body::Joined { account, conversation, membership, from_seq };
        self.append(Topic::Account(account), now, body);
    }

    fn end(&mut self, account: AccountId, id: ConversationId, change: LeftChange, now: Timestamp) {
        self.members.retain(|(who, what, _)| !(*who == account && *what == id));
        let conversation = self.place(id).unwrap().0;
        self.append(Topic::Account(account), now, Body::Left { account, conversation, change });
    }

    /// A row that tells the members of a group; nothing in a room.
    fn tell(
        &mut self,
        id: ConversationId,
        by: AccountId,
        accounts: &[AccountId],
        (change, role): (MembersChange, Option<Role>),
        now: Timestamp,
    ) {
        if self.is_group(id) {
            let accounts = accounts.iter().map(|account| self.sender(*account)).collect();
            let body = Body::Members { conversation: id, actor: self.sender(by), accounts, change, role };
            self.append(Topic::Conversation(id), now, body);
        }
    }

    pub(super) fn leave(&mut self, account: AccountId, id: ConversationId, now: Timestamp) -> Answer {
        let Some(membership) = self.membership(account, id) else { return Ok(Reply::Done) };
        if self.place(id).unwrap().0.kind == Kind::Direct {
            return Err(Code::Forbidden);
        }
        if self.is_group(id) && membership.role == Role::Owner && self.count(id) > 1 {
            return Err(Code::LastOwner);
        }
        self.end(account, id, LeftChange::Left, now);
        self.tell(id, account, &[account], (MembersChange::Left, None), now);
        Ok(Reply::Done)
    }

    fn give_role(&mut self, account: AccountId, id: ConversationId, role: Role, now: Timestamp) {
        for (.., membership) in
            self.members.iter_mut().filter(|(who, what, _)| *who == account && *what == id)
        {
            membership.role = role;
        }
        self.restricted((id, account)).read_only = role == Role::ReadOnly;
        let conversation = self.place(id).unwrap().0;
        self.append(Topic::Account(account), now, Body::RoleChanged { account, conversation, role });
    }

    /// Everything that those who run a conversation do.
    pub(super) fn moderate(&mut self, by: AccountId, command: &Command, now: Timestamp) -> Answer {
        let (id, least) = match command {
            Command::AddMembers { conversation, .. }
            | Command::SetRole { conversation, .. }
            | Command::ChangeSettings { conversation, .. } => (*conversation, Role::Admin),
            Command::RemoveMember { conversation, .. }
            | Command::Ban { conversation, .. }
            | Command::LiftBan { conversation, .. }
            | Command::Mute { conversation, .. }
            | Command::LiftMute { conversation, .. } => (*conversation, Role::Moderator),
            Command::HandOver { conversation, .. } => (*conversation, Role::Owner),
            other => panic!("{other:?} is no command of these"),
        };
        let own = self.membership(by, id).ok_or(Code::NotFound)?.role;
        if let Command::HandOver { account, .. } = command
            && self.membership(*account, id).is_some_and(|other| other.role == Role::Owner)
        {
            return Ok(Reply::Done);
        }
        if rank(own) < rank(least) {
            return Err(Code::Forbidden);
        }
        match command {
            Command::AddMembers { accounts, .. } => {
                if !self.is_group(id) {
                    return Err(Code::Forbidden);
                }
                let mut answer = Added::default();
                for account in accounts.iter() {
                    let exists = self.accounts.iter().any(|known| known.id == account);
                    if self.membership(account, id).is_some() {
                        answer.already.push(account);
                    } else if exists && !self.restricted((id, account)).banned {
                        answer.added.push(account);
                    } else {
                        answer.refused.push(account);
                    }
                }
                for account in &answer.added {
                    let read_only = self.restricted((id, *account)).read_only;
                    let role = if read_only { Role::ReadOnly } else { Role::Member };
                    self.join(*account, id, role, now);
                }
                if !answer.added.is_empty() {
                    self.tell(id, by, &answer.added, (MembersChange::Added, None), now);
                }
                return Ok(Reply::Added(answer));
            }
            Command::RemoveMember { account, .. } => {
                let Some(other) = self.membership(*account, id) else { return Ok(Reply::Done) };
                self.check_below(own, other.role)?;
                self.end(*account, id, LeftChange::Removed, now);
                self.tell(id, by, &[*account], (MembersChange::Removed, None), now);
            }
            Command::SetRole { account, role, .. } => {
                let other = self.membership(*account, id).ok_or(Code::NotFound)?;
                self.check_below(own, other.role)?;
                self.check_below(own, *role)?;
                if other.role != *role {
                    self.give_role(*account, id, *role, now);
                    self.tell(id, by, &[*account], (MembersChange::Role, Some(*role)), now);
                }
            }
            Command::HandOver { account, .. } => {
                self.membership(*account, id).ok_or(Code::NotFound)?;
                if *account != by {
                    self.give_role(by, id, Role::Admin, now);
                    self.give_role(*account, id, Role::Owner, now);
                    for (_, owner) in self.rooms.iter_mut().filter(|(room, _)| room.id == id) {
                        *owner = *account;
                    }
                    self.tell(id, by, &[*account], (MembersChange::Owner, Some(Role::Owner)), now);
                }
            }
            Command::Ban { account, .. } => self.ban(by, own, id, *account, now)?,
            Command::LiftBan { account, .. } => {
                if !self.accounts.iter().any(|known| known.id == *account) {
                    return Err(Code::NotFound);
                }
                if std::mem::take(&mut self.restricted((id, *account)).banned) {
                    self.tell(id, by, &[*account], (MembersChange::Unbanned, None), now);
                    self.restrict_in_room(id, *account, RestrictionChange::Unbanned, now);
                }
            }
            Command::Mute { account, seconds, .. } => {
                let other = self.membership(*account, id).ok_or(Code::NotFound)?;
                self.check_below(own, other.role)?;
                let until = Timestamp::from_millis(now.as_millis() + i64::from(seconds.get()) * 1000);
                self.restricted((id, *account)).muted_until = Some(until);
                self.restrict(id, *account, RestrictionChange::Muted { until }, now);
            }
            Command::LiftMute { account, .. } => {
                let other = self.membership(*account, id).ok_or(Code::NotFound)?;
                self.check_below(own, other.role)?;
                if self.restricted((id, *account)).muted_until.take().is_some() {
                    self.restrict(id, *account, RestrictionChange::Unmuted, now);
                }
            }
            Command::ChangeSettings { change, .. } => {
                let (mut conversation, _) = self.place(id).unwrap();
                let for_others = match conversation.kind {
                    Kind::Room => change.history_visible.is_some(),
                    Kind::Group => change.listed.is_some(),
                    Kind::Direct => unreachable!("nobody there may"),
                };
                if for_others {
                    return Err(Code::InvalidField);
                }
                let before = conversation.settings.clone();
                change.apply(&mut conversation.settings);
                if conversation.settings != before {
                    conversation.settings.version += 1;
                    self.now_called(&conversation);
                    let actor = self.sender(by);
                    let body = Body::ConversationChanged { conversation, actor };
                    self.append(Topic::Conversation(id), now, body);
                }
            }
            _ => {}
        }
        Ok(Reply::Done)
    }

    fn may_invite(&self, account: AccountId, id: ConversationId) -> Result<(), Code> {
        let role = self.membership(account, id).ok_or(Code::NotFound)?.role;
        if self.is_group(id) && rank(role) >= rank(Role::Admin) { Ok(()) } else { Err(Code::Forbidden) }
    }

    pub(super) fn create_invite(
        &mut self,
        maker: AccountId,
        room: ConversationId,
        (id, token, terms): (InviteId, InviteHash, InviteTerms),
        now: Timestamp,
    ) -> Answer {
        self.may_invite(maker, room)?;
        let until = |seconds| Timestamp::from_millis(now.as_millis() + i64::from(seconds) * 1000);
        let (expires, uses) = (terms.seconds().map(until), terms.uses());
        // Those of the same group that have expired are forgotten.
        self.invites.retain(|link| link.room != room || link.row.expires.is_none_or(|at| at > now));
        let row = InviteRow { id, maker, made: now, expires, uses };
        self.invites.push(Link { room, token, row });
        let conversation = self.place(room).unwrap().0;
        let body = Body::InviteCreated { account: maker, conversation, invite: id, expires, uses };
        self.append(Topic::Account(maker), now, body);
        Ok(Reply::Invite { invite: id })
    }

    pub(super) fn revoke_invite(
        &mut self,
        by: AccountId,
        room: ConversationId,
        invite: InviteId,
        now: Timestamp,
    ) -> Answer {
        self.may_invite(by, room)?;
        if let Some(at) = self.invites.iter().position(|link| link.room == room && link.row.id == invite) {
            self.invites.remove(at);
            let conversation = self.place(room).unwrap().0;
            self.append(Topic::Account(by), now, Body::InviteRevoked { account: by, conversation, invite });
        }
        Ok(Reply::Done)
    }

    pub(super) fn accept_invite(&mut self, account: AccountId, token: InviteHash, now: Timestamp) -> Answer {
        let at = self.invites.iter().position(|link| link.token == token).ok_or(Code::NotFound)?;
        let (room, expires) = (self.invites[at].room, self.invites[at].row.expires);
        if expires.is_some_and(|expires| expires <= now) {
            return Err(Code::NotFound);
        }
        if self.membership(account, room).is_some() {
            return Ok(Reply::Invited { conversation: room, entry: Entry::Before });
        }
        let restricted = self.restricted((room, account)).clone();
        if restricted.banned || self.count(room) == 0 {
            return Err(Code::NotFound);
        }
        match &mut self.invites[at].row.uses {
            Some(1) => drop(self.invites.remove(at)),
            Some(uses) => *uses -= 1,
            None => {}
        }
        let role = if restricted.read_only { Role::ReadOnly } else { Role::Member };
        self.join(account, room, role, now);
        self.tell(room, account, &[account], (MembersChange::Joined, None), now);
        Ok(Reply::Invited { conversation: room, entry: Entry::Joined })
    }

    pub(super) fn invites_of(&self, account: AccountId, id: ConversationId) -> Option<Invites> {
        let role = self.membership(account, id)?.role;
        let mut rows: Vec<InviteRow> =
            self.invites.iter().filter(|link| link.room == id).map(|link| link.row.clone()).collect();
        rows.sort_by_key(|row| row.id);
        Some(Invites { kind: self.place(id).unwrap().0.kind, role, rows })
    }

    pub(super) fn invited(&mut self, account: AccountId, token: InviteHash) -> Option<InvitedRow> {
        let link = self.invites.iter().find(|link| link.token == token)?.clone();
        let banned = self.restricted((link.room, account)).banned;
        let conversation = self.place(link.room).unwrap().0;
        Some(InvitedRow { conversation, members: self.count(link.room), expires: link.row.expires, banned })
    }

    fn ban(
        &mut self,
        by: AccountId,
        own: Role,
        id: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), Code> {
        let member = self.membership(account, id);
        if let Some(member) = member {
            self.check_below(own, member.role)?;
        }
        if !self.accounts.iter().any(|known| known.id == account) {
            return Err(Code::NotFound);
        }
        let (conversation, owner) = self.place(id).unwrap();
        if conversation.kind == Kind::Room && owner == account {
            return Err(Code::Forbidden);
        }
        if std::mem::replace(&mut self.restricted((id, account)).banned, true) {
            return Ok(());
        }
        if member.is_some() {
            self.end(account, id, LeftChange::Banned, now);
        } else {
            self.restrict_in_room(id, account, RestrictionChange::Banned, now);
        }
        self.tell(id, by, &[account], (MembersChange::Banned, None), now);
        Ok(())
    }

    fn restrict(
        &mut self,
        id: ConversationId,
        account: AccountId,
        change: RestrictionChange,
        now: Timestamp,
    ) {
        let conversation = self.place(id).unwrap().0;
        self.append(Topic::Account(account), now, Body::Restricted { account, conversation, change });
    }

    fn restrict_in_room(
        &mut self,
        id: ConversationId,
        account: AccountId,
        change: RestrictionChange,
        now: Timestamp,
    ) {
        if !self.is_group(id) {
            self.restrict(id, account, change, now);
        }
    }

    fn check_below(&self, own: Role, other: Role) -> Result<(), Code> {
        if rank(other) < rank(own) { Ok(()) } else { Err(Code::Forbidden) }
    }

    /// Wherever a conversation is named, it is named as it is now.
    fn now_called(&mut self, now: &Conversation) {
        for (room, _) in self.rooms.iter_mut().filter(|(room, _)| room.id == now.id) {
            room.clone_from(now);
        }
        for event in &mut self.log {
            match &mut event.body {
                Body::ConversationCreated { conversation, .. }
                | Body::Joined { conversation, .. }
                | Body::Left { conversation, .. }
                | Body::RoleChanged { conversation, .. }
                | Body::InviteCreated { conversation, .. }
                | Body::InviteRevoked { conversation, .. }
                | Body::Restricted { conversation, .. }
                | Body::Accepted { conversation, .. }
                    if conversation.id == now.id =>
                {
                    conversation.clone_from(now);
                }
                _ => {}
            }
        }
    }

    pub(super) fn conversation(&self, account: AccountId, id: ConversationId) -> Option<ConversationRow> {
        let Membership { role, request, .. } = self.membership(account, id)?;
        let conversation = self.place(id).unwrap().0;
        let peer = self.peer(account, &conversation);
        Some(ConversationRow { conversation, role, request, peer, members: self.count(id) })
    }

    pub(super) fn members_page(
        &self,
        account: AccountId,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Option<Members> {
        let role = self.membership(account, id)?.role;
        let all = self.members.iter().filter(|(who, what, _)| *what == id && Some(*who) > after);
        let restricted = |who: AccountId| self.restrictions.iter().find(|row| row.place == (id, who));
        let mut rows: Vec<MemberRow> = all
            .map(|(who, _, membership)| MemberRow {
                account: self.sender(*who),
                role: membership.role,
                muted_until: restricted(*who).and_then(|row| row.muted_until),
            })
            .collect();
        rows.sort_by_key(|row| row.account.id);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Some(Members { kind: self.place(id).unwrap().0.kind, role, page: AccountPage { rows, more } })
    }

    pub(super) fn bans(
        &self,
        account: AccountId,
        id: ConversationId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Option<Bans> {
        let role = self.membership(account, id)?.role;
        let banned = self.restrictions.iter().filter(|row| row.place.0 == id && row.banned);
        let mut rows: Vec<_> = banned.map(|row| self.sender(row.place.1)).collect();
        rows.retain(|account| Some(account.id) > after);
        rows.sort_by_key(|account| account.id);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Some(Bans { kind: self.place(id).unwrap().0.kind, role, page: AccountPage { rows, more } })
    }
}
