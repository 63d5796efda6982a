//! Settings of the service and the worker, from flags and variables. Refuses impossible combinations.

mod secrets;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use autoheal_gateway::Upstream;
use autoheal_heal::settings::{Bundling, CallerErrors, IssueTextPolicy, Repository, Settings, Switches, Trust};
use autoheal_ingest::{Config, LookupBuilder, RateLimits};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::rules::Rules;
use secrecy::SecretString;

use crate::args::values::{self, Secrets, TrustedSource, is_own_address};
use autoheal_store::RaiseRules;

use crate::args::{HealingArgs, IssueText, RaiseArgs, Scrub, ServeArgs};

/// A duration that stands for no limit.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl From<Scrub> for ScrubLevel {
    fn from(scrub: Scrub) -> Self {
        match scrub {
            Scrub::Standard => Self::Standard,
            Scrub::Strict => Self::Strict,
        }
    }
}

/// Settings of the HTTP service.
pub(crate) fn service(options: &ServeArgs, sending_projects: Vec<(String, Repository)>) -> Result<Config> {
    let sender_keys: Vec<SecretString> = all(&options.sender_key);
    let operator_tokens: Vec<SecretString> = all(&options.operator_token);
    secrets::check(options, &sender_keys, &operator_tokens)?;
    if let Some(upstream) = options.upstream.as_ref().filter(|upstream| is_own_address(upstream, options.listen)) {
        bail!(
            "AUTOHEAL_UPSTREAM: {} is this service's own address ({}), so that each call would come back to it; set the \
             address of the MCP server, or another --listen",
            upstream.url(),
            options.listen
        );
    }
    if let Some(github) = Upstream::parse(&options.github.github_url).filter(|url| is_own_address(url, options.listen))
    {
        bail!(
            "AUTOHEAL_GITHUB_URL: {} is this service's own address ({}); set the URL of GitHub's API",
            github.url(),
            options.listen
        );
    }
    Ok(Config {
        source_map_memory: options.source_map_memory,
        // in this process where the binary cannot be found, as after an upgrade that removed it
        lookup_builder: std::env::current_exe().map(LookupBuilder::by_process).unwrap_or_default(),
        public_url: options.public_url.clone(),
        allow_origin: options.allow_origin.iter().flatten().cloned().collect(),
        project_keys: options.project_key.iter().flatten().cloned().collect(),
        sender_keys,
        operator_tokens,
        rate_limits: RateLimits {
            reports_per_minute: options.rate_limit,
            new_groups_per_hour: options.new_groups.unwrap_or(if options.rate_limit == 0 {
                0
            } else {
                RateLimits::NEW_GROUPS
            }),
        },
        max_connections: options.max_connections,
        trust_proxy: options.trust_proxy,
        upstream: options.upstream.clone(),
        soft_errors: options.soft_errors,
        store_file: None,
        data_dir: None,
        static_dir: options.static_dir.clone(),
        scrub: options.scrub.into(),
        rules: Arc::new(match &options.public_url {
            Some(url) => rules(options.rules.as_deref())?.for_service_at(url.as_str()),
            None => rules(options.rules.as_deref())?,
        }),
        sending_projects,
        caller_errors: caller_errors(&options.healing),
    })
}

/// Base URL at which other machines reach the dashboard. None for an address that only this machine reaches.
pub(crate) fn public_dashboard(options: &ServeArgs) -> Option<String> {
    let (listen, ip) = (options.listen, options.listen.ip().to_canonical());
    let is_reachable = !ip.is_loopback() && !ip.is_unspecified() && listen.port() > 0;
    let public = options.public_url.as_ref().map(|url| url.as_str().to_owned());
    public.or_else(|| is_reachable.then(|| format!("http://{listen}")))
}

fn all(lists: &[Secrets]) -> Vec<SecretString> {
    lists.iter().flat_map(|list| list.0.iter().cloned()).collect()
}

