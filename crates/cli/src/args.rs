//! The command line: commands, flags, environment variables and help texts.

mod delivery;
mod gateway;
mod mcp;
mod reading;
mod source_maps;
mod store;
mod unknown_variables;
pub(crate) mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use autoheal_gateway::{Origin, Upstream};
use autoheal_ingest::ProjectKey;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;

pub(crate) use self::delivery::DeliveryArgs;
pub(crate) use self::gateway::HttpArgs;
pub(crate) use self::mcp::McpArgs;
pub(crate) use self::reading::{parse, parse_alone, shown};
pub(crate) use self::source_maps::{SourceMapsArgs, SourceMapsCommand, UploadArgs};
use self::store::STORE_EXAMPLES;
pub(crate) use self::store::{BackupArgs, EraseArgs};
pub(crate) use self::unknown_variables::{unknown_variables, warn_of_unknown_variables};
use self::values::{DAY, HOUR, MAX_CONNECTIONS, MAX_COUNT, MIN_POLL, SECOND};
use self::values::{Repositories, Retention, Secrets, TrustedSource};
use self::values::{time, whole};

/// Default address of `autoheal serve`.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8787";

const EXAMPLES: &str = "\
Examples:
  autoheal serve                                  receive reports on http://127.0.0.1:8787 and show them; send nothing
  autoheal serve --issue --repo acme/shop         also open a GitHub issue for each distinct failure
  autoheal run -- python app.py --fast            run a command; if it fails, record the failure
  autoheal mcp -- npx -y some-mcp-server          run an MCP server for a client; record its failures
  autoheal explain report.json                    show the issue that a report would open
";

const RUN_EXAMPLES: &str = "\
Examples:
  autoheal run -- python app.py --fast            run app.py as usual; if it fails, record the failure
  autoheal run --ok 1,2 -- grep -r needle .       treat the exit codes 1 and 2 as no failure
  AUTOHEAL_URL=https://errors.example autoheal run -- make test
                                                  report to a service instead of this machine's own store

The command keeps its input, output, terminal, signals and exit code. A failure is sent to the service at AUTOHEAL_URL,
else recorded in the store that `autoheal serve` shows. `run` itself never writes to GitHub; `serve` does. A report that
cannot be delivered in two seconds is spooled in $XDG_DATA_HOME/autoheal/spool/; the next `run` or `serve` delivers it.

If standard error is a terminal, one line follows a recorded failure: the error, how often it was seen, and where to see
it. --quiet leaves this line out. Problems with reporting are always printed.
";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  autoheal completions bash > ~/.local/share/bash-completion/completions/autoheal
  autoheal completions zsh > ~/.zfunc/_autoheal
";

const MAN_EXAMPLES: &str = "\
Examples:
  autoheal man > ~/.local/share/man/man1/autoheal.1
  autoheal man run | man -l -                     show the page of one command
";

const SERVE_EXAMPLES: &str = "\
Examples:
  autoheal serve                                  preview: show issues without sending anything to GitHub
  autoheal serve --issue --pr --heal --repo acme/shop
                                                  open issues and drafts; hand over to an agent after approval
  autoheal serve --upstream http://127.0.0.1:9000/ --static ./public
                                                  a page (/app/), its MCP server (/jsonrpc) and reports on one origin

The token is read from GITHUB_TOKEN, else from GH_TOKEN, else from `gh auth token`.
To stop all writes to GitHub, create the file STORE.stop beside the store, such as autoheal.db.stop.
";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  autoheal explain report.json
  curl -s http://example.invalid/report | autoheal explain -
  autoheal explain --json - < reports.jsonl       print one JSON line for each line of input
";

