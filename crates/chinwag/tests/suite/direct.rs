//! Direct chats: one for two, whoever opens it; what is sent arrives with who has never heard of it.

use chinwag_client::{ClientError, HistoryRange, Session, Transport};
use chinwag_protocol::{
    AccountId, Code, ConversationCard, ConversationId, Cursor, InviteBody, Kind, Role, Seq, SettingsBody,
    SyncPage,
};

use crate::lines::Rooms;
use crate::posting::{cursor_of_now, new_client_id, post, reader};
use crate::server::{Setup, TestServer, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    a_message_to_someone_offline_arrives_once_on_each_device
    a_request_is_told_and_taken_up
    z9_of_the_blocked_only_a_count_is_seen
}

/// Opens the direct chat with another, and gives its id.
async fn open(session: &Session, with: &Session) -> ConversationId {
    let chat = within("a chat", session.open_direct(with.account().id)).await;
    chat.expect("a direct chat may be opened").conversation.id
}

/// Every event from the log's beginning, read twice: out of memory and, when the server has begun anew, out of the store.
async fn all(
    session: &Session,
    transport: Transport,
    rooms: &Rooms,
    count: usize,
    start: &Cursor,
) -> Vec<String> {
    rooms.read(&mut reader(session, transport, start), count).await
}

async fn sync(session: &Session) -> SyncPage {
    within("sync", session.sync(None)).await.expect("sync is answered")
}

async fn refused<T: std::fmt::Debug>(asking: impl Future<Output = Result<T, ClientError>>) -> Option<Code> {
    within("a refusal", asking).await.expect_err("it is refused").code()
}

async fn a_message_to_someone_offline_arrives_once_on_each_device(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let start = cursor_of_now(&bob).await;
    let chat = open(&ada, &bob).await;
    assert!(sync(&bob).await.conversations.is_empty(), "opening tells the other nothing");
    post(&ada, chat, "one").await;
    post(&ada, chat, "two").await;
    let rooms = Rooms(vec![(chat, "chat")]);
    let lines = ["chat joined as member from 1, a request", "chat 1 #1 Ada: one", "chat 2 #2 Ada: two"];
    // Devices keep places of their own, wherever they connect from; what they missed they each get.
    let mut devices = [reader(&bob, way.transport, &start), reader(&bob, way.transport, &start)];
    for device in &mut devices {
        assert_eq!(rooms.read(device, 3).await, lines);
    }
    post(&ada, chat, "three").await;
    for device in &mut devices {
        assert_eq!(rooms.read(device, 1).await, ["chat 3 #3 Ada: three"], "once, and nothing in between");
    }

    // Out of the store.
    let data = server.stop().await;
    let server = TestServer::start_on(data, Setup::by(way)).await;
    let bob = server.resume(&bob).await;
    let all = all(&bob, way.transport, &rooms, 4, &start).await;
    assert_eq!(all[..3], lines);
    assert_eq!(all[3], "chat 3 #3 Ada: three");
}

async fn a_request_is_told_and_taken_up(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob, cyd) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Cyd").await);
    let start = cursor_of_now(&bob).await;
    let chat = open(&ada, &bob).await;
    let rooms = Rooms(vec![(chat, "chat")]);
    for text in ["1", "2", "3", "4", "5"] {
        post(&ada, chat, text).await;
    }
    assert_eq!(refused(ada.send(chat, new_client_id(), "6", None)).await, Some(Code::RequestPending));
    let row = sync(&bob).await.conversations.remove(0);
    assert_eq!((row.kind, row.request, row.seq.get(), row.n), (Kind::Direct, true, 5, 5));
    assert_eq!(row.peer.map(|peer| (peer.id, peer.name)), Some((ada.account().id, "Ada".to_owned())));
    let row = sync(&ada).await.conversations.remove(0);
    assert_eq!((row.request, row.peer.map(|peer| peer.name)), (false, Some("Bob".to_owned())));

    let mut reading = reader(&bob, way.transport, &start);
    assert_eq!(rooms.read(&mut reading, 1).await, ["chat joined as member from 1, a request"]);
    rooms.read(&mut reading, 5).await;
    within("an acceptance", bob.accept(chat)).await.expect("it may be accepted");
    within("an acceptance", bob.accept(chat)).await.expect("it is accepted");
    assert_eq!(rooms.read(&mut reading, 1).await, ["chat accepted"]);
    assert!(!sync(&bob).await.conversations[0].request);
    post(&ada, chat, "6").await;
    post(&bob, chat, "hello").await;
    assert_eq!(rooms.read(&mut reading, 2).await, ["chat 6 #6 Ada: 6", "chat 7 #7 Bob: hello"]);

    // An answer accepts, too.
    let start = cursor_of_now(&bob).await;
    let chat = open(&cyd, &bob).await;
    let rooms = Rooms(vec![(chat, "chat")]);
    post(&cyd, chat, "hi").await;
    post(&bob, chat, "hi!").await;
    let mut reading = reader(&bob, way.transport, &start);
    let lines = rooms.read(&mut reading, 4).await;
    let own: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.contains('#')).collect();
    assert_eq!(own, ["chat joined as member from 1, a request", "chat accepted"]);
}

