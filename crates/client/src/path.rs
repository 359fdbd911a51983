//! Texts in URLs.

use std::fmt::Write;

/// `text` as one segment of a path or one value of a query: everything but RFC 3986's unreserved characters is encoded.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_a_path_gives_a_meaning() {
        for (text, encoded) in
            [("tea-1._~", "tea-1._~"), ("a/b?c#d%", "a%2Fb%3Fc%23d%25"), ("Käse 茶", "K%C3%A4se%20%E8%8C%B6")]
        {
            assert_eq!(percent_encode(text), encoded);
        }
    }
}
