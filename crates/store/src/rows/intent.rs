//! `Intent`: one write to GitHub, stored before it is sent.

use autoheal_prepare::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::GroupId;

/// Id of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct IntentId(pub i64);

/// A kind of write to GitHub. Each variant's comment says how the write is found again if its response was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum IntentKind {
    /// Not searched for, because an existing label counts as a success.
    CreateLabel,
    /// Found by marker and creator in the list of issues.
    OpenIssue,
    /// Not searched for, because a commit without references has no effect.
    CreateCommit,
    /// Found by name.
    CreateBranch,
    /// Found by its branch.
    OpenPull,
    /// Found among the issue's assignees.
    AssignAgent,
    /// Cannot be found, so it is sent at most once.
    StartTask,
    /// Found by marker and creator among the comments.
    CommentAgent,
    /// Not searched for, because a second write changes nothing.
    UpdateCounts,
    /// Not searched for, because a second write changes nothing.
    UpdateText,
    /// Not searched for, because a second removal changes nothing.
    RemoveApproval,
    /// Not searched for, because closing twice changes nothing.
    CloseDuplicate,
}

impl IntentKind {
    /// Kinds that hand a group over to an agent.
    pub const HAND_OVERS: &'static [IntentKind] = &[Self::AssignAgent, Self::StartTask, Self::CommentAgent];

    /// Name in the database, the API and the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// State of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum IntentState {
    /// Sent, response unknown: the write may have happened. It is searched for before it is sent again.
    Sent,
    /// The write did not happen; it is sent at `act_at`.
    Held,
    /// The write happened at a second attempt. It is searched for once more, because the first attempt may have
    /// happened too.
    Recheck,
    /// The write happened.
    Done,
    /// GitHub refused the write for good.
    Refused,
    /// The write did not happen, and is not sent again; the next step is decided anew.
    Withdrawn,
    /// The write may have happened; it cannot be found, and is not sent again.
    Unknown,
}

impl IntentKind {
    /// True if a write of this kind that did not happen is withdrawn and decided anew, because its approval may have been
    /// revoked, or the body of the issue may have been edited.
    #[must_use]
    pub fn is_decided_again(self) -> bool {
        Self::HAND_OVERS.contains(&self) || self == Self::UpdateCounts
    }
}

impl IntentState {
    /// Name in the database and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// True if the write is known to have happened.
    #[must_use]
    pub const fn happened(self) -> bool {
        matches!(self, Self::Done | Self::Recheck)
    }

    /// True if the write may have to be sent, for the first time or again. False for `Recheck`, although the worker
    /// still handles such an intent.
    #[must_use]
    pub const fn unsettled(self) -> bool {
        matches!(self, Self::Sent | Self::Held)
    }
}

/// One write to GitHub.
#[derive(Debug, Clone, Serialize)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// Its group; none for labels, which belong to the repository.
    pub group: Option<GroupId>,
    /// Kind of write.
    pub kind: IntentKind,
    /// Its state.
    pub state: IntentState,
    /// Number of times it was sent.
    pub attempt: u32,
    /// Content of the write, as JSON.
    pub payload: String,
    /// Result: JSON made of the response, or the reason of the failure.
    pub outcome: Option<String>,
    /// Time at which it was first stored.
    pub planned_at: Timestamp,
    /// Time at which it was last sent.
    pub sent_at: Timestamp,
    /// Time at which the worker handles it next.
    pub act_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases hold these names, and the API and the log use them.
    #[test]
    fn kinds_and_states_keep_their_names() {
        let kinds: Vec<&str> = IntentKind::VARIANTS.iter().map(|kind| kind.name()).collect();
        let expected = "create_label open_issue create_commit create_branch open_pull assign_agent start_task \
                        comment_agent update_counts update_text remove_approval close_duplicate";
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
