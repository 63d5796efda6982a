//! The worker: the only writer to GitHub. It writes one at a time, at a set pace, and can be killed at any point.
//!
//! Each [`Worker::tick`] sends at most one write. Every write is an intent in the store before it is sent, so that the next
//! process knows after a crash which writes may have happened.

mod act;
mod gate;
mod issue_budget;
mod live;
mod open;
mod other_repository;
mod reconcile;
mod send;
mod start;
mod stop;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::decide::BUDGET_WAIT;
use crate::github::{Github, GithubError};
use crate::settings::Settings;
use crate::status::{StatusSender, Stop, WorkerStatus};
use crate::write::Write;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;
use autoheal_store::{Change, Claims, ClientHash, Group, GroupId, IntentState, Status, Store, StoreError};

use self::act::act;
use self::start::RepositoryInfo;

/// Lease of a claim on a group. A worker that still holds the claim after this time has crashed, so another worker may
/// claim the group.
const LEASE: Duration = Duration::from_secs(120);
/// First wait after a failure; doubled after each further failure, up to five minutes.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest sleep between two checks for due work.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Time between two searches for groups and intents that wait longer than they can.
const WAITS_INTERVAL: Duration = Duration::from_secs(3600);
/// Wait before a group is looked at again whose issue or draft could not be read. Seeing the group again does not shorten
/// it, because a deleted issue would cost a request each time.
const ABANDONED_WAIT: Duration = Duration::from_secs(3600);
/// Longest wait of a group, unless the interval between two updates of the counts is longer.
const LONGEST_WAIT: Duration = crate::decide::DAILY;

/// Carries out decisions with one credential, in one repository.
pub struct Worker {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) github: Github,
    /// A user's credential for the agent; none uses the one for issues.
    agent: Option<Github>,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    owner: String,
    /// Facts about the repository; none before it was inspected.
    repository: Option<RepositoryInfo>,
    /// Other names of repositories in the addresses of issues, in lower case, and whether they are former names of this
    /// repository.
    other_names: BTreeMap<String, bool>,
    /// Time of the last check of the gate.
    polled_at: Option<Timestamp>,
    /// True once the groups of earlier runs were made due.
    woken: bool,
    /// True once a pause of an earlier run was ended or kept.
    resumed: bool,
    /// The groups that could be claimed at the last check.
    claims: Claims,
    /// The client whose group got the last issue.
    last_client: ClientHash,
    /// Time of the last count of open hand-overs, and the count.
    pub(crate) open_hand_overs: Option<(Timestamp, u64)>,
    /// Time at which the budget of hand-overs was last found to be spent.
    pub(crate) hand_overs_spent_at: Option<Timestamp>,
    /// Time of the last tick.
    ticked_at: Option<Timestamp>,
    /// Time of the last search for groups and intents that wait longer than they can.
    waits_checked_at: Option<Timestamp>,
    status: StatusSender,
}

/// Failure of GitHub or of the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    /// The store failed. No work is possible without it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading from GitHub failed. The worker waits and tries again.
    #[error(transparent)]
    Github(#[from] GithubError),
}

/// Result of a step of the worker.
pub(crate) type WorkResult<T> = Result<T, WorkError>;

/// Runs workers, one for each project, until `shutdown` ends, and finishes the step under way. They take turns, because
/// they share one credential, and writes with one credential must be in series. `wake` is notified after new reports were
/// stored.
pub async fn run_workers(
    mut workers: Vec<Worker>,
    clock: Clock,
    wake: Arc<Notify>,
    shutdown: impl Future<Output = ()>,
) {
    tokio::pin!(shutdown);
    loop {
        let mut next = clock.now().plus(MAX_SLEEP);
        for worker in &mut workers {
            match worker.tick().await {
                // If the sender disconnects before its 202, `wake` is not notified: poll as well.
                Ok(due) => next = next.min(due.unwrap_or(next)),
                Err(error) => {
                    tracing::debug!(%error, "worker: the store failed; trying again");
                    next = next.min(clock.now().plus(FIRST_WAIT));
                }
            }
        }
        // another one comes first next time, so that each gets its turn at the pace of writes
        let turns = workers.len().min(1);
        workers.rotate_left(turns);
        tokio::select! {
            () = &mut shutdown => return,
            () = clock.sleep_until(Some(next)) => {}
            () = wake.notified() => {}
        }
    }
}

