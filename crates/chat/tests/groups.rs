//! The rules of groups, members and restrictions, decided on hand-made states, with the answers written by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chinwag_chat::{
    Account, Added, CONVERSATIONS_MAX, ConversationState, Decision, Entry, GROUP_MEMBERS_MAX, INVITES_MAX,
    Invite, Marks, Need, OWNED_GROUPS_MAX, Reply, Request, RequestHash, Restriction, State, Subject, decide,
    needs,
};
use chinwag_protocol::{
    AccountCard, AccountId, AccountList, Actor, Attributes, Body, ClientId, Code, Command, Conversation,
    ConversationId, DeviceId, InviteHash, InviteId, InviteTerms, Key, MembersChange, Membership, MessageText,
    MuteSeconds, Name, Pos, Problem, Role, Seq, Settings, SettingsChange, SlowMode, Slug, Timestamp, Title,
    Topic,
};
use uuid::Uuid;

const CREW: ConversationId = ConversationId::new(Uuid::from_u128(0xc1));
const TEA: ConversationId = ConversationId::new(Uuid::from_u128(0xc2));
const MADE: ConversationId = ConversationId::new(Uuid::from_u128(0xf1));

const fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa0 + number))
}

const fn actor(number: u128) -> Actor {
    Actor { account: account(number), device: DeviceId::new(Uuid::from_u128(0xd0 + number)) }
}

/// Each in the role that it is called by, in the group and in the room; the stranger is in neither.
const OWNER: Actor = actor(1);
const ADMIN: Actor = actor(2);
const MODERATOR: Actor = actor(3);
const MEMBER: Actor = actor(4);
const READER: Actor = actor(5);
const STRANGER: Actor = actor(6);
const ROLES: [(Actor, Role); 5] = [
    (OWNER, Role::Owner),
    (ADMIN, Role::Admin),
    (MODERATOR, Role::Moderator),
    (MEMBER, Role::Member),
    (READER, Role::ReadOnly),
];

fn at() -> Timestamp {
    Timestamp::from_millis(1_795_336_245_007)
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_millis(at().as_millis() + millis)
}

fn state() -> State {
    let mut state = State::at(Pos::new(100));
    for number in 1..=6 {
        let row = Account {
            card: AccountCard::guest(account(number), &Name::parse(format!("Guest {number}")).unwrap()),
            head: Seq::new(4),
            conversations: 2,
        };
        state.put_account(account(number), Some(row));
        state.put_device(actor(number).device, Some(account(number)));
    }
    let crew = Conversation::group(CREW, Settings::new(Some(Title::parse("Crew").unwrap())));
    let tea = Conversation::room(TEA, Slug::parse("tea").unwrap());
    state.put_room("tea".into(), Some(TEA));
    for conversation in [crew, tea] {
        let id = conversation.id;
        let row =
            ConversationState { conversation, owner: OWNER.account, head: Seq::new(9), n: 7, members: 5 };
        state.put_conversation(id, Some(row));
        for (actor, role) in ROLES {
            let row = Membership { role, since: Pos::new(50), visible_from: Seq::new(1), request: false };
            state.put_membership(actor.account, id, Some(row));
        }
        state.put_membership(STRANGER.account, id, None);
        state.put_ruling(Subject::Conversation(id), None);
    }
    state
}

fn request(actor: Actor, command: Command) -> Request {
    let hash = match &command {
        Command::CreateGroup { settings, .. } => {
            RequestHash([settings.title.as_ref().unwrap().as_str().len() as u8; 16])
        }
        _ => RequestHash([0; 16]),
    };
    Request::Command { actor, command, hash, fresh: MADE }
}

