//! What each command does, whatever it came by: a route of REST or a frame of a WebSocket.

use chinwag_chat::{Entry, Reply, Request, RequestHash};
use chinwag_hub::After;
use chinwag_protocol::{
    AccountId, AckBody, Actor, Attributes, Code, Command, ConversationId, DeviceId, DirectBody, DraftBody,
    DraftText, EditBody, Emoji, Entities, Entity, HistoryPage, MarkBody, MessageText, OwnSettingsBody,
    OwnSettingsCard, OwnSettingsChange, PreferencesBody, PreferencesCard, Problem, RoomAnswer, SendAnswer,
    SendBody, Seq, Slug, Title, Username,
};
use chinwag_store::HistoryRange;
use uuid::Uuid;

use crate::app::App;
use crate::history::PageSize;
use crate::limits::Counted;
use crate::refusal::{internal, store_problem};
use crate::{cursor, digest, groups, history};

/// Opens a room; says as well whether it is new.
pub(crate) async fn open_room(app: &App, actor: Actor, slug: String) -> Result<(RoomAnswer, bool), Problem> {
    let slug = Slug::parse(slug).map_err(|error| Problem::new(Code::InvalidSlug, error.to_string()))?;
    let reply = submit(app, actor, Command::OpenRoom { slug }).await?;
    let Reply::Room { conversation, entry, .. } = reply else { return Err(internal()) };
    Ok((opened(app, actor, conversation.id).await?, entry == Entry::Made))
}

/// Opens the direct chat with an account; says as well whether it is new.
pub(crate) async fn open_direct(
    app: &App,
    actor: Actor,
    account: AccountId,
) -> Result<(RoomAnswer, bool), Problem> {
    let reply = submit(app, actor, Command::OpenDirect { account }).await?;
    let Reply::Direct { conversation, entry, .. } = reply else { return Err(internal()) };
    Ok((opened(app, actor, conversation.id).await?, entry == Entry::Made))
}

/// Opens the direct chat with the account that signs in with a user name.
pub(crate) async fn open_direct_by_name(
    app: &App,
    actor: Actor,
    DirectBody { username }: DirectBody,
) -> Result<(RoomAnswer, bool), Problem> {
    // Whoever has a user name has a password with it, and both for ever.
    let found = match Username::parse(&username) {
        Ok(username) => app.store.credential_of(&username).await.map_err(|error| store_problem(&error))?,
        // What cannot be a user name is nobody's.
        Err(_) => None,
    };
    match found {
        Some(credential) => open_direct(app, actor, credential.account).await,
        None => {
            // As of an account that does not exist.
            let counted = Counted::Join(actor.account);
            app.limits.command(actor.device)?;
            app.limits.count(counted)?;
            app.limits.give_back_counted(counted);
            Err(Problem::no_account())
        }
    }
}

/// A conversation that the account has come into, with its newest page.
pub(crate) async fn opened(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
) -> Result<RoomAnswer, Problem> {
    let size = PageSize { messages: history::PAGE_DEFAULT, bytes: app.options.opened_room_bytes_max };
    let page = history::page(app, actor, conversation, HistoryRange::Newest, size).await?;
    // Read later than what the cursor stands for: a change in between comes once more. Read before, it would never come.
    let conversation = groups::show(app, actor, conversation).await?;
    let HistoryPage { messages, changes, from_seq, to_seq, cursor } = page;
    Ok(RoomAnswer { conversation, messages, changes, from_seq, to_seq, cursor })
}

/// Takes up a direct chat.
pub(crate) async fn accept(app: &App, actor: Actor, conversation: ConversationId) -> Result<(), Problem> {
    submit(app, actor, Command::Accept { conversation }).await.map(drop)
}

/// Shows nothing more of what an account writes in a direct chat.
pub(crate) async fn block(app: &App, actor: Actor, account: AccountId) -> Result<(), Problem> {
    submit(app, actor, Command::Block { account }).await.map(drop)
}

/// Shows again what an account writes.
pub(crate) async fn unblock(app: &App, actor: Actor, account: AccountId) -> Result<(), Problem> {
    submit(app, actor, Command::Unblock { account }).await.map(drop)
}

/// Says how far an account has read.
pub(crate) async fn read(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    MarkBody { seq }: MarkBody,
) -> Result<(), Problem> {
    submit(app, actor, Command::Read { conversation, seq }).await?;
    app.hub.read(actor.account, conversation);
    Ok(())
}

/// Chooses something for all of an account's conversations.
pub(crate) async fn set_preferences(
    app: &App,
    actor: Actor,
    PreferencesBody { receipts }: PreferencesBody,
) -> Result<PreferencesCard, Problem> {
    let reply = submit(app, actor, Command::SetPreferences { receipts }).await?;
    let Reply::Preferences { preferences, version } = reply else { return Err(internal()) };
    Ok(PreferencesCard { preferences, version })
}