impl Worker {
    /// A worker. `agent` is a second credential for the agent, because
    /// an installation token cannot start Copilot.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        github: Github,
        mut agent: Option<Github>,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        if let Some(agent) = &mut agent {
            agent.share_repository(&github);
        }
        let owner = uuid::Uuid::new_v4().to_string();
        let claims = Claims::all(&settings.project);
        Self {
            store,
            github,
            agent,
            settings,
            clock,
            owner,
            repository: None,
            other_names: BTreeMap::new(),
            polled_at: None,
            woken: false,
            resumed: false,
            claims,
            last_client: ClientHash::default(),
            open_hand_overs: None,
            hand_overs_spent_at: None,
            ticked_at: None,
            waits_checked_at: None,
            status: StatusSender::default(),
        }
    }

    /// The status, which changes while the worker runs.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<WorkerStatus> {
        self.status.subscribe()
    }

    /// Does one due step, with at most one write; returns the time of the next one.
    ///
    /// # Errors
    ///
    /// If the store fails. Failures of GitHub are no error here: the worker waits.
    pub async fn tick(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let result = self.tick_at(now).await;
        let stop = match &result {
            Err(error) => Ok(Some(Stop::store_failed(error, now))),
            Ok(_) => self.stop(now).await,
        };
        let stop = stop.unwrap_or_else(|error| Some(Stop::store_failed(&error, now)));
        let repository = self.github.repository();
        let renamed_to = (repository != self.settings.repository).then(|| repository.full_name());
        self.status.set(stop, renamed_to);
        result
    }

    async fn tick_at(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if self.stop_file().is_some() {
            return Ok(Some(now.plus(FIRST_WAIT)));
        }
        self.check_clock(now).await?;
        self.resume(now).await?;
        if let Some(until) = self.pause_in_force(now).await? {
            return Ok(Some(until));
        }
        if let Some(paced) = self.store.last_sent_at(now).await?.map(|sent| sent.plus(self.settings.pace))
            && paced > now
        {
            return Ok(Some(paced));
        }
        match self.step(now).await {
            Ok(()) => self.next(now).await,
            Err(WorkError::Store(error)) => Err(error),
            Err(WorkError::Github(error)) => self.wait_out(&error, false).await.map(Some),
        }
    }

    /// Shortens waits after the clock was set back, so that nothing waits longer than its interval. At the start, too,
    /// because it may have been set back while no worker ran.
    async fn check_clock(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let set_back = self.ticked_at.is_none_or(|ticked_at| now < ticked_at);
        if set_back {
            self.store.shorten_waits(now, Duration::ZERO, self.settings.lag_bound).await?;
            (self.polled_at, self.open_hand_overs) = (None, None);
            self.waits_checked_at = Some(now);
        } else if self.waits_checked_at.is_none_or(|at| at.plus(WAITS_INTERVAL) <= now) {
            // A report may have been received while the clock was ahead.
            let longest = LONGEST_WAIT.max(self.settings.bundle_interval);
            self.store.shorten_waits(now, longest, stop::MAX_PAUSE.max(self.settings.lag_bound)).await?;
            self.waits_checked_at = Some(now);
        }
        self.ticked_at = Some(now);
        Ok(())
    }

    /// Checks for due work in this order, and does the first it finds.
    async fn step(&mut self, now: Timestamp) -> WorkResult<()> {
        if !self.woken {
            self.store.wake_all(&self.settings.project, &self.settings.decision_hash(), now).await?;
            self.woken = true;
        }
        if self.repository.is_none() {
            self.repository = Some(self.inspect_repository().await?);
        }
        // An unsettled write comes first, because nothing may be decided about its group before.
        if let Some(intent) = self.store.unsettled_due(&self.settings.project, now).await? {
            return self.reconcile(intent).await;
        }
        if self.gate_is_due(now) {
            self.check_gate().await?;
            self.polled_at = Some(now);
        }
        self.claims = self.issue_budget().await?.claims(&self.settings.project, self.last_client);
        let has_missing_labels =
            self.repository.as_ref().is_some_and(|repository| !repository.missing_labels.is_empty());
        // New issues come before missing labels, because GitHub creates the labels of an issue itself, and the labels of a
        // new repository take a quarter of a minute.
        let claims = Claims { only_without_issue: has_missing_labels, ..self.claims.clone() };
        if let Some(work) = self.store.claim_due(&self.owner, now, now.plus(LEASE), claims).await? {
            if work.group.issue.is_none() {
                self.last_client = work.group.creator;
            }
            return act(self, work).await;
        }
        match self.repository.as_mut().and_then(|repository| repository.missing_labels.pop()) {
            Some(label) => self.begin_and_send(None, &Write::CreateLabel(label)).await,
            None => Ok(()),
        }
    }

    /// Time of the next due step.
    async fn next(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if self.repository.as_ref().is_none_or(|repository| !repository.missing_labels.is_empty()) {
            return Ok(Some(now));
        }
        let mut due = self.store.next_act_at(self.claims.clone()).await?;
        let all = Claims::all(&self.settings.project);
        let is_limited = !self.claims.known_issues || !self.claims.other_issues || !self.claims.spent.is_empty();
        if is_limited && self.store.next_act_at(all).await?.is_some() {
            due = due.into_iter().chain([now.plus(BUDGET_WAIT)]).min();
        }
        let gate = if self.store.awaiting(&self.settings.project).await?.is_empty() {
            None
        } else {
            Some(self.polled_at.map_or(now, |at| at.plus(self.settings.poll_interval)))
        };
        Ok([due, gate].into_iter().flatten().min())
    }

    fn gate_is_due(&self, now: Timestamp) -> bool {
        self.polled_at.is_none_or(|at| at.plus(self.settings.poll_interval) <= now)
    }

    /// Handles a failed read for a group: abandons the group if GitHub refused its issue or draft, else waits.
    pub(crate) async fn abandon(&mut self, group: &Group, error: GithubError) -> WorkResult<()> {
        let refused = matches!(error, GithubError::Refused { .. });
        // While the repository can still be read, the refusal is about this group's issue or draft.
        if !refused || (error.concerns_everything() && self.github.default_branch().await.is_err()) {
            self.store.change(group.id, vec![]).await?;
            return Err(error.into());
        }
        tracing::warn!(%error, "worker: abandoning this group");
        // A permission may be granted later.
        let again = self.clock.now().plus(ABANDONED_WAIT);
        let changes =
            vec![Change::Status(Status::Refused), Change::Note(Some(error.to_string())), Change::ActAt(again)];
        Ok(self.store.change(group.id, changes).await?)
    }

    /// The client with the credential for the agent.
    pub(crate) fn agent(&self) -> &Github {
        self.agent.as_ref().unwrap_or(&self.github)
    }

    /// The login behind the credential.
    pub(crate) fn login(&self) -> Option<&str> {
        self.repository.as_ref().map(|repository| repository.login.as_str())
    }

    /// Stores a write, then sends it.
    pub(crate) async fn begin_and_send(&mut self, group: Option<GroupId>, write: &Write) -> WorkResult<()> {
        let intent =
            self.store.begin(&self.settings.project, group, write.kind(), write.payload(), self.clock.now()).await?;
        self.send(intent, write).await
    }

    /// Stores a write that a later tick sends.
    async fn hold(&self, group: Option<GroupId>, write: &Write) -> WorkResult<()> {
        let now = self.clock.now();
        let intent = self.store.begin(&self.settings.project, group, write.kind(), write.payload(), now).await?;
        Ok(self.store.settle(intent.id, IntentState::Held, None, now, vec![]).await?)
    }
}
