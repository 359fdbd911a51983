//! What the connections of a shard look at, and by which of them an account or a conversation is looked at.

use std::collections::{BTreeSet, HashMap, HashSet};

use chinwag_protocol::{AccountId, ConversationId};
use slab::Slab;

use crate::encode::Frame;
use crate::sink::ConnectionKey;

/// Accounts that one question to the store names.
const ASKED_MAX: usize = 200;

/// What somebody wants to look at: each once, in order of id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    conversations: Vec<ConversationId>,
    accounts: Vec<AccountId>,
}

impl View {
    /// Of these.
    pub fn new(mut conversations: Vec<ConversationId>, mut accounts: Vec<AccountId>) -> Self {
        conversations.sort_unstable();
        conversations.dedup();
        accounts.sort_unstable();
        accounts.dedup();
        Self { conversations, accounts }
    }

    /// Whether it looks at nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Conversations and accounts.
    pub fn len(&self) -> usize {
        self.conversations.len() + self.accounts.len()
    }
}

/// Whose view it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Stream(ConnectionKey),
    /// By its ticket.
    Poll(u64),
}

/// What is known of whether a looker may see an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The store has to be asked.
    Unasked,
    /// It was asked, by the question of this number.
    Asked(u32),
    Hidden,
    Shown,
}

impl Sight {
    pub(crate) fn is_known(self) -> bool {
        matches!(self, Self::Hidden | Self::Shown)
    }
}

/// An account in a view.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) account: AccountId,
    pub(crate) sight: Sight,
    /// Whether what was told last was what the account shows, or that there is nothing to see.
    pub(crate) told_shown: Option<bool>,
    /// Whether the table of statuses counts this place.
    pub(crate) counted: bool,
    pub(crate) marked: bool,
}

/// A conversation in a view.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) conversation: ConversationId,
    /// Whether it is a room that the looker is in, as far as is known.
    pub(crate) is_room: bool,
    /// Those of whom was told that they type, and what is told when they do no more.
    pub(crate) typing: Vec<(AccountId, Frame)>,
    /// Whether the number of those who are there is to be told.
    pub(crate) count_due: bool,
    pub(crate) marked: bool,
}

/// What one connection looks at, in the name of one account.
#[derive(Debug)]
pub(crate) struct Looking {
    pub(crate) holder: Holder,
    /// Where the account stands in the table of topics.
    pub(crate) viewer: u32,
    pub(crate) viewer_id: AccountId,
    /// In order of id, like the conversations.
    pub(crate) accounts: Vec<Looked>,
    pub(crate) places: Vec<Place>,
    /// The question that asked which of the conversations are rooms.
    pub(crate) rooms_asked: Option<u32>,
    /// Of a poll: whether all of it was looked at, so that what is marked since is news.
    pub(crate) is_told: bool,
    /// Accounts, and behind them conversations, of which something is to be told.
    pub(crate) marks: Vec<u16>,
}

impl Looking {
    /// Whether it is known of all of it what may be seen.
    pub(crate) fn is_known(&self) -> bool {
        self.rooms_asked.is_none() && self.accounts.iter().all(|looked| looked.sight.is_known())
    }

    pub(crate) fn account(&mut self, account: AccountId) -> Option<(u16, &mut Looked)> {
        let at = self.accounts.binary_search_by_key(&account, |looked| looked.account).ok()?;
        Some((at as u16, &mut self.accounts[at]))
    }

    pub(crate) fn place(&mut self, conversation: ConversationId) -> Option<(u16, &mut Place)> {
        let at = self.places.binary_search_by_key(&conversation, |place| place.conversation).ok()?;
        Some(((self.accounts.len() + at) as u16, &mut self.places[at]))
    }

    /// Marks a place of it. Whether that is new.
    pub(crate) fn mark(&mut self, at: u16) -> bool {
        let accounts = self.accounts.len();
        let marked = match usize::from(at).checked_sub(accounts) {
            None => &mut self.accounts[usize::from(at)].marked,
            Some(place) => &mut self.places[place].marked,
        };
        if std::mem::replace(marked, true) {
            return false;
        }
        self.marks.push(at);
        true
    }
}

/// A question to the store: which of these accounts the first may see, and which of the conversations are rooms that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) number: u32,
    pub(crate) subject: AccountId,
    pub(crate) among: Vec<AccountId>,
    pub(crate) conversations: Vec<ConversationId>,
}

/// All views of a shard.
#[derive(Debug, Default)]
pub(crate) struct Views {
    all: Slab<Looking>,
    at_account: HashMap<AccountId, Vec<u32>>,
    at_conversation: HashMap<ConversationId, Vec<u32>>,
    /// Places of all views.
    places: usize,
    /// Views some of whose accounts the store has to be asked about.
    unasked_views: BTreeSet<u32>,
    /// Accounts of which it has to be asked who of those that look at them may.
    unasked_accounts: HashSet<AccountId>,
    questions: u32,
}

