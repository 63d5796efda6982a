//! What `serve` goes by: read once, checked once, passed down by value.

use std::path::PathBuf;

use autoheal_heal::settings::CallerErrors;
use autoheal_prepare::ScrubLevel;
use secrecy::SecretString;

use autoheal_gateway::{Origin, Upstream};

/// The service's configuration. Every field has a flag and a variable of the command line.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where browsers reach this service, when not at its own Host (`AUTOHEAL_PUBLIC_URL`).
    pub public_url: Option<Origin>,
    /// Origins of other sites whose pages may send (`AUTOHEAL_ALLOW_ORIGIN`).
    pub allow_origin: Vec<Origin>,
    /// Public keys and the projects they route to; without one, everything belongs to `default`.
    pub project_keys: Vec<ProjectKey>,
    /// Keys that raise trust; never in a browser (`AUTOHEAL_KEY`).
    pub sender_keys: Vec<SecretString>,
    /// Shows who the operator is from elsewhere than this machine (`AUTOHEAL_OPERATOR_TOKEN`).
    pub operator_token: Option<SecretString>,
    /// Reports a minute from one client; 0 turns the limit off.
    pub rate_limit: u32,
    /// Whether the last address of `X-Forwarded-For` is the client: only behind a proxy that sets it.
    pub trust_proxy: bool,
    /// The MCP server behind `/jsonrpc`.
    pub upstream: Option<Upstream>,
    /// Where what is learnt of it is kept for the next start, beside the store.
    pub data_dir: Option<PathBuf>,
    /// Files served at `/app/`.
    pub static_dir: Option<PathBuf>,
    /// How much is scrubbed.
    pub scrub: ScrubLevel,
    /// Whether any switch is on; off means preview.
    pub sends: bool,
    /// When callers' mistakes become issues, to show which of them do not.
    pub caller_errors: CallerErrors,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            allow_origin: Vec::new(),
            project_keys: Vec::new(),
            sender_keys: Vec::new(),
            operator_token: None,
            rate_limit: 600,
            trust_proxy: false,
            upstream: None,
            data_dir: None,
            static_dir: None,
            scrub: ScrubLevel::Standard,
            sends: false,
            caller_errors: CallerErrors::default(),
        }
    }
}

/// A public key, `KEY=PROJECT` on the command line: it routes, and grants nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectKey {
    /// What senders put into `?key=`.
    pub key: String,
    /// The project their reports belong to.
    pub project: String,
}

impl ProjectKey {
    /// Reads `KEY=PROJECT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (key, project) = text.split_once('=')?;
        let named = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.len() <= 100 && part.chars().all(allowed)
        };
        (named(key) && named(project)).then(|| Self { key: key.to_owned(), project: project.to_owned() })
    }
}
