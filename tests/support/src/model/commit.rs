//! Commits and refs: names, parents and trees, without contents.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Repository;

/// A commit.
#[derive(Clone, Debug, Serialize)]
pub struct Commit {
    /// SHA of 40 hexadecimal digits.
    pub sha: String,
    /// SHA of its tree.
    pub tree: String,
    /// SHAs of its parents; empty for a root commit.
    pub parents: Vec<String>,
    /// Its message.
    pub message: String,
    /// The author's login.
    pub author: String,
    /// Time of the commit.
    pub date: DateTime<Utc>,
}

impl Repository {
    /// A new, unique SHA for a git object.
    pub(crate) fn new_sha(&mut self) -> String {
        let mut state = self.new_id().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.owner.len() as u64;
        let mut sha = String::new();
        while sha.len() < 40 {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            sha.push_str(&format!("{:016x}", mixed ^ (mixed >> 27)));
        }
        sha.truncate(40);
        sha
    }

    /// Adds a commit. The tree and the parents must exist.
    pub(crate) fn add_commit(
        &mut self,
        tree: &str,
        parents: Vec<String>,
        message: &str,
        author: &str,
        date: DateTime<Utc>,
    ) -> Commit {
        let sha = self.new_sha();
        let (tree, message, author) = (tree.to_owned(), message.to_owned(), author.to_owned());
        let commit = Commit { sha: sha.clone(), tree, parents, message, author, date };
        self.commits.insert(sha, commit.clone());
        commit
    }

    /// Pushes an empty commit to a branch, as Copilot does with its "Initial plan".
    pub(crate) fn push_empty_commit(
        &mut self,
        branch: &str,
        message: &str,
        author: &str,
        date: DateTime<Utc>,
    ) -> Option<Commit> {
        let reference = format!("refs/heads/{branch}");
        let parent = self.refs.get(&reference)?.clone();
        let tree = self.commits.get(&parent)?.tree.clone();
        let commit = self.add_commit(&tree, vec![parent], message, author, date);
        self.refs.insert(reference, commit.sha.clone());
        Some(commit)
    }

    /// Creates a branch with an empty commit on top of the default branch.
    pub(crate) fn create_branch(&mut self, branch: &str, author: &str, date: DateTime<Utc>) {
        let Some(base) = self.branch(&self.default_branch).map(|commit| commit.sha.clone()) else { return };
        self.refs.insert(format!("refs/heads/{branch}"), base);
        self.push_empty_commit(branch, "Another change", author, date);
    }

    /// SHAs of a commit and all its ancestors.
    pub(crate) fn history(&self, sha: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![sha.to_owned()];
        while let Some(sha) = waiting.pop() {
            if let Some(commit) = self.commits.get(&sha)
                && seen.insert(sha)
            {
                waiting.extend(commit.parents.iter().cloned());
            }
        }
        seen
    }

    /// The commit that a branch points to.
    pub fn branch(&self, name: &str) -> Option<&Commit> {
        self.refs.get(&format!("refs/heads/{name}")).and_then(|sha| self.commits.get(sha))
    }
}
