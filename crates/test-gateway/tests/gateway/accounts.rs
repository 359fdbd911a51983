//! Accounts that sign in: sign-up, sign-in, passwords, recovery, profiles and devices. The numbers are those of the cases.

use std::sync::Arc;
use std::time::Duration;

use chinwag_gateway::{GatewayOptions, SlowRate};
use serde_json::{Value, json};

use crate::per_address::connect_from;
use crate::server::Server;
use crate::wire::Answer;

const JSON: &str = "content-type: application/json";
const KEY: &str = "idempotency-key: 0123456789abcdef";
const RIGHT: &str = "correct horse";

async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.ask("POST", path, &[JSON], body.to_string()).await
}

async fn sign_up(server: &Server, username: &str) -> String {
    let answer = post(server, "/v1/accounts", &json!({"username": username, "password": RIGHT})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.field("token")
}

async fn sign_in(server: &Server, username: &str, password: &str) -> Answer {
    post(server, "/v1/sessions", &json!({"username": username, "password": password})).await
}

async fn is_signed_in(server: &Server, token: &str) -> bool {
    server.json(token, "GET", "/v1/session", "").await.status == 200
}

/// This machine's addresses are held to the limits.
async fn limited(change: impl FnOnce(&mut GatewayOptions)) -> Server {
    Server::with(|setup| {
        setup.gateway.limit_loopback = true;
        change(&mut setup.gateway);
    })
    .await
}

async fn sign_in_from(server: &Server, address: &str, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password}).to_string();
    connect_from(server, address).await.ask("POST", "/v1/sessions", &[JSON], body).await
}

#[tokio::test]
async fn a_sign_up_then_a_sign_in_on_another_device() {
    let server = Server::start().await;
    let body = json!({"username": "ＡDA", "password": RIGHT, "name": "Ada L.", "device_name": "Laptop"});
    let answer = post(&server, "/v1/accounts", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let account = answer.json()["account"].clone();
    assert_eq!((&account["username"], &account["name"]), (&json!("ada"), &json!("Ada L.")));
    assert_eq!((&account["version"], &account["about"]), (&json!(2), &json!("")));
    assert!(account["color"].as_u64().unwrap() < 12);
    let laptop = answer.field("token");

    let body = json!({"username": "Ada", "password": RIGHT, "device_name": "Phone"});
    let answer = post(&server, "/v1/sessions", &body).await;
    assert_eq!((answer.status, &answer.json()["account"]), (201, &account));
    let phone = answer.field("token");
    assert_ne!(laptop, phone);
    for token in [&laptop, &phone] {
        assert_eq!(server.json(token, "GET", "/v1/account", "").await.json(), account);
        assert_eq!(server.json(token, "GET", "/v1/session", "").await.json()["account"], account);
        assert_eq!(server.json(token, "GET", "/v1/sync", "").await.json()["account"], account);
    }
    let devices = server.json(&phone, "GET", "/v1/devices", "").await.json();
    let shown: Vec<_> = devices["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| (device["name"].as_str().unwrap(), device["current"].as_bool().unwrap()))
        .collect();
    assert_eq!(shown, [("Laptop", false), ("Phone", true)]);
    // Two devices of one account do not get in each other's way.
    let (room, _) = server.room(&laptop, "tea").await;
    assert_eq!(server.send(&phone, &room, "hi").await.status, 201);
}

#[tokio::test]
async fn a_retried_sign_up_makes_one_account() {
    let server = Server::start().await;
    let body = json!({"username": "ada", "password": RIGHT}).to_string();
    let first = server.ask("POST", "/v1/accounts", &[JSON, KEY], &body).await;
    let again = server.ask("POST", "/v1/accounts", &[JSON, KEY], &body).await;
    assert_eq!((first.status, first.json()), (201, again.json()));
    let other = json!({"username": "eve", "password": RIGHT}).to_string();
    let reused = server.ask("POST", "/v1/accounts", &[JSON, KEY], &other).await;
    assert_eq!(reused.code(), "idempotency_key_reused");
    assert_eq!(
        post(&server, "/v1/accounts", &serde_json::from_str(&body).unwrap()).await.code(),
        "username_taken"
    );
}

#[tokio::test]
async fn a_guest_that_registers_keeps_all() {
    let server = Server::start().await;
    let token = server.guest("Ada").await;
    let (room, _) = server.room(&token, "tea").await;
    assert_eq!(server.send(&token, &room, "hi").await.status, 201);
    let before = server.json(&token, "GET", "/v1/account", "").await.json();
    assert!(before.get("username").is_none());
    let body = json!({"username": "ada", "password": RIGHT}).to_string();
    let answer = server.json(&token, "POST", "/v1/account/registration", &body).await;
    assert_eq!((answer.status, &answer.json()["id"]), (200, &before["id"]));
    let phone = sign_in(&server, "ada", RIGHT).await.field("token");
    let sync = server.json(&phone, "GET", "/v1/sync", "").await.json();
    assert_eq!((&sync["account"]["name"], &sync["conversations"][0]["slug"]), (&json!("Ada"), &json!("tea")));
}

#[tokio::test]
async fn a1_guessing_one_account_is_slowed_and_its_owner_is_not_locked_out() {
    let server = limited(|_| {}).await;
    let token = sign_up(&server, "ada").await;
    let mut refused = 0;
    for _ in 0..100 {
        let answer = sign_in_from(&server, "127.0.0.5", "ada", "wrong horse").await;
        match answer.status {
            401 => assert_eq!(answer.code(), "wrong_credentials"),
            429 => {
                refused += 1;
                let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=30).contains(&seconds), "{seconds}");
            }
            status => panic!("{status}"),
        }
    }
    assert!(refused >= 90, "{refused}");
    // The right one is no way to find out either.
    assert_eq!(sign_in_from(&server, "127.0.0.5", "ada", RIGHT).await.status, 429);
    // The owner elsewhere, and the owner's devices.
    assert_eq!(sign_in_from(&server, "127.0.0.6", "ada", RIGHT).await.status, 201);
    assert!(is_signed_in(&server, &token).await);
}