/// What is not in memory is not there.
fn load(state: &mut State, request: &Request) {
    needs(request, |need| {
        if state.holds(&need) {
            return;
        }
        match need {
            Need::Account(id) => state.put_account(id, None),
            Need::Device(id) => state.put_device(id, None),
            Need::Conversation(id) => state.put_conversation(id, None),
            Need::Room { key, account } => {
                state.put_restriction(TEA, account, Restriction::default());
                if !state.holds(&Need::Room { key: key.clone(), account }) {
                    state.put_room(key, None);
                }
            }
            Need::Membership(account, id) => state.put_membership(account, id, None),
            Need::Restriction(id, account) => state.put_restriction(id, account, Restriction::default()),
            Need::OwnedGroups(account) => state.put_owned_groups(account, 0),
            Need::Sent(account, id) => state.put_sent(account, id, None),
            Need::Message(id, seq) => state.put_message(id, seq, None),
            Need::Marks(id, seq) => state.put_marks(id, seq, Marks::default()),
            Need::Reactions { conversation, seq, account } => {
                state.put_own_reactions(conversation, seq, account, Vec::new());
            }
            Need::Pins(id) => state.put_pins(id, 0),
            Need::Invites(id) => state.put_invites(id, Vec::new()),
            Need::Invited { token, account } => {
                // Either it leads nowhere, or into the group, whose links a test has made.
                state.put_restriction(CREW, account, Restriction::default());
                if !state.holds(&Need::Invited { token, account }) {
                    state.put_token(token, None);
                }
            }
            Need::Guest(key) => state.put_guest(key, None),
            Need::Ruling(subject) => state.put_ruling(subject, None),
            Need::Marker(account, id) => {
                state.put_keyed(Topic::Account(account), Key::Marker(id), None);
                state.put_from_seq(account, id, Seq::new(1));
            }
            _ => unreachable!("no test here needs {need:?}"),
        }
    });
}

fn decided(state: &mut State, actor: Actor, command: Command, now: Timestamp) -> Result<Decision, Problem> {
    let request = request(actor, command);
    load(state, &request);
    let decision = decide(state, &request, now)?;
    for append in &decision.appends {
        assert_eq!(append.event.pos, state.head.next(), "positions have no gaps");
        state.apply(append);
    }
    Ok(decision)
}

fn run_at(state: &mut State, actor: Actor, command: Command, now: Timestamp) -> Result<Reply, Code> {
    decided(state, actor, command, now).map(|decision| decision.reply).map_err(|problem| problem.code)
}

fn run(state: &mut State, actor: Actor, command: Command) -> Result<Reply, Code> {
    run_at(state, actor, command, at())
}

/// The code of a refusal, which must change nothing.
fn refused(state: &mut State, actor: Actor, command: Command) -> Code {
    let head = state.head;
    let code = run(state, actor, command).unwrap_err();
    assert_eq!(state.head, head);
    code
}

fn group(id: u128, title: &str) -> Command {
    let settings = Settings::new(Some(Title::parse(title).unwrap()));
    Command::CreateGroup { client_id: ClientId::new(Uuid::from_u128(id)), settings }
}

fn add(conversation: ConversationId, accounts: &[AccountId]) -> Command {
    Command::AddMembers { conversation, accounts: AccountList::new(accounts.to_vec()).unwrap() }
}

fn say(conversation: ConversationId, id: u128) -> Command {
    let text = MessageText::parse("hi".into(), 100).unwrap();
    let client_id = ClientId::new(Uuid::from_u128(id));
    Command::SendMessage { conversation, client_id, text, follows: None, attributes: Attributes::default() }
}

fn remove(account: AccountId) -> Command {
    Command::RemoveMember { conversation: CREW, account }
}

fn role(account: AccountId, role: Role) -> Command {
    Command::SetRole { conversation: CREW, account, role }
}

fn hand_over(account: AccountId) -> Command {
    Command::HandOver { conversation: CREW, account }
}

fn ban(conversation: ConversationId, account: AccountId) -> Command {
    Command::Ban { conversation, account }
}

fn mute(conversation: ConversationId, account: AccountId, seconds: u64) -> Command {
    Command::Mute { conversation, account, seconds: MuteSeconds::new(seconds).unwrap() }
}