impl Views {
    pub(crate) fn get(&self, index: u32) -> Option<&Looking> {
        self.all.get(index as usize)
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut Looking> {
        self.all.get_mut(index as usize)
    }

    /// Places of all views.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// Views that look at an account.
    pub(crate) fn at_account(&self, account: AccountId) -> &[u32] {
        self.at_account.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Views that look at a conversation.
    pub(crate) fn at_conversation(&self, conversation: ConversationId) -> &[u32] {
        self.at_conversation.get(&conversation).map_or(&[], Vec::as_slice)
    }

    /// Adds a view in the name of an account, all of which the store has to be asked about.
    pub(crate) fn insert(
        &mut self,
        holder: Holder,
        (viewer, viewer_id): (u32, AccountId),
        view: View,
    ) -> u32 {
        let index = self.all.vacant_key() as u32;
        self.places += view.len();
        let looked = |account: AccountId| Looked {
            account,
            sight: Sight::Unasked,
            told_shown: None,
            counted: false,
            marked: false,
        };
        let place = |conversation: ConversationId| Place {
            conversation,
            is_room: false,
            typing: Vec::new(),
            count_due: false,
            marked: false,
        };
        for account in &view.accounts {
            self.at_account.entry(*account).or_default().push(index);
        }
        for conversation in &view.conversations {
            self.at_conversation.entry(*conversation).or_default().push(index);
        }
        self.all.insert(Looking {
            holder,
            viewer,
            viewer_id,
            accounts: view.accounts.into_iter().map(looked).collect(),
            places: view.conversations.into_iter().map(place).collect(),
            rooms_asked: None,
            is_told: false,
            marks: Vec::new(),
        });
        index
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<Looking> {
        let looking = self.all.try_remove(index as usize)?;
        self.places -= looking.accounts.len() + looking.places.len();
        self.unasked_views.remove(&index);
        for looked in &looking.accounts {
            if let Some(views) = self.at_account.get_mut(&looked.account) {
                views.retain(|&other| other != index);
                if views.is_empty() {
                    self.at_account.remove(&looked.account);
                }
            }
        }
        for place in &looking.places {
            if let Some(views) = self.at_conversation.get_mut(&place.conversation) {
                views.retain(|&other| other != index);
                if views.is_empty() {
                    self.at_conversation.remove(&place.conversation);
                }
            }
        }
        Some(looking)
    }

    /// The store is to be asked about all that a view looks at.
    pub(crate) fn ask_again(&mut self, index: u32) {
        let Some(looking) = self.all.get_mut(index as usize) else { return };
        looking.accounts.iter_mut().for_each(|looked| looked.sight = Sight::Unasked);
        looking.rooms_asked = Some(0);
        self.unasked_views.insert(index);
    }

    /// It is to be asked which of a view's conversations are rooms.
    pub(crate) fn ask_rooms(&mut self, index: u32) {
        if let Some(looking) = self.all.get_mut(index as usize) {
            looking.rooms_asked = Some(0);
            self.unasked_views.insert(index);
        }
    }

    /// It is to be asked about one of them.
    pub(crate) fn ask_of(&mut self, index: u32, account: AccountId) {
        let Some(looking) = self.all.get_mut(index as usize) else { return };
        if let Some((_, looked)) = looking.account(account) {
            looked.sight = Sight::Unasked;
            self.unasked_views.insert(index);
        }
    }

    /// It is to be asked who of those that look at an account may.
    pub(crate) fn ask_about(&mut self, account: AccountId) {
        let Some(views) = self.at_account.get(&account) else { return };
        for &index in views {
            if let Some((_, looked)) = self.all[index as usize].account(account) {
                looked.sight = Sight::Unasked;
            }
        }
        self.unasked_accounts.insert(account);
    }

    /// Whether the store has to be asked something.
    pub(crate) fn has_questions(&self) -> bool {
        !self.unasked_views.is_empty() || !self.unasked_accounts.is_empty()
    }

    /// What it has to be asked.
    pub(crate) fn take_questions(&mut self) -> Vec<Question> {
        let mut questions = Vec::new();
        for account in std::mem::take(&mut self.unasked_accounts) {
            self.ask_lookers(account, &mut questions);
        }
        for index in std::mem::take(&mut self.unasked_views) {
            self.questions = self.questions.wrapping_add(1).max(1);
            let Some(looking) = self.all.get_mut(index as usize) else { continue };
            let mut among = Vec::new();
            for looked in &mut looking.accounts {
                if looked.sight == Sight::Unasked {
                    looked.sight = Sight::Asked(self.questions);
                    among.push(looked.account);
                }
            }
            let mut conversations = Vec::new();
            if looking.rooms_asked == Some(0) {
                looking.rooms_asked = Some(self.questions);
                conversations.extend(looking.places.iter().map(|place| place.conversation));
            }
            let (number, subject) = (self.questions, looking.viewer_id);
            questions.push(Question { number, subject, among, conversations });
        }
        questions
    }

    fn ask_lookers(&mut self, account: AccountId, questions: &mut Vec<Question>) {
        let Some(views) = self.at_account.get(&account) else { return };
        let mut lookers: BTreeSet<AccountId> = BTreeSet::new();
        let mut number = 0;
        for &index in views {
            let looking = &mut self.all[index as usize];
            let viewer = looking.viewer_id;
            let Some((_, looked)) = looking.account(account) else { continue };
            if looked.sight != Sight::Unasked {
                continue;
            }
            if number == 0 || (lookers.len() >= ASKED_MAX - 1 && !lookers.contains(&viewer)) {
                if number != 0 {
                    questions.push(question(number, account, std::mem::take(&mut lookers)));
                }
                self.questions = self.questions.wrapping_add(1).max(1);
                number = self.questions;
            }
            looked.sight = Sight::Asked(number);
            lookers.insert(viewer);
        }
        if number != 0 {
            questions.push(question(number, account, lookers));
        }
    }
}

/// Asks of an account who may see it. Itself, too, for when it was seen.
fn question(number: u32, subject: AccountId, mut lookers: BTreeSet<AccountId>) -> Question {
    lookers.insert(subject);
    Question { number, subject, among: lookers.into_iter().collect(), conversations: Vec::new() }
}
