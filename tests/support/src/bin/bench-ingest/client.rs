//! The load: connections that each send their next request as soon as the last was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::body::Bodies;

/// How much load.
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) reports: usize,
}

/// What came of it.
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
    /// Sends all of it; any answer but 202 is an error.
    pub(crate) async fn run(&self, address: &str, bodies: &Bodies) -> Result<Measured> {
        let left = Arc::new(AtomicUsize::new(self.reports));
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(TcpStream::connect(address).await?);
        }
        let started = Instant::now();
        let sending = connections.into_iter().map(|connection| send(connection, bodies, Arc::clone(&left)));
        let mut times: Vec<Duration> = futures_util::future::try_join_all(sending).await?.concat();
        let time = started.elapsed();
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).context("at least one report")?;
        Ok(Measured { reports: times.len(), time, p99_ms: p99.as_secs_f64() * 1000.0 })
    }
}

async fn send(mut connection: TcpStream, bodies: &Bodies, left: Arc<AtomicUsize>) -> Result<Vec<Duration>> {
    connection.set_nodelay(true)?;
    let (mut request, mut answer) = (Vec::new(), Vec::with_capacity(1024));
    let mut times = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        bodies.next(&mut request);
        let started = Instant::now();
        connection.write_all(&request).await?;
        read_answer(&mut connection, &mut answer).await?;
        times.push(started.elapsed());
        if !answer.starts_with(b"HTTP/1.1 202") {
            bail!("a report was not answered 202 but:\n{}", String::from_utf8_lossy(&answer));
        }
    }
    Ok(times)
}

/// Reads one answer; returns where its body starts.
async fn read_answer(connection: &mut TcpStream, answer: &mut Vec<u8>) -> Result<usize> {
    answer.clear();
    loop {
        if connection.read_buf(answer).await? == 0 {
            bail!("the connection ended within an answer");
        }
        let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if answer.len() >= head + 4 + length.unwrap_or(0) {
            return Ok(head + 4);
        }
    }
}

/// Fetches one page.
pub(crate) async fn get(address: &str, path: &str) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    let body = read_answer(&mut connection, &mut answer).await?;
    Ok(answer.split_off(body))
}
