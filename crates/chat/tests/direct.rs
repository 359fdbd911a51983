//! The rules of direct chats, requests and blocks, with the answers written by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chinwag_chat::{
    Account, BLOCKS_MAX, CONVERSATIONS_MAX, Decision, Entry, Marks, Need, REQUEST_MESSAGES_MAX, Reply,
    Request, RequestHash, Restriction, State, decide, needs,
};
use chinwag_protocol::{
    AccountCard, AccountId, AccountList, Actor, Attributes, Body, ClientId, Code, Command, ConversationId,
    DeviceId, Event, InviteHash, InviteId, InviteTerms, Key, Kind, MessageText, MuteSeconds, Name, Pos,
    Problem, Role, Seq, SettingsChange, Timestamp, Topic,
};
use uuid::Uuid;

const ADA: Actor = actor(1);
const BOB: Actor = actor(2);
const EVE: Actor = actor(3);
/// The id of the chat that a test makes.
const CHAT: ConversationId = ConversationId::new(Uuid::from_u128(0xf1));

const fn actor(number: u128) -> Actor {
    let account = AccountId::new(Uuid::from_u128(0xa0 + number));
    Actor { account, device: DeviceId::new(Uuid::from_u128(0xd0 + number)) }
}

/// Three who are signed in and have nothing.
struct Chat {
    state: State,
    /// What was appended last.
    events: Vec<Event>,
    sends: u128,
}

impl Chat {
    fn new() -> Self {
        let mut state = State::at(Pos::new(100));
        for (actor, name) in [(ADA, "Ada"), (BOB, "Bob"), (EVE, "Eve")] {
            let card = AccountCard::guest(actor.account, &Name::parse(name).unwrap());
            let row = Account { card, head: Seq::new(4), conversations: 0 };
            state.put_account(actor.account, Some(row));
            state.put_device(actor.device, Some(actor.account));
        }
        Self { state, events: Vec::new(), sends: 0 }
    }

    /// Everything that was never appended is absent.
    fn load(&mut self, need: &Need) {
        if self.state.holds(need) {
            return;
        }
        let state = &mut self.state;
        match *need {
            Need::Account(id) => state.put_account(id, None),
            Need::Membership(account, id) => state.put_membership(account, id, None),
            Need::Sent(account, id) => state.put_sent(account, id, None),
            Need::Message(id, seq) => state.put_message(id, seq, None),
            Need::Marks(id, seq) => state.put_marks(id, seq, Marks::default()),
            Need::Reactions { conversation, seq, account } => {
                state.put_own_reactions(conversation, seq, account, Vec::new());
            }
            Need::Pins(id) => state.put_pins(id, 0),
            Need::Block { account, blocked } => state.put_block(account, blocked, false),
            Need::Blocks(account) => state.put_blocks(account, 0),
            Need::Conversation(id) => state.put_conversation(id, None),
            Need::Room { .. } | Need::Talk { .. } => {
                let mut more = Vec::new();
                state.with_it(need, |need| more.push(need));
                if let Need::Room { account, .. } = need {
                    more.push(Need::Membership(*account, CHAT));
                    more.push(Need::Restriction(CHAT, *account));
                }
                more.iter().for_each(|need| self.load(need));
                if let Need::Room { key, .. } = need
                    && !self.state.holds(need)
                {
                    self.state.put_room(key.clone(), None);
                }
            }
            Need::Restriction(id, account) => state.put_restriction(id, account, Restriction::default()),
            Need::Invites(id) => state.put_invites(id, Vec::new()),
            Need::OwnedGroups(account) => state.put_owned_groups(account, 0),
            Need::Marker(account, id) => {
                state.put_keyed(Topic::Account(account), Key::Marker(id), None);
                state.put_from_seq(account, id, Seq::new(1));
            }
            _ => unreachable!(),
        }
    }

