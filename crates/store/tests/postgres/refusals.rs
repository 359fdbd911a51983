//! What cannot be opened is refused, and the refusal says what to do.

use std::net::TcpListener;

use chinwag_store::{Postgres, PostgresOpenError, PostgresOptions};
use chinwag_test_postgres::{Cluster, Stop, shared};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::support::{Node, eventually, guest};

fn refusal(url: &str) -> PostgresOpenError {
    let refusal = Postgres::open(url, PostgresOptions::default()).unwrap_err();
    assert!(!refusal.to_string().contains("secret"), "{refusal}");
    refusal
}

/// Over TCP, as `user` with the password "secret".
fn url_of(user: &str, database: &str) -> String {
    format!("postgres://{user}:secret@127.0.0.1:{}/{database}", shared().port())
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for url in [
        format!("postgres://chinwag:secret@127.0.0.1:{port}/chat"),
        "postgres:///chat?host=/nowhere&user=chinwag".to_owned(),
        "postgres://chinwag:secret@no.such.name.invalid/chat".to_owned(),
    ] {
        let refusal = refusal(&url);
        assert!(matches!(refusal, PostgresOpenError::Unreachable { .. }), "{refusal:?}");
        assert!(refusal.next_step().contains("See that PostgreSQL runs"), "{refusal}");
    }
}

/// It takes connections and says nothing.
#[test]
fn a_server_that_is_silent_is_unreachable() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://chinwag@127.0.0.1:{}/chat", silent.local_addr().unwrap().port());
    let options = PostgresOptions {
        connect_patience: std::time::Duration::from_millis(200),
        ..PostgresOptions::default()
    };
    let refusal = Postgres::open(&url, options).unwrap_err();
    assert!(matches!(refusal, PostgresOpenError::Unreachable { .. }), "{refusal:?}");
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let database = shared().database();
    shared().sql("postgres", "CREATE ROLE needs_password LOGIN PASSWORD 'other'");
    shared().sql("postgres", "CREATE ROLE not_let_in LOGIN PASSWORD 'other'");
    let password = refusal(&url_of("needs_password", &database.name));
    assert!(matches!(password, PostgresOpenError::WrongPassword { .. }), "{password:?}");
    let rejected = refusal(&url_of("not_let_in", &database.name));
    assert!(matches!(rejected, PostgresOpenError::NotLetIn { .. }), "{rejected:?}");
    assert!(rejected.next_step().contains("pg_hba.conf"), "{rejected}");
    let without = refusal(&format!("postgres://needs_password@127.0.0.1:{}/postgres", shared().port()));
    assert!(matches!(without, PostgresOpenError::WrongPassword { .. }), "{without:?}");
    let missing = refusal(&shared().url("missing"));
    assert!(matches!(missing, PostgresOpenError::NoDatabase { .. }), "{missing:?}");
}

/// An ordinary user needs the right to make tables, and nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_needs_a_database_of_its_own_and_no_more() {
    let database = shared().database();
    shared().sql("postgres", "CREATE ROLE ordinary LOGIN");
    let url = database.url.replace("user=chinwag", "user=ordinary");
    let not_permitted = refusal(&url);
    assert!(matches!(not_permitted, PostgresOpenError::NotPermitted { .. }), "{not_permitted:?}");
    assert!(not_permitted.next_step().contains("OWNER TO"), "{not_permitted}");
    shared().sql("postgres", &format!("ALTER DATABASE {} OWNER TO ordinary", database.name));
    let node = Node::start(&url).await;
    guest(&*node.store).await;
    node.store.close().await;
}

