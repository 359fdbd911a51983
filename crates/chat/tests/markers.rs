//! What members say of how far they are and what others are told of it, with the answers written by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use chinwag_chat::{
    Account, ConversationState, DRAFTS_MAX, Decision, MARKER_LAG_MAX, Marks, MessageState, Need, OwnDevice,
    RECEIPTS_MEMBERS_MAX, ReadSoFar, Reading, Received, Reply, Request, RequestHash, Restriction, State,
    Subject, decide, needs,
};
use chinwag_protocol::{
    AccountCard, AccountId, Actor, Attributes, Body, ClientId, Code, Command, Conversation, ConversationId,
    DeviceId, DraftText, Entities, Entity, Event, Key, Keyed, Kind, Marker, Membership, MessageText, Name,
    NoticeLevel, OwnSettings, OwnSettingsChange, Pair, Pos, Preferences, Problem, Receipt, Role, Seq,
    Settings, Slug, Timestamp, Topic,
};
use uuid::Uuid;

const ADA: Actor = actor(1);
const BOB: Actor = actor(2);
const EVE: Actor = actor(3);
const TEA: ConversationId = ConversationId::new(Uuid::from_u128(0xc1));
const MADE: ConversationId = ConversationId::new(Uuid::from_u128(0xf1));

const fn actor(number: u128) -> Actor {
    let account = AccountId::new(Uuid::from_u128(0xa0 + number));
    Actor { account, device: DeviceId::new(Uuid::from_u128(0xd0 + number)) }
}

/// A conversation of Ada and Bob with 90 rows, 80 of them messages; Eve is signed in and not a member.
struct Chat {
    state: State,
}

impl Chat {
    fn new(kind: Kind) -> Self {
        let mut state = State::at(Pos::new(100));
        for (actor, name) in [(ADA, "Ada"), (BOB, "Bob"), (EVE, "Eve")] {
            let card = AccountCard::guest(actor.account, &Name::parse(name).unwrap());
            state.put_account(actor.account, Some(Account { card, head: Seq::new(4), conversations: 1 }));
            state.put_device(actor.device, Some(actor.account));
            state.put_membership(actor.account, TEA, None);
            state.put_restriction(TEA, actor.account, Restriction::default());
        }
        let conversation = match kind {
            Kind::Room => Conversation::room(TEA, Slug::parse("tea").unwrap()),
            Kind::Group => Conversation::group(TEA, Settings::new(None)),
            Kind::Direct => Conversation::direct(TEA, Pair::of(ADA.account, BOB.account)),
        };
        let row =
            ConversationState { conversation, owner: ADA.account, head: Seq::new(90), n: 80, members: 2 };
        state.put_conversation(TEA, Some(row));
        state.put_ruling(Subject::Conversation(TEA), None);
        for actor in [ADA, BOB] {
            state.put_membership(actor.account, TEA, Some(membership(false)));
        }
        let mut chat = Self { state };
        // Bob wrote the last rows; of the last only he knows.
        for (seq, hidden) in [(88, false), (89, false), (90, true)] {
            let message = MessageState {
                sender: BOB.account,
                pos: Pos::new(seq),
                at: Timestamp::from_millis(0),
                text: "hi".to_owned(),
                entities: Entities::default(),
                edited: None,
                deleted: None,
                hidden,
            };
            chat.state.put_message(TEA, Seq::new(seq), Some(message));
        }
        chat.reads(ADA, 20, 15);
        chat
    }

    /// Puts what the store would say of how far somebody has read.
    fn reads(&mut self, actor: Actor, seq: u64, n: u64) {
        let so_far = ReadSoFar { seq: Seq::new(seq), reading: Reading { n, mentions: 0 } };
        self.state.put_read_so_far(actor.account, TEA, so_far);
    }

    /// Puts what the store would say of a row.
    fn row(&mut self, actor: Actor, seq: u64, n: u64, mentions: u64) {
        self.state.put_reading(actor.account, TEA, Seq::new(seq), Some(Reading { n, mentions }));
    }

    fn set_members(&mut self, members: u64) {
        let conversation = Conversation::group(TEA, Settings::new(None));
        let row = ConversationState { conversation, owner: ADA.account, head: Seq::new(90), n: 80, members };
        self.state.put_conversation(TEA, Some(row));
    }

