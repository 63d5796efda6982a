//! Measures the peak memory of `autoheal mcp`: with ten thousand calls in flight, and after a gigabyte of output.

use std::io::{Read, Write};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use autoheal_test_support::server_process::peak_mib;
use serde_json::{Value, json};

use crate::Options;
use crate::figures::rounded;

/// Calls in flight.
const CALLS: usize = 10_000;

/// Measures both with one process.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let bytes = if options.short { 64 << 20 } else { 1 << 30 };
    let mut command = options.autoheal();
    command.args(["mcp", "--"]).arg(std::env::current_exe()?);
    command.args(["hold", &CALLS.to_string(), &bytes.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout) = child.stdin.take().zip(child.stdout.take()).context("stdin and stdout are piped")?;
    let mut calls = Vec::new();
    for id in 0..CALLS {
        let text = format!("what the arguments of call {id} hold, {}", "and more of it ".repeat(12));
        let params = json!({"name": format!("tool{}", id % 20), "arguments": {"text": text}});
        writeln!(calls, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{params}}}")?;
    }
    stdin.write_all(&calls)?;
    stdin.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/go\"}\n")?;
    let mut buffer = vec![0; 1 << 20];
    let (mut read, mut in_flight) = (0, None);
    while read < bytes {
        read += match stdout.read(&mut buffer)? {
            0 => bail!("the server ended after {read} bytes"),
            more => more,
        };
        // responses start after the last call, so all calls are in flight now
        in_flight.get_or_insert(peak_mib(child.id())?);
    }
    let peak = peak_mib(child.id())?;
    drop(stdin);
    std::io::copy(&mut stdout, &mut std::io::sink())?;
    if !child.wait()?.success() {
        bail!("`autoheal mcp` failed");
    }
    let in_flight = in_flight.unwrap_or_default();
    println!("\npeak memory: {in_flight:.1} MiB with {CALLS} calls in flight; {peak:.1} MiB after {} MiB", bytes >> 20);
    Ok(json!({"stdio_peak_mib": rounded(peak), "peak_in_flight_mib": rounded(in_flight)}))
}
