//! What stops the writes to GitHub: pauses after failures, the kill switch, spent budgets.

use std::path::PathBuf;
use std::time::Duration;

use autoheal_prepare::Timestamp;
use autoheal_store::{Claims, IntentState, Pause, StoreError};

use super::{FIRST_WAIT, Worker};
use crate::decide::BUDGET_WAIT;
use crate::github::GithubError;
use crate::status::{Cause, Stop};

/// First wait after a secondary rate limit without a time, because GitHub asks for at least a minute.
const SECONDARY_LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Longest wait between two attempts that autoheal chooses itself.
const MAX_WAIT: Duration = Duration::from_secs(300);
/// Longest pause, whatever a server asks for: after this time, GitHub is asked again. GitHub's own limits end within an
/// hour.
pub(super) const MAX_PAUSE: Duration = Duration::from_secs(3600);
/// Time for which a spent budget of hand-overs is shown. The group that waits for it is decided about more often.
const SHOWN_BUDGET: Duration = Duration::from_secs(3 * BUDGET_WAIT.as_secs());

impl Worker {
    /// Stops all writes until the next attempt. There is one wait for all groups, because they share one credential.
    ///
    /// `writes_only`: a write failed that stays to be done, while reading may succeed all the same.
    pub(crate) async fn wait_out(&mut self, error: &GithubError, writes_only: bool) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        let before = self.store.pause(&self.settings.project).await?;
        let times = before.as_ref().map_or(0, |pause| pause.times).saturating_add(1);
        let writes_only = writes_only || before.as_ref().is_some_and(|pause| pause.writes_only);
        let since = before.map_or(now, |pause| pause.since.min(now));
        let doubled = |first: Duration| first.saturating_mul(1 << (times - 1).min(10)).min(MAX_WAIT.max(first));
        let until = match error {
            // At least the first wait, because GitHub's clock may differ from ours.
            GithubError::Limited { until: Some(until), .. } | GithubError::Lost { until: Some(until), .. } => {
                (*until).max(now.plus(doubled(FIRST_WAIT)))
            }
            GithubError::Limited { until: None, .. } => now.plus(doubled(SECONDARY_LIMIT_WAIT)),
            _ => now.plus(doubled(FIRST_WAIT)),
        };
        let until = until.min(now.plus(MAX_PAUSE));
        let (reason, cause) = (error.to_string(), Some(error.cause().name().to_owned()));
        tracing::debug!(%error, %until, times, "worker: waiting before the next request to GitHub");
        self.store
            .set_pause(
                &self.settings.project,
                Some(Pause { until, reason, times, since, set_at: now, cause, writes_only }),
            )
            .await?;
        Ok(until)
    }

    /// Ends the row of pauses after a successful read, so that the next failure starts with a short one. A row goes on
    /// that a failed write began, or while a write waits, because reading proves nothing about writing.
    pub(crate) async fn reset_wait(&self) -> Result<(), StoreError> {
        let project = &self.settings.project;
        match self.store.pause(project).await? {
            Some(pause) if !pause.writes_only && !self.write_waits().await? => {
                self.store.set_pause(project, None).await
            }
            _ => Ok(()),
        }
    }

    /// True if a write is stored that has not succeeded yet.
    pub(super) async fn write_waits(&self) -> Result<bool, StoreError> {
        let whenever = Timestamp(i64::MAX - 1);
        let intent = self.store.unsettled_due(&self.settings.project, whenever).await?;
        Ok(intent.is_some_and(|intent| intent.state != IntentState::Recheck))
    }

    /// Ends a pause that autoheal chose itself, once after a start, because the operator may have mended its cause. The
    /// row goes on, so that the stop is shown until a write succeeds. A pause that GitHub asked for is kept.
    pub(super) async fn resume(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.resumed, true) {
            return Ok(());
        }
        let Some(pause) = self.store.pause(&self.settings.project).await? else { return Ok(()) };
        // One of an earlier version has no cause, so that GitHub may have asked for it.
        let cause = pause.cause.as_deref().and_then(Cause::parse);
        if !pause.is_in_force(now, MAX_PAUSE) || cause.is_none_or(|cause| cause == Cause::RateLimit) {
            return Ok(());
        }
        tracing::info!(reason = pause.reason, "worker: trying again after the start");
        self.store.set_pause(&self.settings.project, Some(Pause { until: now, ..pause })).await?;
        self.store.resume_writes(&self.settings.project, now).await
    }

    /// Ends the row of pauses after a successful write.
    pub(crate) async fn reset_wait_after_write(&self) -> Result<(), StoreError> {
        if self.store.pause(&self.settings.project).await?.is_some() {
            self.store.set_pause(&self.settings.project, None).await?;
        }
        Ok(())
    }

    /// The end of the pause in force; none if GitHub may be asked now.
    pub(super) async fn pause_in_force(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let pause = self.store.pause(&self.settings.project).await?;
        Ok(pause.filter(|pause| pause.is_in_force(now, MAX_PAUSE)).map(|pause| pause.until))
    }

    /// The kill-switch file, if it exists.
    pub(super) fn stop_file(&self) -> Option<&PathBuf> {
        self.settings.stop_file.as_ref().filter(|file| file.exists())
    }

    /// True if a group is due that needs an issue, and this hour's budget of new issues is spent.
    async fn issues_wait(&self, now: Timestamp) -> Result<bool, StoreError> {
        if self.claims.known_issues && self.claims.other_issues && self.claims.spent.is_empty() {
            return Ok(false);
        }
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let due = is_due(self.store.next_act_at(Claims::all(&self.settings.project)).await?);
        Ok(due && !is_due(self.store.next_act_at(self.claims.clone()).await?))
    }

    /// What stops the writes now; none while they go on.
    pub(super) async fn stop(&self, now: Timestamp) -> Result<Option<Stop>, StoreError> {
        if let Some(file) = self.stop_file() {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            let since = modified.map_or(now, |time| Timestamp::from(time).min(now));
            let reason = format!("{} exists", file.display());
            return Ok(Some(Stop { cause: Cause::StopFile, reason, since, until: None }));
        }
        if let Some(pause) = self.store.pause(&self.settings.project).await? {
            // A pause of an earlier version has no cause.
            let cause = pause.cause.as_deref().and_then(Cause::parse).unwrap_or(Cause::Refused);
            let until = pause.is_in_force(now, MAX_PAUSE).then_some(pause.until);
            return Ok(Some(Stop { cause, reason: pause.reason, since: pause.since.min(now), until }));
        }
        if self.issues_wait(now).await? {
            let reason = format!("{} issues were opened within an hour", self.settings.issues_per_hour);
            return Ok(Some(Stop { cause: Cause::IssueBudget, reason, since: now, until: None }));
        }
        let is_shown = |at: &Timestamp| *at <= now && now < at.plus(SHOWN_BUDGET);
        Ok(self.hand_overs_spent_at.filter(is_shown).map(|since| {
            let (today, open) = (self.settings.hand_overs_per_day, self.settings.open_hand_overs);
            let reason = format!("there were {today} hand-overs within a day, or {open} of them are still open");
            Stop { cause: Cause::HandOverBudget, reason, since, until: None }
        }))
    }
}

impl Stop {
    pub(super) fn store_failed(error: &StoreError, now: Timestamp) -> Self {
        Self { cause: Cause::StoreFailed, reason: error.to_string(), since: now, until: None }
    }
}
