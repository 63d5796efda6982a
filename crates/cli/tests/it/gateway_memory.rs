//! Memory of the gateways under many uploads, heads without a body, and event streams without a line end.

use std::net::SocketAddr;
use std::time::Duration;

use autoheal_test_support::service::{Request, exchange};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;
use tokio::task::JoinSet;

use crate::mcp_http;
use crate::place::{Place, Serve};
use crate::wrapped::Wrapped;

/// Bound of the growth of a gateway, in MiB.
const BOUND: u64 = 64;
/// The bound for a thousand connections on each side, each of which has three buffers of 8 KiB in the HTTP library.
const BOUND_OF_HEADS: u64 = 80;
const MIB: usize = 1024 * 1024;
/// Timeout of each wait.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A gateway in front of an upstream: `serve --upstream`, or `mcp --http`.
struct Gateway {
    child: Child,
    address: SocketAddr,
    path: &'static str,
    _place: Box<dyn std::any::Any>,
}

/// Peak of the resident memory of a process, in MiB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Both gateways, each in front of its own upstream.
async fn gateways() -> Vec<(Gateway, TcpListener)> {
    let mut gateways = Vec::new();
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", upstream.local_addr().unwrap());
    let mut place = Place::new();
    place.arguments = vec!["--upstream".to_owned(), url];
    let Serve { child, address } = place.serve().await;
    gateways.push((Gateway { child, address, path: "/jsonrpc", _place: Box::new(place) }, upstream));

    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", upstream.local_addr().unwrap());
    let wrapped = Wrapped::new();
    let (child, address, _) = mcp_http::start(&wrapped, &url).await;
    gateways.push((Gateway { child, address, path: "/mcp", _place: Box::new(wrapped) }, upstream));
    gateways
}

/// Connections with a request of the gateway. Other tests may connect to this port by chance.
async fn accept(upstream: &TcpListener, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    let accepting = async {
        while streams.len() < count {
            let mut stream = upstream.accept().await.unwrap().0;
            let mut beginning = [0; 16];
            if stream.read(&mut beginning).await.is_ok() && beginning.windows(4).any(|bytes| bytes == b"/mcp") {
                streams.push(stream);
            }
        }
    };
    tokio::time::timeout(TIMEOUT, accepting).await.expect("the gateway forwards all requests");
    streams
}

impl Gateway {
    fn head(&self, length: usize) -> Vec<u8> {
        let (path, address) = (self.path, self.address);
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n").into()
    }

    #[track_caller]
    fn assert_bounded(&self, before: u64, bound: u64, what: &str) {
        let grown = peak(&self.child) - before;
        println!("{what} at {}: {grown} MiB", self.path);
        assert!(grown <= bound, "{what} at {} took {grown} MiB", self.path);
    }
}

#[tokio::test]
async fn uploads_to_a_server_that_does_not_read_take_bounded_memory() {
    const UPLOADS: usize = 200;
    for (gateway, upstream) in gateways().await {
        let before = peak(&gateway.child);
        let mut uploads = JoinSet::new();
        for _ in 0..UPLOADS {
            let (address, head) = (gateway.address, gateway.head(4 * MIB));
            uploads.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(&head).await.unwrap();
                // stays incomplete where the buffers of the system are smaller
                let _blocked =
                    tokio::time::timeout(Duration::from_secs(3), stream.write_all(&vec![b' '; 4 * MIB])).await;
                stream
            });
        }
        let unread = accept(&upstream, UPLOADS).await;
        let sent = uploads.join_all().await;
        gateway.assert_bounded(before, BOUND, "200 uploads");
        drop((unread, sent));
    }
}

#[tokio::test]
async fn heads_without_a_body_take_bounded_memory() {
    const HEADS: usize = 1_000;
    for (gateway, upstream) in gateways().await {
        let before = peak(&gateway.child);
        let mut clients = Vec::new();
        let mut forwarded = Vec::new();
        for _ in 0..HEADS {
            let mut stream = TcpStream::connect(gateway.address).await.unwrap();
            stream.write_all(&gateway.head(4 * MIB)).await.unwrap();
            clients.push(stream);
            forwarded.extend(accept(&upstream, 1).await);
        }
        gateway.assert_bounded(before, BOUND_OF_HEADS, "1000 heads");
    }
}

#[tokio::test]
async fn event_streams_without_a_line_end_take_bounded_memory() {
    const STREAMS: usize = 64;
    const LENGTH: usize = MIB * 3 / 4;
    for (gateway, upstream) in gateways().await {
        let before = peak(&gateway.child);
        let mut clients = Vec::new();
        for _ in 0..STREAMS {
            let mut client = TcpStream::connect(gateway.address).await.unwrap();
            let (path, address) = (gateway.path, gateway.address);
            client.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
            clients.push(client);
        }
        let mut streams = accept(&upstream, STREAMS).await;
        let pieces = JoinSet::from_iter(clients.into_iter().map(|mut client| async move {
            let (mut buffer, mut read) = (vec![0; 64 * 1024], 0);
            while read < LENGTH {
                let count = tokio::time::timeout(TIMEOUT, client.read(&mut buffer)).await.unwrap().unwrap();
                assert!(count > 0, "the stream ended after {read} bytes");
                read += count;
            }
            client
        }));
        for stream in &mut streams {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ").await.unwrap();
            stream.write_all(&vec![b'x'; LENGTH]).await.unwrap();
        }
        let clients = pieces.join_all().await;
        gateway.assert_bounded(before, BOUND, "64 streams");
        drop(clients);
    }
}

#[tokio::test]
async fn a_call_beside_many_uploads_is_answered() {
    for (gateway, upstream) in gateways().await {
        let mut uploads = Vec::new();
        for _ in 0..100 {
            let mut stream = TcpStream::connect(gateway.address).await.unwrap();
            stream.write_all(&gateway.head(4 * MIB)).await.unwrap();
            stream.write_all(&vec![b' '; MIB / 2]).await.unwrap();
            uploads.push(stream);
        }
        let unread = accept(&upstream, 100).await;
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let request = Request::post(gateway.path, call).header("content-type", "application/json");
        let answer = async {
            let mut stream = accept(&upstream, 1).await.remove(0);
            let mut received = Vec::new();
            while !received.ends_with(call.as_bytes()) {
                assert!(stream.read_buf(&mut received).await.unwrap() > 0);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            stream
        };
        let (response, _stream) = tokio::join!(exchange(gateway.address, &request), answer);
        assert_eq!((response.status, response.text().as_str()), (200, "{}"));
        drop((uploads, unread));
    }
}
