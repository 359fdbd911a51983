//! What a Chinwag server must answer, and what each reader must see, worked out anew from `docs/protocol.md` and as plainly as
//! can be: lists that are searched from end to end.
//!
//! [`Model::command`] is asked what a command must be answered, in the order in which the server has taken them. After that
//! [`Model::view`] says what an account must see, [`Model::own`] and [`Model::check_row`] which records its stream may carry. The
//! server draws ids and tokens; the model is handed those of its answer ([`Fresh`]).

mod accounts;
mod changes;
mod deletion;
mod direct;
mod expected;
mod groups;
mod invites;
mod log;
mod markers;
mod messages;
mod moderation;
mod own_settings;
mod rooms;
mod view;

pub use expected::{Expected, Fresh, Opened};
pub use log::place;
pub use view::{Seen, SeenMessage, View};

use chinwag_protocol::{
    AccountCard, AccountId, ClientId, Code, Conversation, ConversationId, DeviceId, DraftCard, Entity,
    FrameCommand, InviteId, Kind, OwnSettingsCard, PreferencesCard, Record, Role, SendBody, Seq, Timestamp,
};

/// How many messages a stranger may send before there is an answer.
const REQUEST_MESSAGES_MAX: u64 = 5;

/// Everything that has happened, and what follows from it.
#[derive(Debug, Default)]
pub struct Model {
    accounts: Vec<Account>,
    devices: Vec<Device>,
    talks: Vec<Talk>,
    marks: Vec<markers::Mark>,
    own_settings: Vec<(AccountId, ConversationId, OwnSettingsCard)>,
    drafts: Vec<(AccountId, ConversationId, DraftCard)>,
    /// How much has happened.
    moment: u64,
}

/// An account, be it that it is no more.
#[derive(Debug)]
struct Account {
    id: AccountId,
    /// What it has shown of itself, the present at the end.
    cards: Vec<AccountCard>,
    password: Option<String>,
    codes: Vec<String>,
    blocks: Vec<AccountId>,
    sent: Vec<Sent>,
    /// What its own devices were told.
    own: Vec<Record>,
    /// What they were told of how far it has read: of this they may miss what was overtaken.
    markers: Vec<Record>,
    preferences: PreferencesCard,
}

/// A device, be it that it is signed out.
#[derive(Debug)]
struct Device {
    id: DeviceId,
    account: AccountId,
    signed_in: bool,
}

