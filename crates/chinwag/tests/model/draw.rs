//! Which command comes next: mostly good ones, and bad ones of each kind.

use chinwag_protocol::{
    AccountId, AccountUpdateBody, AckBody, AddBody, ClientId, Color, ConversationId, Cursor, DeletionBody,
    DeviceId, DirectBody, DraftBody, EditBody, Entity, FrameCommand, GroupBody, InviteBody, InviteId, Kind,
    MarkBody, MuteBody, NoticeLevel, OwnSettingsBody, OwnStatus, OwnerBody, PasswordChangeBody, Pong,
    PreferencesBody, PresenceBody, RecoveryCodesBody, RegistrationBody, Role, RoleBody, SendBody, Seq,
    SettingsBody, Timestamp, TypingBody, ViewBody,
};

use crate::trial::Trial;

/// What nobody's password is.
pub(crate) const WRONG_PASSWORD: &str = "wrong horse";
/// What cannot be a password.
pub(crate) const SHORT_PASSWORD: &str = "short";

const SLUGS: [&str; 6] = ["tea", "news", "Work", "TEA", "work", "tea-2"];

impl Trial {
    /// The next command of a device.
    pub(crate) fn draw(&mut self, device: DeviceId) -> FrameCommand {
        let who = self.model.account_of(device).unwrap_or_else(|| self.absent_account());
        if self.model.chats(who).is_empty() && !self.one_in(10) {
            return FrameCommand::OpenRoom { slug: self.draw_slug(who) };
        }
        if self.one_in(25) {
            return self.draw_direct(who);
        }
        if self.one_in(50) {
            return self.draw_presence(who);
        }
        match self.random.u32(..1_000) {
            ..270 => self.draw_send(who),
            270..320 => self.draw_deletion(who),
            320..400 => self.draw_change(who),
            400..443 => FrameCommand::OpenRoom { slug: self.draw_slug(who) },
            443..460 => self.draw_marker(who),
            460..470 => FrameCommand::Leave { conversation: self.somewhere(who) },
            470..490 => self.draw_group(who),
            490..700 => self.draw_moderation(who),
            700..760 => self.draw_settings(who),
            760..830 => self.draw_invite(who),
            830..836 => FrameCommand::Ack(AckBody { cursor: self.draw_cursor() }),
            836..842 => FrameCommand::Ping(Pong { data: self.random.bool().then(|| "ping".to_owned()) }),
            842..875 => self.draw_account(who),
            _ => self.draw_direct(who),
        }
    }

    /// What is in no log, and must change nothing that is.
    fn draw_presence(&mut self, who: AccountId) -> FrameCommand {
        match self.random.u32(..10) {
            ..2 => {
                let conversations = vec![self.somewhere(who)];
                FrameCommand::View(ViewBody { conversations, accounts: vec![who, self.absent_account()] })
            }
            2..5 => {
                let all = [OwnStatus::Online, OwnStatus::Away, OwnStatus::Invisible];
                let status = all[self.random.usize(..all.len())];
                FrameCommand::SetPresence(PresenceBody { status })
            }
            _ => {
                let typing = TypingBody { on: self.random.bool() };
                FrameCommand::Typing { conversation: self.somewhere(who), typing }
            }
        }
    }

    fn one_in(&mut self, number: u32) -> bool {
        self.random.u32(..number) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        if list.is_empty() { None } else { Some(list[self.random.usize(..list.len())]) }
    }

    fn bytes(&mut self) -> [u8; 16] {
        std::array::from_fn(|_| self.random.u8(..))
    }

    fn absent_account(&mut self) -> AccountId {
        AccountId::from_bytes(self.bytes())
    }

    /// A conversation: mostly one that the account is in.
    fn somewhere(&mut self, who: AccountId) -> ConversationId {
        self.somewhere_as(who, Role::ReadOnly)
    }

