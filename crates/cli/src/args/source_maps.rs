//! The command line of `autoheal sourcemaps`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::values;

pub(super) const EXAMPLES: &str = "\
Examples:
  autoheal sourcemaps upload dist --release 1.4.2
                                                  upload the maps of all bundles below dist, which are served at /
  autoheal sourcemaps upload dist --release \"$(git rev-parse HEAD)\" --url-prefix https://cdn.example/shop/
                                                  with a commit as the release, issues link to the code
  autoheal sourcemaps upload dist --release 1.4.2 --dry-run
                                                  show what would be uploaded; change nothing

Upload the files that are served: each gets a comment with its debug id, unless --no-inject is given. The service takes
maps only with a sender key (AUTOHEAL_KEY). Maps that are there already are skipped, so a second run resumes.
";

/// `autoheal sourcemaps`.
#[derive(Debug, Args)]
pub(crate) struct SourceMapsArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: SourceMapsCommand,
}

/// Commands of `autoheal sourcemaps`.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceMapsCommand {
    /// Upload the source maps of a directory to a service
    #[command(before_help = EXAMPLES)]
    Upload(Box<UploadArgs>),
}

/// `autoheal sourcemaps upload`.
#[derive(Debug, Args)]
pub(crate) struct UploadArgs {
    /// Directory with the bundles and their maps
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Release that the reports name, such as a version or a commit
    #[arg(long, env = "AUTOHEAL_RELEASE", value_parser = values::release, value_name = "RELEASE")]
    pub(crate) release: String,
    /// URL at which the directory is served; ~/ stands for any host
    #[arg(long, default_value = "~/", value_parser = values::url_prefix, value_name = "URL")]
    pub(crate) url_prefix: String,
    /// URL of the service
    #[arg(long, env = "AUTOHEAL_URL", default_value = "http://127.0.0.1:8787")]
    #[arg(value_parser = values::service_url, value_name = "URL")]
    pub(crate) url: String,
    /// Sender key of the service
    #[arg(long, env = "AUTOHEAL_KEY", hide_env_values = true, value_parser = values::secret, value_name = "KEY")]
    pub(crate) key: Option<SecretString>,
    /// Project of the reports, as its project key
    #[arg(long, env = "AUTOHEAL_PROJECT", value_parser = values::project, value_name = "PROJECT")]
    pub(crate) project: Option<String>,
    /// Leave the files as they are; maps are then found by release and URL alone
    #[arg(long)]
    pub(crate) no_inject: bool,
    /// Show what would be uploaded; change and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
