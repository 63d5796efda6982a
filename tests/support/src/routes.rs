//! Routes of the stand-in: pages, controls, and the API for every other path.

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};

use crate::shared_state::SharedState;
use crate::{control, handler, pages};

pub(crate) fn router(shared: &Arc<SharedState>) -> Router {
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
        .route("/_control/outage", post(control::start_outage).delete(control::end_outage))
        .route("/_control/clock", post(control::clock))
        .route("/_control/people", post(control::user_actions))
        .route("/_control/wait", get(control::wait))
        // the API, which would otherwise match a page of an owner with the name `repositories`
        .route("/repositories/{*path}", any(handler::handle))
        .fallback(handler::handle)
        .with_state(Arc::clone(shared))
}