/// Every failure of an MCP application becomes exactly one GitHub issue.
#[derive(Debug, Parser)]
#[command(version, before_help = EXAMPLES, help_expected = true)]
pub(crate) struct Args {
    /// Log level on standard error: error, warn, info, debug, trace
    #[arg(long, env = "AUTOHEAL_LOG", default_value = "info", global = true, value_parser = values::log_level)]
    #[arg(value_name = "LEVEL")]
    pub(crate) log: tracing::Level,
    /// Command to run
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Commands of `autoheal`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Receive reports over HTTP, show them, and open issues for them on GitHub
    #[command(before_help = SERVE_EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// Show how a report would be processed: frames, scrubbing, fingerprint, issue
    #[command(before_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Copy the store to a new file, also while `serve` runs
    #[command(before_help = STORE_EXAMPLES)]
    Backup(Box<BackupArgs>),
    /// Delete a failure, or the reports of a client, also while `serve` runs
    #[command(before_help = STORE_EXAMPLES)]
    Erase(Box<EraseArgs>),
    /// Run a command as usual, and record its failure if it fails
    #[command(before_help = RUN_EXAMPLES, override_usage = "autoheal run [OPTIONS] -- <CMD>...")]
    Run(Box<RunArgs>),
    /// Relay between an MCP client and its server, and record failures
    #[command(before_help = mcp::EXAMPLES, override_usage = mcp::USAGE)]
    Mcp(Box<McpArgs>),
    /// Print the completion script for a shell
    #[command(before_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Shell to print the script for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(before_help = MAN_EXAMPLES)]
    Man {
        /// Command to describe; by default all of autoheal
        command: Option<String>,
    },
    /// Upload the source maps of a release, so that failures in minified code show the original one
    #[command(name = "sourcemaps", before_help = source_maps::EXAMPLES)]
    SourceMaps(Box<SourceMapsArgs>),
    /// Build the lookup form of a source map from the input; started by `serve` for each uploaded map
    #[command(hide = true)]
    BuildSourceMap {
        /// Leave out the names of functions
        #[arg(long)]
        without_functions: bool,
    },
    /// Copy input to output; started by `run` and `mcp` when they end before their command's own children do
    #[command(hide = true)]
    Relay,
}

