//! The checksum of a row of the table `event`.

/// CRC-32 (IEEE 802.3) over each value's type and content, in the order of the columns, as the signed number that fits into
/// four bytes. The content of an integer is eight bytes; of a text or blob its length in eight bytes, then the bytes; all
/// little-endian. Equal rows have equal checksums in every store.
#[derive(Debug)]
pub(crate) struct Checksum(Vec<u8>);

impl Checksum {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    #[inline]
    pub(crate) fn null(&mut self) {
        self.0.push(0);
    }

    #[inline]
    pub(crate) fn integer(&mut self, number: i64) {
        self.0.push(1);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// No column holds one; a damaged row of SQLite may.
    #[inline]
    pub(crate) fn real(&mut self, number: f64) {
        self.0.push(2);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.content(3, text);
    }

    #[inline]
    pub(crate) fn blob(&mut self, blob: &[u8]) {
        self.content(4, blob);
    }

    #[inline]
    fn content(&mut self, kind: u8, content: &[u8]) {
        self.0.push(kind);
        self.0.extend_from_slice(&(content.len() as u64).to_le_bytes());
        self.0.extend_from_slice(content);
    }

    pub(crate) fn finish(&self) -> i64 {
        i64::from(crc32fast::hash(&self.0).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored must be found right by every later version.
    #[test]
    fn the_checksum_is_as_it_always_was() {
        let mut checksum = Checksum::new();
        for _ in 0..13 {
            checksum.null();
        }
        assert_eq!(checksum.finish(), i64::from(crc32fast::hash(&[0; 13]).cast_signed()));
        let mut checksum = Checksum::new();
        checksum.integer(-2);
        checksum.null();
        checksum.text("é".as_bytes());
        checksum.blob(&[7]);
        let mut bytes = vec![1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
        bytes.extend_from_slice(&[3, 2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9]);
        bytes.extend_from_slice(&[4, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(checksum.finish(), i64::from(crc32fast::hash(&bytes).cast_signed()));
        // The check value of the CRC's own definition.
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }
}
