//! The stand-in's whole state.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::api_response::ApiResponse;
use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::{Comment, HandOver, Issue, Label, Pull, Repository, Review, ReviewComment, Task};
use crate::recorded::{RecordedRequest, Violation};

/// The state of the stand-in: its repositories, the recorded requests, and the faults.
#[derive(Debug, Serialize)]
pub struct State {
    /// The repositories, the main one first.
    pub repositories: Vec<Repository>,
    /// Every request to the API, in order of arrival.
    pub requests: Vec<RecordedRequest>,
    /// Requests and responses that do not match GitHub's description.
    pub violations: Vec<Violation>,
    /// The active faults.
    pub faults: Vec<Fault>,
    /// The current outage, if any.
    pub outage: Option<Outage>,
    /// Maximum number of API requests in flight at one time.
    #[serde(rename = "most_in_flight")]
    pub max_in_flight: usize,
    /// Maximum number of writes in flight at one time.
    #[serde(rename = "most_writes_in_flight")]
    pub max_writes_in_flight: usize,
    #[serde(skip)]
    pub(crate) in_flight: usize,
    #[serde(skip)]
    pub(crate) writes_in_flight: usize,
    #[serde(skip)]
    pub(crate) listening: bool,
    #[serde(skip)]
    pub(crate) clock: Clock,
    /// Logins by token.
    #[serde(skip)]
    pub(crate) tokens: BTreeMap<String, String>,
    /// Indexes of repositories by former name, `owner/name`.
    #[serde(skip)]
    pub(crate) former_names: BTreeMap<String, usize>,
    #[serde(skip)]
    pub(crate) url: String,
}

/// Kind of outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Every API request gets a 502 and is not carried out.
    BadGateway,
    /// Every API request's connection is closed without a response, and the request is not carried out.
    Cut,
    /// Connections are refused, also those for pages and controls. Open connections are closed after their response.
    Refused,
}

impl State {
    pub(crate) fn new(
        repositories: Vec<Repository>,
        tokens: BTreeMap<String, String>,
        clock: Clock,
        url: &str,
    ) -> Self {
        State {
            repositories,
            requests: Vec::new(),
            violations: Vec::new(),
            faults: Vec::new(),
            outage: None,
            max_in_flight: 0,
            max_writes_in_flight: 0,
            in_flight: 0,
            writes_in_flight: 0,
            listening: true,
            clock,
            tokens,
            former_names: BTreeMap::new(),
            url: url.to_owned(),
        }
    }

    /// The main repository.
    pub fn repository(&self) -> &Repository {
        &self.repositories[0]
    }

    pub(crate) fn repository_mut(&mut self) -> &mut Repository {
        &mut self.repositories[0]
    }

    /// Index of a repository. Names are compared without case.
    pub(crate) fn find(&self, owner: &str, name: &str) -> Option<usize> {
        self.repositories.iter().position(|repository| {
            repository.owner.eq_ignore_ascii_case(owner) && repository.name.eq_ignore_ascii_case(name)
        })
    }

    /// The path with a repository's name instead of its `id`. GitHub serves `/repositories/ID` like
    /// `/repos/OWNER/NAME`, and the redirects of transferred issues lead there.
    pub(crate) fn path_by_name(&self, path: &str) -> String {
        let rest = path.strip_prefix("/repositories/").unwrap_or_default();
        let (id, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match self.repositories.iter().find(|repository| repository.id.to_string() == id) {
            Some(repository) => format!("/repos/{}{rest}", repository.full_name()),
            None => path.to_owned(),
        }
    }

    /// The redirect of a path with a former name of a repository.
    pub(crate) fn redirect(&self, method: &str, path: &str) -> Option<ApiResponse> {
        let rest = path.strip_prefix("/agents").unwrap_or(path).strip_prefix("/repos/")?;
        let (name, index) = self.former_names.iter().find(|(name, _)| {
            rest.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })?;
        let rest = &rest[name.len()..];
        let url = format!("{}/repositories/{}{rest}", self.url, self.repositories[*index].id);
        // GitHub keeps the method of a write by a 307
        let status = if method == "GET" { 301 } else { 307 };
        Some(ApiResponse { status, ..ApiResponse::moved_permanently(&url) })
    }

    /// The issues of the main repository by number, without pull requests.
    pub fn issues(&self) -> Vec<Issue> {
        let repository = self.repository();
        let issues = repository.issues.iter().filter(|(number, _)| !repository.pulls.contains_key(number));
        issues.map(|(_, issue)| issue.clone()).collect()
    }

    /// The issue or pull request with this number.
    pub fn issue(&self, number: u64) -> Option<&Issue> {
        self.repository().issues.get(&number)
    }

    /// The pull requests of the main repository by number.
    pub fn pulls(&self) -> Vec<Pull> {
        let repository = self.repository();
        repository.pulls.keys().filter_map(|number| repository.pull(*number)).collect()
    }

    /// The branches of the main repository, sorted.
    pub fn branches(&self) -> Vec<String> {
        self.repository().branches()
    }

    /// The agent tasks of the main repository, oldest first.
    pub fn tasks(&self) -> Vec<Task> {
        self.repository().tasks.clone()
    }

    /// All hand-overs to Copilot in the main repository, oldest first.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.repository().hand_overs.clone()
    }

    /// The comments on an issue or pull request of the main repository, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.repository().comments.iter().filter(|comment| comment.number == number).cloned().collect()
    }

    /// The reviews of a pull request of the main repository, oldest first.
    pub fn reviews(&self, pull: u64) -> Vec<Review> {
        self.repository().reviews.iter().filter(|review| review.pull == pull).cloned().collect()
    }

    /// The comments on lines of a pull request of the main repository, oldest first.
    pub fn review_comments(&self, pull: u64) -> Vec<ReviewComment> {
        self.repository().review_comments.iter().filter(|comment| comment.pull == pull).cloned().collect()
    }

    /// The labels of the main repository.
    pub fn labels(&self) -> Vec<Label> {
        self.repository().labels.clone()
    }

    /// The write requests, in order of arrival.
    pub fn writes(&self) -> Vec<RecordedRequest> {
        self.requests.iter().filter(|request| request.is_write()).cloned().collect()
    }

    /// The real time between successive writes.
    pub fn write_gaps(&self) -> Vec<Duration> {
        let writes = self.writes();
        writes.windows(2).map(|pair| pair[1].since_start - pair[0].since_start).collect()
    }

    /// A log for failed tests: one line per request and one per violation.
    pub fn request_log(&self) -> String {
        let mut lines = Vec::new();
        for RecordedRequest { number, method, path, status, applied, held, failure, since_start, .. } in &self.requests
        {
            let status = status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
            let applied = if *applied { ", carried out" } else { "" };
            let held = if *held { ", held" } else { "" };
            let failure = failure.as_ref().map(|failure| format!(", {failure}")).unwrap_or_default();
            lines.push(format!("{number:>4} {since_start:>8.1?} {method} {path}: {status}{applied}{held}{failure}"));
        }
        for Violation { request, problem, .. } in &self.violations {
            lines.push(format!("violation by request {request}: {problem}"));
        }
        if lines.is_empty() { "no requests".into() } else { lines.join("\n") }
    }

    /// The current time by the stand-in's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn request_mut(&mut self, number: u64) -> &mut RecordedRequest {
        let index = usize::try_from(number - 1).expect("request numbers are indexes plus one");
        &mut self.requests[index]
    }
}
