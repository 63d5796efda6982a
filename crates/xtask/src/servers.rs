//! Real MCP servers in several languages behind `autoheal mcp`. The npm and Python ones are installed; the Rust one is
//! built from `examples`.

use std::process::Command;

use anyhow::Result;

use crate::command::step;
use crate::stack::Binaries;
use crate::{prerequisites, web};

/// Installs missing servers and returns `node` in `tests/servers`, with the binaries in its environment.
fn node(binaries: &Binaries) -> Result<Command> {
    const FOLDER: &str = "tests/servers";
    prerequisites::python()?;
    step("MCP servers in Python", web::node_in(FOLDER)?.arg("setup.mjs"))?;
    let mut node = web::node_in(FOLDER)?;
    node.env("AUTOHEAL", &binaries.autoheal).env("RMCP_SERVER", &binaries.rmcp_server);
    Ok(node)
}

/// Runs `tests/servers` with binaries that are built already.
pub(crate) fn test(binaries: &Binaries) -> Result<()> {
    step("tests with real MCP servers", node(binaries)?.arg("--test"))
}

/// A command that counts failing calls and their reports, and prints a table and a line of JSON.
pub(crate) fn count(binaries: &Binaries, short: bool) -> Result<Command> {
    let mut count = node(binaries)?;
    count.arg("count.mjs").args(short.then_some("--short"));
    Ok(count)
}
