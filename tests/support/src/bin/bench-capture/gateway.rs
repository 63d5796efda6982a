//! Measures `autoheal mcp --http` against a bare relay: the time of a small call, and the time to a stream's first
//! byte.

mod load;
mod upstream;

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use autoheal_test_support::server_process::ServerProcess;
use serde_json::{Value, json};

use self::load::Load;
pub(crate) use self::upstream::{relay, respond};
use crate::Options;
use crate::figures::{Times, micros, rounded};

/// Number of concurrent connections.
const CONNECTIONS: usize = 64;

/// Measures the relay and the gateway in turns, so that other load on the machine affects both.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (rounds, calls) = if options.short { (1, 2_000) } else { (9, 30_000) };
    let this = std::env::current_exe()?;
    let server = ServerProcess::start(Command::new(&this).arg("http-answer"))?;
    let upstream = format!("http://{}/mcp", server.address);
    let relay = ServerProcess::start(Command::new(&this).args(["http-relay", &upstream]))?;
    let mut command = options.autoheal();
    command.args(["--log", "error", "mcp", "--http", "--listen", "127.0.0.1:0", &upstream]);
    let gateway = ServerProcess::start(&mut command)?;
    // one thread for the client, the other cores for the servers
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let load = |server: &ServerProcess, calls| {
        runtime.block_on(Load { connections: CONNECTIONS, calls }.run(&server.address)).map(|times| times.median())
    };
    for server in [&server, &relay, &gateway] {
        load(server, calls / 5)?;
    }
    let (mut direct, mut through_relay, mut through_gateway, mut ratios) =
        (Times::default(), Times::default(), Times::default(), vec![]);
    for round in 0..rounds {
        direct.push(load(&server, calls)?);
        // the order alternates between rounds
        let (first, last) = if round % 2 == 0 { (&relay, &gateway) } else { (&gateway, &relay) };
        let (first, last) = (load(first, calls)?, load(last, calls)?);
        let (relay_time, gateway_time) = if round % 2 == 0 { (first, last) } else { (last, first) };
        through_relay.push(relay_time);
        through_gateway.push(gateway_time);
        ratios.push(gateway_time.as_secs_f64() / relay_time.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let mut first_byte = [Times::default(), Times::default()];
    for _ in 0..rounds {
        for (size, times) in [1 << 20, 256 << 20].into_iter().zip(&mut first_byte) {
            times.push(runtime.block_on(load::first_byte(&gateway.address, size))?);
        }
    }
    let [small, large] = first_byte.map(|times| times.median());
    let peak = gateway.peak_mib()?;
    let rows = [("direct", direct), ("bare relay", through_relay), ("autoheal mcp --http", through_gateway)];
    print(&rows, ratio, small, large);
    println!("peak memory: {peak:.1} MiB, with {} MiB streamed", rounds * 257);
    Ok(json!({
        "gateway_ratio_to_relay": rounded(ratio),
        "gateway_peak_mib": rounded(peak),
        "gateway_first_byte_1_mib_us": rounded(micros(small)),
        "gateway_first_byte_256_mib_us": rounded(micros(large)),
    }))
}

fn print(rows: &[(&str, Times)], ratio: f64, small: Duration, large: Duration) {
    println!("\nsmall tools/call over HTTP, {CONNECTIONS} connections, median of each round's median");
    for (name, times) in rows {
        println!("{name:34}{:>10.0} µs", micros(times.median()));
    }
    println!("autoheal to bare relay {ratio:>23.2}");
    println!("first byte of 1 MiB {:>24.0} µs, of 256 MiB {:.0} µs", micros(small), micros(large));
}
