//! The stand-in as a test holds it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::{Comment, HandOver, Issue, Label, Lag, Permission, Pull, Repository, Task};
use crate::operation::Operation;
use crate::recorded::{RecordedRequest, Violation};
use crate::routes;
use crate::server;
use crate::shared::Shared;
use crate::state::{Outage, State};

/// How long a test waits for what it expects before it gives up with a list of what did happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where and for whom a stand-in stands in.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The repositories, `owner/name`, the main one first.
    pub repositories: Vec<String>,
    /// The token that is accepted, and who is behind it.
    pub token: String,
    /// The login behind the token; it may write.
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

/// A running stand-in for GitHub. Dropping it ends it.
pub struct StandIn {
    pub(crate) shared: Arc<Shared>,
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
    /// Starts one on a free port of this machine. It listens when this returns.
    pub async fn start() -> StandIn {
        StandIn::start_with(Options::default()).await.expect("a free port of this machine can be listened on")
    }

    /// Starts one as asked.
    ///
    /// # Errors
    /// When the address cannot be listened on, or a repository is not `owner/name`.
    pub async fn start_with(options: Options) -> anyhow::Result<StandIn> {
        let listener = server::bind(options.listen).await?;
        let url = format!("http://{}", listener.local_addr().context("the listener has an address")?);
        let clock = Clock::Real(TimeDelta::zero());
        let mut repositories = Vec::new();
        for full_name in &options.repositories {
            let (owner, name) = full_name.split_once('/').context("a repository is written owner/name")?;
            let mut repository = Repository::new(owner, name, &url, clock.now());
            repository.permissions.insert(options.login.clone(), Permission::Write);
            repositories.push(repository);
        }
        anyhow::ensure!(!repositories.is_empty(), "at least one repository is needed");
        let tokens = [(options.token.clone(), options.login.clone())].into();
        let shared = Arc::new(Shared::new(State::new(repositories, tokens, clock, &url)));
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

    /// The token that is accepted.
    pub fn token(&self) -> &str {
        &self.options.token
    }

    /// The login behind the token.
    pub fn login(&self) -> &str {
        &self.options.login
    }

    /// Looks at everything at one moment.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.look(look)
    }

    /// The issues by number, pull requests left out.
    pub fn issues(&self) -> Vec<Issue> {
        self.look(State::issues)
    }

    /// The pull requests by number.
    pub fn pulls(&self) -> Vec<Pull> {
        self.look(State::pulls)
    }

    /// The branches, sorted.
    pub fn branches(&self) -> Vec<String> {
        self.look(State::branches)
    }

    /// The agent tasks, oldest first.
    pub fn tasks(&self) -> Vec<Task> {
        self.look(State::tasks)
    }