fn change(conversation: ConversationId, change: SettingsChange) -> Command {
    Command::ChangeSettings { conversation, change }
}

fn invite(token: u8, seconds: Option<u64>, uses: Option<u64>) -> Command {
    let terms = InviteTerms::new(seconds, uses).unwrap();
    Command::CreateInvite { conversation: CREW, token: InviteHash([token; 32]), terms }
}

fn accept(token: u8) -> Command {
    Command::AcceptInvite { token: InviteHash([token; 32]) }
}

/// Everything that is done to a conversation or somebody in it, by who may not.
fn commands() -> Vec<(Command, &'static [Actor])> {
    let nobody_else: &[Actor] = &[MODERATOR, MEMBER, READER];
    let low: &[Actor] = &[MEMBER, READER];
    let (conversation, account) = (CREW, READER.account);
    vec![
        (add(CREW, &[STRANGER.account]), nobody_else),
        (remove(account), low),
        (role(account, Role::Member), nobody_else),
        (hand_over(account), &[ADMIN, MODERATOR, MEMBER, READER]),
        (ban(CREW, account), low),
        (Command::LiftBan { conversation, account }, low),
        (invite(1, None, None), nobody_else),
        (Command::RevokeInvite { conversation, invite: InviteId::from_bytes([1; 16]) }, nobody_else),
        (mute(CREW, account, 60), low),
        (Command::LiftMute { conversation, account }, low),
        (change(CREW, SettingsChange { locked: Some(true), ..SettingsChange::default() }), nobody_else),
    ]
}

#[test]
fn whoever_may_not_is_refused_and_nothing_changes() {
    for (command, forbidden) in commands() {
        for (actor, role) in ROLES {
            let mut state = state();
            if forbidden.contains(&actor) {
                assert_eq!(
                    refused(&mut state, actor, command.clone()),
                    Code::Forbidden,
                    "{role:?} {command:?}"
                );
            } else {
                assert!(run(&mut state, actor, command.clone()).is_ok(), "{role:?} {command:?}");
            }
        }
    }
}

#[test]
fn to_others_a_conversation_does_not_exist() {
    // Z1
    let absent = ConversationId::new(Uuid::from_u128(0xc9));
    for (command, _) in commands() {
        let mut elsewhere = command.clone();
        match &mut elsewhere {
            Command::AddMembers { conversation, .. }
            | Command::RemoveMember { conversation, .. }
            | Command::SetRole { conversation, .. }
            | Command::HandOver { conversation, .. }
            | Command::Ban { conversation, .. }
            | Command::LiftBan { conversation, .. }
            | Command::Mute { conversation, .. }
            | Command::LiftMute { conversation, .. }
            | Command::CreateInvite { conversation, .. }
            | Command::RevokeInvite { conversation, .. }
            | Command::ChangeSettings { conversation, .. } => *conversation = absent,
            other => panic!("{other:?}"),
        }
        let mut state = state();
        let forbidden = decided(&mut state, STRANGER, command.clone(), at()).unwrap_err();
        let absent = decided(&mut state, STRANGER, elsewhere, at()).unwrap_err();
        assert_eq!(forbidden, absent, "{command:?}");
        assert_eq!(forbidden.code, Code::NotFound);
    }
}

#[test]
fn nobody_does_anything_to_those_who_stand_beside_or_above() {
    // Z7: whoever is named must stand below; that nobody stands below themselves forbids raising oneself.
    let done_to = |account| {
        [
            remove(account),
            role(account, Role::Member),
            ban(CREW, account),
            mute(CREW, account, 60),
            Command::LiftMute { conversation: CREW, account },
        ]
    };
    for (by, others) in
        [(OWNER, &[OWNER][..]), (ADMIN, &[OWNER, ADMIN]), (MODERATOR, &[OWNER, ADMIN, MODERATOR])]
    {
        for other in others {
            for command in done_to(other.account) {
                assert_eq!(refused(&mut state(), by, command.clone()), Code::Forbidden, "{command:?}");
            }
        }
    }
}