async fn z9_of_the_blocked_only_a_count_is_seen(way: Way) {
    let server = TestServer::by(way).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let start = cursor_of_now(&bob).await;
    let (of_ada, of_bob) = (cursor_of_now(&ada).await, start.clone());
    let chat = open(&bob, &ada).await;
    assert_eq!(open(&ada, &bob).await, chat);
    let rooms = Rooms(vec![(chat, "chat")]);
    let mut bobs = reader(&bob, way.transport, &start);
    post(&ada, chat, "before").await;
    within("a block", bob.block(ada.account().id)).await.expect("one may block");
    let hidden = post(&ada, chat, "while").await;
    let mut adas = reader(&ada, way.transport, &of_ada);
    let deleted = post(&ada, chat, "regretted").await;
    within("a deletion", ada.delete(chat, deleted.seq)).await.expect("one's own may be deleted");
    assert_eq!(refused(bob.send(chat, new_client_id(), "no", None)).await, Some(Code::Blocked));
    within("an end", bob.unblock(ada.account().id)).await.expect("one may unblock");
    post(&ada, chat, "after").await;
    let bobs_lines = [
        "chat created as ",
        "chat joined as member from 1",
        "chat 1 #1 Ada: before",
        "blocked",
        "chat 2 hidden",
        "chat 3 hidden",
        "chat 4 hidden",
        "unblocked",
        "chat 5 #4 Ada: after",
    ];
    assert_eq!(rooms.read(&mut bobs, bobs_lines.len()).await, bobs_lines);
    let seen = rooms.read_until(&mut adas, "after").await;
    for line in ["chat 2 #2 Ada: while", "chat 4 Ada deletes 3", "chat 5 #4 Ada: after"] {
        assert!(seen.iter().any(|seen| seen == line), "{seen:?}");
    }

    let data = server.stop().await;
    let server = TestServer::start_on(data, Setup::by(way)).await;
    let (ada, bob) = (server.resume(&ada).await, server.resume(&bob).await);
    assert_eq!(all(&bob, way.transport, &rooms, bobs_lines.len(), &of_bob).await, bobs_lines, "replayed");
    let page = within("a page", bob.history(chat, HistoryRange::Newest, 50)).await.expect("it may be read");
    assert_eq!(rooms.page(&page), ["1 to 5", "1 #1 Ada: before", "5 #4 Ada: after"]);
    let page = within("a page", ada.history(chat, HistoryRange::Newest, 50)).await.expect("it may be read");
    let own = ["1 to 5", "1 #1 Ada: before", "2 #2 Ada: while", "3 #3 Ada:  (deleted)", "5 #4 Ada: after"];
    assert_eq!(rooms.page(&page), own);
    // What is hidden cannot be asked for in another way.
    assert_eq!(refused(bob.delete(chat, hidden.seq)).await, Some(Code::NotFound));
}

#[tokio::test]
async fn two_who_open_at_once_get_one_chat() {
    let server = TestServer::start().await;
    for _ in 0..10 {
        let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
        let (one, other) = tokio::join!(open(&ada, &bob), open(&bob, &ada));
        assert_eq!(one, other);
        post(&ada, one, "hi").await;
        let row = sync(&bob).await.conversations.remove(0);
        assert!(!row.request, "who has opened it got no request");
    }
}

#[tokio::test]
async fn a_chat_is_opened_by_a_user_name_too() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let unknown = AccountId::from_bytes([9; 16]);
    let absent = within("a chat", ada.open_direct(unknown)).await.expect_err("nobody").to_string();
    for name in ["bob", "b", ""] {
        let nobody = within("a chat", ada.open_direct_by_name(name)).await.expect_err("nobody's");
        assert_eq!(nobody.to_string(), absent, "{name:?}");
    }
    within("a name", bob.register("bob", "correct horse")).await.expect("it is free");
    let chat = within("a chat", ada.open_direct_by_name("Bob")).await.expect("it may be opened");
    assert_eq!(chat.conversation.peer.map(|peer| peer.id), Some(bob.account().id));
    assert_eq!(open(&ada, &bob).await, chat.conversation.id);
    let mut socket = within("a socket", ada.websocket(None)).await.expect("it opens");
    let same = within("a chat", socket.open_direct_by_name("bob")).await.expect("it may be opened");
    assert_eq!(same.conversation.id, chat.conversation.id);
    let nobody = within("a chat", socket.open_direct_by_name("nobody")).await.expect_err("nobody's");
    assert_eq!(nobody.code(), Some(Code::NotFound));
}

#[tokio::test]
async fn notes_are_for_oneself() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let notes = open(&ada, &ada).await;
    for _ in 0..7 {
        post(&ada, notes, "milk").await;
    }
    let row = sync(&ada).await.conversations.remove(0);
    assert_eq!((row.n, row.peer.map(|peer| peer.name)), (7, Some("Ada".to_owned())));
}

