//! Keyed events as the tables have them: decision 0013.

use chinwag_protocol::{AccountId, ConversationId, DeviceId, Event, Key, Keyed, Topic as Of};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::codes::integer;
use crate::detail::kind;
use crate::topic::Topic;

/// What the column `seq` of `event` holds: minus the position of a keyed event, which has no place in its topic.
pub(crate) fn stored_seq(event: &Event) -> i64 {
    if event.keyed().is_some() { -integer(event.pos.get()) } else { integer(event.seq.get()) }
}

/// Whether a kind is that of keyed events.
pub(crate) fn is_keyed(kind: i64) -> bool {
    (kind::FIRST_KEYED..=kind::LAST_KEYED).contains(&kind)
}

/// The kind of the events of a key.
pub(crate) fn kind_of_key(key: &Key) -> i64 {
    match key {
        Key::Marker(_) => kind::MARKER,
        Key::Receipt(_) => kind::RECEIPT,
        Key::Preferences => kind::PREFERENCES,
        Key::Settings(_) => kind::CONVERSATION_SETTINGS,
        Key::Draft(..) => kind::DRAFT,
    }
}

/// A key as the detail of an event's row.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyDetail {
    Marker(ConversationId),
    Receipt(AccountId),
    Preferences,
    Settings(ConversationId),
    Draft(ConversationId, DeviceId),
}

impl From<Key> for KeyDetail {
    fn from(key: Key) -> Self {
        match key {
            Key::Marker(conversation) => Self::Marker(conversation),
            Key::Receipt(account) => Self::Receipt(account),
            Key::Preferences => Self::Preferences,
            Key::Settings(conversation) => Self::Settings(conversation),
            Key::Draft(conversation, device) => Self::Draft(conversation, device),
        }
    }
}

impl From<KeyDetail> for Key {
    fn from(key: KeyDetail) -> Self {
        match key {
            KeyDetail::Marker(conversation) => Self::Marker(conversation),
            KeyDetail::Receipt(account) => Self::Receipt(account),
            KeyDetail::Preferences => Self::Preferences,
            KeyDetail::Settings(conversation) => Self::Settings(conversation),
            KeyDetail::Draft(conversation, device) => Self::Draft(conversation, device),
        }
    }
}

/// The same, of a topic that it can be in.
pub(crate) fn topic_of_key(key: &Key, topic: Topic) -> Of {
    match key {
        Key::Marker(_) | Key::Preferences | Key::Settings(_) | Key::Draft(..) => {
            Of::Account(AccountId::from_bytes(topic))
        }
        Key::Receipt(_) => Of::Conversation(ConversationId::from_bytes(topic)),
    }
}

/// A topic's bytes.
pub(crate) fn topic_bytes(topic: &Of) -> &Topic {
    match topic {
        Of::Account(id) => id.as_bytes(),
        Of::Conversation(id) => id.as_bytes(),
    }
}

/// A key as it stands in the table: its kind, and what tells it from others of the kind.
pub(crate) fn key_bytes(key: &Key) -> Vec<u8> {
    let mut bytes = vec![kind_of_key(key) as u8];
    match key {
        Key::Marker(conversation) => bytes.extend(conversation.as_bytes()),
        Key::Receipt(account) => bytes.extend(account.as_bytes()),
        Key::Preferences => {}
        Key::Settings(conversation) => bytes.extend(conversation.as_bytes()),
        Key::Draft(conversation, device) => {
            bytes.extend(conversation.as_bytes());
            bytes.extend(device.as_bytes());
        }
    }
    bytes
}

/// None if no version of this program writes it.
pub(crate) fn key_of(bytes: &[u8]) -> Option<Key> {
    let (kind, ids) = bytes.split_first()?;
    Some(match i64::from(*kind) {
        kind::MARKER => Key::Marker(ConversationId::from_bytes(ids.try_into().ok()?)),
        kind::RECEIPT => Key::Receipt(AccountId::from_bytes(ids.try_into().ok()?)),
        kind::PREFERENCES if ids.is_empty() => Key::Preferences,
        kind::CONVERSATION_SETTINGS => Key::Settings(ConversationId::from_bytes(ids.try_into().ok()?)),
        kind::DRAFT => {
            let (conversation, device) = ids.split_first_chunk()?;
            let device = DeviceId::from_bytes(device.try_into().ok()?);
            Key::Draft(ConversationId::from_bytes(*conversation), device)
        }
        _ => return None,
    })
}

