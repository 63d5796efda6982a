//! `ErrorReport`, one failure as a sender describes it, and its parts.

use serde::{Deserialize, Deserializer, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::limits::MIN_RPC_ID_CHARS;
use crate::{Json, SourceCode, Trace, trace};

/// One failure, as a sender describes it.
///
/// The original `mcp-sdk.js` sends the first four fields. All other fields are optional. Times are RFC 3339 text. This is
/// the type that senders write; the service reads reports leniently and drops a field of a wrong type.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorReport {
    /// The error's class or name, such as `TypeError`. Required, not empty.
    pub error_type: String,
    /// The error's message. Required, not empty.
    pub error_message: String,
    /// The stack trace in the format of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
    /// Further facts: `{timestamp, userAgent, url, method, params, …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Json>,

    /// Version of this type; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<u64>,
    /// A UUID. It stays the same when the report is sent again, so that the service counts the report once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Kind of sender. The service does not verify it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Kind of failure, finer than `source`: the name of a [`Class`](crate::Class), or another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The severity chosen by the sender. If absent, the service's rules decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Version of the failing program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Environment of the failing program, such as `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Facts to search by: an object with text values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Json>,
    /// A hash of the user; never a name or an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Number of occurrences since the last report of the same failure; 1 if absent. Like `id`, it stays the same when
    /// the report is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Time of the first of `count` occurrences, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// Time of the last of `count` occurrences, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// The causes of this error, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The last log lines before the failure, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", alias = "breadcrumbs")]
    pub logs: Vec<LogLine>,
    /// The MCP server of the failed call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// The JSON-RPC call that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc: Option<Rpc>,
    /// The W3C trace context of the call that failed, `{trace_id, span_id}` in hexadecimal digits. Reports of a call's two
    /// ends with the same trace are about one failure.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "trace::read")]
    pub trace: Option<Trace>,
    /// A command or call that reproduces the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduction: Option<String>,
    /// The command line that failed, with secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The exit of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// Operating system, architecture, runtime version: an object. `repositories` is a list of `owner/name`, the remotes
    /// of the git repository in which the program ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Json>,
    /// A hash of the session, to count distinct clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Source-map debug ids by file: an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug_ids: Option<Json>,
    /// Lines of source around the frames, from the checkout in which the program ran. The service ignores it from senders
    /// without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_code: Option<SourceCode>,
    /// The sender's own grouping. The service ignores it from senders without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// Kind of sender of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// The browser (or Node) client; the default, because the original SDK sends no source.
    #[default]
    JavascriptSdk,
    /// A tool of an MCP server failed.
    McpTool,
    /// A resource of an MCP server failed.
    McpResource,
    /// A prompt of an MCP server failed.
    McpPrompt,
    /// The exchange of messages with an MCP server failed.
    McpProtocol,
    /// A command line program failed.
    Cli,
    /// A Rust program that embeds the pipeline.
    Rust,
}

impl Source {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// True if the report is about an MCP server.
    #[must_use]
    pub const fn is_mcp(self) -> bool {
        matches!(self, Self::McpTool | Self::McpResource | Self::McpPrompt | Self::McpProtocol)
    }

    /// The label on GitHub.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::JavascriptSdk => "mcp-sdk",
            Self::McpTool => "mcp-tool",
            Self::McpResource => "mcp-resource",
            Self::McpPrompt => "mcp-prompt",
            Self::McpProtocol => "mcp-protocol",
            Self::Cli => "cli",
            Self::Rust => "rust",
        }
    }
}

/// Severity of a failure.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// A user's interrupt, a caller's mistake.
    Low,
    /// Any other failure.
    Medium,
    /// An error of the operating system or of I/O, a panic, an internal error of a server.
    High,
    /// Exhausted memory or stack, a crash by a signal.
    Critical,
}

impl Severity {
    /// The name on the wire, and the label on GitHub.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One error that caused another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Its class or name.
    pub error_type: String,
    /// Its message.
    pub error_message: String,
    /// Its stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
}

/// One line before the failure: a log line, or a breadcrumb of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// Its time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Its level, such as `warn`, or a breadcrumb's category, such as `click`.
    #[serde(skip_serializing_if = "Option::is_none", alias = "category")]
    pub level: Option<String>,
    /// Its text.
    pub message: String,
}

/// An MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The JSON-RPC call that failed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rpc {
    /// Its method, such as `tools/call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The tool, resource or prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The JSON-RPC error code, or the HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Its parameters, scrubbed and limited in size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Json>,
    /// Its transport: `http` or `stdio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// The revision of MCP, such as `2025-11-25`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// Duration until the failure, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The id of the request: text, or a number, which is read as text. Two reports with the same id, of the same session,
    /// are about the same call. Part of neither the fingerprint nor an issue.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub id: Option<String>,
    /// The [hash](crate::session_hash) of the request's `Mcp-Session-Id`, in decimal digits; absent without a session.
    /// Part of neither the fingerprint nor an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_hash: Option<String>,
}

impl Rpc {
    /// The session and the id of the request, if others cannot guess them: two reports with the same ones are about the
    /// same call.
    #[must_use]
    pub fn unguessable_id(&self) -> Option<(Option<&str>, &str)> {
        let (session, id) = (self.session_hash.as_deref(), self.id.as_deref()?);
        let is_proof = match session {
            Some(session) => !session.is_empty() && !id.is_empty(),
            None => id.chars().count() >= MIN_RPC_ID_CHARS,
        };
        is_proof.then_some((session, id))
    }
}

/// Reads text, or a whole number as text. Any other value counts as absent.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::Text(text) => Some(text),
        Json::Whole(number) => Some(number.to_string()),
        Json::Negative(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Exit of a process: with a code, or by a signal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Exit {
    /// The exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The signal, such as `SIGSEGV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
}
