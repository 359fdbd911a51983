//! What happens to messages in random histories.

use chinwag_chat::Request;
use chinwag_protocol::{
    AccountId, Attributes, Body, Command, ConversationId, Emoji, Entities, Entity, MessageText, Seq, Topic,
};

use super::histories::{History, TEXTS};
use super::world::Guest;

impl History<'_> {
    /// What happens to messages that are there.
    pub(super) fn change(&mut self, guest: Guest) -> Request {
        let emoji = Emoji::parse(["👍", "😂", "❤️"][self.world.random.below(3)]).unwrap();
        let conversation = self.room().id;
        let seq = self.row(conversation);
        let command = match self.world.random.below(6) {
            0 | 1 => return self.edit(guest),
            2 => Command::React { conversation, seq, emoji },
            3 => Command::Unreact { conversation, seq, emoji },
            4 => Command::Pin { conversation, seq },
            _ => Command::Unpin { conversation, seq },
        };
        self.world.request(guest, command)
    }

    /// Another text for a message, most often one of the guest's own.
    fn edit(&mut self, guest: Guest) -> Request {
        let own: Vec<(ConversationId, Seq)> = self
            .model
            .log
            .iter()
            .filter_map(|event| match &event.body {
                Body::Message(message) if message.sender.id == guest.actor.account => {
                    Some((message.conversation, event.seq))
                }
                _ => None,
            })
            .collect();
        let (conversation, seq) = match self.world.random.pick(&own) {
            Some(own) if !self.world.random.one_in(5) => *own,
            _ => {
                let room = self.room().id;
                (room, self.row(room))
            }
        };
        let text = TEXTS[self.world.random.below(TEXTS.len())].to_owned();
        let text = MessageText::parse(text, 1000).unwrap();
        let entities = self.entities(&text);
        self.world.request(guest, Command::EditMessage { conversation, seq, text, entities })
    }

    /// A row of a conversation, or the one before the first or after the last.
    pub(super) fn row(&mut self, conversation: ConversationId) -> Seq {
        let rows = self.model.timeline(Topic::Conversation(conversation)).len();
        Seq::new(self.world.random.below(rows + 2) as u64)
    }

    /// What a message has beside its text; seldom anything.
    pub(super) fn attributes(&mut self, conversation: ConversationId, text: &MessageText) -> Attributes {
        let reply_to = self.world.random.one_in(8).then(|| self.row(conversation));
        let forwarded = self.world.random.one_in(10);
        Attributes { reply_to, forwarded, entities: self.entities(text) }
    }

    fn entities(&mut self, text: &MessageText) -> Entities {
        let mut entities = Vec::new();
        if self.world.random.one_in(5) {
            let (actor, ..) = *self.world.random.pick(&self.model.devices).unwrap();
            let absent = AccountId::from_bytes([0xab; 16]);
            let account = if self.world.random.one_in(10) { absent } else { actor.account };
            entities.push(Entity::Mention { offset: 0, length: 1, account });
        }
        if self.world.random.one_in(20) && text.as_str().len() > 4 {
            entities.push(Entity::MentionAll { offset: 1, length: 1 });
        }
        // That of a text of two halves of one character is refused before it comes to a store.
        Entities::parse(entities, text).unwrap_or_default()
    }
}
