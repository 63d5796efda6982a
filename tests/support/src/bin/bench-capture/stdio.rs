//! Measures round trips through `autoheal mcp` against a direct connection and against a bare relay.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::Options;
use crate::figures::{Times, micros, rounded};

/// A client that sends one request at a time.
struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    last_id: u64,
    buffer: Vec<u8>,
}

/// Kind of request.
#[derive(Clone, Copy)]
enum RequestKind {
    Ping,
    Call,
}

impl Client {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).context("stdin and stdout are piped")?;
        let mut client = Self { child, stdin, stdout, last_id: 0, buffer: vec![0; 64 * 1024] };
        client.round_trip(
            r#""method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}"#,
        )?;
        client.stdin.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        Ok(client)
    }

    fn send(&mut self, kind: RequestKind) -> Result<Duration> {
        self.round_trip(match kind {
            RequestKind::Ping => r#""method":"ping""#,
            RequestKind::Call => {
                r#""method":"tools/call","params":{"name":"price","arguments":{"item":"a lamp","count":7,"express":true}}"#
            }
        })
    }

    fn round_trip(&mut self, request: &str) -> Result<Duration> {
        self.last_id += 1;
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},{request}}}\n", self.last_id);
        let began = Instant::now();
        self.stdin.write_all(line.as_bytes())?;
        let mut read = 0;
        while read == 0 || self.buffer[read - 1] != b'\n' {
            match self.stdout.read(&mut self.buffer[read..])? {
                0 => bail!("the server has ended"),
                more => read += more,
            }
        }
        let took = began.elapsed();
        let id = format!("\"id\":{},", self.last_id);
        if !String::from_utf8_lossy(&self.buffer[..read]).contains(&id) {
            bail!("the response does not belong to {line}");
        }
        Ok(took)
    }

    fn end(self) -> Result<()> {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        if !child.wait()?.success() {
            bail!("the server or its wrapper failed");
        }
        Ok(())
    }
}

/// Measures in interleaved rounds, so that other load on the machine affects all three.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (rounds, calls) = if options.short { (3, 50) } else { (100, 100) };
    let own = std::env::current_exe()?;
    let direct = || {
        let mut command = Command::new(&own);
        command.arg("answer");
        command
    };
    let relay = || {
        let mut command = Command::new(&own);
        command.arg("relay").arg(&own).arg("answer");
        command
    };
    let autoheal = || {
        let mut command = options.autoheal();
        command.args(["mcp", "--"]).arg(&own).arg("answer");
        command
    };
    let mut clients = [Client::start(direct())?, Client::start(relay())?, Client::start(autoheal())?];
    let mut figures = serde_json::Map::new();
    println!("\nround trips on stdio, median and p99 in µs");
    println!("{:12}{:>16}{:>16}{:>16}{:>12}{:>8}", "", "direct", "bare relay", "autoheal mcp", "added", "ratio");
    for (name, kind) in [("ping", RequestKind::Ping), ("tools/call", RequestKind::Call)] {
        let mut times = [Times::default(), Times::default(), Times::default()];
        for _ in 0..rounds {
            for (client, times) in clients.iter_mut().zip(&mut times) {
                // warm up again after the rounds of the other two
                for _ in 0..calls / 10 {
                    client.send(kind)?;
                }
                for _ in 0..calls {
                    times.push(client.send(kind)?);
                }
            }
        }
        let [direct, relay, autoheal] = times.each_ref().map(|times| micros(times.median()));
        let columns =
            times.each_ref().map(|times| format!("{:.1} {:.1}", micros(times.median()), micros(times.quantile(0.99))));
        let (added, ratio) = (autoheal - direct, (autoheal - direct) / (relay - direct));
        println!("{name:12}{:>16}{:>16}{:>16}{added:>12.1}{ratio:>8.2}", columns[0], columns[1], columns[2]);
        let key = if let RequestKind::Ping = kind { "ping" } else { "call" };
        figures.insert(format!("stdio_{key}_ratio_to_relay"), json!(rounded(ratio)));
        figures.insert(format!("stdio_{key}_added_us"), json!(rounded(added)));
        figures.insert(format!("stdio_{key}_p99_us"), json!(rounded(micros(times[2].quantile(0.99)))));
    }
    clients.into_iter().try_for_each(Client::end)?;
    let ratio = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap_or_default();
    let worst = ratio("stdio_ping_ratio_to_relay").max(ratio("stdio_call_ratio_to_relay"));
    figures.insert("stdio_ratio_to_relay".to_owned(), json!(worst));
    Ok(Value::Object(figures))
}
