//! Raw connections for tests: exact bytes in both directions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_gateway::{Gateway, GatewayConfig, Origin, Upstream, WatchedReport, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// Timeout of every step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// One end of a connection.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        in_time(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Reads up to the end of the first occurrence of `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end.as_bytes()) {
                let rest = self.buffer.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.buffer, rest)).unwrap();
            }
            assert!(self.read_more().await, "the connection ended before {end:?}: {}", self.buffer.escape_ascii());
        }
    }

    pub(crate) async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// Reads exactly `count` bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(self.read_more().await, "the connection ended after {}", self.buffer.escape_ascii());
        }
        let rest = self.buffer.split_off(count);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Reads something; nothing at the end of the connection.
    pub(crate) async fn some(&mut self) -> Vec<u8> {
        self.read_more().await;
        std::mem::take(&mut self.buffer)
    }

    /// Reads up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.read_more().await {}
        std::mem::take(&mut self.buffer)
    }

    async fn read_more(&mut self) -> bool {
        // a reset counts as an end
        in_time(self.stream.read_buf(&mut self.buffer)).await.unwrap_or(0) > 0
    }
}

/// The listener of an upstream. The test reads and writes its connections.
pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub(crate) async fn accept(&self) -> Wire {
        Wire::of(in_time(self.listener.accept()).await.unwrap().0)
    }
}

/// The gateway as a server of its own.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) reports: mpsc::Receiver<WatchedReport>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) running: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn proxy(upstream: SocketAddr) -> Proxy {
    proxy_for(upstream, &[], |_| {}).await
}

pub(crate) async fn proxy_for(
    upstream: SocketAddr,
    allow_origin: &[&str],
    configure: impl FnOnce(&mut GatewayConfig),
) -> Proxy {
    let upstream = Upstream::parse(&format!("http://{upstream}/mcp")).unwrap();
    let mut config = GatewayConfig::new(upstream, "http://the-server");
    configure(&mut config);
    let gateway = Arc::new(Gateway::new(config).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, reports) = mpsc::channel(100);
    let watching = Arc::clone(&gateway);
    tokio::spawn(async move { watching.watch(sender).await });
    let (stop, stopped) = oneshot::channel::<()>();
    let allowed = allow_origin.iter().map(|origin| Origin::parse(origin).unwrap()).collect();
    let running = tokio::spawn(run(listener, Arc::clone(&gateway), allowed, async move {
        let _stopped_or_dropped = stopped.await;
    }));
    Proxy { address, reports, gateway, stop, running }
}

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future).await.expect("timeout of a test step")
}

/// A message with a `Content-Length` and a body of bytes.
pub(crate) fn framed_bytes(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// A message with a `Content-Length` and a body of text.
pub(crate) fn framed(head: &str, body: &str) -> String {
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