#[tokio::test]
async fn z8_and_z1_a_third_finds_what_is_absent() {
    let server = TestServer::start().await;
    let (ada, bob, eve) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Eve").await);
    let chat = open(&ada, &bob).await;
    post(&ada, chat, "secret").await;
    let absent = ConversationId::from_bytes([9; 16]);
    let told = async |id: ConversationId| {
        let mut told = Vec::new();
        let history = within("history", eve.history(id, HistoryRange::Newest, 50)).await;
        told.push(history.expect_err("refused").to_string());
        let send = within("a send", eve.send(id, new_client_id(), "hi", None)).await;
        told.push(send.expect_err("refused").to_string());
        told.push(within("accept", eve.accept(id)).await.expect_err("refused").to_string());
        told.push(within("delete", eve.delete(id, Seq::new(1))).await.expect_err("refused").to_string());
        told
    };
    assert_eq!(told(chat).await, told(absent).await);
    assert_eq!(refused(ada.leave(chat)).await, Some(Code::Forbidden));
    // By WebSocket as by REST.
    let mut socket = within("a socket", eve.websocket(None)).await.expect("it opens");
    let over = [socket.accept(chat).await, socket.accept(absent).await]
        .map(|answer| answer.expect_err("refused").to_string());
    assert_eq!(over[0], over[1]);
    let own = within("a chat", socket.open_direct(bob.account().id)).await.expect("anyone may");
    assert_ne!(own.conversation.id, chat);
}

/// That there are members, or how many, would tell a sender whether the other has blocked them.
#[tokio::test]
async fn nobody_runs_a_direct_chat_or_lists_its_members() {
    let server = TestServer::start().await;
    let (ada, bob, eve) = (server.guest("Ada").await, server.guest("Bob").await, server.guest("Eve").await);
    let chat = open(&ada, &bob).await;
    post(&ada, chat, "hi").await;
    let card = within("a card", ada.conversation(chat)).await.expect("a member may look");
    let peer = |card: &ConversationCard| card.peer.as_ref().map(|peer| peer.name.clone());
    assert_eq!((card.kind, peer(&card).as_deref(), card.request), (Kind::Direct, Some("Bob"), false));
    assert_eq!(card.members, None);
    let card = within("a card", bob.conversation(chat)).await.expect("a member may look");
    assert_eq!((peer(&card).as_deref(), card.request, card.members), (Some("Ada"), true, None));
    let absent = ConversationId::from_bytes([9; 16]);
    for (who, id, code) in [
        (&ada, chat, Code::Forbidden),
        (&bob, chat, Code::Forbidden),
        (&eve, chat, Code::NotFound),
        (&eve, absent, Code::NotFound),
    ] {
        let other = bob.account().id;
        assert_eq!(refused(who.members(id, None, 5)).await, Some(code));
        assert_eq!(refused(who.bans(id, None, 5)).await, Some(code));
        assert_eq!(refused(who.invites(id)).await, Some(code));
        assert_eq!(refused(who.invite(id, &InviteBody::default())).await, Some(code));
        assert_eq!(refused(who.add_members(id, vec![eve.account().id])).await, Some(code));
        assert_eq!(refused(who.remove_member(id, other)).await, Some(code));
        assert_eq!(refused(who.set_role(id, other, Role::Admin)).await, Some(code));
        assert_eq!(refused(who.hand_over(id, other)).await, Some(code));
        assert_eq!(refused(who.ban(id, other)).await, Some(code));
        assert_eq!(refused(who.lift_ban(id, other)).await, Some(code));
        assert_eq!(refused(who.mute(id, other, 60)).await, Some(code));
        assert_eq!(refused(who.lift_mute(id, other)).await, Some(code));
        assert_eq!(refused(who.change_conversation(id, &SettingsBody::default())).await, Some(code));
    }
}

#[tokio::test]
async fn blocks_are_listed_in_pages() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let mut others = Vec::new();
    for number in 0..5 {
        others.push(server.guest(&format!("Other {number}")).await.account().id);
    }
    let mut socket = within("a socket", ada.websocket(None)).await.expect("it opens");
    for other in &others {
        within("a block", socket.block(*other)).await.expect("one may block");
    }
    within("an end", socket.unblock(others[2])).await.expect("one may unblock");
    others.remove(2);
    others.sort();
    let (mut listed, mut next) = (Vec::new(), None);
    loop {
        let page = within("a page", ada.blocks(next, 3)).await.expect("it may be read");
        listed.extend(page.blocks.into_iter().map(|card| card.id));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(listed, others);
    let unknown = AccountId::from_bytes([9; 16]);
    assert_eq!(refused(ada.block(unknown)).await, Some(Code::NotFound));
    assert_eq!(refused(ada.open_direct(unknown)).await, Some(Code::NotFound));
    assert_eq!(refused(ada.block(ada.account().id)).await, Some(Code::Forbidden));
}