/// What an account has made under a client id.
#[derive(Debug)]
struct Sent {
    client_id: ClientId,
    made: Made,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Made {
    Message { conversation: ConversationId, asked: SendBody, seq: Seq, at: Timestamp },
    Group { conversation: ConversationId, title: String, topic: String, history_visible: bool },
}

/// A conversation.
#[derive(Debug)]
struct Talk {
    about: Conversation,
    /// What it was ever called.
    titles: Vec<String>,
    owner: AccountId,
    members: Vec<Member>,
    /// Every membership that there was: whose, from when, until when.
    stays: Vec<(AccountId, u64, Option<u64>)>,
    restrictions: Vec<Restriction>,
    invites: Vec<Invite>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    account: AccountId,
    role: Role,
    visible_from: Seq,
    /// The first row that its stream owed.
    from_seq: Seq,
    request: bool,
}

/// What holds for an account in a conversation, whether it is in it or not.
#[derive(Debug)]
struct Restriction {
    account: AccountId,
    banned: bool,
    read_only: bool,
    muted_until: Option<Timestamp>,
    wrote_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Invite {
    id: InviteId,
    token: String,
    maker: AccountId,
    made_at: Timestamp,
    expires_at: Option<Timestamp>,
    uses: Option<u32>,
}

/// A row of a timeline; the first is 1.
#[derive(Debug)]
struct Row {
    /// As it was when it came, without cursor and names.
    record: Record,
    at: Timestamp,
    moment: u64,
    /// Who alone may see what it says.
    only_for: Option<AccountId>,
    /// Of a message: the row that emptied it.
    emptied_by: Option<Seq>,
    /// Of a message: what it has said, the present at the end. Of an edit: nothing, for it says what its message does.
    said: Vec<Said>,
    /// Of a message: what others have added to it.
    marks: Marks,
}

/// What a message said for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    text: String,
    entities: Vec<Entity>,
    /// When it was edited to that.
    edited_at: Option<Timestamp>,
    /// Who alone may see that.
    only_for: Option<AccountId>,
    /// The row that says so.
    by: Seq,
}

/// What others have added to a message.
#[derive(Debug, Clone, Default)]
struct Marks {
    /// Who reacts with what, by which row and when, and whether that is hidden from the other of a direct chat.
    reactions: Vec<Reaction>,
    /// The emojis that all may see, in the order in which the first of each came.
    order: Vec<String>,
    /// Row and time of its pinning.
    pinned: Option<(Seq, Timestamp)>,
    /// The last row that has changed this.
    changed: Option<Seq>,
}

#[derive(Debug, Clone)]
struct Reaction {
    account: AccountId,
    emoji: String,
    hidden: bool,
    by: Seq,
    at: Timestamp,
}

impl Model {
    /// A server on which nothing has happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a device must be answered, and what follows from its command. `fresh` is what the server has drawn for it.
    pub fn command(
        &mut self,
        by: DeviceId,
        command: &FrameCommand,
        fresh: &Fresh,
        now: Timestamp,
    ) -> Result<Expected, Code> {
        let who = self.account_of(by).ok_or(Code::Unauthenticated)?;
        match command {
            FrameCommand::OpenRoom { slug } => self.open_room(who, slug, fresh),
            FrameCommand::SendMessage { conversation, message } => {
                self.send_message(who, *conversation, message, now)
            }
            FrameCommand::EditMessage { conversation, seq, edit } => {
                self.edit_message(who, *conversation, *seq, edit, now)
            }
            FrameCommand::React { conversation, seq, emoji } => {
                self.react(who, *conversation, *seq, emoji, now)
            }
            FrameCommand::Unreact { conversation, seq, emoji } => {
                self.unreact(who, *conversation, *seq, emoji, now)
            }
            FrameCommand::Pin { conversation, seq } => self.pin(who, *conversation, *seq, now),
            FrameCommand::Unpin { conversation, seq } => self.unpin(who, *conversation, *seq, now),
            FrameCommand::DeleteMessage { conversation, seq } => {
                self.delete_message(who, *conversation, *seq, now)
            }
            FrameCommand::Leave { conversation } => self.leave(who, *conversation, now),
            FrameCommand::SignOut => self.sign_out(by),
            FrameCommand::CreateGroup(body) => self.create_group(who, body, fresh),
            FrameCommand::AddMembers { conversation, accounts } => {
                self.add_members(who, *conversation, accounts, now)
            }
            FrameCommand::RemoveMember { conversation, account } => {
                self.remove_member(who, *conversation, *account, now)
            }
            FrameCommand::SetRole { conversation, account, role } => {
                self.set_role(who, *conversation, *account, role.role, now)
            }
            FrameCommand::HandOver { conversation, owner } => {
                self.hand_over(who, *conversation, owner.account, now)
            }
            FrameCommand::Ban { conversation, account } => self.ban(who, *conversation, *account, now),
            FrameCommand::LiftBan { conversation, account } => {
                self.lift_ban(who, *conversation, *account, now)
            }
            FrameCommand::Mute { conversation, account, mute } => {
                self.mute(who, *conversation, *account, mute.seconds, now)
            }
            FrameCommand::LiftMute { conversation, account } => self.lift_mute(who, *conversation, *account),
            FrameCommand::ChangeConversation { conversation, settings } => {
                self.change_settings(who, *conversation, settings, now)
            }
            FrameCommand::CreateInvite { conversation, terms } => {
                self.create_invite(who, *conversation, *terms, fresh, now)
            }
            FrameCommand::RevokeInvite { conversation, invite } => {
                self.revoke_invite(who, *conversation, *invite)
            }
            FrameCommand::AcceptInvite { token } => self.accept_invite(who, token, now),
            // Whether the cursor is one is for who made it to know.
            FrameCommand::Ack(_) => Ok(Expected::Nothing),
            FrameCommand::Ping(pong) => Ok(Expected::Pong(pong.data.clone())),
            FrameCommand::Register(body) => self.register(who, body),
            FrameCommand::ChangePassword(body) => self.change_password(by, who, body),
            FrameCommand::NewRecoveryCodes(body) => self.new_recovery_codes(who, body, fresh),
            FrameCommand::DeleteAccount(body) => self.delete_account(who, body, now),
            FrameCommand::UpdateAccount(body) => self.update_account(who, body),
            FrameCommand::RemoveDevice { device } => self.remove_device(who, *device),
            FrameCommand::RemoveOtherDevices => {
                self.remove_devices(who, |device| device != by);
                Ok(Expected::Nothing)
            }
            FrameCommand::OpenDirect { account } => self.open_direct(who, *account, fresh),
            FrameCommand::OpenDirectByName(body) => self.open_direct_by_name(who, body, fresh),
            FrameCommand::Accept { conversation } => self.accept(who, *conversation),
            FrameCommand::Block { account } => self.block(who, *account),
            FrameCommand::Unblock { account } => self.unblock(who, *account),
            // What comes of these is in no log.
            FrameCommand::View(_) | FrameCommand::SetPresence(_) => Ok(Expected::Nothing),
            FrameCommand::Typing { conversation, .. } => match self.member(who, *conversation) {
                Some(_) => Ok(Expected::Nothing),
                None => Err(Code::NotFound),
            },
            FrameCommand::Read { conversation, mark } => self.read(who, *conversation, mark.seq),
            FrameCommand::MarkUnread { conversation, mark } => self.mark_unread(who, *conversation, mark.seq),
            FrameCommand::SetPreferences(body) => self.set_preferences(who, *body),
            FrameCommand::SetConversationSettings { conversation, settings } => {
                self.change_own_settings(who, *conversation, settings)
            }
            FrameCommand::PutDraft { conversation, device, draft } => {
                self.put_draft(who, *conversation, *device, draft)
            }
        }
    }

