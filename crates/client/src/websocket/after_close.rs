//! What a close code tells a client to do.

/// When to come back, where no `end` record has said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterClose {
    /// At once, spread over half a second.
    AtOnce,
    /// After a growing wait.
    Backoff,
    /// Something is wrong with this client: the caller must know. Coming back needs a growing wait.
    Mend,
    /// Never with this token.
    Never,
}

impl AfterClose {
    /// What to do after this code, or none. A code that is not known is a failure like any other.
    pub(crate) fn of(code: Option<u16>) -> Self {
        match code {
            Some(4000) => Self::AtOnce,
            Some(4001) => Self::Never,
            Some(1002 | 1003 | 1007 | 1009 | 1010) => Self::Mend,
            _ => Self::Backoff,
        }
    }

    pub(crate) fn may_pass(self) -> bool {
        matches!(self, Self::AtOnce | Self::Backoff)
    }
}
