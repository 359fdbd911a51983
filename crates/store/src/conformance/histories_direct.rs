//! Requests about direct chats and blocks for random histories, and whether what is read of blocks is right.

use chinwag_chat::Request;
use chinwag_protocol::{AccountId, Command, Conversation, Kind};

use super::histories::History;
use super::world::Guest;

impl History<'_> {
    pub(super) fn direct_request(&mut self, guest: Guest) -> Request {
        let command = match self.world.random.below(12) {
            0..3 => Command::OpenDirect { account: self.account() },
            3 => Command::Accept { conversation: self.direct(guest).id },
            4 => Command::Block { account: self.account() },
            5 => Command::Unblock { account: self.account() },
            _ => {
                let chat = self.direct(guest);
                return self.send(guest, &chat);
            }
        };
        self.world.request(guest, command)
    }

    /// A direct chat that the guest is in, if there is one.
    fn direct(&mut self, guest: Guest) -> Conversation {
        let own = |(chat, _): &&(Conversation, AccountId)| {
            chat.kind == Kind::Direct
                && self.model.members.iter().any(|(who, id, _)| (*who, *id) == (guest.actor.account, chat.id))
        };
        let chats: Vec<Conversation> =
            self.model.rooms.iter().filter(own).map(|(chat, _)| chat.clone()).collect();
        match self.world.random.pick(&chats) {
            Some(chat) => chat.clone(),
            None => self.room(),
        }
    }

    pub(super) async fn check_blocks(&mut self, account: AccountId) {
        let (mut blocks, mut after) = (Vec::new(), None);
        loop {
            let page = self.world.store().blocks(account, after, 2).await.unwrap();
            assert!(page.rows.len() <= 2);
            blocks.extend(page.rows);
            if !page.more {
                break;
            }
            after = blocks.last().map(|blocked| blocked.id);
        }
        assert_eq!(blocks, self.model.blocks(account));
    }
}
