//! Each rule of each command, decided on hand-made states, with the answers written by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chinwag_chat::{
    Account, ConversationState, CreateGuest, Decision, Entry, Idempotency, KeyHash, Marks, Need, ReadSoFar,
    Reply, Request, RequestHash, Restriction, Salt, State, Subject, TokenHash, decide, needs,
};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Attributes, Body, ClientId, Code, Command, Conversation, ConversationId,
    DeviceId, Key, Membership, MessageText, Name, Pos, Problem, Role, Seq, Slug, Timestamp, Topic,
};
use uuid::Uuid;

const ADA: Actor = Actor { account: account(1), device: device(1) };
const BOB: Actor = Actor { account: account(2), device: device(2) };
const TEA: ConversationId = ConversationId::new(Uuid::from_u128(0xc1));
/// The id of the room that a test makes.
const MADE: ConversationId = ConversationId::new(Uuid::from_u128(0xf1));

fn at() -> Timestamp {
    Timestamp::from_millis(1_795_336_245_007)
}

const fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa0 + number))
}

const fn device(number: u128) -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xd0 + number))
}

fn client_id(number: u128) -> ClientId {
    ClientId::new(Uuid::from_u128(0x1d00 + number))
}

/// Ada owns the room `tea`, where three rows stand; Bob is signed in and not a member.
fn state() -> State {
    let mut state = State::at(Pos::new(100));
    for (actor, name) in [(ADA, "Ada"), (BOB, "Bob")] {
        let card = AccountCard::guest(actor.account, &Name::parse(name).unwrap());
        let row = Account { card, head: Seq::new(4), conversations: 1 };
        state.put_account(actor.account, Some(row));
        state.put_device(actor.device, Some(actor.account));
    }
    let conversation = Conversation::room(TEA, Slug::parse("Tea").unwrap());
    state.put_room("tea".into(), Some(TEA));
    let row = ConversationState { conversation, owner: ADA.account, head: Seq::new(3), n: 2, members: 1 };
    state.put_conversation(TEA, Some(row));
    let owner =
        Membership { role: Role::Owner, since: Pos::new(50), visible_from: Seq::new(1), request: false };
    state.put_membership(ADA.account, TEA, Some(owner));
    state.put_membership(BOB.account, TEA, None);
    for actor in [ADA, BOB] {
        state.put_restriction(TEA, actor.account, Restriction::default());
    }
    state
}

fn request(actor: Actor, command: Command) -> Request {
    let hash = match &command {
        Command::SendMessage { text, .. } => RequestHash([text.as_str().len() as u8; 16]),
        _ => RequestHash([0; 16]),
    };
    Request::Command { actor, command, hash, fresh: MADE }
}

fn send(actor: Actor, id: u128, text: &str, follows: Option<u128>) -> Request {
    let text = MessageText::parse(text.into(), 100).unwrap();
    let follows = follows.map(client_id);
    request(
        actor,
        Command::SendMessage {
            conversation: TEA,
            client_id: client_id(id),
            text,
            follows,
            attributes: Attributes::default(),
        },
    )
}

fn run(state: &mut State, request: &Request) -> Result<Reply, Problem> {
    needs(request, |need| {
        if !state.holds(&need) {
            match need {
                Need::Sent(account, id) => state.put_sent(account, id, None),
                Need::Message(id, seq) => state.put_message(id, seq, None),
                Need::Marks(id, seq) => state.put_marks(id, seq, Marks::default()),
                Need::Reactions { conversation, seq, account } => {
                    state.put_own_reactions(conversation, seq, account, Vec::new());
                }
                Need::Pins(id) => state.put_pins(id, 0),
                Need::Conversation(id) => state.put_conversation(id, None),
                Need::Membership(account, id) => state.put_membership(account, id, None),
                Need::Room { key, account } => {
                    // Either it is not there, or it is the one that a test made and the account is no member.
                    state.put_membership(account, MADE, None);
                    state.put_restriction(MADE, account, Restriction::default());
                    for room in [TEA, MADE] {
                        state.put_ruling(Subject::Conversation(room), None);
                    }
                    if !state.holds(&Need::Room { key: key.clone(), account }) {
                        state.put_room(key, None);
                    }
                }
                Need::Restriction(id, account) => state.put_restriction(id, account, Restriction::default()),
                Need::OwnedGroups(account) => state.put_owned_groups(account, 0),
                Need::Invites(id) => state.put_invites(id, Vec::new()),
                Need::Invited { token, .. } => state.put_token(token, None),
                Need::Guest(key) => state.put_guest(key, None),
                Need::Username(username) => state.put_username(username, None),
                Need::Credential(id) => state.put_credential(id, None),
                Need::Devices(id) => state.put_own_devices(id, Vec::new()),
                Need::RecoveryCode(id, code) => state.put_recovery_code(id, code, false),
                Need::Account(id) => state.put_account(id, None),
                Need::Block { account, blocked } => state.put_block(account, blocked, false),
                Need::Blocks(account) => state.put_blocks(account, 0),
                Need::OwnsShared(account) => state.put_owner_of_shared(account, false),
                Need::Removal(account) => state.put_removal(account, None),
                Need::Ruling(subject) => state.put_ruling(subject, None),
                Need::Rulings(kind) => state.put_rulings(kind, 0),
                Need::Keyed(topic, key) => state.put_keyed(topic, key, None),
                Need::Marker(account, id) => {
                    state.put_keyed(Topic::Account(account), Key::Marker(id), None);
                    state.put_from_seq(account, id, Seq::new(1));
                }
                Need::ReadSoFar(account, id) => state.put_read_so_far(account, id, ReadSoFar::default()),
                Need::Reading(account, id, seq) => state.put_reading(account, id, seq, None),
                Need::Drafts(account, id) => state.put_drafts(account, id, 0),
                Need::Device(_) | Need::Talk { .. } | Need::Marking { .. } | Need::Receiving { .. } => {}
            }
        }
    });
    let Decision { appends, reply, .. } = decide(state, request, at())?;
    for append in &appends {
        assert_eq!(append.event.pos, state.head.next(), "positions have no gaps");
        state.apply(append);
    }
    Ok(reply)
}

