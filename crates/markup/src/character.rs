//! Kinds of characters: ranges, not Unicode's properties, which change with its versions.

/// What stands for a mention while a text is taken apart.
pub(crate) const MENTION: char = '\0';

pub(crate) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

/// Letters and digits of scripts that put spaces between words.
pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{c0}'..='\u{1fff}')
}

pub(crate) fn begins_host(c: char) -> bool {
    is_word(c) || matches!(c, '\u{3040}'..='\u{d7ff}' | '\u{10000}'..)
}

pub(crate) fn ends_address(c: char) -> bool {
    matches!(
        c,
        '\0'..=' '
            | '"'
            | '<'
            | '>'
            | '`'
            | '|'
            | '\u{7f}'..='\u{bf}'
            | '\u{2000}'..='\u{206f}'
            | '\u{3000}'..='\u{303f}'
            | '\u{feff}'..='\u{ffff}'
    )
}

/// What is of the sentence, not of the address at its end.
pub(crate) fn is_address_tail(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~')
}
