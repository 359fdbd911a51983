//! What must be true of every history: each acknowledged message exactly once, one order for all readers, no holes.

use std::collections::{BTreeMap, HashMap};

use chinwag_protocol::{ClientId, ConversationId, HistoryMessage, Record, Seq};

/// A message whose sender has the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) conversation: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) seq: Seq,
    pub(crate) text: String,
}

/// A message as a reader got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) conversation: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) seq: Seq,
    pub(crate) n: u64,
    pub(crate) text: String,
}

impl Received {
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let Record::Message(message) = record else { return None };
        Some(Self {
            conversation: message.conversation,
            client_id: message.client_id,
            seq: message.seq,
            n: message.n,
            text: message.text.clone(),
        })
    }
}

impl Received {
    /// As it stands in a page.
    pub(crate) fn of_page(conversation: ConversationId, message: HistoryMessage) -> Self {
        let HistoryMessage { client_id, seq, n, text, .. } = message;
        Self { conversation, client_id, seq, n, text }
    }
}

/// What is wrong with a history.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Two acknowledged messages have the same row, or one message has two.
    RowsClash,
    /// The rows of the acknowledged messages of a conversation are not 1, 2, 3 …
    Hole { conversation: ConversationId, expected: Seq },
    /// A reader got a row that is not the next one of its conversation.
    NotNext { reader: usize, conversation: ConversationId, expected: Seq, got: Seq },
    /// A reader did not get the last rows of a conversation.
    Lost { reader: usize, conversation: ConversationId, from: Seq },
    /// A reader got something else than what was acknowledged at that row.
    Different { reader: usize, conversation: ConversationId, seq: Seq },
}

