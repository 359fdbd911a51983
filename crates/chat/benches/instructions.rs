//! Instructions of a decision; `tests/instructions.toml` has the limits.

#![expect(missing_docs, unused_qualifications, reason = "the macros write so")]

use std::hint::black_box;

use chinwag_chat::{Account, ConversationState, Request, RequestHash, State, decide};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Attributes, ClientId, Command, Conversation, ConversationId, DeviceId,
    Key, Membership, MessageText, Name, Pos, Role, Seq, Slug, Timestamp, Topic,
};
use gungraun::{library_benchmark, library_benchmark_group, main};

const ADA: Actor = Actor { account: AccountId::from_bytes([1; 16]), device: DeviceId::from_bytes([2; 16]) };
const TEA: ConversationId = ConversationId::from_bytes([3; 16]);
fn now() -> Timestamp {
    Timestamp::from_millis(1_795_336_245_007)
}

/// Ada in the room `tea`, with the rows that a request reads.
fn state() -> State {
    let mut state = State::at(Pos::new(100));
    let card = AccountCard::guest(ADA.account, &Name::parse("Ada").expect("a name"));
    let account = Account { card, head: Seq::new(4), conversations: 1 };
    state.put_account(ADA.account, Some(account));
    state.put_device(ADA.device, Some(ADA.account));
    let conversation = Conversation::room(TEA, slug());
    state.put_room("tea".into(), Some(TEA));
    let row = ConversationState { conversation, owner: ADA.account, head: Seq::new(3), n: 2, members: 1 };
    state.put_conversation(TEA, Some(row));
    let membership =
        Membership { role: Role::Owner, since: Pos::new(50), visible_from: Seq::new(1), request: false };
    state.put_membership(ADA.account, TEA, Some(membership));
    state.put_sent(ADA.account, client_id(), None);
    state.put_keyed(Topic::Account(ADA.account), Key::Marker(TEA), None);
    state.put_from_seq(ADA.account, TEA, Seq::new(1));
    state
}

fn client_id() -> ClientId {
    ClientId::from_bytes([4; 16])
}

fn slug() -> Slug {
    Slug::parse("tea").expect("a slug")
}

fn asked(command: Command) -> (State, Request) {
    (state(), Request::Command { actor: ADA, command, hash: RequestHash([5; 16]), fresh: TEA })
}

fn send() -> (State, Request) {
    let text = MessageText::parse("x".repeat(100), 1000).expect("a text");
    asked(Command::SendMessage {
        conversation: TEA,
        client_id: client_id(),
        text,
        follows: None,
        attributes: Attributes::default(),
    })
}

fn open() -> (State, Request) {
    asked(Command::OpenRoom { slug: slug() })
}

#[library_benchmark]
#[bench::send_message(send())]
#[bench::open_room(open())]
fn decided((state, request): (State, Request)) -> (State, Request) {
    assert!(black_box(decide(&state, black_box(&request), now())).is_ok());
    (state, request)
}

library_benchmark_group!(name = chat, benchmarks = decided);
main!(library_benchmark_groups = chat);
