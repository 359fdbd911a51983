//! The account's conversations.

use axum::extract::State;
use axum::response::Response;
use chinwag_hub::After;
use chinwag_protocol::{
    MarkerCard, OwnSettingsCard, Problem, SenderCard, SettingsCard, SyncConversation, SyncPage,
};
use chinwag_store::{SyncPlace, SyncRow, Synced};
use http::StatusCode;

use crate::answer::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::cursor;
use crate::query::Query;
use crate::refusal::{Refusal, invalid_query};

const PAGE: usize = 100;

/// `GET /v1/sync`
pub(super) async fn page(State(app): State<App>, caller: Caller, query: Query) -> Result<Response, Refusal> {
    let after = match query.text("next")? {
        Some(next) => Some(place(&app, next).await?),
        None => None,
    };
    let Synced { conversations, next, head, unread } =
        app.store.sync(caller.actor.account, after, PAGE).await?;
    // Read later than what the cursor stands for: a change in between comes once more, and is known by its version. Read
    // before, it would never come.
    let account = app.account(caller.actor.account).await?;
    Ok(answer(
        StatusCode::OK,
        &SyncPage {
            account,
            conversations: conversations.into_iter().map(conversation).collect(),
            cursor: app.hub.cursor(head),
            next: next.map(|place| format!("{}.{}", app.hub.cursor(place.pos), place.conversation)),
            unread_total: unread.map(|unread| unread.messages),
            mentions_total: unread.map(|unread| unread.mentions),
        },
    ))
}

/// The place that `next` of an earlier page stands for: positions leave the server only as cursors.
async fn place(app: &App, next: &str) -> Result<SyncPlace, Problem> {
    let unknown = || invalid_query("This \"next\" is none that this server gave. Begin again without it.");
    let (at, conversation) = next.split_once('.').ok_or_else(unknown)?;
    let conversation = conversation.parse().map_err(|_| unknown())?;
    match cursor::open(app, at).await {
        Ok(After::Pos(pos)) => Ok(SyncPlace { pos, conversation }),
        Ok(After::Now(_) | After::Gap(..)) => Err(unknown()),
        Err(problem) if problem.code.status() < 500 => Err(unknown()),
        Err(problem) => Err(problem),
    }
}

fn conversation(row: SyncRow) -> SyncConversation {
    let SyncRow { conversation, role, request, peer, seq, n, active_at, marker, settings, drafts } = row;
    let (own, version) = settings;
    SyncConversation {
        id: conversation.id,
        kind: conversation.kind,
        role,
        lookalike: conversation.is_lookalike(),
        peer: peer.as_ref().map(SenderCard::from),
        request,
        settings: SettingsCard::from(&conversation),
        slug: conversation.slug.map(Into::into),
        seq,
        n,
        active_at,
        marker: MarkerCard { marker: marker.0, version: marker.1 },
        own_settings: OwnSettingsCard { settings: own, version },
        drafts,
    }
}
