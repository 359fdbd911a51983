//! Messages that change, and what they have beside their texts.

use chinwag_chat::Reply;
use chinwag_protocol::{
    AccountId, Attributes, Body, Code, Command, Conversation, ConversationId, Emoji, Entities, Entity, Event,
    MessageText, Pos, Seq, Timestamp,
};

use super::Harness;
use super::world::{Guest, Stored, World, code, stored};
use crate::{HistoryRange, SeenMarks};

fn text(text: &str) -> MessageText {
    MessageText::parse(text.to_owned(), 1000).unwrap()
}

fn edit(conversation: ConversationId, seq: Seq, to: &str) -> Command {
    Command::EditMessage { conversation, seq, text: text(to), entities: Entities::default() }
}

impl World<'_> {
    pub(super) async fn ask(&mut self, guest: Guest, command: Command) -> Result<Stored, Code> {
        let request = self.request(guest, command);
        match self.submit(request).await {
            Ok(Reply::Stored { seq, pos, at }) => Ok(Stored { seq, pos, at }),
            Ok(answer) => panic!("{answer:?}"),
            Err(problem) => Err(problem.code),
        }
    }

    async fn edit(&mut self, guest: Guest, room: &Conversation, seq: Seq, to: &str) -> Stored {
        self.ask(guest, edit(room.id, seq, to)).await.unwrap()
    }

    /// What a member is shown of the messages: row, text, when each was edited.
    async fn states(&self, guest: Guest, id: ConversationId) -> Vec<(u64, String, Option<Timestamp>)> {
        let read = self.store().history(guest.actor.account, id, HistoryRange::Newest, 1000).await;
        let messages = read.unwrap().unwrap().messages.into_iter();
        messages
            .map(|(seq, _, message)| (seq.get(), message.text, message.edited.map(|(_, at)| at)))
            .collect()
    }
}

/// Rows of messages and edits in words.
fn told(events: &[Event]) -> Vec<String> {
    let told = |event: &Event| match &event.body {
        Body::Message(message) => Some(format!("{} {}", event.seq, message.text)),
        Body::Edit { target, text, superseded, deleted, hidden, .. } => {
            let deleted = match (superseded, deleted) {
                (false, false) => "",
                (true, _) => "again",
                (false, true) => "deleted",
            };
            let hidden = if *hidden { " hidden" } else { "" };
            Some(format!("{} edits {target}: {text}{deleted}{hidden}", event.seq))
        }
        Body::Delete { target, .. } => Some(format!("{} deletes {target}", event.seq)),
        _ => None,
    };
    events.iter().filter_map(told).collect()
}

/// The message says what the last edit says, and edits before it say nothing any more; live each says what it said then.
pub async fn an_edit_gives_one_text_everywhere(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let before = world.head().await;
    let sent = world.send(ada, &room, "one").await;
    world.send(bob, &room, "two").await;
    world.advance(1000);
    let first = world.edit(ada, &room, sent.seq, "uno").await;
    assert_eq!((first.seq, first.pos), (Seq::new(3), world.head().await));
    assert_eq!(world.edit(ada, &room, sent.seq, "uno").await, first, "nothing changes");
    world.advance(1000);
    let second = world.edit(ada, &room, sent.seq, "eins").await;
    assert_eq!(world.edit(ada, &room, sent.seq, "eins").await, second);
    let now = world.now();
    for _ in 0..2 {
        let missed = world.missed(bob, before).await;
        assert_eq!(told(&missed), ["1 eins", "2 two", "3 edits 1: again", "4 edits 1: eins"]);
        let states = world.states(bob, room.id).await;
        assert_eq!(states, [(1, "eins".to_owned(), Some(now)), (2, "two".to_owned(), None)]);
        world.restart().await;
    }
    let published = world.recorder.events();
    assert_eq!(told(&published), ["1 one", "2 two", "3 edits 1: uno", "4 edits 1: eins"]);
    let recent = format!("{:?}", world.store().recent(usize::MAX).await.unwrap());
    assert!(!recent.contains("\"one\"") && !recent.contains("\"uno\""), "{recent}");

    // Whose it is not, where one is not, what is no message, what there is not.
    assert_eq!(world.ask(bob, edit(room.id, sent.seq, "mine")).await, Err(Code::Forbidden));
    let eve = world.guest("Eve").await;
    assert_eq!(world.ask(eve, edit(room.id, sent.seq, "mine")).await, Err(Code::NotFound));
    for seq in [0, 3, 5, i64::MAX as u64] {
        assert_eq!(world.ask(ada, edit(room.id, Seq::new(seq), "x")).await, Err(Code::NotFound), "{seq}");
    }
    // A send and its edits in one batch; the count of messages goes on right behind them.
    let client_id = world.client_id();
    let requests = vec![
        world.send_request(ada, &room, client_id, "draft", None),
        world.request(ada, edit(room.id, Seq::new(5), "better")),
        world.request(ada, edit(room.id, Seq::new(5), "best")),
        world.request(bob, edit(room.id, Seq::new(5), "worse")),
    ];
    let mut answers = world.in_one_batch(requests).await;
    assert_eq!(code(answers.pop().unwrap()), Code::Forbidden);
    let seqs: Vec<u64> = answers.into_iter().map(|answer| stored(answer).seq.get()).collect();
    assert_eq!(seqs, [5, 6, 7]);
    let next = world.send(bob, &room, "next").await;
    let missed = world.missed(bob, second.pos).await;
    assert_eq!(told(&missed), ["5 best", "6 edits 5: again", "7 edits 5: best", "8 next"]);
    let last = missed.iter().find(|event| event.pos == next.pos).unwrap();
    assert!(matches!(&last.body, Body::Message(message) if message.n == 4), "{last:?}");
}

