//! The rows a store speaks of.

use autoheal_contract::{ErrorReport, Severity, Source};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use uuid::Uuid;

use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted, Part};
use autoheal_prepare::parse::Frame;
use autoheal_prepare::validate::{Mark, Sender};

/// A group's own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct GroupId(pub i64);

/// An intent's own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct IntentId(pub i64);

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id it was counted under.
    pub id: Uuid,
    /// The fingerprint it was filed under.
    pub fingerprint: Fingerprint,
    /// Whether this id was counted before.
    pub duplicate: bool,
}

/// Something on GitHub with a number and a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number in the repository.
    pub number: u64,
    /// Its page.
    pub url: String,
}

/// How far the healing of a group has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Counted; nothing was sent (a preview, or below the threshold).
    Recorded,
    /// The issue is open.
    IssueOpen,
    /// The draft pull request is open.
    PullRequestOpen,
    /// A person has to approve before an agent is asked.
    AwaitingApproval,
    /// An agent was asked to work on it.
    HandedOver,
    /// An agent may have been asked; the answer was lost and is not asked for again.
    HandOverUnknown,
    /// GitHub refused for good; the note says why.
    Refused,
}

impl Status {
    /// The name in the database and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One group of failures that are the same.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its own id.
    pub id: GroupId,
    /// Its first fingerprint, of which links are made.
    pub fingerprint: Fingerprint,
    /// The type of its first report.
    pub error_type: String,
    /// The message of its first report.
    pub error_message: String,
    /// Which kind of sender its first report claimed.
    pub source: Source,
    /// The class its first report claimed.
    pub class: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// How often it happened.
    pub count: u64,
    /// How many distinct clients told of it.
    pub clients: u64,
    /// When it was first told of.
    pub first_seen: Timestamp,
    /// When it was last told of.
    pub last_seen: Timestamp,
    /// How far its healing has come.
    pub status: Status,
    /// Why it waits or was refused.
    pub note: Option<String>,
    /// Its issue.
    pub issue: Option<Link>,
    /// Its draft pull request.
    pub pull: Option<Link>,
    /// Where the agent was asked.
    pub hand_over: Option<String>,
    /// Hash of what the agent would read, as last seen.
    pub shown_hash: Option<String>,
    /// The label that was taken back; only one set after it is an approval.
    pub revoked_label: Option<Timestamp>,
    /// The count that stands on the issue, and since when.
    pub counts_written: Option<(u64, Timestamp)>,
}

/// One occurrence, kept whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// The scrubbed report.
    pub report: ErrorReport,
    /// Its stack, innermost first.
    pub frames: Vec<Frame>,
    /// Its message without what differs between occurrences.
    pub normalised_message: String,
    /// What went into its fingerprint.
    pub parts: Vec<Part>,
    /// What was dropped or cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// How far its sender was known.
    pub sender: Sender,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl Sample {
    /// What is kept of a record.
    #[must_use]
    pub fn of(record: &Fingerprinted) -> Self {
        Self {
            report: record.report().clone(),
            frames: record.frames().to_vec(),
            normalised_message: record.normalised_message().to_owned(),
            parts: record.parts().to_vec(),
            marks: record.marks().to_vec(),
            sender: record.arrival().sender,
            received_at: record.received_at(),
        }
    }
}

/// One release in which a group was seen.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// The program's version.
    pub release: String,
    /// How often in it.
    pub count: u64,
}

/// A group with all that is known of it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The group.
    pub group: Group,
    /// Its samples, the frozen first one first.
    pub samples: Vec<Sample>,
    /// Its releases.
    pub releases: Vec<Release>,
    /// Every write to GitHub that was begun for it, oldest first.
    pub intents: Vec<Intent>,
    /// Who approved, and what became of it.
    pub approvals: Vec<Approval>,
}

/// What deciding about a group needs.
#[derive(Debug, Clone)]
pub struct Work {
    /// The group.
    pub group: Group,
    /// The frozen first sample: what people and agents are shown.
    pub sample: Sample,
    /// Its releases.
    pub releases: Vec<Release>,
    /// Every write that was begun for it, oldest first.
    pub intents: Vec<Intent>,
    /// The approval in force.
    pub approval: Option<Approval>,
}