    fn run(&mut self, actor: Actor, command: Command) -> Result<Reply, Problem> {
        let request = Request::Command { actor, command, hash: RequestHash([0; 16]), fresh: CHAT };
        let mut named = Vec::new();
        needs(&request, |need| named.push(need));
        named.iter().for_each(|need| self.load(need));
        let Decision { appends, reply, .. } =
            decide(&self.state, &request, Timestamp::from_millis(1_795_336_245_007))?;
        self.events.clear();
        for append in appends {
            assert_eq!(append.event.pos, self.state.head.next(), "positions have no gaps");
            self.state.apply(&append);
            self.events.push(append.event);
        }
        Ok(reply)
    }

    /// Puts an account into as many conversations as it may be in.
    fn fill(&mut self, actor: Actor) {
        let card = AccountCard::guest(actor.account, &Name::parse("Busy").unwrap());
        let row = Account { card, head: Seq::new(4), conversations: CONVERSATIONS_MAX };
        self.state.put_account(actor.account, Some(row));
    }

    fn open(&mut self, actor: Actor, with: Actor) -> Result<Reply, Problem> {
        self.run(actor, Command::OpenDirect { account: with.account })
    }

    /// The row that a message takes.
    fn send(&mut self, actor: Actor) -> Result<u64, Code> {
        self.sends += 1;
        let client_id = ClientId::new(Uuid::from_u128(self.sends));
        let text = MessageText::parse("hi".into(), 100).unwrap();
        let command = Command::SendMessage {
            conversation: CHAT,
            client_id,
            text,
            follows: None,
            attributes: Attributes::default(),
        };
        match self.run(actor, command) {
            Ok(Reply::Stored { seq, .. }) => Ok(seq.get()),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Err(problem.code),
        }
    }

    fn block(&mut self, actor: Actor, whom: Actor) -> Result<Reply, Problem> {
        self.run(actor, Command::Block { account: whom.account })
    }

    fn unblock(&mut self, actor: Actor, whom: Actor) {
        assert_eq!(self.run(actor, Command::Unblock { account: whom.account }), Ok(Reply::Done));
    }

    /// What was appended last, in words.
    fn told(&self) -> Vec<String> {
        let name = |id: AccountId| match id {
            id if id == ADA.account => "ada",
            id if id == BOB.account => "bob",
            _ => "eve",
        };
        let told = |event: &Event| match &event.body {
            Body::ConversationCreated { owner, .. } => format!("{} makes it", name(*owner)),
            Body::Joined { account, membership, from_seq, .. } => {
                assert_eq!(membership.since, event.pos);
                assert_eq!((membership.role, membership.visible_from), (Role::Member, Seq::new(1)));
                let request = if membership.request { ", a request" } else { "" };
                format!("{} joins from {from_seq}{request}", name(*account))
            }
            Body::Accepted { account, .. } => format!("{} accepts", name(*account)),
            Body::Message(message) => {
                let hidden = if message.hidden { ", hidden" } else { "" };
                format!("{} writes {}{hidden}", name(message.sender.id), event.seq)
            }
            Body::Delete { sender, target, hidden, .. } => {
                let hidden = if *hidden { ", hidden" } else { "" };
                format!("{} deletes {target}{hidden}", name(sender.id))
            }
            Body::Blocked { account, blocked } => format!("{} blocks {}", name(*account), name(*blocked)),
            Body::Unblocked { account, blocked } => format!("{} unblocks {}", name(*account), name(*blocked)),
            Body::Keyed(keyed) => format!("{keyed:?}"),
            other => panic!("{other:?}"),
        };
        self.events.iter().map(told).collect()
    }
}

fn code(answer: Result<Reply, Problem>) -> Code {
    answer.unwrap_err().code
}

