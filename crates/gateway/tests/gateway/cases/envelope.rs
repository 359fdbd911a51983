//! E1 to E8: what a message to post, or a command, may not look like. The same answer by REST and by frame.

use serde_json::{Value, json};

use super::scene::{MARK, scene};
use super::way::{Member, Way};
use crate::http2_client::Http2;
use crate::server::Server;

const ID: &str = "0197a3b0-0000-7000-8000-000000000001";

/// One member for each way.
async fn members(server: &Server) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    for way in Way::ALL {
        members.push(Member::arrive(server, way).await);
    }
    members
}

/// Sends what follows as it is, by each way; all of it must be refused with this code, and nothing stored.
async fn refused(server: &Server, code: &str, texts: &[&str]) {
    for mut member in members(server).await {
        let before = member.messages().await;
        for text in texts {
            let told = member.raw(text).await;
            assert_eq!(told["code"], code, "{:?} {text:.100} got {told}", member.way);
        }
        assert_eq!(member.messages().await, before);
        still_works(&mut member).await;
    }
}

/// The connection goes on after a refusal.
async fn still_works(member: &mut Member<'_>) {
    let told = member.say(MARK).await;
    assert!(told["seq"].is_u64(), "{:?} {told}", member.way);
}

fn code(told: &Value) -> &str {
    told["code"].as_str().unwrap_or_else(|| panic!("{told}"))
}

