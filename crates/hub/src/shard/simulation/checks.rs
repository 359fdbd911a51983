//! What must be true of each record at the moment that it came, and of all in the end.

use chinwag_protocol::{AccountId, EndReason, MessageRecord, Pos, Record};

use super::log::room;
use super::store::SECRET;
use super::world::World;

impl World {
    pub(super) fn take(&mut self, index: usize, record: &Record) {
        let seed = self.seed;
        let pos = self.publisher.cipher().open(record.cursor().unwrap().as_str()).unwrap().pos;
        let reached = self.shard.pos;
        match record {
            Record::Hello { .. } | Record::Heartbeat { .. } => self.moved(index, pos),
            Record::End { reason, .. } => {
                self.count("end");
                self.clients[index].signed_out |= *reason == EndReason::SignedOut;
                self.moved(index, pos);
            }
            Record::AccountEnd { account, .. } => {
                self.count("account end");
                let actors = &mut self.clients[index].actors;
                let at = actors.iter().position(|actor| actor.account == *account);
                let gone = actors.remove(at.expect("an account is lost once"));
                let told = &mut self.clients[index].told;
                told.viewer = told.viewer.filter(|viewer| viewer != account);
                assert!(self.log.is_removed_at(&gone, reached), "seed {seed}: client {index} lost {gone:?}");
                self.moved(index, pos);
            }
            Record::Gap { .. } => {
                self.count("gap");
                let client = &mut self.clients[index];
                client.start = client.start.max(pos);
                client.place = Some(pos);
            }
            Record::Message(_)
            | Record::Delete { .. }
            | Record::Edit { .. }
            | Record::Erased { .. }
            | Record::Member { .. }
            | Record::Device { .. }
            | Record::Account { .. }
            | Record::Block { .. }
            | Record::Marker { .. }
            | Record::Hidden { .. } => {
                let only_for = self.log.events[pos.get() as usize - 1].only_for();
                let who = self.reading(index, reached);
                let is_hidden = only_for.is_some_and(|only| !who.contains(&only));
                assert_eq!(
                    matches!(record, Record::Hidden { .. }),
                    is_hidden,
                    "seed {seed}: client {index} got {record:?}, which is only for {only_for:?}"
                );
                self.count(if is_hidden { "hidden" } else { "record" });
                assert!(
                    !who.is_empty(),
                    "seed {seed}: client {index} got {pos} after its sign-out, shard at {reached}"
                );
                let is_shared = |only| who.iter().any(|&who| who != only && self.log.sees(who, pos, reached));
                if let Record::Message(MessageRecord { account, .. })
                | Record::Delete { account, .. }
                | Record::Edit { account, .. } = record
                {
                    let marked = only_for.filter(|only| is_shared(*only));
                    assert_eq!(*account, marked, "seed {seed}: client {index} got {record:?} for {who:?}");
                    self.count(if marked.is_some() { "marked" } else { "unmarked" });
                }
                assert!(
                    who.iter().any(|&who| self.log.sees(who, pos, reached.max(pos))),
                    "seed {seed}: client {index} got {pos} that it may not see, shard at {reached}"
                );
                if let Record::Message(message) = record {
                    let deleted = self.log.deleted(pos, reached);
                    assert!(
                        !deleted || !message.text.contains(SECRET),
                        "seed {seed}: client {index} got the text of {pos}, deleted before {reached}"
                    );
                    assert_eq!(message.deleted, message.text.is_empty(), "seed {seed}");
                }
                if let Record::Edit { text, superseded, deleted, .. } = record {
                    let gone = self.log.edited(pos).is_some_and(|of| self.log.deleted(of, reached));
                    assert!(
                        !gone || !text.contains(SECRET),
                        "seed {seed}: client {index} got the text of the edit {pos}, deleted before {reached}"
                    );
                    assert_eq!(*deleted || *superseded, text.is_empty(), "seed {seed}");
                }
                let client = &mut self.clients[index];
                let last = client.received.last().copied();
                assert!(
                    last < Some(pos),
                    "seed {seed}: client {index} got {pos} after {last:?}: doubled or out of order"
                );
                client.received.insert(pos);
                self.moved(index, pos);
            }
            Record::Conversation { .. }
            | Record::Members { .. }
            | Record::Invite { .. }
            | Record::ConversationChanged { .. }
            | Record::Reaction { .. }
            | Record::Pin { .. }
            | Record::Presence { .. }
            | Record::Typing { .. }
            | Record::Present { .. }
            | Record::Receipt { .. }
            | Record::Preferences { .. }
            | Record::ConversationSettings { .. }
            | Record::Draft { .. }
            | Record::Unknown => {
                panic!("seed {seed}: {record:?} was never written")
            }
        }
    }

