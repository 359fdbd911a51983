//! Text of every kind comes through unchanged, however the bytes are cut on their way.

use chinwag_client::HistoryRange;
use chinwag_protocol::{Code, Record};

use crate::fault_proxy::{Fault, FaultProxy};
use crate::posting::{cursor_of_now, new_client_id, post, reader};
use crate::server::{Setup, TestServer, open, within};
use crate::way::{Way, on_every_transport};

on_every_transport! {
    text_survives_every_cut
}

/// Texts that break what is careless.
const TORTURE: [&str; 14] = [
    "é",
    "e\u{301}\u{327}",
    "茶碗",
    "👩‍👩‍👧‍👦 👋🏽 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "שלום עולם مرحبا",
    "\u{202e}reversed\u{202c}",
    "\u{feff}with a byte order mark",
    "\u{fffd} is no error",
    "one\ntwo\r\nthree\rfour\u{2028}five\u{2029}six\u{85}seven\u{b}eight\u{c}nine",
    "data: not an event\n\nid: x\n\nevent: end\n\n",
    "{\"type\":\"end\"}\n{\"type\":\"gap\"}",
    "\"quotes\" and \\backslashes\\ and \u{1}\u{1f}\u{7f} controls",
    "\u{10ffff}\u{e000}\u{fdd0}\u{1fffe}",
    "</script><!-- & &amp; %00 %C3%A9",
];

/// As long as a text may be, in characters of one, two, three and four bytes, and with every byte escaped.
fn long_texts() -> [String; 5] {
    [
        "x".repeat(32_768),
        "é".repeat(16_384),
        "茶".repeat(10_922),
        "👋".repeat(8_192),
        "\u{1}".repeat(32_767) + "x",
    ]
}

async fn text_survives_every_cut(way: Way) {
    let server = TestServer::by(way).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    for (texts, sizes) in [
        (TORTURE.map(str::to_owned).to_vec(), [1, 2, 3, 5, 7].as_slice()),
        (long_texts().to_vec(), [251, 4_093].as_slice()),
    ] {
        let start = cursor_of_now(&ada).await;
        for (text, &size) in texts.iter().zip(sizes.iter().cycle()) {
            let proxy = FaultProxy::start(server.address(), move || Fault::Pieces(size)).await;
            post(&ada.by_way_of(&proxy.client(&server)), tea, text).await;
        }
        for &size in sizes {
            let proxy = FaultProxy::start(server.address(), move || Fault::Pieces(size)).await;
            let mut reader = reader(&ada.by_way_of(&proxy.client(&server)), way.transport, &start);
            let mut received = Vec::new();
            while received.len() < texts.len() {
                let record = within("a record", reader.next()).await.expect("reading is not refused");
                if let Record::Message(message) = record {
                    received.push(message.text);
                }
            }
            assert!(received == texts, "in pieces of {size}");
        }
        let page = within("a page", ada.history(tea, HistoryRange::Newest, texts.len() as u32)).await;
        let page = page.expect("history may be read");
        assert!(page.messages.into_iter().map(|message| message.text).eq(texts));
    }
}

#[tokio::test]
async fn where_texts_may_be_longer_they_fit_by_request_and_by_frame() {
    let server = TestServer::start_with(Setup { message_bytes_max: Some(100_000), ..Setup::default() }).await;
    let ada = server.guest("Ada").await;
    let tea = open(&ada, "tea").await;
    // Each byte takes six in JSON.
    let longest = "\u{1}".repeat(99_999) + "x";
    post(&ada, tea, &longest).await;
    let mut socket = within("a WebSocket", ada.websocket(None)).await.expect("it may be opened");
    let sending = socket.send_message(tea, new_client_id(), &longest, None);
    assert_eq!(within("a send", sending).await.expect("it fits").seq.get(), 2);
    let too_long = longest + "x";
    let sending = socket.send_message(tea, new_client_id(), &too_long, None);
    let refused = within("a refusal", sending).await.expect_err("it is too long");
    assert_eq!(refused.code(), Some(Code::InvalidText));
}