    /// One in which the account is at least this, if there is one.
    fn somewhere_as(&mut self, who: AccountId, least: Role) -> ConversationId {
        let all: Vec<ConversationId> = self.model.conversations().map(|(id, _)| id).collect();
        let own: Vec<ConversationId> =
            all.iter().copied().filter(|id| self.model.runs(who, *id, least)).collect();
        let chosen = match self.random.u32(..100) {
            ..92 => self.pick(&own),
            92..98 => self.pick(&all),
            _ => None,
        };
        chosen.unwrap_or_else(|| ConversationId::from_bytes(self.bytes()))
    }

    /// An account: mostly another member.
    fn somebody(&mut self, who: AccountId, conversation: ConversationId) -> AccountId {
        let all: Vec<AccountId> = self.model.accounts().map(|(id, _)| id).collect();
        let mut others = self.model.members(conversation);
        others.retain(|other| *other != who);
        let chosen = match self.random.u32(..100) {
            ..75 => self.pick(&others),
            75..98 => self.pick(&all),
            _ => None,
        };
        chosen.unwrap_or_else(|| self.absent_account())
    }

    pub(crate) fn draw_client_id(&mut self) -> ClientId {
        ClientId::from_bytes(self.bytes())
    }

    fn draw_send(&mut self, who: AccountId) -> FrameCommand {
        let own: Vec<usize> = (0..self.sends.len()).filter(|at| self.sends[*at].0 == who).collect();
        if let Some(at) = self.pick(&own)
            && self.one_in(8)
        {
            let (_, mut conversation, mut message) = self.sends[at].clone();
            match self.random.u32(..6) {
                0 => message.text.push('!'),
                1 => conversation = self.somewhere(who),
                _ => {}
            }
            return FrameCommand::SendMessage { conversation, message };
        }
        let conversation = self.where_to_write(who);
        let number = self.random.u32(..1_000_000);
        let text = match self.random.u32(..60) {
            0 => " \n".to_owned(),
            1 => "a\0b".to_owned(),
            2 => format!("long {}", "é".repeat(self.random.usize(..600))),
            3 => format!("\"{number}\"\r\n\u{1f469}\u{200d}\u{1f680} \\ \u{202e} 茶"),
            _ => format!("word {number}"),
        };
        let follows = match self.random.u32(..12) {
            0 => self.pick(&own).map(|at| self.sends[at].2.client_id),
            1 if self.one_in(3) => Some(self.draw_client_id()),
            2 => self.groups.iter().find(|(maker, _)| *maker == who).map(|(_, group)| group.client_id),
            _ => None,
        };
        let client_id =
            match self.groups.iter().find(|(maker, _)| *maker == who).map(|(_, group)| group.client_id) {
                Some(of_group) if self.one_in(80) => of_group,
                _ => self.draw_client_id(),
            };
        let reply_to = self.one_in(6).then(|| self.draw_row(conversation));
        let forwarded = self.one_in(10);
        let entities = self.draw_entities(who, conversation);
        let message = SendBody { follows, reply_to, forwarded, entities, ..SendBody::new(client_id, text) };
        FrameCommand::SendMessage { conversation, message }
    }

    /// Often where something may be in the way.
    fn where_to_write(&mut self, who: AccountId) -> ConversationId {
        let chats = self.model.chats(who);
        let blocked: Vec<AccountId> = self.model.blocked(who).blocks.iter().map(|card| card.id).collect();
        let is_gone = |peer: AccountId| self.model.card(peer).is_some_and(|card| card.removed.is_some());
        let chosen = self.random.u32(..12);
        let blocks_back = |peer: AccountId| self.model.blocked(peer).blocks.iter().any(|card| card.id == who);
        let is_barred = |peer: AccountId| blocked.contains(&peer) || is_gone(peer) || blocks_back(peer);
        let likely: Vec<ConversationId> = match chosen {
            0..2 => self.model.unanswered(who).into_iter().collect(),
            2..5 => {
                let barred = chats.iter().filter(|(.., peer)| peer.is_some_and(is_barred));
                barred.map(|(id, ..)| *id).collect()
            }
            5..8 => {
                let below = chats.iter().filter(|(_, role, peer)| *role == Role::Member && peer.is_none());
                below.map(|(id, ..)| *id).collect()
            }
            _ => Vec::new(),
        };
        self.pick(&likely).unwrap_or_else(|| self.somewhere(who))
    }

