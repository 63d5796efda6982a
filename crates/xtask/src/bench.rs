//! `cargo xtask bench NAME`: builds the programs to be measured and runs the benchmark.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run as run_program, step};
use crate::stack::{Binaries, build_binaries};
use crate::{prerequisites, root, servers, target_directory, web};

/// Runs one benchmark. `--short` only checks that it works: few requests or rounds, and binaries of the dev profile.
pub(crate) fn run(name: &str, options: &[&str]) -> Result<()> {
    let short = match options {
        [] => false,
        ["--short"] => true,
        _ => bail!("unknown options {options:?}; the only one is --short"),
    };
    let build = || build_binaries(if short { "dev" } else { "release" });
    match name {
        "ingest" => measure_ingest(&build()?, short),
        "sdk" => {
            prerequisites::require_node()?;
            let chromium = prerequisites::chromium()?;
            web::build(&root())?;
            measure_sdk(&chromium, short)
        }
        "capture" => measure_capture(&build()?, short),
        "abuse" => measure_abuse(&build()?, short),
        "prepare" => measure_prepare(short),
        "grouping" => measure_grouping(&build()?, short),
        _ => bail!("there is no benchmark `{name}`; there are: ingest, sdk, capture, abuse, grouping, prepare"),
    }
}

/// Runs the ingest benchmark with binaries that are built already.
pub(crate) fn measure_ingest(binaries: &Binaries, short: bool) -> Result<()> {
    let mut bench = Command::new(&binaries.bench);
    bench.arg("--service").arg(&binaries.autoheal).arg("--directory").arg(target_directory().join("bench"));
    if short {
        bench.args(["--reports", "2000"]);
    }
    step("bench ingest", &mut bench)
}

/// Runs the SDK benchmark on the browser package as it was built last.
pub(crate) fn measure_sdk(chromium: &Path, short: bool) -> Result<()> {
    let mut bench = web::node_in("tests/bench-sdk")?;
    bench.arg("main.mjs").env("CHROMIUM", chromium);
    if short {
        bench.arg("--short");
    }
    step("bench sdk", &mut bench)
}

/// Runs the capture benchmark with binaries that are built already: the overhead of `run`, `mcp` and the gateway, and
/// the share of real servers' failing calls that are reported.
pub(crate) fn measure_capture(binaries: &Binaries, short: bool) -> Result<()> {
    let mut bench = Command::new(&binaries.bench_capture);
    bench.arg("--service").arg(&binaries.autoheal).arg("--directory").arg(target_directory().join("bench-capture"));
    bench.args(short.then_some("--short"));
    let mut measured = figures("bench capture", bench)?;
    let counts = figures("bench capture: failing calls of real servers", servers::count(binaries, short)?)?;
    let number =
        |name: &str| counts[name].as_f64().with_context(|| format!("tests/servers/count.mjs printed no {name}"));
    measured["reported_ratio"] = (number("reported")? / number("failing")?.max(1.0)).into();
    measured["false_positives"] = counts["false_positives"].clone();
    println!("{measured}");
    if short && (measured["reported_ratio"] != 1.0 || measured["false_positives"] != 0) {
        bail!("bench capture: every failing call must be reported, and nothing else, but the counts are {counts}");
    }
    if measured["secrets_in_titles"] != 0 || measured["secrets_in_reports"] != 0 {
        bail!("bench capture: no report may hold a secret of its command, but the figures are {measured}");
    }
    Ok(())
}

/// Runs the abuse benchmark with binaries that are built already. Some of its figures are printed by tests.
pub(crate) fn measure_abuse(binaries: &Binaries, short: bool) -> Result<()> {
    // all packages, so that cargo chooses the features with which the tests are built already
    let tests = ["test", "--workspace", "--test", "it", "--", "--nocapture", "no_change_before", "figures_of_the_sets"];
    let counts = test_figures("bench abuse: tests that count", cargo(&tests))?;
    let mut bench = Command::new(&binaries.bench_abuse);
    bench.arg("--service").arg(&binaries.autoheal).arg("--directory").arg(target_directory().join("bench-abuse"));
    bench.arg("--counts").arg(serde_json::Value::Object(counts).to_string());
    bench.args(short.then_some("--short"));
    eprintln!("==> bench abuse");
    run_program(&mut bench, "bench abuse failed")
}

/// Runs the grouping benchmark with binaries that are built already. A short run fails below the bars; the figures are the same
/// in each profile.
pub(crate) fn measure_grouping(binaries: &Binaries, short: bool) -> Result<()> {
    let mut bench = Command::new(&binaries.bench_grouping);
    bench.arg("--service").arg(&binaries.autoheal).arg("--reports").arg(root().join("tests/grouping/reports.jsonl"));
    bench.arg("--localised").arg(root().join("tests/localised/failures.jsonl"));
    if let Some(field) = std::env::var_os("AUTOHEAL_BENCH_FIELD") {
        bench.arg("--field").arg(field);
    }
    bench.args(short.then_some("--check"));
    step("bench grouping", &mut bench)
}

/// Runs the benchmarks of preparing reports and of source maps. A short run has all packages, so that cargo chooses the
/// features with which the dependencies are built already.
pub(crate) fn measure_prepare(short: bool) -> Result<()> {
    let bench: &[&str] = if short {
        &["bench", "--profile", "dev", "--workspace", "--bench", "prepare", "--", "--short"]
    } else {
        &["bench", "--package", "autoheal-prepare", "--bench", "prepare"]
    };
    let mut measured = figures("bench prepare", cargo(bench))?;
    let profile: &[&str] = if short { &["--workspace"] } else { &["--release", "--package", "autoheal-ingest"] };
    step("build", cargo(&["build", "--example", "bench-source-maps"]).args(profile))?;
    let directory = target_directory().join(if short { "debug" } else { "release" });
    let mut maps = Command::new(directory.join("examples/bench-source-maps"));
    maps.args(short.then_some("--short"));
    let mapped = figures("bench prepare: source maps", maps)?;
    for name in ["us_mapped", "map_cold_ms"] {
        measured[name] = mapped[name].clone();
    }
    println!("{measured}");
    Ok(())
}

/// Runs tests and returns the members of all JSON objects that they print.
fn test_figures(name: &str, mut tests: Command) -> Result<serde_json::Map<String, serde_json::Value>> {
    eprintln!("==> {name}");
    let output = tests.stderr(Stdio::inherit()).output().with_context(|| format!("{name} does not start"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{name} failed with {}\n{printed}", output.status);
    }
    // the harness may print the test's name before the object
    let objects = printed.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok());
    Ok(objects.flat_map(|object: serde_json::Map<_, _>| object).collect())
}

/// Runs a program that prints a table and then a line of JSON. Prints the table and returns the JSON.
fn figures(name: &str, mut command: Command) -> Result<serde_json::Value> {
    eprintln!("==> {name}");
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{name} does not start"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{name} failed with {}\n{printed}", output.status);
    }
    let (table, last) = printed.trim_end().rsplit_once('\n').unwrap_or(("", printed.trim_end()));
    println!("{table}");
    serde_json::from_str(last).with_context(|| format!("{name}: the last line is not JSON: {last}"))
}
