//! `cargo xtask test`: everything CI runs, cheapest first.

use std::process::Command;

use anyhow::Result;

use crate::command::{cargo, step};
use crate::stack::{Stack, built_binaries};
use crate::{bench, conformance, engines, lint, packaging, prerequisites, root, servers, web};

/// Runs all checks and tests, and stops at the first failure.
pub(crate) fn run() -> Result<()> {
    prerequisites::require_node()?;
    let chromium = prerequisites::chromium()?;
    let browsers = prerequisites::engines()?;
    prerequisites::python()?;
    lint::run()?;
    web::build(&root())?;
    step("Rust tests", &mut cargo(&["test", "--workspace"]))?;

    let npm = root().join("npm");
    step("types of the package", Command::new("npm").args(["run", "--silent", "types"]).current_dir(&npm))?;
    step("tests of the package", Command::new("npm").args(["test", "--silent"]).current_dir(&npm))?;

    conformance::run()?;
    packaging::run(&chromium)?;

    // built by the Rust tests above
    let binaries = built_binaries("dev");
    let stack = Stack::start(&binaries, "127.0.0.1:0")?;
    let mut end_to_end = web::node_in("tests/e2e")?;
    end_to_end
        .args(["--test", "--test-concurrency=1"])
        .env("SERVICE", &stack.service)
        .env("GITHUB", &stack.github)
        .env("CHROMIUM", &chromium);
    step("browser tests", &mut end_to_end)?;
    drop(stack);
    engines::test(&browsers, &binaries.autoheal)?;

    servers::test(&binaries)?;

    bench::measure_ingest(&binaries, true)?;
    bench::measure_capture(&binaries, true)?;
    bench::measure_abuse(&binaries, true)?;
    bench::measure_grouping(&binaries, true)?;
    bench::measure_prepare(true)?;
    bench::measure_sdk(&chromium, true)?;
    eprintln!("==> everything passed");
    Ok(())
}
