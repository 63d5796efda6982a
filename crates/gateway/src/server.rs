//! `run`: the gateway as a server of its own, in place of the MCP server's address.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::{Refusal, RefusalCode};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::own_address::OwnAddress;
use crate::connection;
use crate::origin::Origin;
use crate::{AnswerBody, Gateway, cors};

/// How long exchanges may take once the gateway is told to stop. Streams that only wait for news would take for ever.
const FINISH: Duration = Duration::from_secs(2);
/// How long to wait when no connection can be accepted, such as for want of file descriptors.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Serves until `shutdown` ends; then stops accepting, and cuts what is not finished after a while.
///
/// Every path is the server's own, and `/` leads to the path of its URL. With `allow_origin`, pages of these origins may
/// use it from a browser, and pages of others may not; without, nothing is added and the server judges.
///
/// # Errors
///
/// When the listener has no address.
pub async fn run(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    allow_origin: Vec<Origin>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let own = OwnAddress(listener.local_addr()?);
    let door = Arc::new(Door { gateway, own, allow_origin });
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, Arc::clone(&door), stopped.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "gateway: cannot accept a connection; trying again");
                    tokio::time::sleep(NO_ROOM).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, stop));
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, finished).await.is_err() {
        tracing::info!("gateway: some exchanges did not end in {FINISH:?}; cutting them");
    }
    connections.shutdown().await;
    Ok(())
}

/// One connection, until either side ends it.
async fn serve(stream: TcpStream, peer: SocketAddr, door: Arc<Door>, mut stopped: watch::Receiver<()>) {
    connection::prepare(&stream);
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, Infallible>(door.answer(request, peer).await) }
    });
    let mut serving = std::pin::pin!(
        http1::Builder::new()
            // a client that takes its time holds one connection, which costs next to nothing
            .header_read_timeout(None)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = &mut serving => ended,
        // The other end is dropped when it is time to stop.
        _ = stopped.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "gateway: a connection ended early");
    }
}

/// What every connection shares.
#[derive(Debug)]
struct Door {
    gateway: Arc<Gateway>,
    own: OwnAddress,
    allow_origin: Vec<Origin>,
}

impl Door {
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<AnswerBody> {
        if self.allow_origin.is_empty() {
            return self.forward(request, peer).await;
        }
        let origin = request.headers().get(ORIGIN).cloned();
        if origin.as_ref().is_some_and(|origin| !self.allows(origin, request.headers())) {
            let message =
                "pages of this origin may not use this MCP server; its operator allows it with --allow-origin";
            let mut answer = refusal(RefusalCode::ForbiddenOrigin, message);
            cors::let_read(answer.headers_mut(), None);
            return answer;
        }
        if cors::is_preflight(request.method(), request.headers()) {
            let mut answer = Response::new(AnswerBody::own(""));
            *answer.status_mut() = StatusCode::NO_CONTENT;
            cors::let_read(answer.headers_mut(), origin);
            cors::permit(request.headers(), answer.headers_mut());
            return answer;
        }
        let mut answer = self.forward(request, peer).await;
        cors::let_read(answer.headers_mut(), origin);
        answer
    }

    fn allows(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let named = origin.to_str().ok().and_then(Origin::parse);
        self.own.is_from_here(headers) || named.is_some_and(|named| self.allow_origin.contains(&named))
    }

    async fn forward(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<AnswerBody> {
        if request.method() == Method::CONNECT {
            return refusal(
                RefusalCode::MethodNotAllowed,
                "this is the address of one MCP server, and no proxy to others",
            );
        }
        let mut request = request.map(Body::new);
        let upstream = self.gateway.upstream();
        self.own.replace(request.headers_mut(), upstream);
        // Its verdict on origins is ours by now: a page that may use us is as good as one of its own.
        if !self.allow_origin.is_empty() && request.headers().contains_key(ORIGIN) {
            request.headers_mut().insert(ORIGIN, upstream.origin().clone());
        }
        let target = upstream.target(request.uri());
        self.gateway.forward(request, target, peer.ip(), |_| false).await
    }
}

fn refusal(code: RefusalCode, message: &str) -> Response<AnswerBody> {
    let text = serde_json::to_vec(&Refusal { code, message: message.to_owned() }).unwrap_or_default();
    let mut answer = Response::new(AnswerBody::own(text));
    *answer.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::FORBIDDEN);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
