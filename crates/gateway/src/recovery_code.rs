//! Recovery codes: how they are made, written and read.

use chinwag_protocol::{Problem, RecoveryCodeHash};
use sha2::{Digest, Sha256};

use crate::token::random_bytes;

/// Codes that an account has at a time.
pub(crate) const CODES: usize = 10;
/// Random bytes of a code: 100 bits would be enough, and these are written in whole groups.
const BYTES: usize = 15;
/// Characters of a code without its hyphens, of five bits each.
const CHARACTERS: usize = BYTES * 8 / 5;
/// Characters between hyphens.
const GROUP: usize = 4;
/// The digits and letters that are hard to take for each other (RFC 4648 has them as base32).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new code, as it is shown once, and what is kept of it.
pub(crate) fn random() -> Result<(String, RecoveryCodeHash), Problem> {
    let characters = base32(&random_bytes::<BYTES>()?);
    let groups: Vec<&str> = (0..CHARACTERS).step_by(GROUP).map(|at| &characters[at..at + GROUP]).collect();
    Ok((groups.join("-"), hash_of(&characters)))
}

/// What is kept of a code as it was typed: neither case, hyphens nor spaces make a difference. Anything at all has a hash; what
/// cannot be a code has one that nobody keeps.
pub(crate) fn hash(typed: &str) -> RecoveryCodeHash {
    let characters: String = typed
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .take(CHARACTERS + 1)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    hash_of(&characters)
}

fn hash_of(characters: &str) -> RecoveryCodeHash {
    RecoveryCodeHash(Sha256::digest(characters).into())
}

fn base32(bytes: &[u8; BYTES]) -> String {
    let mut characters = String::with_capacity(CHARACTERS);
    for five in bytes.chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for shift in (0..8).rev().map(|place| place * 5) {
            characters.push(char::from(ALPHABET[((bits >> shift) & 31) as usize]));
        }
    }
    characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_rfc_4648_has_it() {
        assert_eq!(base32(b"foobarfoobarfoo"), "MZXW6YTBOJTG633CMFZGM33P");
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let (code, kept) = random().unwrap();
        assert_eq!(code.len(), CHARACTERS + CHARACTERS / GROUP - 1, "{code}");
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(hash(&code), kept);
        assert_eq!(hash(&typed), kept);
        assert_ne!(hash(&format!("{code}A")), kept);
        assert_ne!(random().unwrap().1, kept);
    }
}
