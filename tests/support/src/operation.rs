//! Kinds of API operation, for faults and tests.

use serde::{Deserialize, Serialize};

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $method:literal $path:literal,)*) => {
        /// A kind of operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Operation {
            /// Every operation.
            Any,
            /// Every operation that changes the state.
            Write,
            /// Every operation that only reads.
            Read,
            /// An operation that has no variant here.
            Other,
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// The operation with this method and path template.
            pub(crate) fn of(method: &str, path: &str) -> Operation {
                match (method, path) {
                    $(($method, $path) => Operation::$name,)*
                    _ => Operation::Other,
                }
            }
        }
    };
}

operations! {
    /// Read the authenticated user.
    ReadUser = "GET" "/user",
    /// Read the rate limit.
    ReadRateLimit = "GET" "/rate_limit",
    /// Search issues and pull requests.
    Search = "GET" "/search/issues",
    /// Read the repository.
    ReadRepository = "GET" "/repos/{owner}/{repo}",
    /// Read a user's permission.
    ReadPermission = "GET" "/repos/{owner}/{repo}/collaborators/{username}/permission",
    /// Check whether a user can be assigned.
    ReadAssignable = "GET" "/repos/{owner}/{repo}/assignees/{assignee}",
    /// List issues and pull requests.
    ListIssues = "GET" "/repos/{owner}/{repo}/issues",
    /// Open an issue.
    CreateIssue = "POST" "/repos/{owner}/{repo}/issues",
    /// Read one issue.
    ReadIssue = "GET" "/repos/{owner}/{repo}/issues/{issue_number}",
    /// Change, close or reopen an issue.
    UpdateIssue = "PATCH" "/repos/{owner}/{repo}/issues/{issue_number}",
    /// Add assignees to an issue.
    AddAssignees = "POST" "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    /// Remove assignees from an issue.
    RemoveAssignees = "DELETE" "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    /// Lock an issue or pull request.
    LockIssue = "PUT" "/repos/{owner}/{repo}/issues/{issue_number}/lock",
    /// Unlock an issue or pull request.
    UnlockIssue = "DELETE" "/repos/{owner}/{repo}/issues/{issue_number}/lock",
    /// List comments.
    ListComments = "GET" "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    /// Add a comment.
    CreateComment = "POST" "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    /// Change a comment.
    UpdateComment = "PATCH" "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    /// List an issue's labels.
    ListIssueLabels = "GET" "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    /// Add labels to an issue.
    AddLabels = "POST" "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    /// Remove a label from an issue.
    RemoveLabel = "DELETE" "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
    /// List an issue's events.
    ListEvents = "GET" "/repos/{owner}/{repo}/issues/{issue_number}/events",
    /// List an issue's timeline.
    ListTimeline = "GET" "/repos/{owner}/{repo}/issues/{issue_number}/timeline",
    /// List the repository's labels.
    ListLabels = "GET" "/repos/{owner}/{repo}/labels",
    /// Create a label.
    CreateLabel = "POST" "/repos/{owner}/{repo}/labels",
    /// Read one label.
    ReadLabel = "GET" "/repos/{owner}/{repo}/labels/{name}",
    /// List pull requests.
    ListPulls = "GET" "/repos/{owner}/{repo}/pulls",
    /// Open a pull request.
    CreatePull = "POST" "/repos/{owner}/{repo}/pulls",
    /// Read one pull request.
    ReadPull = "GET" "/repos/{owner}/{repo}/pulls/{pull_number}",
    /// Change, close or reopen a pull request.
    UpdatePull = "PATCH" "/repos/{owner}/{repo}/pulls/{pull_number}",
    /// List the changed files of a pull request.
    ListPullFiles = "GET" "/repos/{owner}/{repo}/pulls/{pull_number}/files",
    /// List the reviews of a pull request.
    ListReviews = "GET" "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    /// List the comments on lines of a pull request.
    ListReviewComments = "GET" "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
    /// Read a ref.
    ReadRef = "GET" "/repos/{owner}/{repo}/git/ref/{ref}",
    /// List refs with a prefix.
    ListRefs = "GET" "/repos/{owner}/{repo}/git/matching-refs/{ref}",
    /// Create a ref.
    CreateRef = "POST" "/repos/{owner}/{repo}/git/refs",
    /// Delete a ref.
    DeleteRef = "DELETE" "/repos/{owner}/{repo}/git/refs/{ref}",
    /// Read a commit.
    ReadCommit = "GET" "/repos/{owner}/{repo}/git/commits/{commit_sha}",
    /// Create a commit.
    CreateCommit = "POST" "/repos/{owner}/{repo}/git/commits",
    /// List agent tasks.
    ListTasks = "GET" "/agents/repos/{owner}/{repo}/tasks",
    /// Read one agent task.
    ReadTask = "GET" "/agents/repos/{owner}/{repo}/tasks/{task_id}",
    /// Start an agent task.
    StartTask = "POST" "/agents/repos/{owner}/{repo}/tasks",
}

impl Operation {
    /// True if this kind includes a request of this operation and method.
    pub(crate) fn covers(self, operation: Operation, method: &str) -> bool {
        match self {
            Operation::Any => true,
            Operation::Read => method == "GET",
            Operation::Write => method != "GET",
            kind => kind == operation,
        }
    }
}
