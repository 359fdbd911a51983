//! Any bytes as a compressed message, and any bytes compressed by us and inflated again.
use chinwag_websocket::Violation;
use chinwag_websocket::deflate::{Deflater, Inflater};

const LIMIT_BYTES: usize = 20_000;

fn inflate(input: &[u8], piece: usize) -> Result<Vec<u8>, Violation> {
    let mut message = Vec::new();
    let mut inflater = Inflater::default();
    for piece in input.chunks(piece) {
        inflater.push(piece, &mut message, LIMIT_BYTES)?;
    }
    inflater.finish(&mut message, LIMIT_BYTES)?;
    Ok(message)
}

/// See the module.
pub fn websocket_inflate(input: &[u8]) {
    let whole = inflate(input, input.len().max(1));
    assert!(whole.as_ref().is_ok_and(|message| message.len() <= LIMIT_BYTES) || whole.is_err());
    assert_eq!(inflate(input, 1).ok(), whole.as_ref().ok().cloned());
    assert_eq!(inflate(input, 7).ok(), whole.ok());

    if let Some(deflated) = Deflater::new(0).deflate(input) {
        assert!(deflated.len() < input.len());
        assert_eq!(inflate(&deflated, 5).as_deref(), Ok(input));
    }
}
