//! Cursors: an opaque place in the log, equal for all readers.
//!
//! A cursor is one AES-128 block over (epoch tag, position), in base64url. One block needs no mode of operation; it is a
//! pseudo-random permutation, so cursors tell nothing of the server's traffic, and a forged one decrypts to a tag that
//! matches a known epoch with a chance of 2⁻⁶⁴.

use std::fmt;

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Pos;

/// First 64 bits of an epoch's random id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EpochTag(pub u64);

/// What a cursor stands for: everything up to and including `pos`, in the incarnation of the log named by `epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Incarnation of the log.
    pub epoch: EpochTag,
    /// Last position contained.
    pub pos: Pos,
}

/// A cursor as it travels: 22 characters of base64url.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Cursor(String);

/// The text is not a cursor of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl Cursor {
    /// Takes any text; whether it is a cursor shows when it is opened.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({})", self.0)
    }
}

/// Seals places into cursors and opens them again.
#[derive(Clone)]
pub struct CursorCipher(Aes128);

impl fmt::Debug for CursorCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorCipher(..)")
    }
}

impl CursorCipher {
    /// From the installation's cursor key, which every node shares and which must outlive restarts.
    pub fn new(key: [u8; 16]) -> Self {
        Self(Aes128::new(&key.into()))
    }

    /// The cursor for `place`. Deterministic: equal places give equal cursors.
    pub fn seal(&self, place: Place) -> Cursor {
        let mut block = [0u8; 16];
        block[..8].copy_from_slice(&place.epoch.0.to_be_bytes());
        block[8..].copy_from_slice(&place.pos.get().to_be_bytes());
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        Cursor(URL_SAFE_NO_PAD.encode(block))
    }

    /// The place that `text` stands for. The caller checks that it knows the epoch: only that tells a real cursor
    /// from a forged one.
    pub fn open(&self, text: &str) -> Result<Place, CursorError> {
        let mut bytes = [0u8; 16];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => {}
            _ => return Err(CursorError),
        }
        let mut block = bytes.into();
        self.0.decrypt_block(&mut block);
        let (mut epoch, mut pos) = ([0u8; 8], [0u8; 8]);
        epoch.copy_from_slice(&block[..8]);
        pos.copy_from_slice(&block[8..]);
        Ok(Place { epoch: EpochTag(u64::from_be_bytes(epoch)), pos: Pos::new(u64::from_be_bytes(pos)) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_cursor_stays_readable() {
        let cipher = CursorCipher::new(*b"0123456789abcdef");
        let place = Place { epoch: EpochTag(0x1122_3344_5566_7788), pos: Pos::new(42) };
        let cursor = cipher.seal(place);
        assert_eq!(cursor.as_str().len(), 22);
        assert_eq!(cipher.open(cursor.as_str()), Ok(place));
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(epoch: u64, pos: u64, key: [u8; 16]) {
            let cipher = CursorCipher::new(key);
            let place = Place { epoch: EpochTag(epoch), pos: Pos::new(pos) };
            prop_assert_eq!(cipher.open(cipher.seal(place).as_str()), Ok(place));
        }

        #[test]
        fn no_text_panics_and_no_change_keeps_the_epoch(text in ".{0,40}", at in 0usize..22, pos in 0u64..1000) {
            let cipher = CursorCipher::new([7; 16]);
            let _ = cipher.open(&text);
            let place = Place { epoch: EpochTag(9), pos: Pos::new(pos) };
            let mut bytes = cipher.seal(place).as_str().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            if let Ok(opened) = cipher.open(std::str::from_utf8(&bytes).unwrap()) {
                prop_assert_ne!(opened.epoch, place.epoch);
            }
        }
    }
}
