//! `cargo xtask test`: everything CI runs, cheapest first.

use std::process::Command;

use anyhow::Result;

use crate::command::{cargo, step};
use crate::stack::{Stack, build_binaries};
use crate::{bench, lint, prerequisites, root, web};

/// Runs it all; the first failure ends it.
pub(crate) fn run() -> Result<()> {
    prerequisites::require_node()?;
    let chromium = prerequisites::chromium()?;
    lint::run()?;
    web::build(&root())?;
    step("Rust tests", &mut cargo(&["test", "--workspace"]))?;

    let npm = root().join("npm");
    step("types of the package", Command::new("npm").args(["run", "--silent", "types"]).current_dir(&npm))?;
    step("tests of the package", Command::new("npm").args(["test", "--silent"]).current_dir(&npm))?;

    let browser = root().join("tests/e2e");
    web::install_packages(&browser)?;
    let stack = Stack::start(&build_binaries("dev")?, "127.0.0.1:0")?;
    let mut end_to_end = Command::new("node");
    end_to_end
        .args(["--test", "--test-concurrency=1"])
        .current_dir(&browser)
        .env("SERVICE", &stack.service)
        .env("GITHUB", &stack.github)
        .env("CHROMIUM", chromium);
    step("browser tests", &mut end_to_end)?;
    drop(stack);

    bench::run("ingest", &["--short"])?;
    eprintln!("==> everything passed");
    Ok(())
}
