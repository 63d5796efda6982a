//! A service that takes every report and notes how it came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::{Value, json};

/// How long a test waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(60);

/// A report that arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) report: Value,
    /// It came under a sender key.
    pub(crate) keyed: bool,
}

pub(crate) struct Service {
    pub(crate) url: String,
    arrived: Receiver<Arrived>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (send, arrived) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let send = send.clone();
                std::thread::spawn(move || take(stream, &send));
            }
        });
        Self { url, arrived }
    }

    /// The next report, as soon as it is there.
    pub(crate) fn next(&self) -> Arrived {
        self.arrived.recv_timeout(PATIENCE).expect("a report arrives")
    }

    /// What arrived and was not looked at yet.
    pub(crate) fn rest(&self) -> Vec<Arrived> {
        self.arrived.try_iter().collect()
    }
}

/// Answers every request of a connection until the client closes it.
fn take(mut stream: TcpStream, send: &Sender<Arrived>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut length, mut keyed) = (0, false);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("authorization", _)) => keyed = true,
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
            let _test_is_over = send.send(Arrived { report, keyed });
        }
        let receipts = json!(receipts).to_string();
        let head = format!("HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\n\r\n", receipts.len());
        stream.write_all(format!("{head}{receipts}").as_bytes()).ok()?;
    }
}
