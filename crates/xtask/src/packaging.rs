//! Tests of the packed npm package: installed in temporary projects and run by bundlers, browsers and runtimes.

use std::path::Path;

use anyhow::Result;

use crate::command::step;
use crate::web;

/// Runs `tests/packaging`; the package must be built.
pub(crate) fn run(chromium: &Path) -> Result<()> {
    let mut tests = web::node_in("tests/packaging")?;
    // two test files at once, because npm takes most of the time
    tests.args(["--test", "--test-concurrency=2"]).env("CHROMIUM", chromium);
    step("packaging tests", &mut tests)
}
