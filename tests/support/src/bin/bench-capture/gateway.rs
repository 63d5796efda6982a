//! HTTP through `autoheal mcp --http`, beside a bare relay: the time of a small call, and of a stream's first byte.

mod far_end;
mod load;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub(crate) use self::far_end::{answer, relay};
use self::load::Load;
use crate::Options;
use crate::figures::{Times, micros, rounded};
use crate::memory::peak;

/// Connections held open at once.
const CONNECTIONS: usize = 64;

/// Measures both in turns, so that what else the machine does meets both.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (rounds, calls) = if options.short { (1, 2_000) } else { (9, 30_000) };
    let this = std::env::current_exe()?;
    let far_end = Server::start(Command::new(&this).arg("http-answer"))?;
    let upstream = format!("http://{}/mcp", far_end.address);
    let relay = Server::start(Command::new(&this).args(["http-relay", &upstream]))?;
    let mut ours = options.autoheal();
    ours.args(["--log", "error", "mcp", "--http", "--listen", "127.0.0.1:0", &upstream]);
    let ours = Server::start(&mut ours)?;
    // one thread for the client: the others have the rest
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let load = |server: &Server, calls| {
        runtime.block_on(Load { connections: CONNECTIONS, calls }.run(&server.address)).map(|times| times.median())
    };
    for server in [&far_end, &relay, &ours] {
        load(server, calls / 5)?;
    }
    let (mut none, mut bare, mut through, mut ratios) = (Times::default(), Times::default(), Times::default(), vec![]);
    for round in 0..rounds {
        none.push(load(&far_end, calls)?);
        // whoever comes first in one round comes last in the next
        let (first, last) = if round % 2 == 0 { (&relay, &ours) } else { (&ours, &relay) };
        let (first, last) = (load(first, calls)?, load(last, calls)?);
        let (relayed, watched) = if round % 2 == 0 { (first, last) } else { (last, first) };
        bare.push(relayed);
        through.push(watched);
        ratios.push(watched.as_secs_f64() / relayed.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let mut first_byte = [Times::default(), Times::default()];
    for _ in 0..rounds {
        for (size, times) in [1 << 20, 256 << 20].into_iter().zip(&mut first_byte) {
            times.push(runtime.block_on(load::first_byte(&ours.address, size))?);
        }
    }
    let [small, large] = first_byte.map(|times| times.median());
    let most = peak(ours.child.id())?;
    print(&[("none between", none), ("bare relay", bare), ("autoheal mcp --http", through)], ratio, small, large);
    println!("peak memory: {most:.1} MiB, with {} MiB streamed", rounds * 257);
    Ok(json!({
        "gateway_ratio_to_relay": rounded(ratio),
        "gateway_peak_mib": rounded(most),
        "gateway_first_byte_1_mib_us": rounded(micros(small)),
        "gateway_first_byte_256_mib_us": rounded(micros(large)),
    }))
}

fn print(kinds: &[(&str, Times)], ratio: f64, small: Duration, large: Duration) {
    println!("\nsmall tools/call over HTTP, {CONNECTIONS} connections, median of each round's median");
    for (name, times) in kinds {
        println!("{name:34}{:>10.0} µs", micros(times.median()));
    }
    println!("autoheal to bare relay {ratio:>23.2}");
    println!("first byte of 1 MiB {:>24.0} µs, of 256 MiB {:.0} µs", micros(small), micros(large));
}

/// A process that serves; dropping it ends it.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("a server under measurement does not start")?;
        let output = child.stdout.take().context("its output was asked for")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split_whitespace().next());
        match address.map(str::to_owned) {
            Some(address) => Ok(Self { child, address }),
            None => bail!("a server under measurement says {line:?} instead of where it listens"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
