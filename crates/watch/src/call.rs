//! `Call`: one open request of the client, and the data that its report needs.

use crate::moment::Moment;
use autoheal_contract::{Source, Trace};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{MAX_NAME_CHARS, canonical, read_name};
use crate::message::RequestParams;
use crate::setup::Peer;

/// Maximum size of the parameters of one call, or of its response, in bytes. Larger ones are not stored.
pub(crate) const MAX_STORED_BYTES: usize = 16 * 1024;

/// Kind of a request. It decides how the response is classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The handshake of protocol versions before 2026-07-28.
    Initialize,
    /// The probe for protocol version 2026-07-28 and later. None of its responses is a failure.
    Discover,
    /// A tool call.
    Tool,
    /// A read of a resource.
    Resource,
    /// A request for a prompt.
    Prompt,
    /// A ping.
    Ping,
    /// A request that stays open for as long as the client wants. It never times out.
    Listen,
    /// Any other request.
    Other,
}

impl Kind {
    /// Kind of the requests with this method.
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

    /// Source that a report names for a failure of this kind.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::Tool => Source::McpTool,
            Self::Resource => Source::McpResource,
            Self::Prompt => Source::McpPrompt,
            _ => Source::McpProtocol,
        }
    }

    /// True if a request of this kind runs a handler of the server, which may print to standard error.
    pub(crate) fn runs_code(self) -> bool {
        matches!(self, Self::Tool | Self::Resource | Self::Prompt)
    }
}

/// A request without a response.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) method: Box<str>,
    /// Name of the tool or prompt, or URI of the resource; `None` if the request has none.
    pub(crate) name: Option<Box<str>>,
    /// Parameters as sent; `None` if they are too long, or if the open calls hold too many bytes already.
    pub(crate) params: Option<Box<RawValue>>,
    /// True if all parameters are stored, so that the call can be repeated.
    pub(crate) is_complete: bool,
    /// Token that progress notifications of the call contain, as JSON.
    pub(crate) progress_token: Option<Box<str>>,
    /// Protocol version, if the request contains it.
    pub(crate) protocol_version: Option<Box<str>>,
    /// Client program, if the request contains it.
    pub(crate) client: Option<Client>,
    /// Id of the request, as JSON. Empty while the call is open, because its key has the id.
    pub(crate) id: Box<str>,
    pub(crate) session: u64,
    pub(crate) session_hash: Option<u64>,
    pub(crate) peer: Option<Peer>,
    /// Trace that the request names, in `_meta` or else in its header.
    pub(crate) trace: Option<Trace>,
    /// Time before the request was passed on, so that all that the server prints for it is later.
    pub(crate) started: Moment,
    /// Time of the last progress; `started` if there was none.
    pub(crate) last_activity: Moment,
    /// Number of calls that had started to run code before this one.
    pub(crate) sequence: u64,
    /// Number of calls that were running code when this one started.
    pub(crate) running_at_start: u32,
    /// True if the call was reported as unanswered.
    pub(crate) is_reported: bool,
}

/// The client program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) version: String,
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
        let text = |value: Option<&RawValue>| value.and_then(read_name).unwrap_or_default();
        Some(Self { name: text(name), version: text(version) })
    }
}

/// Members of the request parameters that a report needs.
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

/// Members of `_meta` in a request that a report needs.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RequestMeta<'a> {
    #[serde(borrow, rename = "progressToken")]
    progress_token: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    client: Option<&'a RawValue>,
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
}

impl Call {
    /// Reads a request. `remaining` is the number of parameter bytes that may still be stored.
    pub(crate) fn read(method: &str, params: RequestParams<'_>, remaining: usize, now: Moment) -> Self {
        let kind = Kind::of(method);
        let (params, skimmed_name, is_truncated) = match params {
            RequestParams::None => (None, None, false),
            RequestParams::Whole(params) => (Some(params), None, false),
            RequestParams::Truncated { name } => (None, name, true),
        };
        let fits = params.is_none_or(|params| params.get().len() <= MAX_STORED_BYTES.min(remaining));
        let members =
            params.and_then(|params| serde_json::from_str::<CallParams<'_>>(params.get()).ok()).unwrap_or_default();
        let meta =
            members.meta.and_then(|meta| serde_json::from_str::<RequestMeta<'_>>(meta.get()).ok()).unwrap_or_default();
        let name = match kind {
            Kind::Tool | Kind::Prompt => members.name.or(skimmed_name),
            Kind::Resource => members.uri.or(skimmed_name),
            _ => None,
        };
        let client = if kind == Kind::Initialize { members.client } else { meta.client };
        let version = if kind == Kind::Initialize { members.protocol_version } else { meta.protocol_version };
        Self {
            kind,
            method: method.chars().take(MAX_NAME_CHARS).collect(),
            name: name.and_then(read_name).map(Into::into),
            params: params.filter(|_| fits).map(ToOwned::to_owned),
            is_complete: !is_truncated && fits,
            progress_token: meta.progress_token.map(|token| canonical(token.get()).into()),
            protocol_version: version.and_then(read_name).map(Into::into),
            client: client.and_then(Client::read),
            id: Box::default(),
            session: 0,
            session_hash: None,
            peer: None,
            trace: meta.traceparent.and_then(read_name).and_then(|traceparent| Trace::parse(&traceparent)),
            started: now,
            last_activity: now,
            sequence: 0,
            running_at_start: 0,
            is_reported: false,
        }
    }

    /// Size of the stored parameters, in bytes.
    pub(crate) fn param_bytes(&self) -> usize {
        self.params.as_ref().map_or(0, |params| params.get().len())
    }

    /// Copy that stays open after the call was reported. It has none of the data that only a report needs.
    pub(crate) fn reported_copy(&self) -> Self {
        Self {
            kind: self.kind,
            method: self.method.clone(),
            name: self.name.clone(),
            params: None,
            is_complete: false,
            progress_token: None,
            protocol_version: None,
            client: None,
            id: Box::default(),
            session: self.session,
            session_hash: self.session_hash,
            peer: self.peer,
            trace: None,
            started: self.started,
            last_activity: self.last_activity,
            sequence: self.sequence,
            running_at_start: self.running_at_start,
            is_reported: true,
        }
    }

    /// Name of the tool or prompt, or URI of the resource; else the method.
    pub(crate) fn subject(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.method)
    }

    /// Message of a failure without a response.
    pub(crate) fn unanswered(&self, why: &str) -> String {
        format!("{} was never answered: {why}", self.subject())
    }
}
