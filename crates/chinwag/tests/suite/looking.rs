//! What whoever is signed in may look at: accounts and the list of rooms.

use chinwag_client::ClientError;
use chinwag_protocol::{AccountId, AccountUpdateBody, Code, ListedRoom, SettingsBody};

use crate::server::{TestServer, open, within};

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> Option<Code> {
    answer.expect_err("was not refused").code()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_shows_is_for_everybody() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let update = AccountUpdateBody { about: Some("Engines.".to_owned()), ..AccountUpdateBody::default() };
    let card = within("a change", ada.update_account(&update)).await.expect("her own");
    let shown = within("looking", bob.show_any_account(card.id)).await.expect("anybody may look");
    assert_eq!((shown.about.as_str(), &shown), ("Engines.", &card));
    let absent = AccountId::from_bytes([9; 16]);
    assert_eq!(code(bob.show_any_account(absent).await), Some(Code::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_rooms_are_found_page_by_page() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let listed = SettingsBody { listed: Some(true), ..SettingsBody::default() };
    for slug in ["ζ", "beta", "alpha", "gamma"] {
        let room = open(&ada, slug).await;
        if slug != "gamma" {
            within("listing", ada.change_conversation(room, &listed)).await.expect("her own");
        }
    }
    open(&bob, "beta").await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = within("a page", bob.rooms(after.as_deref(), 2)).await.expect("anybody may look");
        found.extend(page.rooms);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let room = |slug: &str, members, joined| ListedRoom {
        slug: slug.to_owned(),
        lookalike: false,
        title: slug.to_owned(),
        topic: String::new(),
        members,
        joined,
    };
    assert_eq!(found, [room("alpha", 1, false), room("beta", 2, true), room("ζ", 1, false)]);
}
