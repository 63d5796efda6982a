//! `cargo xtask bench NAME`: builds what is measured and hands over to the measuring program.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command::step;
use crate::stack::{Binaries, build_binaries, target_directory};

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
