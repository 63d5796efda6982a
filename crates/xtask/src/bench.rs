//! `cargo xtask bench NAME`: builds what is measured and hands over to the measuring program.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command::step;
use crate::stack::{build_binaries, target_directory};

/// Runs one benchmark. `--short` is for correctness only: few requests, no optimised build.
pub(crate) fn run(name: &str, options: &[&str]) -> Result<()> {
    let short = match options {
        [] => false,
        ["--short"] => true,
        _ => bail!("unknown options {options:?}; the only one is --short"),
    };
    match name {
        "ingest" => ingest(short),
        _ => bail!("there is no benchmark `{name}`; there is: ingest"),
    }
}

fn ingest(short: bool) -> Result<()> {
    let profile = if short { "dev" } else { "release" };
    let binaries = build_binaries(profile)?;
    let directory = target_directory().join(if short { "debug" } else { "release" });
    let mut bench = Command::new(directory.join("bench-ingest"));
    bench.arg("--service").arg(binaries.autoheal()).arg("--directory").arg(target_directory().join("bench"));
    if short {
        bench.args(["--reports", "2000"]);
    }
    step("bench ingest", &mut bench)
}
