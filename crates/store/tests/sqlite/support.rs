//! Opening the SQLite store, and what is asked of any.

use std::path::Path;
use std::sync::Arc;

use chinwag_chat::decide;
use chinwag_store::{Opened, Sqlite, SqliteOptions, Store, Tail};

pub(crate) use crate::asking::*;

pub(crate) fn open(folder: &Path) -> Opened {
    Sqlite::open(folder, SqliteOptions::default()).unwrap()
}

/// With so little memory for the ends of timelines that rows are folded all the time.
pub(crate) fn open_folding(folder: &Path, recent_rows: usize) -> Opened {
    Sqlite::open(folder, SqliteOptions { recent_rows, ..SqliteOptions::default() }).unwrap()
}

pub(crate) fn start(opened: Opened, tail: Arc<dyn Tail>) -> Arc<dyn Store> {
    opened.start(decide, clock(), tail).unwrap()
}
