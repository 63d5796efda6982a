//! The client and its reports in three engines: Chromium, Firefox and WebKitGTK.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::step;
use crate::{root, web};

/// Runs the cases in every engine. `programs` are the engines by the variables the tests look at, and `autoheal` says what
/// would become of the reports.
pub(crate) fn test(programs: &[(&str, PathBuf)], autoheal: &Path) -> Result<()> {
    let folder = root().join("tests/engines");
    web::install_packages(&folder)?;
    let mut tests = Command::new("node");
    tests.args(["--test", "engines.test.mjs"]).current_dir(folder);
    tests.envs(programs.iter().map(|(variable, file)| (variable, file))).env("AUTOHEAL", autoheal);
    step("tests in three engines", &mut tests)
}
