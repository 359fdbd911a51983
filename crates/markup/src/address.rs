//! Addresses in texts.

use crate::character::{begins_host, ends_address};
use crate::scanner::Scanner;

const SCHEMES: [&str; 2] = ["http://", "https://"];

impl Scanner {
    /// Where the address ends that a text begins with, if it begins with one.
    pub(crate) fn address_end(&mut self, text: &str) -> Option<usize> {
        self.steps += 1;
        let scheme = SCHEMES.into_iter().find(|scheme| {
            text.as_bytes()
                .get(..scheme.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme.as_bytes()))
        })?;
        let host = &text[scheme.len()..];
        if !host.starts_with(begins_host) {
            return None;
        }
        let mut open = 0;
        let end = host.find(|c: char| {
            self.steps += 1;
            match c {
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' if open == 0 => return true,
                ')' | ']' | '}' => open -= 1,
                _ => {}
            }
            ends_address(c)
        });
        Some(scheme.len() + end.unwrap_or(host.len()))
    }
}
