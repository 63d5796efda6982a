//! Load: concurrent connections, each of which sends its next call after the previous response.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::figures::Times;

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"price","arguments":{"item":"a lamp","count":7,"express":true}}}"#;

/// Amount of load.
pub(super) struct Load {
    pub(super) connections: usize,
    /// Calls over all connections.
    pub(super) calls: usize,
}

impl Load {
    /// Sends all calls. Returns an error unless every response is a 200.
    pub(super) async fn run(&self, address: &str) -> Result<Times> {
        let remaining = Cell::new(self.calls);
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(TcpStream::connect(address).await?);
        }
        let sending = connections.into_iter().map(|connection| send(connection, address, &remaining));
        let mut times = Times::default();
        for time in futures_util::future::try_join_all(sending).await?.concat() {
            times.push(time);
        }
        Ok(times)
    }
}

async fn send(mut connection: TcpStream, address: &str, remaining: &Cell<usize>) -> Result<Vec<Duration>> {
    connection.set_nodelay(true)?;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nuser-agent: node\r\naccept-language: *\r\nsec-fetch-mode: cors\r\n\
         accept-encoding: identity\r\nmcp-protocol-version: 2025-11-25\r\ncontent-length: {}\r\n\r\n{CALL}",
        CALL.len()
    );
    let mut response = Vec::with_capacity(4096);
    let mut times = Vec::new();
    while remaining.get() > 0 {
        remaining.set(remaining.get() - 1);
        let began = Instant::now();
        connection.write_all(request.as_bytes()).await?;
        response.clear();
        while !response.ends_with(b"]}}") {
            if connection.read_buf(&mut response).await? == 0 {
                bail!("the connection ended within a response");
            }
        }
        times.push(began.elapsed());
        if !response.starts_with(b"HTTP/1.1 200") {
            bail!("a call got the response\n{}", String::from_utf8_lossy(&response));
        }
    }
    Ok(times)
}

/// Time until the first byte of a body of this size. Reads the rest as well.
pub(super) async fn first_byte(address: &str, size: usize) -> Result<Duration> {
    let mut connection = TcpStream::connect(address).await?;
    let began = Instant::now();
    connection.write_all(format!("GET /bytes/{size} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    let head = loop {
        let more = connection.read(&mut buffer[read..]).await?;
        if more == 0 {
            bail!("the connection ended within a response");
        }
        read += more;
        let end = buffer[..read].windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end.filter(|end| read > end + 4) {
            break String::from_utf8_lossy(&buffer[..end]).into_owned();
        }
    };
    let first = began.elapsed();
    head.strip_prefix("HTTP/1.1 200").with_context(|| format!("a stream got the response\n{head}"))?;
    let mut remaining = size.saturating_sub(read);
    while remaining > 0 {
        match connection.read(&mut buffer).await? {
            0 => bail!("the stream ended {remaining} bytes early"),
            more => remaining = remaining.saturating_sub(more),
        }
    }
    Ok(first)
}
