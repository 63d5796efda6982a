//! The command line: every command, flag, variable and help text.

mod delivery;
mod gateway;
mod mcp;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;

pub(crate) use self::delivery::DeliveryArgs;
pub(crate) use self::gateway::HttpArgs;
pub(crate) use self::mcp::McpArgs;

/// Default address of `autoheal serve`.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8787";

const EXAMPLES: &str = "\
Examples:
  autoheal serve                                  take reports on http://127.0.0.1:8787, show them, send nothing
  autoheal serve --issue --repo acme/shop         also open a GitHub issue for each distinct failure
  autoheal run -- python app.py --fast            run a command; if it fails, record why
  autoheal mcp -- npx -y some-mcp-server          what an MCP client configures instead of the server itself
  autoheal explain report.json                    show what would become of one report
";

const RUN_EXAMPLES: &str = "\
Examples:
  autoheal run -- python app.py --fast            nothing is added, unless app.py fails: then it is recorded why
  autoheal run --ok 1,2 -- grep -r needle .       exit codes that mean no failure
  AUTOHEAL_URL=https://errors.example autoheal run -- make test
                                                  tell a service instead of this machine's own store

The command keeps its input, output, terminal, signals and exit code. Its failure goes to AUTOHEAL_URL, else into the
store that `autoheal serve` shows; `run` itself never writes to GitHub, `serve` does. What cannot be delivered within two
seconds is kept in $XDG_DATA_HOME/autoheal/spool/ and delivered by the next `run`, or by `serve`.

After a failure, a terminal gets one line on standard error: the error, how often it was seen, and where to see it. With
--quiet, or when standard error is a file or a pipe, this line is not printed. Trouble with reporting always is.
";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  autoheal completions bash > ~/.local/share/bash-completion/completions/autoheal
  autoheal completions zsh > ~/.zfunc/_autoheal
";

const MAN_EXAMPLES: &str = "\
Examples:
  autoheal man > ~/.local/share/man/man1/autoheal.1
  autoheal man run | man -l -                     the page of one command
";

const SERVE_EXAMPLES: &str = "\
Examples:
  autoheal serve                                  preview: nothing is sent to GitHub
  autoheal serve --issue --pr --heal --repo acme/shop
                                                  issue, draft pull request, and a coding agent after approval
  autoheal serve --upstream http://127.0.0.1:9000/ --static ./public
                                                  one origin for a page (/app/), its MCP server (/jsonrpc) and reports

The token is read from GITHUB_TOKEN, else GH_TOKEN, else from `gh auth token`.
While the file STORE.stop exists beside the store, nothing is written to GitHub.
";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  autoheal explain report.json
  curl -s http://example.invalid/report | autoheal explain -
  autoheal explain --json - < reports.jsonl       one JSON line out for each line in
";

/// Every failure of an MCP application becomes exactly one GitHub issue.
#[derive(Debug, Parser)]
#[command(version, before_help = EXAMPLES, help_expected = true)]
pub(crate) struct Args {
    /// How much is logged to stderr: error, warn, info, debug, trace
    #[arg(long, env = "AUTOHEAL_LOG", default_value = "info", global = true, value_name = "LEVEL")]
    pub(crate) log: tracing::Level,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take reports over HTTP, show them, and heal them on GitHub
    #[command(before_help = SERVE_EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// Show what would become of a report: frames, scrubbing, fingerprint, issue
    #[command(before_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Run a command as if nothing were between, and record why it failed if it does
    #[command(before_help = RUN_EXAMPLES, override_usage = "autoheal run [OPTIONS] -- <CMD>...")]
    Run(Box<RunArgs>),
    /// Stand between an MCP client and its server, and record what fails
    #[command(before_help = mcp::EXAMPLES, override_usage = mcp::USAGE)]
    Mcp(Box<McpArgs>),
    /// Print the completions for a shell
    #[command(before_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(before_help = MAN_EXAMPLES)]
    Man {
        /// Command the page is about; by default all of autoheal
        command: Option<String>,
    },
    /// Passes input on to output: what is left of a `run` whose command's own children go on printing
    #[command(hide = true)]
    Relay,
}

