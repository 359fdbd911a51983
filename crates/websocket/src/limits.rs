//! What one peer may make us hold.

/// Limits on what is received. Going over any of them closes the connection with 1009.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Payload bytes of one data frame on the wire, compressed or not. Judged from the frame's header, before anything
    /// of the payload is there.
    pub frame_bytes: u32,
    /// Bytes of one message as it is delivered, after inflating.
    pub message_bytes: u32,
    /// Frames of one message. Without it, a peer could keep a message open for ever with empty fragments.
    pub fragments: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frame_bytes: 64 * 1024, message_bytes: 64 * 1024, fragments: 256 }
    }
}
