//! The command line of `autoheal mcp --http`.

use std::net::SocketAddr;

use autoheal_gateway::Origin;
use clap::{ArgAction, Args};

use super::values;

/// Options of `autoheal mcp` for a server over HTTP.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP")]
pub(crate) struct HttpArgs {
    /// Relay to a server at a URL, given in place of CMD, instead of starting one. Each path leads to the same path of the
    /// server; / leads to the path of the URL
    #[arg(long)]
    pub(crate) http: bool,
    /// Address to listen on, for --http
    #[arg(long, requires = "http", default_value = "127.0.0.1:8790", value_parser = values::address)]
    #[arg(value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Origins whose pages may use the server from a browser, separated by commas. Pages of other origins are then refused,
    /// and the server's own CORS headers are replaced. By default the server's own rules apply
    #[arg(long, requires = "http", value_delimiter = ',', value_name = "ORIGIN")]
    #[arg(value_parser = |text: &str| values::entry(text, values::origin))]
    pub(crate) allow_origin: Vec<Option<Origin>>,
    /// Read a caller's address from the last X-Forwarded-For, with --http; only behind a proxy that sets it
    #[arg(long, env = "AUTOHEAL_TRUST_PROXY", action = ArgAction::Set, num_args = 0..=1)]
    #[arg(default_missing_value = "true", default_value = "false", require_equals = true)]
    #[arg(value_parser = values::switch, value_name = "BOOL")]
    pub(crate) trust_proxy: bool,
}