/// `autoheal run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// Exit codes that mean no failure, separated by commas; 0 always does
    #[arg(long, value_delimiter = ',', value_parser = exit_code, value_name = "CODE")]
    pub(crate) ok: Vec<i32>,
    /// Do not print the line about a recorded failure on a terminal
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Where its failure goes
    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

/// `autoheal serve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// Address to listen on
    #[arg(long, env = "AUTOHEAL_LISTEN", default_value = DEFAULT_LISTEN, value_parser = address, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// SQLite file; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_name = "PATH")]
    pub(crate) store: Option<String>,
    /// Where browsers reach this service, when not at its own host
    #[arg(long, env = "AUTOHEAL_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Origins of other sites whose pages may send, separated by commas
    #[arg(long, env = "AUTOHEAL_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Public keys and the projects they route to, separated by commas
    #[arg(long, env = "AUTOHEAL_PROJECT_KEYS", value_delimiter = ',', value_name = "KEY=PROJECT")]
    pub(crate) project_key: Vec<String>,
    /// Keys of trusted senders, separated by commas; never put one into a page
    #[arg(long, env = "AUTOHEAL_KEY", value_delimiter = ',', hide_env_values = true, value_name = "KEY")]
    pub(crate) sender_key: Vec<SecretString>,
    /// Lets the operator in from other machines
    #[arg(long, env = "AUTOHEAL_OPERATOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) operator_token: Option<SecretString>,
    /// Reports a minute from one client; 0 turns the limit off
    #[arg(long, env = "AUTOHEAL_RATE_LIMIT", default_value_t = 600, value_name = "N")]
    pub(crate) rate_limit: u32,
    /// Take the client's address from the last X-Forwarded-For: only behind a proxy that sets it
    #[arg(long, env = "AUTOHEAL_TRUST_PROXY")]
    pub(crate) trust_proxy: bool,
    /// MCP server behind /jsonrpc
    #[arg(long, env = "AUTOHEAL_UPSTREAM", value_name = "URL")]
    pub(crate) upstream: Option<String>,
    /// Files served at /app/
    #[arg(long = "static", env = "AUTOHEAL_STATIC", value_name = "DIR")]
    pub(crate) static_dir: Option<PathBuf>,
    /// How much is taken out of reports
    #[arg(long, env = "AUTOHEAL_SCRUB", value_enum, default_value_t = Scrub::Standard, value_name = "LEVEL")]
    pub(crate) scrub: Scrub,
    /// How often reports that `run` could not deliver are looked for
    #[arg(long, env = "AUTOHEAL_SPOOL_INTERVAL", default_value = "1m", value_parser = duration, hide = true)]
    pub(crate) spool_interval: Duration,
    /// What is done on GitHub
    #[command(flatten)]
    pub(crate) healing: HealingArgs,
    /// How GitHub is reached
    #[command(flatten)]
    pub(crate) github: GithubArgs,
}

