//! What each command does, whatever it came by: a route of REST or a frame of a WebSocket.

use chinwag_chat::{Reply, Request, RequestHash};
use chinwag_hub::After;
use chinwag_protocol::{
    AckBody, Actor, Code, Command, ConversationCard, ConversationId, HistoryPage, MessageText, Problem,
    RoomAnswer, SendAnswer, SendBody, Seq, Slug,
};
use chinwag_store::HistoryRange;
use uuid::Uuid;

use crate::app::App;
use crate::history::PageSize;
use crate::refusal::internal;
use crate::{cursor, digest, history};

/// Opens a room; says as well whether it is new.
pub(crate) async fn open_room(app: &App, actor: Actor, slug: String) -> Result<(RoomAnswer, bool), Problem> {
    let slug = Slug::parse(slug).map_err(|error| Problem::new(Code::InvalidSlug, error.to_string()))?;
    let reply = submit(app, actor, Command::OpenRoom { slug }).await?;
    let Reply::Room { conversation, role, created } = reply else { return Err(internal()) };
    let bytes_max = app.options.opened_room_bytes_max;
    let size = PageSize { messages: history::PAGE_DEFAULT, bytes: bytes_max };
    let page = history::page(app, actor, conversation.id, HistoryRange::Newest, size).await?;
    let HistoryPage { messages, from_seq, to_seq, cursor } = page;
    Ok((
        RoomAnswer {
            conversation: ConversationCard::of(&conversation, role),
            messages,
            from_seq,
            to_seq,
            cursor,
        },
        created,
    ))
}

/// Posts a message.
pub(crate) async fn send_message(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    message: SendBody,
) -> Result<SendAnswer, Problem> {
    let SendBody { client_id, text, follows } = message;
    let text = MessageText::parse(text, app.options.message_bytes_max)
        .map_err(|error| Problem::new(Code::InvalidText, error.to_string()))?;
    let hash = digest::send_request(app.store.secrets(), conversation, &text);
    let command = Command::SendMessage { conversation, client_id, text, follows };
    stored(app, &submit_hashed(app, actor, command, hash).await?)
}

/// Deletes a message.
pub(crate) async fn delete_message(
    app: &App,
    actor: Actor,
    conversation: ConversationId,
    seq: Seq,
) -> Result<SendAnswer, Problem> {
    // No row has a number that the stores could not keep.
    if i64::try_from(seq.get()).is_err() {
        return Err(no_message());
    }
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

/// Notes how far the device has got.
pub(crate) async fn acknowledge(app: &App, actor: Actor, body: &AckBody) -> Result<(), Problem> {
    app.limits.note(actor.device)?;
    match cursor::open(app, body.cursor.as_str()).await? {
        After::Pos(pos) => app.hub.acknowledge(actor.device, pos),
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
    let fresh = ConversationId::new(Uuid::now_v7());
    app.store.submit(Request::Command { actor, command, hash, fresh }).await
}

fn stored(app: &App, reply: &Reply) -> Result<SendAnswer, Problem> {
    let Reply::Stored { seq, pos, at } = *reply else { return Err(internal()) };
    Ok(SendAnswer { seq, cursor: app.hub.cursor(pos), sent_at: at })
}
