//! A repository and its contents.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{
    Comment, Commit, Departure, Event, HandOver, Issue, Label, Permission, PullRequest, Review, ReviewComment, Task,
};

/// A repository.
#[derive(Clone, Debug, Serialize)]
pub struct Repository {
    /// Its `id`.
    pub id: u64,
    /// The owner's login.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// URL of the stand-in, the base of every URL in responses.
    #[serde(skip)]
    pub(crate) url: String,
    /// The default branch.
    pub default_branch: String,
    /// Its settings.
    pub settings: Settings,
    /// Permissions by login.
    pub permissions: BTreeMap<String, Permission>,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Its issues and the issue parts of its pull requests, by number.
    pub issues: BTreeMap<u64, Issue>,
    /// The other parts of its pull requests, by number.
    pub pulls: BTreeMap<u64, PullRequest>,
    /// Issues that left the repository, by number.
    pub departures: BTreeMap<u64, Departure>,
    /// All comments, oldest first.
    pub comments: Vec<Comment>,
    /// All reviews of pull requests, oldest first.
    pub reviews: Vec<Review>,
    /// All comments on lines of pull requests, oldest first.
    pub review_comments: Vec<ReviewComment>,
    /// All events, oldest first.
    pub events: Vec<Event>,
    /// All commits by SHA.
    pub commits: BTreeMap<String, Commit>,
    /// SHAs of all refs, by full name.
    pub refs: BTreeMap<String, String>,
    /// All agent tasks, oldest first.
    pub tasks: Vec<Task>,
    /// All hand-overs to Copilot, oldest first.
    pub hand_overs: Vec<HandOver>,
    /// Lag of its lists.
    pub lag: Lag,
    last_number: u64,
    last_id: u64,
}

/// Settings of a repository.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// True if drafts are supported. If not, as for private repositories on some plans, drafts are refused with 422.
    pub drafts_supported: bool,
    /// True if Copilot is enabled. If not, assigning it is silently ignored and tasks are forbidden.
    pub agent_available: bool,
    /// True if issues are enabled. If not, requests for issues get a 410.
    pub has_issues: bool,
}

/// Lag of lists and searches: entries that they do not contain yet, although they can be read by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lag {
    /// No lag.
    None,
    /// Hides entries younger than this, by the stand-in's clock.
    For(Duration),
    /// Hides entries with a greater `id` than this.
    After(u64),
}

impl Repository {
    /// A repository with one commit on `main`, a maintainer and a triager.
    pub(crate) fn new(id: u64, owner: &str, name: &str, url: &str, now: DateTime<Utc>) -> Self {
        let settings = Settings { drafts_supported: true, agent_available: true, has_issues: true };
        let mut repository = Repository {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            url: url.to_owned(),
            default_branch: "main".into(),
            settings,
            permissions: BTreeMap::from([
                (owner.to_owned(), Permission::Admin),
                ("maintainer".to_owned(), Permission::Write),
                ("triager".to_owned(), Permission::Triage),
            ]),
            labels: Vec::new(),
            issues: BTreeMap::new(),
            pulls: BTreeMap::new(),
            departures: BTreeMap::new(),
            comments: Vec::new(),
            reviews: Vec::new(),
            review_comments: Vec::new(),
            events: Vec::new(),
            commits: BTreeMap::new(),
            refs: BTreeMap::new(),
            tasks: Vec::new(),
            hand_overs: Vec::new(),
            lag: Lag::None,
            last_number: 0,
            last_id: 1_000_000,
        };
        let tree = repository.new_sha();
        let first = repository.add_commit(&tree, Vec::new(), "Initial commit", owner, now);
        repository.refs.insert("refs/heads/main".into(), first.sha);
        repository
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// A user's permission. Unknown users may read, because the repository is public.
    pub fn permission(&self, login: &str) -> Permission {
        let entry = self.permissions.iter().find(|(known, _)| known.eq_ignore_ascii_case(login));
        entry.map_or(Permission::Read, |(_, permission)| *permission)
    }

    /// The branches' names, sorted.
    pub fn branches(&self) -> Vec<String> {
        self.refs.keys().filter_map(|name| name.strip_prefix("refs/heads/")).map(str::to_owned).collect()
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Hides all entries from lists that are created from now on.
    pub(crate) fn hide_from_now(&mut self) {
        self.lag = Lag::After(self.last_id);
    }

    /// True if lists contain an entry already.
    pub(crate) fn is_listed(&self, id: u64, created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        match self.lag {
            Lag::None => true,
            Lag::For(lag) => now - created_at >= TimeDelta::from_std(lag).unwrap_or(TimeDelta::MAX),
            Lag::After(last) => id <= last,
        }
    }
}
