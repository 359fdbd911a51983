//! Who types.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chinwag_protocol::{AccountId, ConversationId, DeviceId, Record};

use super::{Changed, Due, Statuses, Table};
use crate::encode::Frame;
use crate::metrics::Limit;

/// Who says that they type is shown for so long.
const SHOWN_MS: u64 = 6_000;
/// What a device says of a conversation is taken once in so long.
const EVERY_MS: u64 = 3_000;
/// Devices and conversations of which it is remembered; one more may say it more often.
const TYPED_MAX: usize = 100_000;

/// Somebody who types in a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Typist {
    pub(crate) account: AccountId,
    until_ms: u64,
    /// Whom they block, who learn nothing of it.
    blocks: Arc<[AccountId]>,
    /// That they type, and that they do no more: encoded once for all who are told.
    pub(crate) on: Frame,
    pub(crate) off: Frame,
}

impl Typist {
    /// Whether an account that is in the conversation may know.
    pub(crate) fn shows_to(&self, account: AccountId) -> bool {
        account != self.account && !self.blocks.contains(&account)
    }
}

/// Which devices have said of late that they type.
#[derive(Debug, Default)]
pub(super) struct Typed {
    until_ms: HashMap<(DeviceId, ConversationId), u64>,
    forgotten_ms: u64,
}

impl Typed {
    /// Forgets those that may say it again, now and then.
    fn forget(&mut self, now_ms: u64) {
        if now_ms >= self.forgotten_ms + EVERY_MS {
            self.forgotten_ms = now_ms;
            self.until_ms.retain(|_, until_ms| now_ms < *until_ms);
        }
    }
}

impl Statuses {
    /// Whether the device has said so of the conversation just before.
    pub(crate) fn has_typed(&self, device: DeviceId, conversation: ConversationId, now_ms: u64) -> bool {
        let table = self.table.lock();
        table.typed.until_ms.get(&(device, conversation)).is_some_and(|until_ms| now_ms < *until_ms)
    }

    /// A device has said that its account types. What may be shown of it is shown, of an account that is there.
    pub(crate) fn typed(
        &self,
        (account, device): (AccountId, DeviceId),
        conversation: ConversationId,
        blocks: Option<Vec<AccountId>>,
        now_ms: u64,
    ) {
        let mut table = self.changing();
        table.typed.forget(now_ms);
        if table.typed.until_ms.len() < TYPED_MAX {
            table.typed.until_ms.insert((device, conversation), now_ms + EVERY_MS);
        }
        if let Some(blocks) = blocks {
            table.type_on(account, conversation, blocks.into(), now_ms);
        }
    }

    /// The account types there no more.
    pub(crate) fn stop_typing(&self, account: AccountId, conversation: ConversationId) {
        if self.typists.load(Ordering::Relaxed) > 0 {
            self.changing().type_off(conversation, |typist| typist.account == account);
        }
    }

    /// What an account blocks has changed, or it has gone: what is known of its typing is not true any more.
    pub(crate) fn stop_all_typing(&self, account: AccountId) {
        if self.typists.load(Ordering::Relaxed) > 0 {
            self.changing().drop_typist(account);
        }
    }

    /// Who types there.
    pub(crate) fn typists(&self, conversation: ConversationId) -> Arc<Vec<Typist>> {
        self.table.lock().typing.get(&conversation).cloned().unwrap_or_default()
    }
}

impl Table {
    fn type_on(
        &mut self,
        account: AccountId,
        conversation: ConversationId,
        blocks: Arc<[AccountId]>,
        now_ms: u64,
    ) {
        if self.people.get(&account).is_none_or(|person| !person.may_be_heard()) {
            return;
        }
        let typists = Arc::make_mut(self.typing.entry(conversation).or_default());
        let until_ms = now_ms + SHOWN_MS;
        if let Some(typist) = typists.iter_mut().find(|typist| typist.account == account) {
            // Whoever knows of it hears nothing.
            typist.until_ms = until_ms;
            return;
        }
        if typists.len() >= self.typists_max {
            self.metrics.hit(Limit::Typists);
            return;
        }
        let frame = |on| Frame::signal(&Record::Typing { conversation, account, on });
        typists.push(Typist { account, until_ms, blocks, on: frame(true), off: frame(false) });
        self.due.insert((until_ms, Due::Typing(conversation)));
        self.mark(Changed::Typing(conversation));
    }

    fn type_off(&mut self, conversation: ConversationId, is_over: impl Fn(&Typist) -> bool) {
        let Some(typists) = self.typing.get_mut(&conversation) else { return };
        if !typists.iter().any(&is_over) {
            return;
        }
        let typists = Arc::make_mut(typists);
        typists.retain(|typist| !is_over(typist));
        if typists.is_empty() {
            self.typing.remove(&conversation);
        }
        self.mark(Changed::Typing(conversation));
    }

    pub(super) fn drop_typist(&mut self, account: AccountId) {
        let own = self.typing.iter().filter(|(_, typists)| typists.iter().any(|it| it.account == account));
        let own: Vec<ConversationId> = own.map(|(conversation, _)| *conversation).collect();
        own.into_iter().for_each(|conversation| self.type_off(conversation, |it| it.account == account));
    }

    pub(super) fn typing_due(&mut self, conversation: ConversationId, now_ms: u64) {
        self.type_off(conversation, |typist| now_ms >= typist.until_ms);
        let next =
            self.typing.get(&conversation).and_then(|typists| typists.iter().map(|it| it.until_ms).min());
        self.due.extend(next.map(|at| (at, Due::Typing(conversation))));
    }
}
