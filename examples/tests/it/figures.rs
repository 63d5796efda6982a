//! Measures the overhead of capturing: `cargo test --release -p autoheal-examples figures -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use autoheal_capture as capture;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;

use crate::data_directory::DataDirectory;
use crate::faulty_mcp_server::Server;
use crate::recording_service::RecordingService;

const EVENTS: u32 = 1_000_000;
const CALLS: usize = 5_000;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn per_event(subscriber: impl tracing::Subscriber + Send + Sync) -> f64 {
    tracing::subscriber::with_default(subscriber, || {
        let began = Instant::now();
        for number in 0..EVENTS {
            tracing::info!(number = black_box(number), name = "shop", "an item was sold");
        }
        began.elapsed().as_nanos() as f64 / f64::from(EVENTS)
    })
}

/// Run time of the program with this failure.
fn run_time(directory: &DataDirectory, failure: &str) -> Duration {
    let run = |_| {
        let began = Instant::now();
        directory.command(env!("CARGO_BIN_EXE_failing-cli"), &[failure]).env("RUST_BACKTRACE", "0").output().unwrap();
        began.elapsed()
    };
    median((0..20).map(run).collect())
}

fn round_trip(options: &[&str]) -> Duration {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let mut server = Server::start(&directory, &service, options);
    let call = |_| {
        let began = Instant::now();
        server.call("echo", json!({"text": "hello"}));
        began.elapsed()
    };
    let times: Vec<_> = (0..CALLS).map(call).collect();
    server.end();
    median(times)
}

#[test]
#[ignore = "a benchmark; run it alone, in release"]
fn figures() {
    let event = |with: bool| {
        let registry = tracing_subscriber::registry();
        if with { per_event(registry.with(capture::layer())) } else { per_event(registry) }
    };
    let (bare, layered) = (event(false), event(true));
    let directory = DataDirectory::new();
    let (fine, exit, panic) = (run_time(&directory, ""), run_time(&directory, "exit"), run_time(&directory, "panic"));
    let (plain, healed) = (round_trip(&["--plain"]), round_trip(&[]));
    println!("an event {bare:.0} ns, with the layer {layered:.0} ns");
    println!("a run {fine:?}, with a panic and an immediate exit {exit:?}, with a panic and delivery {panic:?}");
    println!("a call of a server without reporting {plain:?}, with reporting {healed:?}");
    println!(
        "{{\"capture_event_ns\": {:.0}, \"capture_panic_ms\": {:.1}, \"healed_call_us\": {:.1}}}",
        layered - bare,
        exit.saturating_sub(fine).as_secs_f64() * 1_000.0,
        (healed.as_secs_f64() - plain.as_secs_f64()) * 1e6,
    );
}
