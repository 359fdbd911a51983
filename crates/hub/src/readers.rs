//! For whom a connection of a shard reads, by the places of the accounts in the shard's table.

use chinwag_protocol::{AccountId, DeviceId};

/// A device that reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reader {
    /// Where its account stands in the table of topics.
    pub(crate) account: u32,
    pub(crate) device: DeviceId,
}

/// At least one reader, of as many accounts. Nearly all connections have one, which takes no memory beside itself.
#[derive(Debug)]
pub(crate) enum Readers {
    One(Reader),
    Several(Box<Several>),
}

#[derive(Debug)]
pub(crate) struct Several {
    /// In the order of the accounts' ids.
    readers: Vec<Reader>,
    /// Accounts of which the peer is to be told that they are lost.
    lost: Vec<AccountId>,
}

impl Readers {
    /// Of `first` and the others; `lost` is to be told.
    pub(crate) fn new(readers: Vec<Reader>, lost: Vec<AccountId>) -> Self {
        match readers[..] {
            [reader] if lost.is_empty() => Self::One(reader),
            _ => Self::Several(Box::new(Several { readers, lost })),
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Reader] {
        match self {
            Self::One(reader) => std::slice::from_ref(reader),
            Self::Several(several) => &several.readers,
        }
    }

    /// The one that the connection counts for where it can only count for one.
    pub(crate) fn first(&self) -> Reader {
        match self {
            Self::One(reader) => *reader,
            Self::Several(several) => several.readers[0],
        }
    }

    /// Whether an event may come for more than one of them.
    #[inline]
    pub(crate) fn are_several(&self) -> bool {
        matches!(self, Self::Several(_))
    }

    /// Takes the reader of an account out, and remembers to tell so. False if it is the only one, which stays.
    pub(crate) fn lose(&mut self, account: u32, id: AccountId) -> bool {
        match self {
            Self::Several(several) if several.readers.len() > 1 => {
                several.readers.retain(|reader| reader.account != account);
                several.lost.push(id);
                true
            }
            _ => false,
        }
    }

    /// An account of which the peer is to be told that it is lost.
    #[inline]
    pub(crate) fn next_lost(&mut self) -> Option<AccountId> {
        match self {
            Self::One(_) => None,
            Self::Several(several) => several.lost.pop(),
        }
    }

    pub(crate) fn has_lost(&self) -> bool {
        matches!(self, Self::Several(several) if !several.lost.is_empty())
    }
}
