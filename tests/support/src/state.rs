//! Everything the stand-in knows, behind one lock.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::{Comment, HandOver, Issue, Label, Pull, Repository, Task};
use crate::recorded::{RecordedRequest, Violation};

/// What a test may ask about, all of it at one moment.
#[derive(Debug, Serialize)]
pub struct State {
    /// The repositories, the main one first.
    pub repositories: Vec<Repository>,
    /// Every request to the API, in order of arrival.
    pub requests: Vec<RecordedRequest>,
    /// Everything that did not fit GitHub's description.
    pub violations: Vec<Violation>,
    /// The faults that are still to strike.
    pub faults: Vec<Fault>,
    /// Whether everything is down.
    pub outage: Option<Outage>,
    /// The most API requests that were in hand at one time.
    pub most_in_flight: usize,
    /// The most writes that were in hand at one time.
    pub most_writes_in_flight: usize,
    #[serde(skip)]
    pub(crate) in_flight: usize,
    #[serde(skip)]
    pub(crate) writes_in_flight: usize,
    #[serde(skip)]
    pub(crate) listening: bool,
    #[serde(skip)]
    pub(crate) clock: Clock,
    /// Who is behind a token.
    #[serde(skip)]
    pub(crate) tokens: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) url: String,
}

/// How everything is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Every API request is answered 502, and nothing happens.
    BadGateway,
    /// Every API request's connection ends without an answer, and nothing happens.
    Cut,
    /// Nobody listens: connections are refused, open ones are closed once their answer is out. The pages are gone too.
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
            most_in_flight: 0,
            most_writes_in_flight: 0,
            in_flight: 0,
            writes_in_flight: 0,
            listening: true,
            clock,
            tokens,
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

    /// Where in the list a repository is; names compare in any case.
    pub(crate) fn find(&self, owner: &str, name: &str) -> Option<usize> {
        self.repositories.iter().position(|repository| {
            repository.owner.eq_ignore_ascii_case(owner) && repository.name.eq_ignore_ascii_case(name)
        })
    }

    /// The issues of the main repository by number, pull requests left out.
    pub fn issues(&self) -> Vec<Issue> {
        let repository = self.repository();
        let plain = repository.issues.iter().filter(|(number, _)| !repository.pulls.contains_key(number));
        plain.map(|(_, issue)| issue.clone()).collect()
    }

    /// The issue with this number, pull requests included.
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

    /// Every time Copilot was asked to work in the main repository, oldest first.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.repository().hand_overs.clone()
    }

    /// The comments on an issue or pull request of the main repository, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.repository().comments.iter().filter(|comment| comment.number == number).cloned().collect()
    }

    /// The labels of the main repository.
    pub fn labels(&self) -> Vec<Label> {
        self.repository().labels.clone()
    }

    /// The requests that were meant to change something, in order of arrival.
    pub fn writes(&self) -> Vec<RecordedRequest> {
        self.requests.iter().filter(|request| request.is_write()).cloned().collect()
    }

    /// The real time between the arrivals of successive writes.
    pub fn write_gaps(&self) -> Vec<Duration> {
        let writes = self.writes();
        writes.windows(2).map(|pair| pair[1].since_start - pair[0].since_start).collect()
    }

    /// One line for each request, and one for each violation: what a test that waited in vain wants to read.
    pub fn story(&self) -> String {
        let mut lines = Vec::new();
        for RecordedRequest { number, method, path, status, applied, held, failure, since_start, .. } in &self.requests
        {
            let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let applied = if *applied { ", carried out" } else { "" };
            let held = if *held { ", held" } else { "" };
            let failure = failure.as_ref().map(|failure| format!(", {failure}")).unwrap_or_default();
            lines.push(format!("{number:>4} {since_start:>8.1?} {method} {path}: {status}{applied}{held}{failure}"));
        }
        for Violation { request, problem, .. } in &self.violations {
            lines.push(format!("violation by request {request}: {problem}"));
        }
        if lines.is_empty() { "there was no request at all".into() } else { lines.join("\n") }
    }

    /// The stand-in's now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn request_mut(&mut self, number: u64) -> &mut RecordedRequest {
        let at = usize::try_from(number - 1).expect("requests are counted in memory");
        &mut self.requests[at]
    }
}