/// `autoheal run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// Exit codes that are no failure, in addition to 0, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "CODE")]
    #[arg(value_parser = |text: &str| values::entry(text, values::exit_code))]
    pub(crate) ok: Vec<Option<i32>>,
    /// Do not print the line about a recorded failure on a terminal
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Receiver of the failure
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
    #[arg(long, env = "AUTOHEAL_LISTEN", default_value = DEFAULT_LISTEN, value_parser = values::address)]
    #[arg(value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// SQLite file; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_parser = values::store, value_name = "PATH")]
    pub(crate) store: Option<String>,
    /// Maximum size of the store with its log, such as 500MB or 2GiB
    #[arg(long, env = "AUTOHEAL_STORE_LIMIT", default_value = "2GiB", value_parser = values::store_size)]
    #[arg(value_name = "SIZE")]
    pub(crate) store_limit: u64,
    /// Time after which a failure that was not seen again is deleted, unless its issue may be open; at least 1h; 0 or off keeps all
    #[arg(long, env = "AUTOHEAL_RETENTION", default_value = "90d", value_parser = values::retention)]
    #[arg(value_name = "TIME")]
    pub(crate) retention: Retention,
    /// URL at which browsers reach this service, if a proxy in front changes the Host header
    #[arg(long, env = "AUTOHEAL_PUBLIC_URL", value_parser = values::public_url, value_name = "URL")]
    pub(crate) public_url: Option<Origin>,
    /// Origins of other sites whose pages may send reports, separated by commas
    #[arg(long, env = "AUTOHEAL_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    #[arg(value_parser = |text: &str| values::entry(text, values::origin))]
    pub(crate) allow_origin: Vec<Option<Origin>>,
    /// Public keys with the project that each selects, separated by commas
    #[arg(long, env = "AUTOHEAL_PROJECT_KEYS", value_delimiter = ',', value_name = "KEY=PROJECT")]
    #[arg(value_parser = |text: &str| values::entry(text, values::project_key))]
    pub(crate) project_key: Vec<Option<ProjectKey>>,
    /// Secret keys of trusted senders, separated by commas, of at least 16 characters each; a page must never contain one
    #[arg(long, env = "AUTOHEAL_KEY", hide_env_values = true, value_parser = values::secrets, value_name = "KEY")]
    pub(crate) sender_key: Vec<Secrets>,
    /// Tokens of at least 16 characters, separated by commas. With any, the dashboard needs one, also on this machine
    #[arg(long, env = "AUTOHEAL_OPERATOR_TOKEN", hide_env_values = true, value_parser = values::secrets)]
    #[arg(value_name = "TOKEN")]
    pub(crate) operator_token: Vec<Secrets>,
    /// Maximum number of reports a minute from one client; 0 for no limit
    #[arg(long, env = "AUTOHEAL_RATE_LIMIT", default_value_t = 600, value_parser = whole::<u32, 0, MAX_COUNT>)]
    #[arg(value_name = "N")]
    pub(crate) rate_limit: u32,
    /// Maximum number of new groups an hour from one client; 0 for no limit [default: 30, or 0 if the rate limit is 0]
    #[arg(long, env = "AUTOHEAL_NEW_GROUPS", value_parser = whole::<u32, 0, MAX_COUNT>, value_name = "N")]
    pub(crate) new_groups: Option<u32>,
    /// Maximum number of open connections; beyond them, the address that holds the most makes way for others
    #[arg(long, env = "AUTOHEAL_MAX_CONNECTIONS", default_value_t = 1_024)]
    #[arg(value_parser = whole::<usize, 1, MAX_CONNECTIONS>, value_name = "N")]
    pub(crate) max_connections: usize,
    /// Read the client's address from the last X-Forwarded-For; only behind a proxy that sets it
    #[arg(long, env = "AUTOHEAL_TRUST_PROXY", action = ArgAction::Set, num_args = 0..=1)]
    #[arg(default_missing_value = "true", default_value = "false", require_equals = true)]
    #[arg(value_parser = values::switch, value_name = "BOOL")]
    pub(crate) trust_proxy: bool,
    /// Behind /jsonrpc, record a tool's result as a failure if its text begins like an error ("Error: ", "Database error: "),
    /// although the result says that it is none. Such failures open issues under the same conditions as bad arguments do
    #[arg(long, env = "AUTOHEAL_SOFT_ERRORS", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value = "false", value_parser = values::switch, value_name = "BOOL")]
    pub(crate) soft_errors: bool,
    /// URL of the MCP server behind /jsonrpc
    #[arg(long, env = "AUTOHEAL_UPSTREAM", value_parser = values::upstream, value_name = "URL")]
    pub(crate) upstream: Option<Upstream>,
    /// Maximum memory for open source maps, such as 256MiB
    #[arg(long, env = "AUTOHEAL_SOURCE_MAP_MEMORY", default_value = "256MiB", value_parser = values::memory_size)]
    #[arg(value_name = "SIZE")]
    pub(crate) source_map_memory: u64,
    /// Directory of files to serve at /app/
    #[arg(long = "static", env = "AUTOHEAL_STATIC")]
    #[arg(value_parser = PathBufValueParser::new().try_map(values::served_directory), value_name = "DIR")]
    pub(crate) static_dir: Option<PathBuf>,
    /// Amount of text removed from reports
    #[arg(long, env = "AUTOHEAL_SCRUB", value_enum, default_value_t = Scrub::Standard, value_name = "LEVEL")]
    pub(crate) scrub: Scrub,
    /// TOML file of rules for frames, groups and noise
    #[arg(long, env = "AUTOHEAL_RULES", value_parser = PathBufValueParser::new().try_map(values::file))]
    #[arg(value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Time between two checks of the spool
    #[arg(long, env = "AUTOHEAL_SPOOL_INTERVAL", default_value = "1m", value_parser = time::<10, DAY>, hide = true)]
    pub(crate) spool_interval: Duration,
    /// Actions on GitHub
    #[command(flatten)]
    pub(crate) healing: HealingArgs,
    /// Rules by which counts raise a severity
    #[command(flatten)]
    pub(crate) raise: RaiseArgs,
    /// Access to GitHub
    #[command(flatten)]
    pub(crate) github: GithubArgs,
}

/// Rules by which counts of known senders' reports raise a severity.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Severity")]
pub(crate) struct RaiseArgs {
    /// How many times as often as in the same hour of earlier weeks makes a spike; 0 to find none
    #[arg(long, env = "AUTOHEAL_SPIKE_FACTOR", default_value_t = 3)]
    #[arg(value_parser = whole::<u64, 0, MAX_COUNT>, value_name = "N")]
    pub(crate) spike_factor: u64,
    /// Minimum number of occurrences in the hour of a spike
    #[arg(long, env = "AUTOHEAL_SPIKE_COUNT", default_value_t = 10)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) spike_count: u64,
    /// Minimum number of earlier weeks that a spike is compared with, of the last four
    #[arg(long, env = "AUTOHEAL_SPIKE_WEEKS", default_value_t = 2)]
    #[arg(value_parser = whole::<u64, 1, 4>, value_name = "N")]
    pub(crate) spike_weeks: u64,
    /// Time after the first report of a release in which a new failure is new in the release; 0 to find none
    #[arg(long, env = "AUTOHEAL_RELEASE_WINDOW", default_value = "7d", value_parser = time::<0, { 90 * DAY }>)]
    #[arg(value_name = "TIME")]
    pub(crate) release_window: Duration,
    /// Minimum time between the first report of an earlier release and that of the new one
    #[arg(long, env = "AUTOHEAL_RELEASE_HISTORY", default_value = "1d", value_parser = time::<SECOND, { 90 * DAY }>)]
    #[arg(value_name = "TIME")]
    pub(crate) release_history: Duration,
}

