//! Groups, and those who keep order: what who is in them gets, and who was sent away does not, on every way.

use chinwag_client::{ClientError, HistoryRange, Session};
use chinwag_protocol::{Code, ConversationId, FrameCommand, GroupBody, InviteBody, Role, SettingsBody};

use crate::lines::{Rooms, of_room};
use crate::posting::{cursor_of_now, new_client_id, post, reader, reader_from_now};
use crate::server::{TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    who_is_removed_gets_nothing_more
    who_is_banned_from_a_room_gets_nothing_more
    a_new_member_gets_what_the_group_shows
}

/// Makes a group.
async fn group(owner: &Session, history_visible: bool) -> ConversationId {
    let body = GroupBody {
        client_id: new_client_id(),
        title: "Crew".to_owned(),
        topic: None,
        history_visible: Some(history_visible),
    };
    let card = within("a group", owner.create_group(&body)).await.expect("anyone may make a group");
    assert_eq!((card.role, card.members, card.slug.as_deref()), (Role::Owner, Some(1), None));
    card.id
}

async fn add(owner: &Session, crew: ConversationId, others: &[&Session]) {
    let accounts: Vec<_> = others.iter().map(|session| session.account().id).collect();
    let answer = within("adding", owner.add_members(crew, accounts.clone())).await.expect("an owner may add");
    assert_eq!(answer.added, accounts);
}

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> Option<Code> {
    answer.expect_err("was not refused").code()
}

