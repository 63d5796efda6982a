//! A service that accepts and records every report.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::{Value, json};

/// Timeout of a report that a test expects.
const REPORT_TIMEOUT: Duration = Duration::from_secs(60);

/// A received report.
#[derive(Debug)]
pub(crate) struct ReceivedReport {
    pub(crate) report: Value,
    /// True if its request had a sender key.
    pub(crate) with_key: bool,
}

pub(crate) struct RecordingService {
    pub(crate) url: String,
    reports: Receiver<ReceivedReport>,
}

impl RecordingService {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, reports) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || receive(stream, &sender));
            }
        });
        Self { url, reports }
    }

    /// Waits for the next report.
    pub(crate) fn next(&self) -> ReceivedReport {
        self.reports.recv_timeout(REPORT_TIMEOUT).expect("a report arrives in time")
    }

    /// The received reports that `next` has not returned.
    pub(crate) fn rest(&self) -> Vec<ReceivedReport> {
        self.reports.try_iter().collect()
    }
}

/// Responds to every request of a connection until the client closes it.
fn receive(mut stream: TcpStream, sender: &Sender<ReceivedReport>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut length, mut with_key) = (0, false);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("authorization", _)) => with_key = true,
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let reports: Vec<Value> = serde_json::from_slice(&body).unwrap();
        let receipts: Vec<Value> = reports
            .iter()
            .map(|report| json!({"id": report["id"], "fingerprint": "0".repeat(32), "status": "accepted"}))
            .collect();
        for report in reports {
            // fails when the test is over
            let _ = sender.send(ReceivedReport { report, with_key });
        }
        let receipts = json!(receipts).to_string();
        let head = format!("HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\n\r\n", receipts.len());
        stream.write_all(format!("{head}{receipts}").as_bytes()).ok()?;
    }
}
