//! What is of no conversation yet, or of the account itself.

use super::people::{People, Place, fresh};
use super::{NF, OK, Row, read, row, try_row};

/// A guest, an account, and who is blocked by the one whom the command is about.
const ROLES: [&str; 3] = ["GUS", "SAM", "BLY"];

const UNKNOWN: &str = "wrong_credentials";
/// Not signed in as that account.
const OUT: &str = "unauthenticated";

#[rustfmt::skip]
pub(super) const TABLE: &[Row<3>] = &[
    //                                                              guest account blocked
    row("open_room", ("PUT", "/v1/rooms/SLUG", ""), r#""slug":"SLUG""#,
                                                                    [OK, OK, OK]),
    row("register", ("POST", "/v1/account/registration", r#"{"username":"SELF-too","password":"PASSWORD"}"#),
        r#""username":"SELF-too","password":"PASSWORD""#,             [OK, "already_registered", "username_taken"]),
    row("change_password", ("PUT", "/v1/account/password", r#"{"password":"PASSWORD","new_password":"PASSWORD"}"#),
        r#""password":"PASSWORD","new_password":"PASSWORD""#,       [UNKNOWN, OK, UNKNOWN]),
    row("new_recovery_codes", ("POST", "/v1/account/recovery-codes", r#"{"password":"PASSWORD"}"#),
        r#""password":"PASSWORD""#,                                 [UNKNOWN, OK, UNKNOWN]),
    row("update_account", ("PATCH", "/v1/account", r#"{"name":"Another"}"#),
        r#""name":"Another""#,                                      [OK, OK, OK]),
    row("remove_device, another's", ("DELETE", "/v1/devices/INVITE", ""), r#""device":"INVITE""#,
                                                                    [NF, NF, NF]),
    row("remove_other_devices", ("DELETE", "/v1/devices", ""), "",  [OK, OK, OK]),
    row("create_group", ("POST", "/v1/groups", r#"{"client_id":"FRESH","title":"Crew"}"#),
        r#""client_id":"FRESH","title":"Crew""#,                    [OK, OK, OK]),
    row("accept_invite, of nothing", ("POST", "/v1/invites/TOKEN", ""), r#""token":"TOKEN""#,
                                                                    [NF, NF, NF]),
    row("open_direct", ("PUT", "/v1/direct/TOM", ""), r#""account":"TOM""#,
                                                                    [OK, OK, OK]),
    row("open_direct, with nobody", ("PUT", "/v1/direct/INVITE", ""), r#""account":"INVITE""#,
                                                                    [NF, NF, NF]),
    row("block", ("PUT", "/v1/blocks/TOM", ""), r#""account":"TOM""#,
                                                                    [OK, OK, OK]),
    row("block, oneself", ("PUT", "/v1/blocks/SELF", ""), r#""account":"SELF""#,
                                                                    ["forbidden", "forbidden", "forbidden"]),
    row("unblock", ("DELETE", "/v1/blocks/TOM", ""), r#""account":"TOM""#,
                                                                    [OK, OK, OK]),
    row("set_presence", ("PUT", "/v1/presence", r#"{"status":"away"}"#), r#""status":"away""#,
                                                                    [OK, OK, OK]),
    row("set_presence, of the account", ("PUT", "/v1/presence", r#"{"status":"invisible"}"#), r#""status":"invisible""#,
                                                                    [OK, OK, OK]),
    row("set_preferences", ("PATCH", "/v1/account/preferences", r#"{"receipts":false}"#), r#""receipts":false"#,
                                                                    [OK, OK, OK]),
    read("read preferences", "/v1/account/preferences",             [OK, OK, OK]),
    read("read blocks", "/v1/blocks",                               [OK, OK, OK]),
    read("read devices", "/v1/devices",                             [OK, OK, OK]),
    read("read what there is", "/v1/sync",                          [OK, OK, OK]),
    read("read sessions", "/v1/sessions",                           [OK, OK, OK]),
    read("read events, for oneself", "/v1/events?accounts=SELF",    [OK, OK, OK]),
    read("read events, for another", "/v1/events?accounts=TOM",     [OUT, OUT, OUT]),
    read("read events, for nobody", "/v1/events?accounts=INVITE",   [OUT, OUT, OUT]),
    // Each once: afterwards nobody is signed in.
    Row { frame: None, ..row("delete_account", ("POST", "/v1/account/deletion", "{}"), "", [OK, UNKNOWN, OK]) },
    Row { frame: None, ..row("delete_account, with a password",
        ("POST", "/v1/account/deletion", r#"{"password":"PASSWORD"}"#), "", [UNKNOWN, OK, UNKNOWN]) },
    Row { frame: None, ..row("sign_out", ("DELETE", "/v1/session", ""), "", [OK, OK, OK]) },
];

/// A room of Olga's.
async fn make(people: &People<'_>) -> Place {
    let opened = people.does("OLGA", "PUT", &format!("/v1/rooms/tea-{}", fresh()), "").await;
    Place::new(&opened["conversation"])
}

#[tokio::test]
async fn of_an_account() {
    for row in TABLE {
        try_row(row, &ROLES, make).await;
    }
}
