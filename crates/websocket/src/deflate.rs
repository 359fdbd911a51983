//! permessage-deflate's payloads (RFC 7692 §7.2), without context takeover: each message stands alone.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::violation::Violation;

/// What ends a flushed deflate stream, and is left away on the wire (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// How far back a deflate stream may refer.
const WINDOW_BYTES: usize = 32 * 1024;

/// What is inflated at once, and so the most by which a limit is gone over before it is noticed.
const PIECE_BYTES: usize = 4096;

/// Final blocks that one message may have. Encoders write none or one; each costs as much as a whole window.
const FINAL_BLOCKS_MAX: u32 = 64;

/// That permessage-deflate was negotiated, without context takeover on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// Base-2 logarithm of the window within which our compressed messages must stay, 8 to 15 (RFC 7692 §7.1.2).
    pub window_bits: u8,
}

impl Deflate {
    /// Whether a message of this many bytes may be sent compressed.
    ///
    /// A message no longer than the window cannot refer back beyond it, whatever window it was deflated with. So one
    /// compressed form serves every peer; longer messages go to those with a small window as they are, which each
    /// message is free to (RFC 7692 §6).
    pub fn fits(self, message_bytes: usize) -> bool {
        self.window_bits >= 15 || message_bytes <= 1 << self.window_bits
    }
}

/// Compresses messages. It holds some 370 KiB: keep one for a thread, not one for a connection.
#[derive(Debug)]
pub struct Deflater {
    stream: Compress,
    threshold_bytes: usize,
}

impl Deflater {
    /// One that leaves messages shorter than this many bytes as they are.
    pub fn new(threshold_bytes: usize) -> Self {
        Self { stream: Compress::new(Compression::default(), false), threshold_bytes }
    }

    /// The compressed form of a message, unless the message is below the threshold or would not become shorter.
    pub fn deflate(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        if message.len() < self.threshold_bytes {
            return None;
        }
        self.stream.reset();
        // No more room than there is to gain: what does not become shorter is given up early.
        let mut compressed = Vec::with_capacity(message.len() + TAIL.len());
        self.stream.compress_vec(message, &mut compressed, FlushCompress::Sync).ok()?;
        // Only with room to spare is all of it flushed.
        if self.stream.total_in() < message.len() as u64 || compressed.len() == compressed.capacity() {
            return None;
        }
        let length = compressed.strip_suffix(&TAIL)?.len();
        compressed.truncate(length);
        (length < message.len()).then_some(compressed)
    }
}

/// Inflates one message as it arrives. It holds some 47 KiB, so it lives no longer than its message.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    final_blocks: u32,
    /// Whether the last byte was the end of a final block.
    ended: bool,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { stream: Decompress::new(false), final_blocks: 0, ended: false }
    }
}

impl Inflater {
    /// Inflates more of the message to the end of `message`, which holds all of it so far, up to `limit_bytes`.
    pub fn push(
        &mut self,
        mut input: &[u8],
        message: &mut Vec<u8>,
        limit_bytes: usize,
    ) -> Result<(), Violation> {
        let mut piece = [0; PIECE_BYTES];
        loop {
            if self.ended {
                if input.is_empty() {
                    return Ok(());
                }
                self.begin_after_final_block(message)?;
            }
            let (taken_before, given_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(input, &mut piece, FlushDecompress::None)
                .map_err(|_| Violation::Inflate)?;
            let taken = (self.stream.total_in() - taken_before) as usize;
            let given = (self.stream.total_out() - given_before) as usize;
            input = &input[taken..];
            if message.len() + given > limit_bytes {
                return Err(Violation::MessageTooLong);
            }
            message.extend_from_slice(&piece[..given]);

            if status == Status::StreamEnd {
                self.ended = true;
            } else if input.is_empty() && given < PIECE_BYTES {
                // With room left in the piece, all that the input was good for is out.
                return Ok(());
            } else if taken == 0 && given == 0 {
                return Err(Violation::Inflate);
            }
        }
    }

    /// Puts back what was left away at the message's end, and checks that the message does end there.
    pub fn finish(&mut self, message: &mut Vec<u8>, limit_bytes: usize) -> Result<(), Violation> {
        // An empty final block is only understood as one where a block may begin. A message that was cut off would take
        // these bytes for something else.
        const EMPTY_FINAL_BLOCK: [u8; 2] = [0x03, 0x00];
        let length = message.len();
        self.push(&TAIL, message, limit_bytes)?;
        self.push(&EMPTY_FINAL_BLOCK, message, limit_bytes)?;
        if self.ended && message.len() == length { Ok(()) } else { Err(Violation::Inflate) }
    }

    /// Goes on after a block that says it is the last one. The RFC lets a message have several, each padded to a byte, and
    /// later blocks may refer back across them (RFC 7692 §7.2.1).
    fn begin_after_final_block(&mut self, message: &[u8]) -> Result<(), Violation> {
        self.ended = false;
        self.final_blocks += 1;
        if self.final_blocks > FINAL_BLOCKS_MAX {
            return Err(Violation::FinalBlocks);
        }
        self.stream.reset(false);
        let window = &message[message.len().saturating_sub(WINDOW_BYTES)..];
        if !window.is_empty() {
            self.stream.set_dictionary(window).map_err(|_| Violation::Inflate)?;
        }
        Ok(())
    }
}