/// Checks readings of conversations in which nothing but `acknowledged` was ever posted, each from the first row on.
///
/// As every reader's rows are compared with the same acknowledged ones, all readers have the same order.
pub(crate) fn check(acknowledged: &[Acknowledged], readings: &[Vec<Received>]) -> Result<(), Fault> {
    let mut rows: BTreeMap<ConversationId, BTreeMap<Seq, &Acknowledged>> = BTreeMap::new();
    let mut ids = HashMap::new();
    for message in acknowledged {
        let clash = rows.entry(message.conversation).or_default().insert(message.seq, message);
        let again = ids.insert(message.client_id, message.seq);
        if clash.is_some() || again.is_some() {
            return Err(Fault::RowsClash);
        }
    }
    for (&conversation, rows) in &rows {
        let mut expected = Seq::ZERO;
        for &seq in rows.keys() {
            expected = expected.next();
            if seq != expected {
                return Err(Fault::Hole { conversation, expected });
            }
        }
    }
    for (reader, reading) in readings.iter().enumerate() {
        let mut places: HashMap<ConversationId, Seq> = HashMap::new();
        for message in reading {
            let Received { conversation, seq, .. } = *message;
            let place = places.entry(conversation).or_insert(Seq::ZERO);
            if seq != place.next() {
                return Err(Fault::NotNext { reader, conversation, expected: place.next(), got: seq });
            }
            *place = seq;
            let same = rows.get(&conversation).and_then(|rows| rows.get(&seq)).is_some_and(|sent| {
                sent.client_id == message.client_id && sent.text == message.text && message.n == seq.get()
            });
            if !same {
                return Err(Fault::Different { reader, conversation, seq });
            }
        }
        for (&conversation, rows) in &rows {
            let place = places.get(&conversation).copied().unwrap_or(Seq::ZERO);
            if (place.get() as usize) < rows.len() {
                return Err(Fault::Lost { reader, conversation, from: place.next() });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(number: u8) -> ConversationId {
        ConversationId::from_bytes([number; 16])
    }

    /// Room, `client_id` and `seq`; the text tells the id.
    fn sent(rows: &[(u8, u8, u64)]) -> Vec<Acknowledged> {
        let message = |&(conversation, id, seq): &(u8, u8, u64)| Acknowledged {
            conversation: room(conversation),
            client_id: ClientId::from_bytes([id; 16]),
            seq: Seq::new(seq),
            text: format!("text {id}"),
        };
        rows.iter().map(message).collect()
    }

    fn read(rows: &[(u8, u8, u64)]) -> Vec<Received> {
        let received = |message: Acknowledged| Received {
            conversation: message.conversation,
            client_id: message.client_id,
            seq: message.seq,
            n: message.seq.get(),
            text: message.text,
        };
        sent(rows).into_iter().map(received).collect()
    }

    const GOOD: [(u8, u8, u64); 4] = [(1, 10, 1), (1, 11, 2), (2, 20, 1), (1, 12, 3)];

    #[test]
    fn a_good_history_is_good_in_every_order_across_conversations() {
        let other_order = read(&[(2, 20, 1), (1, 10, 1), (1, 11, 2), (1, 12, 3)]);
        assert_eq!(check(&sent(&GOOD), &[read(&GOOD), other_order]), Ok(()));
        assert_eq!(check(&[], &[Vec::new()]), Ok(()));
    }

    #[test]
    fn bad_answers_are_found() {
        for (rows, fault) in [
            (vec![(1, 10, 1), (1, 11, 1)], Fault::RowsClash),
            (vec![(1, 10, 1), (1, 10, 2)], Fault::RowsClash),
            (vec![(1, 10, 1), (1, 11, 3)], Fault::Hole { conversation: room(1), expected: Seq::new(2) }),
            (vec![(1, 10, 2)], Fault::Hole { conversation: room(1), expected: Seq::new(1) }),
        ] {
            assert_eq!(check(&sent(&rows), &[]), Err(fault), "{rows:?}");
        }
    }

    #[test]
    fn bad_readings_are_found() {
        let not_next = |expected, got| Fault::NotNext {
            reader: 1,
            conversation: room(1),
            expected: Seq::new(expected),
            got: Seq::new(got),
        };
        let different = |seq| Fault::Different { reader: 1, conversation: room(1), seq: Seq::new(seq) };
        let lost = |conversation, from| Fault::Lost {
            reader: 1,
            conversation: room(conversation),
            from: Seq::new(from),
        };
        for (what, rows, fault) in [
            ("nothing", vec![], lost(1, 1)),
            ("last lost", vec![(1, 10, 1), (1, 11, 2), (2, 20, 1)], lost(1, 3)),
            ("room lost", vec![(1, 10, 1), (1, 11, 2), (1, 12, 3)], lost(2, 1)),
            ("first lost", vec![(1, 11, 2), (1, 12, 3), (2, 20, 1)], not_next(1, 2)),
            ("one lost", vec![(1, 10, 1), (1, 12, 3), (2, 20, 1)], not_next(2, 3)),
            ("doubled", vec![(1, 10, 1), (1, 10, 1), (1, 11, 2), (1, 12, 3), (2, 20, 1)], not_next(2, 1)),
            ("swapped", vec![(1, 11, 2), (1, 10, 1), (1, 12, 3), (2, 20, 1)], not_next(1, 2)),
            ("swapped and counted anew", vec![(1, 11, 1), (1, 10, 2), (1, 12, 3), (2, 20, 1)], different(1)),
            ("one too many", [GOOD.as_slice(), &[(1, 13, 4)]].concat(), different(4)),
        ] {
            assert_eq!(check(&sent(&GOOD), &[read(&GOOD), read(&rows)]), Err(fault), "{what}");
        }
    }

    #[test]
    fn a_changed_text_and_a_wrong_count_are_found() {
        let fault = Fault::Different { reader: 0, conversation: room(1), seq: Seq::new(2) };
        let mut reading = read(&GOOD);
        reading[1].text.push('!');
        assert_eq!(check(&sent(&GOOD), &[reading]), Err(fault));
        let fault = Fault::Different { reader: 0, conversation: room(1), seq: Seq::new(2) };
        let mut reading = read(&GOOD);
        reading[1].n = 1;
        assert_eq!(check(&sent(&GOOD), &[reading]), Err(fault));
    }
}
