//! `cargo xtask demo`: everything on this machine, and where to click.

use std::net::TcpListener;

use anyhow::Result;

use crate::stack::{Stack, build_binaries};
use crate::{prerequisites, root, web};

/// The address people remember; another free one when it is taken.
const ADDRESS: &str = "127.0.0.1:8787";

/// Builds, starts and waits for Ctrl-C.
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
     as a group on the dashboard, with its stack and what was sent.
  3. Approve  {github}/
     This is a STAND-IN for GitHub on this machine, not GitHub: it shows the issue and the
     draft pull request that autoheal opened. Press \"approve\" on the issue, and see the
     coding agent being asked to work on it.

All three switches are on (issue, draft pull request, agent), against the stand-in only.
Ctrl-C ends everything."
    );
    stack.wait()
}
