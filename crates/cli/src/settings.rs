//! Settings of the service and the worker, from flags and variables. Refuses impossible combinations.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_gateway::Origin;
use autoheal_gateway::Upstream;
use autoheal_heal::settings::{CallerErrors, IssueTextPolicy, Repository, Settings, Switches, Trust};
use autoheal_ingest::{Config, ProjectKey, RateLimits};
use autoheal_prepare::ScrubLevel;
use secrecy::{ExposeSecret, SecretString};

use crate::args::{HealingArgs, IssueText, Scrub, ServeArgs};

/// Minimum length of a token or key, in characters.
const MIN_SECRET_CHARS: usize = 16;
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
pub(crate) fn service(options: &ServeArgs, sending_projects: Vec<String>) -> Result<Config> {
    let upstream = options.upstream.as_ref().map(|url| {
        Upstream::parse(url).with_context(|| {
            format!("AUTOHEAL_UPSTREAM: `{url}` is not an http:// or https:// URL without credentials")
        })
    });
    if let Some(directory) = &options.static_dir
        && !directory.is_dir()
    {
        bail!("AUTOHEAL_STATIC: {} is not a directory", directory.display());
    }
    Ok(Config {
        public_url: options.public_url.as_ref().map(|url| origin(url, "AUTOHEAL_PUBLIC_URL")).transpose()?,
        allow_origin: origins(&options.allow_origin, "AUTOHEAL_ALLOW_ORIGIN")?,
        project_keys: options
            .project_key
            .iter()
            .map(|text| {
                ProjectKey::parse(text).with_context(|| format!("AUTOHEAL_PROJECT_KEYS: `{text}` is not KEY=PROJECT"))
            })
            .collect::<Result<_>>()?,
        sender_keys: secrets(&options.sender_key, "AUTOHEAL_KEY")?,
        operator_tokens: secrets(&options.operator_token, "AUTOHEAL_OPERATOR_TOKEN")?,
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
        upstream: upstream.transpose()?,
        store_file: None,
        data_dir: None,
        static_dir: options.static_dir.clone(),
        scrub: options.scrub.into(),
        sending_projects,
        caller_errors: caller_errors(&options.healing)?,
    })
}

/// Parses the origins in the setting of this name.
pub(crate) fn origins(texts: &[String], name: &str) -> Result<Vec<Origin>> {
    texts.iter().map(|text| origin(text, name)).collect()
}

fn origin(text: &str, name: &str) -> Result<Origin> {
    Origin::parse(text)
        .with_context(|| format!("{name}: `{text}` is not an origin; write it like https://shop.example"))
}

/// The duration; zero stands for no limit.
pub(crate) fn or_never(time: Duration) -> Duration {
    if time.is_zero() { NEVER } else { time }
}

/// The secrets in a setting, separated by commas or blanks. Several are valid at once, so that one can be replaced.
/// Refuses short ones, because a stranger could guess them.
fn secrets(values: &[SecretString], name: &str) -> Result<Vec<SecretString>> {
    // Two unset variables in `$A,$B` would otherwise count as no secret at all.
    let is_blank = |value: &str| value.contains(',') && value.chars().all(|c| c == ',' || c.is_whitespace());
    if values.iter().any(|value| is_blank(value.expose_secret())) {
        bail!("{name}: it is set, but holds no secret; set one, or leave it unset");
    }
    let separated = values.iter().flat_map(|value| value.expose_secret().split([',', ' ', '\t', '\n', '\r']));
    let secrets = separated.filter(|secret| !secret.is_empty()).map(|secret| {
        let length = secret.chars().count();
        if length < MIN_SECRET_CHARS {
            bail!(
                "{name}: a secret of {length} characters can be guessed; use at least {MIN_SECRET_CHARS}, for example from \
                 `openssl rand -hex 16`"
            );
        }
        Ok(SecretString::from(secret))
    });
    secrets.collect()
}

/// The secret, unless it is empty. An empty secret counts as unset, because every client can send it.
pub(crate) fn not_empty(secret: &SecretString) -> Option<SecretString> {
    (!secret.expose_secret().trim().is_empty()).then(|| secret.clone())
}

