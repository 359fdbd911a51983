//! A hand-made server with rooms, which loses, doubles, holds back and misdirects messages as it is told to.

use std::sync::Arc;

use chinwag_bench::load::Marker;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use uuid::Uuid;

use crate::scripted_http;

/// Something that the server does wrong, to messages by their number. A reader is named by its account: 0 is `Guest 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The reader does not get it.
    Lose { reader: usize, number: u32 },
    /// The reader gets it twice.
    Double { reader: usize, number: u32 },
    /// The reader gets it behind so many records that come later.
    Hold { reader: usize, number: u32, behind: usize },
    /// Somebody who is not in the room gets it, too.
    Misdirect { reader: usize, number: u32 },
    /// With the message `number`, the reader gets one that was never sent: number `invented`.
    Invent { reader: usize, number: u32, invented: u32 },
    /// Refuses it.
    Refuse { number: u32 },
    /// Refuses it, but this reader gets it.
    RefuseAndDeliver { reader: usize, number: u32 },
    /// Neither answers nor delivers from `number` on, until `until` has come. All are made up for then.
    Stall { number: u32, until: u32 },
    /// Never answers nor delivers from `number` on.
    Die { number: u32 },
}

/// The server.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
pub(crate) struct State {
    marker: Marker,
    faults: Vec<Fault>,
    members: Vec<Member>,
    rooms: Vec<Room>,
    stalled: Vec<Sent>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Member {
    /// Its records, of which the cursor is the number of those up to it.
    outbox: Vec<String>,
    /// Records that are held back, each behind so many more.
    held: Vec<(usize, String)>,
}

#[derive(Debug)]
struct Room {
    slug: String,
    id: Uuid,
    members: Vec<usize>,
    seq: u64,
}

/// A message that came, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) room: Uuid,
    pub(crate) sender: usize,
    pub(crate) client_id: String,
    pub(crate) text: String,
    pub(crate) answer: UnboundedSender<Answer>,
    /// The command's, if it came by a WebSocket.
    pub(crate) id: Option<String>,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) id: Option<String>,
    pub(crate) result: Result<Value, Value>,
}

impl Scripted {
    /// Starts one for the messages of this run.
    pub(crate) async fn start(run: u32, faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            marker: Marker::new(run),
            faults: faults.to_vec(),
            members: Vec::new(),
            rooms: Vec::new(),
            stalled: Vec::new(),
            changed: watch::channel(()).0,
        }));
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(scripted_http::serve(socket, serving.clone()));
            }
        });
        Self { url, state }
    }

    /// Messages that wait behind a stall.
    pub(crate) fn stalled(&self) -> usize {
        self.state.lock().stalled.len()
    }
}

impl State {
    /// Tells whenever something is new.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The guest of this name, whose token is its number.
    pub(crate) fn guest(&mut self, name: &str) -> Value {
        let index: usize = name.strip_prefix("Guest ").and_then(|number| number.parse().ok()).unwrap();
        if self.members.len() <= index {
            self.members.resize_with(index + 1, Member::default);
        }
        let id = Uuid::from_u128(index as u128 + 1);
        json!({"account": {"id": id, "name": name}, "device": {"id": id}, "token": index.to_string()})
    }

    pub(crate) fn open_room(&mut self, slug: &str, member: usize) -> Value {
        let index = self.rooms.iter().position(|room| room.slug == slug).unwrap_or_else(|| {
            let room = Room { slug: slug.to_owned(), id: Uuid::new_v4(), members: Vec::new(), seq: 0 };
            self.rooms.push(room);
            self.rooms.len() - 1
        });
        let room = &mut self.rooms[index];
        room.members.push(member);
        json!({"conversation": {"id": room.id, "kind": "room", "slug": slug, "role": "member", "title": slug,
                "topic": "", "listed": false, "locked": false, "slow_mode_seconds": 0, "history_visible": true,
                "version": 1},
            "messages": [], "from_seq": 1, "to_seq": 0, "cursor": self.members[member].outbox.len().to_string()})
    }