async fn who_is_removed_gets_nothing_more(way: Way) {
    // Z4, Z5
    let server = TestServer::by(way).await;
    let (ada, bob, eve) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Eve").await);
    let crew = group(&ada, true).await;
    let rooms = Rooms(vec![(crew, "crew")]);
    let start = cursor_of_now(&bob).await;
    let mut live = reader_from_now(&bob, way.transport).await;
    let mut others = reader_from_now(&eve, way.transport).await;

    add(&ada, crew, &[&bob, &eve]).await;
    post(&ada, crew, "welcome").await;
    let came = ["crew joined as member from 1", "crew 1 Ada Added Bob Eve", "crew 2 #1 Ada: welcome"];
    assert_eq!(rooms.read(&mut live, 3).await, came);
    assert_eq!(rooms.read(&mut others, 3).await, came);

    within("removing", ada.remove_member(crew, bob.account().id)).await.expect("an owner may remove");
    post(&ada, crew, "without Bob").await;
    let news = open(&bob, "news").await;
    open(&eve, "news").await;
    let rooms = Rooms(vec![(crew, "crew"), (news, "news")]);
    post(&bob, news, "elsewhere").await;
    let lines = rooms.read_until(&mut live, "elsewhere").await;
    assert_eq!(of_room(&lines, "crew"), ["crew removed"]);
    let lines = rooms.read_until(&mut others, "elsewhere").await;
    assert_eq!(of_room(&lines, "crew"), ["crew 3 Ada Removed Bob", "crew 4 #2 Ada: without Bob"]);
    // Nor by reading it all again.
    let lines = rooms.read_until(&mut reader(&bob, way.transport, &start), "elsewhere").await;
    assert_eq!(of_room(&lines, "crew"), ["crew joined as member from 1", "crew removed"]);

    // Z1: as if there were none.
    let absent = ConversationId::from_bytes([9; 16]);
    for id in [crew, absent] {
        assert_eq!(code(bob.history(id, HistoryRange::Newest, 5).await), Some(Code::NotFound));
        assert_eq!(code(bob.members(id, None, 5).await), Some(Code::NotFound));
        assert_eq!(code(bob.bans(id, None, 5).await), Some(Code::NotFound));
        assert_eq!(code(bob.conversation(id).await), Some(Code::NotFound));
        assert_eq!(code(bob.add_members(id, vec![bob.account().id]).await), Some(Code::NotFound));
        assert_eq!(code(bob.change_conversation(id, &SettingsBody::default()).await), Some(Code::NotFound));
    }
    let page = within("members", eve.members(crew, None, 50)).await.expect("a member may look");
    let mut names: Vec<_> = page.members.iter().map(|member| member.account.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((names, page.next), (vec!["Ada", "Eve"], None));

    // Who comes back goes on from there.
    add(&ada, crew, &[&bob]).await;
    post(&ada, crew, "back").await;
    let lines = rooms.read_until(&mut live, "back").await;
    assert_eq!(
        of_room(&lines, "crew"),
        ["crew joined as member from 5", "crew 5 Ada Added Bob", "crew 6 #3 Ada: back"]
    );
}

async fn who_is_banned_from_a_room_gets_nothing_more(way: Way) {
    // Z4
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (tea, news) = (open(&ada, "tea").await, open(&ada, "news").await);
    open(&bob, "tea").await;
    open(&bob, "news").await;
    let rooms = Rooms(vec![(tea, "tea"), (news, "news")]);
    let mut live = reader_from_now(&bob, way.transport).await;
    let bob_id = bob.account().id;

    within("a mute", ada.mute(tea, bob_id, 60)).await.expect("an owner may mute");
    assert_eq!(code(bob.send(tea, new_client_id(), "hi", None).await), Some(Code::Muted));
    within("a mute", ada.lift_mute(tea, bob_id)).await.expect("an owner may lift it");
    within("a role", ada.set_role(tea, bob_id, Role::Moderator)).await.expect("an owner may give roles");
    within("a role", ada.set_role(tea, bob_id, Role::Member)).await.expect("an owner may take them");
    post(&ada, tea, "one").await;
    assert_eq!(
        rooms.read(&mut live, 5).await,
        ["tea muted", "tea unmuted", "tea now moderator", "tea now member", "tea 1 #1 Ada: one"]
    );
    within("a ban", ada.ban(tea, bob_id)).await.expect("an owner may ban");
    post(&ada, tea, "two").await;
    post(&ada, news, "meanwhile").await;
    let lines = rooms.read_until(&mut live, "meanwhile").await;
    assert_eq!(of_room(&lines, "tea"), ["tea banned"]);
    assert_eq!(code(bob.open_room("tea").await), Some(Code::Banned));
    assert_eq!(code(bob.history(tea, HistoryRange::Newest, 5).await), Some(Code::NotFound));
    let bans = within("bans", ada.bans(tea, None, 50)).await.expect("an owner may look");
    assert_eq!((bans.accounts.len(), bans.accounts[0].id), (1, bob_id));

    within("lifting", ada.lift_ban(tea, bob_id)).await.expect("an owner may lift it");
    open(&bob, "tea").await;
    assert_eq!(code(bob.bans(tea, None, 50).await), Some(Code::Forbidden));
    let body = SettingsBody { title: Some("Tea at five".to_owned()), ..SettingsBody::default() };
    let card = within("settings", ada.change_conversation(tea, &body)).await.expect("an owner may");
    assert_eq!(
        (card.settings.title.as_str(), card.settings.version, card.members),
        ("Tea at five", 2, Some(2))
    );
    post(&ada, tea, "three").await;
    let lines = rooms.read_until(&mut live, "three").await;
    assert_eq!(
        of_room(&lines, "tea"),
        [
            "tea unbanned",
            "tea joined as member from 3",
            "tea 3 Ada changes to v2 Tea at five",
            "tea 4 #3 Ada: three"
        ]
    );
}

async fn a_new_member_gets_what_the_group_shows(way: Way) {
    // Z6
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    for (visible, expected) in [
        (true, vec!["1 to 4", "1 #1 Ada: before", "2 Ada Added Bob", "3 #2 Ada: after", "4 #3 Bob: mine"]),
        (false, vec!["2 to 4", "2 Ada Added Bob", "3 #2 Ada: after", "4 #3 Bob: mine"]),
    ] {
        let crew = group(&ada, visible).await;
        let rooms = Rooms(vec![(crew, "crew")]);
        post(&ada, crew, "before").await;
        let mut live = reader_from_now(&bob, way.transport).await;
        add(&ada, crew, &[&bob]).await;
        post(&ada, crew, "after").await;
        post(&bob, crew, "mine").await;
        assert_eq!(
            rooms.read(&mut live, 4).await,
            [
                "crew joined as member from 2",
                "crew 2 Ada Added Bob",
                "crew 3 #2 Ada: after",
                "crew 4 #3 Bob: mine"
            ]
        );
        let page = within("a page", bob.history(crew, HistoryRange::Newest, 50)).await;
        assert_eq!(rooms.page(&page.expect("a member may read")), expected);
    }
}

#[tokio::test]
async fn nobody_raises_themselves_and_a_group_keeps_its_owner() {
    // Z7
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let crew = group(&ada, true).await;
    add(&ada, crew, &[&bob]).await;
    let (ada_id, bob_id) = (ada.account().id, bob.account().id);
    assert_eq!(code(bob.set_role(crew, bob_id, Role::Admin).await), Some(Code::Forbidden));
    assert_eq!(code(bob.hand_over(crew, bob_id).await), Some(Code::Forbidden));
    ada.set_role(crew, bob_id, Role::Admin).await.expect("an owner may");
    for role in [Role::Owner, Role::Admin, Role::Moderator] {
        assert_eq!(code(bob.set_role(crew, bob_id, role).await), Some(Code::Forbidden));
        assert_eq!(code(bob.set_role(crew, ada_id, role).await), Some(Code::Forbidden));
    }
    assert_eq!(code(ada.leave(crew).await), Some(Code::LastOwner));
    ada.hand_over(crew, bob_id).await.expect("an owner may");
    let card = ada.conversation(crew).await.expect("still a member");
    assert_eq!((card.role, card.members), (Role::Admin, Some(2)));
    ada.leave(crew).await.expect("an admin may leave");
    bob.leave(crew).await.expect("alone, an owner may leave");
    assert_eq!(code(bob.conversation(crew).await), Some(Code::NotFound));
    assert_eq!(bob.sync(None).await.expect("a page").conversations, []);
}

#[tokio::test]
async fn an_invitation_is_good_as_long_as_it_says() {
    // Z7
    let server = TestServer::start().await;
    let (ada, bob, eve) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Eve").await);
    let crew = group(&ada, true).await;
    post(&ada, crew, "before").await;
    let body = InviteBody { expires_seconds: Some(3600), uses: Some(1) };
    let made = ada.invite(crew, &body).await.expect("an owner may");
    let seen = bob.invitation(&made.token).await.expect("it is good");
    assert_eq!((seen.title.as_str(), seen.members), ("Crew", 1));
    let opened = bob.accept_invite(&made.token).await.expect("it is good");
    assert_eq!(
        (opened.conversation.id, opened.conversation.role, opened.messages.len()),
        (crew, Role::Member, 1)
    );
    assert_eq!(code(bob.accept_invite(&made.token).await), Some(Code::NotFound), "used up");
    assert_eq!(ada.invites(crew).await.expect("an owner may look").invites, []);
    assert_eq!(code(bob.invites(crew).await), Some(Code::Forbidden));
    assert_eq!(code(bob.invite(crew, &body).await), Some(Code::Forbidden));
    assert_eq!(code(eve.invites(crew).await), Some(Code::NotFound));

    let revoked = ada.invite(crew, &InviteBody::default()).await.expect("an owner may");
    ada.revoke_invite(crew, revoked.id).await.expect("an owner may");
    let open = ada.invite(crew, &InviteBody::default()).await.expect("an owner may");
    ada.ban(crew, eve.account().id).await.expect("an owner may");
    let refusals = [&made.token, &revoked.token, &open.token, &"A".repeat(22)];
    let mut told = Vec::new();
    for token in refusals {
        told.push(eve.accept_invite(token).await.expect_err("not good").to_string());
        told.push(eve.invitation(token).await.expect_err("not good").to_string());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    ada.lift_ban(crew, eve.account().id).await.expect("an owner may");
    for _ in 0..2 {
        eve.accept_invite(&open.token).await.expect("it is good");
    }
}

#[tokio::test]
async fn a_group_by_a_websocket_is_the_same() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let mut socket = within("a WebSocket", ada.websocket(None)).await.expect("a WebSocket may be opened");
    let body = GroupBody {
        client_id: new_client_id(),
        title: "Crew".to_owned(),
        topic: None,
        history_visible: None,
    };
    let card: chinwag_protocol::ConversationCard =
        socket.ask(FrameCommand::CreateGroup(body.clone())).await.expect("anyone may make a group");
    assert_eq!(ada.create_group(&body).await.expect("a retry"), card);
    add(&ada, card.id, &[&bob]).await;
    let kick = FrameCommand::RemoveMember { conversation: card.id, account: bob.account().id };
    let _: chinwag_protocol::Empty = socket.ask(kick).await.expect("an owner may remove");
    assert_eq!(code(bob.conversation(card.id).await), Some(Code::NotFound));
}
