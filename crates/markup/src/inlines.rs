//! A paragraph becomes texts, links, mentions, and what stands out.

use crate::character::{MENTION, is_address_tail, is_blank, is_word};
use crate::scanner::{Scanner, push_text};
use crate::{Inline, Style};

/// So many backticks may begin code.
const CODE_RUN_MAX: usize = 3;

/// What makes something stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Bold,
    Star,
    Underscore,
    Strike,
    Spoiler,
}

const MARKS: usize = 5;

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Bold => "**",
            Self::Star => "*",
            Self::Underscore => "_",
            Self::Strike => "~~",
            Self::Spoiler => "||",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Bold => Style::Bold,
            Self::Star | Self::Underscore => Style::Italic,
            Self::Strike => Style::Strike,
            Self::Spoiler => Style::Spoiler,
        }
    }
}

/// What has been read of a paragraph. Each mark is open once at most, so that the tree cannot become deep.
#[derive(Default)]
struct Content {
    inlines: Vec<Inline>,
    /// Where each open mark is among the inlines; it is a text there until it is closed.
    marks: [Option<usize>; MARKS],
    /// The same of a label.
    label: Option<usize>,
}

impl Content {
    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.inlines.push(Inline::Text(text.to_owned()));
        }
    }

    fn place(&self, mark: Mark) -> Option<usize> {
        self.marks[mark as usize]
    }

    fn open(&mut self, mark: Mark) {
        self.marks[mark as usize] = Some(self.inlines.len());
        self.push_text(mark.text());
    }

    fn open_label(&mut self) {
        self.label = Some(self.inlines.len());
        self.push_text("[");
    }

    /// What is behind the mark or label at `place`. What was opened there is text.
    fn close(&mut self, place: usize) -> Vec<Inline> {
        let inner = self.inlines.split_off(place);
        for open in self.marks.iter_mut().chain([&mut self.label]) {
            *open = open.filter(|&other| other < place);
        }
        merged(inner.into_iter().skip(1))
    }
}

/// The marks that a run is made of.
fn marks(run: &str, content: &Content) -> &'static [Mark] {
    let star_is_inner =
        || content.place(Mark::Star).zip(content.place(Mark::Bold)).is_some_and(|(star, bold)| star > bold);
    match run {
        "**" => &[Mark::Bold],
        "*" => &[Mark::Star],
        "***" if star_is_inner() => &[Mark::Star, Mark::Bold],
        "***" => &[Mark::Bold, Mark::Star],
        "_" => &[Mark::Underscore],
        "~~" => &[Mark::Strike],
        "||" => &[Mark::Spoiler],
        _ => &[],
    }
}

/// Texts that are beside each other are one.
fn merged(inlines: impl IntoIterator<Item = Inline>) -> Vec<Inline> {
    let mut merged = Vec::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) => push_text(&mut merged, &text),
            other => merged.push(other),
        }
    }
    merged
}

/// Bytes of the run of `c` that a text begins with.
fn run_length(text: &str, c: char) -> usize {
    text.len() - text.trim_start_matches(c).len()
}

impl Scanner {
    pub(crate) fn inlines(&mut self, text: &str) -> Vec<Inline> {
        let mut content = Content::default();
        // What was passed by since is text.
        let mut from = 0;
        let mut at = 0;
        let mut before = ' ';
        while let Some(c) = text[at..].chars().next() {
            self.steps += 1;
            let mut end = at + c.len_utf8();
            match c {
                MENTION => {
                    content.push_text(&text[from..at]);
                    from = end;
                    content.label = None;
                    content.inlines.extend(self.mentions.next());
                }
                '[' if before != '\\' => {
                    content.push_text(&text[from..at]);
                    from = end;
                    content.open_label();
                }
                ']' => {
                    if let Some(place) = content.label
                        && before != '['
                        && let Some(address) = self.bracketed_address(&text[end..])
                    {
                        content.push_text(&text[from..at]);
                        let label = Some(content.close(place));
                        content.inlines.push(Inline::Link { href: address.to_owned(), label });
                        end += address.len() + "()".len();
                        from = end;
                    }
                    content.label = None;
                }
                'h' | 'H' if !is_word(before) => {
                    if let Some(length) = self.address_end(&text[at..]) {
                        let href = text[at..at + length].trim_end_matches(is_address_tail);
                        self.steps += length - href.len();
                        content.push_text(&text[from..at]);
                        end = at + href.len();
                        from = end;
                        content.label = None;
                        content.inlines.push(Inline::Link { href: href.to_owned(), label: None });
                    }
                }
                '`' => {
                    let length = run_length(&text[at..], c);
                    end = at + length;
                    if before != '\\'
                        && let Some(code) = self.code(&text[end..], length)
                    {
                        content.push_text(&text[from..at]);
                        content.inlines.push(Inline::Code(self.unmarked(code)));
                        end += code.len() + length;
                        from = end;
                    }
                }
                '*' | '_' | '~' | '|' => {
                    end = at + run_length(&text[at..], c);
                    let marks: &[Mark] = if before == '\\' { &[] } else { marks(&text[at..end], &content) };
                    let after = text[end..].chars().next().unwrap_or(' ');
                    for &mark in marks {
                        let place = content.place(mark);
                        let (outer, inner) = if place.is_some() { (after, before) } else { (before, after) };
                        let next = at + mark.text().len();
                        if !is_word(outer) && !is_blank(inner) {
                            content.push_text(&text[from..at]);
                            from = next;
                            match place {
                                Some(place) => {
                                    let inner = content.close(place);
                                    content.inlines.push(Inline::Styled(mark.style(), inner));
                                }
                                None => content.open(mark),
                            }
                        }
                        at = next;
                    }
                }
                _ => {}
            }
            before = text[..end].chars().next_back().unwrap_or(' ');
            at = end;
        }
        content.push_text(&text[from..]);
        merged(content.inlines)
    }

    /// The address of a label: what a text begins with, between brackets.
    fn bracketed_address<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let address = text.strip_prefix('(')?;
        let end = self.address_end(address)?;
        address[end..].starts_with(')').then(|| &address[..end])
    }

    /// What is before the next run of so many backticks in the line.
    fn code<'a>(&mut self, text: &'a str, length: usize) -> Option<&'a str> {
        if length > CODE_RUN_MAX {
            return None;
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            match bytes.get(at)? {
                b'\n' => return None,
                b'`' => {
                    let run = run_length(&text[at..], '`');
                    self.steps += run;
                    if run == length {
                        return Some(&text[..at]);
                    }
                    at += run;
                }
                _ => {
                    self.steps += 1;
                    at += 1;
                }
            }
        }
    }
}