#[test]
fn nobody_gives_a_role_as_high_as_their_own() {
    for (by, given, allowed) in [
        (OWNER, Role::Owner, false),
        (OWNER, Role::Admin, true),
        (ADMIN, Role::Owner, false),
        (ADMIN, Role::Admin, false),
        (ADMIN, Role::Moderator, true),
        (ADMIN, Role::ReadOnly, true),
    ] {
        let answer = run(&mut state(), by, role(MEMBER.account, given));
        assert_eq!(answer, if allowed { Ok(Reply::Done) } else { Err(Code::Forbidden) }, "{given:?}");
    }
    assert_eq!(refused(&mut state(), OWNER, role(STRANGER.account, Role::Admin)), Code::NotFound);
    let mut state = state();
    let head = state.head;
    assert_eq!(run(&mut state, OWNER, role(ADMIN.account, Role::Admin)), Ok(Reply::Done));
    assert_eq!(state.head, head, "it has that role already");
}

#[test]
fn an_owner_leaves_last() {
    let leave = Command::Leave { conversation: CREW };
    assert_eq!(refused(&mut state(), OWNER, leave.clone()), Code::LastOwner);
    assert_eq!(
        run(&mut state(), OWNER, Command::Leave { conversation: TEA }),
        Ok(Reply::Done),
        "a room's may"
    );
    let mut state = state();
    assert_eq!(run(&mut state, OWNER, hand_over(MEMBER.account)), Ok(Reply::Done));
    assert_eq!(refused(&mut state, OWNER, hand_over(OWNER.account)), Code::Forbidden, "an admin now");
    assert_eq!(run(&mut state, OWNER, leave.clone()), Ok(Reply::Done));
    assert_eq!(refused(&mut state, MEMBER, leave.clone()), Code::LastOwner);
    for actor in [ADMIN, MODERATOR, READER] {
        assert_eq!(run(&mut state, actor, leave.clone()), Ok(Reply::Done));
    }
    assert_eq!(run(&mut state, MEMBER, leave), Ok(Reply::Done), "alone");
}

#[test]
fn an_addition_is_one_row_and_one_for_each() {
    let mut state = state();
    let absent = account(99);
    let accounts = [STRANGER.account, absent, MEMBER.account];
    let decision = decided(&mut state, OWNER, add(CREW, &accounts), at()).unwrap();
    let answer =
        Added { added: vec![STRANGER.account], already: vec![MEMBER.account], refused: vec![absent] };
    assert_eq!(decision.reply, Reply::Added(answer));
    let [joined, row] = &decision.appends[..] else { panic!("{:?}", decision.appends) };
    let Body::Joined { membership, from_seq, .. } = &joined.event.body else { panic!("no join") };
    let Body::Members { accounts, change, .. } = &row.event.body else { panic!("no row") };
    assert_eq!((accounts.len(), *change), (1, MembersChange::Added));
    assert_eq!((joined.event.pos, row.event.pos), (Pos::new(101), Pos::new(102)));
    // The stream begins with the own join, and owes the row that tells the others.
    assert_eq!((membership.since, *from_seq, row.event.seq), (Pos::new(101), Seq::new(10), Seq::new(10)));
    assert_eq!(membership.role, Role::Member);
}

