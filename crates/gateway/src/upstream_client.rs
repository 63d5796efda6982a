//! `UpstreamClient`: sends requests to the upstream over reused connections.

use std::time::Duration;

use axum::http::{Extensions, HeaderMap, Method, Request, Response, Uri};
use hyper::body::{Body as HttpBody, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::request_body::RequestBody;
use super::upstream::Upstream;
use crate::connection::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_RETRIES, MAX_BUFFER_BYTES};

/// Lifetime of an idle connection. Common servers close theirs after five seconds; closing earlier makes it unlikely
/// that a request meets a closing connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// Timeout of a new connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The system's certificates, which an `https://` server needs, cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the system's certificates cannot be read")]
pub struct CertificatesError(#[source] std::io::Error);

/// An HTTP client, plain or with TLS.
#[derive(Debug, Clone)]
pub(super) enum UpstreamClient {
    Plain(Client<HttpConnector, RequestBody>),
    Tls(Client<HttpsConnector<HttpConnector>, RequestBody>),
}

impl UpstreamClient {
    /// Creates a client. Fails if the upstream needs TLS and the system's certificates cannot be read.
    pub(super) fn new(upstream: &Upstream) -> Result<Self, CertificatesError> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_keepalive(Some(KEEPALIVE_IDLE));
        connector.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
        connector.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
        client.http1_max_buf_size(MAX_BUFFER_BYTES);
        // MCP clients accept these malformed headers, so the gateway must not refuse them.
        client.http1_allow_obsolete_multiline_headers_in_responses(true);
        client.http1_allow_spaces_after_header_name_in_responses(true);
        if !upstream.is_tls() {
            return Ok(Self::Plain(client.build(connector)));
        }
        connector.enforce_http(false);
        let tls = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(CertificatesError)?
            .https_only()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self::Tls(client.build(tls)))
    }

    /// Sends a request. If the server closed the connection meanwhile, sends a repeatable request once more.
    /// `hyper_util` itself repeats a request of which nothing was sent.
    pub(super) async fn send(&self, request: Request<RequestBody>) -> Result<Response<Incoming>, Error> {
        let repeatable = Repeatable::of(&request);
        match (self.send_once(request).await, repeatable) {
            (Err(error), Some((repeatable, body))) if !error.is_connect() => {
                tracing::debug!(%error, "gateway: repeating a request");
                self.send_once(repeatable.into_request(body)).await
            }
            (sent, _) => sent,
        }
    }

    async fn send_once(&self, request: Request<RequestBody>) -> Result<Response<Incoming>, Error> {
        match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
        }
    }
}

/// The head of an idempotent request without a body.
struct Repeatable {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
}

impl Repeatable {
    fn of(request: &Request<RequestBody>) -> Option<(Self, RequestBody)> {
        let is_repeatable = request.method().is_idempotent() && request.body().is_end_stream();
        is_repeatable.then(|| {
            let head = Self {
                method: request.method().clone(),
                uri: request.uri().clone(),
                headers: request.headers().clone(),
                extensions: request.extensions().clone(),
            };
            (head, request.body().clone())
        })
    }

    fn into_request(self, body: RequestBody) -> Request<RequestBody> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        request
    }
}

/// The innermost cause of an error, such as "Connection refused".
pub(super) fn innermost_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
