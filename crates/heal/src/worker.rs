//! The worker: the one writer to GitHub, in series, paced, resumable; it may be killed anywhere.
//!
//! Each [`Worker::tick`] sends at most one write. Every write is an intent in the store before it is sent, so whoever
//! takes over after a crash knows what may have happened.

mod act;
mod gate;
mod reconcile;
mod send;
mod start;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::decide::BUDGET_WAIT;
use crate::github::{Github, GithubError};
use crate::settings::Settings;
use crate::write::Write;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;
use autoheal_store::{Change, Group, GroupId, IntentState, Pause, Status, Store, StoreError};

use self::act::act;
use self::start::RepositoryInfo;

/// How long a claim on a group holds, should its holder vanish.
const LEASE: Duration = Duration::from_secs(120);
/// First wait after a failure; doubled each time, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// GitHub wants at least a minute after a secondary limit that names no time.
const LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Longest sleep without looking whether something is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Carries out what is decided, for one credential at one repository.
pub struct Worker {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) github: Github,
    /// The user-bound credential for asking the agent; none = the issues' own.
    agent: Option<Github>,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    owner: String,
    wake: Arc<Notify>,
    /// What is known of the repository, once it was looked at.
    repository: Option<RepositoryInfo>,
    /// When the gate was last looked at.
    polled_at: Option<Timestamp>,
    /// Whether the groups of earlier runs were made due.
    woken: bool,
    /// Whether the hour's new issues were not spent when last looked at.
    new_issues: bool,
    /// How many hand-overs are open, and when that was asked.
    pub(crate) open_hand_overs: Option<(Timestamp, u64)>,
}

/// A call to GitHub or to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The store: nothing can go on without it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// GitHub, while reading: waited out.
    #[error(transparent)]
    Github(#[from] GithubError),
}

/// The result of a step of the worker.
pub(crate) type WorkResult<T> = Result<T, WorkError>;