#[test]
fn groups_have_limits() {
    // R5
    let mut state = state();
    let put = |state: &mut State, members| {
        let conversation = Conversation::group(CREW, Settings::new(Some(Title::parse("Crew").unwrap())));
        let (owner, head) = (OWNER.account, Seq::new(9));
        state.put_conversation(CREW, Some(ConversationState { conversation, owner, head, n: 7, members }));
    };
    put(&mut state, GROUP_MEMBERS_MAX);
    assert_eq!(refused(&mut state, OWNER, add(CREW, &[STRANGER.account])), Code::GroupFull);
    put(&mut state, GROUP_MEMBERS_MAX - 1);
    assert!(run(&mut state, OWNER, add(CREW, &[STRANGER.account])).is_ok());

    state.put_owned_groups(OWNER.account, OWNED_GROUPS_MAX);
    assert_eq!(refused(&mut state, OWNER, group(1, "More")), Code::TooManyGroups);
    state.put_owned_groups(OWNER.account, OWNED_GROUPS_MAX - 1);
    assert_eq!(run(&mut state, OWNER, group(1, "More")), Ok(Reply::Group { conversation: MADE }));
    assert_eq!(
        refused(&mut state, OWNER, group(2, "Again")),
        Code::TooManyGroups,
        "the one just made counts"
    );
    state.put_owned_groups(MEMBER.account, OWNED_GROUPS_MAX);
    assert_eq!(refused(&mut state, OWNER, hand_over(MEMBER.account)), Code::TooManyGroups);

    let busy = Account {
        card: AccountCard::guest(READER.account, &Name::parse("Busy").unwrap()),
        head: Seq::new(4),
        conversations: CONVERSATIONS_MAX,
    };
    state.put_account(READER.account, Some(busy));
    assert_eq!(refused(&mut state, READER, group(3, "Mine")), Code::TooManyConversations);
    let open = |slug: &str| Command::OpenRoom { slug: Slug::parse(slug).unwrap() };
    assert_eq!(refused(&mut state, READER, open("coffee")), Code::TooManyConversations);
    assert!(run(&mut state, READER, open("tea")).is_ok(), "it is in there already");
    assert!(run(&mut state, READER, Command::Leave { conversation: CREW }).is_ok());
    assert!(run(&mut state, READER, open("tea")).is_ok());
}

#[test]
fn a_retry_of_a_group_gets_the_first_answer() {
    let mut state = state();
    let made = Ok(Reply::Group { conversation: MADE });
    assert_eq!(run(&mut state, STRANGER, group(1, "Mine")), made);
    let head = state.head;
    assert_eq!(head, Pos::new(102), "made, joined");
    assert_eq!(run(&mut state, STRANGER, group(1, "Mine")), made);
    assert_eq!(state.head, head);
    assert_eq!(refused(&mut state, STRANGER, group(1, "Others")), Code::ClientIdReused);
    assert_eq!(refused(&mut state, STRANGER, say(MADE, 1)), Code::ClientIdReused);
}

#[test]
fn a_ban_keeps_out_until_it_is_lifted() {
    let mut state = state();
    let (conversation, account) = (CREW, MEMBER.account);
    assert_eq!(run(&mut state, MODERATOR, ban(CREW, account)), Ok(Reply::Done));
    let refused_one = Added { refused: vec![account], ..Added::default() };
    assert_eq!(run(&mut state, OWNER, add(CREW, &[account])), Ok(Reply::Added(refused_one)));
    assert_eq!(refused(&mut state, MEMBER, say(CREW, 1)), Code::NotFound);
    assert_eq!(run(&mut state, MODERATOR, Command::LiftBan { conversation, account }), Ok(Reply::Done));
    let added = Added { added: vec![account], ..Added::default() };
    assert_eq!(run(&mut state, OWNER, add(CREW, &[account])), Ok(Reply::Added(added)));

    assert_eq!(run(&mut state, MODERATOR, ban(TEA, STRANGER.account)), Ok(Reply::Done));
    let open = Command::OpenRoom { slug: Slug::parse("tea").unwrap() };
    assert_eq!(refused(&mut state, STRANGER, open), Code::Banned);
    assert_eq!(refused(&mut state, MODERATOR, ban(TEA, nobody())), Code::NotFound);
}

/// Of nobody.
fn nobody() -> AccountId {
    account(99)
}

#[test]
fn a_rooms_owner_who_is_away_is_not_banned() {
    let mut state = state();
    assert!(run(&mut state, OWNER, Command::Leave { conversation: TEA }).is_ok());
    assert_eq!(refused(&mut state, ADMIN, ban(TEA, OWNER.account)), Code::Forbidden);
}

