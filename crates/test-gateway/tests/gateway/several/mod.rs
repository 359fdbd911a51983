//! Several accounts in one browser.

mod blocks;
mod frames;
mod limits;
mod losing;
mod sessions;
mod streams;

/// An account that there is not.
const NOBODY: &str = "0197a3b0-0000-7000-8000-0000000000ff";