    /// The member's records behind a place, and the place after them.
    pub(crate) fn records(&self, member: usize, after: usize) -> (Vec<String>, usize) {
        let outbox = &self.members[member].outbox;
        (outbox[after.min(outbox.len())..].to_vec(), outbox.len())
    }

    /// A message has come.
    pub(crate) fn take(&mut self, sent: Sent) {
        let number = self.marker.find(sent.text.as_bytes()).unwrap().number;
        for fault in self.faults.clone() {
            match fault {
                Fault::Die { number: first } if number >= first => return,
                Fault::Stall { number: first, until } if (first..until).contains(&number) => {
                    self.stalled.push(sent);
                    return;
                }
                Fault::Stall { until, .. } if number == until => {
                    let stalled = std::mem::take(&mut self.stalled);
                    stalled.into_iter().for_each(|sent| self.store(&sent));
                }
                _ => {}
            }
        }
        self.store(&sent);
        self.changed.send_replace(());
    }

    fn store(&mut self, sent: &Sent) {
        let mark = self.marker.find(sent.text.as_bytes()).unwrap();
        let number = mark.number;
        let faults = self.faults.clone();
        let has = |fault| faults.contains(&fault);
        let room = self.rooms.iter_mut().find(|room| room.id == sent.room).unwrap();
        room.seq += 1;
        let (seq, members) = (room.seq, room.members.clone());
        let record = record(sent, seq, &sent.text);
        let deliverers: Vec<usize> = (0..self.members.len())
            .filter(|&reader| has(Fault::RefuseAndDeliver { reader, number }))
            .collect();
        if has(Fault::Refuse { number }) || !deliverers.is_empty() {
            deliverers.into_iter().for_each(|reader| self.members[reader].push(&record));
            let problem = json!({"type": "urn:chinwag:problem:overloaded", "title": "Overloaded", "status": 503,
                "code": "overloaded", "detail": "Not this one."});
            _ = sent.answer.send(Answer { id: sent.id.clone(), result: Err(problem) });
            return;
        }
        for reader in 0..self.members.len() {
            let member = &mut self.members[reader];
            let wanted = members.contains(&reader) && !has(Fault::Lose { reader, number });
            let behind = faults.iter().find_map(|fault| match *fault {
                Fault::Hold { reader: of, number: which, behind } if (of, which) == (reader, number) => {
                    Some(behind)
                }
                _ => None,
            });
            match behind {
                Some(behind) => member.held.push((behind, record.clone())),
                None if wanted => member.push(&record),
                None => {}
            }
            if has(Fault::Double { reader, number }) || has(Fault::Misdirect { reader, number }) {
                member.push(&record);
            }
            for fault in &faults {
                if let Fault::Invent { reader: to, number: with, invented } = *fault
                    && (to, with) == (reader, number)
                {
                    let mark = chinwag_bench::load::Mark { number: invented, ..mark };
                    let text = self.marker.text(mark, sent.text.len());
                    member.push(&self::record(sent, seq, &text));
                }
            }
        }
        let result = json!({"seq": seq, "cursor": "0", "sent_at": "2026-01-01T00:00:00.000Z"});
        _ = sent.answer.send(Answer { id: sent.id.clone(), result: Ok(result) });
    }
}

impl Member {
    fn push(&mut self, record: &str) {
        self.append(record);
        for (behind, _) in &mut self.held {
            *behind -= 1;
        }
        let due: Vec<String> =
            self.held.extract_if(.., |(behind, _)| *behind == 0).map(|(_, record)| record).collect();
        due.iter().for_each(|record| self.append(record));
    }

    fn append(&mut self, record: &str) {
        let cursor = self.outbox.len() + 1;
        self.outbox.push(format!(r#"{record},"cursor":"{cursor}"}}"#));
    }
}

/// A record without its cursor.
fn record(sent: &Sent, seq: u64, text: &str) -> String {
    let Sent { room, sender, client_id, .. } = sent;
    let id = Uuid::from_u128(*sender as u128 + 1);
    format!(
        r#"{{"type":"message","conversation":"{room}","seq":{seq},"n":{seq},"sender":{{"id":"{id}","name":"Guest {sender}"}},"client_id":"{client_id}","text":"{text}","sent_at":"2026-01-01T00:00:00.000Z""#
    )
}
