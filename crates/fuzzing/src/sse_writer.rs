//! Any record, as the server writes it into Server-Sent Events, and read again by the client.
//!
//! The first byte chooses the type of the record, the next sixteen are its ids and its place; the rest are its texts, with
//! 0xff between them.

use std::borrow::Cow;

use chinwag_client::SseParser;
use chinwag_hub::Format;
use chinwag_protocol::{
    AccountEndReason, AccountId, ClientId, ConversationChange, ConversationId, Cursor, CursorCipher,
    DeviceChange, DeviceId, EndReason, Entity, EpochTag, GapReason, Head, Kind, Limits, MemberChange,
    MessageRecord, Place, Pos, Record, Role, SenderCard, Seq, Timestamp,
};

const EVENT_BYTES_MAX: usize = 1 << 20;

/// See the module.
pub fn sse_writer(input: &[u8]) {
    let Some(record) = record(input) else { return };
    let cursor = record.cursor().unwrap();
    let written = Format::Sse.frame(&record).unwrap();
    // The fields, and nothing but the fields: a text that could end a line would add some.
    let text = std::str::from_utf8(&written).unwrap();
    let lines: Vec<&str> = text.split(['\r', '\n']).collect();
    let [id, data, "", ""] = lines[..] else { panic!("{lines:?}") };
    assert_eq!(id.strip_prefix("id: "), Some(cursor.as_str()));
    assert!(data.starts_with("data: {"));

    for piece in [1, 7, written.len()] {
        let mut parser = SseParser::new(EVENT_BYTES_MAX);
        for bytes in written.chunks(piece) {
            parser.push(bytes).unwrap();
        }
        let event = parser.next_event().unwrap();
        assert_eq!((event.id.as_str(), event.event.as_str()), (cursor.as_str(), "message"));
        assert_eq!(serde_json::from_str::<Record>(&event.data).unwrap(), record);
        assert_eq!((parser.next_event(), parser.retry_ms()), (None, None));
    }
}

fn record(input: &[u8]) -> Option<Record> {
    let (&kind, rest) = input.split_first()?;
    let (&id, rest) = rest.split_first_chunk::<16>()?;
    let mut texts = rest.split(|&byte| byte == 0xff).map(String::from_utf8_lossy).map(Cow::into_owned);
    let mut text = || texts.next().unwrap_or_default();
    let number = u64::from_be_bytes(*id.first_chunk()?);
    // A place and a row have 48 bits.
    let short = number >> 16;
    let place = Place { epoch: EpochTag::of(id), pos: Pos::new(short) };
    let cursor: Cursor = CursorCipher::new(id).seal(place);
    let (account, conversation) = (AccountId::from_bytes(id), ConversationId::from_bytes(id));
    let (seq, odd) = (Seq::new(short), number % 2 == 1);
    let mut sender = || SenderCard { id: account, name: text(), version: number, lookalike: odd };
    // RFC 3339 has years of four digits.
    let sent_at = Timestamp::from_millis((number % 200_000_000_000_000) as i64);
    Some(match kind % 14 {
        0 => Record::Hello {
            stream: None,
            protocol: number as u32,
            server: text(),
            heartbeat_ms: number,
            limits: Limits::default(),
            cursor,
            pad: text(),
        },
        1 => Record::Message(MessageRecord {
            conversation,
            seq,
            n: number,
            sender: sender(),
            client_id: ClientId::from_bytes(id),
            text: text(),
            sent_at,
            deleted: odd,
            reply_to: odd.then_some(seq),
            forwarded: odd,
            entities: vec![Entity::Mention { offset: 0, length: 1, account }; usize::from(odd)],
            edited_at: odd.then_some(sent_at),
            account: odd.then_some(account),
            cursor,
        }),
        2 => Record::Delete {
            conversation,
            seq,
            target: seq,
            sender: sender(),
            sent_at,
            account: odd.then_some(account),
            cursor,
        },
        3 => Record::Conversation {
            account,
            conversation,
            kind: Kind::Room,
            slug: odd.then(&mut text),
            title: text(),
            peer: odd.then_some(account),
            change: ConversationChange::Created,
            cursor,
        },
        4 => Record::Member {
            account,
            conversation,
            kind: Kind::Room,
            slug: odd.then(&mut text),
            title: text(),
            peer: odd.then_some(account),
            request: odd,
            change: if odd { MemberChange::Joined } else { MemberChange::Left },
            role: odd.then_some(Role::Member),
            from_seq: odd.then_some(seq),
            muted_until: (!odd).then_some(sent_at),
            cursor,
        },
        5 => {
            let change = if odd { DeviceChange::Added } else { DeviceChange::Removed };
            Record::Device { account, device: DeviceId::from_bytes(id), change, cursor }
        }
        10 => Record::Erased { conversation, seq, sender: sender(), sent_at, cursor },
        6 => Record::Heartbeat { heads: vec![Head { conversation, seq }; usize::from(kind) / 10], cursor },
        7 => Record::Hidden { conversation, seq, target: odd.then_some(seq), cursor },
        8 => Record::Gap { reason: GapReason::TooMany, sync: text(), cursor },
        11 => Record::Edit {
            conversation,
            seq,
            target: seq,
            sender: sender(),
            text: text(),
            entities: vec![Entity::MentionAll { offset: 0, length: 1 }; usize::from(odd)],
            sent_at,
            superseded: !odd,
            deleted: odd,
            account: odd.then_some(account),
            cursor,
        },
        12 => Record::Reaction {
            conversation,
            seq,
            target: seq,
            sender: sender(),
            emoji: text(),
            on: odd,
            sent_at,
            account: odd.then_some(account),
            cursor,
        },
        13 => Record::Pin {
            conversation,
            seq,
            target: seq,
            sender: sender(),
            pinned: odd,
            sent_at,
            account: odd.then_some(account),
            cursor,
        },
        9 => Record::AccountEnd { account, reason: AccountEndReason::SignedOut, cursor },
        _ => Record::End { reason: EndReason::Restart, reconnect_ms: odd.then_some(number), cursor },
    })
}
