//! Cursors: an opaque place in the log, equal for all readers.
//!
//! A cursor is one AES-128 block over (mark, epoch tag, position), in base64url. One block needs no mode of operation; it is
//! a pseudo-random permutation, so cursors tell nothing of the server's traffic. A forged one decrypts to the mark with a
//! chance of 2⁻³², and to a known epoch as well with one of 2⁻⁸⁰.

use std::fmt;

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_sabotage::{Promise, breaks};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Pos;

/// First 48 bits of an epoch's random id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EpochTag([u8; 6]);

impl EpochTag {
    /// Of an epoch's id.
    pub const fn of([a, b, c, d, e, f, ..]: [u8; 16]) -> Self {
        Self([a, b, c, d, e, f])
    }
}

/// Tells a cursor of this server from any other text.
const MARK: [u8; 4] = *b"chin";
/// The largest position that a cursor has room for, in 48 bits: a million events a second for nine years.
const POS_MAX: u64 = (1 << 48) - 1;

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
#[cfg_attr(test, derive(utoipa::ToSchema), schema(pattern = "^[A-Za-z0-9_-]{22}$"))]
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
        assert!(place.pos.get() <= POS_MAX, "the log is longer than a cursor can tell");
        let mut block = [0u8; 16];
        block[..4].copy_from_slice(&MARK);
        block[4..10].copy_from_slice(&place.epoch.0);
        block[10..].copy_from_slice(&place.pos.get().to_be_bytes()[2..]);
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        Cursor(URL_SAFE_NO_PAD.encode(block))
    }

    /// The place that `text` stands for, if it is a cursor of this server. Whether its epoch is known the caller sees.
    pub fn open(&self, text: &str) -> Result<Place, CursorError> {
        let mut bytes = [0u8; 16];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => {}
            _ => return Err(CursorError),
        }
        let mut block = bytes.into();
        self.0.decrypt_block(&mut block);
        if block[..4] != MARK && !breaks(Promise::RefuseForgedCursor) {
            return Err(CursorError);
        }
        let (mut epoch, mut pos) = ([0u8; 6], [0u8; 8]);
        epoch.copy_from_slice(&block[4..10]);
        pos[2..].copy_from_slice(&block[10..]);
        Ok(Place { epoch: EpochTag(epoch), pos: Pos::new(u64::from_be_bytes(pos)) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_cursor_stays_readable() {
        let cipher = CursorCipher::new(*b"0123456789abcdef");
        let place = Place { epoch: EpochTag::of([7; 16]), pos: Pos::new(42) };
        let cursor = cipher.seal(place);
        assert_eq!(cursor.as_str().len(), 22);
        assert_eq!(cipher.open(cursor.as_str()), Ok(place));
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(epoch: [u8; 16], pos in 0..=POS_MAX, key: [u8; 16]) {
            let cipher = CursorCipher::new(key);
            let place = Place { epoch: EpochTag::of(epoch), pos: Pos::new(pos) };
            prop_assert_eq!(cipher.open(cipher.seal(place).as_str()), Ok(place));
        }

        #[test]
        fn no_text_panics_and_no_changed_cursor_opens(text in ".{0,40}", at in 0usize..22, pos in 0u64..1000) {
            let cipher = CursorCipher::new([7; 16]);
            let _ = cipher.open(&text);
            let place = Place { epoch: EpochTag::of([9; 16]), pos: Pos::new(pos) };
            let mut bytes = cipher.seal(place).as_str().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(cipher.open(std::str::from_utf8(&bytes).unwrap()), Err(CursorError));
        }
    }
}
