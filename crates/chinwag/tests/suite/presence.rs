//! Who is there and who types, as the client's readers get it beside the records.

use chinwag_client::{EventReader, Session};
use chinwag_protocol::{GroupBody, OwnStatus, Record, ShownStatus, ViewBody};

use crate::posting::{cursor_of_now, new_client_id, post, quick};
use crate::server::{Setup, TestServer, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    signals_come_beside_the_records_and_move_nothing
}

/// Reads until a record is what is waited for; meanwhile somebody goes away and comes back again and again.
async fn read_until(
    reader: &mut EventReader,
    bob: &Session,
    mut is_it: impl FnMut(&Record) -> bool,
) -> Record {
    let mut away = false;
    let reading = async {
        loop {
            let status = if away { OwnStatus::Online } else { OwnStatus::Away };
            tokio::select! {
                record = reader.next() => {
                    let record = record.expect("reading is not refused");
                    if is_it(&record) {
                        return record;
                    }
                }
                said = bob.set_presence(status) => {
                    said.expect("anyone may say so");
                    away = !away;
                }
            }
        }
    };
    within("a signal or a record", reading).await
}

async fn signals_come_beside_the_records_and_move_nothing(way: Way) {
    // What is told of presence is what one server knows.
    let server = TestServer::start_with(Setup { alone: true, ..Setup::by(way) }).await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let body = GroupBody {
        client_id: new_client_id(),
        title: "Crew".to_owned(),
        topic: None,
        history_visible: None,
    };
    let crew = within("a group", ada.create_group(&body)).await.expect("anyone may make a group").id;
    let added = within("adding", ada.add_members(crew, vec![bob.account().id])).await;
    added.expect("an owner may add");
    let mut bobs = within("a WebSocket", bob.websocket(None)).await.expect("Bob may read");

    let place = cursor_of_now(&ada).await;
    let view = ViewBody { conversations: vec![crew], accounts: vec![bob.account().id] };
    let mut reader = ada.looking_at(&view).events(way.transport, Some(place), quick());
    let id = bob.account().id;
    let shows = |expected: ShownStatus| move |record: &Record| matches!(record, Record::Presence { account, status, .. } if *account == id && *status == expected);
    read_until(&mut reader, &bob, shows(ShownStatus::Away)).await;
    let before = reader.cursor().cloned();
    read_until(&mut reader, &bob, shows(ShownStatus::Online)).await;
    within("typing", bobs.typing(crew, true)).await.expect("a member may type");
    let is_typing =
        |record: &Record| matches!(record, Record::Typing { account, on: true, .. } if *account == id);
    read_until(&mut reader, &bob, is_typing).await;
    let sent = post(&bob, crew, "done").await;
    let message = read_until(&mut reader, &bob, |record| matches!(record, Record::Message(_))).await;
    let Record::Message(message) = message else { unreachable!("it is one") };
    assert_eq!((message.seq, message.text.as_str()), (sent.seq, "done"));
    assert_ne!(reader.cursor().cloned(), before, "a record moves the reader");
}
