//! Which path goes where.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use super::{
    account, ack, blocks, conversations, devices, direct, events, fallback, groups, guests, markers,
    messages, openapi, own_settings, pages, preferences, presence, receipts, server, server_accounts,
    session, sign_in, sign_up, sync, tickets,
};
use crate::app::App;
use crate::front::Route;

pub(crate) fn router(app: App) -> Router {
    let router =
        routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    with_refusals(router).with_state(app)
}

fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/v1/guests", post(guests::create)),
        ("/v1/accounts", post(sign_up::sign_up)),
        ("/v1/accounts/{id}", get(account::show_any)),
        ("/v1/sessions", get(session::list).post(sign_in::with_password)),
        ("/v1/account/recovery", post(sign_in::with_recovery_code)),
        ("/v1/account", get(account::show).patch(account::update)),
        ("/v1/account/registration", post(account::register)),
        ("/v1/account/password", put(account::change_password)),
        ("/v1/account/recovery-codes", post(account::new_recovery_codes)),
        ("/v1/account/deletion", post(account::delete)),
        ("/v1/devices", get(devices::list).delete(devices::remove_others)),
        ("/v1/devices/{id}", delete(devices::remove)),
        ("/v1/session", get(session::show).delete(session::sign_out)),
        ("/v1/rooms", get(conversations::rooms)),
        ("/v1/rooms/{slug}", put(conversations::open_room)),
        ("/v1/conversations/{id}/messages", get(messages::history).post(messages::send)),
        ("/v1/conversations/{id}/messages/{seq}", patch(messages::edit).delete(messages::delete)),
        ("/v1/conversations/{id}/messages/{seq}/reactions", get(messages::reactions)),
        (
            "/v1/conversations/{id}/messages/{seq}/reactions/{emoji}",
            put(messages::react).delete(messages::unreact),
        ),
        ("/v1/conversations/{id}/pins", get(messages::pins)),
        ("/v1/conversations/{id}/pins/{seq}", put(messages::pin).delete(messages::unpin)),
        ("/v1/conversations/{id}/membership", delete(conversations::leave)),
        ("/v1/groups", post(groups::create)),
        ("/v1/conversations/{id}", get(groups::show).patch(groups::change)),
        ("/v1/conversations/{id}/members", get(groups::members).post(groups::add)),
        ("/v1/conversations/{id}/members/{account}", delete(groups::remove)),
        ("/v1/conversations/{id}/members/{account}/role", put(groups::set_role)),
        ("/v1/conversations/{id}/owner", post(groups::hand_over)),
        ("/v1/conversations/{id}/bans", get(groups::bans)),
        ("/v1/conversations/{id}/bans/{account}", put(groups::ban).delete(groups::lift_ban)),
        ("/v1/conversations/{id}/mutes/{account}", put(groups::mute).delete(groups::lift_mute)),
        ("/v1/conversations/{id}/invites", get(groups::invites).post(groups::invite)),
        ("/v1/conversations/{id}/invites/{invite}", delete(groups::revoke_invite)),
        ("/v1/invites/{token}", get(groups::invitation).post(groups::accept_invite)),
        ("/v1/direct/{account}", put(direct::open)),
        ("/v1/direct", put(direct::open_by_name)),
        ("/v1/conversations/{id}/accept", post(direct::accept)),
        ("/v1/conversations/{id}/read", put(markers::read)),
        ("/v1/conversations/{id}/unread", put(markers::mark_unread)),
        ("/v1/conversations/{id}/receipts", get(receipts::all)),
        ("/v1/conversations/{id}/messages/{seq}/readers", get(receipts::readers)),
        ("/v1/conversations/{id}/settings", patch(own_settings::change)),
        ("/v1/conversations/{id}/drafts/{device}", put(own_settings::put_draft)),
        ("/v1/account/preferences", get(preferences::show).patch(preferences::set)),
        ("/v1/blocks", get(blocks::page)),
        ("/v1/blocks/{account}", put(blocks::block).delete(blocks::unblock)),
        ("/v1/presence", put(presence::set)),
        ("/v1/view", post(presence::set_view)),
        ("/v1/conversations/{id}/typing", post(presence::typing)),
        ("/v1/conversations/{id}/present", get(presence::present)),
        ("/v1/sync", get(sync::page)),
        ("/v1/ack", post(ack::acknowledge)),
        ("/v1/tickets", post(tickets::give)),
        ("/v1/server", get(server::show)),
        ("/v1/server/accounts", post(server_accounts::create)),
        (
            "/v1/server/accounts/{id}/devices",
            post(server_accounts::add_device).delete(server_accounts::remove_devices),
        ),
        ("/v1/server/accounts/{id}/devices/{device}", delete(server_accounts::remove_device)),
        ("/v1/openapi.json", get(openapi::show)),
        ("/v1/events", get(events::read).connect(events::read)),
        ("/", get(pages::index)),
        ("/r/{slug}", get(pages::room)),
    ]
}

/// Answers what no route answers, and leaves each route's pattern on its responses.
pub(crate) fn with_refusals<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(fallback::not_found)
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .layer(from_fn(leave_route))
}

async fn leave_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned().map(Route);
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_stands_in_the_document() {
        let document: serde_json::Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let described: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let routes = routes();
        let served: BTreeSet<&str> =
            routes.iter().map(|(path, _)| *path).filter(|path| path.starts_with("/v1/")).collect();
        assert_eq!(described, served);
    }
}