    /// What is not in memory is not there.
    fn load(&mut self, need: Need) {
        if self.state.holds(&need) {
            return;
        }
        let state = &mut self.state;
        match need {
            Need::Keyed(topic, key) => state.put_keyed(topic, key, None),
            Need::Marker(account, id) => {
                state.put_from_seq(account, id, Seq::new(1));
                if !state.holds(&need) {
                    state.put_keyed(Topic::Account(account), Key::Marker(id), None);
                }
            }
            Need::ReadSoFar(account, id) => state.put_read_so_far(account, id, ReadSoFar::default()),
            Need::Reading(account, id, seq) => state.put_reading(account, id, seq, None),
            Need::Drafts(account, id) => state.put_drafts(account, id, 0),
            Need::Devices(id) => state.put_own_devices(id, Vec::new()),
            Need::Sent(account, id) => state.put_sent(account, id, None),
            Need::Message(id, seq) => state.put_message(id, seq, None),
            Need::Marks(id, seq) => state.put_marks(id, seq, Marks::default()),
            Need::Block { account, blocked } => state.put_block(account, blocked, false),
            Need::Conversation(id) => state.put_conversation(id, None),
            Need::Membership(account, id) => state.put_membership(account, id, None),
            Need::Marking { .. } | Need::Receiving { .. } | Need::Talk { .. } => {
                let mut more = Vec::new();
                state.with_it(&need, |need| more.push(need));
                more.into_iter().for_each(|need| self.load(need));
            }
            Need::Ruling(subject) => state.put_ruling(subject, None),
            _ => unreachable!("no test here needs {need:?}"),
        }
    }

    fn decide(&mut self, request: &Request) -> Result<(Vec<Event>, Reply), Problem> {
        let mut named = Vec::new();
        needs(request, |need| named.push(need));
        named.into_iter().for_each(|need| self.load(need));
        let Decision { appends, reply, .. } =
            decide(&self.state, request, Timestamp::from_millis(1_795_336_245_007))?;
        for append in &appends {
            assert_eq!(append.event.pos, self.state.head.next(), "positions have no gaps");
            self.state.apply(append);
        }
        Ok((appends.into_iter().map(|append| append.event).collect(), reply))
    }

    fn run(&mut self, actor: Actor, command: Command) -> Result<(Vec<Event>, Reply), Code> {
        let request = Request::Command { actor, command, hash: RequestHash([0; 16]), fresh: MADE };
        self.decide(&request).map_err(|problem| problem.code)
    }

    /// The marker that a command writes, with its version.
    fn marked(&mut self, actor: Actor, command: Command) -> Result<Option<(Marker, u64)>, Code> {
        let (events, reply) = self.run(actor, command)?;
        assert_eq!(reply, Reply::Done);
        Ok(events.first().map(|event| {
            assert_eq!((events.len(), event.seq), (1, Seq::ZERO));
            match &event.body {
                Body::Keyed(Keyed::Marker { account, conversation, marker, version }) => {
                    assert_eq!((*account, *conversation), (actor.account, TEA));
                    (*marker, *version)
                }
                other => panic!("{other:?} is no marker"),
            }
        }))
    }

    /// The receipts that others get when accounts are so far, with their versions.
    fn told(&mut self, all: &[(Actor, Option<u64>)]) -> Vec<(AccountId, Receipt, u64)> {
        let all = all.iter().map(|(actor, delivered)| Received {
            account: actor.account,
            conversation: TEA,
            delivered: delivered.map(Seq::new),
        });
        let (events, _) = self.decide(&Request::Receive(all.collect())).unwrap();
        let receipt = |event: Event| match event.body {
            Body::Keyed(Keyed::Receipt { account, receipt, version, .. }) => (account, receipt, version),
            other => panic!("{other:?} is no receipt"),
        };
        events.into_iter().map(receipt).collect()
    }

    fn send(&mut self, actor: Actor, id: u128) -> Vec<Event> {
        self.send_to(actor, id, &[])
    }

    /// The same that names accounts.
    fn send_to(&mut self, actor: Actor, id: u128, named: &[Entity]) -> Vec<Event> {
        let text = MessageText::parse("hi".into(), 100).unwrap();
        let entities = Entities::parse(named.to_vec(), &text).unwrap();
        let command = Command::SendMessage {
            conversation: TEA,
            client_id: ClientId::new(Uuid::from_u128(id)),
            text,
            follows: None,
            attributes: Attributes { entities, ..Attributes::default() },
        };
        self.run(actor, command).unwrap().0
    }
}

fn membership(request: bool) -> Membership {
    Membership { role: Role::Member, since: Pos::new(50), visible_from: Seq::new(5), request }
}

fn read(seq: u64) -> Command {
    Command::Read { conversation: TEA, seq: Seq::new(seq) }
}

