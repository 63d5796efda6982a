//! `ErrorReport` and its parts: what a sender says about one failure.

use serde::{Deserialize, Serialize};

use crate::Json;

/// One failure, as its sender tells it.
///
/// The first four fields are what the original `mcp-sdk.js` sends; everything else is optional. Times are RFC 3339
/// text. The service reads reports leniently (a wrong type drops that field); this type is what a well-behaved sender
/// writes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorReport {
    /// The error's class or name, such as `TypeError`. Required, not empty.
    pub error_type: String,
    /// The error's message. Required, not empty.
    pub error_message: String,
    /// The stack as the engine wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
    /// Whatever else is known: `{timestamp, userAgent, url, method, params, …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Json>,

    /// Version of this shape; absent means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<u64>,
    /// UUID, frozen at first send, so that a repeated delivery is counted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which kind of sender; a claim, never proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Finer class of the failure, such as `tool_failure` or `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The sender's opinion; the service's own rules decide when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Version of the failing program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Such as `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Small facts to search by: an object of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Json>,
    /// A hash that stands for the user; never a name or an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How many times this happened since the last report of it; absent means once. Frozen with `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// When the first of `count` happened, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When the last of `count` happened, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// What caused this error, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The last lines before the failure, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", alias = "breadcrumbs")]
    pub logs: Vec<LogLine>,
    /// The MCP server that was talked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// The JSON-RPC call that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc: Option<Rpc>,
    /// A command or call that shows the failure again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduction: Option<String>,
    /// The command line that failed, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How the process ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// Operating system, architecture, runtime version: an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Json>,
    /// A hash that stands for the session, to count distinct clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Source-map debug ids by file: an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug_ids: Option<Json>,
    /// A grouping of the sender's own; honoured from senders with a key only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// Which kind of sender a report comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The conversation with an MCP server failed.
    McpProtocol,
    /// A command line program failed.
    Cli,
    /// A Rust program that embeds the pipeline.
    Rust,
}

impl Source {
    /// Every source there is.
    pub const ALL: [Source; 7] = [
        Self::JavascriptSdk,
        Self::McpTool,
        Self::McpResource,
        Self::McpPrompt,
        Self::McpProtocol,
        Self::Cli,
        Self::Rust,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavascriptSdk => "javascript_sdk",
            Self::McpTool => "mcp_tool",
            Self::McpResource => "mcp_resource",
            Self::McpPrompt => "mcp_prompt",
            Self::McpProtocol => "mcp_protocol",
            Self::Cli => "cli",
            Self::Rust => "rust",
        }
    }

    /// Whether it is told of an MCP server.
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

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A user's interrupt, a caller's mistake.
    Low,
    /// The usual.
    Medium,
    /// The operating system, I/O, a panic, a server's internal error.
    High,
    /// Memory or recursion exhausted, a crash by signal.
    Critical,
}

impl Severity {
    /// Every severity there is, mildest first.
    pub const ALL: [Severity; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name on the wire, and the label on GitHub.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
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
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Such as `warn`, or a breadcrumb's `click`.
    #[serde(skip_serializing_if = "Option::is_none", alias = "category")]
    pub level: Option<String>,
    /// The line.
    pub message: String,
}

/// The MCP server that was talked to.
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
    /// Such as `tools/call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The tool, resource or prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The JSON-RPC error code, or the HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// What it was called with, scrubbed and bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Json>,
    /// `http` or `stdio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Such as `2025-11-25`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// How long the call took until it failed, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
}

/// How a process ended: with a code, or by a signal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Exit {
    /// The exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Such as `SIGSEGV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
}
