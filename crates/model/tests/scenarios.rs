//! The model against scenarios whose outcome is written down by hand.

#![expect(clippy::unwrap_used, reason = "for tests only")]

use chinwag_model::{Expected, Fresh, Model};
use chinwag_protocol::{
    AccountId, AddBody, ClientId, Code, ConversationId, DeletionBody, DeviceId, EditBody, Entity,
    FrameCommand, GroupBody, MuteBody, Role, RoleBody, SendBody, Seq, SettingsBody, Timestamp,
};

fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

fn device(number: u8) -> DeviceId {
    DeviceId::from_bytes([number; 16])
}

fn talk(number: u8) -> ConversationId {
    ConversationId::from_bytes([number; 16])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000 * seconds)
}

/// Three guests: 1, 2 and 3, each with the device of that number.
struct Trial(Model);

impl Trial {
    fn new() -> Self {
        let mut model = Model::new();
        for number in 1..=3 {
            model.guest("Guest", Some((account(number), device(number)))).unwrap();
        }
        Self(model)
    }

    fn ask(&mut self, by: u8, command: &FrameCommand, seconds: i64) -> Result<Expected, Code> {
        self.0.command(device(by), command, &Fresh::default(), at(seconds))
    }

    fn make(&mut self, by: u8, command: &FrameCommand, made: u8) -> Result<Expected, Code> {
        let fresh = Fresh { conversation: Some(talk(made)), ..Fresh::default() };
        self.0.command(device(by), command, &fresh, at(0))
    }

    fn send(&mut self, by: u8, to: u8, client_id: u8, text: &str, seconds: i64) -> Result<u64, Code> {
        let message = SendBody::new(ClientId::from_bytes([client_id; 16]), text);
        match self.ask(by, &FrameCommand::SendMessage { conversation: talk(to), message }, seconds)? {
            Expected::Stored { seq, .. } => Ok(seq.get()),
            other => panic!("{other:?}"),
        }
    }

    /// What an account sees of a conversation: its first and last row, and the messages as "seq text".
    fn sees(&self, who: u8, id: u8) -> (u64, u64, Vec<String>) {
        let view = self.0.view(account(who)).unwrap();
        let seen = view.conversations.iter().find(|seen| seen.id == talk(id)).unwrap();
        let messages = seen.messages.iter().map(|message| format!("{} {}", message.seq, message.text));
        (seen.from.get(), seen.head.get(), messages.collect())
    }
}

fn group(client_id: u8, history_visible: bool) -> FrameCommand {
    FrameCommand::CreateGroup(GroupBody {
        client_id: ClientId::from_bytes([client_id; 16]),
        title: "Crew".into(),
        topic: None,
        history_visible: Some(history_visible),
    })
}

fn open(slug: &str) -> FrameCommand {
    FrameCommand::OpenRoom { slug: slug.into() }
}

fn add(id: u8, who: u8) -> FrameCommand {
    FrameCommand::AddMembers { conversation: talk(id), accounts: AddBody { accounts: vec![account(who)] } }
}

#[test]
fn a_retry_gets_the_first_answer_even_after_leaving() {
    let mut trial = Trial::new();
    trial.make(1, &open("tea"), 9).unwrap();
    trial.ask(2, &open("TEA"), 0).unwrap();
    assert_eq!(trial.send(2, 9, 1, "one", 0), Ok(1));
    trial.ask(2, &FrameCommand::Leave { conversation: talk(9) }, 0).unwrap();
    assert_eq!(trial.send(2, 9, 1, "one", 5), Ok(1));
    assert_eq!(trial.send(2, 9, 1, "other", 5), Err(Code::ClientIdReused));
    assert_eq!(trial.send(2, 9, 2, "two", 5), Err(Code::NotFound));
    assert_eq!(trial.sees(1, 9), (1, 1, vec!["1 one".to_owned()]));
}

#[test]
fn who_comes_into_a_group_sees_what_was_before_only_if_all_may() {
    for (history_visible, from, messages) in [(true, 1, vec!["1 one"]), (false, 2, Vec::new())] {
        let mut trial = Trial::new();
        trial.make(1, &group(1, history_visible), 9).unwrap();
        assert_eq!(trial.send(1, 9, 2, "one", 0), Ok(1));
        trial.ask(1, &add(9, 2), 0).unwrap();
        // The row that tells of it is the first that is owed.
        let messages: Vec<String> = messages.into_iter().map(str::to_owned).collect();
        assert_eq!(trial.sees(2, 9), (from, 2, messages));
    }
}