    fn draw_deletion(&mut self, who: AccountId) -> FrameCommand {
        let conversation = self.somewhere(who);
        FrameCommand::DeleteMessage { conversation, seq: self.draw_row(conversation) }
    }

    fn draw_row(&mut self, conversation: ConversationId) -> Seq {
        let head = self.model.head(conversation).get();
        Seq::new(match self.random.u32(..40) {
            0 => u64::MAX >> 12,
            1 => 0,
            // Mostly the newest, of which fewer are deleted.
            roll if roll % 2 == 0 => head - self.random.u64(..=head.min(5)),
            _ => self.random.u64(..=head + 1),
        })
    }

    /// Mostly none, and now and then such as do not fit the text.
    fn draw_entities(&mut self, who: AccountId, conversation: ConversationId) -> Vec<Entity> {
        let account = self.somebody(who, conversation);
        match self.random.u32(..30) {
            0..3 => vec![Entity::Mention { offset: 0, length: 1, account }],
            3 => vec![Entity::MentionAll { offset: 0, length: 1 }],
            4 => vec![
                Entity::Mention { offset: 0, length: 1, account },
                Entity::MentionAll { offset: 1, length: self.random.u32(..4) },
            ],
            _ => Vec::new(),
        }
    }

    /// What happens to messages that are there.
    fn draw_change(&mut self, who: AccountId) -> FrameCommand {
        const EMOJIS: [&str; 5] = ["👍", "❤️", "❤", "😂", "no emoji"];
        let conversation = self.where_to_write(who);
        let seq = self.draw_row(conversation);
        let emoji = EMOJIS[self.random.usize(..EMOJIS.len())].to_owned();
        match self.random.u32(..20) {
            ..7 => {
                let own = self.model.history(who, conversation);
                let own: Vec<Seq> =
                    own.iter().filter(|row| row.sender.id == who).map(|row| row.seq).collect();
                let seq = if self.one_in(6) { None } else { self.pick(&own) }.unwrap_or(seq);
                let text = match self.random.u32(..8) {
                    0 => String::new(),
                    number => format!("edited {number}"),
                };
                let entities = self.draw_entities(who, conversation);
                FrameCommand::EditMessage { conversation, seq, edit: EditBody { text, entities } }
            }
            7..12 => FrameCommand::React { conversation, seq, emoji },
            12..15 => {
                let mine: Vec<(Seq, String)> = self
                    .model
                    .history(who, conversation)
                    .into_iter()
                    .flat_map(|row| row.mine.into_iter().map(move |emoji| (row.seq, emoji)))
                    .collect();
                let known = if mine.is_empty() || self.one_in(4) {
                    (seq, emoji)
                } else {
                    mine[self.random.usize(..mine.len())].clone()
                };
                FrameCommand::Unreact { conversation, seq: known.0, emoji: known.1 }
            }
            15..18 => FrameCommand::Pin { conversation: self.somewhere_as(who, Role::Moderator), seq },
            _ => {
                let conversation = self.somewhere_as(who, Role::Moderator);
                let pinned: Vec<Seq> = self.model.pins(who, conversation).iter().map(|row| row.seq).collect();
                FrameCommand::Unpin { conversation, seq: self.pick(&pinned).unwrap_or(seq) }
            }
        }
    }

    fn draw_marker(&mut self, who: AccountId) -> FrameCommand {
        if self.one_in(12) {
            let receipts = [None, Some(true), Some(false)][self.random.usize(..3)];
            return FrameCommand::SetPreferences(PreferencesBody { receipts });
        }
        let conversation = self.somewhere(who);
        if self.one_in(5) {
            return self.draw_own_settings(conversation);
        }
        if self.one_in(4) {
            return self.draw_draft(who, conversation);
        }
        let head = self.model.head(conversation).get();
        let seq = match self.random.u32(..20) {
            0 => 0,
            1 => head + 1,
            2..12 => head,
            _ => self.random.u64(..=head),
        };
        let mark = MarkBody { seq: Seq::new(seq) };
        if self.one_in(4) {
            FrameCommand::MarkUnread { conversation, mark }
        } else {
            FrameCommand::Read { conversation, mark }
        }
    }