#[test]
fn opening_tells_the_other_nothing_and_makes_one_chat() {
    let mut chat = Chat::new();
    let Ok(Reply::Direct { conversation, peer, entry }) = chat.open(ADA, BOB) else { panic!("refused") };
    assert_eq!((conversation.kind, peer.name.as_str(), entry), (Kind::Direct, "Bob", Entry::Made));
    assert_eq!(chat.told(), ["ada makes it", "ada joins from 1"]);
    let again = chat.open(ADA, BOB);
    assert!(matches!(again, Ok(Reply::Direct { entry: Entry::Before, .. })), "{again:?}");
    assert_eq!(chat.told(), [""; 0], "opening again changes nothing");
    let Ok(Reply::Direct { conversation: same, entry, .. }) = chat.open(BOB, ADA) else { panic!("refused") };
    assert_eq!((same.id, entry), (conversation.id, Entry::Joined));
    assert_eq!(chat.told(), ["bob joins from 1"]);
    assert_eq!(chat.send(ADA), Ok(1));
    assert_eq!(chat.told(), ["ada writes 1"], "who has opened it gets no request");
}

#[test]
fn the_first_message_brings_the_other_in_as_a_request() {
    let mut chat = Chat::new();
    chat.open(ADA, BOB).unwrap();
    assert_eq!(
        chat.send(BOB),
        Err(Code::NotFound),
        "who was not written to and has not opened it is outside"
    );
    assert_eq!(chat.send(ADA), Ok(1));
    assert_eq!(chat.told(), ["bob joins from 1, a request", "ada writes 1"]);
    assert_eq!(chat.send(ADA), Ok(2));
    assert_eq!(chat.told(), ["ada writes 2"]);
    assert_eq!(chat.run(BOB, Command::Accept { conversation: CHAT }), Ok(Reply::Done));
    assert_eq!(chat.told(), ["bob accepts"]);
    assert_eq!(chat.run(BOB, Command::Accept { conversation: CHAT }), Ok(Reply::Done));
    assert_eq!(chat.run(ADA, Command::Accept { conversation: CHAT }), Ok(Reply::Done));
    assert_eq!(chat.told(), [""; 0]);
}

#[test]
fn answering_and_opening_accept() {
    for answers in [true, false] {
        let mut chat = Chat::new();
        chat.open(ADA, BOB).unwrap();
        chat.send(ADA).unwrap();
        if answers {
            assert_eq!(chat.send(BOB), Ok(2));
            assert_eq!(chat.told(), ["bob accepts", "bob writes 2"]);
        } else {
            chat.open(BOB, ADA).unwrap();
            assert_eq!(chat.told(), ["bob accepts"]);
        }
        for _ in 0..2 * REQUEST_MESSAGES_MAX {
            chat.send(ADA).unwrap();
        }
    }
}

#[test]
fn a_stranger_sends_five_messages_at_most() {
    let mut chat = Chat::new();
    chat.open(ADA, BOB).unwrap();
    for seq in 1..=REQUEST_MESSAGES_MAX {
        assert_eq!(chat.send(ADA), Ok(seq));
    }
    assert_eq!(chat.send(ADA), Err(Code::RequestPending));
    chat.run(BOB, Command::Accept { conversation: CHAT }).unwrap();
    assert_eq!(chat.send(ADA), Ok(REQUEST_MESSAGES_MAX + 1));
}

#[test]
fn notes_have_no_other() {
    let mut chat = Chat::new();
    chat.open(ADA, ADA).unwrap();
    assert_eq!(chat.told(), ["ada makes it", "ada joins from 1"]);
    for seq in 1..=2 * REQUEST_MESSAGES_MAX {
        assert_eq!(chat.send(ADA), Ok(seq));
        assert_eq!(chat.told(), [format!("ada writes {seq}")]);
    }
}

