//! `App`: the service, built from a configuration, a store and a listener, and run until shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_gateway::{CertificatesError, Gateway, GatewayConfig, configure_connection};
use autoheal_store::{Clock, Store};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::recent_page_reports::RecentPageReports;
use crate::state::AppState;
use crate::{gateway_failures, routes};

/// Timeout of open requests at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two deletions of old report ids.
const ID_CLEANUP_INTERVAL: Duration = Duration::from_secs(3600);

/// The service, ready to run.
pub struct App {
    listener: TcpListener,
    state: Arc<AppState>,
}

impl App {
    /// Creates the service. It notifies `wake`, for the worker, when it stored a new report.
    ///
    /// # Errors
    ///
    /// If the certificates for an `https://` upstream cannot be read.
    pub fn build(
        config: Config,
        store: Arc<dyn Store>,
        clock: Clock,
        wake: Arc<Notify>,
        listener: TcpListener,
    ) -> Result<Self, CertificatesError> {
        let gateway = config.upstream.clone().map(|upstream| {
            let inventory_file = config.data_dir.as_deref().map(|data| upstream.inventory_file(data));
            let config = GatewayConfig::new(upstream, "--upstream");
            Gateway::new(GatewayConfig { inventory_file: inventory_file.unwrap_or_default(), ..config }).map(Arc::new)
        });
        let gateway = gateway.transpose()?;
        let state = Arc::new(AppState {
            rate: RateLimit::per_minute(config.rate_limit),
            gateway,
            config,
            store,
            clock,
            wake,
            metrics: Metrics::default(),
            recent_page_reports: RecentPageReports::default(),
        });
        Ok(Self { listener, state })
    }

    /// Serves until `shutdown` ends. Then it accepts no more connections, and finishes the open requests for up to ten
    /// seconds.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let Self { listener, state } = self;
        let id_cleanup = tokio::spawn(delete_old_ids(state.clone()));
        let stop_failures = Arc::new(Notify::new());
        let failures = tokio::spawn(gateway_failures::store_failures(state.clone(), Arc::clone(&stop_failures)));
        let stopping = Arc::new(Notify::new());
        let signal = Arc::clone(&stopping);
        let service = routes::router(state).into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|stream| configure_connection(stream));
        let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
            shutdown.await;
            signal.notify_one();
        });
        let timeout = async {
            stopping.notified().await;
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        };
        let result = tokio::select! {
            served = serving => served,
            () = timeout => {
                tracing::warn!("some requests did not finish in {SHUTDOWN_TIMEOUT:?}; closing their connections");
                Ok(())
            }
        };
        id_cleanup.abort();
        stop_failures.notify_one();
        if failures.await.is_err() {
            tracing::error!("gateway: the last failures could not be stored");
        }
        result
    }
}

async fn delete_old_ids(state: Arc<AppState>) {
    loop {
        match state.store.forget_ids(state.clock.now()).await {
            Ok(ids) => tracing::debug!(ids, "deleted old report ids"),
            Err(error) => tracing::warn!(%error, "could not delete old report ids; trying again in an hour"),
        }
        state.clock.sleep_until(Some(state.clock.now().plus(ID_CLEANUP_INTERVAL))).await;
    }
}
