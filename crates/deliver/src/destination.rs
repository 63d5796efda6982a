//! `Destination`: where a program's reports go, and how much is removed from them before they reach any disk.

use std::time::Instant;

use autoheal_scrub::Level;
use secrecy::{ExposeSecret, SecretString};

use crate::place::variable;
use crate::spool::SpooledReport;

/// Receiver of reports, and the scrubbing before they reach any disk.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Receiver of the reports.
    pub receiver: Receiver,
    /// How much is removed from reports before they reach any disk.
    pub scrub: Level,
}

/// Receiver of reports.
#[derive(Debug, Clone)]
pub enum Receiver {
    /// A service, over HTTP.
    Service {
        /// Its base URL, such as `https://errors.example`.
        url: String,
        /// Its sender key; none sends anonymously.
        key: Option<SecretString>,
    },
    /// A store on this machine.
    Store {
        /// The store's file; none for the one in the user's data directory.
        path: Option<String>,
        /// Records reports in that store.
        record: Record,
    },
    /// No receiver: reports stay in the spool until `autoheal` takes them into its store.
    Spool,
}

/// Records spooled reports in the store at this path, by this instant. Returns how often the failure of each report has
/// occurred so far, in the order of the reports; none for a report that the store did not take.
///
/// A function that the caller brings, because a program that only captures its panics should not compile a database.
pub type Record = fn(Option<&str>, &[SpooledReport], Level, Instant) -> Result<Vec<Option<u64>>, Refusal>;

/// Reason why no report was taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another process has the store open; it takes in the spool itself.
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

impl Destination {
    /// The service at `AUTOHEAL_URL` with the key `AUTOHEAL_KEY`, else the spool; scrubbed by `AUTOHEAL_SCRUB`. A variable
    /// set to the empty string counts as unset.
    #[must_use]
    pub fn from_environment() -> Self {
        let receiver = match variable("AUTOHEAL_URL") {
            Some(url) => Receiver::service(&url, variable("AUTOHEAL_KEY").map(Into::into)),
            None => Receiver::Spool,
        };
        let scrub = match variable("AUTOHEAL_SCRUB").as_deref().map(str::trim) {
            None | Some("standard") => Level::Standard,
            // unknown value: use the strict level
            Some(_) => Level::Strict,
        };
        Self { receiver, scrub }
    }
}

impl Receiver {
    /// The service at this URL. An empty key counts as none, because every sender would know it.
    #[must_use]
    pub fn service(url: &str, key: Option<SecretString>) -> Self {
        let key = key.filter(|key| !key.expose_secret().trim().is_empty());
        Self::Service { url: url.trim().to_owned(), key }
    }

    /// The service's URL; none for a store and for the spool.
    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Self::Service { url, .. } => Some(url),
            Self::Store { .. } | Self::Spool => None,
        }
    }
}