/// Keys of markers, by the least and what comes after the last.
pub(crate) const MARKERS: ([u8; 1], [u8; 1]) = ([kind::MARKER as u8], [kind::MARKER as u8 + 1]);
/// The value of a draft that is empty.
pub(crate) const NO_DRAFT: &str = "\"\"";

/// The same of an account's drafts in a conversation.
pub(crate) fn drafts(conversation: ConversationId) -> (Vec<u8>, Vec<u8>) {
    let from = [&[kind::DRAFT as u8], conversation.as_bytes().as_slice()].concat();
    let before = [from.as_slice(), &[0xff; 17]].concat();
    (from, before)
}

/// The same of receipts.
pub(crate) const RECEIPTS: ([u8; 1], [u8; 1]) = ([kind::RECEIPT as u8], [kind::RECEIPT as u8 + 1]);

/// What stands in the column `value`.
pub(crate) fn value(keyed: &Keyed) -> Result<String, serde_json::Error> {
    match keyed {
        Keyed::Marker { marker, .. } => serde_json::to_string(marker),
        Keyed::Receipt { receipt, .. } => serde_json::to_string(receipt),
        Keyed::Preferences { preferences, .. } => serde_json::to_string(preferences),
        Keyed::Settings { settings, .. } => serde_json::to_string(settings),
        Keyed::Draft { text, .. } => serde_json::to_string(text),
    }
}

/// A row of the table `keyed`, as each store reads it.
#[derive(Debug, Clone)]
pub(crate) struct KeyedRow<'r> {
    pub(crate) topic: Topic,
    pub(crate) key: &'r [u8],
    pub(crate) pos: i64,
    pub(crate) version: i64,
    pub(crate) at: i64,
    pub(crate) value: &'r str,
}

impl KeyedRow<'_> {
    pub(crate) fn checksum(&self) -> i64 {
        let mut checksum = Checksum::new();
        checksum.blob(&self.topic);
        checksum.blob(self.key);
        [self.pos, self.version, self.at].into_iter().for_each(|number| checksum.integer(number));
        checksum.text(self.value.as_bytes());
        checksum.finish()
    }

    /// What it says; refused if it is not what was stored.
    pub(crate) fn read(&self, checksum: i64) -> Result<Keyed, String> {
        if checksum != self.checksum() {
            return Err("its checksum is wrong".to_owned());
        }
        let version = u64::try_from(self.version).map_err(|_| "its version is out of range".to_owned())?;
        let key = key_of(self.key).ok_or_else(|| "its key is unknown".to_owned())?;
        Ok(match key {
            Key::Marker(conversation) => {
                let account = AccountId::from_bytes(self.topic);
                Keyed::Marker { account, conversation, marker: parse(self.value)?, version }
            }
            Key::Receipt(account) => {
                let conversation = ConversationId::from_bytes(self.topic);
                Keyed::Receipt { conversation, account, receipt: parse(self.value)?, version }
            }
            Key::Preferences => {
                let account = AccountId::from_bytes(self.topic);
                Keyed::Preferences { account, preferences: parse(self.value)?, version }
            }
            Key::Settings(conversation) => {
                let account = AccountId::from_bytes(self.topic);
                Keyed::Settings { account, conversation, settings: parse(self.value)?, version }
            }
            Key::Draft(conversation, device) => {
                let account = AccountId::from_bytes(self.topic);
                Keyed::Draft { account, conversation, device, text: parse(self.value)?, version }
            }
        })
    }
}

fn parse<T: DeserializeOwned>(value: &str) -> Result<T, String> {
    serde_json::from_str(value).map_err(|error| error.to_string())
}
