//! The command line of `autoheal mcp`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::values::{self, CENTURY, MIN_CALL, zero_or};
use super::{DeliveryArgs, HttpArgs};

pub(super) const USAGE: &str = "autoheal mcp [OPTIONS] -- <CMD>...\n       autoheal mcp --http [OPTIONS] -- <URL>";
pub(super) const EXAMPLES: &str = r#"Examples:
  autoheal mcp -- npx -y @modelcontextprotocol/server-filesystem .
                                                  run the server as usual; record its failures
  autoheal mcp --timeout 10m -- python3 server.py
                                                  allow calls ten minutes without a response or progress
  autoheal mcp --http --listen 127.0.0.1:8790 -- http://127.0.0.1:3001/mcp
                                                  relay to a server over HTTP

In an MCP client's configuration, put autoheal before the server's own command:
  {"command": "autoheal", "args": ["mcp", "--", "npx", "-y", "@modelcontextprotocol/server-filesystem", "."]}

Every byte passes unchanged in both directions, and so do signals, the end of input and the exit code. Failures (of a
tool, a resource or a prompt, a call without a response, a server that exits during a call) are sent to AUTOHEAL_URL,
else recorded in the store that `autoheal serve` shows. Standard output carries the server's output only. The first
failure prints one line to standard error, which clients keep as the server's log.
"#;

/// `autoheal mcp`.
#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Receiver of failures
    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
    /// Time without a response or progress after which a call counts as failed if it ends without a response, or is still open
    /// after ten times as long; 0s for no limit
    #[arg(long, default_value = "2m", value_parser = zero_or::<MIN_CALL, CENTURY>, value_name = "TIME")]
    pub(crate) timeout: Duration,
    /// The same for the handshake
    #[arg(long, default_value = "60s", value_parser = zero_or::<MIN_CALL, CENTURY>, value_name = "TIME")]
    pub(crate) handshake: Duration,
    /// Record a tool's result as a failure if its text begins like an error ("Error: ", "Database error: "), although the
    /// result says that it is none. Such failures open issues under the same conditions as bad arguments do
    #[arg(long, env = "AUTOHEAL_SOFT_ERRORS", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value = "false", value_parser = values::switch, value_name = "BOOL")]
    pub(crate) soft_errors: bool,
    /// Set COLUMNS=400 and NO_COLOR=1 and unset FORCE_COLOR in the server's environment, so that the boxes that some
    /// Python servers draw around their tracebacks do not break paths
    #[arg(long)]
    pub(crate) wide_logs: bool,
    /// Options for a server over HTTP
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// The server's command and its arguments; with --http, its URL
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD", help_heading = None::<&str>)]
    pub(crate) command: Vec<OsString>,
}
