//! Measures source maps: `us_mapped`, a report with 20 frames of a bundle whose map is open, from JSON to fingerprint;
//! and `map_cold_ms`, loading and opening the map of a large bundle.
//!
//! Part of `cargo xtask bench prepare`. `--short` makes few rounds.

use std::fmt::Write;
use std::time::Instant;

use anyhow::{Context, Result};
use autoheal_prepare::rules::Rules;
use autoheal_prepare::symbolicate::Original;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, begin};
use autoheal_source_maps::{Function, Lookup, original_path, pack, unpack};
use autoheal_store::{NewSourceMap, SourceMapKey, Sqlite, Store};
use serde_json::json;
use serde_json::value::to_raw_value;

/// Modules of the bundle, and functions of each: about 4 MB of source, as a large application has.
const MODULES: usize = 400;
const FUNCTIONS: usize = 100;
const DEBUG_ID: [u8; 16] = [7; 16];
const FRAMES: usize = 20;

#[tokio::main]
async fn main() -> Result<()> {
    let short = std::env::args().any(|argument| argument == "--short");
    let (generated, map) = bundle();
    let started = Instant::now();
    let form = Lookup::build(generated.as_bytes(), map.as_bytes())?;
    let build_ms = started.elapsed().as_secs_f64() * 1000.0;
    let directory = tempfile::tempdir()?;
    let store = Sqlite::open(&directory.path().join("store.db"))?;
    let parts = pack(&form);
    let stored: usize = parts.iter().map(Vec::len).sum();
    let new = NewSourceMap { project: "default".to_owned(), debug_id: DEBUG_ID, file: None, parts };
    store.add_source_map(new, Timestamp(0)).await?;

    let mut cold = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        let id =
            store.find_source_map("default", SourceMapKey::DebugId(DEBUG_ID)).await?.context("the map is stored")?;
        let parts = store.load_source_map(id, Timestamp(0)).await?;
        let lookup = Lookup::open(unpack(&parts).context("the map can be read")?)?;
        anyhow::ensure!(lookup.original(1, 5_000).is_some());
        cold.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let map_cold_ms = median(&mut cold);

    let lookup = Lookup::open(form.clone())?;
    let report = report(&generated);
    let raw = to_raw_value(&report)?;
    let arrival = Arrival {
        project: "default".to_owned(),
        sender: Sender::Keyed,
        client: Client::Own,
        received_at: Timestamp(0),
    };
    let mut mapped = Vec::new();
    for round in 0..if short { 110 } else { 1_100 } {
        let started = Instant::now();
        let record = begin(&raw, arrival.clone())?.finish(
            ScrubLevel::Standard,
            &|_, line, column| original(&lookup, line, column),
            &Rules::default(),
        );
        if round >= 100 {
            mapped.push(started.elapsed().as_secs_f64() * 1e6);
        }
        anyhow::ensure!(record.is_mapped() && record.code().len() == 10);
    }
    let us_mapped = median(&mut mapped);

    println!("generated {} KiB, map {} KiB", generated.len() / 1024, map.len() / 1024);
    println!("lookup form {} KiB, stored {} KiB, built in {build_ms:.0} ms", form.len() / 1024, stored / 1024);
    println!("{}", json!({"us_mapped": us_mapped.round(), "map_cold_ms": (map_cold_ms * 10.0).round() / 10.0}));
    Ok(())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn original(lookup: &Lookup, line: u32, column: u32) -> Option<Original> {
    let found = lookup.original(line, column)?;
    let (first_line, lines) = found.source.map(|source| (source.first, source.lines)).unwrap_or_default();
    Some(Original {
        function: match found.function {
            Function::Named(name) => Some(name),
            Function::Anonymous | Function::None => None,
        },
        file: original_path(&found.file?).into_owned(),
        line: found.line,
        column: found.column,
        is_ignored: found.is_ignored,
        commit: None,
        first_line,
        lines,
    })
}

/// A report whose frames are spread over the bundle.
fn report(generated: &str) -> serde_json::Value {
    let step = generated.len() / (FRAMES + 1);
    let frame = |at: usize| format!("\n    at a (https://shop.example/assets/app-BkZ3q9Lw.js:1:{})", at * step);
    let stack: String = (1..=FRAMES).map(frame).collect();
    json!({"error_type": "TypeError", "error_message": "Cannot read properties of undefined (reading 'price')",
        "stack_trace": format!("TypeError: Cannot read properties of undefined (reading 'price'){stack}")})
}

/// A bundle on one line, with a mapping for each part of each function.
fn bundle() -> (String, String) {
    let (mut generated, mut mappings) = (String::new(), String::new());
    let (mut names, mut sources, mut contents) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = [0_i64; 5];
    for module in 0..MODULES {
        let mut content = String::from("import { rate } from './rates'\n");
        for function in 0..FUNCTIONS {
            let line = content.matches('\n').count();
            let name = format!("calculatePriceOf{module}In{function}");
            let _always = write!(
                content,
                "export function {name}(items, options) {{\n  const total = items.reduce((sum, item) => sum + item.price, 0)\n  return total * rate(options)\n}}\n\n"
            );
            names.push(name);
            let index = names.len() - 1;
            let parts: [(&str, usize, usize); 8] = [
                ("function a(b,c){", line, 16),
                ("const d=b", line + 1, 8),
                (".reduce(", line + 1, 22),
                ("(e,f)=>", line + 1, 29),
                ("e+f.price,0);", line + 1, 44),
                ("return ", line + 2, 2),
                ("d*g(c)", line + 2, 9),
                ("}", line + 3, 0),
            ];
            for (text, line, column) in parts {
                let next =
                    [generated.len(), module, line, column, index].map(|number| i64::try_from(number).unwrap_or(0));
                if !mappings.is_empty() {
                    mappings.push(',');
                }
                for (next, last) in next.iter().zip(&mut last) {
                    push_number(&mut mappings, next - *last);
                    *last = *next;
                }
                generated.push_str(text);
            }
        }
        sources.push(format!("../../src/module{module}.js"));
        contents.push(content);
    }
    let map =
        json!({"version": 3, "sources": sources, "sourcesContent": contents, "names": names, "mappings": mappings});
    (generated, map.to_string())
}

/// Appends a number in Base64 VLQ.
fn push_number(text: &mut String, number: i64) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = (number.unsigned_abs() << 1) | u64::from(number < 0);
    loop {
        let digit = usize::try_from(rest & 31).unwrap_or(0);
        rest >>= 5;
        text.push(char::from(DIGITS[if rest > 0 { digit | 32 } else { digit }]));
        if rest == 0 {
            return;
        }
    }
}