/// Nothing is left of what a message ever said.
pub async fn a_deletion_takes_the_text_of_edits(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let before = world.head().await;
    let sent = world.send(ada, &room, "secret one").await;
    world.edit(ada, &room, sent.seq, "secret two").await;
    let deletion = world.delete(ada, &room, sent.seq).await;
    assert_eq!(world.ask(ada, edit(room.id, sent.seq, "three")).await, Err(Code::NotFound));
    // Edited and deleted in one batch.
    let client_id = world.client_id();
    let requests = vec![
        world.send_request(ada, &room, client_id, "secret four", None),
        world.request(ada, edit(room.id, Seq::new(4), "secret five")),
        world.delete_request(ada, &room, Seq::new(4)),
        world.request(ada, edit(room.id, Seq::new(4), "secret six")),
    ];
    let mut answers = world.in_one_batch(requests).await;
    assert_eq!(code(answers.pop().unwrap()), Code::NotFound);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for _ in 0..2 {
        let rows = ["1 ", "2 edits 1: deleted", "3 deletes 1", "4 ", "5 edits 4: deleted", "6 deletes 4"];
        assert_eq!(told(&world.missed(bob, before).await), rows);
        let states = world.states(bob, room.id).await;
        assert_eq!(states, [(1, String::new(), None), (4, String::new(), None)]);
        let recent = format!("{:?}", world.store().recent(usize::MAX).await.unwrap());
        assert!(!recent.contains("secret"), "{recent}");
        world.restart().await;
    }
    assert_eq!(world.delete(ada, &room, sent.seq).await, deletion);
}

/// A text that the other must not see takes the place of one that they saw, so they see the message no more.
pub async fn an_edit_of_who_is_blocked_hides_the_message(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let chat = world.direct(ada, bob).await;
    let before = world.head().await;
    let sent = world.send(ada, &chat, "hello").await;
    world.send(bob, &chat, "hi").await;
    world.edit(ada, &chat, sent.seq, "hello, Bob").await;
    let block = Command::Block { account: ada.actor.account };
    world.done(bob, block).await;
    world.edit(ada, &chat, sent.seq, "not for you").await;
    world.done(bob, Command::Unblock { account: ada.actor.account }).await;
    let only: Vec<Option<AccountId>> = world
        .missed(bob, before)
        .await
        .iter()
        .filter(|event| !told(std::slice::from_ref(*event)).is_empty())
        .map(Event::only_for)
        .collect();
    let hers = Some(ada.actor.account);
    assert_eq!(only, [hers, None, hers, hers], "the message and both of its edits are hers alone");
    let rows = ["1 not for you", "2 hi", "3 edits 1: again hidden", "4 edits 1: not for you hidden"];
    assert_eq!(told(&world.missed(ada, before).await), rows);
    let seen = |states: Vec<(u64, String, Option<Timestamp>)>| {
        states.into_iter().map(|(_, text, _)| text).collect::<Vec<_>>()
    };
    assert_eq!(seen(world.states(bob, chat.id).await), ["hi"]);
    assert_eq!(seen(world.states(ada, chat.id).await), ["not for you", "hi"]);
    // It stays hers.
    world.edit(ada, &chat, sent.seq, "still not").await;
    assert_eq!(seen(world.states(bob, chat.id).await), ["hi"]);
    // Whoever blocks writes no more, and so edits no more.
    world.done(ada, Command::Block { account: bob.actor.account }).await;
    assert_eq!(world.ask(ada, edit(chat.id, sent.seq, "x")).await, Err(Code::Blocked));
}

