//! Tests of the client against the MCP conformance suite.

use anyhow::Result;

use crate::command::step;
use crate::web;

/// Runs `tests/conformance`; the package must be built.
pub(crate) fn run() -> Result<()> {
    step("conformance of the client", web::node_in("tests/conformance")?.arg("--test"))
}
