//! GitHub through octocrab: one client with a base URL, whose every failure says whether a write may have happened.

mod agents;
mod issues;
mod pulls;

use std::time::Duration;

use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

pub use issues::Issue;
pub use pulls::{Base, Pull};

use crate::settings::Repository;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;

/// No call takes longer; an answer that comes later is a lost one.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a call to GitHub gave no result, told apart by what the caller must do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GithubError {
    /// GitHub said no; sending it again changes nothing.
    #[error("GitHub refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// GitHub's words, with the details of a validation.
        message: String,
    },
    /// GitHub said later; nothing happened.
    #[error("GitHub asks to wait: {message}")]
    Limited {
        /// Until when; none where GitHub did not say.
        until: Option<Timestamp>,
        /// GitHub's words.
        message: String,
    },
    /// There was no connection; nothing happened.
    #[error("GitHub cannot be reached: {0}")]
    Unreachable(String),
    /// The answer was lost or unusable: a write may have happened.
    #[error("GitHub's answer was lost: {0}")]
    Lost(String),
}

impl GithubError {
    /// Whether it is about the credential or the repository, so that every other group would meet it too.
    #[must_use]
    pub fn concerns_everything(&self) -> bool {
        matches!(self, Self::Refused { status: 301 | 302 | 307 | 308 | 401 | 403 | 404 | 410 | 451, .. })
    }
}

/// The result of a call to GitHub.
pub type GithubResult<T> = Result<T, GithubError>;

/// One credential at one GitHub, for one repository.
pub struct Github {
    client: Octocrab,
    repository: Repository,
    clock: Clock,
}

impl Github {
    /// A client for `api_url` (`https://api.github.com`, a GitHub Enterprise `…/api/v3`, or a stand-in).
    ///
    /// octocrab's own retry is not compiled in: it repeats POSTs, which makes duplicate issues.
    ///
    /// # Errors
    ///
    /// When the URL is none.
    pub fn new(api_url: &str, token: &SecretString, repository: Repository, clock: Clock) -> Result<Self, String> {
        let client = Octocrab::builder()
            .base_uri(api_url)
            .map_err(|error| format!("{api_url} is not a URL: {error}"))?
            .personal_token(token.expose_secret().to_owned())
            .build()
            .map_err(|error| format!("cannot set up a client for {api_url}: {error}"))?;
        Ok(Self { client, repository, clock })
    }

    /// The repository's path, such as `/repos/acme/shop/issues` for `issues`.
    fn path(&self, rest: &str) -> String {
        let Repository { owner, name } = &self.repository;
        if rest.is_empty() { format!("/repos/{owner}/{name}") } else { format!("/repos/{owner}/{name}/{rest}") }
    }

    /// The login behind the credential.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn login(&self) -> GithubResult<String> {
        text(&self.get("/user").await?, "login")
    }

    async fn get(&self, path: &str) -> GithubResult<Value> {
        self.call("GET", path, None::<&()>).await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> GithubResult<Value> {
        self.call("POST", path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &impl Serialize) -> GithubResult<Value> {
        self.call("PATCH", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> GithubResult<Value> {
        self.call("DELETE", path, None::<&()>).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<&impl Serialize>) -> GithubResult<Value> {
        let answered = async {
            let response = match method {
                "GET" => self.client._get(path).await?,
                "PATCH" => self.client._patch(path, body).await?,
                "DELETE" => self.client._delete(path, body).await?,
                _ => self.client._post(path, body).await?,
            };
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok::<_, octocrab::Error>((status, headers, self.client.body_to_string(response).await?))
        };
        let answer = match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(transport(&error)),
            Err(_) => return Err(GithubError::Lost(format!("no answer to {method} {path} in {TIMEOUT:?}"))),
        };
        let (status, headers, text) = answer;
        tracing::debug!(method, path, status, "github: answered");
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let json: Option<Value> = if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() };
        match (status, json) {
            (200..=299, Some(json)) => Ok(json),
            // What was asked for happened; what came of it is unknown.
            (200..=299, None) => {
                Err(GithubError::Lost(format!("{method} {path} answered {status} with unreadable JSON")))
            }
            (500..=599, _) => Err(GithubError::Lost(format!("{method} {path} answered {status}"))),
            (_, json) => Err(self.refusal(status, &json.unwrap_or(Value::Null), header)),
        }
    }

    /// GitHub's four ways to say "later" come before its ways to say "no".
    fn refusal<'a>(&self, status: u16, json: &Value, header: impl Fn(&str) -> Option<&'a str>) -> GithubError {
        let mut message = json["message"].as_str().unwrap_or("no message").to_owned();
        if matches!(status, 403 | 429) {
            let number = |name: &str| header(name).and_then(|value| value.parse::<u64>().ok());
            let after = number("retry-after").map(|seconds| self.clock.now().plus(Duration::from_secs(seconds)));
            let reset = || {
                let spent = number("x-ratelimit-remaining") == Some(0);
                let reset = number("x-ratelimit-reset").and_then(|seconds| i64::try_from(seconds).ok());
                reset.filter(|_| spent).map(Timestamp::from_seconds)
            };
            let until = after.or_else(reset);
            if until.is_some() || status == 429 || message.to_lowercase().contains("secondary rate limit") {
                return GithubError::Limited { until, message };
            }
        }
        for error in json["errors"].as_array().into_iter().flatten() {
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            message.push_str(&format!(
                " [{} {} {} {}]",
                part("resource"),
                part("field"),
                part("code"),
                part("message")
            ));
        }
        GithubError::Refused { status, message }
    }
}

/// A connection that was never made is the only transport failure after which nothing can have happened.
fn transport(error: &octocrab::Error) -> GithubError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut words = error.to_string();
    while let Some(error) = cause {
        if let Some(client) = error.downcast_ref::<hyper_util::client::legacy::Error>()
            && client.is_connect()
        {
            return GithubError::Unreachable(client.to_string());
        }
        words = error.to_string();
        cause = error.source();
    }
    GithubError::Lost(words)
}

/// A text member of an answer; an answer without it is as good as lost.
fn text(json: &Value, name: &str) -> GithubResult<String> {
    let found = json[name].as_str().map(str::to_owned);
    found.ok_or_else(|| GithubError::Lost(format!("the answer has no {name}")))
}

/// A number member of an answer.
fn number(json: &Value, name: &str) -> GithubResult<u64> {
    json[name].as_u64().ok_or_else(|| GithubError::Lost(format!("the answer has no {name}")))
}
