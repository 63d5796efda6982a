//! `App`: built from a configuration, a store and a listener; runs until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_store::Clock;
use autoheal_store::Store;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::config::Config;
use crate::failures;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::routes;
use crate::state::AppState;
use crate::told::Told;
use autoheal_gateway::{Gateway, GatewayConfig, configure_connection};

/// How long requests in hand may take once the service is told to stop.
const FINISH: Duration = Duration::from_secs(10);
/// How often ids that are too old are forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// The service, ready to run.
pub struct App {
    listener: TcpListener,
    state: Arc<AppState>,
}

impl App {
    /// Puts the service together. `wake` is notified whenever something new was stored, for the worker.
    ///
    /// # Errors
    ///
    /// When the certificates for an `https://` upstream cannot be read.
    pub fn build(
        config: Config,
        store: Arc<dyn Store>,
        clock: Clock,
        wake: Arc<Notify>,
        listener: TcpListener,
    ) -> Result<Self, String> {
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
            told: Told::default(),
        });
        Ok(Self { listener, state })
    }

    /// Serves until `shutdown` ends; then stops accepting and finishes what is in hand.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let Self { listener, state } = self;
        let housekeeping = tokio::spawn(forget_old_ids(state.clone()));
        let ended = Arc::new(Notify::new());
        let failures = tokio::spawn(failures::take(state.clone(), Arc::clone(&ended)));
        let stopping = Arc::new(Notify::new());
        let signal = Arc::clone(&stopping);
        let service = routes::router(state).into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|stream| configure_connection(stream));
        let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
            shutdown.await;
            signal.notify_one();
        });
        let overdue = async {
            stopping.notified().await;
            tokio::time::sleep(FINISH).await;
        };
        let result = tokio::select! {
            served = serving => served,
            () = overdue => {
                tracing::warn!("some requests did not finish in {FINISH:?}; closing all the same");
                Ok(())
            }
        };
        housekeeping.abort();
        ended.notify_one();
        if failures.await.is_err() {
            tracing::error!("gateway: the last failures could not be stored");
        }
        result
    }
}

async fn forget_old_ids(state: Arc<AppState>) {
    loop {
        match state.store.forget_ids(state.clock.now()).await {
            Ok(ids) => tracing::debug!(ids, "forgot ids older than their memory"),
            Err(error) => tracing::warn!(%error, "could not forget old ids; trying again in an hour"),
        }
        state.clock.sleep_until(Some(state.clock.now().plus(FORGET))).await;
    }
}
