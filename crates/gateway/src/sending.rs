//! `Connections`: to the server, kept open between requests.

use std::time::Duration;

use axum::http::{Extensions, HeaderMap, Method, Request, Response, Uri};
use hyper::body::{Body as HttpBody, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::request::Copied;
use super::upstream::Upstream;
use crate::connection::{BETWEEN, QUIET, TIMES};

/// Common servers close idle connections after five seconds: ours are given up before, so that a request is seldom sent
/// into one that is being closed.
const IDLE: Duration = Duration::from_secs(4);
/// A server that takes longer to accept is not there.
const CONNECT: Duration = Duration::from_secs(10);

/// Connections in the clear, or by TLS.
#[derive(Debug, Clone)]
pub(super) enum Connections {
    Plain(Client<HttpConnector, Copied>),
    Encrypted(Client<HttpsConnector<HttpConnector>, Copied>),
}

impl Connections {
    pub(super) fn to(upstream: &Upstream) -> Result<Self, String> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_keepalive(Some(QUIET));
        connector.set_keepalive_interval(Some(BETWEEN));
        connector.set_keepalive_retries(Some(TIMES));
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        // What clients put up with is nothing to fail for.
        client.http1_allow_obsolete_multiline_headers_in_responses(true);
        client.http1_allow_spaces_after_header_name_in_responses(true);
        if !upstream.is_encrypted() {
            return Ok(Self::Plain(client.build(connector)));
        }
        connector.enforce_http(false);
        let encrypted = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("the system's certificates cannot be read: {error}"))?
            .https_only()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self::Encrypted(client.build(encrypted)))
    }

    /// Sends it. A connection that the server closed at that very moment is no failure of a request that can be sent
    /// again; the client itself repeats those of which nothing was sent yet.
    pub(super) async fn send(&self, request: Request<Copied>) -> Result<Response<Incoming>, Error> {
        let again = Again::of(&request);
        match (self.send_once(request).await, again) {
            (Err(error), Some((again, body))) if !error.is_connect() => {
                tracing::debug!(%error, "gateway: sending once more");
                self.send_once(again.request(body)).await
            }
            (sent, _) => sent,
        }
    }

    async fn send_once(&self, request: Request<Copied>) -> Result<Response<Incoming>, Error> {
        match self {
            Self::Plain(client) => client.request(request).await,
            Self::Encrypted(client) => client.request(request).await,
        }
    }
}

/// A request that means the same when it is sent twice.
struct Again {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
}

impl Again {
    fn of(request: &Request<Copied>) -> Option<(Self, Copied)> {
        let repeatable = request.method().is_idempotent() && request.body().is_end_stream();
        repeatable.then(|| {
            let again = Self {
                method: request.method().clone(),
                uri: request.uri().clone(),
                headers: request.headers().clone(),
                extensions: request.extensions().clone(),
            };
            (again, request.body().clone())
        })
    }

    fn request(self, body: Copied) -> Request<Copied> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        request
    }
}

/// What lies at the bottom of an error, such as "Connection refused".
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
