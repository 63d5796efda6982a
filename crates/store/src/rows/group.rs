//! `Group`: the reports of one failure, counted together.

use autoheal_contract::{Severity, Source};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// A group's own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct GroupId(pub i64);

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

/// Something on GitHub with a number and a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number in the repository.
    pub number: u64,
    /// Its page.
    pub url: String,
}

/// One release in which a group was seen.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// The program's version.
    pub release: String,
    /// How often in it.
    pub count: u64,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases hold these names, and the API returns them.
    #[test]
    fn statuses_keep_their_names() {
        let names: Vec<&str> = Status::VARIANTS.iter().map(|status| status.name()).collect();
        let expected = "recorded issue_open pull_request_open awaiting_approval handed_over hand_over_unknown refused";
        assert_eq!(names.join(" "), expected);
        for status in Status::VARIANTS {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
