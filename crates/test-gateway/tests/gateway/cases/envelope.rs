//! E1 to E8: what a message to post, or a command, may not look like. The same answer by REST and by frame.

use serde_json::{Value, json};

use super::scene::{MARK, scene};
use super::way::{Member, Way};
use crate::http2_client::Http2;
use crate::server::Server;
use crate::socket::Over;
use crate::wire::Answer;

const ID: &str = "0197a3b0-0000-7000-8000-000000000001";
const JSON: &str = "content-type: application/json";

/// Tries something as a new member in each way. It leaves nothing behind, and the connection goes on.
async fn in_vain<'a>(server: &'a Server, tried: impl AsyncFn(&mut Member<'a>)) {
    for way in Way::ALL {
        let mut member = Member::arrive(server, way).await;
        let before = member.stored().await;
        tried(&mut member).await;
        assert_eq!(member.stored().await, before, "{way:?}: something of it is stored");
        let told = member.say(MARK).await;
        assert!(told["seq"].is_u64(), "{way:?}: the connection goes on: {told}");
    }
}

/// A new guest with this body, over each protocol.
async fn guests(server: &Server, body: impl AsRef<[u8]>) -> [Answer; 2] {
    let http2 = Http2::connect(server).await;
    [
        server.ask("POST", "/v1/guests", &[JSON], body.as_ref()).await,
        http2.ask("POST", "/v1/guests", &[JSON], body.as_ref()).await,
    ]
}

fn code(told: &Value) -> &str {
    told["code"].as_str().unwrap_or_else(|| panic!("{told}"))
}

