//! What a text is made of.

/// A piece of a text that has lines of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines as they were written.
    Paragraph(Vec<Inline>),
    /// What somebody else has said.
    Quote(Vec<Block>),
    /// Items, at least one.
    List(Vec<Item>),
    /// Code with lines of its own.
    CodeBlock {
        /// As it was written; empty if none was.
        language: String,
        /// Texts and mentions.
        content: Vec<Inline>,
    },
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// One to nine digits, as they were written; without them it is an item with a bullet.
    pub number: Option<String>,
    /// What is in it.
    pub content: Vec<Block>,
}

/// A piece of a line. No text is empty, and no two texts are beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Letters as they were written.
    Text(String),
    /// Something that stands out.
    Styled(Style, Vec<Inline>),
    /// Texts and mentions.
    Code(Vec<Inline>),
    /// An address, `http` or `https`.
    Link {
        /// The address, as it was written.
        href: String,
        /// Without it the address is shown. There is neither a link nor a mention in it.
        label: Option<Vec<Inline>>,
    },
    /// Somebody who is mentioned.
    Mention {
        /// Which of the spans that were passed it is.
        span: usize,
        /// As it was written.
        text: String,
    },
}

/// How something stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Heavier letters.
    Bold,
    /// Slanted letters.
    Italic,
    /// Struck through.
    Strike,
    /// Hidden until somebody asks for it.
    Spoiler,
}
