//! What is written to the log, and what a read of it gives.

use chinwag_protocol::{
    AccountId, Actor, Attributes, Body, ClientId, Conversation, ConversationId, Entities, Event, GapReason,
    Keyed, LeftChange, Marker, Membership, Message, Pos, Role, Sender, Seq, Settings, Slug, Timestamp, Title,
    Topic,
};
use chinwag_store::{Page, PageEnd, Tail, TopicHead, Topics};
use uuid::Uuid;

use super::log::{account, room, topics};
use super::signals::GROUP;
use super::world::{ACCOUNTS, Answer, CLIENTS, ROOMS, World};
use crate::hub::{CommandAnswer, ShownMessages, encode_page};
use crate::shard::Effect;

/// Stands in the text of every message.
pub(super) const SECRET: &str = "marrow";

impl World {
    pub(super) fn append(&mut self, body: Body) {
        let pos = self.log.head().next();
        let mut event = Event { pos, seq: Seq::ZERO, at: Timestamp::from_millis(0), body };
        if event.keyed().is_none() {
            event.seq = self.log.next_seq(event.topic());
        }
        self.log.events.push(event);
    }

    fn conversation(&self, id: ConversationId) -> Conversation {
        if id == room(GROUP) {
            let title = Title::parse("Crew").unwrap();
            return Conversation::group(id, Settings::new(Some(title)));
        }
        Conversation::room(id, Slug::parse("r").unwrap())
    }

    pub(super) fn sender(&self, id: AccountId) -> Sender {
        Sender { id, name: "x".into(), version: 1, lookalike: false }
    }

    pub(super) fn commit(&mut self) {
        for _ in 0..=self.random.below(6) {
            let who = account(self.random.below(ACCOUNTS));
            let room = room(self.random.below(ROOMS));
            let conversation = self.conversation(room);
            let member = self.log.member_since(who, room, self.log.head()).is_some();
            match self.random.below(20) {
                0 | 1 if !member => {
                    self.count("join");
                    let from_seq = self.log.next_seq(Topic::Conversation(room));
                    let since = self.log.head().next();
                    let membership =
                        Membership { role: Role::Member, since, visible_from: Seq::new(1), request: false };
                    self.append(Body::Joined { account: who, conversation, membership, from_seq });
                }
                0 if member => {
                    self.count("leave");
                    let change =
                        if self.random.below(2) == 0 { LeftChange::Left } else { LeftChange::Removed };
                    self.append(Body::Left { account: who, conversation, change });
                }
                2 | 3 => {
                    let messages = self.log.events.iter().filter(|event| {
                        event.topic() == Topic::Conversation(room) && matches!(event.body, Body::Message(_))
                    });
                    let targets: Vec<_> =
                        messages.map(|event| (event.pos, event.seq, event.only_for())).collect();
                    if !targets.is_empty() {
                        // Mostly recent ones: those are still on their way.
                        let back = self.random.below(4).min(targets.len() as u64 - 1) as usize;
                        let (pos, target, only_for) = targets[targets.len() - 1 - back];
                        if !self.log.deleted(pos, self.log.head()) {
                            self.count("delete");
                            let sender = self.sender(only_for.unwrap_or(who));
                            let hidden = only_for.is_some();
                            self.append(Body::Delete { conversation: room, target, sender, hidden });
                        }
                    }
                }
                6 | 7 => {
                    let own = self.log.events.iter().filter(|event| {
                        event.topic() == Topic::Conversation(room)
                            && matches!(&event.body, Body::Message(message) if message.sender.id == who)
                    });
                    let own: Vec<_> = own.map(|event| (event.pos, event.seq, event.only_for())).collect();
                    if !own.is_empty() {
                        let back = self.random.below(4).min(own.len() as u64 - 1) as usize;
                        let (pos, target, only_for) = own[own.len() - 1 - back];
                        if !self.log.deleted(pos, self.log.head()) {
                            self.count("edit");
                            let hidden = only_for.is_some();
                            let sender = self.sender(who);
                            let text = format!("{SECRET} {}", "e".repeat(self.random.below(60) as usize));
                            self.append(Body::Edit {
                                conversation: room,
                                target,
                                sender,
                                text,
                                entities: Entities::default(),
                                superseded: false,
                                deleted: false,
                                hidden,
                            });
                        }
                    }
                }
                4 if self.random.below(4) == 0 => {
                    self.count("erase");
                    let sender = self.sender(who);
                    self.append(Body::Erased { conversation: room, sender });
                }
                8 if self.random.below(3) == 0 => {
                    let other = account(self.random.below(ACCOUNTS));
                    let blocks = self.log.blocks(who, other, self.log.head());
                    if who != other {
                        self.count("block");
                        self.append(if blocks {
                            Body::Unblocked { account: who, blocked: other }
                        } else {
                            Body::Blocked { account: who, blocked: other }
                        });
                    }
                }
                9 | 10 => {
                    self.count("marker");
                    let marker = Marker { read_seq: Seq::new(self.log.head().get()), ..Marker::default() };
                    let version = self.log.head().get();
                    self.append(Body::Keyed(Keyed::Marker {
                        account: who,
                        conversation: room,
                        marker,
                        version,
                    }));
                }
                5 if self.random.below(10) == 0 => {
                    let index = self.random.below(CLIENTS as u64) as usize;
                    let actors = &self.clients[index].actors;
                    let Actor { account, device } = actors[self.random.below(actors.len() as u64) as usize];
                    // Who has several loses one oftener than others all.
                    let goes = actors.len() > 1 || self.random.below(6) == 0;
                    if goes && !self.log.removed.contains(&device) {
                        self.count("sign out");
                        self.log.removed.push(device);
                        self.append(Body::DeviceRemoved { account, device });
                    }
                }
                _ => {
                    self.count("message");
                    let n = self.log.head().get();
                    let text = format!("{SECRET} {}", "é".repeat(self.random.below(60) as usize));
                    let message = Message {
                        conversation: room,
                        n,
                        sender: self.sender(who),
                        client_id: ClientId::new(Uuid::from_u128(u128::from(n))),
                        text,
                        deleted_by: None,
                        attributes: Attributes::default(),
                        edited: None,
                        hidden: self.random.below(8) == 0,
                    };
                    self.append(Body::Message(message));
                }
            }
        }
    }