/// Reads the rules for frames, groups and noise; without a file there are none.
pub(crate) fn rules(path: Option<&Path>) -> Result<Rules> {
    // a variable set to the empty string counts as unset
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else { return Ok(Rules::default()) };
    let name = format!("AUTOHEAL_RULES: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
    let rules: Rules = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        anyhow!("{name}: line {line}: {}", error.message().replace('\n', ", "))
    })?;
    rules.check().map_err(|sentence| anyhow!("{name}: {sentence}"))?;
    Ok(rules)
}

/// The duration; zero stands for no limit.
pub(crate) fn or_never(time: Duration) -> Duration {
    if time.is_zero() { NEVER } else { time }
}

/// Settings of the workers, one for each project with a repository; empty when all switches are off.
pub(crate) fn healing(options: &HealingArgs) -> Result<Vec<Settings>> {
    let switches = Switches { issue: options.issue, pull: options.pr, heal: options.heal };
    let trust = trust(&options.trust);
    let caller_errors = caller_errors(options);
    if !switches.any() {
        return Ok(Vec::new());
    }
    let repositories = options
        .repo
        .clone()
        .context("a switch is on, but AUTOHEAL_REPO is not set; set it to owner/name (or use --repo)")?;
    let agent = match options.agent.as_str() {
        "copilot" => "copilot-swe-agent[bot]".to_owned(),
        login if switches.pull && switches.heal => bail!(
            "AUTOHEAL_AGENT: `{login}` can only be assigned to issues; switch off AUTOHEAL_PR, or leave the agent at copilot"
        ),
        login => login.to_owned(),
    };
    let settings = |(project, repository)| Settings {
        project,
        agent: agent.clone(),
        trust,
        issue_text: match options.issue_text {
            IssueText::Full => IssueTextPolicy::Full,
            IssueText::AfterApproval => IssueTextPolicy::AfterApproval,
        },
        min_occurrences: options.min_occurrences,
        caller_errors,
        bundling: Bundling {
            related: options.related_groups,
            digest: options.digest_groups,
            window: options.digest_window,
        },
        bundle_interval: options.bundle_interval,
        issues_per_hour: options.issues_per_hour,
        hand_overs_per_day: options.hand_overs_per_day,
        open_hand_overs: options.open_hand_overs,
        ..Settings::new(switches, repository)
    };
    Ok(repositories.0.into_iter().map(settings).collect())
}

/// The rules by which counts raise a severity.
pub(crate) fn raise_rules(options: &RaiseArgs) -> RaiseRules {
    RaiseRules {
        spike_factor: options.spike_factor,
        spike_count: options.spike_count,
        spike_weeks: options.spike_weeks,
        release_window: options.release_window,
        release_history: options.release_history,
    }
}

/// The rule for issues about caller errors. Separate from [`healing`], because a preview needs the rule too.
pub(crate) fn caller_errors(options: &HealingArgs) -> CallerErrors {
    CallerErrors { open: options.caller_errors, clients: options.caller_error_clients }
}

fn trust(sources: &[Option<TrustedSource>]) -> Trust {
    let named = |source| sources.contains(&Some(source));
    Trust { run: named(TrustedSource::Run), mcp: named(TrustedSource::Mcp), browser: named(TrustedSource::Browser) }
}

/// The token for issues: GITHUB_TOKEN, else GH_TOKEN, else the token of `gh`.
pub(crate) fn issues_token() -> Result<SecretString> {
    for name in ["GITHUB_TOKEN", "GH_TOKEN"] {
        if std::env::var_os(name).is_some_and(|value| value.to_str().is_none()) {
            bail!("{name}: the value is not UTF-8");
        }
        if let Some(token) = variable(name) {
            return values::secret_of(token.trim()).map_err(|problem| anyhow!("{name}: {problem}"));
        }
    }
    let printed = Command::new("gh").args(["auth", "token"]).output().ok().filter(|output| output.status.success());
    let token = printed.and_then(|output| String::from_utf8(output.stdout).ok()).map(|token| token.trim().to_owned());
    let token = token.filter(|token| !token.is_empty());
    let token =
        token.context("a switch is on, but there is no token; set GITHUB_TOKEN, or log in with `gh auth login`")?;
    values::secret_of(&token).map_err(|problem| anyhow!("gh auth token: {problem}"))
}

/// An environment variable; one set to the empty string counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