/// Marks a conversation as unread.
pub(crate) async fn mark_unread(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    MarkBody { seq }: MarkBody,
) -> Result<(), Problem> {
    submit(app, actor, Command::MarkUnread { conversation, seq }).await.map(drop)
}

/// Sets something for an account in a conversation.
pub(crate) async fn change_own_settings(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    body: OwnSettingsBody,
) -> Result<OwnSettingsCard, Problem> {
    let OwnSettingsBody { muted_until, level, pinned, archived, name } = body;
    let title = |name: String| if name.is_empty() { Ok(None) } else { Title::parse(name).map(Some) };
    let name = name.map(title).transpose();
    let name = name.map_err(|error| Problem::new(Code::InvalidTitle, error.to_string()))?;
    let change = OwnSettingsChange { muted_until, level, pinned, archived, name };
    let reply = submit(app, actor, Command::ChangeOwnSettings { conversation, change }).await?;
    let Reply::OwnSettings { settings, version } = reply else { return Err(internal()) };
    Ok(OwnSettingsCard { settings, version })
}

/// Keeps what a device of an account has begun to write.
pub(crate) async fn put_draft(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    device: DeviceId,
    DraftBody { text }: DraftBody,
) -> Result<(), Problem> {
    let text = DraftText::parse(text, app.options.message_bytes_max)
        .map_err(|error| Problem::new(Code::InvalidText, error.to_string()))?;
    submit(app, actor, Command::PutDraft { conversation, device, text }).await.map(drop)
}

/// Posts a message.
pub(crate) async fn send_message(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    message: SendBody,
) -> Result<SendAnswer, Problem> {
    let SendBody { client_id, text, follows, reply_to, forwarded, entities } = message;
    let text = message_text(app, text)?;
    let entities = entities_of(entities, &text)?;
    if let Some(reply_to) = reply_to {
        check_storable(reply_to)?;
    }
    let attributes = Attributes { reply_to, forwarded, entities };
    let hash = digest::send_request(app.store.secrets(), conversation, &text, &attributes);
    let command = Command::SendMessage { conversation, client_id, text, follows, attributes };
    let sent = stored(app, &submit_hashed(app, actor, command, hash).await?)?;
    app.hub.stop_typing(actor.account, conversation);
    Ok(sent)
}

/// Gives a message another text.
pub(crate) async fn edit_message(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
    edit: EditBody,
) -> Result<SendAnswer, Problem> {
    let EditBody { text, entities } = edit;
    let text = message_text(app, text)?;
    let entities = entities_of(entities, &text)?;
    check_storable(seq)?;
    stored(app, &submit(app, actor, Command::EditMessage { conversation, seq, text, entities }).await?)
}

/// Reacts to a message.
pub(crate) async fn react(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
    emoji: &str,
) -> Result<SendAnswer, Problem> {
    let emoji = parse_emoji(emoji)?;
    check_storable(seq)?;
    stored(app, &submit(app, actor, Command::React { conversation, seq, emoji }).await?)
}

/// Takes a reaction back; none if it was not there.
pub(crate) async fn unreact(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
    emoji: &str,
) -> Result<Option<SendAnswer>, Problem> {
    let emoji = parse_emoji(emoji)?;
    check_storable(seq)?;
    undone(app, &submit(app, actor, Command::Unreact { conversation, seq, emoji }).await?)
}

/// Pins a message.
pub(crate) async fn pin(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
) -> Result<SendAnswer, Problem> {
    check_storable(seq)?;
    stored(app, &submit(app, actor, Command::Pin { conversation, seq }).await?)
}

/// Pins a message no more; none if it was not pinned.
pub(crate) async fn unpin(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
) -> Result<Option<SendAnswer>, Problem> {
    check_storable(seq)?;
    undone(app, &submit(app, actor, Command::Unpin { conversation, seq }).await?)
}

pub(crate) fn parse_emoji(text: &str) -> Result<Emoji, Problem> {
    Emoji::parse(text).map_err(|error| Problem::new(Code::InvalidEmoji, error.to_string()))
}

fn message_text(app: &App, text: String) -> Result<MessageText, Problem> {
    MessageText::parse(text, app.options.message_bytes_max)
        .map_err(|error| Problem::new(Code::InvalidText, error.to_string()))
}

fn entities_of(entities: Vec<Entity>, text: &MessageText) -> Result<Entities, Problem> {
    Entities::parse(entities, text).map_err(|error| Problem::new(Code::InvalidEntities, error.to_string()))
}

