//! `run`: the gateway as a server of its own, for clients that use its address in place of the MCP server's.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::{Refusal, RefusalCode};
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONNECTION, HOST, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::service::service_fn;
use tokio::net::TcpListener;

use super::own_address::OwnAddress;
use crate::forwarding::client_address;
use crate::listen::{ListenOptions, serve_connections};
use crate::origin::Origin;
use crate::{ClientBody, Gateway, ResponseBody, cors, host_problem};

/// Timeout of open exchanges at shutdown. An idle event stream would never end by itself.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum number of open connections. Each holds a stream in both directions, and the system limits file descriptors.
const MAX_CONNECTIONS: usize = 16_384;

/// Timeout of a request's head, and of an idle connection. Longer than clients keep an idle connection, so that a request
/// rarely meets a closing one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Serves until `shutdown` ends. Then it accepts no more connections, and closes those that are still open after two
/// seconds.
///
/// Paths are forwarded unchanged; `/` becomes the path of the MCP server's URL. With `allow_origin`, the gateway sets
/// the CORS headers: pages of these origins may use it from a browser, and pages of other origins get a 403. Without,
/// the MCP server decides.
///
/// # Errors
///
/// If the listener has no address.
pub async fn run(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    allow_origin: Vec<Origin>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let own_address = OwnAddress(listener.local_addr()?);
    let handler = Arc::new(Handler { gateway, own_address, allow_origin });
    let options = ListenOptions {
        max_connections: MAX_CONNECTIONS,
        head_timeout: Some(HEAD_TIMEOUT),
        shutdown_timeout: SHUTDOWN_TIMEOUT,
        // the MCP server sends its own
        date_header: false,
    };
    let service_for = |peer| {
        let handler = Arc::clone(&handler);
        service_fn(move |request| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, Infallible>(handler.handle(request, peer).await) }
        })
    };
    serve_connections(listener, options, service_for, shutdown).await;
    Ok(())
}

/// The request handler, shared by all connections.
#[derive(Debug)]
struct Handler {
    gateway: Arc<Gateway>,
    own_address: OwnAddress,
    allow_origin: Vec<Origin>,
}

impl Handler {
    async fn handle(&self, request: Request<ClientBody>, peer: SocketAddr) -> Response<ResponseBody> {
        if let Some(problem) = host_problem(request.method(), request.uri(), request.version(), request.headers()) {
            let mut response = refusal(RefusalCode::InvalidHost, problem);
            // a proxy in between may disagree about whose requests this connection carries
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        if self.allow_origin.is_empty() {
            return self.forward(request, peer).await;
        }
        let origin = request.headers().get(ORIGIN).cloned();
        if origin.as_ref().is_some_and(|origin| !self.allows(origin, request.headers())) {
            return foreign_page(
                "pages of this origin may not use this MCP server; its operator can allow the origin with --allow-origin",
            );
        }
        if origin.is_none() && is_of_browser(request.headers()) && !self.is_own_host(request.headers()) {
            return foreign_page(
                "this host name is not a name of this gateway; its operator can allow it with --allow-origin http://NAME",
            );
        }
        if cors::is_preflight(request.method(), request.headers()) {
            let mut response = ResponseBody::own(StatusCode::NO_CONTENT, "");
            cors::set_response_headers(response.headers_mut(), origin);
            cors::set_preflight_headers(request.headers(), response.headers_mut());
            return response;
        }
        let mut response = self.forward(request, peer).await;
        cors::set_response_headers(response.headers_mut(), origin);
        response
    }

    fn allows(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let parsed = origin.to_str().ok().and_then(Origin::parse);
        self.own_address.is_own_origin(headers) || parsed.is_some_and(|origin| self.allow_origin.contains(&origin))
    }

    /// True if the `Host` is the gateway's address, or that of an allowed origin.
    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let is_allowed = |scheme| {
            Origin::parse(&format!("{scheme}://{host}")).is_some_and(|origin| self.allow_origin.contains(&origin))
        };
        self.own_address.is_own_host(headers) || is_allowed("http") || is_allowed("https")
    }

    async fn forward(&self, request: Request<ClientBody>, peer: SocketAddr) -> Response<ResponseBody> {
        if request.method() == Method::CONNECT {
            return refusal(
                RefusalCode::MethodNotAllowed,
                "this is the address of one MCP server, not a proxy to other servers",
            );
        }
        let mut request = request.map(Body::new);
        let upstream = self.gateway.upstream();
        self.own_address.replace(request.headers_mut(), upstream);
        // The gateway checked the origin, so the MCP server receives its own.
        if !self.allow_origin.is_empty() && request.headers().contains_key(ORIGIN) {
            request.headers_mut().insert(ORIGIN, upstream.origin().clone());
        }
        let target = upstream.target(request.uri());
        let client = client_address(self.gateway.trust_proxy, peer, request.headers());
        self.gateway.forward(request, target, client, |_| false).await
    }
}

/// True if a browser sent the request. A `GET` of a page has no `Origin`, also if the page's host name resolves to this
/// address (DNS rebinding), and browsers describe requests with `Sec-Fetch-Site` only under secure origins. A page cannot
/// leave out its languages. The `fetch` of Node sends languages too, but with a mode and without a site.
fn is_of_browser(headers: &HeaderMap) -> bool {
    ["sec-fetch-site", "sec-fetch-dest", "sec-fetch-user", "referer"].iter().any(|name| headers.contains_key(*name))
        || headers.contains_key(ACCEPT_LANGUAGE) && !headers.contains_key("sec-fetch-mode")
}

/// The response to a page that may not use the MCP server.
fn foreign_page(message: &str) -> Response<ResponseBody> {
    let mut response = refusal(RefusalCode::ForbiddenOrigin, message);
    cors::set_response_headers(response.headers_mut(), None);
    response
}

fn refusal(code: RefusalCode, message: &str) -> Response<ResponseBody> {
    let text = serde_json::to_vec(&Refusal { code, message: message.to_owned() }).unwrap_or_default();
    ResponseBody::own(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::FORBIDDEN), text)
}