    /// The accounts that a client reads for while the shard has come this far.
    fn reading(&self, index: usize, reached: Pos) -> Vec<AccountId> {
        let actors = self.clients[index].actors.iter();
        actors.filter(|actor| !self.log.is_removed_at(actor, reached)).map(|actor| actor.account).collect()
    }

    /// A cursor says: all that you may see up to here was sent to you.
    pub(super) fn moved(&mut self, index: usize, pos: Pos) {
        let client = &self.clients[index];
        let Some(from) = client.place else {
            let client = &mut self.clients[index];
            client.start = pos;
            client.place = Some(pos);
            return;
        };
        assert!(pos >= from, "seed {}: client {index} was moved back from {from} to {pos}", self.seed);
        let at = self.shard.pos.max(pos);
        for missed in (client.start.max(from).get() + 1..=pos.get()).map(Pos::new) {
            // The page may come from a store that is ahead of the shard: what it no longer gives, nobody owes.
            let owed = client.actors.iter().any(|actor| {
                let sees = |at| self.log.sees(actor.account, missed, at);
                !self.log.is_removed(actor) && sees(at) && sees(self.log.head()) && !self.log.replaced(missed)
            });
            assert!(
                client.received.contains(&missed) || !owed,
                "seed {}: client {index} was told that it has all up to {pos}, but lacks {missed}",
                self.seed
            );
        }
        self.clients[index].place = Some(pos);
    }

    /// A page in an answer: of a room that the account is in, and without what was deleted.
    pub(super) fn check_page(&self, index: usize, page: &str) {
        let (seed, reached) = (self.seed, self.shard.pos);
        let mut lines = page.lines();
        let (who, place) = lines.next().unwrap().split_once(' ').unwrap();
        let (who, (number, as_of)) = (who.parse().unwrap(), place.split_once(' ').unwrap());
        let (conversation, as_of) = (room(number.parse().unwrap()), Pos::new(as_of.parse().unwrap()));
        // The store may be ahead of the shard.
        assert!(
            self.log.member_since(who, conversation, reached.max(as_of)).is_some(),
            "seed {seed}: client {index} got a page of a room that it has left, shard at {reached}"
        );
        for line in lines {
            let (pos, text) = line.split_once(' ').unwrap();
            let pos = Pos::new(pos.parse().unwrap());
            assert!(
                !text.contains(SECRET) || !self.log.deleted(pos, reached),
                "seed {seed}: client {index} got the text of {pos} in a page, deleted before {reached}"
            );
        }
    }

    pub(super) fn check_complete(&self) {
        let head = self.log.head();
        for (index, client) in self.clients.iter().enumerate() {
            let staying: Vec<_> = client.actors.iter().filter(|actor| !self.log.is_removed(actor)).collect();
            for pos in (client.start.get() + 1..=head.get()).map(Pos::new) {
                let owed = staying.iter().any(|actor| self.log.sees(actor.account, pos, head));
                assert!(
                    client.received.contains(&pos) || !owed,
                    "seed {}: client {index} never got {pos}",
                    self.seed
                );
            }
        }
    }
}