#[tokio::test]
async fn a1_one_password_over_many_accounts_is_slowed_by_address() {
    let server = limited(|_| {}).await;
    let mut refused = 0;
    for number in 0..100 {
        let answer = sign_in_from(&server, "127.0.0.5", &format!("user{number}"), "password1").await;
        refused += usize::from(answer.status == 429);
    }
    assert!(refused >= 70, "{refused}");
    sign_up(&server, "ada").await;
    assert_eq!(sign_in_from(&server, "127.0.0.6", "ada", RIGHT).await.status, 201);
}

#[tokio::test]
async fn a1_right_passwords_do_not_count() {
    let slow = SlowRate { burst: 2, every: Duration::from_secs(60) };
    let server = limited(|options| {
        options.wrong_passwords_per_account = slow;
        options.wrong_passwords_per_address = slow;
    })
    .await;
    let token = sign_up(&server, "ada").await;
    for _ in 0..10 {
        assert_eq!(sign_in(&server, "ada", RIGHT).await.status, 201);
    }
    assert_eq!(sign_in(&server, "ada", "wrong horse").await.status, 401);
    assert_eq!(sign_in(&server, "ada", RIGHT).await.status, 201);
    // At the own password of a device, too.
    let change = |password: &str| json!({"password": password, "new_password": RIGHT}).to_string();
    for (password, status) in
        [(RIGHT, 204), ("wrong horse", 401), (RIGHT, 204), ("wrong horse", 401), (RIGHT, 429)]
    {
        let answer = server.json(&token, "PUT", "/v1/account/password", &change(password)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn a1_sign_ups_of_one_address_are_limited() {
    let server = limited(|options| {
        options.sign_ups_per_address = SlowRate { burst: 2, every: Duration::from_secs(60) };
    })
    .await;
    sign_up(&server, "ada").await;
    sign_up(&server, "bob").await;
    let answer = post(&server, "/v1/accounts", &json!({"username": "eve", "password": RIGHT})).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"));
    assert!(server.guest("Eve").await.len() == 43, "guests are counted apart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_many_sign_ins_at_once_are_bounded_and_the_chat_goes_on() {
    let server = Server::with(|setup| {
        setup.gateway.password_hashes_at_once = 1;
        setup.gateway.password_hashes_waiting_max = 4;
    })
    .await;
    let server = Arc::new(server);
    let token = sign_up(&server, "ada").await;
    let (room, _) = server.room(&token, "tea").await;
    let flood: Vec<_> = (0..60)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { sign_in(&server, "ada", "wrong horse").await })
        })
        .collect();
    for number in 0..20 {
        assert_eq!(server.send(&token, &room, &format!("{number}")).await.status, 201);
    }
    let (mut wrong, mut overloaded) = (0, 0);
    for one in flood {
        let answer = one.await.unwrap();
        match answer.status {
            401 => wrong += 1,
            503 => {
                assert_eq!(answer.code(), "overloaded");
                assert!(answer.header("retry-after").is_some());
                overloaded += 1;
            }
            status => panic!("{status}"),
        }
    }
    assert!(wrong >= 5 && overloaded >= 1, "{wrong} {overloaded}");
    assert_eq!(sign_in(&server, "ada", RIGHT).await.status, 201);
}

#[tokio::test]
async fn a3_a_huge_password_is_refused_before_it_is_hashed() {
    let server = Server::start().await;
    let token = sign_up(&server, "ada").await;
    let hashes = || async {
        let text =
            crate::wire::Wire::connect(server.admin).await.ask("GET", "/metrics", &[], "").await.text();
        let name = "chinwag_gateway_password_hashes_total ";
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned()
    };
    let before = hashes().await;
    let huge = "x".repeat(1 << 20);
    for length in [1_025, 100_000] {
        let password = &huge[..length];
        assert_eq!(sign_in(&server, "ada", password).await.code(), "invalid_password");
        let body = json!({"username": "eve", "password": password});
        assert_eq!(post(&server, "/v1/accounts", &body).await.code(), "invalid_password");
        let body = json!({"password": password, "new_password": RIGHT}).to_string();
        let answer = server.json(&token, "PUT", "/v1/account/password", &body).await;
        assert_eq!(answer.code(), "invalid_password");
        let body = json!({"username": "ada", "recovery_code": "A", "new_password": password});
        assert_eq!(post(&server, "/v1/account/recovery", &body).await.code(), "invalid_password");
    }
    assert_eq!(sign_in(&server, "ada", &huge).await.status, 413);
    assert_eq!(hashes().await, before);
}

#[tokio::test]
async fn a4_a_known_and_an_unknown_user_look_the_same() {
    let server = limited(|options| {
        options.wrong_passwords_per_account = SlowRate { burst: 2, every: Duration::from_secs(60) };
    })
    .await;
    sign_up(&server, "ada").await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (username, answers) in [("ada", &mut known), ("eve", &mut unknown)] {
        for _ in 0..4 {
            answers.push(sign_in(&server, username, "wrong horse").await);
        }
    }
    // But for the seconds to wait, which go by.
    let told = |answer: &Answer| answer.text().replace(|c: char| c.is_ascii_digit(), "");
    for (one, other) in known.iter().zip(&unknown) {
        assert_eq!((one.status, told(one)), (other.status, told(other)));
        assert_eq!(one.header("retry-after").is_some(), other.header("retry-after").is_some());
    }
    let statuses: Vec<_> = known.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 429, 429]);

    // By recovery, from where nobody has tried yet.
    let recover = async |username: &str| {
        let body =
            json!({"username": username, "recovery_code": "ABCD-EFGH", "new_password": RIGHT}).to_string();
        let mut wire = connect_from(&server, "127.0.0.7").await;
        let answer = wire.ask("POST", "/v1/account/recovery", &[JSON], body).await;
        (answer.status, answer.json())
    };
    let known = recover("ada").await;
    assert_eq!((known.0, &known.1["code"]), (401, &json!("wrong_credentials")));
    assert_eq!(recover("eve").await, known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_of_two_who_want_one_name_at_once_one_gets_it() {
    let server = Arc::new(Server::start().await);
    // Written differently, it is the same name.
    let spellings = ["ada.l", "ADA.L", "ａｄａ.l", "Ada．L"];
    let tries: Vec<_> = spellings
        .into_iter()
        .map(|username| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let guest = server.guest("Ada").await;
                let body = json!({"username": username, "password": RIGHT}).to_string();
                let (one, other) = tokio::join!(
                    server.json(&guest, "POST", "/v1/account/registration", &body),
                    server.ask("POST", "/v1/accounts", &[JSON], &body),
                );
                [(one.status, one.json()), (other.status, other.json())]
            })
        })
        .collect();
    let (mut got, mut taken) = (0, 0);
    for one in tries {
        for (status, told) in one.await.unwrap() {
            match status {
                200 | 201 => got += 1,
                409 => {
                    assert_eq!(told["code"], "username_taken");
                    taken += 1;
                }
                status => panic!("{status} {told}"),
            }
        }
    }
    assert_eq!((got, taken), (1, 7));
}