/// What is no object, and nests too deep.
fn malformed() -> Vec<Vec<u8>> {
    let arrays = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let mixed = "[{\"a\":".repeat(30_000);
    [
        "",
        " ",
        "nonsense",
        "null",
        "true",
        "5",
        "\"text\"",
        "[]",
        "[{\"text\":\"xyzzy\"}]",
        "\u{feff}{}",
        "{}{}",
        "{}x",
        "{}\0",
        "{",
        "{\"text\":\"xyzzy\",}",
        "{'text':'xyzzy'}",
        "{\"text\":\"xyz\u{1}zy\"}",
        "{\"text\":\"xyz\nzy\"}",
        // E2
        &arrays,
        &"{\"a\":".repeat(40_000),
        &"[".repeat(200_000),
        &mixed,
        &format!("{{\"x\":{mixed}"),
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

#[tokio::test]
async fn e1_and_e2_what_is_no_object_or_nests_too_deep() {
    scene(async |server| {
        in_vain(server, async |member| {
            for text in malformed() {
                let told = member.raw(&text).await;
                let start = String::from_utf8_lossy(&text[..text.len().min(60)]);
                assert_eq!(code(&told), "malformed_json", "{:?} {start:?}", member.way);
            }
        })
        .await;
        // A field that nobody asks for may nest a little.
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            let told = member.send(&format!(r#""client_id":"{ID}","text":"{MARK}","x":[[[[{{}}]]]]"#)).await;
            assert!(told["seq"].is_u64(), "{told}");
        }
    })
    .await;
}

/// The bodies that no frame stands for, and what a frame of text cannot carry: bytes that are not UTF-8.
#[tokio::test]
async fn e1_to_e4_every_body() {
    let wide: Vec<u8> = [0xfeff].into_iter().chain("{}".encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let no_text = [&b"{\"name\":\"\xff\"}"[..], b"{\"name\":\"\xed\xa0\x80\"}", b"\xff\xfe{\0}\0", &wide];
    let mut table: Vec<(Vec<u8>, &str)> =
        malformed().into_iter().map(|text| (text, "malformed_json")).collect();
    table.extend(no_text.map(|text| (text.to_vec(), "malformed_json")));
    scene(async |server| {
        let ada = server.guest("Ada").await;
        let room = server.room(&ada, "tea").await.0;
        let bearer = format!("authorization: Bearer {ada}");
        let messages = format!("/v1/conversations/{room}/messages");
        let bodies = [
            ("/v1/guests", vec![r#"{"name":"a","name":"b"}"#, r#"{"name":1e400}"#, r#"{"name":"\ud800"}"#]),
            ("/v1/ack", vec![r#"{"cursor":"a","cursor":"b"}"#, r#"{"cursor":-1}"#, r#"{"cursor":"\udc00"}"#]),
            (&messages, vec![r#"{"client_id":9007199254740993,"text":"xyzzy"}"#]),
        ];
        for over in Over::ALL {
            let (mut wire, http2) = (server.connect().await, Http2::connect(server).await);
            for (path, wrong) in &bodies {
                let wrong = wrong.iter().map(|text| (text.as_bytes().to_vec(), "invalid_field"));
                for (body, expected) in table.iter().cloned().chain(wrong) {
                    let answer = match over {
                        Over::Http1 => wire.ask("POST", path, &[&bearer, JSON], &body).await,
                        Over::Http2 => http2.ask("POST", path, &[&bearer, JSON], &body).await,
                    };
                    let start = String::from_utf8_lossy(&body[..body.len().min(60)]);
                    assert_eq!((answer.status, answer.code().as_str()), (400, expected), "{path} {start:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e3_keys_twice_and_odd_numbers() {
    let fields = [
        (format!(r#""client_id":"{ID}","text":"a","text":"b""#), "invalid_field"),
        (format!(r#""client_id":"{ID}","text":"a","te\u0078t":"b""#), "invalid_field"),
        (format!(r#""client_id":"{ID}","client_id":"{ID}","text":"a""#), "invalid_field"),
        (format!(r#""client_id":"{ID}","text":"a","follows":1e400"#), "invalid_field"),
        (format!(r#""client_id":"{ID}","text":9007199254740993"#), "invalid_field"),
        (r#""client_id":9007199254740993,"text":"a""#.to_owned(), "invalid_field"),
        (r#""client_id":-1,"text":"a""#.to_owned(), "invalid_field"),
        (r#""client_id":NaN,"text":"a""#.to_owned(), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":Infinity"#), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":"a","follows":01"#), "malformed_json"),
        (format!(r#""client_id":"{ID}","text":"a","follows":+1"#), "malformed_json"),
    ];
    let places = [
        ("-1", "not_found", "invalid_field"),
        ("1.5", "not_found", "invalid_field"),
        ("1e0", "not_found", "invalid_field"),
        ("1e400", "not_found", "invalid_field"),
        ("18446744073709551616", "not_found", "invalid_field"),
        ("18446744073709551617", "not_found", "invalid_field"),
        ("NaN", "not_found", "malformed_json"),
        ("9007199254740993", "not_found", "not_found"),
        ("9223372036854775808", "not_found", "not_found"),
    ];
    scene(async |server| {
        in_vain(server, async |member| {
            for (fields, expected) in &fields {
                assert_eq!(code(&member.send(fields).await), *expected, "{:?} {fields}", member.way);
            }
            for (seq, by_rest, by_frame) in places {
                let expected = if member.way.is_frame() { by_frame } else { by_rest };
                assert_eq!(code(&member.delete(seq).await), expected, "{:?} {seq}", member.way);
            }
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn e4_lone_surrogates_and_nul() {
    scene(async |server| {
        in_vain(server, async |member| {
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
            for slug in ["a\0", "\0", "a\u{1}"] {
                assert_eq!(code(&member.open(slug).await), "invalid_slug", "{:?} {slug:?}", member.way);
            }
            for cursor in ["\"\\u0000\"", "\"AAAAAAAAAAAAAAAAAAAAA\\u0000\""] {
                assert_eq!(code(&member.acknowledge(cursor).await), "invalid_cursor", "{:?}", member.way);
            }
        })
        .await;
        for name in ["A\\u0000", "\\u0000"] {
            for answer in guests(server, format!(r#"{{"name":"{name}"}}"#)).await {
                assert_eq!(answer.code(), "invalid_name", "{name}");
            }
        }
        for way in Way::ALL {
            // A pair is a character.
            let mut member = Member::arrive(server, way).await;
            assert!(member.say("xyzzy\\ud83d\\ude00").await["seq"].is_u64());
            assert_eq!(member.messages().await.last().unwrap()["text"], "xyzzy😀");
        }
    })
    .await;
}

#[tokio::test]
async fn e5_missing_and_mistyped_fields() {
    scene(async |server| {
        in_vain(server, async |member| {
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
            for (cursor, expected) in
                [("null", "invalid_field"), ("[]", "invalid_field"), ("\"\"", "invalid_cursor")]
            {
                assert_eq!(code(&member.acknowledge(cursor).await), expected, "{:?} {cursor}", member.way);
            }
            if member.way.is_frame() {
                for frame in [
                    "{}",
                    r#"{"id":"1"}"#,
                    r#"{"id":"1","command":"promote"}"#,
                    r#"{"id":"1","command":"Send_Message"}"#,
                    r#"{"id":"1","command":null}"#,
                    r#"{"id":"1","command":["ping"]}"#,
                    r#"{"id":1,"command":"ping"}"#,
                ] {
                    assert_eq!(code(&member.raw(frame).await), "invalid_field", "{frame}");
                }
            }
        })
        .await;
        for body in
            ["{}", r#"{"name":null}"#, r#"{"name":["xyzzy"]}"#, r#"{"name":"xyzzy","session":"root"}"#]
        {
            for answer in guests(server, body).await {
                assert_eq!(answer.code(), "invalid_field", "{body}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e5_privileged_fields() {
    scene(async |server| {
        let ada = server.guest("Ada").await;
        let (tea, _) = server.room(&ada, "tea").await;
        let hers = server.send(&ada, &tea, "xyzzy of Ada").await.json()["seq"].clone();
        let session = server.json(&ada, "GET", "/v1/session", "").await.json();
        let (account, device) = (&session["account"]["id"], &session["device"]["id"]);
        let wishes = format!(
            r#""sender":{{"id":{account}}},"account":{account},"actor":{account},"device":{device},"seq":99,"n":7,
            "role":"owner","admin":true,"deleted":true,"sent_at":"2000-01-01T00:00:00Z","lookalike":true"#
        );
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            assert!(member.send(&format!(r#""client_id":"{ID}","text":"xyzzy",{wishes}"#)).await["seq"].is_u64());
            let message = member.messages().await.pop().unwrap();
            assert_eq!(message["sender"]["id"], member.account);
            assert_ne!(message["seq"], 99);
            assert_ne!(message["sent_at"], "2000-01-01T00:00:00Z");
            assert_eq!((message.get("deleted"), message["sender"].get("lookalike")), (None, None));
            // Nobody but who made the room owns it, whatever was asked for, and nobody else deletes what others said.
            assert_eq!(member.open("tea").await["conversation"]["role"], "member", "{way:?}");
            let path = format!("/v1/conversations/{tea}/messages/{hers}?role=owner&account={account}");
            let frame = format!(
                r#"{{"id":"1","command":"delete_message","conversation":"{tea}",{}}}"#,
                wishes.replace("99", &hers.to_string())
            );
            let told = member.ask("DELETE", &path.replace('"', ""), format!("{{{wishes}}}"), frame).await;
            assert_eq!(code(&told), "forbidden", "{way:?}");
            // Leaving, as somebody else, is leaving oneself.
            let path = format!("/v1/conversations/{tea}/membership?account={account}");
            let frame = format!(r#"{{"id":"1","command":"leave","conversation":"{tea}",{wishes}}}"#);
            let left = member.ask("DELETE", &path.replace('"', ""), format!("{{{wishes}}}"), frame).await;
            assert_eq!(left, json!({}), "{way:?}");
            let sync = server.json(&ada, "GET", "/v1/sync", "").await.json();
            assert_eq!(sync["conversations"][0]["role"], "owner", "{way:?}");
        }
        for answer in guests(server, format!(r#"{{"name":"xyzzy","id":{account},"token":"{ada}",{wishes}}}"#)).await {
            let new = answer.json();
            assert!(new["account"]["id"] != *account && new["device"]["id"] != *device && new["token"] != ada);
            let session = server.json(&answer.field("token"), "GET", "/v1/session", "").await.json();
            assert_eq!(session["account"], new["account"]);
        }
    })
    .await;
}

#[tokio::test]
async fn e6_nothing_to_see() {
    const NOTHING: [&str; 7] =
        ["", " ", "\\n\\t\\r", "\\u200b\\ufeff", "\\u2060\\u00ad", "\\u202e\\u202c", "\\u3000"];
    scene(async |server| {
        in_vain(server, async |member| {
            for text in NOTHING.into_iter().chain(["\\u0007"]) {
                assert_eq!(code(&member.say(text).await), "invalid_text", "{:?} {text}", member.way);
            }
            for slug in [" ", "\u{200b}", "\u{3000}", "\u{2060}\u{ad}"] {
                assert_eq!(code(&member.open(slug).await), "invalid_slug", "{:?} {slug:?}", member.way);
            }
        })
        .await;
        for name in NOTHING {
            for answer in guests(server, format!(r#"{{"name":"{name}"}}"#)).await {
                assert_eq!(answer.code(), "invalid_name", "{name}");
            }
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
        in_vain(server, async |member| {
            for text in &too_long {
                assert_eq!(code(&member.say(text).await), "invalid_text", "{:?}", member.way);
            }
            for letter in ["s", "é", "𠀀"] {
                let slug = letter.repeat(65);
                assert_eq!(code(&member.open(&slug).await), "invalid_slug", "{:?} {slug}", member.way);
            }
        })
        .await;
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            for text in &fits {
                assert!(member.say(text).await["seq"].is_u64(), "{way:?}");
            }
            for letter in ["s", "é", "𠀀"] {
                let told = member.open(&letter.repeat(64)).await;
                assert!(told["conversation"].is_object(), "{way:?} {letter} {told}");
            }
        }
        for letter in ["n", "é", "𠀀"] {
            for (count, status) in [(40, 201), (41, 400)] {
                for answer in guests(server, json!({ "name": letter.repeat(count) }).to_string()).await {
                    assert_eq!(answer.status, status, "{count} of {letter}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn e8_what_looks_like_something_else() {
    let zalgo = format!("a{}", "\u{301}".repeat(1_000));
    scene(async |server| {
        in_vain(server, async |member| {
            for slug in ["a\u{202e}b", "a\u{200b}b", "\u{301}a", "-a", "a/b", "..", "a b", &zalgo] {
                assert_eq!(code(&member.open(slug).await), "invalid_slug", "{:?} {slug:?}", member.way);
            }
        })
        .await;
        let texts = [
            // Somebody's text, whatever it looks like; the page keeps it within its place.
            "xyzzy \u{202e}desrever\u{202c}".to_owned(),
            "xyzzy \u{2066}isolated".to_owned(),
            format!("xyzzy {zalgo}"),
        ];
        for way in Way::ALL {
            let mut member = Member::arrive(server, way).await;
            for text in &texts {
                assert!(member.say(text).await["seq"].is_u64(), "{way:?}");
                assert_eq!(member.messages().await.last().unwrap()["text"], *text);
            }
            // Cyrillic in Latin.
            assert_eq!(member.open("pаypal").await["conversation"]["lookalike"], true);
        }
        for name in
            ["A\u{202e}b", "A\u{200b}b", " Ada", "Ada ", "\u{feff}", "A\tb", "A\nb", "A\u{1b}[31m", &zalgo]
        {
            for answer in guests(server, json!({ "name": name }).to_string()).await {
                assert_eq!(answer.code(), "invalid_name", "{name:?}");
            }
        }
        for answer in guests(server, "{\"name\":\"Аda\"}").await {
            assert_eq!(answer.json()["account"]["lookalike"], true);
        }
    })
    .await;
}