fn mark_unread(seq: u64) -> Command {
    Command::MarkUnread { conversation: TEA, seq: Seq::new(seq) }
}

fn marker(seq: u64, n: u64, unread: u64, mentions: u64, from: Option<u64>) -> Marker {
    Marker { read_seq: Seq::new(seq), read_n: n, unread, mentions, marked_unread_from: from.map(Seq::new) }
}

fn receipt(delivered: Option<u64>, read: Option<u64>) -> Receipt {
    Receipt { delivered_seq: delivered.map(Seq::new), read_seq: read.map(Seq::new) }
}

fn written(chat: &mut Chat, actor: Actor, seq: u64, version: u64) {
    let keyed = Keyed::Marker {
        account: actor.account,
        conversation: TEA,
        marker: Marker { read_seq: Seq::new(seq), ..Marker::default() },
        version,
    };
    chat.state.put_keyed(Topic::Account(actor.account), Key::Marker(TEA), Some(keyed));
}

#[test]
fn the_marker_never_goes_back_and_counts_what_is_left() {
    let mut chat = Chat::new(Kind::Group);
    chat.row(ADA, 50, 45, 3);
    chat.row(ADA, 90, 80, 0);
    assert_eq!(chat.marked(ADA, read(50)), Ok(Some((marker(50, 45, 35, 3, None), 1))));
    assert_eq!(chat.marked(ADA, read(50)), Ok(None), "again");
    assert_eq!(chat.marked(ADA, read(21)), Ok(None), "back");
    assert_eq!(chat.marked(ADA, read(91)), Err(Code::NotFound), "what has not come yet");
    assert_eq!(chat.marked(ADA, read(90)), Ok(Some((marker(90, 80, 0, 0, None), 2))));
    assert_eq!(chat.marked(EVE, read(50)), Err(Code::NotFound), "a stranger");
}

/// In one batch nothing is read again of what the store has counted before.
#[test]
fn a_message_of_the_same_batch_mentions_as_it_is_then() {
    const ONE: Entity = Entity::Mention { offset: 0, length: 1, account: ADA.account };
    const ALL: Entity = Entity::MentionAll { offset: 0, length: 1 };
    let edit = |seq, entities: &[Entity]| {
        let text = MessageText::parse("ho".into(), 100).unwrap();
        let entities = Entities::parse(entities.to_vec(), &text).unwrap();
        Command::EditMessage { conversation: TEA, seq: Seq::new(seq), text, entities }
    };
    let delete = |seq| Command::DeleteMessage { conversation: TEA, seq: Seq::new(seq) };
    let mut chat = Chat::new(Kind::Group);
    [(50, 45), (51, 46), (52, 47), (53, 48), (54, 49), (55, 50)]
        .into_iter()
        .for_each(|(seq, n)| chat.row(ADA, seq, n, 2));
    chat.send_to(BOB, 1, &[ONE]);
    assert_eq!(chat.marked(ADA, read(50)), Ok(Some((marker(50, 45, 36, 3, None), 1))), "by name");
    chat.send_to(BOB, 2, &[ALL]);
    assert_eq!(chat.marked(ADA, read(51)), Ok(Some((marker(51, 46, 36, 4, None), 2))), "with all");
    chat.run(BOB, edit(91, &[])).unwrap();
    assert_eq!(chat.marked(ADA, read(52)), Ok(Some((marker(52, 47, 35, 3, None), 3))), "no more");
    chat.run(BOB, edit(91, &[ALL])).unwrap();
    assert_eq!(chat.marked(ADA, read(53)), Ok(Some((marker(53, 48, 34, 4, None), 4))), "once more");
    chat.run(BOB, delete(92)).unwrap();
    assert_eq!(chat.marked(ADA, read(54)), Ok(Some((marker(54, 49, 33, 3, None), 5))), "deleted");
    chat.send_to(BOB, 3, &[Entity::Mention { offset: 0, length: 1, account: EVE.account }]);
    assert_eq!(chat.marked(ADA, mark_unread(54)), Ok(Some((marker(54, 49, 34, 3, Some(54)), 6))), "another");
    chat.send_to(ADA, 4, &[ALL]);
    assert_eq!(chat.marked(ADA, mark_unread(54)).unwrap().unwrap().0.mentions, 0, "one's own");
}

