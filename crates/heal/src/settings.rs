//! The operator's settings: switches, trust, thresholds, budgets. Read once, passed down by value.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_contract::{Class, Json, Source};

use autoheal_prepare::Hex;
use autoheal_prepare::validate::Sender;
use autoheal_store::Sample;
use http::Uri;
use sha2::{Digest, Sha256};

/// The three switches. With all of them off, the dashboard shows previews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Switches {
    /// Create issues (`AUTOHEAL_ISSUE`).
    pub issue: bool,
    /// Open draft pull requests (`AUTOHEAL_PR`).
    pub pull: bool,
    /// Hand over to an agent (`AUTOHEAL_HEAL`).
    pub heal: bool,
}

impl Switches {
    /// True if a switch is on. A draft and a hand-over belong to an issue, so each switch opens issues.
    #[must_use]
    pub fn any(self) -> bool {
        self.issue || self.pull || self.heal
    }
}

/// The sources whose text needs no approval (`AUTOHEAL_TRUST`). None by default, because even the operator's own
/// command may print text of strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trust {
    /// The operator's own commands.
    pub run: bool,
    /// MCP servers the operator wrapped.
    pub mcp: bool,
    /// Browsers: every person who can open the page.
    pub browser: bool,
}

impl Trust {
    /// True if text of this source, from this sender, may reach an agent without a person's approval.
    ///
    /// `source` is a claim, so it counts only from known senders. A browser is never a known sender, so trusting browsers
    /// means trusting everyone who can reach the service.
    #[must_use]
    pub fn covers(self, source: Source, sender: Sender) -> bool {
        let known = sender.is_known();
        match TrustKind::of(source) {
            TrustKind::Run => self.run && known,
            TrustKind::Mcp => self.mcp && known,
            TrustKind::Browser => self.browser,
        }
    }
}

/// The part of [`Trust`] that decides about a source. Groups of one kind are trusted together or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrustKind {
    Run,
    Mcp,
    Browser,
}

impl TrustKind {
    pub(crate) fn of(source: Source) -> Self {
        match source {
            Source::Cli | Source::Rust => Self::Run,
            Source::McpTool | Source::McpResource | Source::McpPrompt | Source::McpProtocol => Self::Mcp,
            Source::JavascriptSdk => Self::Browser,
        }
    }
}

/// Conditions under which several failures share an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundling {
    /// Number of near-duplicates that share one issue; fewer are linked (`AUTOHEAL_RELATED_GROUPS`). Zero for any number.
    pub related: u64,
    /// Number of new failures within [`Bundling::window`] that share one issue (`AUTOHEAL_DIGEST_GROUPS`). Zero for any number.
    pub digest: u64,
    /// Time within which they are new, and longest time that one of them waits for others (`AUTOHEAL_DIGEST_WINDOW`).
    pub window: Duration,
}

impl Default for Bundling {
    fn default() -> Self {
        Self { related: 5, digest: 10, window: Duration::from_secs(5 * 60) }
    }
}

/// Conditions under which a caller error becomes an issue. Nothing in the called program needs a fix, unless many
/// clients cause the same error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerErrors {
    /// Open issues for caller errors at once, as for any failure (`AUTOHEAL_CALLER_ERRORS`).
    pub open: bool,
    /// Else the number of distinct clients of known senders that must have caused it (`AUTOHEAL_CALLER_ERROR_CLIENTS`).
    pub clients: u64,
}

impl Default for CallerErrors {
    fn default() -> Self {
        Self { open: false, clients: 3 }
    }
}

impl CallerErrors {
    /// The reason for holding an issue back, for people.
    pub const REASON: &str = "a caller error opens no issue before AUTOHEAL_CALLER_ERROR_CLIENTS distinct clients of known \
                              senders caused it, unless AUTOHEAL_CALLER_ERRORS is on";

    /// True if a failure of this class, reported by this number of distinct known clients, opens no issue.
    ///
    /// Holds back MCP sources only, because there the class is part of the fingerprint. Elsewhere a stranger's report with
    /// this class could hold back a real failure of the same group.
    #[must_use]
    pub fn hold_back(self, source: Source, class: Option<&str>, clients: u64) -> bool {
        source.is_mcp()
            && class.and_then(Class::parse) == Some(Class::CallerError)
            && !self.open
            && clients < self.clients
    }
}

