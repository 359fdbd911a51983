//! Many who come at once.

use chinwag_client::Transport;
use tokio::task::JoinSet;

use crate::lines::Rooms;
use crate::posting::{post, reader_from_now};
use crate::server::{TestServer, open, within};

/// Who comes into a room is counted, and nobody is told: a thousand joins cost its readers nothing, over no transport.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_joins_cost_the_readers_of_a_room_nothing() {
    let server = TestServer::start().await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    let rooms = Rooms(vec![(tea, "tea")]);
    let mut readers = Vec::new();
    for transport in Transport::ALL {
        readers.push(reader_from_now(&ada, transport).await);
    }
    let mut coming = JoinSet::new();
    for comer in 0..50 {
        let client = server.client();
        coming.spawn(async move {
            for number in 0..20 {
                let guest = within("a guest", client.guest(&format!("Guest {comer} {number}"))).await;
                open(&guest.expect("a guest may come"), "tea").await;
            }
        });
    }
    coming.join_all().await;
    let found = within("the room", ada.conversation(tea)).await.expect("one is in it");
    assert_eq!(found.members, Some(1_001));
    post(&ada, tea, "so many!").await;
    for reader in &mut readers {
        assert_eq!(rooms.read(reader, 1).await, ["tea 1 #1 Ada: so many!"], "{}", reader.transport());
    }
}