#[tokio::test]
async fn a6_signing_in_gives_another_session() {
    let server = Server::start().await;
    sign_up(&server, "ada").await;
    let guest = server.cookie("Guest").await;
    let origin = format!("origin: {}", server.origin());
    let body = json!({"username": "ada", "password": RIGHT, "session": "cookie"}).to_string();
    let answer = server.ask("POST", "/v1/sessions", &[JSON, &guest, &origin], &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.json().get("token").is_none());
    let set = answer.header("set-cookie").unwrap().to_owned();
    let fresh = format!("cookie: {}", set.split_once(';').unwrap().0);
    assert_ne!(fresh, guest);
    let who = async |cookie: &str| {
        server.ask("GET", "/v1/session", &[cookie], "").await.json()["account"]["name"].clone()
    };
    assert_eq!((who(&fresh).await, who(&guest).await), (json!("ada"), json!("Guest")));
    // A page of another origin cannot give a browser an identity here.
    let foreign = server.ask("POST", "/v1/sessions", &[JSON, "origin: https://evil.example"], &body).await;
    assert_eq!(foreign.code(), "origin_refused");
}

#[tokio::test]
async fn a7_the_cookie_of_a_sign_in() {
    let server = Server::with(|setup| setup.gateway.trusted_proxy = Arc::new(|_| true)).await;
    sign_up(&server, "ada").await;
    let body = json!({"username": "ada", "password": RIGHT, "session": "cookie"}).to_string();
    let answer = server.ask("POST", "/v1/sessions", &[JSON], &body).await;
    let set = answer.header("set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"), "{set}");
    let lines =
        [JSON, "x-forwarded-proto: https", "x-forwarded-host: chat.example", "origin: https://chat.example"];
    let answer = server.ask("POST", "/v1/sessions", &lines, &body).await;
    let set = answer.header("set-cookie").unwrap();
    let id = answer.json()["account"]["id"].as_str().unwrap().to_owned();
    assert!(set.starts_with(&format!("__Host-chinwag-{id}=")), "{set}");
    assert!(set.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let pair = format!("cookie: {}", set.split_once(';').unwrap().0);
    let session = server.ask("GET", "/v1/session", &[&pair, &lines[1..].join("\r\n")], "").await;
    assert_eq!(session.json()["account"]["username"], "ada");
}

