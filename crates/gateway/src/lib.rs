//! The gateway: forwards HTTP to an MCP server byte for byte, and reports the failures in these conversations.
//!
//! Bytes are forwarded first. A bounded copy goes into a queue (`monitor.rs`) and is analyzed afterwards, so that the
//! analysis cannot change or break a conversation. It delays a conversation only if the queue is full.

mod analysis;
mod bad_gateway;
mod call_ids;
mod client_key;
mod client_stream;
mod coding;
mod connection;
mod connection_table;
mod copy_budget;
pub mod cors;
mod counters;
mod decode_budget;
mod decoding;
mod endpoints;
mod event;
mod event_stream;
mod exchange;
mod fair_share;
pub mod forwarding;
mod headers;
mod inventory_writer;
mod listen;
mod message_reader;
mod monitor;
mod origin;
mod own_address;
mod progress;
mod request_body;
mod request_host;
mod response_body;
mod server;
mod session;
mod upstream;
mod upstream_client;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_prepare::KnownSecrets;
use autoheal_watch::{InventoryFile, Scope, Setup, Target};
use axum::body::Body;
use axum::http::{HeaderName, Method, Request, Response, StatusCode, Uri, Version};
use tokio::sync::mpsc;

use crate::coding::Coding;
use crate::copy_budget::CopyBudget;
use crate::endpoints::Endpoints;
use crate::event::ForwardError;
use crate::exchange::{Exchange, Stream};
use crate::monitor::Monitor;
use crate::request_body::{Recorder, RequestBody};
use crate::session::{Scopes, Session};
use crate::upstream_client::UpstreamClient;

pub use autoheal_watch::WatchedReport;
pub use client_key::ClientKey;
pub use counters::Counters;
pub use listen::{ListenOptions, serve_connections};
pub use origin::Origin;
pub use progress::ClientBody;
pub use request_host::host_problem;
pub use response_body::ResponseBody;
pub use server::run;
pub use upstream::Upstream;
pub use upstream_client::CertificatesError;

/// Timeout for reading the rest of a request that gets a 502.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration of a gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// The MCP server.
    pub upstream: Upstream,
    /// The operator's name for the MCP server, used in errors when it is down: a URL, or the flag that holds the URL.
    pub display_name: String,
    /// Timeout of a call. A call without a response or progress for this long has failed.
    pub timeout: Duration,
    /// Timeout of the MCP handshake.
    pub handshake_timeout: Duration,
    /// Timeout of a client that stops sending its request before the response has begun.
    pub body_timeout: Duration,
    /// The file with the inventory of the MCP server: read at the start, updated while the gateway runs.
    pub inventory_file: InventoryFile,
    /// The key of the hashes by which reports name the networks of callers.
    pub client_key: ClientKey,
    /// Whether [`run`] reads the address of a caller from the last `X-Forwarded-For`.
    pub trust_proxy: bool,
    /// Whether text that begins like an error is a failure of its tool.
    pub soft_errors: bool,
}

impl GatewayConfig {
    /// A configuration with the default timeouts, no inventory file, and a random key.
    #[must_use]
    pub fn new(upstream: Upstream, display_name: impl Into<String>) -> Self {
        Self {
            upstream,
            display_name: display_name.into(),
            timeout: Duration::from_secs(300),
            handshake_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(60),
            inventory_file: InventoryFile::default(),
            client_key: ClientKey::random(),
            trust_proxy: false,
            soft_errors: false,
        }
    }
}

/// A gateway in front of one MCP server.
#[derive(Debug)]
pub struct Gateway {
    upstream: Upstream,
    display_name: String,
    client: UpstreamClient,
    scopes: Scopes,
    monitor: Arc<Monitor>,
    counters: Arc<Counters>,
    endpoints: Arc<Endpoints>,
    copies: CopyBudget,
    body_timeout: Duration,
    trust_proxy: bool,
}

impl Gateway {
    /// Creates a gateway. It connects to the MCP server at the first request.
    ///
    /// # Errors
    ///
    /// If the URL is `https://` and the system's certificates cannot be read.
    pub fn new(config: GatewayConfig) -> Result<Self, CertificatesError> {
        let setup = Setup {
            target: Target::Http { url: config.upstream.url().to_string() },
            timeout: config.timeout,
            handshake_timeout: config.handshake_timeout,
            known_secrets: KnownSecrets::default(),
            soft_errors: config.soft_errors,
        };
        Ok(Self {
            client: UpstreamClient::new(&config.upstream)?,
            upstream: config.upstream,
            display_name: config.display_name,
            scopes: Scopes::new(config.client_key),
            monitor: Arc::new(Monitor::new(setup, config.inventory_file)),
            counters: Arc::default(),
            endpoints: Arc::default(),
            copies: CopyBudget::default(),
            body_timeout: config.body_timeout,
            trust_proxy: config.trust_proxy,
        })
    }

