//! Who is there, who types, and what connections look at.

use chinwag_chat::{Action, may};
use chinwag_hub::View;
use chinwag_protocol::{
    AccountId, Actor, Code, ConversationId, Kind, PresenceBody, PresentPage, Problem, SenderCard,
    StreamViewBody, TypingBody, ViewBody,
};
use chinwag_store::Typist;

use crate::app::App;
use crate::json::invalid_field;
use crate::query::Query;
use crate::refusal::{invalid_query, store_problem};

/// Checks what somebody wants to look at.
pub(crate) fn view(app: &App, actor: Actor, body: ViewBody) -> Result<View, Problem> {
    app.limits.note(actor.device)?;
    let places = body.conversations.len() + body.accounts.len();
    if places > ViewBody::PLACES_MAX {
        return Err(invalid_field(&too_many(places)));
    }
    Ok(View::new(body.conversations, body.accounts))
}

/// The same of the URL of what reads, in the name of whoever of several it is for.
pub(crate) fn view_of_query(query: &Query) -> Result<Option<View>, Problem> {
    let conversations = ids(query, "view_conversations")?;
    let accounts = ids(query, "view_accounts")?;
    let places = conversations.len() + accounts.len();
    if places > ViewBody::PLACES_MAX {
        return Err(invalid_query(too_many(places)));
    }
    Ok(Some(View::new(conversations, accounts)).filter(|view| !view.is_empty()))
}

fn too_many(places: usize) -> String {
    let max = ViewBody::PLACES_MAX;
    format!(
        "A view has {places} conversations and accounts; {max} are the most. Name those that are on the screen."
    )
}

fn ids<T: std::str::FromStr>(query: &Query, name: &str) -> Result<Vec<T>, Problem> {
    let listed = query.text(name)?.unwrap_or_default();
    let ids = listed.split(',').filter(|id| !id.is_empty()).map(str::parse);
    ids.collect::<Result<_, _>>()
        .map_err(|_| invalid_query(format!("\"{name}\" is ids with commas between them.")))
}

/// A stream of the device looks at other things from now on.
pub(crate) async fn set_view(app: &App, actor: Actor, body: StreamViewBody) -> Result<(), Problem> {
    let StreamViewBody { stream, view: body } = body;
    let view = view(app, actor, body)?;
    if app.hub.set_view(stream, actor, view).await {
        return Ok(());
    }
    let detail = "You have no stream of this name. Take the one that its \"hello\" says.";
    Err(Problem::new(Code::NotFound, detail))
}

/// Says what a device shows, or that its account shows nothing.
pub(crate) async fn set(app: &App, actor: Actor, body: PresenceBody) -> Result<(), Problem> {
    app.limits.note(actor.device)?;
    app.hub.set_presence(actor, body.status).await.map_err(|error| store_problem(&error))
}

/// Tells those who may know that an account types, or no more.
pub(crate) async fn typing(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    body: TypingBody,
) -> Result<(), Problem> {
    app.limits.note(actor.device)?;
    let typist = app.store.typist(actor.account, conversation).await;
    let typist = typist.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    if body.on && !app.hub.has_typed(actor.device, conversation) {
        let is_heard = is_heard(app, &typist);
        app.hub.typed(actor, conversation, is_heard.then_some(typist.blocks));
    } else if !body.on {
        app.hub.stop_typing(actor.account, conversation);
    }
    Ok(())
}

/// Whether anybody is told: of who may write, where somebody may know.
fn is_heard(app: &App, typist: &Typist) -> bool {
    let may = |action| may(typist.role, action, typist.kind);
    let is_muted = typist.muted_until.is_some_and(|until| until > (app.clock)());
    typist.mutual && !is_muted && may(Action::Write) && (!typist.locked || may(Action::WriteLocked))
}

/// Which members of a room are there.
pub(crate) async fn present(
    app: &App,
    account: AccountId,
    conversation: ConversationId,
    (after, limit): (Option<AccountId>, usize),
) -> Result<PresentPage, Problem> {
    let (present, more) = app.hub.present(conversation, after, limit).await;
    let members = app.store.present_members(account, conversation, &present).await;
    let members = members.map_err(|error| store_problem(&error))?;
    let (kind, members) = members.ok_or_else(Problem::no_conversation)?;
    if kind != Kind::Room {
        let detail = "Only a room tells who is there. Look at the accounts that you want to know it of.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let next = present.last().copied().filter(|_| more);
    Ok(PresentPage { accounts: members.iter().map(SenderCard::from).collect(), next })
}