    /// Every time Copilot was asked to work, oldest first: tasks, assignments, mentions.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.look(State::hand_overs)
    }

    /// The comments on an issue or pull request, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.look(|state| state.comments(number))
    }

    /// The labels.
    pub fn labels(&self) -> Vec<Label> {
        self.look(State::labels)
    }

    /// Every request to the API, in order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.look(|state| state.requests.clone())
    }

    /// The requests that were meant to change something, in order of arrival.
    pub fn writes(&self) -> Vec<RecordedRequest> {
        self.look(State::writes)
    }

    /// Everything that did not fit GitHub's description. A test asserts that it is empty.
    pub fn violations(&self) -> Vec<Violation> {
        self.look(|state| state.violations.clone())
    }

    /// The most writes that were in hand at one time.
    pub fn most_writes_in_flight(&self) -> usize {
        self.look(|state| state.most_writes_in_flight)
    }

    /// The real time between the arrivals of successive writes.
    pub fn write_gaps(&self) -> Vec<Duration> {
        self.look(State::write_gaps)
    }

    /// Lets a fault strike from now on, after those injected before it.
    pub fn inject(&self, fault: Fault) {
        self.shared.change(|state| state.faults.push(fault));
    }

    /// Ends all faults, lists' lag and outages, and releases what is held.
    pub async fn clear_faults(&self) {
        self.shared.change(|state| {
            state.faults.clear();
            state.set_lag(Lag::None);
        });
        self.release_all();
        self.come_back().await;
    }

    /// Lets a held request go on.
    pub fn release(&self, number: u64) {
        self.shared.change(|state| state.request_mut(number).held = false);
    }

    /// Lets every held request go on.
    pub fn release_all(&self) {
        self.shared.change(State::release_all);
    }

    /// How far lists and searches lag from now on: not at all, by an age, or behind a certain thing.
    pub fn set_lag(&self, lag: Lag) {
        self.shared.change(|state| state.set_lag(lag));
    }

    /// Lists hide whatever is made from now on, until the lag is set again.
    pub fn hide_new_from_lists(&self) {
        self.shared.change(State::hide_new_from_lists);
    }

    /// Everything is down when this returns.
    pub async fn go_down(&self, outage: Outage) {
        self.shared.change(|state| state.outage = Some(outage));
        self.shared.until(|state| state.listening == (state.outage != Some(Outage::Refused))).await;
    }

    /// Everything is up again when this returns.
    pub async fn come_back(&self) {
        self.shared.change(|state| state.outage = None);
        self.shared.until(|state| state.listening).await;
    }

    /// Stops the stand-in's clock at a moment.
    ///
    /// # Panics
    /// When the text is not RFC 3339.
    pub fn set_now(&self, rfc3339: &str) {
        let now = DateTime::parse_from_rfc3339(rfc3339).expect("a moment is written as in RFC 3339");
        self.shared.change(|state| state.clock = Clock::Manual(now.with_timezone(&Utc)));
    }

    /// Moves the stand-in's clock forward, whether it runs or stands.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|state| state.clock.advance(by));
    }

    /// Lets the stand-in's clock run, this much ahead of the real one.
    pub fn set_offset(&self, ahead: Duration) {
        let ahead = TimeDelta::from_std(ahead).unwrap_or(TimeDelta::MAX);
        self.shared.change(|state| state.clock = Clock::Real(ahead));
    }

    /// The stand-in's now.
    pub fn now(&self) -> DateTime<Utc> {
        self.look(State::now)
    }

    /// Accepts one more token, of someone with this permission. A login that ends in `[bot]` is an app's: its token
    /// cannot start Copilot in any way.
    pub fn add_token(&self, token: &str, login: &str, permission: Permission) {
        self.shared.change(|state| {
            state.tokens.insert(token.to_owned(), login.to_owned());
            state.repository_mut().permissions.insert(login.to_owned(), permission);
        });
    }

    /// Returns as soon as the condition holds.
    ///
    /// # Panics
    /// After 30 seconds, with a list of the requests there were.
    pub async fn wait_for(&self, condition: impl Fn(&State) -> bool) {
        if tokio::time::timeout(PATIENCE, self.shared.until(condition)).await.is_err() {
            panic!("after {PATIENCE:?} it was still not so\n{}", self.look(State::story));
        }
    }

    /// Returns the first request of this kind that is held, as soon as there is one.
    pub async fn wait_for_held(&self, on: Operation) -> RecordedRequest {
        let held = |state: &State| {
            let fits = |request: &&RecordedRequest| request.held && on.covers(request.operation, &request.method);
            state.requests.iter().find(fits).cloned()
        };
        self.wait_for(|state| held(state).is_some()).await;
        self.look(held).expect("it was held a moment ago, and only a test releases it")
    }

    /// Waits for the end of the server, which only an error brings.
    ///
    /// # Errors
    /// When the address cannot be listened on again after an outage.
    pub async fn run(mut self) -> anyhow::Result<()> {
        (&mut self.server).await.context("the server ended")?
    }
}