/// Switches and limits of actions on GitHub.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Healing")]
pub(crate) struct HealingArgs {
    /// Open issues
    #[arg(long, env = "AUTOHEAL_ISSUE", action = ArgAction::Set, num_args = 0..=1)]
    #[arg(default_missing_value = "true", default_value = "false", require_equals = true)]
    #[arg(value_parser = values::switch, value_name = "BOOL")]
    pub(crate) issue: bool,
    /// Open draft pull requests, and the issues they belong to
    #[arg(long, env = "AUTOHEAL_PR", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    #[arg(default_value = "false", require_equals = true, value_parser = values::switch, value_name = "BOOL")]
    pub(crate) pr: bool,
    /// Open issues and hand them over to a coding agent
    #[arg(long, env = "AUTOHEAL_HEAL", action = ArgAction::Set, num_args = 0..=1)]
    #[arg(default_missing_value = "true", default_value = "false", require_equals = true)]
    #[arg(value_parser = values::switch, value_name = "BOOL")]
    pub(crate) heal: bool,
    /// Repository for issues: owner/name; of other projects PROJECT=owner/name, separated by commas
    #[arg(long, env = "AUTOHEAL_REPO", value_parser = values::repositories, value_name = "OWNER/NAME")]
    pub(crate) repo: Option<Repositories>,
    /// Coding agent: copilot, or the login to assign issues to
    #[arg(long, env = "AUTOHEAL_AGENT", default_value = "copilot", value_parser = values::agent, value_name = "AGENT")]
    pub(crate) agent: String,
    /// Sources whose failures are handed over without a person's approval: run, mcp, browser, none
    #[arg(long, env = "AUTOHEAL_TRUST", value_delimiter = ',', default_value = "none")]
    #[arg(value_parser = |text: &str| values::entry(text, values::trusted_source), value_name = "SOURCE")]
    pub(crate) trust: Vec<Option<TrustedSource>>,
    /// Text of a report in its issue: full, or after-approval (facts until a person sets the approval label)
    #[arg(long, env = "AUTOHEAL_ISSUE_TEXT", value_enum, default_value_t = IssueText::Full, value_name = "WHEN")]
    pub(crate) issue_text: IssueText,
    /// Occurrences of a failure before an issue is opened; above 1, only those of known senders count
    #[arg(long, env = "AUTOHEAL_MIN_OCCURRENCES", default_value_t = 1)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) min_occurrences: u64,
    /// Open issues for caller errors too, such as an unknown tool or bad arguments
    #[arg(long, env = "AUTOHEAL_CALLER_ERRORS", action = ArgAction::Set, num_args = 0..=1)]
    #[arg(default_missing_value = "true", default_value = "false", require_equals = true)]
    #[arg(value_parser = values::switch, value_name = "BOOL")]
    pub(crate) caller_errors: bool,
    /// Distinct clients of known senders that cause the same caller error before an issue is opened anyway
    #[arg(long, env = "AUTOHEAL_CALLER_ERROR_CLIENTS", default_value_t = 3)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) caller_error_clients: u64,
    /// Near-duplicates that share one issue with a table; fewer are linked; 0 to bundle none
    #[arg(long, env = "AUTOHEAL_RELATED_GROUPS", default_value_t = 5)]
    #[arg(value_parser = whole::<u64, 0, MAX_COUNT>, value_name = "N")]
    pub(crate) related_groups: u64,
    /// New failures within the window that make a storm, and share one issue; 0 for no digests
    #[arg(long, env = "AUTOHEAL_DIGEST_GROUPS", default_value_t = 10)]
    #[arg(value_parser = whole::<u64, 0, 250>, value_name = "N")]
    pub(crate) digest_groups: u64,
    /// Window of a storm, and the longest time that one of its failures waits for the others
    #[arg(long, env = "AUTOHEAL_DIGEST_WINDOW", default_value = "5m", value_parser = time::<SECOND, DAY>)]
    #[arg(value_name = "TIME")]
    pub(crate) digest_window: Duration,
    /// Time between two updates of the counts on an issue
    #[arg(long, env = "AUTOHEAL_BUNDLE_INTERVAL", default_value = "15m", value_parser = time::<SECOND, { 30 * DAY }>)]
    #[arg(value_name = "TIME")]
    pub(crate) bundle_interval: Duration,
    /// Maximum number of new issues an hour: for known senders, and as many for all others
    #[arg(long, env = "AUTOHEAL_ISSUES_PER_HOUR", default_value_t = 30)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) issues_per_hour: u64,
    /// Maximum number of hand-overs to the agent a day
    #[arg(long, env = "AUTOHEAL_HAND_OVERS_PER_DAY", default_value_t = 10)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) hand_overs_per_day: u64,
    /// Maximum number of hand-overs whose issue is still open
    #[arg(long, env = "AUTOHEAL_OPEN_HAND_OVERS", default_value_t = 5)]
    #[arg(value_parser = whole::<u64, 1, MAX_COUNT>, value_name = "N")]
    pub(crate) open_hand_overs: u64,
}

