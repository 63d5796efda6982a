//! The command line of `autoheal mcp`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::{DeliveryArgs, HttpArgs, duration};

pub(super) const USAGE: &str = "autoheal mcp [OPTIONS] -- <CMD>...\n       autoheal mcp --http [OPTIONS] -- <URL>";
pub(super) const EXAMPLES: &str = r#"Examples:
  autoheal mcp -- npx -y @modelcontextprotocol/server-filesystem .
                                                  the server as it is; what fails in it is recorded
  autoheal mcp --timeout 10m -- python3 server.py
                                                  calls that may take ten minutes without a word
  autoheal mcp --http --listen 127.0.0.1:8790 -- http://127.0.0.1:3001/mcp
                                                  in front of a server that speaks HTTP

In an MCP client's configuration, put autoheal before the server's own command:
  {"command": "autoheal", "args": ["mcp", "--", "npx", "-y", "@modelcontextprotocol/server-filesystem", "."]}

Every byte passes unchanged in both directions, and so do signals, the end of input and the exit code. What fails on the
way (a tool, a resource, a prompt, a call without an answer, a server that ends in the middle of one) goes to
AUTOHEAL_URL, else into the store that `autoheal serve` shows. Nothing of ours is ever printed to standard output; one line
on standard error, which clients keep as the server's log, tells where the first failure went.
"#;

/// `autoheal mcp`.
#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Where failures go
    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
    /// A call without an answer, or a word of progress, for this long has failed; 0s for never
    #[arg(long, default_value = "2m", value_parser = duration, value_name = "TIME")]
    pub(crate) timeout: Duration,
    /// A handshake that takes longer than this has failed; 0s for never
    #[arg(long, default_value = "60s", value_parser = duration, value_name = "TIME")]
    pub(crate) handshake: Duration,
    /// Set COLUMNS=400 and NO_COLOR=1, and unset FORCE_COLOR, in the server's environment, so that the boxes some
    /// Python servers draw around their tracebacks do not break paths in the middle
    #[arg(long)]
    pub(crate) wide_logs: bool,
    /// In front of a server that speaks HTTP
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// The server's command and its arguments; with --http, its URL
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD", help_heading = None::<&str>)]
    pub(crate) command: Vec<OsString>,
}
