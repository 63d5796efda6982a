//! The trait `Store` and its rows. The store lies between preparing a report and acting on it, so that a crash loses
//! no report.

mod clock;
mod limits;
mod rows;
mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use clock::Clock;
pub use limits::Limits;
pub use rows::{
    Accepted, Approval, BundleKind, Change, Claims, ClientHash, Detail, Erased, GeneratedFile, Group, GroupId, Health,
    Intent, IntentId, IntentKind, IntentState, IssueCounts, IssueText, Lead, Link, Loss, Maintained, Membership,
    NewIssue, NewSourceMap, Newcomer, Pause, Raise, RaiseRules, Record, Regrouped, Release, Revocation, Sample,
    SampleId, SourceMapId, SourceMapKey, Status, TextForm, Usage, Work,
};
pub use sqlite::Sqlite;

use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};

/// The result of a store's operation, as a future.
pub(crate) type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A failed operation; no part of it was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The file or its log is damaged. Nothing more is accepted, because it might be lost.
    #[error("the store is damaged: {0}; nothing more is accepted until a restart finds the file in order")]
    Damaged(String),
    /// The store is at its size limit. Reports of known groups are still counted.
    #[error("the store is full: new groups are refused (AUTOHEAL_STORE_LIMIT)")]
    Full,
}

