//! The client before the MCP conformance suite.

use std::process::Command;

use anyhow::Result;

use crate::command::step;
use crate::{root, web};

/// Runs `tests/conformance`; the package must be built.
pub(crate) fn run() -> Result<()> {
    let folder = root().join("tests/conformance");
    web::install_packages(&folder)?;
    step("conformance of the client", Command::new("node").arg("--test").current_dir(folder))
}
