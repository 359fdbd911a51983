//! Rooms with many readers: what a delivery costs, and how soon it is there.

use chinwag_client::ClientError;
use chinwag_protocol::ConversationId;
use serde_json::json;

use super::ScenarioError;
use super::load::{LoadOptions, SERVER_CPU, requests, run, senders};
use crate::crowd::{clients, gather, prefix};
use crate::floor::{FanOut, FloorError, Writer};
use crate::load::{Cast, Pace, Reader, Sender};
use crate::report::{Floor, Run};
use crate::target::Target;

/// Bytes of the header of a WebSocket frame that a record fits in.
const FRAME_HEADER_BYTES: usize = 4;
/// Frames of one write where many messages are outstanding.
const FRAMES_OF_A_WRITE: usize = 10;

/// Rooms.
#[derive(Debug, Clone)]
pub struct RoomOptions {
    /// How much, how fast.
    pub load: LoadOptions,
    /// How many rooms, which get messages by turns.
    pub rooms: usize,
    /// How many readers each has.
    pub readers: usize,
}

/// Sends to rooms of which all members read.
pub async fn room(target: &Target, options: &RoomOptions) -> Result<Run, ScenarioError> {
    let cast = cast(target, options).await?;
    let (mut run, record_bytes) = run("room", target, cast, &options.load).await?;
    run.settings.insert("rooms".to_owned(), json!(options.rooms));
    run.settings.insert("readers of each".to_owned(), json!(options.readers));
    if let Some(place) = &options.load.place {
        let floor = FanOut {
            writer: Writer::Epoll,
            sockets: options.rooms * options.readers,
            frame_bytes: record_bytes as usize + FRAME_HEADER_BYTES,
            frames_per_write: match options.load.pace {
                Pace::Closed { outstanding: 1 } => 1,
                Pace::Closed { .. } | Pace::Open { .. } => FRAMES_OF_A_WRITE,
            },
        };
        let cost = floor.measure(place).await?;
        if let Some(figure) = run.figures.iter_mut().find(|figure| figure.name == SERVER_CPU) {
            figure.floor = Some(Floor { name: floor.name(), value: cost.cpu_us });
        }
        let io_uring = FanOut { writer: Writer::IoUring, ..floor };
        match io_uring.measure(place).await {
            Ok(cost) => run.notes.push(format!(
                "the same floor by {}: {:.2} µs a delivery",
                io_uring.name(),
                cost.cpu_us
            )),
            Err(FloorError::Refused(why)) => run.notes.push(format!("no floor by io_uring: {why}")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(run)
}

async fn cast(target: &Target, options: &RoomOptions) -> Result<Cast, ClientError> {
    let RoomOptions { load, rooms, readers } = options;
    let members =
        gather(&clients(target, 32, 1)?, &prefix("room"), rooms * readers, |index| index / readers).await?;
    let conversations: Vec<ConversationId> =
        members.iter().step_by(*readers).map(|member| member.conversation).collect();
    let of_each = senders(load.pace, *rooms, *readers);
    let requests = requests(load.pace, of_each * rooms);
    // The rooms by turns, and in each of them its senders.
    let senders = (0..of_each)
        .flat_map(|sender| (0..*rooms).map(move |room| (room, room * readers + sender)))
        .map(|(room, reader)| Sender { reader, conversation: room as u32, requests })
        .collect();
    let readers = members
        .into_iter()
        .enumerate()
        .map(|(index, member)| Reader {
            session: member.session,
            after: Some(member.cursor),
            transport: load.transport,
            conversations: vec![(index / readers) as u32],
            checked: true,
        })
        .collect();
    Ok(Cast { conversations: conversations.into_iter().map(|id| (id, 0)).collect(), readers, senders })
}
