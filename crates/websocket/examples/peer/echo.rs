//! What both ends do after their handshakes.

use std::io;
use std::time::Duration;

use chinwag_websocket::{Connection, Deflater, Ending, Event, Limits, Message};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Messages of 16 MiB, in as many frames as Autobahn likes.
pub(crate) const LIMITS: Limits =
    Limits { frame_bytes: 16 << 20, message_bytes: 16 << 20, fragments: 1 << 20 };

/// How long the other end may take to hang up.
const END_WITHIN: Duration = Duration::from_secs(5);

/// Sends back what comes, until the end.
pub(crate) async fn echo(
    mut io: impl AsyncRead + AsyncWrite + Unpin,
    mut connection: Connection,
) -> io::Result<()> {
    let mut deflater = Deflater::new(0);
    let mut buffer = vec![0; 64 << 10];
    while matches!(connection.ending(), Ending::None | Ending::Closing) {
        let count = io.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let mut input = &buffer[..count];
        loop {
            let event = connection.receive(&mut input);
            // Pings are answered before the message after them.
            while let Some(frame) = connection.next_control() {
                io.write_all(&frame).await?;
            }
            let Ok(Some(event)) = event else { break };
            let Event::Message(message) = event else { continue };
            let frame = match message {
                Message::Text(text) => connection.text(&text, Some(&mut deflater)),
                Message::Binary(data) => connection.binary(&data, Some(&mut deflater)),
            };
            if let Ok(frame) = frame {
                io.write_all(&frame).await?;
            }
        }
        io.flush().await?;
    }
    if connection.ending() == Ending::HangUp {
        io.shutdown().await?;
    }
    // Until the other end has hung up too: bytes that came too late must not turn our Close into a reset.
    let ended = async {
        while io.read(&mut buffer).await? > 0 {}
        Ok(())
    };
    timeout(END_WITHIN, ended).await.unwrap_or(Ok(()))
}