    fn draw_own_settings(&mut self, conversation: ConversationId) -> FrameCommand {
        let until = Timestamp::from_millis(1_900_000_000_000);
        let settings = OwnSettingsBody {
            muted_until: [None, None, Some(None), Some(Some(until))][self.random.usize(..4)],
            level: [None, Some(NoticeLevel::All), Some(NoticeLevel::Mentions)][self.random.usize(..3)],
            pinned: self.one_in(3).then(|| self.random.bool()),
            archived: self.one_in(3).then(|| self.random.bool()),
            name: self.one_in(3).then(|| self.draw_title()),
        };
        FrameCommand::SetConversationSettings { conversation, settings }
    }

    fn draw_draft(&mut self, who: AccountId, conversation: ConversationId) -> FrameCommand {
        let own = self.model.devices_of(who);
        let device = match self.random.u32(..10) {
            0 => None,
            _ => self.pick(&own),
        };
        let device = device.unwrap_or_else(|| DeviceId::from_bytes(self.bytes()));
        let text = match self.random.u32(..6) {
            0 | 1 => String::new(),
            2 if self.one_in(6) => "a\0b".to_owned(),
            _ => format!("begun {}", self.random.u32(..1_000)),
        };
        FrameCommand::PutDraft { conversation, device, draft: DraftBody { text } }
    }

    fn draw_slug(&mut self, who: AccountId) -> String {
        let closed = self.model.closed_rooms(who);
        if !closed.is_empty() && self.one_in(4) {
            return closed[self.random.usize(..closed.len())].clone();
        }
        match self.random.u32(..30) {
            0 => "-no slug".to_owned(),
            1 | 2 => format!("room-{}", self.random.u32(..4)),
            _ => SLUGS[self.random.usize(..SLUGS.len())].to_owned(),
        }
    }

    fn draw_title(&mut self) -> String {
        match self.random.u32(..12) {
            0 => String::new(),
            1 => " at the edge".to_owned(),
            _ => format!("Title {}", self.random.u32(..5)),
        }
    }

    fn draw_topic(&mut self) -> String {
        match self.random.u32(..8) {
            0 => "a\tb".to_owned(),
            1 => String::new(),
            _ => format!("All about {}", self.random.u32(..5)),
        }
    }

    fn draw_group(&mut self, who: AccountId) -> FrameCommand {
        let own: Vec<GroupBody> =
            self.groups.iter().filter(|(maker, _)| *maker == who).map(|(_, body)| body.clone()).collect();
        if !own.is_empty() && self.one_in(4) {
            let mut body = own[self.random.usize(..own.len())].clone();
            if self.one_in(3) {
                body.title.push('!');
            }
            return FrameCommand::CreateGroup(body);
        }
        let client_id =
            match self.sends.iter().find(|(sender, ..)| *sender == who).map(|(.., send)| send.client_id) {
                Some(of_message) if self.one_in(12) => of_message,
                _ => self.draw_client_id(),
            };
        let topic = self.random.bool().then(|| self.draw_topic());
        let history_visible = [None, Some(true), Some(false)][self.random.usize(..3)];
        FrameCommand::CreateGroup(GroupBody { client_id, title: self.draw_title(), topic, history_visible })
    }