impl Worker {
    /// A worker; `wake` is notified when something new was stored. `agent` is a second credential for asking the
    /// agent, where the first cannot (an installation token cannot start Copilot).
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        github: Github,
        agent: Option<Github>,
        settings: Settings,
        clock: Clock,
        wake: Arc<Notify>,
    ) -> Self {
        let owner = uuid::Uuid::new_v4().to_string();
        Self {
            store,
            github,
            agent,
            settings,
            clock,
            owner,
            wake,
            repository: None,
            polled_at: None,
            woken: false,
            new_issues: true,
            open_hand_overs: None,
        }
    }

    /// Works until `shutdown` ends; what is in hand is finished first.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let next = match self.tick().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "worker: the store fails; trying again soon");
                    Some(self.clock.now().plus(FIRST_WAIT))
                }
            };
            // A sender that hangs up while its report is committed wakes nobody.
            let next = next.unwrap_or(Timestamp(i64::MAX)).min(self.clock.now().plus(LONGEST_SLEEP));
            tokio::select! {
                () = &mut shutdown => return,
                () = self.clock.sleep_until(Some(next)) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// Does what is due, at most one write; answers when there is something to do next.
    ///
    /// # Errors
    ///
    /// When the store fails. What GitHub does is waited out and never an error here.
    pub async fn tick(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        if self.settings.stop_file.as_ref().is_some_and(|file| file.exists()) {
            return Ok(Some(now.plus(FIRST_WAIT)));
        }
        if let Some(pause) = self.store.pause().await?
            && pause.until > now
        {
            return Ok(Some(pause.until));
        }
        if let Some(paced) = self.store.last_sent_at().await?.map(|sent| sent.plus(self.settings.pace))
            && paced > now
            // further ahead than one pace: the system's clock was set back
            && paced <= now.plus(self.settings.pace)
        {
            return Ok(Some(paced));
        }
        match self.step(now).await {
            Ok(()) => self.next(now).await,
            Err(WorkError::Store(error)) => Err(error),
            Err(WorkError::Github(error)) => self.wait_out(&error).await.map(Some),
        }
    }

    /// Looks at what is due, in this order, and does the first thing it finds.
    async fn step(&mut self, now: Timestamp) -> WorkResult<()> {
        if !self.woken {
            self.store.wake_all(now).await?;
            self.woken = true;
        }
        if self.repository.is_none() {
            self.repository = Some(self.inspect_repository().await?);
        }
        if let Some(label) = self.repository.as_mut().and_then(|repository| repository.missing_labels.pop()) {
            return self.begin_and_send(None, &Write::CreateLabel(label)).await;
        }
        // An unsettled write first: nothing else may be decided about its group.
        if let Some(intent) = self.store.unsettled_due(now).await? {
            return self.reconcile(intent).await;
        }
        if self.gate_is_due(now) {
            self.look_at_gate().await?;
            self.polled_at = Some(now);
        }
        self.new_issues = self::act::issues_left(self).await? > 0;
        match self.store.claim_due(&self.owner, now, now.plus(LEASE), self.new_issues).await? {
            Some(work) => act(self, work).await,
            None => Ok(()),
        }
    }

    /// When there is something to do next.
    async fn next(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if self.repository.as_ref().is_none_or(|repository| !repository.missing_labels.is_empty()) {
            return Ok(Some(now));
        }
        let mut due = self.store.next_act_at(self.new_issues).await?;
        if !self.new_issues && self.store.next_act_at(true).await?.is_some() {
            due = due.into_iter().chain([now.plus(BUDGET_WAIT)]).min();
        }
        let gate = if self.store.awaiting().await?.is_empty() {
            None
        } else {
            Some(self.polled_at.map_or(now, |at| at.plus(self.settings.poll_interval)))
        };
        Ok([due, gate].into_iter().flatten().min())
    }

    fn gate_is_due(&self, now: Timestamp) -> bool {
        self.polled_at.is_none_or(|at| at.plus(self.settings.poll_interval) <= now)
    }

    /// Stops everything until it is worth trying again: one credential, so one wait.
    pub(crate) async fn wait_out(&mut self, error: &GithubError) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        let times = self.store.pause().await?.map_or(0, |pause| pause.times) + 1;
        let doubled = |first: Duration| first.saturating_mul(1 << (times - 1).min(10)).min(LONGEST_WAIT.max(first));
        let until = match error {
            // Clocks differ: never less than the first wait.
            GithubError::Limited { until: Some(until), .. } => (*until).max(now.plus(doubled(FIRST_WAIT))),
            GithubError::Limited { until: None, .. } => now.plus(doubled(LIMIT_WAIT)),
            _ => now.plus(doubled(FIRST_WAIT)),
        };
        tracing::warn!(%error, until = %until, times, "worker: waiting before anything else is sent to GitHub");
        self.store.set_pause(Some(Pause { until, reason: error.to_string(), times })).await?;
        Ok(until)
    }

    /// GitHub failed while a group was read for: what is about this group alone ends here, the rest is waited out.
    pub(crate) async fn abandon(&mut self, group: &Group, error: GithubError) -> WorkResult<()> {
        let refused = matches!(error, GithubError::Refused { .. });
        // A repository that still can be read says that the refusal is about this group's issue or draft.
        if !refused || (error.concerns_everything() && self.github.default_branch().await.is_err()) {
            self.store.change(group.id, vec![]).await?;
            return Err(error.into());
        }
        tracing::warn!(%error, "worker: nothing more is done about this group");
        let changes =
            vec![Change::Status(Status::Refused), Change::Note(Some(error.to_string())), Change::Quiet(group.count)];
        Ok(self.store.change(group.id, changes).await?)
    }

    /// GitHub answered: the next failure starts with a short wait again.
    pub(crate) async fn reset_wait(&self) -> Result<(), StoreError> {
        if self.store.pause().await?.is_some() {
            self.store.set_pause(None).await?;
        }
        Ok(())
    }

    /// The credential the agent is asked with.
    pub(crate) fn agent(&self) -> &Github {
        self.agent.as_ref().unwrap_or(&self.github)
    }

    /// The login behind the credential.
    pub(crate) fn login(&self) -> Option<&str> {
        self.repository.as_ref().map(|repository| repository.login.as_str())
    }

    /// Begins a write for a group: from here on, somebody will find out what became of it.
    pub(crate) async fn begin_and_send(&mut self, group: Option<GroupId>, write: &Write) -> WorkResult<()> {
        let intent = self.store.begin(group, write.kind(), write.payload(), self.clock.now()).await?;
        self.send(intent, write).await
    }

    /// Stores a write that a later tick sends.
    async fn hold(&self, group: Option<GroupId>, write: &Write) -> WorkResult<()> {
        let now = self.clock.now();
        let intent = self.store.begin(group, write.kind(), write.payload(), now).await?;
        Ok(self.store.settle(intent.id, IntentState::Held, None, now, vec![]).await?)
    }
}
