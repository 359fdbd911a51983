//! Groups: who is in them, what they may do, what they see.

use chinwag_chat::{Added, Reply};
use chinwag_protocol::{
    AccountId, AccountList, Attributes, Body, ClientId, Code, Command, ConversationId, Event, MuteSeconds,
    Pos, Role, Seq, Settings, SettingsChange, SlowMode, Slug, Timestamp, Title, TopicLine,
};

use super::Harness;
use super::world::{Guest, World, code};
use crate::HistoryRange;

impl World<'_> {
    pub(super) async fn done(&mut self, guest: Guest, command: Command) {
        let request = self.request(guest, command.clone());
        let answer = self.submit(request).await;
        assert!(matches!(answer, Ok(Reply::Done | Reply::Added(_))), "{command:?}: {answer:?}");
    }

    pub(super) async fn refused(&mut self, guest: Guest, command: Command) -> Code {
        let request = self.request(guest, command);
        code(self.submit(request).await)
    }

    async fn group_of(&mut self, owner: Guest, settings: Settings) -> ConversationId {
        let client_id = self.client_id();
        let request = self.request(owner, Command::CreateGroup { client_id, settings });
        match self.submit(request).await {
            Ok(Reply::Group { conversation }) => conversation,
            answer => panic!("{answer:?}"),
        }
    }

    pub(super) async fn group(&mut self, owner: Guest) -> ConversationId {
        self.group_of(owner, crew()).await
    }

    pub(super) async fn add(&mut self, owner: Guest, conversation: ConversationId, guests: &[Guest]) {
        let accounts = guests.iter().map(|guest| guest.actor.account).collect();
        let accounts = AccountList::new(accounts).unwrap();
        self.done(owner, Command::AddMembers { conversation, accounts }).await;
    }

    pub(super) async fn say(
        &mut self,
        guest: Guest,
        conversation: ConversationId,
        text: &str,
    ) -> Result<Reply, Code> {
        let client_id = self.client_id();
        self.say_as(guest, conversation, client_id, text).await
    }

    async fn say_as(
        &mut self,
        guest: Guest,
        conversation: ConversationId,
        client_id: ClientId,
        text: &str,
    ) -> Result<Reply, Code> {
        let text = chinwag_protocol::MessageText::parse(text.to_owned(), 1000).unwrap();
        let request = self.request(
            guest,
            Command::SendMessage {
                conversation,
                client_id,
                text,
                follows: None,
                attributes: Attributes::default(),
            },
        );
        self.submit(request).await.map_err(|problem| problem.code)
    }

    /// What is in the timeline of what the guest missed, in words.
    async fn rows(&self, guest: Guest, after: Pos) -> Vec<String> {
        self.missed(guest, after).await.iter().filter_map(told).collect()
    }
}

fn crew() -> Settings {
    Settings::new(Some(Title::parse("Crew").unwrap()))
}

/// A row of a timeline, or of what concerns a membership.
fn told(event: &Event) -> Option<String> {
    let seq = event.seq;
    Some(match &event.body {
        Body::Message(message) => format!("{seq} {}: {}", message.sender.name, message.text),
        Body::Members { actor, accounts, change, role, .. } => {
            let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
            let role = role.map(|role| format!(" {role:?}")).unwrap_or_default();
            format!("{seq} {} {change:?} {}{role}", actor.name, names.join(" "))
        }
        Body::ConversationChanged { conversation, actor } => {
            let settings = &conversation.settings;
            format!(
                "{seq} {} v{} {} | {}",
                actor.name,
                settings.version,
                conversation.title(),
                settings.topic.as_str()
            )
        }
        Body::Joined { membership, from_seq, .. } => {
            format!("joined {:?} from {from_seq} sees {}", membership.role, membership.visible_from)
        }
        Body::Left { change, .. } => format!("left {change:?}"),
        Body::RoleChanged { role, .. } => format!("role {role:?}"),
        Body::Restricted { change, .. } => format!("{change:?}").split(' ').next().unwrap().to_owned(),
        _ => return None,
    })
}