    /// Sends a report for each failure, until the receiver is dropped.
    pub async fn watch(&self, reports: mpsc::Sender<WatchedReport>) {
        self.monitor.run(&self.counters, reports).await;
    }

    /// The reports that [`Self::watch`] did not send. Called after the last connection ended.
    #[must_use]
    pub fn last_reports(&self) -> Vec<WatchedReport> {
        self.monitor.last_reports(&self.counters)
    }

    /// Counters of requests and failures.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// True if an open event stream named this address for the messages of its client (HTTP+SSE of 2024-11-05).
    #[must_use]
    pub fn has_endpoint(&self, target: &Uri) -> bool {
        self.endpoints.session(target).is_some()
    }

    /// The MCP server.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Forwards a request to `target` and returns the response. Request headers selected by `drop` are not forwarded, nor
    /// are claims about the client that a proxy would make.
    pub async fn forward(
        &self,
        request: Request<Body>,
        target: Uri,
        peer: IpAddr,
        drop: impl Fn(&HeaderName) -> bool,
    ) -> Response<ResponseBody> {
        let (mut parts, body) = request.into_parts();
        let (number, mut scope) = self.scopes.of(&parts.headers, peer);
        let in_session = scope.session != number;
        let of_stream = self.endpoints.session(&target).filter(|_| !in_session && parts.method == Method::POST);
        scope.session = of_stream.unwrap_or(scope.session);
        let stream = (parts.method == Method::GET).then(|| target.path_and_query().cloned()).flatten();
        let stream = stream.map(|path| Stream::new(path, Arc::clone(&self.endpoints)));
        let recorder = Coding::all(&parts.headers).map(|codings| Recorder {
            exchange: number,
            scope,
            codings,
            monitor: Arc::clone(&self.monitor),
        });
        let request_body = RequestBody::new(body, recorder, self.copies.share(&scope), self.body_timeout);
        let (monitor, counters) = (Arc::clone(&self.monitor), Arc::clone(&self.counters));
        let mut exchange = Exchange::begin(number, scope, stream, &request_body, monitor, counters);
        parts.uri = target;
        parts.version = Version::HTTP_11;
        parts.headers = headers::end_to_end(parts.headers, |name| forwarding::is_forwarding(name) || drop(name));
        let sent = self.client.send(Request::from_parts(parts, request_body.clone())).await;
        let sent = sent.map_err(|error| ForwardError {
            reached: !error.is_connect(),
            reason: upstream_client::innermost_cause(&error),
        });
        match sent.and_then(refuse_upgrade) {
            Ok(response) => {
                let (mut parts, body) = response.into_parts();
                parts.version = Version::HTTP_11;
                parts.headers = headers::end_to_end(parts.headers, |_| false);
                exchange.responded(parts.status.as_u16());
                let session = match self.scopes.named(&parts.headers) {
                    _ if in_session => Session::Existing,
                    _ if of_stream.is_some() => Session::Stream,
                    Some(session) => {
                        exchange.began_session(Scope { session, ..scope });
                        Session::New
                    }
                    None => Session::None,
                };
                let body = ResponseBody::from_upstream(body, exchange, &parts, session, self.copies.share(&scope));
                Response::from_parts(parts, body)
            }
            Err(_) if request_body.timed_out() => {
                let response = bad_gateway::response(&[], "the request did not arrive completely; send it again");
                let (mut parts, body) = response.into_parts();
                parts.status = StatusCode::REQUEST_TIMEOUT;
                exchange.responded(parts.status.as_u16());
                exchange.forget();
                Response::from_parts(parts, body)
            }
            Err(error) => {
                tracing::warn!(reason = %error.reason, upstream = %self.upstream.url(), "gateway: no response from the MCP server");
                let response = self.bad_gateway(&request_body, &error).await;
                exchange.responded(response.status().as_u16());
                exchange.fail(error);
                response
            }
        }
    }

    async fn bad_gateway(&self, request: &RequestBody, error: &ForwardError) -> Response<ResponseBody> {
        let (name, reason) = (&self.display_name, &error.reason);
        let message = if error.reached {
            format!("the MCP server at {name} sent no usable response ({reason}); check its log")
        } else {
            format!("the MCP server cannot be reached ({reason}); is it running at {name}?")
        };
        let response = request.read_rest(|bytes| bad_gateway::response(bytes, &message));
        let response = tokio::time::timeout(REQUEST_TIMEOUT, response).await;
        response.unwrap_or_else(|_| bad_gateway::response(&[], &message))
    }
}

/// Turns a 101 into an error: the gateway forwards no `Upgrade` header, so no client requested another protocol.
fn refuse_upgrade<T>(response: Response<T>) -> Result<Response<T>, ForwardError> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(ForwardError { reached: true, reason: "it wants another protocol".to_owned() });
    }
    Ok(response)
}

/// Locks a mutex and ignores poisoning, so that one panic does not stop all conversations.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
