//! The listener: accepts connections, closes them without a response, and refuses them during an outage.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::{ServiceExt, service_fn};

use crate::handler::Cut;
use crate::shared_state::SharedState;
use crate::state::{Outage, State};

/// Serves until the future is dropped, which also ends the connections.
pub(crate) async fn serve(mut listener: TcpListener, app: Router, shared: Arc<SharedState>) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has an address")?;
    let mut connections = JoinSet::new();
    loop {
        accept(&listener, &mut connections, &app, &shared).await;
        drop(listener);
        shared.update(|state| state.listening = false);
        shared.wait_until(|state| !is_refusing(state)).await;
        listener = bind(address).await?;
        shared.update(|state| state.listening = true);
    }
}

/// Listens on an address; with port 0 on a free port.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}

fn is_refusing(state: &State) -> bool {
    state.outage == Some(Outage::Refused)
}

/// Accepts connections until an outage refuses them.
async fn accept(listener: &TcpListener, connections: &mut JoinSet<()>, app: &Router, shared: &Arc<SharedState>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // an error means that the client disconnected first
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, app.clone(), Arc::clone(shared)));
                }
            }
            Some(_) = connections.join_next() => {}
            () = shared.wait_until(is_refusing) => return,
        }
    }
}

async fn connection(stream: TcpStream, app: Router, shared: Arc<SharedState>) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let app = app.clone();
        async move {
            let result: Result<Response, Infallible> = app.oneshot(request.map(Body::new)).await;
            let Ok(response) = result;
            // on an error hyper closes the connection without sending a byte
            if response.extensions().get::<Cut>().is_some() { Err("cut") } else { Ok(response) }
        }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    // connection errors matter only to the client
    tokio::select! {
        _ = serving.as_mut() => {}
        () = shared.wait_until(is_refusing) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}
