//! Every address the stand-in answers at: its pages, its controls, and everything else is the API.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::shared::Shared;
use crate::{answering, control, pages};

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::overview))
        .route("/_style.css", get(pages::stylesheet))
        .route("/{owner}/{name}/issues/{number}", get(pages::thread))
        .route("/{owner}/{name}/pull/{number}", get(pages::thread))
        .route("/{owner}/{name}/issues/{number}/{action}", post(pages::act))
        .route("/{owner}/{name}/pull/{number}/{action}", post(pages::act))
        .route("/_control/state", get(control::state))
        .route("/_control/faults", post(control::inject).delete(control::clear))
        .route("/_control/release", post(control::release))
        .route("/_control/lag", post(control::lag))
        .route("/_control/outage", post(control::go_down).delete(control::come_back))
        .route("/_control/clock", post(control::clock))
        .route("/_control/people", post(control::people))
        .route("/_control/wait", get(control::wait))
        .fallback(answering::answer)
        .with_state(Arc::clone(shared))
}
