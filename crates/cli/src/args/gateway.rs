//! The command line of `autoheal mcp --http`.

use std::net::SocketAddr;

use clap::Args;

use super::address;

/// `autoheal mcp --http`: what differs from a server on pipes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP")]
pub(crate) struct HttpArgs {
    /// Stand in front of a server at a URL, which takes the place of CMD, instead of starting one. Every path is the
    /// server's own, and / leads to the path of the URL
    #[arg(long)]
    pub(crate) http: bool,
    /// Address to listen on, for --http
    #[arg(long, requires = "http", default_value = "127.0.0.1:8790", value_parser = address, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Origins whose pages may use the server from a browser, separated by commas; pages of others are refused then, and
    /// what the server itself says of origins is replaced. By default nothing is added and the server judges
    #[arg(long, requires = "http", value_delimiter = ',', value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
}
