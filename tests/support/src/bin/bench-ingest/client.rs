//! Load: concurrent connections, each of which sends its next request after the previous response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::body::Bodies;

/// Amount of load.
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Reports over all connections.
    pub(crate) reports: usize,
}

/// Result of a load.
pub(crate) struct Measured {
    pub(crate) reports: usize,
    pub(crate) time: Duration,
    pub(crate) p99_ms: f64,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.reports as f64 / self.time.as_secs_f64()
    }
}

impl Load {
    /// Sends all reports. Returns an error unless every response is a 202.
    pub(crate) async fn run(&self, address: &str, bodies: &Bodies) -> Result<Measured> {
        let remaining = Arc::new(AtomicUsize::new(self.reports));
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(TcpStream::connect(address).await?);
        }
        let started = Instant::now();
        let sending = connections.into_iter().map(|connection| send(connection, bodies, Arc::clone(&remaining)));
        let mut times: Vec<Duration> = futures_util::future::try_join_all(sending).await?.concat();
        let time = started.elapsed();
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).context("at least one report")?;
        Ok(Measured { reports: times.len(), time, p99_ms: p99.as_secs_f64() * 1000.0 })
    }
}

async fn send(mut connection: TcpStream, bodies: &Bodies, remaining: Arc<AtomicUsize>) -> Result<Vec<Duration>> {
    connection.set_nodelay(true)?;
    let (mut request, mut response) = (Vec::new(), Vec::with_capacity(1024));
    let mut times = Vec::new();
    while remaining.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1)).is_ok() {
        bodies.next(&mut request);
        let started = Instant::now();
        connection.write_all(&request).await?;
        read_response(&mut connection, &mut response).await?;
        times.push(started.elapsed());
        if !response.starts_with(b"HTTP/1.1 202") {
            bail!("a report got another response than 202:\n{}", String::from_utf8_lossy(&response));
        }
    }
    Ok(times)
}

/// Reads one response and returns the offset of its body.
async fn read_response(connection: &mut TcpStream, response: &mut Vec<u8>) -> Result<usize> {
    response.clear();
    loop {
        if connection.read_buf(response).await? == 0 {
            bail!("the connection ended within a response");
        }
        let Some(head) = response.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&response[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if response.len() >= head + 4 + length.unwrap_or(0) {
            return Ok(head + 4);
        }
    }
}

/// Fetches a path and returns the body.
pub(crate) async fn get(address: &str, path: &str) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
    let mut response = Vec::new();
    let body = read_response(&mut connection, &mut response).await?;
    Ok(response.split_off(body))
}
