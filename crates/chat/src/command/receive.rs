//! The server itself has seen how far accounts are: who may know is told, once for all that has come meanwhile.

use std::collections::HashSet;

use chinwag_protocol::{Body, Key, Keyed, Problem, Receipt, Seq, Timestamp, Topic};

use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::receipts::are_told;
use crate::request::Received;
use crate::state::{Need, State};

pub(crate) fn needs(all: &[Received], mut need: impl FnMut(Need)) {
    for received in all {
        let Received { account, conversation, delivered } = *received;
        need(Need::Conversation(conversation));
        need(Need::Membership(account, conversation));
        need(Need::Talk { conversation, account });
        need(Need::Keyed(Topic::Conversation(conversation), Key::Receipt(account)));
        need(Need::Keyed(Topic::Account(account), Key::Preferences));
        need(Need::Marker(account, conversation));
        need(Need::Receiving { account, conversation });
        if let Some(delivered) = delivered {
            need(Need::Message(conversation, delivered));
        }
    }
}

pub(crate) fn decide(state: &State, all: &[Received], now: Timestamp) -> Result<Decision, Problem> {
    let mut appends = Appends::new(state, now);
    let mut told = HashSet::new();
    for received in all {
        let Received { account, conversation, .. } = *received;
        if !are_told(state, account, conversation) || !told.insert((account, conversation)) {
            continue;
        }
        let (before, version) = match state.keyed(Topic::Conversation(conversation), Key::Receipt(account)) {
            Some(Keyed::Receipt { receipt, version, .. }) => (*receipt, *version),
            _ => (Receipt::default(), 0),
        };
        let read_seq = before.read_seq.max(read(state, received));
        let delivered_seq = before.delivered_seq.max(delivered(state, received)).max(read_seq);
        let receipt = Receipt { delivered_seq, read_seq };
        if receipt != before {
            let keyed = Keyed::Receipt { conversation, account, receipt, version: version + 1 };
            appends.push(Body::Keyed(keyed))?;
        }
    }
    Ok(appends.decision(Reply::Done))
}

/// The message that has come, if the account may see it and has not sent it.
fn delivered(state: &State, received: &Received) -> Option<Seq> {
    let seq = received.delivered?;
    let message = state.message(received.conversation, seq)?;
    (message.sender != received.account && !message.hidden).then_some(seq)
}

/// The row that the account has read, unless it is a message that it may not see: nobody is told that there is one.
fn read(state: &State, received: &Received) -> Option<Seq> {
    let topic = Topic::Account(received.account);
    let Some(Keyed::Marker { marker, .. }) = state.keyed(topic, Key::Marker(received.conversation)) else {
        return None;
    };
    let message = state.message(received.conversation, marker.read_seq);
    let is_hidden = message.is_some_and(|message| message.hidden && message.sender != received.account);
    (!is_hidden && marker.read_seq > Seq::ZERO).then_some(marker.read_seq)
}