fn stored(seq: u64, pos: u64) -> Result<Reply, Problem> {
    Ok(Reply::Stored { seq: Seq::new(seq), pos: Pos::new(pos), at: at() })
}

fn code(answer: Result<Reply, Problem>) -> Code {
    answer.unwrap_err().code
}

#[test]
fn a_send_takes_the_next_row_and_a_retry_gets_the_same_answer() {
    let mut state = state();
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(run(&mut state, &send(ADA, 2, "two", None)), stored(5, 102));
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(code(run(&mut state, &send(ADA, 1, "other", None))), Code::ClientIdReused);
    assert_eq!(state.head, Pos::new(102));
}

#[test]
fn client_ids_of_others_do_not_clash() {
    let mut state = state();
    assert!(run(&mut state, &request(BOB, Command::OpenRoom { slug: Slug::parse("tea").unwrap() })).is_ok());
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 102));
    assert_eq!(run(&mut state, &send(BOB, 1, "one", None)), stored(5, 103));
}

#[test]
fn a_successor_waits_for_its_predecessor() {
    let mut state = state();
    assert_eq!(code(run(&mut state, &send(ADA, 2, "two", Some(1)))), Code::PredecessorMissing);
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(run(&mut state, &send(ADA, 2, "two", Some(1))), stored(5, 102));
}

#[test]
fn only_members_send_and_absent_reads_like_forbidden() {
    let mut state = state();
    let forbidden = run(&mut state, &send(BOB, 1, "hi", None)).unwrap_err();
    let absent = Command::SendMessage {
        conversation: ConversationId::new(Uuid::from_u128(0xc9)),
        client_id: client_id(1),
        text: MessageText::parse("hi".into(), 100).unwrap(),
        follows: None,
        attributes: Attributes::default(),
    };
    assert_eq!(run(&mut state, &request(BOB, absent)).unwrap_err(), forbidden);
    assert_eq!(forbidden.code, Code::NotFound);
}

#[test]
fn who_left_sends_no_more_but_a_retry_still_gets_its_answer() {
    let mut state = state();
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(run(&mut state, &request(ADA, Command::Leave { conversation: TEA })), Ok(Reply::Done));
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(code(run(&mut state, &send(ADA, 2, "two", None))), Code::NotFound);
    assert_eq!(run(&mut state, &request(ADA, Command::Leave { conversation: TEA })), Ok(Reply::Done));
    assert_eq!(state.head, Pos::new(102), "a second leave changes nothing");
}

#[test]
fn the_first_to_open_a_room_owns_it_and_keeps_owning_it() {
    let mut state = state();
    let open = |slug: &str| Command::OpenRoom { slug: Slug::parse(slug).unwrap() };
    let Ok(Reply::Room { conversation, role, entry }) = run(&mut state, &request(ADA, open("Coffee"))) else {
        panic!("refused")
    };
    assert_eq!((role, entry), (Role::Owner, Entry::Made));
    let Ok(Reply::Room { conversation: same, role, entry }) = run(&mut state, &request(BOB, open("COFFEE")))
    else {
        panic!("refused")
    };
    assert_eq!((same.id, role, entry), (conversation.id, Role::Member, Entry::Joined));
    assert_eq!(same.title(), "Coffee", "as its maker typed it");
    assert_eq!(state.head, Pos::new(103), "made, joined, joined");
    let again = run(&mut state, &request(BOB, open("coffee")));
    assert!(matches!(again, Ok(Reply::Room { entry: Entry::Before, .. })), "{again:?}");
    assert_eq!(state.head, Pos::new(103), "opening again changes nothing");
    let leave = Command::Leave { conversation: conversation.id };
    assert_eq!(run(&mut state, &request(ADA, leave)), Ok(Reply::Done));
    let Ok(Reply::Room { role, .. }) = run(&mut state, &request(ADA, open("coffee"))) else {
        panic!("refused")
    };
    assert_eq!(role, Role::Owner);
}

