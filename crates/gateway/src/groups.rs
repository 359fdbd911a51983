//! What each command about members and settings does, whatever it came by, and what members see of them.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_chat::{Action, Added, Reply, permit};
use chinwag_protocol::{
    AccountId, AccountList, Actor, AddAnswer, AddBody, BansPage, Code, Command, ConversationCard,
    ConversationId, GroupBody, InviteAnswer, InviteBody, InviteCard, InviteHash, InviteId, InviteTerms,
    InvitedAnswer, InvitesAnswer, LineError, MemberCard, MembersPage, MuteBody, MuteSeconds, OwnerBody,
    Problem, RoleBody, RoomAnswer, SenderCard, Settings, SettingsBody, SettingsChange, SlowMode, Title,
    TopicLine,
};
use chinwag_store::{AccountPage, Bans, ConversationRow, InviteRow, InvitedRow, Invites, MemberRow, Members};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::commands::{opened, submit, submit_hashed};
use crate::digest;
use crate::json::invalid_field;
use crate::limits::InviteTry;
use crate::refusal::{internal, store_problem};
use crate::token::random_bytes;

/// Makes a group.
pub(crate) async fn create(app: &App, actor: Actor, body: GroupBody) -> Result<ConversationCard, Problem> {
    let GroupBody { client_id, title, topic, history_visible } = body;
    let mut settings = Settings::new(Some(parse_title(title)?));
    settings.topic = parse_topic(topic.unwrap_or_default())?;
    settings.history_visible = history_visible.unwrap_or(settings.history_visible);
    let hash = digest::group_request(app.store.secrets(), &settings);
    let reply = submit_hashed(app, actor, Command::CreateGroup { client_id, settings }, hash).await?;
    let Reply::Group { conversation } = reply else { return Err(internal()) };
    show(app, actor, conversation).await
}

/// A conversation that the account is in.
pub(crate) async fn show(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
) -> Result<ConversationCard, Problem> {
    let found = app.store.conversation(actor.account, conversation).await;
    let found = found.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let ConversationRow { conversation, role, request, peer, members } = found;
    // How many are in a direct chat would tell whether the other has blocked who asks.
    let members = if conversation.pair.is_some() { None } else { Some(members) };
    let peer = peer.as_ref().map(SenderCard::from);
    Ok(ConversationCard { members, request, peer, ..ConversationCard::of(&conversation, role) })
}

/// Changes what a conversation is called and how it may be used.
pub(crate) async fn change(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    body: SettingsBody,
) -> Result<ConversationCard, Problem> {
    let SettingsBody { title, topic, listed, locked, slow_mode_seconds, history_visible } = body;
    let slow_mode = slow_mode_seconds.map(|seconds| {
        let max = SlowMode::SECONDS_MAX;
        SlowMode::new(seconds)
            .ok_or_else(|| invalid_field(&format!("\"slow_mode_seconds\" is at most {max}; 0 is none.")))
    });
    let change = SettingsChange {
        title: title.map(parse_title).transpose()?,
        topic: topic.map(parse_topic).transpose()?,
        listed,
        locked,
        slow_mode: slow_mode.transpose()?,
        history_visible,
    };
    submit(app, actor, Command::ChangeSettings { conversation, change }).await?;
    show(app, actor, conversation).await
}

/// Brings others into a group.
pub(crate) async fn add(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    body: AddBody,
) -> Result<AddAnswer, Problem> {
    let accounts = AccountList::new(body.accounts).ok_or_else(|| {
        invalid_field(&format!("\"accounts\" has 1 to {} accounts.", AccountList::ACCOUNTS_MAX))
    })?;
    let reply = submit(app, actor, Command::AddMembers { conversation, accounts }).await?;
    let Reply::Added(Added { added, already, refused }) = reply else { return Err(internal()) };
    Ok(AddAnswer { added, already, refused })
}

/// Sends a member away.
pub(crate) async fn remove(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
) -> Result<(), Problem> {
    submit(app, actor, Command::RemoveMember { conversation, account }).await.map(drop)
}

/// Gives a member another role.
pub(crate) async fn set_role(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
    RoleBody { role }: RoleBody,
) -> Result<(), Problem> {
    submit(app, actor, Command::SetRole { conversation, account, role }).await.map(drop)
}

/// Makes another member the owner.
pub(crate) async fn hand_over(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    OwnerBody { account }: OwnerBody,
) -> Result<(), Problem> {
    submit(app, actor, Command::HandOver { conversation, account }).await.map(drop)
}

/// Keeps an account out.
pub(crate) async fn ban(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
) -> Result<(), Problem> {
    submit(app, actor, Command::Ban { conversation, account }).await.map(drop)
}

/// Keeps an account out no more.
pub(crate) async fn lift_ban(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
) -> Result<(), Problem> {
    submit(app, actor, Command::LiftBan { conversation, account }).await.map(drop)
}

/// Lets a member write nothing for a while.
pub(crate) async fn mute(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
    MuteBody { seconds }: MuteBody,
) -> Result<(), Problem> {
    let seconds = MuteSeconds::new(seconds)
        .ok_or_else(|| invalid_field(&format!("\"seconds\" is 1 to {}.", MuteSeconds::MAX)))?;
    submit(app, actor, Command::Mute { conversation, account, seconds }).await.map(drop)
}

/// Lets a member write again.
pub(crate) async fn lift_mute(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    account: AccountId,
) -> Result<(), Problem> {
    submit(app, actor, Command::LiftMute { conversation, account }).await.map(drop)
}

