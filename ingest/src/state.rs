//! `AppState`: the parts of the service that its request handlers share.

use std::sync::Arc;

use autoheal_gateway::Gateway;
use autoheal_heal::status::WorkerStatus;
use autoheal_store::{Clock, Store};
use tokio::sync::{Notify, Semaphore, watch};

use crate::access::{FormSecret, Guesses, ProxySign};
use crate::body_budget::BodyBudget;
use crate::config::Config;
use crate::known_failures::KnownFailures;
use crate::known_groups::KnownGroups;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::recent_page_reports::RecentPageReports;
use crate::source_maps::{Finish, LookupCache};

/// The state of the application. Handlers receive it as `State<Arc<AppState>>`: one pointer, because axum clones it for
/// every request.
pub(crate) struct AppState {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    /// Wakes the worker after a new report was stored.
    pub(crate) wake: Arc<Notify>,
    /// States of the workers; none if nothing is sent to GitHub.
    pub(crate) workers: Vec<watch::Receiver<WorkerStatus>>,
    pub(crate) rate: RateLimit,
    pub(crate) bodies: BodyBudget,
    pub(crate) operator_guesses: Guesses,
    pub(crate) sender_guesses: Guesses,
    pub(crate) project_guesses: Guesses,
    pub(crate) forwarded_guesses: Guesses,
    pub(crate) proxy: ProxySign,
    pub(crate) forms: FormSecret,
    pub(crate) known_failures: KnownFailures,
    pub(crate) known_groups: KnownGroups,
    pub(crate) metrics: Metrics,
    pub(crate) gateway: Option<Arc<Gateway>>,
    pub(crate) recent_page_reports: RecentPageReports,
    pub(crate) lookups: LookupCache,
    /// One upload of a source map at a time, because each may take a few hundred megabytes.
    pub(crate) map_uploads: Semaphore,
}

impl AppState {
    /// The stages after the parsing of a stack, as they are now.
    pub(crate) fn finish(&self) -> Finish<'_> {
        Finish {
            lookups: &self.lookups,
            store: &*self.store,
            now: self.clock.now(),
            scrub: self.config.scrub,
            rules: &self.config.rules,
        }
    }
}