#[tokio::test]
async fn e1_what_is_no_object() {
    scene(async |server| {
        for mut member in members(server).await {
            for text in [
                "",
                " ",
                "nonsense",
                "null",
                "5",
                "\"text\"",
                "[]",
                "[{\"text\":\"xyzzy\"}]",
                "\u{feff}{}",
                "{}{}",
                "{}x",
                "{",
                "{\"text\":\"xyzzy\",}",
                "{'text':'xyzzy'}",
                "{\"text\":\"xyz\u{1}zy\"}",
                "{\"text\":\"xyz\nzy\"}",
            ] {
                let told = member.raw(text).await;
                assert_eq!(code(&told), "malformed_json", "{:?} {text:?}", member.way);
            }
            assert!(member.messages().await.iter().all(|message| message["text"] == MARK));
            still_works(&mut member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn e2_nesting() {
    let arrays = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let unclosed = "{\"a\":".repeat(40_000);
    let mixed = "[{\"a\":".repeat(30_000);
    scene(async |server| {
        refused(server, "malformed_json", &[&arrays, &unclosed, &mixed, &format!("{{\"x\":{mixed}")]).await;
        // A field that nobody asks for may nest a little.
        for mut member in members(server).await {
            let told = member.send(&format!(r#""client_id":"{ID}","text":"{MARK}","x":[[[[{{}}]]]]"#)).await;
            assert!(told["seq"].is_u64(), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn e3_keys_twice_and_odd_numbers() {
    let fields = [
        (format!(r#""client_id":"{ID}","text":"a","text":"b""#), "invalid_field"),
        (format!(r#""client_id":"{ID}","client_id":"{ID}","text":"a""#), "invalid_field"),
        (format!(r#""client_id":"{ID}","text":"a","follows":1e400"#), "invalid_field"),
        (format!(r#""client_id":"{ID}","text":9007199254740993"#), "invalid_field"),
        (format!(r#""client_id":-1,"text":"a""#), "invalid_field"),
        (format!(r#""client_id":NaN,"text":"a""#), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":Infinity"#), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":"a","follows":01"#), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":"a","follows":+1"#), "malformed_json"),
    ];
    scene(async |server| {
        for mut member in members(server).await {
            for (fields, expected) in &fields {
                assert_eq!(code(&member.send(fields).await), *expected, "{:?} {fields}", member.way);
            }
            for (seq, by_rest, by_frame) in [
                ("-1", "not_found", "invalid_field"),
                ("1.5", "not_found", "invalid_field"),
                ("1e400", "not_found", "invalid_field"),
                ("18446744073709551616", "not_found", "invalid_field"),
                ("NaN", "not_found", "malformed_json"),
                ("9007199254740993", "not_found", "not_found"),
                ("9223372036854775808", "not_found", "not_found"),
            ] {
                let expected = if member.way.is_frame() { by_frame } else { by_rest };
                assert_eq!(code(&member.delete(seq).await), expected, "{:?} {seq}", member.way);
            }
            still_works(&mut member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn e4_lone_surrogates_and_nul() {
    scene(async |server| {
        for mut member in members(server).await {
            for (text, expected) in [
                ("xyzzy\\ud800", "invalid_field"),
                ("xyzzy\\udc00", "invalid_field"),
                ("xyzzy\\ud800\\u0041", "invalid_field"),
                ("xyzzy\\udc00\\ud800", "invalid_field"),
                ("xyzzy\\u0000", "invalid_text"),
                ("\\u0000", "invalid_text"),
            ] {
                assert_eq!(code(&member.say(text).await), expected, "{:?} {text}", member.way);
            }
            // A pair is a character.
            let told = member.say("xyzzy\\ud83d\\ude00").await;
            assert!(told["seq"].is_u64(), "{told}");
            assert_eq!(member.messages().await.last().unwrap()["text"], "xyzzy😀");
            for slug in ["a\0", "a\u{1}"] {
                assert_eq!(code(&member.open(slug).await), "invalid_slug", "{:?} {slug:?}", member.way);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e5_missing_mistyped_and_privileged_fields() {
    scene(async |server| {
        for mut member in members(server).await {
            for fields in [
                r#""text":"xyzzy""#.to_owned(),
                format!(r#""client_id":"{ID}""#),
                format!(r#""client_id":"{ID}","text":null"#),
                format!(r#""client_id":"{ID}","text":["xyzzy"]"#),
                format!(r#""client_id":"{ID}","text":{{"a":"xyzzy"}}"#),
                r#""client_id":"xyzzy","text":"xyzzy""#.to_owned(),
                r#""client_id":7,"text":"xyzzy""#.to_owned(),
                format!(r#""client_id":"{ID}","text":"xyzzy","follows":[]"#),
            ] {
                assert_eq!(code(&member.send(&fields).await), "invalid_field", "{:?} {fields}", member.way);
            }
            if member.way.is_frame() {
                for frame in [
                    "{}",
                    r#"{"id":"1"}"#,
                    r#"{"id":"1","command":"promote"}"#,
                    r#"{"id":"1","command":"Send_Message"}"#,
                    r#"{"id":1,"command":"ping"}"#,
                ] {
                    assert_eq!(code(&member.raw(frame).await), "invalid_field", "{frame}");
                }
            }
            let other = server.guest("Ada").await;
            let other = server.json(&other, "GET", "/v1/session", "").await.json();
            let forged = format!(
                r#""client_id":"{ID}","text":"xyzzy","sender":{{"id":{0}}},"account":{0},"actor":{0},"seq":99,"n":7,
                "role":"owner","admin":true,"deleted":true,"sent_at":"2000-01-01T00:00:00Z","lookalike":true"#,
                other["account"]["id"]
            );
            assert!(member.send(&forged).await["seq"].is_u64());
            let message = member.messages().await.pop().unwrap();
            assert_eq!(message["sender"]["id"], member.account);
            assert_ne!(message["seq"], 99);
            assert_ne!(message["sent_at"], "2000-01-01T00:00:00Z");
            assert_eq!((message.get("deleted"), message["sender"].get("lookalike")), (None, None));
        }
        // Nobody but who made the room owns it, whatever was asked for.
        let mut member = Member::arrive(server, Way::FrameHttp1).await;
        assert_eq!(member.open("tea").await["conversation"]["role"], "member");
    })
    .await;
}

#[tokio::test]
async fn e6_nothing_to_see() {
    scene(async |server| {
        for mut member in members(server).await {
            for text in [
                "",
                " ",
                "\\n\\t\\r",
                "\\u200b\\ufeff",
                "\\u2060\\u00ad",
                "\\u202e\\u202c",
                "\\u3000",
                "\\u0007",
            ] {
                assert_eq!(code(&member.say(text).await), "invalid_text", "{:?} {text}", member.way);
            }
            still_works(&mut member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn e7_both_sides_of_the_limits() {
    scene(async |server| {
        // Bytes of UTF-8, not characters.
        let fits = ["x".repeat(32_768), "é".repeat(16_384), "😀".repeat(8_192), "\\u0041".repeat(32_768)];
        let too_long = ["x".repeat(32_769), "é".repeat(16_385), "😀".repeat(8_193), "\\u0041".repeat(32_769)];
        for mut member in members(server).await {
            for (fits, too_long) in fits.iter().zip(&too_long) {
                assert!(member.say(fits).await["seq"].is_u64(), "{:?}", member.way);
                assert_eq!(code(&member.say(too_long).await), "invalid_text", "{:?}", member.way);
            }
            for (slug, is_good) in [
                ("s".repeat(64), true),
                ("s".repeat(65), false),
                ("𠀀".repeat(64), true),
                ("𠀀".repeat(65), false),
                ("é".repeat(64), true),
                ("é".repeat(65), false),
            ] {
                let told = member.open(&slug).await;
                assert_eq!(told.get("code").is_none(), is_good, "{:?} {slug} {told}", member.way);
            }
        }
        let http2 = Http2::connect(server).await;
        for (name, status) in [
            ("n".repeat(40), 201),
            ("n".repeat(41), 400),
            ("é".repeat(40), 201),
            ("é".repeat(41), 400),
            ("𠀀".repeat(40), 201),
            ("𠀀".repeat(41), 400),
        ] {
            let body = json!({ "name": name }).to_string();
            let lines = ["content-type: application/json"];
            assert_eq!(server.ask("POST", "/v1/guests", &lines, &body).await.status, status, "{name}");
            assert_eq!(http2.ask("POST", "/v1/guests", &lines, &body).await.status, status, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn e8_what_looks_like_something_else() {
    scene(async |server| {
        let texts = [
            // Somebody's text, whatever it looks like; the page keeps it within its place.
            "xyzzy \u{202e}desrever\u{202c}".to_owned(),
            "xyzzy \u{2066}isolated".to_owned(),
            format!("xyzzy a{}", "\u{301}".repeat(1_000)),
        ];
        for mut member in members(server).await {
            for text in &texts {
                assert!(member.say(text).await["seq"].is_u64(), "{:?}", member.way);
                assert_eq!(member.messages().await.last().unwrap()["text"], *text);
            }
            for slug in ["a\u{202e}b", "a\u{200b}b", "\u{301}a", "-a", "a/b", "..", "a b"] {
                assert_eq!(code(&member.open(slug).await), "invalid_slug", "{:?} {slug:?}", member.way);
            }
            let zalgo = format!("a{}", "\u{301}".repeat(1_000));
            assert_eq!(code(&member.open(&zalgo).await), "invalid_slug", "{:?}", member.way);
            // Cyrillic in Latin.
            assert_eq!(member.open("pаypal").await["conversation"]["lookalike"], true);
        }
        let http2 = Http2::connect(server).await;
        let lines = ["content-type: application/json"];
        for name in ["A\u{202e}b", "A\u{200b}b", " Ada", "Ada ", "\u{feff}", "A\tb", "A\nb", "A\u{1b}[31m"] {
            let body = json!({ "name": name }).to_string();
            assert_eq!(
                server.ask("POST", "/v1/guests", &lines, &body).await.code(),
                "invalid_name",
                "{name:?}"
            );
            assert_eq!(
                http2.ask("POST", "/v1/guests", &lines, &body).await.code(),
                "invalid_name",
                "{name:?}"
            );
        }
        let answer = http2.ask("POST", "/v1/guests", &lines, "{\"name\":\"Аda\"}").await;
        assert_eq!(answer.json()["account"]["lookalike"], true);
    })
    .await;
}
