//! `cargo xtask bench NAME`: builds what is measured and hands over to the measuring program.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::step;
use crate::stack::{Binaries, build_binaries, target_directory};
use crate::{prerequisites, root, web};

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
        _ => bail!("there is no benchmark `{name}`; there are: ingest, sdk"),
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