/// Storage of records, groups and intents. A write is durable when its future completes. [`Sqlite`]
/// implements it.
pub trait Store: Send + Sync + 'static {
    /// Counts reports into their groups, all or none. The results are in the order of the reports. None if a repeat cannot be
    /// counted, because its group was deleted, or keeps a sample of it: then nothing was counted, and the repeats must be
    /// prepared.
    fn count(&self, records: Vec<Record>) -> StoreFuture<'_, Option<Vec<Accepted>>>;

    /// Counts prepared reports, as [`Store::count`] does.
    fn accept(&self, records: Vec<Fingerprinted>) -> StoreFuture<'_, Vec<Accepted>> {
        let counted = self.count(records.into_iter().map(Record::from).collect());
        Box::pin(async move { Ok(counted.await?.unwrap_or_default()) })
    }

    /// Returns the groups of a project, last seen first.
    fn groups(&self, project: &str, limit: u32) -> StoreFuture<'_, Vec<Group>>;

    /// Returns one group by any of its fingerprints, with all that is stored about it.
    fn detail(&self, project: &str, fingerprint: Fingerprint) -> StoreFuture<'_, Option<Detail>>;

    /// Succeeds if the store can be written to now.
    fn ready(&self) -> StoreFuture<'_, ()>;

    /// Returns those of a project's fingerprints that have a group.
    fn known_fingerprints(&self, project: &str, fingerprints: Vec<Fingerprint>) -> StoreFuture<'_, Vec<Fingerprint>>;

    /// Shows this sample of a group to people and agents, instead of the one shown so far. Returns false if the group
    /// has no such sample.
    fn choose_sample(
        &self,
        project: &str,
        fingerprint: Fingerprint,
        sample: SampleId,
        now: Timestamp,
    ) -> StoreFuture<'_, bool>;

    /// Claims one due group until `lease_until` and returns it with all that a decision needs. Groups without an issue
    /// come first: those of known senders, then those of the other clients, one client after the other.
    fn claim_due(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        claims: Claims,
    ) -> StoreFuture<'_, Option<Work>>;

    /// Loads one group as [`Store::claim_due`] does, without a claim.
    fn work(&self, group: GroupId) -> StoreFuture<'_, Option<Work>>;

    /// Stores a write as an intent in state `Sent`. Must come before the write is sent.
    fn begin(
        &self,
        project: &str,
        group: Option<GroupId>,
        kind: IntentKind,
        payload: String,
        now: Timestamp,
    ) -> StoreFuture<'_, Intent>;

    /// Stores the write that opens an issue, as [`Store::begin`] does, and lets the members share the issue, in one step.
    fn begin_issue(&self, project: &str, issue: NewIssue, now: Timestamp) -> StoreFuture<'_, Intent>;

    /// Returns near-duplicates of a group, the oldest first: groups with frames of the application or a cause in common.
    /// Those of known senders are related only to each other.
    fn related(&self, group: GroupId) -> StoreFuture<'_, Vec<Group>>;

    /// Returns the groups of a project that have or may need an issue, and were first seen less than `within` before or
    /// after this time, among those of known senders or the others. Looks at 250 before it and 250 after it, the nearest.
    fn newcomers(&self, project: &str, known: bool, at: Timestamp, within: Duration) -> StoreFuture<'_, Vec<Newcomer>>;

    /// Stores that an intent is sent once more. Must come before the write is sent.
    fn begin_again(&self, intent: IntentId, now: Timestamp) -> StoreFuture<'_, ()>;

    /// Sets an intent's state, changes its group and releases the claim on the group, in one step. `act_at` is
    /// the time at which an intent that is still unsettled is due again.
    fn settle(
        &self,
        intent: IntentId,
        state: IntentState,
        outcome: Option<String>,
        act_at: Timestamp,
        changes: Vec<Change>,
    ) -> StoreFuture<'_, ()>;

    /// Returns one due intent of a project whose state is `Sent`, `Held` or `Recheck`. Intents to open an issue come first, then
    /// older intents.
    fn unsettled_due(&self, project: &str, now: Timestamp) -> StoreFuture<'_, Option<Intent>>;

    /// Changes a group and releases the claim on it.
    fn change(&self, group: GroupId, changes: Vec<Change>) -> StoreFuture<'_, ()>;

    /// Stores an approval, which is bound to the hash of the text that the agent would read.
    fn approve(&self, group: GroupId, approval: Approval, now: Timestamp) -> StoreFuture<'_, ()>;

    /// Revokes a group's approvals and stores the hash of the text that the agent would read now.
    fn revoke(&self, group: GroupId, revocation: Revocation, now: Timestamp) -> StoreFuture<'_, ()>;

    /// Returns the groups of a project that wait for an approval, each with the number of its issue.
    fn awaiting(&self, project: &str) -> StoreFuture<'_, Vec<(GroupId, u64)>>;

    /// Returns the issue numbers of a project's groups that were handed over to an agent, or may have been.
    fn handed_over(&self, project: &str) -> StoreFuture<'_, Vec<u64>>;

    /// Returns the time at which the next group or intent is due. Groups that these claims leave out do not count.
    fn next_act_at(&self, claims: Claims) -> StoreFuture<'_, Option<Timestamp>>;

    /// Returns the time of the last write to GitHub. Ignores writes in the future, which another time of the clock left.
    fn last_sent_at(&self, now: Timestamp) -> StoreFuture<'_, Option<Timestamp>>;

    /// Counts the issues of a project that were opened after `since` and up to `now`, or may have been.
    fn issues_since(&self, project: &str, since: Timestamp, now: Timestamp) -> StoreFuture<'_, IssueCounts>;

    /// Counts a project's writes of these kinds that were sent after `since` and up to `now`, without refused and
    /// withdrawn ones.
    fn sent_since(
        &self,
        project: &str,
        kinds: &'static [IntentKind],
        since: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, u64>;

    /// Returns the pause of a project, if there is one. Each has its own, because a missing permission in one repository
    /// must not stop the writes to another.
    fn pause(&self, project: &str) -> StoreFuture<'_, Option<Pause>>;

    /// Stores the pause of a project, or deletes the stored one.
    fn set_pause(&self, project: &str, pause: Option<Pause>) -> StoreFuture<'_, ()>;

    /// Makes idle groups of a project due that were not handed over, and withdraws refused intents: all of them if the
    /// hash of the settings differs from the last run, else only those that were refused. Returns the number of groups
    /// made due.
    fn wake_all(&self, project: &str, settings_hash: &str, now: Timestamp) -> StoreFuture<'_, u64>;

    /// Makes every group due that would wait longer than `of_groups`, and releases its claim. Lets rechecks wait
    /// no longer than `of_rechecks`, and writes that may have to be sent no longer than either. Counts those sent in the
    /// future as sent now. Needed after the clock was set back.
    fn shorten_waits(&self, now: Timestamp, of_groups: Duration, of_rechecks: Duration) -> StoreFuture<'_, ()>;

    /// Makes a project's writes due that wait for the end of a pause (`Held`, `Sent`). Needed when it is ended early.
    fn resume_writes(&self, project: &str, now: Timestamp) -> StoreFuture<'_, ()>;

    /// Returns the size of the store, and of the queue for issues.
    fn usage(&self) -> StoreFuture<'_, Usage>;

    /// Deletes report ids that are too old or too many, and groups that were not seen for long, and gives free space
    /// back to the disk. Works in small steps, so that other writes do not wait for long. Returns what was deleted.
    fn maintain(&self, now: Timestamp) -> StoreFuture<'_, Maintained>;

    /// Deletes a group with all its text, so that none of it is left in the file. A group with an issue keeps its row.
    fn erase_group(&self, project: &str, fingerprint: Fingerprint, now: Timestamp) -> StoreFuture<'_, Erased>;

    /// Deletes what a client sent, given the hash of the client, and groups that only this client reported.
    fn erase_client(&self, client: ClientHash, now: Timestamp) -> StoreFuture<'_, Erased>;

    /// Adds a source map, in place of one with the same debug id. Deletes the maps that were not used for the longest
    /// time if all maps together would exceed their share of the store's limit.
    fn add_source_map(&self, map: NewSourceMap, now: Timestamp) -> StoreFuture<'_, ()>;

    /// Adds a generated file for a source map that is there already. Returns false if there is none with this debug id.
    fn add_source_map_file(
        &self,
        project: &str,
        debug_id: [u8; 16],
        file: Option<GeneratedFile>,
        now: Timestamp,
    ) -> StoreFuture<'_, bool>;

    /// Returns those of the debug ids for which the project has a source map.
    fn known_debug_ids(&self, project: &str, debug_ids: Vec<[u8; 16]>) -> StoreFuture<'_, Vec<[u8; 16]>>;

    /// Returns true if the project has source maps.
    fn has_source_maps(&self, project: &str) -> StoreFuture<'_, bool>;

    /// Finds a source map of a project.
    fn find_source_map(&self, project: &str, key: SourceMapKey) -> StoreFuture<'_, Option<SourceMapId>>;

    /// Returns true if a source map was uploaded for this release.
    fn source_map_has_release(&self, map: SourceMapId, release: &str) -> StoreFuture<'_, bool>;

    /// Gives a group the fingerprint of one of its samples, which was prepared anew because its source maps arrived. Joins
    /// the group that has that fingerprint already, unless something on GitHub would lose its group.
    fn regroup(&self, group: GroupId, sample: SampleId, record: Fingerprinted) -> StoreFuture<'_, Regrouped>;

    /// Loads the parts of a source map, and remembers its use. Returns no parts if it was deleted.
    fn load_source_map(&self, map: SourceMapId, now: Timestamp) -> StoreFuture<'_, Vec<Vec<u8>>>;

    /// Returns the size and the condition of the store.
    fn health(&self) -> Health;

    /// Finishes the waiting writes and closes the store.
    fn close(&self) -> StoreFuture<'_, ()>;
}
