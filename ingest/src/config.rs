//! `Config`: the configuration of the service, validated once at the start.

use std::path::PathBuf;
use std::sync::Arc;

use autoheal_gateway::{Origin, Upstream};
use autoheal_heal::settings::{CallerErrors, Repository};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::rules::Rules;
use secrecy::SecretString;

use crate::source_maps::LookupBuilder;

/// The configuration of the service. The command line has a flag and an environment variable for each field.
#[derive(Debug, Clone)]
pub struct Config {
    /// Origin under which browsers reach this service, if it differs from the `Host` they send (`AUTOHEAL_PUBLIC_URL`).
    pub public_url: Option<Origin>,
    /// Other origins whose pages may send (`AUTOHEAL_ALLOW_ORIGIN`).
    pub allow_origin: Vec<Origin>,
    /// Public keys and their projects. Reports without a key belong to the default project.
    pub project_keys: Vec<ProjectKey>,
    /// Secret keys of trusted senders. They must not be used in a browser (`AUTOHEAL_KEY`).
    pub sender_keys: Vec<SecretString>,
    /// Secrets that give access to the operator's routes (`AUTOHEAL_OPERATOR_TOKEN`). With any, the routes are closed to
    /// this machine too. Several are valid at once, so that one can be replaced by another.
    pub operator_tokens: Vec<SecretString>,
    /// Limits for unknown senders.
    pub rate_limits: RateLimits,
    /// Uses the last address of `X-Forwarded-For` as the client's address. Safe only behind a proxy that sets the
    /// header.
    pub trust_proxy: bool,
    /// Maximum number of open connections.
    pub max_connections: usize,
    /// The MCP server behind `/jsonrpc`.
    pub upstream: Option<Upstream>,
    /// Whether text that begins like an error is a failure of its tool, behind `/jsonrpc`.
    pub soft_errors: bool,
    /// The file of the store.
    pub store_file: Option<PathBuf>,
    /// The directory of the store. The inventory file of the MCP server is there, too.
    pub data_dir: Option<PathBuf>,
    /// Directory of the files served at `/app/`.
    pub static_dir: Option<PathBuf>,
    /// The level of scrubbing.
    pub scrub: ScrubLevel,
    /// The operator's rules for frames and groups.
    pub rules: Arc<Rules>,
    /// Projects whose issues are sent to GitHub, each with its repository. For others, the dashboard shows previews.
    pub sending_projects: Vec<(String, Repository)>,
    /// Maximum size of the source maps that are open at a time, in bytes (`AUTOHEAL_SOURCE_MAP_MEMORY`).
    pub source_map_memory: u64,
    /// Builds the lookup forms of source maps.
    pub lookup_builder: LookupBuilder,
    /// The rule for caller errors, so that the dashboard shows the groups that open no issue.
    pub caller_errors: CallerErrors,
}

/// Limits for unknown senders. 0 turns a limit off. Larger limits for all clients together follow from these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Reports per minute from one client (`AUTOHEAL_RATE_LIMIT`).
    pub reports_per_minute: u32,
    /// New groups per hour from one client (`AUTOHEAL_NEW_GROUPS`).
    pub new_groups_per_hour: u32,
}

impl RateLimits {
    /// New groups per hour from one client, by default.
    pub const NEW_GROUPS: u32 = 30;
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { reports_per_minute: 600, new_groups_per_hour: Self::NEW_GROUPS }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            allow_origin: Vec::new(),
            project_keys: Vec::new(),
            sender_keys: Vec::new(),
            operator_tokens: Vec::new(),
            rate_limits: RateLimits::default(),
            max_connections: 1_024,
            trust_proxy: false,
            upstream: None,
            soft_errors: false,
            store_file: None,
            data_dir: None,
            static_dir: None,
            scrub: ScrubLevel::Standard,
            rules: Arc::default(),
            sending_projects: Vec::new(),
            source_map_memory: 256 * 1024 * 1024,
            lookup_builder: LookupBuilder::default(),
            caller_errors: CallerErrors::default(),
        }
    }
}

impl Config {
    /// True if issues of this project are sent to GitHub.
    #[must_use]
    pub fn sends_to_github(&self, project: &str) -> bool {
        self.repository(project).is_some()
    }

    /// The repository for the issues of this project; none if they are not sent to GitHub.
    #[must_use]
    pub fn repository(&self, project: &str) -> Option<&Repository> {
        self.sending_projects.iter().find(|(sending, _)| sending == project).map(|(_, repository)| repository)
    }
}

/// A public key and its project, `KEY=PROJECT` on the command line. The key grants no rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectKey {
    /// The value of the query parameter `key`.
    pub key: String,
    /// The project of reports with this key.
    pub project: String,
}

impl ProjectKey {
    /// Parses `KEY=PROJECT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (key, project) = text.split_once('=')?;
        let is_name = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.len() <= 100 && part.chars().all(allowed)
        };
        (is_name(key) && is_name(project)).then(|| Self { key: key.to_owned(), project: project.to_owned() })
    }
}