/// The switches and thresholds.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Healing")]
pub(crate) struct HealingArgs {
    /// Create issues [variable: AUTOHEAL_ISSUE]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub(crate) issue: Option<String>,
    /// Open draft pull requests, and the issues they belong to [variable: AUTOHEAL_PR]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub(crate) pr: Option<String>,
    /// Hand issues over to a coding agent, after opening them [variable: AUTOHEAL_HEAL]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub(crate) heal: Option<String>,
    /// Repository for issues: owner/name [variable: AUTOHEAL_REPO]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repo: Option<String>,
    /// Coding agent: copilot, or the login that issues are assigned to
    #[arg(long, env = "AUTOHEAL_AGENT", default_value = "copilot", value_name = "AGENT")]
    pub(crate) agent: String,
    /// Sources whose errors need no person's approval: run, mcp, browser, none
    #[arg(long, env = "AUTOHEAL_TRUST", value_delimiter = ',', default_value = "run", value_name = "SOURCE")]
    pub(crate) trust: Vec<String>,
    /// Occurrences before an issue
    #[arg(long, env = "AUTOHEAL_MIN_OCCURRENCES", default_value_t = 1, value_name = "N")]
    pub(crate) min_occurrences: u64,
    /// Let callers' mistakes (unknown tool, bad arguments) open issues too [variable: AUTOHEAL_CALLER_ERRORS]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub(crate) caller_errors: Option<String>,
    /// Distinct clients that make a caller's mistake before it opens an issue by itself
    #[arg(long, env = "AUTOHEAL_CALLER_ERROR_CLIENTS", default_value_t = 3, value_name = "N")]
    pub(crate) caller_error_clients: u64,
    /// How often counts on issues are brought up to date
    #[arg(long, env = "AUTOHEAL_BUNDLE_INTERVAL", default_value = "15m", value_parser = duration, value_name = "TIME")]
    pub(crate) bundle_interval: Duration,
    /// Most new issues an hour
    #[arg(long, env = "AUTOHEAL_ISSUES_PER_HOUR", default_value_t = 30, value_name = "N")]
    pub(crate) issues_per_hour: u64,
    /// Most hand-overs to the agent a day
    #[arg(long, env = "AUTOHEAL_HAND_OVERS_PER_DAY", default_value_t = 10, value_name = "N")]
    pub(crate) hand_overs_per_day: u64,
    /// Most hand-overs whose issue is still open
    #[arg(long, env = "AUTOHEAL_OPEN_HAND_OVERS", default_value_t = 5, value_name = "N")]
    pub(crate) open_hand_overs: u64,
}

/// How GitHub is reached.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "GitHub")]
pub(crate) struct GithubArgs {
    /// API base: for GitHub Enterprise, https://HOST/api/v3
    #[arg(long, env = "AUTOHEAL_GITHUB_URL", default_value = "https://api.github.com", value_name = "URL")]
    pub(crate) github_url: String,
    /// Token of the user the agent works for; by default the issues' token
    #[arg(long, env = "AUTOHEAL_AGENT_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) agent_token: Option<SecretString>,
    /// How often the gate is looked at
    #[arg(long, env = "AUTOHEAL_POLL_INTERVAL", default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub(crate) poll_interval: Duration,
    /// Shortest time between two writes
    #[arg(long, env = "AUTOHEAL_WRITE_PACE", default_value = "1s", value_parser = duration, hide = true)]
    pub(crate) write_pace: Duration,
    /// How long GitHub's lists may lag behind its writes
    #[arg(long, env = "AUTOHEAL_LAG_BOUND", default_value = "2m", value_parser = duration, hide = true)]
    pub(crate) lag_bound: Duration,
}

/// `autoheal explain`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// Report to read; - for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Read JSON lines, print one JSON line each
    #[arg(long)]
    pub(crate) json: bool,
    /// How much is taken out of reports
    #[arg(long, env = "AUTOHEAL_SCRUB", value_enum, default_value_t = Scrub::Standard, value_name = "LEVEL")]
    pub(crate) scrub: Scrub,
    /// What would be done on GitHub
    #[command(flatten)]
    pub(crate) healing: HealingArgs,
}

/// How much is taken out of reports.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Scrub {
    /// Credentials and personal data
    // a variable that is set to nothing is not set
    #[value(alias = "")]
    Standard,
    /// Also paths, hosts and all parameter values
    Strict,
}

/// Reads `0` to `255`.
fn exit_code(text: &str) -> Result<i32> {
    text.parse::<u8>().map(i32::from).context("an exit code is a number from 0 to 255")
}

/// Reads `127.0.0.1:8787`.
fn address(text: &str) -> Result<SocketAddr> {
    text.parse().context("an address and a port are needed; write it like 127.0.0.1:8790, or [::1]:8790")
}

/// Reads `500ms`, `30s`, `15m`, `2h`, `1d`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().with_context(|| format!("`{text}` is no time; write it like 30s or 15m"))?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => bail!("`{text}` needs a unit: ms, s, m, h or d"),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).with_context(|| format!("`{text}` is too long"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_valid() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_need_a_unit() {
        assert_eq!(duration("15m").unwrap(), Duration::from_secs(900));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert!(duration("15").is_err() && duration("m").is_err() && duration("99999999999999999d").is_err());
    }
}
