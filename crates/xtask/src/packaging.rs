//! The package as its users get it: packed, installed in throw-away projects, and run by bundlers, browsers and runtimes.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::step;
use crate::{root, web};

/// Runs `tests/packaging`; the package must be built.
pub(crate) fn run(chromium: &Path) -> Result<()> {
    let folder = root().join("tests/packaging");
    web::install_packages(&folder)?;
    let mut tests = Command::new("node");
    // Much of the time is npm's: two files of tests at once share it well.
    tests.args(["--test", "--test-concurrency=2"]).current_dir(&folder).env("CHROMIUM", chromium);
    step("packaging tests", &mut tests)
}