/// A retry gets the first answer, and what is made is there after a restart.
pub async fn a_group_is_made_once(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let client_id = world.client_id();
    let command = Command::CreateGroup { client_id, settings: crew() };
    let request = world.request(ada, command.clone());
    let first = world.submit(request.clone()).await;
    let head = world.head().await;
    assert_eq!(world.submit(request.clone()).await, first);
    world.restart().await;
    assert_eq!(world.submit(request).await, first);
    assert_eq!(world.head().await, head, "a retry changes nothing");
    let Ok(Reply::Group { conversation }) = first else { panic!("{first:?}") };
    let mut other = crew();
    other.topic = TopicLine::parse("another").unwrap();
    let refused = world.refused(ada, Command::CreateGroup { client_id, settings: other }).await;
    assert_eq!(refused, Code::ClientIdReused);
    assert_eq!(world.say_as(ada, conversation, client_id, "hi").await, Err(Code::ClientIdReused));
    // Another's id is no clash.
    let request = world.request(bob, command);
    let Ok(Reply::Group { conversation: others }) = world.submit(request).await else { panic!("refused") };
    assert_ne!(others, conversation);
    let row = world.store().conversation(ada.actor.account, conversation).await.unwrap().unwrap();
    assert_eq!((row.role, row.members, row.conversation.title()), (Role::Owner, 1, "Crew"));
    assert_eq!(world.store().conversation(bob.actor.account, conversation).await.unwrap(), None);
}

/// Who is added gets the row that tells of it; who is removed gets nothing after.
pub async fn members_of_a_group_are_added_and_removed(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let crew = world.group(ada).await;
    assert_eq!(world.say(bob, crew, "let me in").await, Err(Code::NotFound));
    let before = world.head().await;
    let absent = AccountId::from_bytes([9; 16]);
    let list = |ids: &[AccountId]| AccountList::new(ids.to_vec()).unwrap();
    let (ada_id, bob_id, eve_id) = (ada.actor.account, bob.actor.account, eve.actor.account);
    let accounts = list(&[bob_id, absent, ada_id, eve_id]);
    let request = world.request(ada, Command::AddMembers { conversation: crew, accounts });
    let answer = Added { added: vec![bob_id, eve_id], already: vec![ada_id], refused: vec![absent] };
    assert_eq!(world.submit(request.clone()).await, Ok(Reply::Added(answer)));
    assert_eq!(world.head().await.get(), before.get() + 3, "a row of the timeline, and one for each");
    let again = Added { added: vec![], already: vec![bob_id, ada_id, eve_id], refused: vec![absent] };
    assert_eq!(world.submit(request).await, Ok(Reply::Added(again)));
    world.say(ada, crew, "welcome").await.unwrap();
    assert_eq!(
        world.rows(bob, before).await,
        ["joined Member from 1 sees 1", "1 Ada Added Bob Eve", "2 Ada: welcome"]
    );
    let refused = world.refused(bob, Command::RemoveMember { conversation: crew, account: eve_id }).await;
    assert_eq!(refused, Code::Forbidden);
    world.done(ada, Command::RemoveMember { conversation: crew, account: bob_id }).await;
    world.done(ada, Command::RemoveMember { conversation: crew, account: bob_id }).await;
    world.say(ada, crew, "gone").await.unwrap();
    world.restart().await;
    assert_eq!(world.rows(bob, before).await, ["joined Member from 1 sees 1", "left Removed"]);
    assert_eq!(
        world.rows(eve, before).await,
        [
            "joined Member from 1 sees 1",
            "1 Ada Added Bob Eve",
            "2 Ada: welcome",
            "3 Ada Removed Bob",
            "4 Ada: gone"
        ]
    );
    let page = world.store().history(bob_id, crew, HistoryRange::Newest, 10).await.unwrap();
    assert_eq!(page, None);
    assert_eq!(world.say(bob, crew, "me?").await, Err(Code::NotFound));
    let row = world.store().conversation(ada_id, crew).await.unwrap().unwrap();
    assert_eq!(row.members, 2);
}