#[test]
fn z8_a_third_finds_nothing() {
    let mut chat = Chat::new();
    let nobody = actor(9);
    assert_eq!(chat.open(ADA, nobody).unwrap_err(), chat.open(ADA, actor(8)).unwrap_err());
    assert_eq!(code(chat.open(ADA, nobody)), Code::NotFound);
    chat.open(ADA, BOB).unwrap();
    chat.send(ADA).unwrap();
    assert_eq!(chat.send(EVE), Err(Code::NotFound));
    assert_eq!(code(chat.run(EVE, Command::Accept { conversation: CHAT })), Code::NotFound);
    let mut read = Vec::new();
    let talk = |account| Need::Talk { conversation: CHAT, account };
    chat.state.with_it(&talk(EVE.account), |need| read.push(need));
    assert_eq!(read, [], "as much is read as of a chat that is not there");
    chat.state.with_it(&talk(ADA.account), |need| read.push(need));
    assert_eq!(read.len(), 6, "account, membership and block of each");
    let delete = Command::DeleteMessage { conversation: CHAT, seq: Seq::new(1) };
    assert_eq!(code(chat.run(EVE, delete)), Code::NotFound);
    let head = chat.state.head;
    assert_eq!(chat.run(EVE, Command::Leave { conversation: CHAT }), Ok(Reply::Done));
    assert_eq!(chat.state.head, head, "as of a conversation that is not there");
}

#[test]
fn a_direct_chat_is_not_left_and_each_deletes_their_own() {
    let mut chat = Chat::new();
    chat.open(ADA, BOB).unwrap();
    chat.send(ADA).unwrap();
    for actor in [ADA, BOB] {
        assert_eq!(code(chat.run(actor, Command::Leave { conversation: CHAT })), Code::Forbidden);
    }
    let delete = Command::DeleteMessage { conversation: CHAT, seq: Seq::new(1) };
    assert_eq!(code(chat.run(BOB, delete.clone())), Code::Forbidden);
    assert!(chat.run(ADA, delete).is_ok());
    assert_eq!(chat.told(), ["ada deletes 1"]);
}

#[test]
fn nobody_runs_a_direct_chat() {
    let mut chat = Chat::new();
    chat.open(ADA, BOB).unwrap();
    chat.send(ADA).unwrap();
    let all = |conversation| {
        let (bob, eve) = (BOB.account, EVE.account);
        let invite = InviteId::from_bytes([1; 16]);
        let token = InviteHash([1; 32]);
        [
            Command::AddMembers { conversation, accounts: AccountList::new(vec![eve]).unwrap() },
            Command::RemoveMember { conversation, account: bob },
            Command::SetRole { conversation, account: bob, role: Role::Admin },
            Command::HandOver { conversation, account: bob },
            Command::Ban { conversation, account: bob },
            Command::Ban { conversation, account: eve },
            Command::LiftBan { conversation, account: eve },
            Command::Mute { conversation, account: bob, seconds: MuteSeconds::new(1).unwrap() },
            Command::LiftMute { conversation, account: bob },
            Command::ChangeSettings { conversation, change: SettingsChange::default() },
            Command::CreateInvite { conversation, token, terms: InviteTerms::default() },
            Command::RevokeInvite { conversation, invite },
        ]
    };
    let head = chat.state.head;
    for command in all(CHAT) {
        assert_eq!(code(chat.run(ADA, command.clone())), Code::Forbidden, "{command:?}");
        assert_eq!(code(chat.run(BOB, command.clone())), Code::Forbidden, "{command:?}");
    }
    let absent = ConversationId::new(Uuid::from_u128(0xc9));
    for (command, same) in all(CHAT).into_iter().zip(all(absent)) {
        assert_eq!(chat.run(EVE, command.clone()), chat.run(EVE, same), "{command:?}");
        assert_eq!(code(chat.run(EVE, command)), Code::NotFound);
    }
    assert_eq!(chat.state.head, head);
}

