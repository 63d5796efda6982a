//! Real MCP servers in every language behind `autoheal mcp`: the npm and Python ones are installed, ours were built.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::command::step;
use crate::stack::Binaries;
use crate::{prerequisites, root, web};

/// Installs what is not there yet; returns the folder.
fn install() -> Result<PathBuf> {
    prerequisites::python()?;
    let folder = root().join("tests/servers");
    web::install_packages(&folder)?;
    step("MCP servers in Python", Command::new("node").arg("setup.mjs").current_dir(&folder))?;
    Ok(folder)
}

/// Runs `tests/servers` with binaries that are built already.
pub(crate) fn test(binaries: &Binaries) -> Result<()> {
    let folder = install()?;
    let mut tests = Command::new("node");
    tests.arg("--test").current_dir(folder);
    step(
        "tests with real MCP servers",
        tests.env("AUTOHEAL", &binaries.autoheal).env("RMCP_SERVER", &binaries.rmcp_server),
    )
}

/// Counts failing calls and reports of them; prints a table and a line of JSON.
pub(crate) fn count(binaries: &Binaries, short: bool) -> Result<Command> {
    let folder = install()?;
    let mut count = Command::new("node");
    count.arg("count.mjs").args(short.then_some("--short")).current_dir(folder);
    count.env("AUTOHEAL", &binaries.autoheal).env("RMCP_SERVER", &binaries.rmcp_server);
    Ok(count)
}