/// Settings of the workers, one for each project with a repository; empty when all switches are off.
pub(crate) fn healing(options: &HealingArgs) -> Result<Vec<Settings>> {
    let switches = Switches {
        issue: switch(options.issue.as_ref(), &["AUTOHEAL_ISSUE", "IPFS_AUTO_ISSUE"])?,
        pull: switch(options.pr.as_ref(), &["AUTOHEAL_PR", "IPFS_AUTO_PR"])?,
        heal: switch(options.heal.as_ref(), &["AUTOHEAL_HEAL", "IPFS_AUTO_HEAL"])?,
    };
    let trust = trust(&options.trust)?;
    let caller_errors = caller_errors(options)?;
    if !switches.any() {
        return Ok(Vec::new());
    }
    let text = options.repo.clone().or_else(|| variable("AUTOHEAL_REPO")).or_else(|| variable("IPFS_REPO"));
    let text = text.context("a switch is on, but AUTOHEAL_REPO is not set; set it to owner/name (or use --repo)")?;
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
        bundle_interval: options.bundle_interval,
        issues_per_hour: options.issues_per_hour,
        hand_overs_per_day: options.hand_overs_per_day,
        open_hand_overs: options.open_hand_overs,
        ..Settings::new(switches, repository)
    };
    Ok(repositories(&text)?.into_iter().map(settings).collect())
}

/// Projects with their repositories, from `owner/name` for the default project and `project=owner/name` for others.
fn repositories(text: &str) -> Result<Vec<(String, Repository)>> {
    let mut repositories: Vec<(String, Repository)> = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (project, name) = entry.split_once('=').unwrap_or((DEFAULT_PROJECT, entry));
        let repository = Repository::parse(name)
            .with_context(|| format!("AUTOHEAL_REPO: `{entry}` is neither owner/name nor PROJECT=owner/name"))?;
        if repositories.iter().any(|(other, _)| other == project) {
            bail!("AUTOHEAL_REPO: the project `{project}` has two repositories; a project has one");
        }
        let is_same = |other: &Repository| {
            other.owner.eq_ignore_ascii_case(&repository.owner) && other.name.eq_ignore_ascii_case(&repository.name)
        };
        if let Some((other, _)) = repositories.iter().find(|(_, other)| is_same(other)) {
            bail!("AUTOHEAL_REPO: `{name}` belongs to the projects `{other}` and `{project}`; give each its own");
        }
        repositories.push((project.to_owned(), repository));
    }
    Ok(repositories)
}

/// The rule for issues about caller errors. Separate from [`healing`], because a preview needs the rule too.
pub(crate) fn caller_errors(options: &HealingArgs) -> Result<CallerErrors> {
    let open = switch(options.caller_errors.as_ref(), &["AUTOHEAL_CALLER_ERRORS"])?;
    Ok(CallerErrors { open, clients: options.caller_error_clients })
}

/// The flag, else the first of its variables that is set; off if none is. The `IPFS_…` names are those of
/// ipfs_accelerate, whose SDK autoheal replaces.
fn switch(flag: Option<&String>, names: &[&str]) -> Result<bool> {
    let flagged = || Some((flag?.clone(), *names.first()?));
    let set = || names.iter().find_map(|name| Some((variable(name)?, *name)));
    let Some((value, name)) = flagged().or_else(set) else { return Ok(false) };
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => bail!("{name}: `{value}` is neither true, 1, yes nor false, 0, no"),
    }
}

fn trust(sources: &[String]) -> Result<Trust> {
    let mut trust = Trust { run: false, mcp: false, browser: false };
    for source in sources {
        match source.trim() {
            "run" => trust.run = true,
            "mcp" => trust.mcp = true,
            "browser" => trust.browser = true,
            "none" | "" => {}
            other => bail!("AUTOHEAL_TRUST: `{other}` is not one of run, mcp, browser, none"),
        }
    }
    Ok(trust)
}

/// The token for issues: GITHUB_TOKEN, else GH_TOKEN, else the token of `gh`.
pub(crate) fn issues_token() -> Result<SecretString> {
    if let Some(token) = variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN")) {
        return Ok(token.into());
    }
    let printed = Command::new("gh").args(["auth", "token"]).output().ok().filter(|output| output.status.success());
    let token = printed.and_then(|output| String::from_utf8(output.stdout).ok()).map(|token| token.trim().to_owned());
    let token = token.filter(|token| !token.is_empty());
    token
        .map(Into::into)
        .context("a switch is on, but there is no token; set GITHUB_TOKEN, or log in with `gh auth login`")
}

/// An environment variable; one set to the empty string counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
