//! Messages that are no commands, and commands with more in them than they should have. The marks are those of the
//! collection of bad inputs.

use serde_json::{Value, json};

use super::guest::Guest;
use crate::server::Server;
use crate::socket::Over;

#[tokio::test]
async fn bad_frames() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let room = ada.room("tea").await;
    let nested =
        format!(r#"{{"id":"1","command":"ping","x":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let unclosed = format!(r#"{{"id":"1","command":"ping","x":{}"#, "{\"a\":".repeat(50_000));
    let long_id = format!(r#"{{"id":"{}","command":"ping"}}"#, "é".repeat(33));
    let too_much = format!(r#"{{"id":"1","command":"ping","data":"{}"}}"#, "é".repeat(4_097));
    let delete =
        |seq: &str| format!(r#"{{"id":"1","command":"delete_message","conversation":"{room}","seq":{seq}}}"#);
    let nobody = json!(null);
    let one = json!("1");
    let table: &[(&str, &str, &Value)] = &[
        // E1
        ("", "malformed_json", &nobody),
        (" ", "malformed_json", &nobody),
        ("nonsense", "malformed_json", &nobody),
        ("null", "malformed_json", &nobody),
        ("5", "malformed_json", &nobody),
        ("\"ping\"", "malformed_json", &nobody),
        (r#"[{"id":"1","command":"ping"}]"#, "malformed_json", &nobody),
        ("\u{feff}{\"id\":\"1\",\"command\":\"ping\"}", "malformed_json", &nobody),
        (r#"{"id":"1","command":"ping"}{}"#, "malformed_json", &nobody),
        (r#"{"id":"1","command":"ping"}x"#, "malformed_json", &nobody),
        (r#"{"id":"1","command":"ping""#, "malformed_json", &nobody),
        (r#"{"id":"1","command":"ping",}"#, "malformed_json", &nobody),
        ("{\"id\":\"1\",\"command\":\"ping\",\"data\":\"a\u{1}\"}", "malformed_json", &nobody),
        // E2
        (&nested, "malformed_json", &nobody),
        (&unclosed, "malformed_json", &nobody),
        // E3
        (r#"{"id":"1","id":"2","command":"ping"}"#, "invalid_field", &nobody),
        (r#"{"id":"1","command":"ping","command":"sign_out"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"ping","data":"a","data":"b"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"open_room","slug":"a","slug":"b"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"ping","data":NaN}"#, "malformed_json", &nobody),
        (&delete("1e400"), "invalid_field", &one),
        (&delete("NaN"), "malformed_json", &nobody),
        (&delete("-1"), "invalid_field", &one),
        (&delete("1.0"), "invalid_field", &one),
        (&delete("\"1\""), "invalid_field", &one),
        (&delete("18446744073709551616"), "invalid_field", &one),
        (&delete("9007199254740993"), "not_found", &one),
        // E4
        (r#"{"id":"\ud800","command":"ping"}"#, "invalid_field", &nobody),
        (r#"{"id":"1","command":"ping","data":"\udc00"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"open_room","slug":"a\u0000"}"#, "invalid_slug", &one),
        // E5
        ("{}", "invalid_field", &nobody),
        (r#"{"command":"ping"}"#, "invalid_field", &nobody),
        (r#"{"id":1,"command":"ping"}"#, "invalid_field", &nobody),
        (r#"{"id":null,"command":"ping"}"#, "invalid_field", &nobody),
        (r#"{"id":"","command":"ping"}"#, "invalid_field", &nobody),
        (&long_id, "invalid_field", &nobody),
        (r#"{"id":"1"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"promote"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"Ping"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":5}"#, "invalid_field", &one),
        (r#"{"id":"1","command":{"ping":null}}"#, "invalid_field", &one),
        (r#"{"id":"1","command":["ping"]}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"open_room"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"open_room","slug":null}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"leave"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"ack"}"#, "invalid_field", &one),
        (r#"{"id":"1","command":"ping","data":5}"#, "invalid_field", &one),
        // E7
        (&too_much, "invalid_field", &one),
    ];
    for (frame, code, id) in table {
        let (found, told) = ada.refusal(frame).await;
        assert_eq!((found.as_str(), &told), (*code, *id), "{frame:.200}");
    }
    // None of it was done, and the next command is.
    let (_, page) = ada.rest("GET", &format!("/v1/conversations/{room}/messages"), "").await;
    assert_eq!(page["to_seq"], 0);
    let pong = ada.frame(r#"{"id":"1","command":"ping","data":"still here"}"#).await;
    assert_eq!(pong, json!({"type": "reply", "id": "1", "result": {"data": "still here"}}));
}

#[tokio::test]
async fn the_refusal_names_the_field() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    for (frame, field) in [
        (r#"{"command":"ping"}"#, "id"),
        (r#"{"id":"1"}"#, "command"),
        (r#"{"id":"1","command":"delete_message","conversation":"x"}"#, "seq"),
        (r#"{"id":"1","command":"delete_message","seq":1}"#, "conversation"),
        (r#"{"id":"1","command":"send_message","conversation":"x","text":"a","client_id":"x"}"#, "client_id"),
        (r#"{"id":"1","command":"ping","data":[]}"#, "data"),
    ] {
        let answer = ada.frame(frame).await;
        let detail = answer["problem"]["detail"].as_str().unwrap();
        assert!(detail.contains(field), "{frame}: {detail}");
    }
}

#[tokio::test]
async fn pings_are_echoed() {
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let id = "é".repeat(32);
    let data = "é".repeat(4_096);
    let frame = json!({"id": id, "command": "ping", "data": data, "more": [{"a": 1}]}).to_string();
    assert_eq!(ada.frame(&frame).await, json!({"type": "reply", "id": id, "result": {"data": data}}));
    // Absent is absent.
    let answer = ada.frame(r#" {"command":"ping","id":"a\"b"} "#).await;
    assert_eq!(answer, json!({"type": "reply", "id": "a\"b", "result": {}}));
}

#[tokio::test]
async fn privileges_in_a_frame_are_not_applied() {
    // E5, E6, E8
    let server = Server::start().await;
    let ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let mut bob = Guest::arrive(&server, Over::Http1, "Bob").await;
    let room = ada.room("tea").await;
    let joined =
        r#"{"id":"1","command":"open_room","slug":"tea","role":"owner","kind":"admin","account":"ACCOUNT"}"#;
    let answer = bob.frame(&joined.replace("ACCOUNT", &ada.account)).await;
    assert_eq!(answer["result"]["conversation"]["role"], "member");
    let send = r#"{"id":"1","command":"send_message","conversation":"ROOM","client_id":"0197a3b0-0000-7000-8000-000000000001",
        "text":"TEXT","sender":"ACCOUNT","seq":99,"sent_at":"2000-01-01T00:00:00Z","deleted":true}"#;
    let send = send.replace("ROOM", &room).replace("ACCOUNT", &ada.account);
    for nothing in ["", " ", "\\u200b\\ufeff", "\\u202e", "\\n\\t"] {
        assert_eq!(bob.refusal(&send.replace("TEXT", nothing)).await.0, "invalid_text", "{nothing}");
    }
    // A thousand combining marks are somebody's text.
    let marks = format!("a{}", "\u{301}".repeat(1_000));
    assert_eq!(bob.frame(&send.replace("TEXT", &marks)).await["result"]["seq"], 1);
    let (_, page) = ada.rest("GET", &format!("/v1/conversations/{room}/messages"), "").await;
    let message = &page["messages"][0];
    assert_eq!(message["sender"]["id"], bob.account);
    assert_eq!(message["text"], marks);
    assert_ne!(message["sent_at"], "2000-01-01T00:00:00Z");
    assert_eq!(message.get("deleted"), None);
}

#[tokio::test]
async fn the_largest_text_fits() {
    // E7: with every byte escaped it fits into a message.
    let server = Server::start().await;
    let mut ada = Guest::arrive(&server, Over::Http1, "Ada").await;
    let room = ada.room("tea").await;
    let send = |text: &str| {
        let id = "0197a3b0-0000-7000-8000-000000000001";
        format!(
            r#"{{"id":"{}","command":"send_message","conversation":"{room}","client_id":"{id}","text":"{text}","follows":null}}"#,
            "i".repeat(64)
        )
    };
    let largest = send(&"\\u0041".repeat(32_768));
    assert_eq!(ada.frame(&largest).await["result"]["seq"], 1);
    assert_eq!(ada.refusal(&send(&"\\u0041".repeat(32_769))).await.0, "invalid_text");
    assert_eq!(ada.refusal(&send(&"é".repeat(16_385))).await.0, "invalid_text");
}
