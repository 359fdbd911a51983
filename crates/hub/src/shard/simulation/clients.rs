//! How clients come, go, read and speak.

use std::cell::RefCell;
use std::rc::Rc;

use chinwag_protocol::{AccountId, Actor, Body, DeviceId, Record};
use chinwag_websocket::Deflate;
use tokio::sync::oneshot;

use super::peer::{HEAD, Peer, PeerSink, Reading};
use super::world::{ADDRESS, CLIENTS, Link, World};
use crate::actors::Actors;
use crate::encode::Format;
use crate::hub::{After, PollEnd, StreamRequest};
use crate::shard::PollInput;

impl World {
    /// Whether the gateway may still take the device for signed in: its session was looked up a moment ago, while the window
    /// held its removal or before that.
    pub(super) fn may_connect(&self, device: DeviceId) -> bool {
        let removal = self.log.events.iter().find(
            |event| matches!(event.body, Body::DeviceRemoved { device: removed, .. } if removed == device),
        );
        removal.is_none_or(|event| event.pos >= self.publisher.window().first())
    }

    pub(super) fn connect(&mut self, index: usize) {
        if self.clients[index].signed_out {
            return;
        }
        let actors = self.clients[index].actors.iter().copied();
        let (known, gone): (Vec<Actor>, Vec<Actor>) =
            actors.partition(|actor| self.may_connect(actor.device));
        let lost: Vec<AccountId> = gone.iter().map(|actor| actor.account).collect();
        let Some(actors) = Actors::new(known) else { return };
        let after = self.clients[index].place.map_or_else(|| After::Now(self.log.head()), After::Pos);
        let view = self.draw_view(index).filter(|(viewer, _)| actors.of(*viewer).is_some());
        self.begin_view(index, view.as_ref().map(|(viewer, _)| *viewer));
        if self.random.below(3) == 0 {
            self.count("poll");
            let (reply, answer) = oneshot::channel();
            self.tickets += 1;
            let ticket = self.tickets;
            let wait_ms = if self.random.below(2) == 0 { 0 } else { self.random.below(3_000) };
            self.shard.poll(PollInput { actors, lost, after, wait_ms, view, ticket, reply }, self.now_ms);
            self.clients[index].link = Link::Poll { answer, ticket };
        } else {
            self.count("stream");
            let peer =
                Rc::new(RefCell::new(Peer { budget: self.random.below(4_000) as usize, ..Peer::default() }));
            let format = match self.random.below(4) {
                0 => Format::Sse,
                1 => Format::Ndjson,
                2 => Format::WebSocket(None),
                _ => Format::WebSocket(Some(Deflate { window_bits: 8 + self.random.below(8) as u8 })),
            };
            let mut reading = Box::new(Reading::new(format));
            if matches!(format, Format::WebSocket(_)) {
                self.count("websocket");
                // Some send before the handshake has been answered.
                if self.random.below(4) == 0 {
                    reading.command(&mut peer.borrow_mut(), "early".to_owned());
                }
            }
            let early: Vec<u8> = peer.borrow_mut().sent.drain(..).collect();
            let request =
                StreamRequest { actors, lost, after, format, address: ADDRESS, network: None, view };
            let sink = |_| PeerSink(peer.clone());
            let key = self.shard.attach(sink, &request, HEAD, &early, self.now_ms);
            self.clients[index].link = Link::Stream { peer, key, reading };
        }
    }

    pub(super) fn disconnect(&mut self, index: usize) {
        match std::mem::replace(&mut self.clients[index].link, Link::None) {
            Link::None => {}
            Link::Stream { peer, key, .. } => {
                peer.borrow_mut().gone = true;
                self.shard.socket_ready(key, self.now_ms);
            }
            Link::Poll { ticket, .. } => self.shard.abandon_poll(ticket, self.now_ms),
        }
    }

    pub(super) fn give_room(&mut self, index: usize, bytes: usize) {
        if let Link::Stream { peer, key, .. } = &self.clients[index].link {
            let key = *key;
            peer.borrow_mut().budget += bytes;
            self.shard.socket_ready(key, self.now_ms);
        }
    }

    /// Has a client say something, if it reads by WebSocket.
    pub(super) fn speak(&mut self, index: usize) {
        let (what, number) = (self.random.below(12), self.log.head());
        let Link::Stream { peer, key, reading } = &mut self.clients[index].link else { return };
        if !matches!(reading.format, Format::WebSocket(_)) {
            return;
        }
        let key = *key;
        {
            let mut peer = peer.borrow_mut();
            match what {
                0 => reading.close(&mut peer),
                1..3 => reading.ping(&mut peer),
                3 => {
                    for part in 0..40 {
                        reading.command(&mut peer, format!("burst {part} at {number}"));
                    }
                }
                _ => reading.command(&mut peer, format!("command at {number}")),
            }
        }
        self.shard.socket_ready(key, self.now_ms);
    }

    /// Lets the shard look at the connections that it asked to look at again.
    pub(super) fn wake(&mut self) {
        for index in 0..CLIENTS {
            let Link::Stream { peer, key, .. } = &self.clients[index].link else { continue };
            let key = *key;
            if std::mem::take(&mut peer.borrow_mut().woken) {
                self.shard.socket_ready(key, self.now_ms);
            }
        }
    }

    /// Has every client take what came for it, and checks each record at the moment that it came.
    pub(super) fn receive(&mut self) {
        for index in 0..CLIENTS {
            let mut records: Vec<Record> = Vec::new();
            let mut upto = None;
            let mut over = false;
            let mut pages = Vec::new();
            match &mut self.clients[index].link {
                Link::None => {}
                Link::Stream { peer, reading, .. } => {
                    let mut peer = peer.borrow_mut();
                    records.extend(reading.records(&mut peer));
                    pages = std::mem::take(&mut reading.pages);
                    over = peer.closed;
                }
                Link::Poll { answer, .. } => match answer.try_recv() {
                    Ok(Ok(page)) => {
                        records.extend(
                            page.events.iter().map(|json| serde_json::from_slice::<Record>(json).unwrap()),
                        );
                        upto = Some(page.cursor);
                        over = true;
                    }
                    Ok(Err(PollEnd::SignedOut)) => {
                        self.clients[index].signed_out = true;
                        over = true;
                    }
                    Ok(Err(PollEnd::Unavailable)) | Err(oneshot::error::TryRecvError::Closed) => over = true,
                    Err(oneshot::error::TryRecvError::Empty) => {}
                },
            }
            for record in &records {
                match record.cursor() {
                    Some(_) => self.take(index, record),
                    None => self.take_signal(index, record),
                }
            }
            let is_clean = match &self.clients[index].link {
                Link::Stream { reading, .. } => reading.is_clean(),
                Link::None | Link::Poll { .. } => true,
            };
            if is_clean {
                self.clients[index].told.clean = (self.shard.pos, self.now_ms);
            }
            for page in &pages {
                self.check_page(index, page);
            }
            if let Some(cursor) = upto {
                let pos = self.publisher.cipher().open(cursor.as_str()).unwrap().pos;
                self.moved(index, pos);
            }
            if over {
                self.clients[index].link = Link::None;
            }
        }
    }
}