#[tokio::test]
async fn a8_a_changed_password_signs_all_other_devices_out() {
    let server = Server::start().await;
    let laptop = sign_up(&server, "ada").await;
    let phone = sign_in(&server, "ada", RIGHT).await.field("token");
    let body = json!({"password": RIGHT, "new_password": "battery staple"}).to_string();
    assert_eq!(server.json(&laptop, "PUT", "/v1/account/password", &body).await.status, 204);
    assert!(is_signed_in(&server, &laptop).await && !is_signed_in(&server, &phone).await);
    // A10: what was recorded before is worth nothing.
    let replayed = server.json(&phone, "PUT", "/v1/account/password", &body).await;
    assert_eq!((replayed.status, replayed.code().as_str()), (401, "unauthenticated"));
    let replayed = server.json(&laptop, "PUT", "/v1/account/password", &body).await;
    assert_eq!((replayed.status, replayed.code().as_str()), (401, "wrong_credentials"));
    assert!(is_signed_in(&server, &laptop).await, "a wrong password is no sign-out");
    assert_eq!(sign_in(&server, "ada", RIGHT).await.code(), "wrong_credentials");
    assert_eq!(sign_in(&server, "ada", "battery staple").await.status, 201);
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_ends_the_rest() {
    let server = Server::start().await;
    let laptop = sign_up(&server, "ada").await;
    let body = json!({"password": RIGHT}).to_string();
    let mut made = Vec::new();
    for _ in 0..2 {
        let answer = server.json(&laptop, "POST", "/v1/account/recovery-codes", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        made = answer.json()["codes"].as_array().unwrap().clone();
        assert_eq!(made.len(), 10);
    }
    let recover = async |code: &str| {
        let body = json!({"username": "Ada", "recovery_code": code, "new_password": "battery staple"});
        post(&server, "/v1/account/recovery", &body).await
    };
    let code = made[0].as_str().unwrap();
    let answer = recover(&code.to_lowercase().replace('-', " ")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let fresh = answer.field("token");
    assert!(is_signed_in(&server, &fresh).await && !is_signed_in(&server, &laptop).await);
    assert_eq!(recover(code).await.code(), "wrong_credentials");
    assert_eq!(sign_in(&server, "ada", RIGHT).await.code(), "wrong_credentials");
    assert_eq!(sign_in(&server, "ada", "battery staple").await.status, 201);
    assert_eq!(recover(made[1].as_str().unwrap()).await.status, 201);
}

#[tokio::test]
async fn z12_signing_out_one_device_leaves_the_others() {
    let server = Server::start().await;
    let laptop = sign_up(&server, "ada").await;
    let phone = sign_in(&server, "ada", RIGHT).await.json();
    let (token, id) = (phone["token"].as_str().unwrap(), phone["device"]["id"].as_str().unwrap());
    let bob = server.guest("Bob").await;
    // Another's is as absent.
    let anothers = server.json(&bob, "DELETE", &format!("/v1/devices/{id}"), "").await;
    let path = "/v1/devices/0197a3b0-0000-7000-8000-0000000000ff";
    let nobodys = server.json(&bob, "DELETE", path, "").await;
    assert_eq!((anothers.status, anothers.json()), (404, nobodys.json()));
    assert!(is_signed_in(&server, token).await);

    assert_eq!(server.json(&laptop, "DELETE", &format!("/v1/devices/{id}"), "").await.status, 204);
    assert!(is_signed_in(&server, &laptop).await && !is_signed_in(&server, token).await);
    let again = server.json(&laptop, "DELETE", &format!("/v1/devices/{id}"), "").await;
    assert_eq!(again.status, 404);
    let third = sign_in(&server, "ada", RIGHT).await.field("token");
    assert_eq!(server.json(&third, "DELETE", "/v1/devices", "").await.status, 204);
    assert!(is_signed_in(&server, &third).await && !is_signed_in(&server, &laptop).await);
}

#[tokio::test]
async fn a_new_name_is_never_served_old() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest("Ada").await, server.guest("Bob").await);
    let (room, cursor) = server.room(&ada, "tea").await;
    server.room(&bob, "tea").await;
    server.send(&ada, &room, "one").await;
    for number in 0..20 {
        let name = format!("Ada {number}");
        let body = json!({"name": name, "about": "Engines.\nNumbers.", "color": 3}).to_string();
        let answer = server.json(&ada, "PATCH", "/v1/account", &body).await;
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(number + 2)));
        for path in ["/v1/account", "/v1/session", "/v1/sync"] {
            let told = server.json(&ada, "GET", path, "").await.json();
            let card = told.get("account").unwrap_or(&told);
            assert_eq!((&card["name"], &card["color"]), (&json!(name), &json!(3)), "{path}");
        }
    }
    let path = format!("/v1/conversations/{room}/messages");
    let sender = server.json(&bob, "GET", &path, "").await.json()["messages"][0]["sender"].clone();
    assert_eq!((&sender["name"], &sender["version"]), (&json!("Ada 19"), &json!(21)));
    let path = format!("/v1/events?after={cursor}");
    let own = server.json(&ada, "GET", &path, "").await.json();
    let own: Vec<_> =
        own["events"].as_array().unwrap().iter().filter(|record| record["type"] == "account").collect();
    assert_eq!((own.len(), &own[19]["change"]), (20, &json!("updated")));
    assert_eq!(own[19]["card"]["about"], "Engines.\nNumbers.");
    let others = server.json(&bob, "GET", &path, "").await.json();
    assert!(others["events"].as_array().unwrap().iter().all(|record| record["type"] != "account"));
}

