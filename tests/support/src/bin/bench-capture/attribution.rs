//! Counts reports of `autoheal mcp` that show the wrong failure: stacks on standard error given to another call, and failed starts
//! that share a group or are in several.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::Options;

/// Commands that do not start, each with another reason.
const FAULTS: [&str; 8] = [
    "echo 'DATABASE_URL is not set' >&2; exit 1",
    "echo 'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000' >&2; exit 1",
    "echo '/usr/bin/python3: No module named shop' >&2; exit 1",
    "echo 'npm error code E404' >&2; echo 'npm error 404 Not Found - GET https://registry.npmjs.org/@acme%2ffiles' >&2; exit 1",
    "echo 'license expired' >&2; exit 1",
    "printf 'Traceback (most recent call last):\\n  File \"/srv/a.py\", line 3, in <module>\\n    x\\nKeyError: 1\\n' >&2; exit 1",
    "echo 'cannot open config.json'; exit 2",
    "exit 3",
];
/// Starts of each of them.
const STARTS: usize = 12;

/// Responds to each call with an error; every second call prints a stack before.
pub(crate) fn respond() -> Result<()> {
    let (mut output, mut errors) = (std::io::stdout().lock(), std::io::stderr().lock());
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let Some(id) = request.get("id") else { continue };
        let number = request["params"]["arguments"]["number"].as_u64();
        let result = match number {
            None => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "bench", "version": "1"}})
            }
            Some(number) => {
                if number % 2 == 0 {
                    let word = word(number);
                    write!(
                        errors,
                        "Traceback (most recent call last):\n  File \"/srv/{word}.py\", line 7, in {word}\n    x\nKeyError: '{word}'\n"
                    )?;
                }
                json!({"isError": true, "content": [{"type": "text", "text": format!("broken {}", word(number))}]})
            }
        };
        writeln!(output, "{}", json!({"jsonrpc": "2.0", "id": id, "result": result}))?;
        output.flush()?;
    }
    Ok(())
}

/// A word for a number, because numbers make no other failure.
fn word(number: u64) -> String {
    format!("w{number:05}").bytes().map(|byte| char::from(byte % 26 + b'a')).collect()
}

/// Makes calls right after one another, and starts servers that do not start. Counts what is wrong in the spooled reports.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let calls = if options.short { 100 } else { 1_000 };
    let misattributed = misattributed(options, calls)?;
    let groups = start_groups(options, if options.short { 2 } else { STARTS })?;
    println!("\nstandard error given to the wrong call: {misattributed} of {calls} back-to-back calls");
    println!("groups of {} servers that do not start: {groups}", FAULTS.len());
    if misattributed > 0 || groups != FAULTS.len() as u64 {
        bail!("stacks must stay with their calls, and each server that does not start is one group");
    }
    Ok(json!({"stderr_misattributed": misattributed, "start_failures_groups": groups}))
}

fn misattributed(options: &Options, calls: u64) -> Result<usize> {
    let receiver = Receiver::start()?;
    let mut command = options.autoheal();
    command.env("AUTOHEAL_URL", receiver.url()).args(["mcp", "--"]).arg(std::env::current_exe()?).arg("fail");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (mut input, output) = child.stdin.take().zip(child.stdout.take()).context("pipes")?;
    let mut output = BufReader::new(output);
    let mut line = String::new();
    for number in 0..calls {
        let arguments = json!({"number": number});
        let name = format!("tool-{}", word(number));
        let call = json!({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
        // the response is awaited, and the next call follows at once
        input.write_all(format!("{call}\n").as_bytes())?;
        line.clear();
        output.read_line(&mut line)?;
        // of more than 200 different failures at once, `mcp` reports the later ones together
        if number % 100 == 99 {
            receiver.wait_for(number + 1)?;
        }
    }
    drop(input);
    output.read_to_string(&mut line)?;
    child.wait()?;
    let reports = receiver.reports();
    let wrong = |number: u64| {
        let tool = format!("tool-{}", word(number));
        let Some(report) = reports.iter().find(|report| report["rpc"]["tool"] == tool.as_str()) else { return true };
        let stack = report["stack_trace"].as_str().unwrap_or_default();
        let is_right = if number.is_multiple_of(2) { stack.contains(&word(number)) } else { stack.is_empty() };
        !is_right
    };
    Ok((0..calls).filter(|number| wrong(*number)).count())
}

/// Number of groups of servers that do not start, in a store of their own.
fn start_groups(options: &Options, starts: usize) -> Result<u64> {
    let directory = options.directory.join("starts");
    let _absent = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory)?;
    let store = directory.join("store.db");
    for (start, fault) in (0..starts).flat_map(|start| FAULTS.map(|fault| (start, fault))) {
        let mut command = options.autoheal();
        command.env("XDG_DATA_HOME", &directory).env("AUTOHEAL_STORE", &store).args(["mcp", "--", "sh", "-c", fault]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut input = child.stdin.take().context("a pipe")?;
        if start % 2 == 0 {
            // the server may have ended
            let _closed = input.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}\n");
        }
        child.wait()?;
    }
    let connection = rusqlite::Connection::open(&store)?;
    let (groups, count): (i64, i64) =
        connection.query_row("SELECT count(*), sum(count) FROM groups", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if usize::try_from(count)? != FAULTS.len() * starts {
        bail!("{count} of {} failed starts were recorded", FAULTS.len() * starts);
    }
    Ok(u64::try_from(groups)?)
}

/// A receiver of reports.
struct Receiver {
    address: SocketAddr,
    reports: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let reports = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&reports);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _disconnected = stream.map(|stream| receive(stream, &received));
            }
        });
        Ok(Self { address, reports })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for this many reports.
    fn wait_for(&self, count: u64) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while (self.reports.lock().unwrap_or_else(PoisonError::into_inner).len() as u64) < count {
            if Instant::now() > deadline {
                bail!("{count} failures were not reported in time");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn reports(&self) -> Vec<Value> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Receives one request, and accepts its reports.
fn receive(stream: TcpStream, received: &Mutex<Vec<Value>>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let reports = match serde_json::from_slice(&body)? {
        Value::Array(reports) => reports,
        report => vec![report],
    };
    let receipt = |report: &Value| json!({"id": report["id"], "fingerprint": "0".repeat(32), "status": "accepted"});
    let receipts = Value::Array(reports.iter().map(receipt).collect()).to_string();
    received.lock().unwrap_or_else(PoisonError::into_inner).extend(reports);
    let head = format!("HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: {}", receipts.len());
    reader.get_mut().write_all(format!("{head}\r\nconnection: close\r\n\r\n{receipts}").as_bytes())?;
    Ok(())
}