/// Host of the remotes on github.com.
const GITHUB: &str = "github.com";

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The host of its remotes.
    pub host: String,
    /// The owner.
    pub owner: String,
    /// The name.
    pub name: String,
}

impl Repository {
    /// Reads `owner/name` of a repository on github.com.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.trim().split_once('/')?;
        let fits = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.len() <= 100 && part.chars().all(allowed) && part != "." && part != ".."
        };
        let is_owner = fits(owner) && !owner.starts_with(['-', '.']) && !owner.ends_with(['-', '.']);
        // GitHub allows no name with this ending, which is that of a URL.
        let is_name = fits(name) && !name.to_ascii_lowercase().ends_with(".git");
        (is_owner && is_name).then(|| Self { host: GITHUB.to_owned(), owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The same `owner/name` on the GitHub that has its API at this URL. A stand-in on this machine counts as github.com.
    #[must_use]
    pub fn at_api(self, url: &str) -> Self {
        let url: Uri = url.trim().parse().unwrap_or_default();
        let host = url.host().unwrap_or_default().to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_stand_in = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        let host = match host.strip_prefix("api.") {
            _ if is_stand_in => GITHUB.to_owned(),
            Some(rest) if rest == GITHUB || rest.ends_with(".ghe.com") => rest.to_owned(),
            _ => host,
        };
        Self { host, ..self }
    }

    /// True if the remote of a checkout, `host/owner/name`, is this repository.
    #[must_use]
    pub fn is_remote(&self, remote: &str) -> bool {
        remote.eq_ignore_ascii_case(&format!("{}/{}", self.host, self.full_name()))
    }

    /// True if the failure belongs to another repository: the report names the repositories in which the program ran, and
    /// none of them is this one or, by its name, a fork of it.
    #[must_use]
    pub fn is_other(&self, sample: &Sample) -> bool {
        let system = sample.report.system.as_ref();
        let Some(Json::Array(named)) = system.and_then(|system| system.get("repositories")) else { return false };
        let mut named = named.iter().filter_map(Json::as_str).filter_map(Self::parse).peekable();
        named.peek().is_some() && named.all(|named| !named.name.eq_ignore_ascii_case(&self.name))
    }

    /// `owner/name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// When an issue holds text of a report (`AUTOHEAL_ISSUE_TEXT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssueTextPolicy {
    /// From the start.
    #[default]
    Full,
    /// After a person with write access set the approval label. Before that, the issue holds only facts from closed sets
    /// and a link, because other automations may read new issues too. Text of trusted sources needs no approval.
    AfterApproval,
}

/// Settings of the worker and of `decide`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The switches.
    pub switches: Switches,
    /// The project whose groups are worked on. Groups of other projects never reach this repository.
    pub project: String,
    /// The repository for issues and drafts.
    pub repository: Repository,
    /// The agent's login for assigning, such as `copilot-swe-agent[bot]`.
    pub agent: String,
    /// The sources that skip approval.
    pub trust: Trust,
    /// When an issue holds text of a report.
    pub issue_text: IssueTextPolicy,
    /// Base URL at which other machines reach the dashboard, for the link in an issue without text of the report.
    pub dashboard: Option<String>,
    /// Minimum number of occurrences of a failure, reported by known senders, for an issue.
    pub min_occurrences: u64,
    /// Conditions under which caller errors become issues.
    pub caller_errors: CallerErrors,
    /// Conditions under which several failures share an issue.
    pub bundling: Bundling,
    /// Shortest time between two updates of the counts on an issue.
    pub bundle_interval: Duration,
    /// Shortest time between two writes.
    pub pace: Duration,
    /// Longest lag of GitHub's lists behind a write.
    pub lag_bound: Duration,
    /// Time between two checks of the gate.
    pub poll_interval: Duration,
    /// Maximum number of new issues per hour.
    pub issues_per_hour: u64,
    /// Maximum number of hand-overs per day.
    pub hand_overs_per_day: u64,
    /// Maximum number of hand-overs whose issue is open.
    pub open_hand_overs: u64,
    /// The kill switch: no write is sent to GitHub while this file exists.
    pub stop_file: Option<PathBuf>,
}

