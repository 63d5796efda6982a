//! Long responses and requests through the gateway: forwarded at once, in bounded memory, at the pace of the reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::{Server, Wire, in_time, proxy};

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn events_arrive_one_by_one_while_the_stream_stays_open() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 8\r\n\r\n{\"id\":1}").await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
    assert!(client.head().await.contains("content-type: text/event-stream"));
    for event in
        ["id: 1\r\ndata:\r\n\r\n", "\u{feff}data: {\ndata: }\n\n", ": alive\n\n", "data: half", " an event\r\r"]
    {
        let chunk = format!("{:X}\r\n{event}\r\n", event.len());
        upstream.write(&chunk).await;
        // the event arrives although the stream is open
        assert_eq!(client.exactly(chunk.len()).await, chunk.as_bytes());
    }
    upstream.write("0\r\n\r\n").await;
    assert_eq!(client.exactly(5).await, b"0\r\n\r\n");
}

#[tokio::test]
async fn a_long_response_is_forwarded_at_the_pace_of_the_client() {
    let length = 200 * MEBIBYTE;
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    upstream.write(&head).await;
    assert_eq!(client.head().await, head);
    let written = Arc::new(AtomicUsize::new(0));
    let writing = write_spaces(upstream, length, Arc::clone(&written));
    let mut read = 0;
    let mut buffer = vec![0; MEBIBYTE];
    let mut ahead = 0;
    while read < length {
        if read < 4 * MEBIBYTE {
            // wait until all buffers between are full
            until_unchanged(&written).await;
            ahead = ahead.max(written.load(Ordering::SeqCst) - read);
        }
        read += in_time(client.stream.read(&mut buffer)).await.unwrap();
    }
    writing.await.unwrap();
    // only the socket buffers of the system hold bytes, not the gateway
    assert!(ahead < 40 * MEBIBYTE, "{ahead} bytes were written ahead of the reader");
}

#[tokio::test]
async fn a_long_request_is_forwarded_at_the_pace_of_the_upstream() {
    let length = 100 * MEBIBYTE;
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write(format!("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\n")).await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    let written = Arc::new(AtomicUsize::new(0));
    let writing = write_spaces(client, length, Arc::clone(&written));
    until_unchanged(&written).await;
    let ahead = written.load(Ordering::SeqCst);
    assert!(ahead < 40 * MEBIBYTE, "{ahead} bytes were written ahead of the reader");
    let mut read = 0;
    let mut buffer = vec![0; MEBIBYTE];
    while read < length {
        read += in_time(upstream.stream.read(&mut buffer)).await.unwrap();
    }
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let mut client = writing.await.unwrap();
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
}

fn write_spaces(mut wire: Wire, length: usize, written: Arc<AtomicUsize>) -> tokio::task::JoinHandle<Wire> {
    tokio::spawn(async move {
        let piece = vec![b' '; 64 * 1024];
        let mut left = length;
        while left > 0 {
            let count = in_time(wire.stream.write(&piece[..piece.len().min(left)])).await.unwrap();
            left -= count;
            written.fetch_add(count, Ordering::SeqCst);
        }
        wire
    })
}

/// Waits until the count does not change for a while.
async fn until_unchanged(written: &AtomicUsize) {
    let mut last = usize::MAX;
    loop {
        let now = written.load(Ordering::SeqCst);
        if now == last {
            return;
        }
        last = now;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
