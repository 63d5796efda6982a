//! What capturing costs, printed: `cargo test --release -p autoheal-examples figures -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use autoheal_capture as capture;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;

use crate::faulty_mcp_server::Server;
use crate::place::Place;
use crate::service::Service;

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

/// The end of a program that panics, on its own and captured.
fn panics(place: &Place, way: &str) -> Duration {
    let run = |_| {
        let began = Instant::now();
        place.command(env!("CARGO_BIN_EXE_failing-cli"), &[way]).env("RUST_BACKTRACE", "0").output().unwrap();
        began.elapsed()
    };
    median((0..20).map(run).collect())
}

fn round_trip(options: &[&str]) -> Duration {
    let (place, service) = (Place::new(), Service::start());
    let mut server = Server::start(&place, &service, options);
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
#[ignore = "measures; run it alone, in release"]
fn figures() {
    let event = |with: bool| {
        let registry = tracing_subscriber::registry();
        if with { per_event(registry.with(capture::layer())) } else { per_event(registry) }
    };
    let (bare, layered) = (event(false), event(true));
    let place = Place::new();
    let (fine, exit, panic) = (panics(&place, ""), panics(&place, "exit"), panics(&place, "panic"));
    let (plain, healed) = (round_trip(&["--plain"]), round_trip(&[]));
    println!("an event {bare:.0} ns, with the layer {layered:.0} ns");
    println!("a program {fine:?}, one that panics and exits {exit:?}, one that panics and delivers {panic:?}");
    println!("a call of a plain server {plain:?}, of a healed one {healed:?}");
    println!(
        "{{\"capture_event_ns\": {:.0}, \"capture_panic_ms\": {:.1}, \"healed_call_us\": {:.1}}}",
        layered - bare,
        exit.saturating_sub(fine).as_secs_f64() * 1_000.0,
        (healed.as_secs_f64() - plain.as_secs_f64()) * 1e6,
    );
}
