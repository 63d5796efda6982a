//! Accepts HTTP/1 connections within limits, for the gateway and for the service.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client_stream::{ClientStream, WRITE_TIMEOUT};
use crate::connection::{MAX_BUFFER_BYTES, configure_connection};
use crate::connection_table::{ConnectionTable, LOG_INTERVAL, Place};
use crate::progress::{AnswerBody, ClientBody};

/// Delay after a connection could not be accepted, for example for lack of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Limits and settings of a listener.
#[derive(Debug, Clone, Copy)]
pub struct ListenOptions {
    /// Maximum number of open connections. When it is reached, a network that holds a large part makes way for the others;
    /// where none does, connections that have waited for their clients make way, those with an unfinished head first.
    pub max_connections: usize,
    /// Timeout of a request's head, and of an idle connection; none for no timeout.
    pub head_timeout: Option<Duration>,
    /// Timeout of open requests at shutdown.
    pub shutdown_timeout: Duration,
    /// Whether responses get a `Date` header.
    pub date_header: bool,
}

/// Serves until `shutdown` ends. Then accepts no more connections, and closes those still open after the timeout.
///
/// `service_for` makes the service of one connection from the peer's address.
pub async fn serve_connections<S, B>(
    listener: TcpListener,
    options: ListenOptions,
    service_for: impl Fn(SocketAddr) -> S,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request<ClientBody>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (stop, stopped) = watch::channel(());
    let table = ConnectionTable::new(options.max_connections);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    let mut last_log: Option<Instant> = None;
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // logged by the table, once a minute
                    if let Some(place) = table.admit(peer.ip()) {
                        let id = place.id();
                        let serving = serve(stream, peer, service_for(peer), options, stopped.clone(), place);
                        table.set_abort(id, connections.spawn(serving));
                    }
                }
                Err(error) => {
                    if last_log.is_none_or(|last| last.elapsed() >= LOG_INTERVAL) {
                        last_log = Some(Instant::now());
                        tracing::warn!(%error, "cannot accept a connection; retrying");
                    }
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, stop));
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(options.shutdown_timeout, finished).await.is_err() {
        tracing::warn!("some requests did not finish in {:?}; closing their connections", options.shutdown_timeout);
    }
    connections.shutdown().await;
}

/// Serves one connection until either side closes it.
///
/// hyper itself responds to a head that it cannot read, before a service sees it: 400, 414, or 431 for a head that is too
/// large, each with an empty body and none of the headers that the services add, because hyper has no hook for it. A head
/// that takes too long, or a client that does not read its response, ends the connection without a response.
async fn serve<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    options: ListenOptions,
    mut stopped: watch::Receiver<()>,
    place: Place,
) where
    S: Service<Request<ClientBody>, Response = Response<B>, Error = Infallible>,
    B: Body + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    configure_connection(&stream);
    let progress = place.progress();
    let stream = ClientStream::new(stream, progress.clone(), WRITE_TIMEOUT);
    let service = service_fn(move |request: Request<Incoming>| {
        let (progress, of_response) = (progress.clone(), progress.clone());
        let response = service.call(request.map(|body| ClientBody::new(body, progress)));
        async move { response.await.map(|response| response.map(|body| AnswerBody::new(body, of_response))) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .auto_date_header(options.date_header)
        .max_buf_size(MAX_BUFFER_BYTES)
        // also for a head that arrives complete; without it, a read may exceed the size of the buffer
        .max_header_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        // the sender is dropped at shutdown
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended with an error");
    }
}