#[test]
fn who_may_not_write() {
    let mut trial = Trial::new();
    trial.make(1, &open("tea"), 9).unwrap();
    trial.ask(2, &open("tea"), 0).unwrap();
    let settings = SettingsBody { slow_mode_seconds: Some(10), ..SettingsBody::default() };
    let change = |settings| FrameCommand::ChangeConversation { conversation: talk(9), settings };
    assert_eq!(trial.ask(2, &change(settings.clone()), 0), Err(Code::Forbidden));
    trial.ask(1, &change(settings), 0).unwrap();
    assert_eq!(trial.send(2, 9, 1, "one", 100), Ok(2));
    assert_eq!(trial.send(2, 9, 2, "two", 109), Err(Code::SlowMode));
    assert_eq!(trial.send(1, 9, 3, "owners need not wait", 109), Ok(3));
    assert_eq!(trial.send(2, 9, 2, "two", 110), Ok(4));
    let mute =
        FrameCommand::Mute { conversation: talk(9), account: account(2), mute: MuteBody { seconds: 60 } };
    assert_eq!(trial.ask(2, &mute, 120), Err(Code::Forbidden));
    trial.ask(1, &mute, 120).unwrap();
    assert_eq!(trial.send(2, 9, 4, "three", 179), Err(Code::Muted));
    assert_eq!(trial.send(2, 9, 4, "three", 180), Ok(5));
    let role = RoleBody { role: Role::ReadOnly };
    trial.ask(1, &FrameCommand::SetRole { conversation: talk(9), account: account(2), role }, 200).unwrap();
    // Going away and coming back is no way around it.
    trial.ask(2, &FrameCommand::Leave { conversation: talk(9) }, 200).unwrap();
    trial.ask(2, &open("tea"), 200).unwrap();
    assert_eq!(trial.send(2, 9, 5, "four", 300), Err(Code::Forbidden));
    trial.ask(1, &FrameCommand::Ban { conversation: talk(9), account: account(2) }, 300).unwrap();
    assert_eq!(trial.ask(2, &open("tea"), 300), Err(Code::Banned));
}

#[test]
fn a_stranger_writes_five_messages_and_what_the_blocked_write_is_never_seen() {
    let mut trial = Trial::new();
    let direct = |other: u8| FrameCommand::OpenDirect { account: account(other) };
    trial.make(1, &direct(2), 9).unwrap();
    assert!(trial.0.view(account(2)).unwrap().conversations.is_empty());
    for number in 1..=5 {
        assert_eq!(trial.send(1, 9, number, "hello", 0), Ok(u64::from(number)));
    }
    assert_eq!(trial.send(1, 9, 6, "hello", 0), Err(Code::RequestPending));
    assert!(trial.0.view(account(2)).unwrap().conversations[0].request);
    assert_eq!(trial.send(2, 9, 1, "what is it?", 0), Ok(6));
    assert!(!trial.0.view(account(2)).unwrap().conversations[0].request);
    trial.ask(2, &FrameCommand::Block { account: account(1) }, 0).unwrap();
    assert_eq!(trial.send(1, 9, 6, "hidden", 0), Ok(7));
    assert_eq!(trial.send(2, 9, 2, "never", 0), Err(Code::Blocked));
    trial.ask(2, &FrameCommand::Unblock { account: account(1) }, 0).unwrap();
    let (_, head, seen) = trial.sees(2, 9);
    assert_eq!((head, seen.len(), seen.last().unwrap().as_str()), (7, 6, "6 what is it?"));
    let hidden = FrameCommand::DeleteMessage { conversation: talk(9), seq: Seq::new(7) };
    assert_eq!(trial.ask(2, &hidden, 0), Err(Code::NotFound));
    assert_eq!(trial.sees(1, 9).2.len(), 7);
}

#[test]
fn of_a_deleted_account_nothing_is_left_but_rows() {
    let mut trial = Trial::new();
    trial.make(1, &group(1, true), 9).unwrap();
    trial.ask(1, &add(9, 2), 0).unwrap();
    let deletion = FrameCommand::DeleteAccount(DeletionBody::default());
    assert_eq!(trial.ask(1, &deletion, 0), Err(Code::LastOwner));
    assert_eq!(trial.send(2, 9, 1, "secret", 0), Ok(2));
    assert_eq!(trial.send(1, 9, 2, "open", 0), Ok(3));
    trial.ask(2, &deletion, 0).unwrap();
    // It leaves with a row, and another says that all it wrote is gone.
    assert_eq!(trial.sees(1, 9), (1, 5, vec!["2 ".to_owned(), "3 open".to_owned()]));
    assert_eq!(trial.ask(2, &open("tea"), 0), Err(Code::Unauthenticated));
    assert_eq!(trial.ask(1, &FrameCommand::OpenDirect { account: account(2) }, 0), Err(Code::NotFound));
    // Deleting what is gone answers with the row that emptied it.
    let again = FrameCommand::DeleteMessage { conversation: talk(9), seq: Seq::new(2) };
    assert_eq!(trial.ask(1, &again, 9), Ok(Expected::Stored { seq: Seq::new(5), sent_at: at(0) }));
}

fn edit(seq: u64, text: &str) -> FrameCommand {
    let edit = EditBody { text: text.into(), entities: Vec::new() };
    FrameCommand::EditMessage { conversation: talk(9), seq: Seq::new(seq), edit }
}