/// What it answers, whether it is forwarded, and who is named in it.
pub async fn a_message_keeps_what_it_came_with(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    let first = world.send(ada, &room, "one").await;
    world.open_room(bob, "tea").await;
    let mention = |account| vec![Entity::Mention { offset: 0, length: 4, account }];
    let of = |entities: Vec<Entity>| Entities::parse(entities, &text("@Bob hi")).unwrap();
    let send = |world: &mut World<'_>, attributes: Attributes| Command::SendMessage {
        conversation: room.id,
        client_id: world.client_id(),
        text: text("@Bob hi"),
        follows: None,
        attributes,
    };
    let attributes =
        Attributes { reply_to: Some(first.seq), forwarded: true, entities: of(mention(bob.actor.account)) };
    let command = send(&mut world, attributes.clone());
    let sent = world.ask(ada, command).await.unwrap();
    for _ in 0..2 {
        let read = world.store().history(bob.actor.account, room.id, HistoryRange::Newest, 10).await;
        let (seq, _, message) = read.unwrap().unwrap().messages.pop().unwrap();
        assert_eq!((seq, &message.attributes), (sent.seq, &attributes));
        world.restart().await;
    }
    // An edit names others; what it answers stays.
    let everybody = of(vec![Entity::MentionAll { offset: 1, length: 2 }]);
    let (conversation, seq) = (room.id, sent.seq);
    let edit = |entities: &Entities| Command::EditMessage {
        conversation,
        seq,
        text: text("@Bob hi"),
        entities: entities.clone(),
    };
    world.ask(ada, edit(&everybody)).await.unwrap();
    let missed = world.missed(bob, Pos::ZERO).await;
    let Body::Edit { entities, .. } = &missed.last().unwrap().body else { panic!("{missed:?}") };
    assert_eq!(entities, &everybody);
    let message = missed.iter().find_map(|event| match &event.body {
        Body::Message(message) if event.seq == sent.seq => Some(message),
        _ => None,
    });
    assert_eq!(message.unwrap().attributes, Attributes { entities: everybody.clone(), ..attributes });

    // What there is not is neither answered nor named; in a room only those who run it name everybody.
    let head = world.head().await;
    for reply_to in [0, 3, 9] {
        let attributes = Attributes { reply_to: Some(Seq::new(reply_to)), ..Attributes::default() };
        let command = send(&mut world, attributes);
        assert_eq!(world.ask(bob, command).await, Err(Code::NotFound), "{reply_to}");
    }
    let nobody = of(mention(AccountId::from_bytes([0xee; 16])));
    for (entities, refused) in [(nobody, Code::InvalidEntities), (everybody, Code::Forbidden)] {
        let command = send(&mut world, Attributes { entities: entities.clone(), ..Attributes::default() });
        assert_eq!(world.ask(bob, command).await, Err(refused));
        let own = world.head().await;
        assert_eq!(own, head);
    }
    // What is deleted is a message still.
    world.delete(ada, &room, first.seq).await;
    let command = send(&mut world, Attributes { reply_to: Some(first.seq), ..Attributes::default() });
    world.ask(bob, command).await.unwrap();
}

fn thumb() -> Emoji {
    Emoji::parse("👍").unwrap()
}

impl World<'_> {
    async fn marks(&self, guest: Guest, id: ConversationId, seq: Seq) -> SeenMarks {
        let read = self.store().messages(guest.actor.account, id, &[seq]).await.unwrap().unwrap();
        assert_eq!(read.messages.len(), 1);
        let page = self.store().history(guest.actor.account, id, HistoryRange::Newest, 1000).await;
        assert_eq!(page.unwrap().unwrap().marks.get(&seq), read.marks.get(&seq), "a page says the same");
        read.marks.get(&seq).cloned().unwrap_or_default()
    }

    /// Rows of the pinned messages, the last pinned first.
    async fn pinned(&self, guest: Guest, id: ConversationId) -> Vec<u64> {
        let pins = self.store().pins(guest.actor.account, id).await.unwrap().unwrap();
        pins.messages.iter().map(|(seq, ..)| seq.get()).collect()
    }

    /// Who reacts with what, by names.
    async fn reactors(&self, guest: Guest, id: ConversationId, seq: Seq) -> Option<Vec<String>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let asked = self.store().reactors(guest.actor.account, id, seq, after.as_ref(), 2).await;
            let (rows, more) = asked.unwrap()?;
            assert!(rows.len() <= 2);
            all.extend(rows.iter().map(|row| format!("{} {}", row.account.name, row.emoji.as_str())));
            after = rows.last().map(|row| (row.account.id, row.emoji.clone()));
            if !more {
                all.sort();
                return Some(all);
            }
        }
    }
}

