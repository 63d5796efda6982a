//! `Intent`: one write to GitHub, stored before it is sent.

use autoheal_prepare::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::GroupId;

/// An intent's own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct IntentId(pub i64);

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases hold these names, and the API, logs and metrics use them.
    #[test]
    fn kinds_and_states_keep_their_names() {
        let kinds: Vec<&str> = IntentKind::VARIANTS.iter().map(|kind| kind.name()).collect();
        let expected = "create_label open_issue create_commit create_branch open_pull assign_agent start_task \
                        comment_agent update_counts remove_approval close_duplicate";
        assert_eq!(kinds.join(" "), expected);
        let states: Vec<&str> = IntentState::VARIANTS.iter().map(|state| state.name()).collect();
        assert_eq!(states.join(" "), "sent held recheck done refused withdrawn unknown");
        for kind in IntentKind::VARIANTS {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for state in IntentState::VARIANTS {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