    fn draw_moderation(&mut self, who: AccountId) -> FrameCommand {
        let least = [Role::Moderator, Role::Admin, Role::Admin, Role::ReadOnly][self.random.usize(..4)];
        let conversation = self.somewhere_as(who, least);
        let account = self.somebody(who, conversation);
        let (banned, muted) = self.model.restricted(conversation);
        match self.random.u32(..240) {
            ..45 => {
                let number = if self.one_in(15) { 0 } else { self.random.usize(1..4) };
                let accounts: Vec<AccountId> = self.model.accounts().map(|(id, _)| id).collect();
                let mut accounts: Vec<AccountId> = (0..number).filter_map(|_| self.pick(&accounts)).collect();
                if self.one_in(12) && number > 0 {
                    accounts.push(account);
                }
                FrameCommand::AddMembers { conversation, accounts: AddBody { accounts } }
            }
            45..62 => FrameCommand::RemoveMember { conversation, account },
            62..120 => {
                let role = Role::ALL[self.random.usize(..Role::ALL.len())];
                FrameCommand::SetRole { conversation, account, role: RoleBody { role } }
            }
            120..138 => FrameCommand::HandOver { conversation, owner: OwnerBody { account } },
            138..158 => FrameCommand::Ban { conversation, account },
            158..180 => {
                FrameCommand::LiftBan { conversation, account: self.pick(&banned).unwrap_or(account) }
            }
            180..205 => {
                let seconds = if self.one_in(10) { 0 } else { self.random.u64(1..60) };
                FrameCommand::Mute { conversation, account, mute: MuteBody { seconds } }
            }
            _ => FrameCommand::LiftMute { conversation, account: self.pick(&muted).unwrap_or(account) },
        }
    }

    fn draw_settings(&mut self, who: AccountId) -> FrameCommand {
        let least = if self.one_in(5) { Role::ReadOnly } else { Role::Admin };
        let conversation = self.somewhere_as(who, least);
        let is_group = self.model.conversations().any(|(id, kind)| id == conversation && kind == Kind::Group);
        let mut settings = SettingsBody::default();
        if self.one_in(4) {
            settings.title = Some(self.draw_title());
        }
        if self.one_in(4) {
            settings.topic = Some(self.draw_topic());
        }
        if self.one_in(4) {
            settings.locked = Some(self.random.bool());
        }
        if self.one_in(3) {
            settings.slow_mode_seconds = Some([0, 5, 60, 60, 3_601][self.random.usize(..5)]);
        }
        // Each is for one kind, and refused in the other.
        let is_right = !self.one_in(10);
        if self.one_in(2) {
            if is_group == is_right {
                settings.history_visible = Some(self.random.bool());
            } else {
                settings.listed = Some(self.random.bool());
            }
        }
        FrameCommand::ChangeConversation { conversation, settings }
    }

    fn draw_invite(&mut self, who: AccountId) -> FrameCommand {
        let least = if self.one_in(5) { Role::ReadOnly } else { Role::Admin };
        let conversation = self.somewhere_as(who, least);
        let links = self.model.tokens();
        match self.random.u32(..70) {
            ..24 => {
                let expires_seconds = self.random.bool().then(|| self.random.u64(1..40));
                let uses = self.random.bool().then(|| self.random.u64(1..3));
                let uses = if self.one_in(20) { Some(0) } else { uses };
                FrameCommand::CreateInvite { conversation, terms: InviteBody { expires_seconds, uses } }
            }
            24..42 => match links.get(self.random.usize(..links.len().max(1))) {
                Some((of, invite, _)) if !self.one_in(5) => {
                    FrameCommand::RevokeInvite { conversation: *of, invite: *invite }
                }
                _ => {
                    let invite = InviteId::from_bytes(self.bytes());
                    FrameCommand::RevokeInvite { conversation, invite }
                }
            },
            _ => {
                let known = self.tokens.len();
                let token = match self.random.u32(..20) {
                    0 => "nobody-was-given-this".to_owned(),
                    // Used up, revoked or not.
                    1..5 if known > 0 => self.tokens[self.random.usize(..known)].clone(),
                    _ => links
                        .get(self.random.usize(..links.len().max(1)))
                        .map_or_else(|| "none-there".to_owned(), |(.., token)| token.clone()),
                };
                FrameCommand::AcceptInvite { token }
            }
        }
    }

    fn draw_cursor(&mut self) -> Cursor {
        match &self.cursor {
            Some(cursor) if !self.random.bool() => cursor.clone(),
            _ => Cursor::from_text("forged"),
        }
    }

    /// A password: mostly the right one.
    fn draw_password(&mut self, who: AccountId) -> String {
        match (self.random.u32(..10), self.password_of(who)) {
            (0, _) => SHORT_PASSWORD.to_owned(),
            (3.., Some(right)) => right,
            _ => WRONG_PASSWORD.to_owned(),
        }
    }