/// Each counts once, whoever asks sees which are their own, and all of it goes with the message.
pub async fn reactions_and_pins_are_kept_until_the_deletion(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let conversation = room.id;
    let one = world.send(ada, &room, "one").await;
    let two = world.send(bob, &room, "two").await;
    let react = |seq: Seq, emoji: Emoji| Command::React { conversation, seq, emoji };
    let laugh = Emoji::parse("😂").unwrap();
    let first = world.ask(bob, react(one.seq, laugh.clone())).await.unwrap();
    assert_eq!(world.ask(bob, react(one.seq, laugh.clone())).await, Ok(first));
    let requests = vec![
        world.request(ada, react(one.seq, laugh.clone())),
        world.request(bob, react(one.seq, thumb())),
        world.request(bob, Command::Unreact { conversation, seq: one.seq, emoji: thumb() }),
        world.request(ada, react(one.seq, thumb())),
        world.request(ada, Command::Pin { conversation, seq: two.seq }),
        world.request(ada, Command::Pin { conversation, seq: one.seq }),
    ];
    let answers = world.in_one_batch(requests).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let last = stored(answers[5].clone());
    for _ in 0..2 {
        let seen = world.marks(bob, conversation, one.seq).await;
        let reactions = vec![(laugh.clone(), 2), (thumb(), 1)];
        assert_eq!(seen, SeenMarks { reactions, mine: vec![laugh.clone()], pinned: true, changed: last.seq });
        assert_eq!(world.marks(ada, conversation, one.seq).await.mine, [thumb(), laugh.clone()]);
        let reactors = world.reactors(bob, conversation, one.seq).await;
        assert_eq!(reactors.unwrap(), ["Ada 👍", "Ada 😂", "Bob 😂"]);
        assert_eq!(world.pinned(bob, conversation).await, [1, 2]);
        world.restart().await;
    }
    let request = world.request(bob, Command::Unreact { conversation, seq: one.seq, emoji: thumb() });
    assert_eq!(world.submit(request).await, Ok(Reply::Done), "there is nothing to take back");
    assert_eq!(world.refused(bob, Command::Unpin { conversation, seq: one.seq }).await, Code::Forbidden);
    world.delete(ada, &room, one.seq).await;
    for _ in 0..2 {
        assert_eq!(world.marks(bob, conversation, one.seq).await, SeenMarks::default());
        assert_eq!(world.reactors(bob, conversation, one.seq).await, None);
        assert_eq!(world.pinned(bob, conversation).await, [2]);
        world.restart().await;
    }
    // A reaction, a pin and a deletion in one batch.
    let requests = vec![
        world.request(bob, react(two.seq, thumb())),
        world.request(ada, Command::Unpin { conversation, seq: two.seq }),
        world.request(ada, Command::Pin { conversation, seq: two.seq }),
        world.delete_request(bob, &room, two.seq),
        world.request(bob, react(two.seq, thumb())),
    ];
    let mut answers = world.in_one_batch(requests).await;
    assert_eq!(code(answers.pop().unwrap()), Code::NotFound);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(world.marks(bob, conversation, two.seq).await, SeenMarks::default());
    assert_eq!(world.pinned(bob, conversation).await, Vec::<u64>::new());
    let eve = world.guest("Eve").await;
    assert_eq!(world.store().pins(eve.actor.account, conversation).await.unwrap(), None);
    assert_eq!(world.store().messages(eve.actor.account, conversation, &[one.seq]).await.unwrap(), None);
    assert_eq!(world.reactors(eve, conversation, two.seq).await, None);
}

/// What a deleted account has reacted is taken back, row by row, in steps.
pub async fn a_deleted_account_takes_its_reactions_back(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let room = world.open_room(bob, "tea").await;
    world.open_room(ada, "tea").await;
    let conversation = room.id;
    let mut sent = Vec::new();
    for number in 0..230 {
        sent.push(world.send(bob, &room, &format!("{number}")).await.seq);
    }
    for seq in &sent {
        world.ask(ada, Command::React { conversation, seq: *seq, emoji: thumb() }).await.unwrap();
    }
    world.ask(bob, Command::React { conversation, seq: sent[0], emoji: thumb() }).await.unwrap();
    world.send(ada, &room, "once").await;
    let before = world.head().await;
    world.done(ada, Command::DeleteAccount { verified: None }).await;
    assert_eq!(world.remove(ada.actor.account).await, 4, "leaving, 230 reactions, and what was written");
    let back = world.missed(bob, before).await;
    let is_back = |event: &&Event| matches!(&event.body, Body::Reaction { on: false, sender, .. } if sender.id == ada.actor.account);
    assert_eq!(back.iter().filter(is_back).count(), 230);
    assert_eq!(world.marks(bob, conversation, sent[0]).await.reactions, [(thumb(), 1)]);
    assert_eq!(world.marks(bob, conversation, sent[229]).await.reactions, []);
    assert_eq!(world.reactors(bob, conversation, sent[0]).await.unwrap(), ["Bob 👍"]);
}