#[test]
fn a_join_names_the_row_from_which_the_stream_owes_everything() {
    let mut state = state();
    let open = request(BOB, Command::OpenRoom { slug: Slug::parse("tea").unwrap() });
    let decision = decide(&state, &open, at()).unwrap();
    let Body::Joined { from_seq, membership, .. } = &decision.appends[0].event.body else {
        panic!("no join")
    };
    assert_eq!(
        (*from_seq, membership.since, membership.visible_from),
        (Seq::new(4), Pos::new(101), Seq::new(1))
    );
    assert!(run(&mut state, &open).is_ok());
    assert_eq!(run(&mut state, &send(BOB, 1, "hi", None)), stored(4, 102));
}

#[test]
fn deleting_is_for_the_sender_and_the_owner_and_happens_once() {
    let delete =
        |actor, seq| request(actor, Command::DeleteMessage { conversation: TEA, seq: Seq::new(seq) });
    let mut state = state();
    assert_eq!(run(&mut state, &send(ADA, 1, "one", None)), stored(4, 101));
    assert_eq!(code(run(&mut state, &delete(BOB, 4))), Code::NotFound, "not a member");
    assert!(run(&mut state, &request(BOB, Command::OpenRoom { slug: Slug::parse("tea").unwrap() })).is_ok());
    assert_eq!(code(run(&mut state, &delete(BOB, 4))), Code::Forbidden);
    assert_eq!(run(&mut state, &send(BOB, 1, "two", None)), stored(5, 103));
    assert_eq!(run(&mut state, &delete(ADA, 5)), stored(6, 104), "the owner may");
    assert_eq!(run(&mut state, &delete(BOB, 5)), stored(6, 104), "once: the same answer for its sender");
    assert_eq!(code(run(&mut state, &delete(ADA, 6))), Code::NotFound, "a deletion is not a message");
    assert_eq!(code(run(&mut state, &delete(ADA, 99))), Code::NotFound);
    assert_eq!(state.head, Pos::new(104));
}

#[test]
fn a_signed_out_device_is_refused_everything_but_signing_out() {
    let mut state = state();
    assert_eq!(run(&mut state, &request(ADA, Command::SignOut)), Ok(Reply::Done));
    assert_eq!(run(&mut state, &request(ADA, Command::SignOut)), Ok(Reply::Done));
    assert_eq!(state.head, Pos::new(101));
    for command in [
        Command::OpenRoom { slug: Slug::parse("tea").unwrap() },
        Command::Leave { conversation: TEA },
        Command::DeleteMessage { conversation: TEA, seq: Seq::new(1) },
    ] {
        assert_eq!(code(run(&mut state, &request(ADA, command))), Code::Unauthenticated);
    }
    assert_eq!(code(run(&mut state, &send(ADA, 1, "one", None))), Code::Unauthenticated);
}

#[test]
fn an_idempotency_key_makes_one_guest_for_a_day() {
    let guest = |number, hash| {
        Request::CreateGuest(CreateGuest {
            account: account(number),
            device: device(number),
            name: Name::parse("Eve").unwrap(),
            token: TokenHash([number as u8; 32]),
            idempotency: Some(Idempotency {
                key: KeyHash([7; 16]),
                hash: RequestHash([hash; 16]),
                salt: Salt([number as u8; 16]),
            }),
            device_name: None,
            registration: None,
        })
    };
    let first = Ok(Reply::Guest { account: account(8), device: device(8), salt: Some(Salt([8; 16])) });
    let mut state = state();
    assert_eq!(run(&mut state, &guest(8, 1)), first);
    assert_eq!(run(&mut state, &guest(9, 1)), first, "a retry gets the first answer");
    assert_eq!(code(run(&mut state, &guest(9, 2))), Code::IdempotencyKeyReused);
    let tomorrow = Timestamp::from_millis(at().as_millis() + 24 * 60 * 60 * 1000);
    let decision = decide(&state, &guest(9, 2), tomorrow).unwrap();
    assert_eq!(
        decision.reply,
        Reply::Guest { account: account(9), device: device(9), salt: Some(Salt([9; 16])) },
        "after a day the key is forgotten"
    );
}