fn react(seq: u64, emoji: &str) -> FrameCommand {
    FrameCommand::React { conversation: talk(9), seq: Seq::new(seq), emoji: emoji.into() }
}

#[test]
fn a_message_says_what_it_was_edited_to() {
    let mut trial = Trial::new();
    trial.make(1, &open("tea"), 9).unwrap();
    trial.ask(2, &open("tea"), 0).unwrap();
    assert_eq!(trial.send(2, 9, 1, "one", 0), Ok(1));
    let stored = |seq: u64, seconds| Ok(Expected::Stored { seq: Seq::new(seq), sent_at: at(seconds) });
    assert_eq!(trial.ask(2, &edit(1, "one"), 5), stored(1, 0), "nothing changes");
    assert_eq!(trial.ask(2, &edit(1, "two"), 5), stored(2, 5));
    assert_eq!(trial.ask(2, &edit(1, "two"), 6), stored(2, 5));
    assert_eq!(trial.ask(1, &edit(1, "mine"), 6), Err(Code::Forbidden));
    assert_eq!(trial.ask(3, &edit(1, "mine"), 6), Err(Code::NotFound));
    assert_eq!(trial.ask(2, &edit(2, "an edit is no message"), 6), Err(Code::NotFound));
    assert_eq!(trial.sees(1, 9), (1, 2, vec!["1 two".to_owned()]));
    let deletion = FrameCommand::DeleteMessage { conversation: talk(9), seq: Seq::new(1) };
    trial.ask(2, &deletion, 7).unwrap();
    assert_eq!(trial.ask(2, &edit(1, "three"), 8), Err(Code::NotFound));
}

#[test]
fn what_the_blocked_react_and_edit_is_for_themselves() {
    let mut trial = Trial::new();
    trial.make(1, &FrameCommand::OpenDirect { account: account(2) }, 9).unwrap();
    assert_eq!(trial.send(1, 9, 1, "hello", 0), Ok(1));
    assert_eq!(trial.send(2, 9, 1, "hi", 0), Ok(2));
    trial.ask(2, &FrameCommand::Block { account: account(1) }, 0).unwrap();
    trial.ask(1, &react(2, "👍"), 0).unwrap();
    trial.ask(1, &edit(1, "not for you"), 0).unwrap();
    assert_eq!(trial.ask(2, &react(2, "👍"), 0), Err(Code::Blocked));
    trial.ask(2, &FrameCommand::Unblock { account: account(1) }, 0).unwrap();
    trial.ask(2, &react(2, "👍"), 0).unwrap();
    assert_eq!(trial.sees(2, 9), (1, 5, vec!["2 hi".to_owned()]));
    assert_eq!(trial.sees(1, 9), (1, 5, vec!["1 not for you".to_owned(), "2 hi".to_owned()]));
    for (who, count) in [(1, 2), (2, 1)] {
        let seen = trial.0.history(account(who), talk(9));
        let message = seen.iter().find(|message| message.seq == Seq::new(2)).unwrap();
        assert_eq!((message.reactions[0].count, message.mine.len()), (count, 1), "{who}");
    }
}

#[test]
fn who_runs_a_room_pins_and_names_everybody() {
    let mut trial = Trial::new();
    trial.make(1, &open("tea"), 9).unwrap();
    trial.ask(2, &open("tea"), 0).unwrap();
    assert_eq!(trial.send(2, 9, 1, "one", 0), Ok(1));
    assert_eq!(trial.send(2, 9, 2, "two", 0), Ok(2));
    let pin = |seq| FrameCommand::Pin { conversation: talk(9), seq: Seq::new(seq) };
    let unpin = |seq| FrameCommand::Unpin { conversation: talk(9), seq: Seq::new(seq) };
    assert_eq!(trial.ask(2, &pin(1), 0), Err(Code::Forbidden));
    trial.ask(1, &pin(2), 0).unwrap();
    trial.ask(1, &pin(1), 0).unwrap();
    let pinned = |trial: &Trial| {
        let pins = trial.0.pins(account(2), talk(9));
        pins.iter().map(|message| message.seq.get()).collect::<Vec<_>>()
    };
    assert_eq!(pinned(&trial), [1, 2]);
    trial.ask(1, &unpin(1), 0).unwrap();
    assert_eq!(trial.ask(1, &unpin(1), 0), Ok(Expected::Nothing));
    assert_eq!(pinned(&trial), [2]);
    let mut message = SendBody::new(ClientId::from_bytes([7; 16]), "@all");
    message.entities = vec![Entity::MentionAll { offset: 0, length: 4 }];
    let naming = FrameCommand::SendMessage { conversation: talk(9), message };
    assert_eq!(trial.ask(2, &naming, 0), Err(Code::Forbidden));
    trial.ask(1, &naming, 0).unwrap();
}
