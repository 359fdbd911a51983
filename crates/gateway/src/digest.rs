//! Keyed hashes, by which retries are known without keeping what they say.

use chinwag_chat::{KeyHash, RequestHash, Salt};
use chinwag_protocol::{
    Attributes, ConversationId, Entity, MessageText, Name, SessionKind, Settings, Username,
};
use chinwag_store::Secrets;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Of what a guest's making asks for.
pub(crate) fn guest_request(secrets: &Secrets, name: &Name, session: SessionKind) -> RequestHash {
    RequestHash(first_half(hmac(&secrets.hash, &[b"guest", name.as_str().as_bytes(), word(session)])))
}

/// Of what an account's making asks for, but for the password: a hash of that which is made fast can be guessed fast.
pub(crate) fn sign_up_request(
    secrets: &Secrets,
    username: &Username,
    name: &Name,
    device_name: Option<&Name>,
    session: SessionKind,
) -> RequestHash {
    let device_name = device_name.map_or("", Name::as_str);
    let parts: [&[u8]; 5] = [
        b"account",
        username.as_str().as_bytes(),
        name.as_str().as_bytes(),
        device_name.as_bytes(),
        word(session),
    ];
    RequestHash(first_half(hmac(&secrets.hash, &parts)))
}

/// Of what the making of a program's account asks for.
pub(crate) fn server_account_request(
    secrets: &Secrets,
    name: &Name,
    device_name: Option<&Name>,
) -> RequestHash {
    let device_name = device_name.map_or("", Name::as_str);
    let parts: [&[u8]; 3] = [b"server account", name.as_str().as_bytes(), device_name.as_bytes()];
    RequestHash(first_half(hmac(&secrets.hash, &parts)))
}

fn word(session: SessionKind) -> &'static [u8] {
    match session {
        SessionKind::Token => b"token",
        SessionKind::Cookie => b"cookie",
    }
}

/// Of what a send asks for. Not of `follows`: that says when it may be stored, not what.
pub(crate) fn send_request(
    secrets: &Secrets,
    conversation: ConversationId,
    text: &MessageText,
    attributes: &Attributes,
) -> RequestHash {
    let mut parts: Vec<&[u8]> = vec![b"send", conversation.as_bytes(), text.as_str().as_bytes()];
    // One that has none of these is hashed as it always was.
    let Attributes { reply_to, forwarded, entities } = attributes;
    let reply_to = reply_to.map(|seq| seq.get().to_be_bytes());
    if let Some(reply_to) = &reply_to {
        parts.extend([b"reply_to".as_slice(), reply_to.as_slice()]);
    }
    if *forwarded {
        parts.push(b"forwarded");
    }
    let entities: Vec<[u8; 25]> = entities.as_slice().iter().map(entity_bytes).collect();
    for entity in &entities {
        parts.extend([b"entity".as_slice(), entity.as_slice()]);
    }
    RequestHash(first_half(hmac(&secrets.hash, &parts)))
}

fn entity_bytes(entity: &Entity) -> [u8; 25] {
    let mut bytes = [0; 25];
    let (offset, length) = entity.place().unwrap_or_default();
    bytes[..4].copy_from_slice(&offset.to_be_bytes());
    bytes[4..8].copy_from_slice(&length.to_be_bytes());
    if let Entity::Mention { account, .. } = entity {
        bytes[8] = 1;
        bytes[9..].copy_from_slice(account.as_bytes());
    }
    bytes
}

/// Of what a group's making asks for.
pub(crate) fn group_request(secrets: &Secrets, settings: &Settings) -> RequestHash {
    let title = settings.title.as_ref().map_or("", |title| title.as_str());
    let visible: &[u8] = if settings.history_visible { b"visible" } else { b"hidden" };
    let parts: [&[u8]; 4] = [b"group", title.as_bytes(), settings.topic.as_str().as_bytes(), visible];
    RequestHash(first_half(hmac(&secrets.hash, &parts)))
}

/// Of an `Idempotency-Key`.
pub(crate) fn idempotency_key(secrets: &Secrets, key: &str) -> KeyHash {
    KeyHash(first_half(hmac(&secrets.hash, &[b"key", key.as_bytes()])))
}

/// The bits of a token that the same key and salt always give.
pub(crate) fn token_bits(secrets: &Secrets, salt: Salt, key: &str) -> [u8; 32] {
    hmac(&secrets.token, &[&salt.0, key.as_bytes()])
}

/// Over the parts with their lengths, so that no two lists of parts are the same bytes.
fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::Seq;

    use super::*;

    #[test]
    fn hashes_tell_requests_apart() {
        let secrets = Secrets { cursor: [0; 16], hash: [1; 32], token: [2; 32] };
        let other_key = Secrets { hash: [3; 32], ..secrets.clone() };
        let tea = ConversationId::from_bytes([1; 16]);
        let text = |text: &str| MessageText::parse(text.into(), 100).unwrap();
        let plain = Attributes::default();
        let hash = send_request(&secrets, tea, &text("ab"), &plain);
        assert_eq!(hash, send_request(&secrets, tea, &text("ab"), &plain));
        assert_ne!(hash, send_request(&other_key, tea, &text("ab"), &plain));
        assert_ne!(hash, send_request(&secrets, tea, &text("a"), &plain));
        assert_ne!(hash, send_request(&secrets, ConversationId::from_bytes([2; 16]), &text("ab"), &plain));
        for attributes in [
            Attributes { reply_to: Some(Seq::new(1)), ..plain.clone() },
            Attributes { forwarded: true, ..plain.clone() },
        ] {
            assert_ne!(hash, send_request(&secrets, tea, &text("ab"), &attributes));
        }
        assert_ne!(hmac(&[0; 32], &[b"a", b"b"]), hmac(&[0; 32], &[b"ab", b""]));
    }

    #[test]
    fn hashes_outlive_releases() {
        // Worked out apart, with Python. They are stored beside messages: a change here would turn every later retry into a conflict.
        let secrets = Secrets { cursor: [0; 16], hash: [1; 32], token: [2; 32] };
        let name = Name::parse("Ada").unwrap();
        let text = MessageText::parse("hello".into(), 100).unwrap();
        let send = send_request(&secrets, ConversationId::from_bytes([7; 16]), &text, &Attributes::default());
        assert_eq!(hex(&send.0), "512f3e4b4e9dc3e63bde2f71a79faf47");
        assert_eq!(
            hex(&guest_request(&secrets, &name, SessionKind::Cookie).0),
            "ab6276e3f647300522addc97c05e4a8f"
        );
        assert_eq!(hex(&idempotency_key(&secrets, "0123456789abcdef").0), "803e4b4e8934b0d6586973b61fd27e7e");
        assert_eq!(
            hex(&token_bits(&secrets, Salt([9; 16]), "0123456789abcdef")),
            "6d70005fc5637ea863b0198ceb1b7b9a5227bfb2c47964d09852bff16763bd41"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
