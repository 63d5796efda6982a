//! `App`: the service, built from a configuration, a store and a listener, and run until shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_gateway::{CertificatesError, ClientBody, Gateway, GatewayConfig, ListenOptions, serve_connections};
use autoheal_heal::status::WorkerStatus;
use autoheal_store::{Clock, Store};
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tower::ServiceExt;

use crate::access::{FormSecret, Guesses, ProxySign};
use crate::body_budget::BodyBudget;
use crate::config::Config;
use crate::known_failures::KnownFailures;
use crate::known_groups::KnownGroups;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::recent_page_reports::RecentPageReports;
use crate::source_maps::LookupCache;
use crate::state::AppState;
use crate::{gateway_failures, routes};

/// Timeout of open requests at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout of a request's head, and of an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Time between two maintenances of the store.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(3600);

/// The service, ready to run.
pub struct App {
    listener: TcpListener,
    state: Arc<AppState>,
}

impl App {
    /// Creates the service. It notifies `wake`, for the worker, when it stored a new report, and shows the states of the
    /// workers.
    ///
    /// # Errors
    ///
    /// If the certificates for an `https://` upstream cannot be read.
    pub fn build(
        config: Config,
        store: Arc<dyn Store>,
        clock: Clock,
        wake: Arc<Notify>,
        workers: Vec<watch::Receiver<WorkerStatus>>,
        listener: TcpListener,
    ) -> Result<Self, CertificatesError> {
        let soft_errors = config.soft_errors;
        let gateway = config.upstream.clone().map(|upstream| {
            let inventory_file = config.data_dir.as_deref().map(|data| upstream.inventory_file(data));
            let config = GatewayConfig::new(upstream, "--upstream");
            let inventory_file = inventory_file.unwrap_or_default();
            Gateway::new(GatewayConfig { inventory_file, soft_errors, ..config }).map(Arc::new)
        });
        let gateway = gateway.transpose()?;
        let state = Arc::new(AppState {
            rate: RateLimit::new(config.rate_limits),
            gateway,
            lookups: LookupCache::new(usize::try_from(config.source_map_memory).unwrap_or(usize::MAX)),
            map_uploads: Semaphore::new(1),
            config,
            store,
            clock,
            wake,
            workers,
            bodies: BodyBudget::default(),
            operator_guesses: Guesses::at("operator token"),
            sender_guesses: Guesses::at("sender key"),
            project_guesses: Guesses::at_public_key("project key"),
            forwarded_guesses: Guesses::among_tokens_of_others("operator token at /jsonrpc"),
            proxy: ProxySign::default(),
            forms: FormSecret::new(),
            metrics: Metrics::default(),
            known_failures: KnownFailures::default(),
            known_groups: KnownGroups::default(),
            recent_page_reports: RecentPageReports::default(),
        });
        Ok(Self { listener, state })
    }

    /// Serves until `shutdown` ends. Then it accepts no more connections, and finishes the open requests for up to ten
    /// seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let Self { listener, state } = self;
        let maintenance = tokio::spawn(maintain(state.clone()));
        let stop_failures = Arc::new(Notify::new());
        let failures = tokio::spawn(gateway_failures::store_failures(state.clone(), Arc::clone(&stop_failures)));
        let options = ListenOptions {
            max_connections: state.config.max_connections,
            head_timeout: Some(HEAD_TIMEOUT),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            date_header: true,
        };
        let router = routes::router(state);
        let service_for = |peer: SocketAddr| {
            let router = router.clone();
            service_fn(move |mut request: Request<ClientBody>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                router.clone().oneshot(request)
            })
        };
        serve_connections(listener, options, service_for, shutdown).await;
        maintenance.abort();
        stop_failures.notify_one();
        if failures.await.is_err() {
            tracing::error!("gateway: the last failures could not be stored");
        }
    }
}

async fn maintain(state: Arc<AppState>) {
    loop {
        match state.store.maintain(state.clock.now()).await {
            Ok(deleted) => tracing::debug!(?deleted, "maintained the store"),
            Err(error) => tracing::warn!(%error, "could not maintain the store; trying again in an hour"),
        }
        state.clock.sleep_until(Some(state.clock.now().plus(MAINTENANCE_INTERVAL))).await;
    }
}
