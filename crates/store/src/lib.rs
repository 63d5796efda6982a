//! The trait `Store` and the rows it speaks of: what lies between prepare and act, so that a crash loses nothing.

mod clock;
mod rows;
mod sqlite;

use std::future::Future;
use std::pin::Pin;

pub use clock::Clock;
pub use rows::{
    Accepted, Approval, Change, Detail, Group, GroupId, Intent, IntentId, IntentKind, IntentState, Link, Pause,
    Release, Revocation, Sample, Status, Work,
};
pub use sqlite::Sqlite;

use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};

/// The answer of a store, in time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The store could not do it now; nothing of the request was kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store cannot take it now: {0}")]
pub struct StoreError(pub String);

/// Where records, groups and intents live. SQLite is the embedded one; every answer is durable when it arrives.
pub trait Store: Send + Sync + 'static {
    /// Counts records into their groups, all or none; the answers are in the order of the records.
    fn accept(&self, records: Vec<Fingerprinted>) -> Answer<'_, Vec<Accepted>>;

    /// The groups of a project, last seen first.
    fn groups(&self, project: &str, limit: u32) -> Answer<'_, Vec<Group>>;

    /// One group by any of its fingerprints, with all that is known of it.
    fn detail(&self, project: &str, fingerprint: Fingerprint) -> Answer<'_, Option<Detail>>;

    /// Whether the store can be written to at this moment.
    fn ready(&self) -> Answer<'_, ()>;

    /// Claims the group that is due first, new ones (without an issue) ahead of others, and loads what deciding needs.
    ///
    /// Without `new_issues`, groups that have no issue yet are passed over.
    fn claim_due(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        new_issues: bool,
    ) -> Answer<'_, Option<Work>>;

    /// The work of one group, unclaimed: for reconciling and for the gate.
    fn work(&self, group: GroupId) -> Answer<'_, Option<Work>>;

    /// Stores that a write is about to be sent. Nothing is sent without this.
    fn begin(&self, group: Option<GroupId>, kind: IntentKind, payload: String, now: Timestamp) -> Answer<'_, Intent>;

    /// Stores that a write is about to be sent once more.
    fn begin_again(&self, intent: IntentId, now: Timestamp) -> Answer<'_, ()>;

    /// Moves an intent to a state, to be looked at again at `act_at`, and changes its group, in one step.
    fn settle(
        &self,
        intent: IntentId,
        state: IntentState,
        outcome: Option<String>,
        act_at: Timestamp,
        changes: Vec<Change>,
    ) -> Answer<'_, ()>;

    /// The unsettled intent that is due first.
    fn unsettled_due(&self, now: Timestamp) -> Answer<'_, Option<Intent>>;

    /// Changes a group and gives up the claim on it.
    fn change(&self, group: GroupId, changes: Vec<Change>) -> Answer<'_, ()>;

    /// Stores that a person approved, bound to the hash of what the agent would read.
    fn approve(&self, group: GroupId, approval: Approval, now: Timestamp) -> Answer<'_, ()>;

    /// Takes approvals back and stores what the agent would read now.
    fn revoke(&self, group: GroupId, revocation: Revocation, now: Timestamp) -> Answer<'_, ()>;

    /// The groups that wait at the gate, by their issue's number.
    fn awaiting(&self) -> Answer<'_, Vec<(GroupId, u64)>>;

    /// The issues of groups an agent was asked to work on.
    fn handed_over(&self) -> Answer<'_, Vec<u64>>;

    /// When the worker has something to do next, among groups and intents; `new_issues` as for claiming.
    fn next_act_at(&self, new_issues: bool) -> Answer<'_, Option<Timestamp>>;

    /// When the last write was sent.
    fn last_sent_at(&self) -> Answer<'_, Option<Timestamp>>;

    /// How many writes of these kinds were sent since then, refused ones left out.
    fn sent_since(&self, kinds: &'static [IntentKind], since: Timestamp) -> Answer<'_, u64>;

    /// What GitHub asked us to wait for.
    fn pause(&self) -> Answer<'_, Option<Pause>>;

    /// Remembers, or forgets, what GitHub asked us to wait for.
    fn set_pause(&self, pause: Option<Pause>) -> Answer<'_, ()>;

    /// Makes every group due that the switches may now concern; returns how many.
    fn wake_all(&self, now: Timestamp) -> Answer<'_, u64>;

    /// Forgets ids older than their memory; returns how many.
    fn forget_ids(&self, now: Timestamp) -> Answer<'_, u64>;

    /// Finishes what is in hand and closes.
    fn close(&self) -> Answer<'_, ()>;
}
