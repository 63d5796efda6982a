//! Long answers and requests through the gateway: at once, in bounded memory, and at the pace of whoever reads.

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
    let mut there = server.accept().await;
    there.head().await;
    there.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
    assert!(client.head().await.contains("content-type: text/event-stream"));
    for event in
        ["id: 1\r\ndata:\r\n\r\n", "\u{feff}data: {\ndata: }\n\n", ": alive\n\n", "data: half", " an event\r\r"]
    {
        let chunk = format!("{:X}\r\n{event}\r\n", event.len());
        there.write(&chunk).await;
        // The server holds the stream: what it wrote is there all the same, and just that.
        assert_eq!(client.exactly(chunk.len()).await, chunk.as_bytes());
    }
    there.write("0\r\n\r\n").await;
    assert_eq!(client.exactly(5).await, b"0\r\n\r\n");
}

#[tokio::test]
async fn a_long_answer_passes_at_the_pace_of_its_reader() {
    let length = 200 * MEBIBYTE;
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut there = server.accept().await;
    there.head().await;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    there.write(&head).await;
    assert_eq!(client.head().await, head);
    let written = Arc::new(AtomicUsize::new(0));
    let writing = pour(there, length, Arc::clone(&written));
    let mut read = 0;
    let mut buffer = vec![0; MEBIBYTE];
    let mut ahead = 0;
    while read < length {
        if read < 4 * MEBIBYTE {
            // Whoever pours goes on until nobody takes more: that is the end of waiting here.
            stands_still(&written).await;
            ahead = ahead.max(written.load(Ordering::SeqCst) - read);
        }
        read += in_time(client.stream.read(&mut buffer)).await.unwrap();
    }
    writing.await.unwrap();
    // What lies between is in the system's socket buffers, not in ours.
    assert!(ahead < 40 * MEBIBYTE, "{ahead} bytes went ahead of the reader");
}

#[tokio::test]
async fn a_long_request_passes_at_the_pace_of_the_server() {
    let length = 100 * MEBIBYTE;
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write(format!("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\n")).await;
    let mut there = server.accept().await;
    there.head().await;
    let written = Arc::new(AtomicUsize::new(0));
    let writing = pour(client, length, Arc::clone(&written));
    stands_still(&written).await;
    let ahead = written.load(Ordering::SeqCst);
    assert!(ahead < 40 * MEBIBYTE, "{ahead} bytes went ahead of the reader");
    let mut read = 0;
    let mut buffer = vec![0; MEBIBYTE];
    while read < length {
        read += in_time(there.stream.read(&mut buffer)).await.unwrap();
    }
    there.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let mut client = writing.await.unwrap();
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
}

fn pour(mut wire: Wire, length: usize, written: Arc<AtomicUsize>) -> tokio::task::JoinHandle<Wire> {
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

/// Until nothing more is written for a while: buffers between are full, or everything is there.
async fn stands_still(written: &AtomicUsize) {
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
