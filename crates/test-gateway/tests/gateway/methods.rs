//! HEAD, OPTIONS, and methods that are not there.

use crate::server::Server;

const ROUTES: &[(&str, &str)] = &[
    ("/v1/guests", "POST, OPTIONS"),
    ("/v1/session", "GET, HEAD, DELETE, OPTIONS"),
    ("/v1/rooms/tea", "PUT, OPTIONS"),
    ("/v1/conversations/x/messages", "GET, HEAD, POST, OPTIONS"),
    ("/v1/conversations/x/messages/1", "DELETE, OPTIONS"),
    ("/v1/conversations/x/membership", "DELETE, OPTIONS"),
    ("/v1/sync", "GET, HEAD, OPTIONS"),
    ("/v1/ack", "POST, OPTIONS"),
    ("/v1/tickets", "POST, OPTIONS"),
    ("/v1/server", "GET, HEAD, OPTIONS"),
    ("/v1/openapi.json", "GET, HEAD, OPTIONS"),
    ("/v1/events", "GET, HEAD, OPTIONS"),
    ("/", "GET, HEAD, OPTIONS"),
    ("/r/tea", "GET, HEAD, OPTIONS"),
    ("/index.html", "GET, HEAD, OPTIONS"),
];

#[tokio::test]
async fn allow_names_the_methods() {
    let server = Server::start().await;
    for (path, allow) in ROUTES {
        let answer = server.ask("OPTIONS", path, &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (204, Some(*allow)), "{path}");
        assert!(answer.body.is_empty());
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let override_line = "x-http-method-override: GET";
            let mut wire = server.connect().await;
            wire.request(method, path, &["accept: nothing/here", override_line], "").await;
            let answer = wire.head().await;
            answer.check(path.starts_with("/v1/"));
            let named = allow.split(", ").any(|allowed| allowed == method);
            assert_eq!(answer.status != 405, named, "{method} {path}");
            if !named {
                assert_eq!(answer.header("allow"), Some(*allow), "{method} {path}");
            }
        }
    }
    let answer = server.ask("PATCH", "/v1/session", &[], "").await;
    assert_eq!(answer.code(), "method_not_allowed");
}

#[tokio::test]
async fn what_is_not_there() {
    let server = Server::start().await;
    for path in ["/v1/", "/v1/nothing", "/v1/session/", "/v1//session", "/v1/conversations"] {
        for method in ["GET", "POST", "OPTIONS"] {
            assert_eq!(server.ask(method, path, &[], "").await.code(), "not_found", "{method} {path}");
        }
    }
    let mut wire = server.connect().await;
    wire.send("CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n").await;
    let answer = wire.answer().await;
    answer.check(false);
    assert!((400..500).contains(&answer.status), "{answer:?}");
    let mut wire = server.connect().await;
    wire.send("OPTIONS * HTTP/1.1\r\nhost: a.example\r\n\r\n").await;
    assert!(wire.answer().await.status < 500);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let bearer = format!("authorization: Bearer {token}");
    for path in ["/", "/v1/server", "/v1/session", "/v1/sync", "/v1/nothing", "/nothing"] {
        let get = server.ask("GET", path, &[&bearer], "").await;
        let mut wire = server.connect().await;
        let head = wire.ask("HEAD", path, &[&bearer], "").await;
        assert_eq!(head.status, get.status);
        let without_date = |answer: &crate::wire::Answer| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "date");
            headers
        };
        assert_eq!(without_date(&head), without_date(&get), "{path}");
        // No body came, or this answer would not begin here.
        assert_eq!(wire.ask("GET", "/v1/server", &[], "").await.status, 200);
    }
}