#[test]
fn what_is_marked_as_unread_stays_read_until_it_is_read_again() {
    let mut chat = Chat::new(Kind::Group);
    chat.row(ADA, 10, 9, 0);
    chat.row(ADA, 4, 3, 0);
    assert_eq!(chat.marked(ADA, mark_unread(10)), Ok(Some((marker(20, 15, 65, 0, Some(10)), 1))));
    assert_eq!(chat.marked(ADA, mark_unread(10)), Ok(None), "again");
    assert_eq!(chat.marked(ADA, mark_unread(4)), Err(Code::NotFound), "from before she came");
    assert_eq!(chat.marked(ADA, mark_unread(91)), Err(Code::NotFound), "what has not come yet");
    assert_eq!(chat.marked(EVE, mark_unread(10)), Err(Code::NotFound), "a stranger");
    // Reading what is read takes the mark away.
    assert_eq!(chat.marked(ADA, read(12)), Ok(Some((marker(20, 15, 65, 0, None), 2))));
    assert_eq!(chat.marked(ADA, read(12)), Ok(None));
}

#[test]
fn a_message_writes_the_senders_marker_only_when_the_written_one_lies_far_back() {
    // The next row is 91.
    let far = 91 - MARKER_LAG_MAX;
    for (at, rows) in [(far + 1, 1), (far, 2)] {
        let mut chat = Chat::new(Kind::Group);
        written(&mut chat, ADA, at, 6);
        let events = chat.send(ADA, 1);
        assert_eq!(events.len(), rows, "{at}");
        if let Some(event) = events.get(1) {
            let marker = marker(91, 81, 0, 0, None);
            let expected = Keyed::Marker { account: ADA.account, conversation: TEA, marker, version: 7 };
            assert_eq!(event.body, Body::Keyed(expected));
            assert_eq!(event.pos, Pos::new(102));
        }
        assert_eq!(chat.send(ADA, 2).len(), 1, "the next one is near");
    }
}

#[test]
fn a_message_takes_the_mark_of_unread_away() {
    let mut chat = Chat::new(Kind::Group);
    written(&mut chat, ADA, 88, 1);
    chat.reads(ADA, 88, 78);
    chat.row(ADA, 85, 75, 0);
    assert_eq!(chat.marked(ADA, mark_unread(85)), Ok(Some((marker(88, 78, 2, 0, Some(85)), 2))));
    let events = chat.send(ADA, 1);
    let expected = Keyed::Marker {
        account: ADA.account,
        conversation: TEA,
        marker: marker(91, 81, 0, 0, None),
        version: 3,
    };
    assert_eq!(events.get(1).map(|event| &event.body), Some(&Body::Keyed(expected)));
}

#[test]
fn others_are_told_once_how_far_somebody_is_and_never_less() {
    let mut chat = Chat::new(Kind::Group);
    assert_eq!(chat.told(&[(ADA, Some(88))]), [(ADA.account, receipt(Some(88), None), 1)]);
    assert_eq!(chat.told(&[(ADA, Some(88))]), [], "again");
    assert_eq!(chat.told(&[(ADA, None)]), [], "nothing");
    assert_eq!(chat.told(&[(ADA, Some(90))]), [], "what only its sender sees");
    assert_eq!(chat.told(&[(BOB, Some(89))]), [], "what he wrote himself");
    chat.row(ADA, 89, 79, 0);
    chat.marked(ADA, read(89)).unwrap();
    assert_eq!(chat.told(&[(ADA, None), (ADA, None)]), [(ADA.account, receipt(Some(89), Some(89)), 2)]);
    assert_eq!(chat.told(&[(ADA, Some(88))]), [], "back");
    assert_eq!(chat.told(&[(EVE, Some(89))]), [], "a stranger");
}

#[test]
fn nobody_is_told_that_there_is_a_message_that_the_reader_may_not_see() {
    let mut chat = Chat::new(Kind::Direct);
    chat.row(ADA, 90, 80, 0);
    chat.marked(ADA, read(90)).unwrap();
    assert_eq!(chat.told(&[(ADA, None)]), []);
}

#[test]
fn nobody_is_told_in_rooms_large_groups_requests_and_blocks() {
    fn stays_private(chat: &mut Chat, why: &str) {
        assert_eq!(chat.told(&[(ADA, Some(88))]), [], "{why}");
    }
    stays_private(&mut Chat::new(Kind::Room), "a room");
    for (members, expected) in [(RECEIPTS_MEMBERS_MAX, 1), (RECEIPTS_MEMBERS_MAX + 1, 0)] {
        let mut chat = Chat::new(Kind::Group);
        chat.set_members(members);
        assert_eq!(chat.told(&[(ADA, Some(88))]).len(), expected, "{members} members");
    }
    for actor in [ADA, BOB] {
        let mut chat = Chat::new(Kind::Direct);
        chat.state.put_membership(actor.account, TEA, Some(membership(true)));
        stays_private(&mut chat, "a request");
    }
    for (account, blocked) in [(ADA, BOB), (BOB, ADA)] {
        let mut chat = Chat::new(Kind::Direct);
        chat.state.put_block(account.account, blocked.account, true);
        stays_private(&mut chat, "a block");
    }
    assert_eq!(Chat::new(Kind::Direct).told(&[(ADA, Some(88))]).len(), 1);
}