#[test]
fn who_may_write_and_when() {
    let locked = SettingsChange { locked: Some(true), ..SettingsChange::default() };
    for conversation in [CREW, TEA] {
        let mut state = state();
        assert_eq!(refused(&mut state, READER, say(conversation, 1)), Code::Forbidden);
        assert!(run(&mut state, MEMBER, say(conversation, 2)).is_ok());
        assert!(run(&mut state, OWNER, change(conversation, locked.clone())).is_ok());
        assert_eq!(refused(&mut state, MEMBER, say(conversation, 3)), Code::Locked);
        assert!(run(&mut state, MEMBER, say(conversation, 2)).is_ok(), "a retry is none");
        for (number, actor) in [(4, OWNER), (5, ADMIN), (6, MODERATOR)] {
            assert!(run(&mut state, actor, say(conversation, number)).is_ok());
        }
    }
}

#[test]
fn a_mute_ends_by_itself() {
    for conversation in [CREW, TEA] {
        let mut state = state();
        assert!(run(&mut state, MODERATOR, mute(conversation, MEMBER.account, 60)).is_ok());
        assert_eq!(run_at(&mut state, MEMBER, say(conversation, 1), later(59_999)), Err(Code::Muted));
        assert!(run_at(&mut state, MEMBER, say(conversation, 1), later(60_000)).is_ok());
        assert!(run(&mut state, MODERATOR, mute(conversation, MEMBER.account, 60)).is_ok());
        let account = MEMBER.account;
        assert!(run(&mut state, MODERATOR, Command::LiftMute { conversation, account }).is_ok());
        assert!(run(&mut state, MEMBER, say(conversation, 2)).is_ok());
    }
}

#[test]
fn the_slow_mode_says_how_long_to_wait() {
    let mut state = state();
    let slow = SettingsChange { slow_mode: SlowMode::new(10), ..SettingsChange::default() };
    assert!(run(&mut state, MEMBER, say(TEA, 1)).is_ok());
    assert!(run(&mut state, OWNER, change(TEA, slow)).is_ok());
    assert!(run(&mut state, MEMBER, say(TEA, 2)).is_ok(), "what was before does not count");
    let told = decided(&mut state, MEMBER, say(TEA, 3), later(2_500)).unwrap_err();
    assert_eq!((told.code, told.retry_after_seconds), (Code::SlowMode, Some(8)));
    let told = decided(&mut state, MEMBER, say(TEA, 3), later(9_999)).unwrap_err();
    assert_eq!(told.retry_after_seconds, Some(1));
    // A clock that was set back by a day.
    let told = decided(&mut state, MEMBER, say(TEA, 3), later(-86_400_000)).unwrap_err();
    assert_eq!(told.retry_after_seconds, Some(10));
    assert!(run_at(&mut state, MEMBER, say(TEA, 3), later(10_000)).is_ok());
    assert!(run_at(&mut state, MODERATOR, say(TEA, 4), later(10_000)).is_ok());
    assert!(run_at(&mut state, MODERATOR, say(TEA, 5), later(10_000)).is_ok(), "they need not wait");
}

#[test]
fn settings_are_of_their_kind() {
    let listed = SettingsChange { listed: Some(true), ..SettingsChange::default() };
    let hidden = SettingsChange { history_visible: Some(false), ..SettingsChange::default() };
    let mut state = state();
    assert_eq!(refused(&mut state, OWNER, change(CREW, listed.clone())), Code::InvalidField);
    assert_eq!(refused(&mut state, OWNER, change(TEA, hidden.clone())), Code::InvalidField);
    assert!(run(&mut state, OWNER, change(TEA, listed.clone())).is_ok());
    assert!(run(&mut state, OWNER, change(CREW, hidden)).is_ok());
    let head = state.head;
    assert!(run(&mut state, OWNER, change(TEA, listed)).is_ok());
    assert_eq!(state.head, head, "it is so already");
}

