//! The gateway: HTTP to an MCP server and back, byte for byte, and what fails in the conversation as reports.
//!
//! Bytes go on first. A bounded copy of them is put aside (`watching.rs`) and read afterwards, so that nothing of ours can
//! delay, change or break a conversation.

mod answer;
mod call_ids;
mod coding;
mod connection;
pub mod cors;
mod decoding;
mod event_stream;
mod exchange;
mod headers;
mod origin;
mod own_address;
mod reader;
mod request;
mod sending;
mod server;
mod session;
mod tally;
mod unreachable;
mod upstream;
mod watching;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::ErrorReport;
use autoheal_watch::Memory;
use autoheal_watch::{Scope, Setup, Target};
use axum::body::Body;
use axum::http::{HeaderName, Request, Response, StatusCode, Uri, Version};
use tokio::sync::mpsc;

use crate::coding::Coding;
use crate::exchange::Exchange;
use crate::request::{Copied, Teller};
use crate::sending::Connections;
use crate::session::{Scopes, Session};
use crate::watching::Watching;

pub use answer::AnswerBody;
pub use connection::prepare;
pub use origin::Origin;
pub use server::run;
pub use tally::Tally;
pub use upstream::Upstream;

/// How long a client that is owed an error may take to send the rest of its request.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a gateway is set up.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// The MCP server.
    pub upstream: Upstream,
    /// What its operator calls it, for the error when it is down: a URL, or the flag that holds it.
    pub known_as: String,
    /// A request without an answer for this long has failed.
    pub patience: Duration,
    /// A handshake that takes longer has failed.
    pub handshake: Duration,
    /// What earlier processes learnt of the server, and this one will.
    pub memory: Memory,
}

impl GatewayConfig {
    /// With the usual patience.
    #[must_use]
    pub fn new(upstream: Upstream, known_as: impl Into<String>) -> Self {
        let (patience, handshake) = (Duration::from_secs(300), Duration::from_secs(60));
        Self { upstream, known_as: known_as.into(), patience, handshake, memory: Memory::default() }
    }
}

/// A way to one MCP server.
#[derive(Debug)]
pub struct Gateway {
    upstream: Upstream,
    known_as: String,
    connections: Connections,
    scopes: Scopes,
    watching: Arc<Watching>,
    tally: Arc<Tally>,
}

impl Gateway {
    /// Connects when it is first asked.
    ///
    /// # Errors
    ///
    /// When the system's certificates are needed and cannot be read.
    pub fn new(config: GatewayConfig) -> Result<Self, String> {
        let setup = Setup {
            target: Target::Http { url: config.upstream.url().to_string() },
            patience: config.patience,
            handshake: config.handshake,
        };
        Ok(Self {
            connections: Connections::to(&config.upstream)?,
            upstream: config.upstream,
            known_as: config.known_as,
            scopes: Scopes::default(),
            watching: Arc::new(Watching::new(setup, config.memory)),
            tally: Arc::default(),
        })
    }

    /// Hands out what fails, until the receiver is gone.
    pub async fn watch(&self, reports: mpsc::Sender<ErrorReport>) {
        self.watching.run(&self.tally, reports).await;
    }

    /// What is left to report, now that nothing passes any more.
    #[must_use]
    pub fn last_reports(&self) -> Vec<ErrorReport> {
        self.watching.last(&self.tally)
    }

    /// What it counted.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The MCP server behind it.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Passes a request on to `target` and the answer back; `drop` names headers that stay here.
    pub async fn forward(
        &self,
        request: Request<Body>,
        target: Uri,
        peer: IpAddr,
        drop: impl Fn(&HeaderName) -> bool,
    ) -> Response<AnswerBody> {
        let (mut parts, body) = request.into_parts();
        let (number, scope) = self.scopes.of(&parts.headers, peer);
        let in_session = scope.session != number;
        let teller = Coding::all(&parts.headers).map(|codings| Teller {
            exchange: number,
            scope,
            codings,
            watching: Arc::clone(&self.watching),
        });
        let copied = Copied::new(body, teller);
        let mut exchange = Exchange::begin(number, scope, &copied, Arc::clone(&self.watching), Arc::clone(&self.tally));
        parts.uri = target;
        parts.version = Version::HTTP_11;
        parts.headers = headers::end_to_end(parts.headers, drop);
        let sent = self.connections.send(Request::from_parts(parts, copied.clone())).await;
        let sent = sent.map_err(|error| (!error.is_connect(), sending::innermost(&error)));
        match sent.and_then(refuse_upgrade) {
            Ok(answered) => {
                let (mut parts, body) = answered.into_parts();
                parts.version = Version::HTTP_11;
                parts.headers = headers::end_to_end(parts.headers, |_| false);
                exchange.answered(parts.status.as_u16());
                let session = match self.scopes.named(&parts.headers) {
                    _ if in_session => Session::Known,
                    Some(session) => {
                        exchange.began(Scope { session, ..scope });
                        Session::Begins
                    }
                    None => Session::None,
                };
                let body = AnswerBody::server(body, exchange, parts.status, &parts.headers, session);
                Response::from_parts(parts, body)
            }
            Err((reached, why)) => {
                tracing::warn!(%why, upstream = %self.upstream.url(), "gateway: no answer");
                let answer = self.no_answer(&copied, !reached, &why).await;
                exchange.answered(answer.status().as_u16());
                exchange.unanswered(reached, why);
                answer
            }
        }
    }

    async fn no_answer(&self, request: &Copied, unreached: bool, why: &str) -> Response<AnswerBody> {
        let known_as = &self.known_as;
        let message = if unreached {
            format!("the MCP server cannot be reached ({why}); is it running at {known_as}?")
        } else {
            format!("the MCP server at {known_as} broke off before it answered ({why}); look at what it printed")
        };
        let look = request.rest(|bytes| unreachable::response(bytes, &message));
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| unreachable::response(&[], &message))
    }
}

/// `Upgrade` stays here, so nobody can have asked for one.
fn refuse_upgrade<T>(answered: Response<T>) -> Result<Response<T>, (bool, String)> {
    if answered.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err((true, "it wants another protocol".to_owned()));
    }
    Ok(answered)
}