/// Access to GitHub.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "GitHub")]
pub(crate) struct GithubArgs {
    /// Base URL of the API; for GitHub Enterprise https://HOST/api/v3
    #[arg(long, env = "AUTOHEAL_GITHUB_URL", default_value = "https://api.github.com")]
    #[arg(value_parser = values::api_url, value_name = "URL")]
    pub(crate) github_url: String,
    /// Token of the user for whom the agent works; by default the token for issues
    #[arg(long, env = "AUTOHEAL_AGENT_TOKEN", hide_env_values = true, value_parser = values::secret)]
    #[arg(value_name = "TOKEN")]
    pub(crate) agent_token: Option<SecretString>,
    /// Time between two checks of GitHub for approvals
    #[arg(long, env = "AUTOHEAL_POLL_INTERVAL", default_value = "30s", value_parser = time::<MIN_POLL, DAY>)]
    #[arg(value_name = "TIME")]
    pub(crate) poll_interval: Duration,
    /// Minimum time between two writes
    #[arg(long, env = "AUTOHEAL_WRITE_PACE", default_value = "1s", value_parser = time::<0, HOUR>, hide = true)]
    pub(crate) write_pace: Duration,
    /// Maximum time by which GitHub's lists lag behind its writes
    #[arg(long, env = "AUTOHEAL_LAG_BOUND", default_value = "2m", value_parser = time::<0, HOUR>, hide = true)]
    pub(crate) lag_bound: Duration,
}

/// `autoheal explain`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// File with the report; - for standard input
    #[arg(default_value = "-", value_parser = PathBufValueParser::new().try_map(values::file), value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Read JSON lines, and print one JSON line for each
    #[arg(long)]
    pub(crate) json: bool,
    /// Read the output of a command that failed, as `run` would have seen it; - for standard input
    #[arg(long, value_parser = PathBufValueParser::new().try_map(values::file), value_name = "FILE")]
    #[arg(conflicts_with = "file")]
    pub(crate) output: Option<PathBuf>,
    /// Exit code of the command whose output is read
    #[arg(long, value_name = "CODE", requires = "output", default_value_t = 1, value_parser = values::exit_code)]
    pub(crate) exit: i32,
    /// Amount of text removed from reports
    #[arg(long, env = "AUTOHEAL_SCRUB", value_enum, default_value_t = Scrub::Standard, value_name = "LEVEL")]
    pub(crate) scrub: Scrub,
    /// TOML file of rules for frames, groups and noise
    #[arg(long, env = "AUTOHEAL_RULES", value_parser = PathBufValueParser::new().try_map(values::file))]
    #[arg(value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Actions on GitHub
    #[command(flatten)]
    pub(crate) healing: HealingArgs,
}

/// Amount of text removed from reports.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Scrub {
    /// Credentials and personal data
    Standard,
    /// Also paths, hosts and all parameter values
    Strict,
}

/// When an issue holds text of a report.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum IssueText {
    /// From the start
    Full,
    /// After a person with write access set the approval label
    AfterApproval,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_valid() {
        Args::command().debug_assert();
    }
}
