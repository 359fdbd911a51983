//! The ways in which a peer can break the protocol or go over a limit.

use crate::close::CloseCode;

/// Why a connection was failed (RFC 6455 §7.1.7). Its text is the reason in our Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// RSV2 or RSV3 is set, or RSV1 where no extension gives it a meaning (RFC 6455 §5.2, RFC 7692 §6).
    #[error("reserved bit set")]
    ReservedBit,
    /// An opcode that means nothing yet (RFC 6455 §5.2).
    #[error("reserved opcode {0:#x}")]
    ReservedOpcode(u8),
    /// A client's frame is not masked (RFC 6455 §5.1).
    #[error("frame not masked")]
    Unmasked,
    /// A server's frame is masked (RFC 6455 §5.1).
    #[error("frame masked")]
    Masked,
    /// The length is not in its shortest form (RFC 6455 §5.2).
    #[error("length not in its shortest form")]
    LengthForm,
    /// The 64-bit length has its top bit set (RFC 6455 §5.2).
    #[error("length over 63 bits")]
    LengthTopBit,
    /// A control frame in fragments (RFC 6455 §5.5).
    #[error("control frame in fragments")]
    FragmentedControl,
    /// A control frame of more than 125 bytes (RFC 6455 §5.5).
    #[error("control frame over 125 bytes")]
    LongControl,
    /// A continuation of nothing (RFC 6455 §5.4).
    #[error("continuation of no message")]
    StrayContinuation,
    /// A new message before the last one ended (RFC 6455 §5.4).
    #[error("message within a message")]
    InterruptedMessage,
    /// A Close frame whose body is one byte long (RFC 6455 §5.5.1).
    #[error("close body of one byte")]
    CloseBody,
    /// A close code that must not be sent (RFC 6455 §7.4).
    #[error("close code {0} must not be sent")]
    CloseCode(u16),
    /// Text or a close reason is not UTF-8 (RFC 6455 §8.1).
    #[error("not UTF-8")]
    NotUtf8,
    /// A compressed message does not inflate (RFC 7692 §7.2.2).
    #[error("broken compression")]
    Inflate,
    /// A compressed message with absurdly many final blocks, each of which costs us the inflater's set-up.
    #[error("too many final blocks")]
    FinalBlocks,
    /// A frame over [`Limits::frame_bytes`](crate::Limits::frame_bytes).
    #[error("frame too long")]
    FrameTooLong,
    /// A message over [`Limits::message_bytes`](crate::Limits::message_bytes).
    #[error("message too long")]
    MessageTooLong,
    /// A message of more frames than [`Limits::fragments`](crate::Limits::fragments).
    #[error("too many fragments")]
    TooManyFragments,
}

impl Violation {
    /// The code with which the connection is closed (RFC 6455 §7.4.1).
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::ReservedBit
            | Self::ReservedOpcode(_)
            | Self::Unmasked
            | Self::Masked
            | Self::LengthForm
            | Self::LengthTopBit
            | Self::FragmentedControl
            | Self::LongControl
            | Self::StrayContinuation
            | Self::InterruptedMessage
            | Self::CloseBody
            | Self::CloseCode(_) => CloseCode::PROTOCOL,
            Self::NotUtf8 | Self::Inflate => CloseCode::INVALID_DATA,
            Self::FinalBlocks => CloseCode::POLICY,
            Self::FrameTooLong | Self::MessageTooLong | Self::TooManyFragments => CloseCode::TOO_BIG,
        }
    }
}