#[test]
fn in_a_room_nobody_else_is_told() {
    let mut state = state();
    let (conversation, account) = (TEA, MEMBER.account);
    for command in [
        Command::SetRole { conversation, account, role: Role::Moderator },
        Command::HandOver { conversation, account: ADMIN.account },
        Command::RemoveMember { conversation, account },
        ban(TEA, READER.account),
        mute(TEA, MODERATOR.account, 60),
    ] {
        let owner = if state.head > Pos::new(102) { ADMIN } else { OWNER };
        let decision = decided(&mut state, owner, command.clone(), at()).unwrap();
        for append in &decision.appends {
            let topic = append.event.topic();
            assert!(matches!(topic, Topic::Account(_)), "{command:?} {topic:?}");
        }
    }
}

#[test]
fn a_link_that_is_not_good_any_more_is_like_none() {
    // Z7, each by its own way; what is told is the same.
    let made = Ok(Reply::Invite { invite: InviteId::from_bytes(*MADE.as_bytes()) });
    let came = Ok(Reply::Invited { conversation: CREW, entry: Entry::Joined });
    let was = Ok(Reply::Invited { conversation: CREW, entry: Entry::Before });
    let unknown = decided(&mut state(), STRANGER, accept(9), at()).unwrap_err();
    assert_eq!(unknown.code, Code::NotFound);
    let new = |seconds, uses| {
        let mut state = state();
        state.put_invites(CREW, Vec::new());
        assert_eq!(run(&mut state, OWNER, invite(1, seconds, uses)), made);
        state
    };
    let mut good = new(Some(60), Some(1));
    assert_eq!(run_at(&mut good, STRANGER, accept(1), later(59_999)), came);
    let out = Command::Leave { conversation: CREW };
    assert_eq!(run(&mut good, STRANGER, out.clone()), Ok(Reply::Done));
    assert_eq!(decided(&mut good, STRANGER, accept(1), at()).unwrap_err(), unknown, "used up");
    let mut open = new(None, None);
    assert_eq!(run(&mut open, STRANGER, accept(1)), came);
    let head = open.head;
    assert_eq!(run(&mut open, STRANGER, accept(1)), was, "in already");
    assert_eq!(open.head, head);

    let mut expired = new(Some(60), None);
    assert_eq!(decided(&mut expired, STRANGER, accept(1), later(60_000)).unwrap_err(), unknown);
    let mut revoked = new(None, None);
    let id = InviteId::from_bytes(*MADE.as_bytes());
    let revoke = Command::RevokeInvite { conversation: CREW, invite: id };
    assert_eq!(run(&mut revoked, ADMIN, revoke), Ok(Reply::Done));
    assert_eq!(decided(&mut revoked, STRANGER, accept(1), at()).unwrap_err(), unknown);
    let mut banned = new(None, None);
    assert_eq!(run(&mut banned, ADMIN, ban(CREW, STRANGER.account)), Ok(Reply::Done));
    assert_eq!(decided(&mut banned, STRANGER, accept(1), at()).unwrap_err(), unknown);
    let room = Command::CreateInvite {
        conversation: TEA,
        token: InviteHash([1; 32]),
        terms: InviteTerms::default(),
    };
    assert_eq!(refused(&mut state(), OWNER, room), Code::Forbidden);
}

#[test]
fn a_group_has_so_many_links() {
    // R5
    let mut state = state();
    let link = |number: usize, expires| Invite {
        id: InviteId::from_bytes([number as u8; 16]),
        token: InviteHash([number as u8; 32]),
        expires,
        uses: None,
    };
    let mut links: Vec<Invite> = (0..INVITES_MAX).map(|number| link(number, None)).collect();
    state.put_invites(CREW, links.clone());
    assert_eq!(refused(&mut state, OWNER, invite(200, None, None)), Code::TooManyInvites);
    links[0] = link(0, Some(at()));
    state.put_invites(CREW, links);
    assert!(run(&mut state, OWNER, invite(200, None, None)).is_ok(), "one that has expired does not count");
}
