//! `ClientStream`: a client's connection, read in small pieces, with a time limit for a client that does not read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::progress::Progress;

/// Maximum size of one read, in bytes. hyper reads into buffers of the next power of two, and up to four of them wait for
/// a server that does not read. It would double them after a read of 16 KiB.
const MAX_READ_BYTES: usize = 16 * 1024 - 1;
/// Time without progress after which a response that its client does not read is given up, with its connection.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(120);

/// A stream that records its traffic.
#[derive(Debug)]
pub(crate) struct ClientStream<S> {
    stream: S,
    progress: Progress,
    write_timeout: Duration,
    /// Runs while the client does not read.
    blocked: Option<Pin<Box<Sleep>>>,
}

impl<S> ClientStream<S> {
    pub(crate) fn new(stream: S, progress: Progress, write_timeout: Duration) -> Self {
        Self { stream, progress, write_timeout, blocked: None }
    }

    /// The result of a write. Fails if the client has not read for too long.
    fn written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked = None;
            self.progress.sent();
            return written;
        }
        let timeout = self.write_timeout;
        ready!(self.blocked.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its response")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = buffer.remaining().min(MAX_READ_BYTES);
        let mut piece = ReadBuf::new(buffer.initialize_unfilled_to(size));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
        let read = piece.filled().len();
        buffer.advance(read);
        self.progress.received(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::connection_table::ConnectionTable;

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up_and_one_that_reads_slowly_is_not() {
        const TIMEOUT: Duration = Duration::from_millis(300);
        let place = ConnectionTable::new(1).admit([127, 0, 0, 1].into()).unwrap();
        let stream = |stream| ClientStream::new(stream, place.progress(), TIMEOUT);
        let (server, mut client) = tokio::io::duplex(8);
        let reading = async {
            let mut byte = [0; 8];
            for _ in 0..8 {
                tokio::time::sleep(TIMEOUT / 4).await;
                client.read_exact(&mut byte).await.unwrap();
            }
            client
        };
        let mut server = stream(server);
        let (written, _client) = tokio::join!(server.write_all(&[0; 64]), reading);
        written.unwrap();
        server.write_all(&[0; 8]).await.unwrap();
        assert_eq!(server.write_all(&[0; 8]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn reads_are_small() {
        let place = ConnectionTable::new(1).admit([127, 0, 0, 1].into()).unwrap();
        let bytes = vec![7; 100_000];
        let mut stream = ClientStream::new(bytes.as_slice(), place.progress(), WRITE_TIMEOUT);
        let (mut all, mut largest) = (Vec::new(), 0);
        let mut buffer = [0; 32 * 1024];
        while let read @ 1.. = stream.read(&mut buffer).await.unwrap() {
            largest = largest.max(read);
            all.extend_from_slice(&buffer[..read]);
        }
        assert!(all == bytes && largest < 16 * 1024, "{largest}");
    }
}
