//! `Destination`: the receiver of a program's reports, and the level at which they are scrubbed.

use std::time::Instant;

use autoheal_scrub::{KnownSecrets, Level};
use secrecy::{ExposeSecret, SecretString};

use crate::known_secrets::known_secrets;
use crate::place::{store_file, store_name, variable};
use crate::source_code::SourceCodePolicy;
use crate::spool::{Recipient, SpooledReport};

/// Receiver of a program's reports, and the level at which they are scrubbed.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Receiver of the reports.
    pub receiver: Receiver,
    /// Project of the reports; none for the default project. A service takes it as the project key.
    pub project: Option<String>,
    /// Level of the scrubbing, which comes before a report reaches any disk.
    pub scrub: Level,
    /// Secrets of the program's command and variables, which are masked wherever a report has them.
    pub known_secrets: KnownSecrets,
    /// When reports hold lines of the working tree.
    pub source_code: SourceCodePolicy,
}

/// Receiver of reports.
#[derive(Debug, Clone)]
pub enum Receiver {
    /// A service, over HTTP.
    Service {
        /// Its base URL, such as `https://errors.example`.
        url: String,
        /// The sender key; without one, reports are anonymous.
        key: Option<SecretString>,
    },
    /// A store on this machine.
    Store {
        /// The store's file; none for the store in the user's data directory.
        path: Option<String>,
        /// Function that records reports in this store.
        record: Record,
    },
    /// No receiver: reports stay in the spool until `autoheal` takes them into the store.
    Spool {
        /// The store's file; none for the store in the user's data directory.
        path: Option<String>,
    },
}

/// Function that records spooled reports in the store at this path, before this instant. Returns the occurrences so far
/// of each report's failure, in the order of the reports; none for a report that the store did not take.
///
/// The caller provides the function, because a program that only captures its panics should not compile a database.
pub type Record = fn(Option<&str>, &[SpooledReport], Level, Instant) -> Result<Vec<Option<u64>>, Refusal>;

/// Reason why no report was taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another process has the store open. It takes the reports from the spool itself.
    #[error("the store is in use")]
    StoreInUse,
    /// Any other reason, with a sentence for people.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl Refusal {
    /// A failure with this cause.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

/// Variable that makes the reports of programs anonymous. `run --remote` and `mcp --remote` set it for their command.
pub const REMOTE: &str = "AUTOHEAL_REMOTE";

/// True if [`REMOTE`] is set. A value that is not known counts as set, because that only asks for an approval.
#[must_use]
pub fn is_remote() -> bool {
    let is_off = |value: &str| matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no");
    variable(REMOTE).is_some_and(|value| !is_off(&value))
}

impl Destination {
    /// The receiver for reports of this program: the service at `AUTOHEAL_URL` with the key `AUTOHEAL_KEY`, else the spool for
    /// the store `AUTOHEAL_STORE`, with the project `AUTOHEAL_PROJECT`, the scrub level of `AUTOHEAL_SCRUB` and the policy of
    /// `AUTOHEAL_SOURCE_CODE`. A blank variable counts as unset. The program's arguments and variables name its secrets.
    #[must_use]
    pub fn from_environment() -> Self {
        let receiver = match variable("AUTOHEAL_URL") {
            Some(url) => Receiver::service(&url, variable("AUTOHEAL_KEY").map(Into::into)),
            None => Receiver::Spool { path: variable("AUTOHEAL_STORE") },
        };
        let scrub = match variable("AUTOHEAL_SCRUB").as_deref().map(str::trim) {
            None | Some("standard") => Level::Standard,
            // unknown value: use the strict level
            Some(_) => Level::Strict,
        };
        let source_code = match variable("AUTOHEAL_SOURCE_CODE").as_deref().map(str::trim) {
            None | Some("matching") => SourceCodePolicy::Matching,
            Some("always") => SourceCodePolicy::Always,
            // unknown value: show none
            Some(_) => SourceCodePolicy::Never,
        };
        Self {
            receiver,
            project: variable("AUTOHEAL_PROJECT"),
            scrub,
            known_secrets: known_secrets(&std::env::args_os().collect::<Vec<_>>()),
            source_code,
        }
    }

    /// The receiver and the project, for the spool.
    pub(crate) fn recipient(&self) -> Recipient {
        let project = self.project.as_deref().map(str::trim).filter(|project| !project.is_empty()).map(str::to_owned);
        let store = match &self.receiver {
            Receiver::Service { .. } => None,
            Receiver::Store { path, .. } | Receiver::Spool { path } => {
                let path = path.as_deref().filter(|path| !path.trim().is_empty());
                path.and_then(|path| store_name(store_file(path)))
            }
        };
        Recipient { url: self.receiver.url().map(str::to_owned), store, project }
    }
}

impl Receiver {
    /// The service at this URL. An empty key counts as none, because every sender would know it. Of several keys, separated
    /// by commas or blanks as in the service's own `AUTOHEAL_KEY`, the first is sent.
    #[must_use]
    pub fn service(url: &str, key: Option<SecretString>) -> Self {
        let keys = key.as_ref().map(|key| key.expose_secret()).unwrap_or_default();
        let key = keys.split([',', ' ', '\t', '\n', '\r']).find(|key| !key.is_empty()).map(SecretString::from);
        Self::Service { url: url.trim().to_owned(), key }
    }

    /// The service's URL; none for a store and for the spool.
    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Self::Service { url, .. } => Some(url),
            Self::Store { .. } | Self::Spool { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_keys_is_sent() {
        for (keys, first) in [
            ("made-up-1", Some("made-up-1")),
            (" made-up-1, made-up-2", Some("made-up-1")),
            (",made-up-2", Some("made-up-2")),
            (" , ", None),
            ("", None),
        ] {
            let receiver = Receiver::service("https://errors.example", Some(keys.to_owned().into()));
            let Receiver::Service { key, .. } = receiver else { panic!("a service has a URL") };
            assert_eq!(key.as_ref().map(|key| key.expose_secret()), first, "{keys:?}");
        }
    }
}
