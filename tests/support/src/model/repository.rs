//! One repository and everything in it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Comment, Commit, Event, HandOver, Issue, Label, Permission, PullRequest, Task};

/// A repository.
#[derive(Clone, Debug, Serialize)]
pub struct Repository {
    /// The owner's login.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Where the stand-in listens; every link in an answer begins with it.
    #[serde(skip)]
    pub(crate) url: String,
    /// The branch pull requests go to.
    pub default_branch: String,
    /// What it supports.
    pub settings: Settings,
    /// Who may do what.
    pub permissions: BTreeMap<String, Permission>,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Its issues, and the issue halves of its pull requests, by number.
    pub issues: BTreeMap<u64, Issue>,
    /// The other halves of its pull requests, by number.
    pub pulls: BTreeMap<u64, PullRequest>,
    /// All comments, oldest first.
    pub comments: Vec<Comment>,
    /// All events, oldest first.
    pub events: Vec<Event>,
    /// All commits by name.
    pub commits: BTreeMap<String, Commit>,
    /// All refs by full name, with the commit they point to.
    pub refs: BTreeMap<String, String>,
    /// All agent tasks, oldest first.
    pub tasks: Vec<Task>,
    /// Every time Copilot was asked to work, oldest first.
    pub hand_overs: Vec<HandOver>,
    /// How far its lists lag.
    pub lag: Lag,
    last_number: u64,
    last_id: u64,
}

/// What a repository supports.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// False for private repositories on some plans: drafts are refused with 422.
    pub drafts_supported: bool,
    /// Whether Copilot is enabled; if not, assigning it is silently ignored and tasks are forbidden.
    pub agent_available: bool,
    /// Whether issues are enabled; if not, they answer 410.
    pub has_issues: bool,
}

/// What lists and searches do not show yet, while reading by number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lag {
    /// Everything is shown.
    None,
    /// Things younger than this, by the stand-in's clock, are hidden.
    For(Duration),
    /// Things made after the one with this `id` are hidden until the lag is changed.
    After(u64),
}

impl Repository {
    /// A repository with one commit on `main`, a maintainer and the people behind the tokens.
    pub(crate) fn new(owner: &str, name: &str, url: &str, now: DateTime<Utc>) -> Self {
        let settings = Settings { drafts_supported: true, agent_available: true, has_issues: true };
        let mut repository = Repository {
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
            comments: Vec::new(),
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

    /// What this person may do; strangers may look, for the repository is public.
    pub fn permission(&self, login: &str) -> Permission {
        let known = self.permissions.iter().find(|(known, _)| known.eq_ignore_ascii_case(login));
        known.map_or(Permission::Read, |(_, permission)| *permission)
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

    /// From now on lists hide whatever is made.
    pub(crate) fn hide_from_now(&mut self) {
        self.lag = Lag::After(self.last_id);
    }

    /// Whether lists show a thing already.
    pub(crate) fn lists_show(&self, id: u64, created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        match self.lag {
            Lag::None => true,
            Lag::For(lag) => now - created_at >= TimeDelta::from_std(lag).unwrap_or(TimeDelta::MAX),
            Lag::After(last) => id <= last,
        }
    }
}
