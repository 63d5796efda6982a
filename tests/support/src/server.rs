//! The listener: accepting, cutting connections, and refusing them while everything is down.

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

use crate::answering::Cut;
use crate::shared::Shared;
use crate::state::{Outage, State};

/// Serves until it is dropped, connections included.
pub(crate) async fn serve(mut listener: TcpListener, app: Router, shared: Arc<Shared>) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has an address")?;
    let mut connections = JoinSet::new();
    loop {
        accept(&listener, &mut connections, &app, &shared).await;
        drop(listener);
        shared.change(|state| state.listening = false);
        shared.until(|state| !is_refusing(state)).await;
        listener = bind(address).await?;
        shared.change(|state| state.listening = true);
    }
}

/// A listener on this address; port 0 takes a free one.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}

fn is_refusing(state: &State) -> bool {
    state.outage == Some(Outage::Refused)
}

/// Accepts until connections are to be refused.
async fn accept(listener: &TcpListener, connections: &mut JoinSet<()>, app: &Router, shared: &Arc<Shared>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // an error here is the caller's: it went away before it was accepted
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, app.clone(), Arc::clone(shared)));
                }
            }
            Some(_) = connections.join_next() => {}
            () = shared.until(is_refusing) => return,
        }
    }
}

async fn connection(stream: TcpStream, app: Router, shared: Arc<Shared>) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let app = app.clone();
        async move {
            let answered: Result<Response, Infallible> = app.oneshot(request.map(Body::new)).await;
            let Ok(response) = answered;
            // an error makes hyper end the connection without having sent a byte
            if response.extensions().get::<Cut>().is_some() { Err("cut") } else { Ok(response) }
        }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    // how a connection ends concerns the caller only
    tokio::select! {
        _ = serving.as_mut() => {}
        () = shared.until(is_refusing) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}
