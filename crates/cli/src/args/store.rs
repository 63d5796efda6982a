//! The command line of what concerns the store's file: `backup`, `erase`.

use std::net::SocketAddr;
use std::path::PathBuf;

use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::ClientHash;
use clap::Args as ClapArgs;
use clap::builder::{PathBufValueParser, TypedValueParser};
use secrecy::SecretString;

use super::{DEFAULT_LISTEN, values};

pub(super) const STORE_EXAMPLES: &str = "\
Examples:
  autoheal backup /backups/autoheal.db            copy the store; the service may run
  autoheal erase 0123456789abcdef0123456789abcdef delete one failure with its reports (the number is its fingerprint)
  autoheal erase --client 0123456789abcdef        delete what one client sent
";

/// `autoheal backup`.
#[derive(Debug, ClapArgs)]
pub(crate) struct BackupArgs {
    /// New file for the copy; only its owner can read it
    #[arg(value_parser = PathBufValueParser::new().try_map(values::file), value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// SQLite file of the store; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_parser = values::store, value_name = "PATH")]
    pub(crate) store: Option<String>,
}

/// `autoheal erase`.
#[derive(Debug, ClapArgs)]
pub(crate) struct EraseArgs {
    /// Fingerprint of the failure to delete, as the dashboard shows it
    #[arg(value_parser = values::fingerprint, value_name = "FINGERPRINT", required_unless_present = "client")]
    #[arg(conflicts_with = "client")]
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Hash of the client whose reports are deleted: 16 hexadecimal digits
    #[arg(long, value_parser = values::client, value_name = "HASH")]
    pub(crate) client: Option<ClientHash>,
    /// Project of the failure
    #[arg(long, default_value = autoheal_contract::limits::DEFAULT_PROJECT, value_parser = values::project)]
    #[arg(value_name = "NAME")]
    pub(crate) project: String,
    /// Delete without a question
    #[arg(long)]
    pub(crate) yes: bool,
    /// SQLite file of the store; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_parser = values::store, value_name = "PATH")]
    pub(crate) store: Option<String>,
    /// Address of the service, for a store that it uses
    #[arg(long, env = "AUTOHEAL_LISTEN", default_value = DEFAULT_LISTEN, value_parser = values::address)]
    #[arg(value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Operator token of the service
    #[arg(long, env = "AUTOHEAL_OPERATOR_TOKEN", hide_env_values = true, value_parser = values::secret)]
    #[arg(value_name = "TOKEN")]
    pub(crate) operator_token: Option<SecretString>,
}