/// Makes a link by which others come in.
pub(crate) async fn invite(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    InviteBody { expires_seconds, uses }: InviteBody,
) -> Result<InviteAnswer, Problem> {
    let terms = InviteTerms::new(expires_seconds, uses).ok_or_else(|| {
        let (seconds, uses) = (InviteTerms::SECONDS_MAX, InviteTerms::USES_MAX);
        invalid_field(&format!("\"expires_seconds\" is 1 to {seconds}, \"uses\" 1 to {uses}."))
    })?;
    let text = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
    let command = Command::CreateInvite { conversation, token: hash(&text), terms };
    let Reply::Invite { invite } = submit(app, actor, command).await? else { return Err(internal()) };
    Ok(InviteAnswer { id: invite, token: text })
}

/// Makes a link void.
pub(crate) async fn revoke_invite(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    invite: InviteId,
) -> Result<(), Problem> {
    submit(app, actor, Command::RevokeInvite { conversation, invite }).await.map(drop)
}

/// Comes into a group by a link; `network` is whom the device counts for by address.
pub(crate) async fn accept_invite(
    app: &App,
    actor: Actor,
    network: Option<IpAddr>,
    token: &str,
) -> Result<RoomAnswer, Problem> {
    let tried = app.limits.try_invite(actor.device, network)?;
    let accepting = submit(app, actor, Command::AcceptInvite { token: hash(token) }).await;
    let reply = counted(app, tried, accepting)?;
    let Reply::Invited { conversation, .. } = reply else { return Err(internal()) };
    opened(app, actor, conversation).await
}

/// What a link leads into; `network` is as for [`accept_invite`].
pub(crate) async fn invitation(
    app: &App,
    actor: Actor,
    network: Option<IpAddr>,
    token: &str,
) -> Result<InvitedAnswer, Problem> {
    let tried = app.limits.try_invite(actor.device, network)?;
    counted(app, tried, invited(app, actor, token).await)
}

/// Takes a try back that was not at an invitation that is none.
fn counted<T>(app: &App, tried: InviteTry, outcome: Result<T, Problem>) -> Result<T, Problem> {
    if !matches!(&outcome, Err(problem) if problem.code == Code::NotFound) {
        app.limits.give_back_invite(tried);
    }
    outcome
}

async fn invited(app: &App, actor: Actor, token: &str) -> Result<InvitedAnswer, Problem> {
    let found = app.store.invited(actor.account, hash(token)).await.map_err(|error| store_problem(&error))?;
    let InvitedRow { conversation, members, expires, banned } = found.ok_or_else(Problem::no_invite)?;
    if banned || members == 0 || expires.is_some_and(|expires| expires <= (app.clock)()) {
        return Err(Problem::no_invite());
    }
    Ok(InvitedAnswer { title: conversation.title().to_owned(), members })
}

/// The links into a group, for those who may make them.
pub(crate) async fn invites(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
) -> Result<InvitesAnswer, Problem> {
    let found =
        app.store.invites(actor.account, conversation).await.map_err(|error| store_problem(&error))?;
    let Invites { kind, role, rows } = found.ok_or_else(Problem::no_conversation)?;
    permit(role, Action::Invite, kind)?;
    let now = (app.clock)();
    let good = rows.into_iter().filter(|row| row.expires.is_none_or(|expires| expires > now));
    let card = |InviteRow { id, maker, made, expires, uses }| InviteCard {
        id,
        maker,
        made_at: made,
        expires_at: expires,
        uses,
    };
    Ok(InvitesAnswer { invites: good.map(card).collect() })
}

/// An id that cannot be one is answered like one that is nobody's.
pub(crate) fn invite_id(id: &str) -> Result<InviteId, Problem> {
    id.parse().map_err(|_| Problem::no_invite())
}

fn hash(token: &str) -> InviteHash {
    InviteHash(Sha256::digest(token).into())
}

/// A page of who is in a conversation.
pub(crate) async fn members(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<MembersPage, Problem> {
    let found = app.store.members(actor.account, conversation, after, limit).await;
    let found = found.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let Members { kind, role, page: AccountPage { rows, more } } = found;
    permit(role, Action::SeeMembers, kind)?;
    let next = rows.last().map(|row| row.account.id).filter(|_| more);
    let sees_mutes = permit(role, Action::Mute, kind).is_ok();
    let now = (app.clock)();
    let card = |row: &MemberRow| MemberCard {
        account: SenderCard::from(&row.account),
        role: row.role,
        muted_until: row.muted_until.filter(|until| sees_mutes && *until > now),
    };
    Ok(MembersPage { members: rows.iter().map(card).collect(), next })
}

/// A page of who is kept out of a conversation, for those who may do that.
pub(crate) async fn bans(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<BansPage, Problem> {
    let found = app.store.bans(actor.account, conversation, after, limit).await;
    let found = found.map_err(|error| store_problem(&error))?.ok_or_else(Problem::no_conversation)?;
    let Bans { kind, role, page: AccountPage { rows, more } } = found;
    permit(role, Action::Ban, kind)?;
    let next = rows.last().map(|account| account.id).filter(|_| more);
    Ok(BansPage { accounts: rows.iter().map(SenderCard::from).collect(), next })
}

/// An id that cannot be one is answered like that of somebody who is not in the conversation.
pub(crate) fn account(id: &str) -> Result<AccountId, Problem> {
    id.parse().map_err(|_| Problem::no_member())
}

fn parse_title(text: String) -> Result<Title, Problem> {
    let refused = |error: LineError| Problem::new(Code::InvalidTitle, format!("\"title\": {error}"));
    Title::parse(text).map_err(refused)
}

fn parse_topic(text: String) -> Result<TopicLine, Problem> {
    let refused = |error: LineError| Problem::new(Code::InvalidTopic, format!("\"topic\": {error}"));
    TopicLine::parse(text).map_err(refused)
}
