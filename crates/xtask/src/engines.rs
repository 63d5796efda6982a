//! Tests of the client and its reports in three browser engines: Chromium, Firefox and WebKitGTK.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::step;
use crate::web;

/// Runs the tests in every engine. `programs` holds the programs' paths by the environment variables that the tests
/// read. The tests pass the reports to `autoheal explain`.
pub(crate) fn test(programs: &[(&str, PathBuf)], autoheal: &Path) -> Result<()> {
    let mut tests = web::node_in("tests/engines")?;
    tests.args(["--test", "engines.test.mjs"]);
    tests.envs(programs.iter().map(|(variable, path)| (variable, path))).env("AUTOHEAL", autoheal);
    step("tests in three engines", &mut tests)
}