impl Settings {
    /// The defaults for a repository.
    #[must_use]
    pub fn new(switches: Switches, repository: Repository) -> Self {
        Self {
            switches,
            project: DEFAULT_PROJECT.to_owned(),
            repository,
            issue_text: IssueTextPolicy::default(),
            dashboard: None,
            agent: "copilot-swe-agent[bot]".to_owned(),
            trust: Trust::default(),
            min_occurrences: 1,
            caller_errors: CallerErrors::default(),
            bundling: Bundling::default(),
            bundle_interval: Duration::from_secs(15 * 60),
            pace: Duration::from_secs(1),
            lag_bound: Duration::from_secs(120),
            poll_interval: Duration::from_secs(30),
            issues_per_hour: 30,
            hand_overs_per_day: 10,
            open_hand_overs: 5,
            stop_file: None,
        }
    }
}

impl Settings {
    /// Hash of the settings that decisions depend on. If it differs from the last run, every group is decided anew.
    #[must_use]
    pub fn decision_hash(&self) -> String {
        let Self { switches, repository, agent, trust, issue_text, min_occurrences, caller_errors, bundling, .. } =
            self;
        let text =
            format!("{:?}", (switches, repository, agent, trust, issue_text, min_occurrences, caller_errors, bundling));
        Hex(&Sha256::digest(text)[..16]).to_string()
    }
}

#[cfg(test)]
mod tests {
    use autoheal_contract::ErrorReport;
    use autoheal_prepare::Timestamp;

    use autoheal_store::SampleId;

    use super::*;

    #[test]
    fn repositories_are_owner_and_name() {
        assert!(Repository::parse("acme/shop").is_some());
        for wrong in
            ["acme", "acme/", "/shop", "a/b/c", "a b/c", "../..", "acme/shop?x", "acme/shop.git", "-a/b", ".a/b"]
        {
            assert_eq!(Repository::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn remotes_are_compared_by_host_and_whole_path() {
        for (api, remote, expected) in [
            ("https://api.github.com", "github.com/Acme/shop", true),
            ("https://api.github.com/", "gitlab.internal/acme/shop", false),
            ("https://api.github.com", "github.com/group/acme/shop", false),
            ("https://api.github.com", "github.com-work/acme/shop", false),
            ("https://api.github.com", "acme/shop", false),
            ("https://github.example:8443/api/v3", "github.example/acme/shop", true),
            ("https://github.example/api/v3", "github.com/acme/shop", false),
            ("https://api.acme.ghe.com", "acme.ghe.com/acme/shop", true),
            ("http://127.0.0.1:9000", "github.com/acme/shop", true),
            ("http://[::1]:9000", "github.com/acme/shop", true),
            ("http://localhost:9000", "gitlab.internal/acme/shop", false),
        ] {
            let shop = Repository::parse("acme/shop").unwrap().at_api(api);
            assert_eq!(shop.is_remote(remote), expected, "{api} {remote}");
        }
    }

    #[test]
    fn a_failure_of_another_repository_is_recognised_by_the_remotes() {
        let shop = Repository::parse("acme/shop").unwrap();
        let check = |system: &str, expected: bool| {
            let report = ErrorReport { system: serde_json::from_str(system).unwrap(), ..ErrorReport::default() };
            let sample = Sample {
                id: SampleId::default(),
                client: None,
                report,
                frames: Vec::new(),
                mapped: false,
                code: Vec::new(),
                normalised_message: String::new(),
                parts: Vec::new(),
                marks: Vec::new(),
                sender: Sender::Local,
                received_at: Timestamp(0),
            };
            assert_eq!(shop.is_other(&sample), expected, "{system}");
        };
        check(r#"{"repositories":["big-bank/limits"]}"#, true);
        check(r#"{"repositories":["acme/web"]}"#, true);
        check(r#"{"repositories":["acme/web","Acme/Shop"]}"#, false);
        check(r#"{"repositories":["ada/shop"]}"#, false);
        for unknown in
            ["null", "{}", r#"{"repositories":[]}"#, r#"{"repositories":"acme/web"}"#, r#"{"repositories":[7]}"#]
        {
            check(unknown, false);
        }
    }

    #[test]
    fn a_claimed_source_raises_no_trust() {
        let trust = Trust { run: true, mcp: true, browser: false };
        assert!(!trust.covers(Source::Cli, Sender::Anonymous));
        assert!(!trust.covers(Source::McpTool, Sender::Anonymous));
        assert!(trust.covers(Source::Cli, Sender::Keyed));
        assert!(!Trust::default().covers(Source::McpTool, Sender::Keyed));
        assert!(!trust.covers(Source::JavascriptSdk, Sender::Keyed));
    }
}
