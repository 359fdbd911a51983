//! Requests about groups for random histories, and whether what is read of them is right.

use chinwag_chat::Request;
use chinwag_protocol::{
    AccountId, AccountList, Command, InviteHash, InviteId, InviteTerms, MuteSeconds, Role, Settings,
    SettingsChange, SlowMode, Title, TopicLine,
};

use super::histories::History;
use super::world::Guest;

const TITLES: &[&str] = &["Crew", "Tea at five"];

impl History<'_> {
    pub(super) fn group_request(&mut self, guest: Guest) -> Request {
        let conversation = self.room().id;
        let account = self.account();
        let command = match self.world.random.below(27) {
            0 | 1 => return self.create_group(guest),
            2..=5 => {
                let accounts = (0..1 + self.world.random.below(4)).map(|_| self.account()).collect();
                Command::AddMembers { conversation, accounts: AccountList::new(accounts).unwrap() }
            }
            6 => Command::RemoveMember { conversation, account },
            7..=9 => {
                let role = Role::ALL[self.world.random.below(Role::ALL.len())];
                Command::SetRole { conversation, account, role }
            }
            10 => Command::HandOver { conversation, account },
            11 | 12 => Command::Ban { conversation, account },
            13 => Command::LiftBan { conversation, account },
            14 | 15 => {
                let seconds = MuteSeconds::new([1, 60, 100_000][self.world.random.below(3)]).unwrap();
                Command::Mute { conversation, account, seconds }
            }
            17..=19 => {
                let random = &mut self.world.random;
                let seconds = [None, Some(1), Some(100)][random.below(3)];
                let uses = [None, Some(1), Some(2)][random.below(3)];
                let token = InviteHash([random.below(200) as u8; 32]);
                // The hash of a token is nobody else's.
                if self.model.invites.iter().any(|link| link.token == token) {
                    Command::AcceptInvite { token }
                } else {
                    let terms = InviteTerms::new(seconds, uses).unwrap();
                    Command::CreateInvite { conversation, token, terms }
                }
            }
            20 => {
                let known = self.world.random.pick(&self.model.invites).map(|link| (link.room, link.row.id));
                let (conversation, invite) = known.unwrap_or((conversation, InviteId::from_bytes([1; 16])));
                Command::RevokeInvite { conversation, invite }
            }
            21..=23 => {
                let known = self.world.random.pick(&self.model.invites).map(|link| link.token);
                Command::AcceptInvite { token: known.unwrap_or(InviteHash([201; 32])) }
            }
            16 => Command::LiftMute { conversation, account },
            _ => Command::ChangeSettings { conversation, change: self.settings_change() },
        };
        self.world.request(guest, command)
    }

    fn create_group(&mut self, guest: Guest) -> Request {
        let mut settings = Settings::new(Some(self.title()));
        settings.history_visible = self.world.random.one_in(2);
        let client_id = self.client_id();
        self.world.request(guest, Command::CreateGroup { client_id, settings })
    }

    fn title(&mut self) -> Title {
        Title::parse(TITLES[self.world.random.below(TITLES.len())]).unwrap()
    }

    fn settings_change(&mut self) -> SettingsChange {
        let truth = self.world.random.one_in(2);
        let mut change = SettingsChange::default();
        match self.world.random.below(6) {
            0 => change.title = Some(self.title()),
            1 => change.topic = Some(TopicLine::parse(if truth { "all about it" } else { "" }).unwrap()),
            2 => change.listed = Some(truth),
            3 => change.locked = Some(truth && self.world.random.one_in(2)),
            4 => change.slow_mode = SlowMode::new(if truth { 30 } else { 0 }),
            _ => change.history_visible = Some(truth),
        }
        change
    }

    /// An account that exists or, now and then, one that does not.
    pub(super) fn account(&mut self) -> AccountId {
        let found = self.world.random.pick(&self.model.accounts).map(|account| account.id);
        let absent = AccountId::from_bytes([0xcd; 16]);
        found.filter(|_| !self.world.random.one_in(20)).unwrap_or(absent)
    }

    /// What an account sees of who is in its conversations.
    pub(super) async fn check_members(&mut self, account: AccountId) {
        for (room, _) in self.model.rooms.clone() {
            let found = self.world.store().conversation(account, room.id).await.unwrap();
            assert_eq!(found, self.model.conversation(account, room.id));
            let limit = 1 + self.world.random.below(3);
            let mut after = None;
            loop {
                let page = self.world.store().members(account, room.id, after, limit).await.unwrap();
                assert_eq!(page, self.model.members_page(account, room.id, after, limit));
                let Some(page) = page.filter(|page| page.page.more) else { break };
                after = page.page.rows.last().map(|row| row.account.id);
            }
            let invites = self.world.store().invites(account, room.id).await.unwrap();
            assert_eq!(invites, self.model.invites_of(account, room.id));
            let bans = self.world.store().bans(account, room.id, None, limit).await.unwrap();
            assert_eq!(bans, self.model.bans(account, room.id, None, limit));
        }
        let known = self.world.random.pick(&self.model.invites).map(|link| link.token);
        for token in [InviteHash([201; 32])].into_iter().chain(known) {
            let invited = self.world.store().invited(account, token).await.unwrap();
            assert_eq!(invited, self.model.invited(account, token));
        }
    }
}