/// No row has a number that the stores could not keep.
fn check_storable(seq: Seq) -> Result<(), Problem> {
    i64::try_from(seq.get()).map(drop).map_err(|_| no_message())
}

/// Deletes a message.
pub(crate) async fn delete_message(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
) -> Result<SendAnswer, Problem> {
    check_storable(seq)?;
    stored(app, &submit(app, actor, Command::DeleteMessage { conversation, seq }).await?)
}

/// Ends a membership.
pub(crate) async fn leave(app: &App, actor: Actor, conversation: ConversationId) -> Result<(), Problem> {
    submit(app, actor, Command::Leave { conversation }).await.map(drop)
}

/// Voids the device's token.
pub(crate) async fn sign_out(app: &App, actor: Actor) -> Result<(), Problem> {
    submit(app, actor, Command::SignOut).await.map(drop)
}

/// Notes how far the devices have got.
pub(crate) async fn acknowledge(app: &App, actors: &[Actor], body: &AckBody) -> Result<(), Problem> {
    for actor in actors {
        app.limits.note(actor.device)?;
    }
    match cursor::open(app, body.cursor.as_str()).await? {
        After::Pos(pos) => actors.iter().for_each(|actor| app.hub.acknowledge(*actor, pos)),
        After::Now(_) | After::Gap(..) => {
            let detail = "This cursor is of another log. Take the cursors that the stream gives.";
            return Err(Problem::new(Code::InvalidCursor, detail));
        }
    }
    Ok(())
}

/// An id that cannot be one is answered like one that is nobody's.
pub(crate) fn conversation(id: &str) -> Result<ConversationId, Problem> {
    id.parse().map_err(|_| Problem::no_conversation())
}

/// The same for an account.
pub(crate) fn account(id: &str) -> Result<AccountId, Problem> {
    id.parse().map_err(|_| Problem::no_account())
}

pub(crate) fn no_message() -> Problem {
    Problem::new(Code::NotFound, "There is no such message.")
}

/// Submits a command that is idempotent by nature.
pub(crate) async fn submit(app: &App, actor: Actor, command: Command) -> Result<Reply, Problem> {
    // Compared only where the command has a `client_id`.
    submit_hashed(app, actor, command, RequestHash([0; 16])).await
}

/// Submits a command with the hash by which its retries are known.
pub(crate) async fn submit_hashed(
    app: &App,
    actor: Actor,
    command: Command,
    hash: RequestHash,
) -> Result<Reply, Problem> {
    app.limits.command(actor.device)?;
    let counted = Counted::of(actor, &command);
    if let Err(problem) = app.limits.count(counted) {
        return Err(too_many(app, actor, counted, problem).await);
    }
    let mut counting = Counting { app, counted, counts: !matches!(counted, Counted::Send(_)) };
    let fresh = ConversationId::new(Uuid::now_v7());
    let outcome = app.store.submit(Request::Command { actor, command, hash, fresh }).await;
    counting.counts = outcome.as_ref().is_ok_and(changes_something);
    outcome
}

/// What a command was counted as while it is decided. Nobody who may not write in a conversation must keep the others from it;
/// so a message does not count if it is refused, nor if whoever sent it hangs up before that is known.
struct Counting<'a> {
    app: &'a App,
    counted: Counted,
    counts: bool,
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if !self.counts {
            self.app.limits.give_back_counted(self.counted);
        }
    }
}

/// Whether something has come of a command, as far as that can be told.
fn changes_something(reply: &Reply) -> bool {
    match reply {
        Reply::Room { entry, .. } | Reply::Direct { entry, .. } | Reply::Invited { entry, .. } => {
            *entry != Entry::Before
        }
        _ => true,
    }
}

/// Why a change was not even tried. How much is written in a conversation is told to its members alone.
async fn too_many(app: &App, actor: Actor, counted: Counted, problem: Problem) -> Problem {
    let Counted::Send(conversation) = counted else { return problem };
    match app.store.conversation(actor.account, conversation).await {
        Ok(Some(_)) => problem,
        Ok(None) => Problem::no_conversation(),
        Err(error) => store_problem(&error),
    }
}

/// Of what there may have been nothing to undo.
fn undone(app: &App, reply: &Reply) -> Result<Option<SendAnswer>, Problem> {
    match reply {
        Reply::Done => Ok(None),
        reply => stored(app, reply).map(Some),
    }
}

fn stored(app: &App, reply: &Reply) -> Result<SendAnswer, Problem> {
    let Reply::Stored { seq, pos, at } = *reply else { return Err(internal()) };
    Ok(SendAnswer { seq, cursor: app.hub.cursor(pos), sent_at: at })
}
