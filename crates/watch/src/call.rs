//! One request that waits for its answer, and what is remembered of it.

use serde::Deserialize;
use serde_json::value::RawValue;

use autoheal_contract::Source;

use super::lenient::{MAX_NAME_CHARS, canonical, read_name};
use super::message;
use autoheal_prepare::Timestamp;

/// Longer parameters are not remembered, in bytes.
pub(super) const MAX_PARAM_BYTES: usize = 16 * 1024;

/// Kind of a request, as far as its response is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The handshake of the older era.
    Initialize,
    /// The probe for the modern era; whatever comes back is no failure.
    Discover,
    /// A call of a tool.
    Tool,
    /// A read of a resource.
    Resource,
    /// A request for a prompt.
    Prompt,
    /// A ping.
    Ping,
    /// Stays open for as long as the client likes.
    Listen,
    /// Any other request.
    Other,
}

impl Kind {
    /// The kind of requests with this method.
    #[must_use]
    pub fn of(method: &str) -> Self {
        match method {
            "initialize" => Self::Initialize,
            "server/discover" => Self::Discover,
            "tools/call" => Self::Tool,
            "resources/read" => Self::Resource,
            "prompts/get" => Self::Prompt,
            "ping" => Self::Ping,
            "subscriptions/listen" | "tasks/result" => Self::Listen,
            _ => Self::Other,
        }
    }

    /// Where failures of it belong.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::Tool => Source::McpTool,
            Self::Resource => Source::McpResource,
            Self::Prompt => Source::McpPrompt,
            _ => Source::McpProtocol,
        }
    }

    /// Whether the server runs code of its own for it, which may print.
    pub(super) fn runs_code(self) -> bool {
        matches!(self, Self::Tool | Self::Resource | Self::Prompt)
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) kind: Kind,
    pub(super) method: Box<str>,
    /// The tool, resource or prompt; none where the request names none.
    pub(super) name: Option<Box<str>>,
    /// As it was sent; none where it was too long, or too much waits already.
    pub(super) params: Option<Box<RawValue>>,
    /// It can be repeated: whatever it was made with is remembered.
    pub(super) is_complete: bool,
    /// What progress on it is told under, as JSON.
    pub(super) progress_token: Option<Box<str>>,
    /// The protocol's version, where the request itself says it.
    pub(super) protocol_version: Option<Box<str>>,
    /// The client program, where the request itself says it.
    pub(super) client: Option<Client>,
    /// The session it belongs to, and a hash of who asks.
    pub(super) session: u64,
    pub(super) peer: u64,
    pub(super) started: Timestamp,
    /// From when on what the server prints may be about it: it may be seen before the request.
    pub(super) output_from: Timestamp,
    /// The last sign of life, its beginning if there was none.
    pub(super) last_activity: Timestamp,
    /// How many calls that run code were begun before this one; together with later ones, who else was running.
    pub(super) sequence: u64,
    /// How many of them were open when it began.
    pub(super) running_at_start: u32,
    /// It was told of as never answered.
    pub(super) is_reported: bool,
}

/// The program that talks to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) version: String,
}

impl Client {
    fn read(client: &RawValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Implementation<'a> {
            #[serde(borrow, default)]
            name: Option<&'a RawValue>,
            #[serde(borrow, default)]
            version: Option<&'a RawValue>,
        }
        let Implementation { name, version } = serde_json::from_str(client.get()).ok()?;
        let short = |value: Option<&RawValue>| value.and_then(read_name).unwrap_or_default();
        Some(Self { name: short(name), version: short(version) })
    }
}

/// What is read of a request's parameters.
#[derive(Deserialize, Default)]
#[serde(default)]
struct CallParams<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    uri: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, rename = "clientInfo")]
    client: Option<&'a RawValue>,
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RequestMeta<'a> {
    #[serde(borrow, rename = "progressToken")]
    progress_token: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    client: Option<&'a RawValue>,
}

impl Call {
    /// Reads a request; `remaining` is how many bytes of parameters may still be remembered.
    pub(super) fn read(method: &str, params: message::RequestParams<'_>, remaining: usize, now: Timestamp) -> Self {
        let kind = Kind::of(method);
        let (params, known, is_long) = match params {
            message::RequestParams::None => (None, None, false),
            message::RequestParams::Whole(params) => (Some(params), None, false),
            message::RequestParams::Truncated { name } => (None, name, true),
        };
        let is_kept = params.is_none_or(|params| params.get().len() <= MAX_PARAM_BYTES.min(remaining));
        let read =
            params.and_then(|params| serde_json::from_str::<CallParams<'_>>(params.get()).ok()).unwrap_or_default();
        let meta =
            read.meta.and_then(|meta| serde_json::from_str::<RequestMeta<'_>>(meta.get()).ok()).unwrap_or_default();
        let name = match kind {
            Kind::Tool | Kind::Prompt => read.name.or(known),
            Kind::Resource => read.uri.or(known),
            _ => None,
        };
        let client = if kind == Kind::Initialize { read.client } else { meta.client };
        let version = if kind == Kind::Initialize { read.protocol_version } else { meta.protocol_version };
        Self {
            kind,
            method: method.chars().take(MAX_NAME_CHARS).collect(),
            name: name.and_then(read_name).map(Into::into),
            params: params.filter(|_| is_kept).map(ToOwned::to_owned),
            is_complete: !is_long && is_kept,
            progress_token: meta.progress_token.map(|token| canonical(token.get()).into()),
            protocol_version: version.and_then(read_name).map(Into::into),
            client: client.and_then(Client::read),
            session: 0,
            peer: 0,
            started: now,
            output_from: now,
            last_activity: now,
            sequence: 0,
            running_at_start: 0,
            is_reported: false,
        }
    }

    /// How many bytes of parameters are remembered.
    pub(super) fn param_bytes(&self) -> usize {
        self.params.as_ref().map_or(0, |params| params.get().len())
    }

    /// The same request, remembered without what its report has already told.
    pub(super) fn reported_copy(&self) -> Self {
        Self {
            kind: self.kind,
            method: self.method.clone(),
            name: self.name.clone(),
            params: None,
            is_complete: false,
            progress_token: None,
            protocol_version: None,
            client: None,
            session: self.session,
            peer: self.peer,
            started: self.started,
            output_from: self.output_from,
            last_activity: self.last_activity,
            sequence: self.sequence,
            running_at_start: self.running_at_start,
            is_reported: true,
        }
    }

    /// What it is about: the tool, resource or prompt, else the method.
    pub(super) fn subject(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.method)
    }
}