#[test]
fn who_does_not_want_it_is_not_reported() {
    let mut chat = Chat::new(Kind::Group);
    let set = |receipts| Command::SetPreferences { receipts };
    let reply = |receipts, version| Reply::Preferences { preferences: Preferences { receipts }, version };
    let table =
        [(None, 0, reply(true, 0)), (Some(true), 0, reply(true, 0)), (Some(false), 1, reply(false, 1))];
    for (wish, events, expected) in table {
        let (appended, reply) = chat.run(ADA, set(wish)).unwrap();
        assert_eq!((appended.len(), reply), (events, expected), "{wish:?}");
    }
    assert_eq!(chat.told(&[(ADA, Some(88))]), []);
    let (appended, answer) = chat.run(ADA, set(Some(true))).unwrap();
    assert_eq!((appended.len(), answer), (1, reply(true, 2)));
    assert_eq!(chat.told(&[(ADA, Some(88))]).len(), 1);
}

#[test]
fn own_settings_keep_what_is_not_changed() {
    let mut chat = Chat::new(Kind::Room);
    let set = |change| Command::ChangeOwnSettings { conversation: TEA, change };
    let pinned = OwnSettingsChange { pinned: Some(true), ..OwnSettingsChange::default() };
    let quiet = OwnSettingsChange { level: Some(NoticeLevel::Mentions), ..OwnSettingsChange::default() };
    let first = OwnSettings { pinned: true, ..OwnSettings::default() };
    let second = OwnSettings { level: NoticeLevel::Mentions, ..first.clone() };
    let table = [
        (OwnSettingsChange::default(), 0, OwnSettings::default(), 0),
        (pinned.clone(), 1, first.clone(), 1),
        (pinned, 0, first, 1),
        (quiet, 1, second, 2),
    ];
    for (change, events, settings, version) in table {
        let (appended, reply) = chat.run(ADA, set(change)).unwrap();
        assert_eq!((appended.len(), reply), (events, Reply::OwnSettings { settings, version }));
    }
    assert_eq!(chat.run(EVE, set(OwnSettingsChange::default())), Err(Code::NotFound));
}

#[test]
fn drafts_are_of_ones_own_devices_and_no_more_than_a_few() {
    let mut chat = Chat::new(Kind::Group);
    let put = |device: DeviceId, text: &str| Command::PutDraft {
        conversation: TEA,
        device,
        text: DraftText::parse(text.to_owned(), 100).unwrap(),
    };
    let devices: Vec<DeviceId> =
        (0..=u128::from(DRAFTS_MAX)).map(|number| DeviceId::new(Uuid::from_u128(0xe00 + number))).collect();
    let own = |id: &DeviceId| OwnDevice { id: *id, seen_at: Timestamp::from_millis(0) };
    chat.state.put_own_devices(ADA.account, devices.iter().map(own).collect());
    let (last, rest) = devices.split_last().unwrap();
    for device in rest {
        assert_eq!(chat.run(ADA, put(*device, "a")).unwrap().0.len(), 1);
    }
    assert_eq!(chat.run(ADA, put(rest[0], "a")).unwrap().0.len(), 0, "again");
    assert_eq!(chat.run(ADA, put(rest[0], "b")).unwrap().0.len(), 1, "another text");
    assert_eq!(chat.run(ADA, put(*last, "")).unwrap().0.len(), 0, "nothing begun");
    assert_eq!(chat.run(ADA, put(*last, "a")), Err(Code::TooManyDrafts));
    assert_eq!(chat.run(ADA, put(rest[0], "")).unwrap().0.len(), 1, "emptied");
    assert_eq!(chat.run(ADA, put(*last, "a")).unwrap().0.len(), 1);
    assert_eq!(chat.run(ADA, put(BOB.device, "a")), Err(Code::NotFound), "another's device");
    assert_eq!(chat.run(EVE, put(EVE.device, "a")), Err(Code::NotFound), "a stranger");
    // A device that is gone may be emptied and no more begun.
    chat.state.put_own_devices(ADA.account, Vec::new());
    assert_eq!(chat.run(ADA, put(*last, "")).unwrap().0.len(), 1);
}