    /// The account of a device that is signed in.
    pub fn account_of(&self, device: DeviceId) -> Option<AccountId> {
        self.devices.iter().find(|known| known.id == device && known.signed_in).map(|known| known.account)
    }

    /// The devices of an account that are signed in.
    pub fn devices_of(&self, account: AccountId) -> Vec<DeviceId> {
        let own = self.devices.iter().filter(|known| known.account == account && known.signed_in);
        own.map(|known| known.id).collect()
    }

    /// Every account that ever was, and whether it still is.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, bool)> + '_ {
        self.accounts.iter().map(|account| (account.id, account.card().removed.is_none()))
    }

    /// What an account shows of itself.
    pub fn card(&self, account: AccountId) -> Option<&AccountCard> {
        self.accounts.iter().find(|known| known.id == account).map(Account::card)
    }

    /// Every conversation that was ever made, with its kind.
    pub fn conversations(&self) -> impl Iterator<Item = (ConversationId, Kind)> + '_ {
        self.talks.iter().map(|talk| (talk.about.id, talk.about.kind))
    }

    /// As what an account is in a conversation; none if it is not.
    pub fn role(&self, account: AccountId, conversation: ConversationId) -> Option<Role> {
        self.member(account, conversation).map(|member| member.role)
    }

    /// Who is in a conversation.
    pub fn members(&self, conversation: ConversationId) -> Vec<AccountId> {
        let talk = self.talks.iter().filter(|talk| talk.about.id == conversation);
        talk.flat_map(|talk| talk.members.iter().map(|member| member.account)).collect()
    }

    /// The last row of a conversation.
    pub fn head(&self, conversation: ConversationId) -> Seq {
        let talk = self.talks.iter().find(|talk| talk.about.id == conversation);
        talk.map_or(Seq::ZERO, Talk::head)
    }

    /// The tokens of all links that were made and not used up or revoked.
    pub fn tokens(&self) -> Vec<(ConversationId, InviteId, String)> {
        let of = |talk: &Talk| {
            let id = talk.about.id;
            talk.invites.iter().map(|link| (id, link.id, link.token.clone())).collect::<Vec<_>>()
        };
        self.talks.iter().flat_map(of).collect()
    }

    /// Whether a deletion of the account would be refused, for it owns what others are in.
    pub fn owns_shared(&self, account: AccountId) -> bool {
        self.talks.iter().any(|talk| {
            let others = talk.members.iter().any(|member| member.account != account);
            talk.about.kind != Kind::Direct && talk.owner == account && others
        })
    }

    /// An account that is still there.
    fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id && account.card().removed.is_none())
    }

    fn account_mut(&mut self, id: AccountId) -> &mut Account {
        let found = self.accounts.iter_mut().find(|account| account.id == id);
        found.expect("an account that acts, or is acted on, is known")
    }

    /// What an account has made under a client id.
    fn made(&self, who: AccountId, client_id: ClientId) -> Option<Made> {
        let sent = self.account(who)?.sent.iter().find(|sent| sent.client_id == client_id);
        sent.map(|sent| sent.made.clone())
    }

    fn talk(&self, id: ConversationId) -> &Talk {
        self.talks.iter().find(|talk| talk.about.id == id).expect("what somebody is in is known")
    }

    fn talk_mut(&mut self, id: ConversationId) -> &mut Talk {
        self.talks.iter_mut().find(|talk| talk.about.id == id).expect("what somebody is in is known")
    }

    fn member(&self, account: AccountId, id: ConversationId) -> Option<Member> {
        let talk = self.talks.iter().find(|talk| talk.about.id == id)?;
        talk.members.iter().find(|member| member.account == account).copied()
    }
}

impl Account {
    fn card(&self) -> &AccountCard {
        self.cards.last().expect("an account begins with a card")
    }
}

impl Talk {
    fn head(&self) -> Seq {
        Seq::new(self.rows.len() as u64)
    }

    /// How many messages there were.
    fn n(&self) -> u64 {
        self.rows.iter().filter(|row| matches!(row.record, Record::Message(_))).count() as u64
    }

    /// Two accounts of a direct chat: the other, or oneself.
    fn peer(&self, account: AccountId) -> Option<AccountId> {
        self.about.pair.map(|pair| pair.peer(account))
    }

    fn restriction(&mut self, account: AccountId) -> &mut Restriction {
        let at = self.restrictions.iter().position(|known| known.account == account);
        let at = at.unwrap_or_else(|| {
            let (muted_until, wrote_at) = (None, None);
            self.restrictions.push(Restriction {
                account,
                banned: false,
                read_only: false,
                muted_until,
                wrote_at,
            });
            self.restrictions.len() - 1
        });
        &mut self.restrictions[at]
    }
}