#[test]
fn a_database_that_does_not_hold_every_text_is_refused() {
    shared().sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    let refusal = refusal(&shared().url("latin"));
    assert!(matches!(refusal, PostgresOpenError::Encoding { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("LATIN1"), "{refusal}");
}

#[test]
fn another_programs_tables_are_left_alone() {
    let database = shared().database();
    shared().sql(&database.name, "CREATE TABLE invoice (number integer)");
    let refusal = refusal(&database.url);
    assert!(
        matches!(&refusal, PostgresOpenError::Foreign { table, .. } if table == "invoice"),
        "{refusal:?}"
    );
    assert_eq!(
        shared().sql(&database.name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        ["1"]
    );
}

#[test]
fn a_later_programs_tables_are_left_alone() {
    let database = shared().database();
    drop(Postgres::open(&database.url, PostgresOptions::default()).unwrap());
    shared().sql(&database.name, "UPDATE chinwag SET version = 1000, program = '7.1.0'");
    let refusal = refusal(&database.url);
    assert!(matches!(refusal, PostgresOpenError::TooNew { version: 1000, .. }), "{refusal:?}");
    assert_eq!(refusal.next_step(), "Install Chinwag 7.1.0 or later.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_connections_left_says_so() {
    let cluster = tokio::task::block_in_place(|| {
        let cluster = Cluster::start();
        cluster.stop(Stop::Fast);
        cluster.set("max_connections = 4");
        cluster.set("superuser_reserved_connections = 1");
        cluster.set("max_wal_senders = 0");
        cluster.start_again();
        cluster
    });
    cluster.sql("postgres", "CREATE ROLE ordinary LOGIN");
    let database = cluster.database();
    cluster.sql("postgres", &format!("ALTER DATABASE {} OWNER TO ordinary", database.name));
    let url = database.url.replace("user=chinwag", "user=ordinary");
    let nodes = [Node::start(&url).await, Node::start(&url).await, Node::start(&url).await];
    let full = Postgres::open(&url, PostgresOptions::default()).unwrap_err();
    assert!(matches!(full, PostgresOpenError::TooManyConnections { needed: 5, .. }), "{full:?}");
    assert!(full.next_step().contains("max_connections"), "{full}");
    // Those that are in go on writing; they cannot read, and say so.
    guest(&*nodes[0].store).await;
    let reading = nodes[0].store.head().await.unwrap_err();
    assert!(reading.to_string().contains("connection"), "{reading}");
    for node in nodes {
        node.store.close().await;
    }
}

#[test]
fn a_server_that_would_forget_is_refused() {
    let cluster = Cluster::start();
    let database = cluster.database();
    cluster.stop(Stop::Fast);
    cluster.set("fsync = off");
    cluster.start_again();
    let refusal = refusal(&database.url);
    assert!(matches!(refusal, PostgresOpenError::NotDurable { .. }), "{refusal:?}");
    assert!(refusal.next_step().contains("Set fsync = on"), "{refusal}");
}

/// A server whose commits are answered before they are durable is used, but not so.
#[tokio::test(flavor = "multi_thread")]
async fn commits_are_durable_whatever_the_database_says() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let database = cluster.database();
    cluster.sql("postgres", &format!("ALTER DATABASE {} SET synchronous_commit = off", database.name));
    let node = Node::start(&database.url).await;
    for round in 1..=3 {
        guest(&*node.store).await;
        tokio::task::block_in_place(|| {
            cluster.stop(Stop::Immediate);
            cluster.start_again();
        });
        assert_eq!(cluster.sql(&database.name, "SELECT pos FROM head"), [round.to_string()]);
        eventually(async || node.store.trouble().map_or(Ok(()), Err)).await;
    }
    node.store.close().await;
}

#[test]
fn encryption_is_what_was_asked_for() {
    let folder = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    // The server's user reads them.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), readable).unwrap();

    let cluster = Cluster::start();
    let database = cluster.database();
    let url =
        |query: &str| format!("postgres://chinwag@127.0.0.1:{}/{}?{query}", cluster.port(), database.name);
    let open = |query: &str| Postgres::open(&url(query), PostgresOptions::default()).map(drop);
    // Without a certificate there is no encryption.
    open("sslmode=prefer").unwrap();
    let plain = open("sslmode=require").unwrap_err();
    assert!(matches!(plain, PostgresOpenError::Tls { .. }), "{plain:?}");
    assert!(plain.next_step().contains("ssl = on"), "{plain}");

    cluster.stop(Stop::Fast);
    cluster.set_tls(&certificate, &key);
    cluster.set("log_connections = on");
    cluster.start_again();
    let encrypted = || cluster.log().matches("SSL enabled").count();
    open("sslmode=disable").unwrap();
    assert_eq!(encrypted(), 0);
    for (times, query) in [
        "sslmode=prefer",
        "sslmode=require",
        &format!("sslmode=verify-full&sslrootcert={}", certificate.display()),
    ]
    .iter()
    .enumerate()
    {
        open(query).unwrap();
        assert!(encrypted() > times, "{query}");
    }
    // Nobody whom the system trusts has signed it.
    let stranger = open("sslmode=verify-full").unwrap_err();
    assert!(matches!(stranger, PostgresOpenError::Tls { .. }), "{stranger:?}");
    let no_file = open("sslmode=verify-full&sslrootcert=/nowhere").unwrap_err();
    assert!(matches!(no_file, PostgresOpenError::Tls { .. }), "{no_file:?}");
}