#[test]
fn direct_chats_count_among_conversations() {
    let mut chat = Chat::new();
    chat.fill(ADA);
    assert_eq!(code(chat.open(ADA, BOB)), Code::TooManyConversations);
    // Whoever writes first to somebody who is in enough learns it, and the same if they are blocked.
    for blocked in [false, true] {
        let mut chat = Chat::new();
        chat.fill(BOB);
        if blocked {
            chat.block(BOB, ADA).unwrap();
        }
        chat.open(ADA, BOB).unwrap();
        assert_eq!(chat.send(ADA), Err(Code::TooManyConversations));
    }
}

#[test]
fn z9_what_the_blocked_write_is_hidden_for_ever() {
    let mut chat = Chat::new();
    chat.open(ADA, BOB).unwrap();
    chat.open(BOB, ADA).unwrap();
    chat.send(ADA).unwrap();
    assert_eq!(chat.block(BOB, ADA), Ok(Reply::Done));
    assert_eq!(chat.told(), ["bob blocks ada"]);
    assert_eq!(chat.block(BOB, ADA), Ok(Reply::Done));
    assert_eq!(chat.told(), [""; 0]);
    assert_eq!(chat.send(ADA), Ok(2));
    assert_eq!(chat.told(), ["ada writes 2, hidden"]);
    assert_eq!(chat.send(BOB), Err(Code::Blocked));
    chat.unblock(BOB, ADA);
    assert_eq!(chat.told(), ["bob unblocks ada"]);
    chat.unblock(BOB, ADA);
    assert_eq!(chat.told(), [""; 0]);
    assert_eq!(chat.send(ADA), Ok(3));
    assert_eq!(chat.told(), ["ada writes 3"]);
    assert_eq!(chat.send(BOB), Ok(4));

    let delete = |seq| Command::DeleteMessage { conversation: CHAT, seq: Seq::new(seq) };
    let absent = chat.run(BOB, delete(99)).unwrap_err();
    assert_eq!(chat.run(BOB, delete(2)).unwrap_err(), absent, "what is hidden is absent");
    chat.block(BOB, ADA).unwrap();
    assert!(chat.run(ADA, delete(2)).is_ok());
    assert_eq!(chat.told(), ["ada deletes 2, hidden"]);
    assert!(chat.run(ADA, delete(3)).is_ok());
    assert_eq!(chat.told(), ["ada deletes 3"], "what was seen goes where it was seen");
}

#[test]
fn z9_the_blocked_meet_the_answers_of_anybody() {
    let mut answers = Vec::new();
    for blocked in [false, true] {
        let mut chat = Chat::new();
        if blocked {
            chat.block(BOB, ADA).unwrap();
        }
        assert!(chat.open(ADA, BOB).is_ok());
        let sent: Vec<Result<u64, Code>> = (0..7).map(|_| chat.send(ADA)).collect();
        let again = chat.open(ADA, BOB).unwrap();
        answers.push((sent, again));
    }
    assert_eq!(answers[0], answers[1]);

    let mut chat = Chat::new();
    chat.block(BOB, ADA).unwrap();
    chat.open(ADA, BOB).unwrap();
    chat.send(ADA).unwrap();
    assert_eq!(chat.told(), ["ada writes 1, hidden"], "Bob does not come in");
    chat.unblock(BOB, ADA);
    chat.send(ADA).unwrap();
    assert_eq!(chat.told(), ["bob joins from 2, a request", "ada writes 2"]);
}

#[test]
fn whom_one_may_block() {
    let mut chat = Chat::new();
    assert_eq!(code(chat.block(ADA, ADA)), Code::Forbidden);
    assert_eq!(code(chat.block(ADA, actor(9))), Code::NotFound);
    chat.unblock(ADA, actor(9));
    chat.state.put_blocks(ADA.account, BLOCKS_MAX - 1);
    assert!(chat.block(ADA, BOB).is_ok());
    assert_eq!(code(chat.block(ADA, EVE)), Code::TooManyBlocks);
    assert!(chat.block(ADA, BOB).is_ok(), "it is so already");
    chat.unblock(ADA, BOB);
    assert!(chat.block(ADA, EVE).is_ok());
}
