//! Measures the ingest service against a bare axum route, on the same machine, in the same run, with the same client
//! and bodies.

mod body;
mod client;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use autoheal_test_support::server_process::ServerProcess;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::json;

use crate::body::{Bodies, Kind};
use crate::client::{Load, Measured};

/// Number of concurrent connections.
const CONNECTIONS: usize = 256;
/// Number of distinct failures among the reports.
const GROUPS: usize = 100;
/// Rounds of each kind. They are interleaved and the median counts, because other load on the machine varies.
const ROUNDS: usize = 3;

struct Options {
    service: PathBuf,
    directory: PathBuf,
    reports: usize,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        |threads: usize| tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    if arguments.first().is_some_and(|first| first == "echo") {
        // as many threads as the service's runtime has
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        return runtime(threads)?.block_on(echo());
    }
    let options = options(&arguments)?;
    runtime(1)?.block_on(measure(&options))
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { service: PathBuf::new(), directory: PathBuf::new(), reports: 60_000 };
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--service" => options.service = value.into(),
            [name, value] if name == "--directory" => options.directory = value.into(),
            [name, value] if name == "--reports" => options.reports = value.parse()?,
            _ => bail!("usage: bench-ingest --service PATH --directory DIR [--reports N]"),
        }
    }
    Ok(options)
}

/// Runs the bare axum route: reads the body and responds 202.
async fn echo() -> Result<()> {
    let routes = Router::new().route("/report-error", post(|_body: Bytes| async { StatusCode::ACCEPTED }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await.context("the echo server ended")
}

/// Measurements of one kind of load, one per round.
#[derive(Default)]
struct Rounds(Vec<Measured>);

impl Rounds {
    fn median(&self, figure: impl Fn(&Measured) -> f64) -> f64 {
        median(self.0.iter().map(figure).collect())
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn measure(options: &Options) -> Result<()> {
    let echo = ServerProcess::start(Command::new(std::env::current_exe()?).arg("echo"))?;
    let mut bare = Rounds::default();
    let (mut many, mut single, mut repeats) = (Rounds::default(), Rounds::default(), Rounds::default());
    let (mut cpu, mut repeat_cpu, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
    let load = |reports| Load { connections: CONNECTIONS, reports };
    load(options.reports / 10).run(&echo.address, &Bodies::new(GROUPS, Kind::Prepared)).await?;
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        bare.0.push(load(options.reports).run(&echo.address, &Bodies::new(GROUPS, Kind::Prepared)).await?);
        let loads =
            [(GROUPS, Kind::Prepared, &mut many), (1, Kind::Prepared, &mut single), (1, Kind::Repeats, &mut repeats)];
        for (groups, kind, rounds) in loads {
            let service = start_service(options)?;
            let bodies = Bodies::new(groups, kind);
            let warm = load(options.reports / 10).run(&service.address, &bodies).await?;
            let before = service.cpu_seconds()?;
            let measured = load(options.reports).run(&service.address, &bodies).await?;
            let cpu_us = (service.cpu_seconds()? - before) * 1e6 / measured.reports as f64;
            match kind {
                Kind::Prepared if groups == GROUPS => cpu.push(cpu_us),
                Kind::Prepared => {}
                Kind::Repeats => repeat_cpu.push(cpu_us),
            }
            peak = peak.max(service.peak_mib()?);
            check(&service.address, groups, warm.reports + measured.reports).await?;
            rounds.0.push(measured);
        }
    }
    print(&bare, [&many, &single, &repeats], [median(cpu), median(repeat_cpu)], peak);
    Ok(())
}

fn start_service(options: &Options) -> Result<ServerProcess> {
    let store = fresh_store(&options.directory)?;
    let store = store.to_str().context("the store's path is not UTF-8")?;
    let arguments = ["--log", "error", "serve", "--listen", "127.0.0.1:0", "--rate-limit", "0", "--store", store];
    ServerProcess::start(Command::new(&options.service).args(arguments))
}

fn fresh_store(directory: &Path) -> Result<PathBuf> {
    if directory.exists() {
        std::fs::remove_dir_all(directory)?;
    }
    std::fs::create_dir_all(directory)?;
    Ok(directory.join("store.db"))
}

/// Checks that every accepted report is counted, in the right number of groups.
async fn check(address: &str, groups: usize, reports: usize) -> Result<()> {
    let response: serde_json::Value = serde_json::from_slice(&client::get(address, "/api/groups").await?)?;
    let listed = response["groups"].as_array().context("the response has no list of groups")?;
    let counted: u64 = listed.iter().filter_map(|group| group["count"].as_u64()).sum();
    if listed.len() != groups || counted != reports as u64 {
        bail!(
            "{reports} reports in {groups} groups were accepted, but {counted} in {} groups were counted",
            listed.len()
        );
    }
    Ok(())
}

fn print(bare: &Rounds, [many, single, repeats]: [&Rounds; 3], [cpu, repeat_cpu]: [f64; 2], peak: f64) {
    let rate = |rounds: &Rounds| rounds.median(Measured::per_second);
    let p99 = |rounds: &Rounds| rounds.median(|measured| measured.p99_ms);
    println!(
        "\n2 KB reports at /report-error, {CONNECTIONS} connections, no rate limit, ids and timestamps all different"
    );
    println!("{:34}{:>12}{:>12}{:>10}", "", "reports/s", "of echo", "p99 ms");
    for (name, rounds) in [
        ("bare axum route", bare),
        ("durable, 100 groups", many),
        ("durable, one group", single),
        ("durable, repeats of one failure", repeats),
    ] {
        println!("{name:34}{:>12.0}{:>12.3}{:>10.1}", rate(rounds), rate(rounds) / rate(bare), p99(rounds));
    }
    println!("CPU of the service per report {cpu:.1} µs, per repeat {repeat_cpu:.1} µs; peak memory {peak:.1} MiB");
    let round = |figure: f64| (figure * 1000.0).round() / 1000.0;
    println!(
        "{}",
        json!({
            "ratio_to_echo": round(rate(many) / rate(bare)),
            "ratio_to_echo_one_group": round(rate(single) / rate(bare)),
            "ratio_to_echo_repeats": round(rate(repeats) / rate(bare)),
            "cpu_us_per_report": round(cpu),
            "cpu_us_per_repeat": round(repeat_cpu),
            "p99_ms": round(p99(many)),
            "peak_mib": round(peak),
        })
    );
}
