//! The web app's files.

use crate::server::Server;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

#[tokio::test]
async fn pages_and_assets() {
    let server = Server::start().await;
    let index = server.ask("GET", "/", &[], "").await;
    assert_eq!(index.status, 200);
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(index.header("cache-control"), Some("no-cache"));
    assert_eq!(index.header("content-security-policy"), Some(POLICY));
    let tag = index.header("etag").unwrap();
    assert_eq!(server.ask("GET", "/r/tea", &[], "").await.body, index.body);
    assert_eq!(server.ask("GET", "/r/caf%C3%A9", &[], "").await.body, index.body);

    let known = format!("if-none-match: \"other\", {tag}");
    let answer = server.ask("GET", "/r/tea", &[&known], "").await;
    assert_eq!((answer.status, answer.header("etag"), answer.body.len()), (304, Some(tag), 0));
    // The one that came with the page goes on to hold; a browser would let this one take its place.
    assert_eq!(answer.header("content-security-policy"), None);
    // The tag is of the form that was sent.
    let answer = server.ask("GET", "/", &[&known, "accept-encoding: gzip"], "").await;
    assert_eq!((answer.status, answer.header("content-encoding")), (200, Some("gzip")));
    assert!(answer.varies_by("Accept-Encoding"));
    let answer = server.ask("GET", "/", &["accept-encoding: gzip, br"], "").await;
    assert_eq!(answer.header("content-encoding"), Some("br"));

    let page = index.text();
    let mut assets = 0;
    for path in page.split('"').filter(|part| part.starts_with("/assets/")) {
        let answer = server.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(!answer.body.is_empty());
        assets += 1;
    }
    assert!(assets >= 2);
    // What the policy forbids is not there.
    assert!(!page.contains("<style") && !page.contains("onclick") && !page.contains("<script>"));
}

#[tokio::test]
async fn what_is_not_there() {
    // P7
    let server = Server::start().await;
    for path in [
        "/nothing",
        "/assets/",
        "/assets/nothing.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/index.html",
        "/assets/%252e%252e/index.html",
        "/assets/..\\index.html",
        "/assets/%00",
        "/..",
        "/../../etc/passwd",
        "//etc/passwd",
        "/index.html.br",
        "/r/",
        "/r/-",
        "/r/a/b",
        "/r/%2e%2e%2fv1",
        "/r/%ff",
        "/r/a%00",
        "/v1",
    ] {
        let answer = server.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(answer.header("content-security-policy"), Some(POLICY));
    }
}
