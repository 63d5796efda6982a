//! `cargo xtask bench NAME`: builds what is measured and hands over to the measuring program.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::step;
use crate::stack::{Binaries, build_binaries, target_directory};
use crate::{prerequisites, root, servers, web};

/// Runs one benchmark. `--short` is for correctness only: few requests or rounds, and no optimised service.
pub(crate) fn run(name: &str, options: &[&str]) -> Result<()> {
    let short = match options {
        [] => false,
        ["--short"] => true,
        _ => bail!("unknown options {options:?}; the only one is --short"),
    };
    match name {
        "ingest" => ingest(short),
        "sdk" => sdk(short),
        "capture" => capture(short),
        _ => bail!("there is no benchmark `{name}`; there are: ingest, sdk, capture"),
    }
}

fn ingest(short: bool) -> Result<()> {
    let binaries = build_binaries(if short { "dev" } else { "release" })?;
    measure_ingest(&binaries, short)
}

/// Measures with binaries that are built already.
pub(crate) fn measure_ingest(binaries: &Binaries, short: bool) -> Result<()> {
    let mut bench = Command::new(&binaries.bench);
    bench.arg("--service").arg(&binaries.autoheal).arg("--directory").arg(target_directory().join("bench"));
    if short {
        bench.args(["--reports", "2000"]);
    }
    step("bench ingest", &mut bench)
}

fn sdk(short: bool) -> Result<()> {
    prerequisites::require_node()?;
    let chromium = prerequisites::chromium()?;
    web::build(&root())?;
    measure_sdk(&chromium, short)
}

/// Measures the browser package as it was built last.
pub(crate) fn measure_sdk(chromium: &Path, short: bool) -> Result<()> {
    let folder = root().join("tests/bench-sdk");
    web::install_packages(&folder)?;
    let mut bench = Command::new("node");
    bench.arg("main.mjs").current_dir(folder).env("CHROMIUM", chromium);
    if short {
        bench.arg("--short");
    }
    step("bench sdk", &mut bench)
}

fn capture(short: bool) -> Result<()> {
    let binaries = build_binaries(if short { "dev" } else { "release" })?;
    measure_capture(&binaries, short)
}

/// Measures what `run`, `mcp` and the gateway add, and counts what they miss, with binaries that are built already.
pub(crate) fn measure_capture(binaries: &Binaries, short: bool) -> Result<()> {
    let mut bench = Command::new(&binaries.bench_capture);
    bench.arg("--service").arg(&binaries.autoheal).arg("--directory").arg(target_directory().join("bench"));
    bench.args(short.then_some("--short"));
    let mut figures = last_line("bench capture", bench)?;
    let counted = last_line("bench capture: failing calls of real servers", servers::count(binaries, short)?)?;
    let number = |name: &str| counted[name].as_f64().with_context(|| format!("tests/servers/count.mjs told no {name}"));
    figures["reported_ratio"] = (number("reported")? / number("failing")?.max(1.0)).into();
    figures["false_positives"] = counted["false_positives"].clone();
    println!("{figures}");
    if short && (figures["reported_ratio"] != 1.0 || figures["false_positives"] != 0) {
        bail!("bench capture: of {counted} every failing call must be reported, and nothing else");
    }
    Ok(())
}

/// Runs a step that prints a table and, last, a line of JSON; the table is shown, the line returned.
fn last_line(what: &str, mut command: Command) -> Result<serde_json::Value> {
    eprintln!("==> {what}");
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{what}: does not run"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{what}: failed with {}\n{printed}", output.status);
    }
    let (table, last) = printed.trim_end().rsplit_once('\n').unwrap_or(("", printed.trim_end()));
    println!("{table}");
    serde_json::from_str(last).with_context(|| format!("{what}: the last line is no JSON: {last}"))
}