/// Z5: what is decided together ends as the log has it.
pub async fn a_join_and_a_removal_in_one_batch_count_in_their_order(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let crew = world.group(ada).await;
    let (conversation, account) = (crew, bob.actor.account);
    let add = Command::AddMembers { conversation, accounts: AccountList::new(vec![account]).unwrap() };
    let remove = Command::RemoveMember { conversation, account };
    let role = Command::SetRole { conversation, account, role: Role::Admin };
    for last_in in [false, true] {
        let mut commands = vec![add.clone(), role.clone(), remove.clone()];
        if last_in {
            commands.push(add.clone());
        }
        let requests = commands.into_iter().map(|command| world.request(ada, command)).collect();
        let answers = world.in_one_batch(requests).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        world.restart().await;
        let row = world.store().conversation(account, crew).await.unwrap();
        assert_eq!(row.map(|row| row.role), last_in.then_some(Role::Member));
        let mine = world.store().conversation(ada.actor.account, crew).await.unwrap().unwrap();
        assert_eq!(mine.members, 1 + u64::from(last_in));
    }
}

/// Z6: by the group's rule at the time of joining.
pub async fn a_new_member_sees_what_the_group_shows(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let mut settings = crew();
    settings.history_visible = false;
    let crew = world.group_of(ada, settings).await;
    world.say(ada, crew, "secret").await.unwrap();
    world.add(ada, crew, &[bob]).await;
    let change = SettingsChange { history_visible: Some(true), ..SettingsChange::default() };
    world.done(ada, Command::ChangeSettings { conversation: crew, change }).await;
    world.add(ada, crew, &[eve]).await;
    world.say(ada, crew, "hello").await.unwrap();
    for (guest, from, texts) in [(bob, 2, vec!["hello"]), (eve, 1, vec!["secret", "hello"])] {
        let page = world.store().history(guest.actor.account, crew, HistoryRange::Newest, 10).await.unwrap();
        let page = page.unwrap();
        assert_eq!((page.from, page.to), (Seq::new(from), Seq::new(5)));
        let read: Vec<&str> = page.messages.iter().map(|(.., message)| message.text.as_str()).collect();
        assert_eq!(read, texts);
        let changes = page.changes.iter().map(|event| match &event.body {
            Body::Members { change, accounts, .. } => {
                (event.seq.get(), format!("{change:?} {}", accounts[0].name))
            }
            Body::ConversationChanged { conversation, .. } => {
                (event.seq.get(), format!("v{}", conversation.settings.version))
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(
            changes.collect::<Vec<_>>(),
            [(2, "Added Bob".to_owned()), (3, "v2".to_owned()), (4, "Added Eve".to_owned())]
        );
    }
    assert_eq!(
        world.rows(bob, Pos::ZERO).await[..2],
        ["joined Member from 2 sees 2".to_owned(), "2 Ada Added Bob".to_owned()]
    );
}

/// Neither going away nor a restart lifts a ban, nor makes a reader a writer.
pub async fn bans_outlive_leaving_and_restarts(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob, eve) = (world.guest("Ada").await, world.guest("Bob").await, world.guest("Eve").await);
    let crew = world.group(ada).await;
    world.add(ada, crew, &[bob, eve]).await;
    let (conversation, account) = (crew, bob.actor.account);
    let before = world.head().await;
    world.done(ada, Command::Ban { conversation, account }).await;
    world.done(ada, Command::Ban { conversation, account }).await;
    world.restart().await;
    let add = Command::AddMembers { conversation, accounts: AccountList::new(vec![account]).unwrap() };
    let request = world.request(ada, add.clone());
    let refused = Added { refused: vec![account], ..Added::default() };
    assert_eq!(world.submit(request).await, Ok(Reply::Added(refused)));
    let bans = world.store().bans(ada.actor.account, crew, None, 10).await.unwrap().unwrap();
    assert_eq!((bans.page.rows.len(), bans.page.rows[0].id, bans.page.more), (1, account, false));
    assert_eq!(world.store().bans(account, crew, None, 10).await.unwrap(), None);
    world.done(ada, Command::LiftBan { conversation, account }).await;
    world.done(ada, add).await;
    assert_eq!(world.rows(bob, before).await[0], "left Banned");
    assert_eq!(world.rows(eve, before).await, ["2 Ada Banned Bob", "3 Ada Unbanned Bob", "4 Ada Added Bob"]);

    let tea = world.open_room(ada, "tea").await;
    let before = world.head().await;
    // Before it ever came.
    world.done(ada, Command::Ban { conversation: tea.id, account }).await;
    world.restart().await;
    let open = world.open_room_request(bob, "tea");
    assert_eq!(code(world.submit(open.clone()).await), Code::Banned);
    world.done(ada, Command::LiftBan { conversation: tea.id, account }).await;
    assert!(world.submit(open.clone()).await.is_ok());
    world.done(ada, Command::SetRole { conversation: tea.id, account, role: Role::ReadOnly }).await;
    world.leave(bob, &tea).await;
    world.restart().await;
    assert!(world.submit(open).await.is_ok());
    assert_eq!(world.say(bob, tea.id, "hi").await, Err(Code::Forbidden));
    assert_eq!(
        world.rows(bob, before).await,
        [
            "Banned",
            "Unbanned",
            "joined Member from 1 sees 1",
            "role ReadOnly",
            "left Left",
            "joined ReadOnly from 1 sees 1"
        ],
        "in a room only who it concerns is told"
    );
}

/// Z7: a group that others are in always has an owner.
pub async fn an_owner_hands_over_before_leaving(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let crew = world.group(ada).await;
    world.add(ada, crew, &[bob]).await;
    let (conversation, account) = (crew, bob.actor.account);
    assert_eq!(world.refused(ada, Command::Leave { conversation }).await, Code::LastOwner);
    assert_eq!(world.refused(bob, Command::HandOver { conversation, account }).await, Code::Forbidden);
    let promote = Command::SetRole { conversation, account, role: Role::Admin };
    assert_eq!(world.refused(bob, promote).await, Code::Forbidden);
    world.done(ada, Command::HandOver { conversation, account }).await;
    world.restart().await;
    let own = world.store().conversation(account, crew).await.unwrap().unwrap();
    let old = world.store().conversation(ada.actor.account, crew).await.unwrap().unwrap();
    assert_eq!((own.role, old.role), (Role::Owner, Role::Admin));
    world.done(ada, Command::Leave { conversation }).await;
    let before = world.head().await;
    world.done(bob, Command::Leave { conversation }).await;
    assert_eq!(world.rows(bob, before).await, ["left Left"], "alone, one may leave");
    assert_eq!(world.say(bob, crew, "hello?").await, Err(Code::NotFound));
}

/// The row of each change has what was said then; the conversation is as it is now.
pub async fn settings_are_replayed_as_they_were(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let tea = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let before = world.head().await;
    let conversation = tea.id;
    let title = Some(Title::parse("Tea at five").unwrap());
    for change in [
        SettingsChange { title: title.clone(), ..SettingsChange::default() },
        SettingsChange { title, ..SettingsChange::default() },
        SettingsChange {
            topic: Some(TopicLine::parse("no coffee").unwrap()),
            locked: Some(true),
            ..SettingsChange::default()
        },
    ] {
        world.done(ada, Command::ChangeSettings { conversation, change }).await;
    }
    world.restart().await;
    assert_eq!(
        world.rows(bob, before).await,
        ["1 Ada v2 Tea at five | ", "2 Ada v3 Tea at five | no coffee"],
        "what changes nothing is no row"
    );
    assert_eq!(world.say(bob, conversation, "hi").await, Err(Code::Locked));
    assert!(world.say(ada, conversation, "hi").await.is_ok());
    let row = world.store().conversation(bob.actor.account, conversation).await.unwrap().unwrap();
    let settings = &row.conversation.settings;
    assert_eq!((settings.locked, settings.version, row.conversation.title()), (true, 3, "Tea at five"));
    let row = world.store().sync(bob.actor.account, None, 10).await.unwrap().conversations.remove(0);
    assert_eq!((row.n, row.seq, row.conversation.settings.version), (1, Seq::new(3), 3));
}

/// Until when each member is muted, by name.
async fn mutes(
    world: &World<'_>,
    asker: Guest,
    conversation: ConversationId,
) -> Vec<(String, Option<Timestamp>)> {
    let page =
        world.store().members(asker.actor.account, conversation, None, 10).await.unwrap().unwrap().page;
    let mut mutes: Vec<_> = page.rows.into_iter().map(|row| (row.account.name, row.muted_until)).collect();
    mutes.sort();
    mutes
}

/// Who waits goes on waiting after a restart and after coming back.
pub async fn mutes_and_the_slow_mode_are_kept(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let tea = world.open_room(ada, "tea").await;
    world.open_room(bob, "tea").await;
    let (conversation, account) = (tea.id, bob.actor.account);
    let seconds = MuteSeconds::new(60).unwrap();
    world.done(ada, Command::Mute { conversation, account, seconds }).await;
    world.leave(bob, &tea).await;
    world.restart().await;
    world.open_room(bob, "tea").await;
    assert_eq!(world.say(bob, conversation, "hi").await, Err(Code::Muted));
    world.advance(60_000);
    assert!(world.say(bob, conversation, "hi").await.is_ok(), "over by itself");
    world.done(ada, Command::Mute { conversation, account, seconds }).await;
    assert_eq!(world.say(bob, conversation, "hi").await, Err(Code::Muted));
    let until = Timestamp::from_millis(world.now().as_millis() + 60_000);
    assert_eq!(
        mutes(&world, ada, conversation).await,
        [("Ada".to_owned(), None), ("Bob".to_owned(), Some(until))]
    );
    world.done(ada, Command::LiftMute { conversation, account }).await;
    assert_eq!(mutes(&world, ada, conversation).await, [("Ada".to_owned(), None), ("Bob".to_owned(), None)]);

    let change = SettingsChange { slow_mode: SlowMode::new(10), ..SettingsChange::default() };
    world.done(ada, Command::ChangeSettings { conversation, change }).await;
    let client_id = world.client_id();
    let first = world.say_as(bob, conversation, client_id, "one").await;
    assert!(first.is_ok());
    world.leave(bob, &tea).await;
    world.restart().await;
    world.open_room(bob, "tea").await;
    world.advance(9_999);
    let again = world.client_id();
    assert_eq!(world.say_as(bob, conversation, again, "two").await, Err(Code::SlowMode));
    assert_eq!(world.say_as(bob, conversation, client_id, "one").await, first, "a retry is none");
    for text in ["I", "need not", "wait"] {
        assert!(world.say(ada, conversation, text).await.is_ok());
    }
    world.advance(1);
    assert!(world.say_as(bob, conversation, again, "two").await.is_ok(), "the same may be sent again");
    assert_eq!(world.say(bob, conversation, "three").await, Err(Code::SlowMode));
}

/// In the order of their ids, each once, to members only.
pub async fn members_are_read_in_pages(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let ada = world.guest("Ada").await;
    let crew = world.group(ada).await;
    let mut all = vec![ada.actor.account];
    let mut guests = Vec::new();
    for number in 0..7 {
        let guest = world.guest(&format!("Guest {number}")).await;
        all.push(guest.actor.account);
        guests.push(guest);
    }
    world.add(ada, crew, &guests).await;
    all.sort();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = world.store().members(ada.actor.account, crew, after, 3).await.unwrap().unwrap();
        assert!(page.page.rows.len() <= 3);
        read.extend(page.page.rows.iter().map(|row| row.account.id));
        if !page.page.more {
            break;
        }
        after = read.last().copied();
    }
    assert_eq!(read, all);
    let stranger = world.guest("Eve").await.actor.account;
    assert_eq!(world.store().members(stranger, crew, None, 3).await.unwrap(), None);
    let absent = ConversationId::from_bytes([9; 16]);
    assert_eq!(world.store().members(ada.actor.account, absent, None, 3).await.unwrap(), None);
}

/// In the order of their keys, each once, and of rooms only those that are to be listed.
pub async fn listed_rooms_are_read_in_pages(harness: &dyn Harness) {
    let mut world = World::open(harness).await;
    let (ada, bob) = (world.guest("Ada").await, world.guest("Bob").await);
    let mut rooms = Vec::new();
    for slug in ["beta", "Gamma", "alpha", "hidden", "Ωmega", "delta"] {
        rooms.push((slug, world.open_room(ada, slug).await.id));
    }
    world.open_room(bob, "GAMMA").await;
    let listed = |listed| SettingsChange { listed: Some(listed), ..SettingsChange::default() };
    for (slug, conversation) in rooms.iter().filter(|(slug, _)| *slug != "hidden") {
        let mut change = listed(true);
        if *slug == "beta" {
            change.title = Some(Title::parse("Second").unwrap());
            change.topic = Some(TopicLine::parse("Letters").unwrap());
        }
        world.done(ada, Command::ChangeSettings { conversation: *conversation, change }).await;
    }
    let crew = world.group(ada).await;
    let refused =
        world.refused(ada, Command::ChangeSettings { conversation: crew, change: listed(true) }).await;
    assert_eq!(refused, Code::InvalidField);
    world.restart().await;
    let read = async |world: &World<'_>, after: Option<&str>, limit| {
        let after = after.map(|after| Slug::parse(after).unwrap());
        let page = world.store().listed_rooms(bob.actor.account, after.as_ref(), limit).await.unwrap();
        let row = |row: &crate::ListedRoom| {
            let title = row.conversation.title().to_owned();
            (title, row.members, row.joined)
        };
        (page.rows.iter().map(row).collect::<Vec<_>>(), page.more)
    };
    let row = |title: &str, members, joined| (title.to_owned(), members, joined);
    let all = vec![
        row("alpha", 1, false),
        row("Second", 1, false),
        row("delta", 1, false),
        row("Gamma", 2, true),
        row("Ωmega", 1, false),
    ];
    assert_eq!(read(&world, None, 10).await, (all.clone(), false));
    assert_eq!(read(&world, None, 5).await, (all.clone(), false));
    assert_eq!(read(&world, None, 2).await, (all[..2].to_vec(), true));
    assert_eq!(read(&world, Some("Beta"), 2).await, (all[2..4].to_vec(), true));
    assert_eq!(read(&world, Some("gamma"), 2).await, (all[4..].to_vec(), false));
    // After one that there is not.
    assert_eq!(read(&world, Some("c"), 1).await, (all[2..3].to_vec(), true));
    assert_eq!(read(&world, Some("ωmega"), 1).await, (Vec::new(), false));

    let (_, beta) = rooms[0];
    world.done(ada, Command::ChangeSettings { conversation: beta, change: listed(false) }).await;
    let (_, gamma) = rooms[1];
    world.done(bob, Command::Leave { conversation: gamma }).await;
    let left = vec![all[0].clone(), all[2].clone(), row("Gamma", 1, false), all[4].clone()];
    assert_eq!(read(&world, None, 10).await, (left, false));
}
