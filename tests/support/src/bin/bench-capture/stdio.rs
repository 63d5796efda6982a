//! Round trips through `autoheal mcp`, beside none between and beside a bare relay.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::Options;
use crate::figures::{Times, micros, rounded};

/// A client that waits for each answer.
struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    next: u64,
    answer: Vec<u8>,
}

/// What is asked.
#[derive(Clone, Copy)]
enum Ask {
    Ping,
    Call,
}

impl Client {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).context("they were asked for")?;
        let mut client = Self { child, stdin, stdout, next: 0, answer: vec![0; 64 * 1024] };
        client.round_trip(
            r#""method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}"#,
        )?;
        client.stdin.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        Ok(client)
    }

    fn ask(&mut self, ask: Ask) -> Result<Duration> {
        self.round_trip(match ask {
            Ask::Ping => r#""method":"ping""#,
            Ask::Call => {
                r#""method":"tools/call","params":{"name":"price","arguments":{"item":"a lamp","count":7,"express":true}}"#
            }
        })
    }

    fn round_trip(&mut self, request: &str) -> Result<Duration> {
        self.next += 1;
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},{request}}}\n", self.next);
        let began = Instant::now();
        self.stdin.write_all(line.as_bytes())?;
        let mut read = 0;
        while read == 0 || self.answer[read - 1] != b'\n' {
            match self.stdout.read(&mut self.answer[read..])? {
                0 => bail!("the server has ended"),
                more => read += more,
            }
        }
        let took = began.elapsed();
        let id = format!("\"id\":{},", self.next);
        if !String::from_utf8_lossy(&self.answer[..read]).contains(&id) {
            bail!("no answer to {line}");
        }
        Ok(took)
    }

    fn end(self) -> Result<()> {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        if !child.wait()?.success() {
            bail!("it did not end well");
        }
        Ok(())
    }
}

/// Interleaved rounds: what the machine does meanwhile hits all three.
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
    let ours = || {
        let mut command = options.autoheal();
        command.args(["mcp", "--"]).arg(&own).arg("answer");
        command
    };
    let mut clients = [Client::start(direct())?, Client::start(relay())?, Client::start(ours())?];
    let mut figures = serde_json::Map::new();
    println!("\nround trips on stdio, median and p99 in µs");
    println!("{:12}{:>16}{:>16}{:>16}{:>12}{:>8}", "", "direct", "bare relay", "autoheal mcp", "added", "ratio");
    for (name, ask) in [("ping", Ask::Ping), ("tools/call", Ask::Call)] {
        let mut times = [Times::default(), Times::default(), Times::default()];
        for _ in 0..rounds {
            for (client, times) in clients.iter_mut().zip(&mut times) {
                // whoever was away from the processor for two rounds gets warm again
                for _ in 0..calls / 10 {
                    client.ask(ask)?;
                }
                for _ in 0..calls {
                    times.push(client.ask(ask)?);
                }
            }
        }
        let [direct, relay, ours] = times.each_ref().map(|times| micros(times.median()));
        let shown =
            times.each_ref().map(|times| format!("{:.1} {:.1}", micros(times.median()), micros(times.at(0.99))));
        let (added, ratio) = (ours - direct, (ours - direct) / (relay - direct));
        println!("{name:12}{:>16}{:>16}{:>16}{added:>12.1}{ratio:>8.2}", shown[0], shown[1], shown[2]);
        let key = if let Ask::Ping = ask { "ping" } else { "call" };
        figures.insert(format!("stdio_{key}_ratio_to_relay"), json!(rounded(ratio)));
        figures.insert(format!("stdio_{key}_added_us"), json!(rounded(added)));
        figures.insert(format!("stdio_{key}_p99_us"), json!(rounded(micros(times[2].at(0.99)))));
    }
    clients.into_iter().try_for_each(Client::end)?;
    let ratio = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap_or_default();
    let worse = ratio("stdio_ping_ratio_to_relay").max(ratio("stdio_call_ratio_to_relay"));
    figures.insert("stdio_ratio_to_relay".to_owned(), json!(worse));
    Ok(Value::Object(figures))
}
