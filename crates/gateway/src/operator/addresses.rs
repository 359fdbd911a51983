//! Networks that nobody may come from.

use axum::extract::State;
use axum::response::Response;
use chinwag_chat::{BANNED_ADDRESSES_MAX, Operation, Subject, SubjectKind};
use chinwag_protocol::{AddressRange, Code, Problem};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Operator, operate, until};
use crate::answer::answer;
use crate::app::App;
use crate::json::Json;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};

/// Leading bits of the widest networks that are banned, so that a slip does not ban everybody.
const IPV4_WIDEST: u32 = 8;
const IPV6_WIDEST: u32 = 16;
/// One client has a whole network of IPv6.
const IPV6_NARROWEST: u32 = 64;

/// `GET /admin/v1/addresses`
pub(super) async fn list(_: Operator, State(app): State<App>) -> Result<Response, Refusal> {
    let now = (app.clock)();
    let rulings = app.store.rulings(SubjectKind::Address, None, BANNED_ADDRESSES_MAX as usize).await?;
    let addresses: Vec<Value> = rulings
        .iter()
        .filter(|(_, terms)| terms.hold(now))
        .filter_map(|(subject, terms)| match subject {
            Subject::Address(range) => {
                Some(json!({ "range": range.to_string(), "since": terms.since, "until": terms.until }))
            }
            _ => None,
        })
        .collect();
    Ok(answer(StatusCode::OK, &json!({ "addresses": addresses })))
}

#[derive(Deserialize)]
pub(super) struct BanBody {
    range: String,
    #[serde(default)]
    seconds: Option<u64>,
}

/// `POST /admin/v1/addresses`
pub(super) async fn ban(
    _: Operator,
    State(app): State<App>,
    Json(body): Json<BanBody>,
) -> Result<Response, Refusal> {
    let range = range(&body.range).map_err(|detail| Problem::new(Code::InvalidField, detail))?;
    let until = until(&app, body.seconds)?;
    forget_expired(&app).await?;
    let rule = Operation::Rule { subject: Subject::Address(range), until };
    operate(&app, rule, &format!("ban address {range}")).await?;
    // So that it holds here before this is answered.
    app.read_address_bans().await?;
    Ok(answer(StatusCode::CREATED, &json!({ "range": range.to_string(), "until": until })))
}

/// `DELETE /admin/v1/addresses?range=RANGE`
pub(super) async fn lift_ban(
    _: Operator,
    State(app): State<App>,
    query: Query,
) -> Result<StatusCode, Refusal> {
    let range = range(query.text("range")?.unwrap_or_default()).map_err(invalid_query)?;
    let subject = Subject::Address(range);
    if app.store.ruling(subject).await?.is_none() {
        let detail = "This address or network is not banned as it stands. See: chinwag admin addresses list.";
        return Err(Problem::new(Code::NotFound, detail).into());
    }
    operate(&app, Operation::Lift(subject), &format!("lift the ban of address {range}")).await?;
    app.read_address_bans().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Those whose time is over take no places.
async fn forget_expired(app: &App) -> Result<(), Refusal> {
    let now = (app.clock)();
    for (subject, _) in app
        .store
        .rulings(SubjectKind::Address, None, BANNED_ADDRESSES_MAX as usize)
        .await?
        .into_iter()
        .filter(|(_, terms)| !terms.hold(now))
    {
        operate(app, Operation::Lift(subject), "forget the ban of an address whose time is over").await?;
    }
    Ok(())
}

fn range(text: &str) -> Result<AddressRange, String> {
    let wrong = "Name an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8:1:2::/64.";
    let range: AddressRange = text.parse().map_err(|_| wrong.to_owned())?;
    let (range, widest) =
        if range.is_ipv4() { (range, IPV4_WIDEST) } else { (range.at_most(IPV6_NARROWEST), IPV6_WIDEST) };
    if range.prefix() < widest {
        return Err(format!("A network that is banned has a prefix of {widest} bits at least."));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_neither_too_wide_nor_too_narrow() {
        for (text, banned) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7/24", Some("192.0.2.0/24")),
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("10.0.0.0/7", None),
            ("0.0.0.0/0", None),
            ("2001:db8:1:2:3::4", Some("2001:db8:1:2::/64")),
            ("2001:db8:1::/48", Some("2001:db8:1::/48")),
            ("2001::/15", None),
            ("::/0", None),
            ("example.org", None),
            ("", None),
        ] {
            assert_eq!(range(text).ok().map(|range| range.to_string()).as_deref(), banned, "{text}");
        }
    }
}
