//! `SourceCode`: lines of the working tree around the frames of a report, as the failing program's machine has them.

use serde::{Deserialize, Serialize};

/// Lines of the files in which the frames of a report are, from the git checkout in which the program ran. The service
/// ignores it from senders without a key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceCode {
    /// `host/owner/name` of the checkout's remote: the one named `origin`, else the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit that is checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// True if the sender's operator lets issues in any repository show the lines. Otherwise only issues in `repository`
    /// do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_repository: bool,
    /// The lines, innermost frame first.
    pub excerpts: Vec<SourceExcerpt>,
}

/// The lines around one frame.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceExcerpt {
    /// The frame's file, as the stack has it.
    pub file: String,
    /// The frame's line, counted from 1.
    pub line: u32,
    /// The file's path within the repository.
    pub path: String,
    /// Number of the first line of `lines`, counted from 1.
    pub first_line: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// The file's state.
    pub state: FileState,
}

/// State of a file of the working tree, compared with the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// The same as in the commit.
    Committed,
    /// Another content than in the commit.
    Changed,
    /// Not in the commit.
    Untracked,
    /// Unknown.
    #[default]
    NotCompared,
}