    fn draw_account(&mut self, who: AccountId) -> FrameCommand {
        match self.random.u32(..63) {
            ..12 => {
                let username = match self.random.u32(..6) {
                    0 => "1 x".to_owned(),
                    1 | 2 => self.usernames[self.random.usize(..self.usernames.len())].clone(),
                    _ => self.new_username(),
                };
                let password = if self.one_in(8) { SHORT_PASSWORD.to_owned() } else { self.new_password() };
                FrameCommand::Register(RegistrationBody { username, password })
            }
            12..18 => {
                let new_password =
                    if self.one_in(8) { SHORT_PASSWORD.to_owned() } else { self.new_password() };
                let password = self.draw_password(who);
                FrameCommand::ChangePassword(PasswordChangeBody { password, new_password })
            }
            18..26 => FrameCommand::NewRecoveryCodes(RecoveryCodesBody { password: self.draw_password(who) }),
            26..34 => {
                let password = self.password_of(who).map(|_| self.draw_password(who));
                // A guest has none, and others need theirs.
                let password = if self.one_in(8) { None } else { password };
                FrameCommand::DeleteAccount(DeletionBody { password })
            }
            34..47 => {
                let name = self.random.bool().then(|| match self.random.u32(..8) {
                    0 => " edge".to_owned(),
                    number => format!("Name {number}"),
                });
                let about = self.one_in(3).then(|| match self.random.u32(..6) {
                    0 => "a\u{202e}b".to_owned(),
                    number => format!("I am\nnumber {number}"),
                });
                let color = self.one_in(3).then(|| Color::try_from(self.random.u8(..12)).unwrap_or_default());
                FrameCommand::UpdateAccount(AccountUpdateBody { name, about, color })
            }
            47..54 => {
                let own = self.model.devices_of(who);
                let any: Vec<DeviceId> = self.readings.iter().map(|reading| reading.id).collect();
                let device = if self.one_in(3) { self.pick(&any) } else { self.pick(&own) };
                let device = device.unwrap_or_else(|| DeviceId::from_bytes(self.bytes()));
                FrameCommand::RemoveDevice { device }
            }
            54..58 => FrameCommand::RemoveOtherDevices,
            _ => FrameCommand::SignOut,
        }
    }

    fn draw_direct(&mut self, who: AccountId) -> FrameCommand {
        let conversation = self.somewhere(who);
        // No conversation has members with this id: anybody.
        let account = self.somebody(who, ConversationId::from_bytes([0; 16]));
        match self.random.u32(..95) {
            ..32 => FrameCommand::OpenDirect { account },
            32..42 => {
                let username = match self.random.u32(..8) {
                    0 => "nobody-at-all".to_owned(),
                    1 => "1 x".to_owned(),
                    _ => self.usernames[self.random.usize(..self.usernames.len())].to_uppercase(),
                };
                FrameCommand::OpenDirectByName(DirectBody { username })
            }
            42..60 => {
                let requests: Vec<ConversationId> = self.requests(who);
                let request = if self.one_in(4) { None } else { self.pick(&requests) };
                FrameCommand::Accept { conversation: request.unwrap_or(conversation) }
            }
            60..80 => {
                let peers: Vec<AccountId> =
                    self.model.chats(who).into_iter().filter_map(|(.., peer)| peer).collect();
                let peer = if self.one_in(3) { None } else { self.pick(&peers) };
                FrameCommand::Block { account: peer.unwrap_or(account) }
            }
            _ => {
                let blocked: Vec<AccountId> =
                    self.model.blocked(who).blocks.iter().map(|card| card.id).collect();
                FrameCommand::Unblock { account: self.pick(&blocked).unwrap_or(account) }
            }
        }
    }

    /// Direct chats that strangers began with the account.
    fn requests(&self, who: AccountId) -> Vec<ConversationId> {
        let view = self.model.view(who);
        let conversations = view.into_iter().flat_map(|view| view.conversations);
        conversations.filter(|seen| seen.request).map(|seen| seen.id).collect()
    }
}
