//! `cargo xtask demo`: runs everything on this machine and prints the addresses to open.

use std::net::TcpListener;

use anyhow::Result;

use crate::stack::{Stack, build_binaries};
use crate::{prerequisites, root, web};

/// The documented address. If it is taken, the service listens on a free port.
const ADDRESS: &str = "127.0.0.1:8787";

/// Builds and starts the demo, then waits for Ctrl-C.
pub(crate) fn run() -> Result<()> {
    prerequisites::require_node()?;
    web::build(&root())?;
    let binaries = build_binaries("dev")?;
    let free = TcpListener::bind(ADDRESS).is_ok();
    let mut stack = Stack::start(&binaries, if free { ADDRESS } else { "127.0.0.1:0" })?;
    let Stack { service, github, .. } = &stack;
    println!(
        "
The demo is running.

  1. Open     {service}/app/demo.html?github={github}
     and click a button that fails.
  2. See it   {service}/
     as a group on the dashboard, with its stack and its request.
  3. Approve  {github}/
     This is a STAND-IN for GitHub on this machine, not GitHub: it shows the issue and the
     draft pull request that autoheal opened. Press \"approve\" on the issue: autoheal then
     asks the coding agent to work on it.

All three switches are on (issue, draft pull request, agent), against the stand-in only.
Press Ctrl-C to stop everything."
    );
    stack.wait()
}