/// A kind of write to GitHub; each names how it is found again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum IntentKind {
    /// Found by name: a label that exists is a success.
    CreateLabel,
    /// Found by marker and creator in the list of issues.
    OpenIssue,
    /// Never looked for: a commit nobody refers to is nothing.
    CreateCommit,
    /// Found by name.
    CreateBranch,
    /// Found by its branch.
    OpenPull,
    /// Found among the issue's assignees.
    AssignAgent,
    /// Cannot be found: done at most once.
    StartTask,
    /// Found by marker and creator among the comments.
    CommentAgent,
    /// Found by reading the issue; writing it twice changes nothing.
    UpdateCounts,
    /// Found by reading the labels; removing twice changes nothing.
    RemoveApproval,
    /// Found by reading the issue; closing twice changes nothing.
    CloseDuplicate,
}

impl IntentKind {
    /// The kinds that ask an agent to work.
    pub const HAND_OVERS: &'static [IntentKind] = &[Self::AssignAgent, Self::StartTask, Self::CommentAgent];

    /// The name in the database, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Where a write stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum IntentState {
    /// Sent, answer unknown: it may have happened. Looked for before it is sent again.
    Sent,
    /// Known not to have happened; to be sent at its time.
    Held,
    /// Happened, but after a second try: looked for once more, in case the first one shows up.
    Recheck,
    /// Happened.
    Done,
    /// Refused for good.
    Refused,
    /// Known not to have happened, and not to be sent as it stands: it is decided anew.
    Withdrawn,
    /// May have happened; cannot be found and is not tried again.
    Unknown,
}

impl IntentState {
    /// The name in the database and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the write is known to have happened.
    #[must_use]
    pub const fn happened(self) -> bool {
        matches!(self, Self::Done | Self::Recheck)
    }

    /// Whether the worker still has to do something about it.
    #[must_use]
    pub const fn unsettled(self) -> bool {
        matches!(self, Self::Sent | Self::Held)
    }
}

/// One write to GitHub.
#[derive(Debug, Clone, Serialize)]
pub struct Intent {
    /// Its own id.
    pub id: IntentId,
    /// The group it is for; none for labels.
    pub group: Option<GroupId>,
    /// What it writes.
    pub kind: IntentKind,
    /// Where it stands.
    pub state: IntentState,
    /// How often it was sent.
    pub attempt: u32,
    /// What is sent: JSON.
    pub payload: String,
    /// What came of it: JSON of the answer, or the reason.
    pub outcome: Option<String>,
    /// When it was first stored.
    pub planned_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// When it is looked at next.
    pub act_at: Timestamp,
}

/// A person's word that an agent may work on a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Hash of what the agent would read.
    pub hash: String,
    /// Who approved.
    pub login: String,
    /// When the label was set, by GitHub's clock: what was written before it is what was approved.
    pub labelled_at: Timestamp,
    /// When it was taken back, because the text had changed.
    pub revoked_at: Option<Timestamp>,
}

/// Why and from when on an approval does not count.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Hash of what the agent would read now: what the next approval is about.
    pub shown_hash: String,
    /// When the label that is taken back was set, by GitHub's clock.
    pub labelled_at: Timestamp,
    /// In words.
    pub note: String,
}

/// What GitHub asked us to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Nothing is sent before this.
    pub until: Timestamp,
    /// In words.
    pub reason: String,
    /// How often in a row: the next wait is longer.
    pub times: u32,
}

/// One change to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// How far the healing has come.
    Status(Status),
    /// Why it waits or was refused.
    Note(Option<String>),
    /// Its issue.
    Issue(Link),
    /// Its draft pull request.
    Pull(Link),
    /// Where the agent was asked.
    HandOver(String),
    /// Hash of what the agent would read.
    ShownHash(String),
    /// The count that stands on the issue now.
    CountsWritten(u64, Timestamp),
    /// When the worker looks at it next.
    ActAt(Timestamp),
    /// Nothing to do until something new is told of it. The count is the one that was decided by: a report that came
    /// since leaves the group due.
    Quiet(u64),
}
