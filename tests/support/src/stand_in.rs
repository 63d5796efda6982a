//! The stand-in's interface for tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::{Comment, HandOver, Issue, Label, Lag, Permission, Pull, Repository, Review, ReviewComment, Task};
use crate::operation::Operation;
use crate::recorded::{RecordedRequest, Violation};
use crate::routes;
use crate::server;
use crate::shared_state::SharedState;
use crate::state::{Outage, State};

/// Timeout of `wait_for`. After it the test fails with a log of all requests.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Options of a stand-in.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; with port 0 a free port.
    pub listen: SocketAddr,
    /// The repositories, `owner/name`, the main one first.
    pub repositories: Vec<String>,
    /// The token that is accepted.
    pub token: String,
    /// The user that the token belongs to, who may write.
    pub login: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            repositories: vec!["acme/shop".into()],
            token: "made-up-token-of-the-stand-in".into(),
            login: "autoheal-bot".into(),
        }
    }
}

/// A running stand-in for GitHub. Dropping it stops it.
pub struct StandIn {
    pub(crate) shared: Arc<SharedState>,
    options: Options,
    url: String,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    /// Starts a stand-in on a free local port. It listens when this returns.
    pub async fn start() -> StandIn {
        StandIn::start_with(Options::default()).await.expect("a free local port is available")
    }

    /// Starts a stand-in with these options.
    ///
    /// # Errors
    /// If listening on the address fails, or a repository is not `owner/name`.
    pub async fn start_with(options: Options) -> anyhow::Result<StandIn> {
        let listener = server::bind(options.listen).await?;
        let url = format!("http://{}", listener.local_addr().context("the listener has an address")?);
        let clock = Clock::Real(TimeDelta::zero());
        let mut repositories = Vec::new();
        for (id, full_name) in (1..).zip(&options.repositories) {
            let (owner, name) = full_name.split_once('/').context("a repository must be OWNER/NAME")?;
            let mut repository = Repository::new(id, owner, name, &url, clock.now());
            repository.permissions.insert(options.login.clone(), Permission::Write);
            repositories.push(repository);
        }
        anyhow::ensure!(!repositories.is_empty(), "at least one repository is needed");
        let tokens = [(options.token.clone(), options.login.clone())].into();
        let shared = Arc::new(SharedState::new(State::new(repositories, tokens, clock, &url)));
        let server = tokio::spawn(server::serve(listener, routes::router(&shared), Arc::clone(&shared)));
        Ok(StandIn { shared, options, url, server })
    }

    /// The base URL, for the API and for the pages.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The main repository, `owner/name`.
    pub fn repository(&self) -> &str {
        &self.options.repositories[0]
    }

    /// The token of [`Options`].
    pub fn token(&self) -> &str {
        &self.options.token
    }

    /// The user that the token belongs to.
    pub fn login(&self) -> &str {
        &self.options.login
    }