    pub(super) fn publish(&mut self) {
        let waiting = self.log.events.len() - self.log.published;
        if waiting > 0 {
            let end = self.log.published + 1 + self.random.below(waiting as u64) as usize;
            self.publisher.publish(&self.log.events[self.log.published..end]);
            self.log.published = end;
        }
    }

    /// Reads the store as of now for something that was asked for; the answer arrives later.
    pub(super) fn read_store(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let effect = self.asked.swap_remove(self.random.below(self.asked.len() as u64) as usize);
        let head = self.log.head();
        let answer = match effect {
            Effect::Sight(question) => Answer::Sight(question.clone(), self.sight(&question)),
            Effect::Answer(key, actors, _, text) => {
                self.count("command");
                let actors = actors.as_slice();
                let actor = actors[self.random.below(actors.len() as u64) as usize];
                Answer::Command(key, self.answer(actor.account, &text))
            }
            Effect::ReadTopics(who) => {
                let heads = (0..ROOMS).map(room).filter_map(|id| {
                    let since = self.log.member_since(who, id, head)?;
                    let membership =
                        Membership { role: Role::Member, since, visible_from: Seq::new(1), request: false };
                    let seq = self.log.next_seq(Topic::Conversation(id)).previous();
                    Some(TopicHead { conversation: id, membership, seq, receipts: false })
                });
                let conversations = heads.collect();
                let invisible = self.is_invisible(who);
                Answer::Topics(who, Topics { invisible, ..topics(head, conversations) })
            }
            Effect::ReadReceived(..) | Effect::Receive(_) => unreachable!("nobody acknowledges anything"),
            Effect::ReadPage(waiter, who, after) => {
                self.count("page from the store");
                let visible = (after.get() + 1..=head.get()).map(Pos::new);
                let sees = |pos: &Pos| who.iter().any(|&who| self.log.sees(who, *pos, head));
                let visible: Vec<Pos> = visible.filter(sees).filter(|pos| !self.log.replaced(*pos)).collect();
                let limit = 1 + self.random.below(9) as usize;
                let page = if visible.len() as u64 > self.missed_max {
                    Page { events: Vec::new(), end: PageEnd::Gap(GapReason::TooMany, head) }
                } else {
                    let end = match visible.get(limit) {
                        Some(_) => PageEnd::More(visible[limit - 1]),
                        None => PageEnd::Head(head),
                    };
                    Page { events: visible.iter().take(limit).map(|&pos| self.log.read(pos)).collect(), end }
                };
                Answer::Page(waiter, who, page)
            }
        };
        self.answers.push(answer);
    }

    /// The answer to a command: half of them show the messages of a room, if the account is in it.
    pub(super) fn answer(&mut self, who: AccountId, command: &str) -> CommandAnswer {
        let text = format!("answer to {command}");
        let number = self.random.below(2 * ROOMS);
        let (conversation, head) = (room(number), self.log.head());
        if self.log.member_since(who, conversation, head).is_none() {
            return CommandAnswer { text, shows: None, view: None };
        }
        self.count("page in an answer");
        let topic = Topic::Conversation(conversation);
        let rows = (1..=head.get()).map(Pos::new).map(|pos| self.log.read(pos));
        let rows: Vec<Event> = rows.filter(|event| event.topic() == topic).collect();
        let last = &rows[rows.len().saturating_sub(20)..];
        let mut text = format!("{text}\n{who} {number} {}", head.get());
        for event in last {
            if event.only_for().is_some_and(|only| only != who) {
                continue;
            }
            if let Body::Message(message) = &event.body {
                text += &format!("\n{} {}", event.pos.get(), message.text);
            }
        }
        let to = rows.last().map_or(Seq::ZERO, |event| event.seq);
        let from = last.first().map_or(to.next(), |event| event.seq);
        let cursor = self.publisher.cursor(head);
        CommandAnswer {
            text,
            shows: Some(ShownMessages { account: who, conversation, from, to, cursor }),
            view: None,
        }
    }

    pub(super) fn deliver_answer(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        match self.answers.swap_remove(self.random.below(self.answers.len() as u64) as usize) {
            Answer::Topics(who, topics) => self.shard.topics_read(who, Ok(topics), self.now_ms),
            Answer::Sight(question, sight) => self.shard.seen(&question, Ok(sight), self.now_ms),
            Answer::Command(key, answer) => self.shard.answered(key, Some(&answer), self.now_ms),
            Answer::Page(waiter, who, page) => {
                let page = encode_page(&self.publisher, &who, &page);
                self.shard.page_read(waiter, Ok(page), self.now_ms);
            }
        }
    }
}