#[tokio::test]
async fn secrets_stand_in_no_record() {
    let server = Server::start().await;
    let token = sign_up(&server, "ada").await;
    let cursor =
        server.json(&token, "GET", "/v1/sync", "").await.json()["cursor"].as_str().unwrap().to_owned();
    let body = json!({"password": RIGHT}).to_string();
    let codes = server.json(&token, "POST", "/v1/account/recovery-codes", &body).await.json();
    let body = json!({"password": RIGHT, "new_password": "battery staple"}).to_string();
    assert_eq!(server.json(&token, "PUT", "/v1/account/password", &body).await.status, 204);
    let records = server.json(&token, "GET", &format!("/v1/events?after={cursor}"), "").await.text();
    assert!(records.contains("password_changed") && records.contains("recovery_codes_made"), "{records}");
    for secret in ["argon2", RIGHT, "battery", codes["codes"][0].as_str().unwrap()] {
        assert!(!records.contains(secret), "{records}");
    }
}

/// Not the pages and not what signs in, whatever it is asked.
#[tokio::test]
async fn x9_nothing_redirects() {
    let server = Server::start().await;
    let token = sign_up(&server, "ada").await;
    let body = json!({"username": "ada", "password": RIGHT}).to_string();
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        for name in ["next", "redirect", "return_to", "continue"] {
            for (method, path, body) in [
                ("POST", "/v1/sessions", body.as_str()),
                ("GET", "/", ""),
                ("GET", "/r/tea", ""),
                ("GET", "//evil.example/", ""),
            ] {
                let path = format!("{path}?{name}={}", evil.replace('/', "%2F").replace('\\', "%5C"));
                let answer = server.json(&token, method, &path, body).await;
                assert!(!(300..400).contains(&answer.status), "{method} {path}");
                assert_eq!(
                    (answer.header("location"), answer.header("refresh")),
                    (None, None),
                    "{method} {path}"
                );
            }
        }
    }
}
