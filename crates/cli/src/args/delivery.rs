//! The receiver of failures: the options that `run` and `mcp` share.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use autoheal_deliver::{Destination, REMOTE, Receiver, SourceCodePolicy, default_store, store_file, store_name};
use autoheal_ingest::record_in_own_store;
use autoheal_prepare::KnownSecrets;
use autoheal_prepare::validate::Sender;
use clap::{ArgAction, Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use super::{Scrub, values};

/// The receiver: a service, or this machine's own store.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeliveryArgs {
    /// URL of the service to send failures to; by default, failures are recorded in this machine's own store
    #[arg(long, env = "AUTOHEAL_URL", value_parser = values::service_url, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Sender key for the service at --url
    #[arg(long, env = "AUTOHEAL_KEY", hide_env_values = true, value_parser = values::secret, value_name = "KEY")]
    pub(crate) key: Option<SecretString>,
    /// SQLite file of the own store; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_parser = values::store, value_name = "PATH")]
    pub(crate) store: Option<String>,
    /// Project of the failures; a service at --url takes it as its project key
    #[arg(long, env = "AUTOHEAL_PROJECT", value_parser = values::project, value_name = "PROJECT")]
    pub(crate) project: Option<String>,
    /// The command serves others: its output may hold their text, so its reports are anonymous whatever is trusted, and so
    /// are those of `autoheal run`, `autoheal mcp` and Rust programs within it
    #[arg(long, env = REMOTE, action = ArgAction::Set, num_args = 0..=1, require_equals = true, value_name = "BOOL")]
    #[arg(default_missing_value = "true", default_value = "false", value_parser = values::switch)]
    pub(crate) remote: bool,
    /// Amount of text removed from reports
    #[arg(long, env = "AUTOHEAL_SCRUB", value_enum, default_value_t = Scrub::Standard, value_name = "LEVEL")]
    pub(crate) scrub: Scrub,
    /// When issues show lines of the files in the git checkout around the failure
    #[arg(long, env = "AUTOHEAL_SOURCE_CODE", value_enum, default_value_t = SourceCode::Matching, value_name = "WHEN")]
    pub(crate) source_code: SourceCode,
}

/// When issues show lines of the checkout.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SourceCode {
    /// If its remote is the repository of the issue
    Matching,
    /// In any repository
    Always,
    /// Never
    Never,
}

impl From<SourceCode> for SourceCodePolicy {
    fn from(source_code: SourceCode) -> Self {
        match source_code {
            SourceCode::Matching => Self::Matching,
            SourceCode::Always => Self::Always,
            SourceCode::Never => Self::Never,
        }
    }
}

impl DeliveryArgs {
    /// Sender of the command's failures.
    pub(crate) fn sender(&self) -> Sender {
        if self.remote { Sender::Anonymous } else { Sender::Local }
    }

    /// Hash of the receiver and the project, by which two commands know that their reports go to the same place.
    pub(crate) fn destination_hash(&self) -> u64 {
        let named = |value: &'_ Option<String>| {
            value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let mut hasher = DefaultHasher::new();
        named(&self.project).hash(&mut hasher);
        match named(&self.url) {
            Some(url) => {
                // a service takes the project of a report from its key
                let key = self.key.as_ref().map(|key| key.expose_secret().trim());
                ("service", url.trim_end_matches('/'), key).hash(&mut hasher);
            }
            None => {
                let store = named(&self.store).and_then(|store| store_name(store_file(&store)));
                ("store", store.or_else(default_store)).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Sets the variable that makes the reports of programs within the command anonymous, too.
    pub(crate) fn pass_on(&self, command: &mut Command) {
        if self.remote {
            command.env(REMOTE, "true");
        }
    }
}

impl DeliveryArgs {
    /// The receiver for reports of a command with these secrets.
    pub(crate) fn into_destination(self, known_secrets: KnownSecrets) -> Destination {
        Destination { known_secrets, ..self.into() }
    }
}

impl From<DeliveryArgs> for Destination {
    fn from(options: DeliveryArgs) -> Self {
        let receiver = match options.url {
            Some(url) => Receiver::service(&url, options.key),
            None => Receiver::Store { path: options.store, record: record_in_own_store },
        };
        Self {
            receiver,
            project: options.project,
            scrub: options.scrub.into(),
            known_secrets: KnownSecrets::default(),
            source_code: options.source_code.into(),
        }
    }
}