    /// Reads the state.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.shared.read(read)
    }

    /// The issues by number, without pull requests.
    pub fn issues(&self) -> Vec<Issue> {
        self.read(State::issues)
    }

    /// The pull requests by number.
    pub fn pulls(&self) -> Vec<Pull> {
        self.read(State::pulls)
    }

    /// The branches, sorted.
    pub fn branches(&self) -> Vec<String> {
        self.read(State::branches)
    }

    /// The agent tasks, oldest first.
    pub fn tasks(&self) -> Vec<Task> {
        self.read(State::tasks)
    }

    /// All hand-overs to Copilot, oldest first: tasks, assignments, mentions.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.read(State::hand_overs)
    }

    /// The comments on an issue or pull request, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.read(|state| state.comments(number))
    }

    /// The reviews of a pull request, oldest first.
    pub fn reviews(&self, pull: u64) -> Vec<Review> {
        self.read(|state| state.reviews(pull))
    }

    /// The comments on lines of a pull request, oldest first.
    pub fn review_comments(&self, pull: u64) -> Vec<ReviewComment> {
        self.read(|state| state.review_comments(pull))
    }

    /// The labels.
    pub fn labels(&self) -> Vec<Label> {
        self.read(State::labels)
    }

    /// Every request to the API, in order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.read(|state| state.requests.clone())
    }

    /// The write requests, in order of arrival.
    pub fn writes(&self) -> Vec<RecordedRequest> {
        self.read(State::writes)
    }

    /// Requests and responses that do not match GitHub's description. Tests assert that there are none.
    pub fn violations(&self) -> Vec<Violation> {
        self.read(|state| state.violations.clone())
    }

    /// Maximum number of writes in flight at one time.
    pub fn max_writes_in_flight(&self) -> usize {
        self.read(|state| state.max_writes_in_flight)
    }

    /// The real time between successive writes.
    pub fn write_gaps(&self) -> Vec<Duration> {
        self.read(State::write_gaps)
    }

    /// Adds a fault, after those injected before.
    pub fn inject(&self, fault: Fault) {
        self.shared.update(|state| state.faults.push(fault));
    }

    /// Removes all faults, the lag of lists and the outage, and releases all held requests.
    pub async fn clear_faults(&self) {
        self.shared.update(|state| {
            state.faults.clear();
            state.set_lag(Lag::None);
        });
        self.release_all();
        self.end_outage().await;
    }

    /// Releases a held request.
    pub fn release(&self, number: u64) {
        self.shared.update(|state| state.request_mut(number).held = false);
    }

    /// Releases all held requests.
    pub fn release_all(&self) {
        self.shared.update(State::release_all);
    }

    /// Sets the lag of lists and searches.
    pub fn set_lag(&self, lag: Lag) {
        self.shared.update(|state| state.set_lag(lag));
    }

    /// Hides everything new from lists and searches, until the lag is set again.
    pub fn hide_new_from_lists(&self) {
        self.shared.update(State::hide_new_from_lists);
    }

    /// Renames the main repository. Its former name redirects to its id.
    ///
    /// # Panics
    /// If the new name is not `owner/name`.
    pub fn rename_repository(&self, full_name: &str) {
        let (owner, name) = full_name.split_once('/').expect("a repository is owner/name");
        self.shared.update(|state| {
            let repository = state.repository_mut();
            let former = repository.full_name();
            (repository.owner, repository.name) = (owner.to_owned(), name.to_owned());
            state.former_names.insert(former, 0);
        });
    }

    /// Starts an outage. It is in effect when this returns.
    pub async fn start_outage(&self, outage: Outage) {
        self.shared.update(|state| state.outage = Some(outage));
        self.shared.wait_until(|state| state.listening == (state.outage != Some(Outage::Refused))).await;
    }

    /// Ends the outage. The stand-in listens again when this returns.
    pub async fn end_outage(&self) {
        self.shared.update(|state| state.outage = None);
        self.shared.wait_until(|state| state.listening).await;
    }

    /// Stops the stand-in's clock at a time.
    ///
    /// # Panics
    /// If the text is not RFC 3339.
    pub fn set_now(&self, rfc3339: &str) {
        let now = DateTime::parse_from_rfc3339(rfc3339).expect("the time must be RFC 3339");
        self.shared.update(|state| state.clock = Clock::Manual(now.with_timezone(&Utc)));
    }

    /// Advances the stand-in's clock, whether it runs or is stopped.
    pub fn advance(&self, by: Duration) {
        self.shared.update(|state| state.clock.advance(by));
    }

    /// Runs the stand-in's clock, ahead of real time by this offset.
    pub fn set_offset(&self, ahead: Duration) {
        let ahead = TimeDelta::from_std(ahead).unwrap_or(TimeDelta::MAX);
        self.shared.update(|state| state.clock = Clock::Real(ahead));
    }

    /// The current time by the stand-in's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.read(State::now)
    }

    /// Accepts another token, of a user with this permission. A login that ends in `[bot]` is an app, whose token
    /// cannot start Copilot.
    pub fn add_token(&self, token: &str, login: &str, permission: Permission) {
        self.shared.update(|state| {
            state.tokens.insert(token.to_owned(), login.to_owned());
            state.repository_mut().permissions.insert(login.to_owned(), permission);
        });
    }

    /// Returns as soon as the condition is true.
    ///
    /// # Panics
    /// After 30 seconds, with a log of all requests.
    pub async fn wait_for(&self, condition: impl Fn(&State) -> bool) {
        if tokio::time::timeout(WAIT_TIMEOUT, self.shared.wait_until(condition)).await.is_err() {
            panic!("the condition is still false after {WAIT_TIMEOUT:?}\n{}", self.read(State::request_log));
        }
    }

    /// Returns the first held request of this kind, as soon as there is one.
    pub async fn wait_for_held(&self, on: Operation) -> RecordedRequest {
        let held = |state: &State| {
            let matches = |request: &&RecordedRequest| request.held && on.covers(request.operation, &request.method);
            state.requests.iter().find(matches).cloned()
        };
        self.wait_for(|state| held(state).is_some()).await;
        self.read(held).expect("only the test releases held requests")
    }

    /// Runs until the server fails.
    ///
    /// # Errors
    /// If listening on the address again after an outage fails.
    pub async fn run(mut self) -> anyhow::Result<()> {
        (&mut self.server).await.context("the server ended")?
    }
}
