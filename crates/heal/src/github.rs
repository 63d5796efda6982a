//! GitHub's API through octocrab: one client with a base URL. Every error says whether a write may have happened.

mod agents;
mod issues;
mod pulls;
mod refusal;

use std::time::Duration;

use http::HeaderMap;
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

pub(crate) use issues::Issue;
pub(crate) use pulls::{Pull, Review};

use crate::settings::Repository;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;

/// Timeout of a call. A response that comes later counts as lost.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum number of pages that are read of a list. Entries on later pages are ignored.
const MAX_PAGES: usize = 10;
/// Entries of a full page.
const PAGE_SIZE: usize = 100;

/// Reason why a call to GitHub gave no result. Each variant requires another reaction of the caller.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum GithubError {
    /// GitHub refused; sending it again changes nothing.
    #[error("GitHub refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// GitHub's message, with the details of a validation.
        message: String,
    },
    /// GitHub asks to wait; nothing happened.
    #[error("GitHub asks to wait: {message}")]
    Limited {
        /// End of the wait; none where GitHub named none.
        until: Option<Timestamp>,
        /// GitHub's message.
        message: String,
    },
    /// There was no connection; nothing happened.
    #[error("GitHub cannot be reached: {0}")]
    Unreachable(String),
    /// The response was lost or cannot be read: a write may have happened.
    #[error("GitHub's response was lost: {0}")]
    Lost(String),
}

impl GithubError {
    /// True if the refusal is about the credential or the repository, so that writes for other groups would be refused
    /// too.
    #[must_use]
    pub(crate) fn concerns_everything(&self) -> bool {
        matches!(self, Self::Refused { status: 301 | 302 | 307 | 308 | 401 | 403 | 404 | 410 | 451, .. })
    }
}

/// Result of a call to GitHub.
pub(crate) type GithubResult<T> = Result<T, GithubError>;

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL is no URL.
    #[error("{url} is not a URL")]
    Url {
        /// The base URL.
        url: String,
        /// The reason.
        #[source]
        source: Box<octocrab::Error>,
    },
    /// octocrab refused the settings.
    #[error("cannot set up a client for {url}")]
    Client {
        /// The base URL.
        url: String,
        /// The reason.
        #[source]
        source: Box<octocrab::Error>,
    },
}

/// One credential at one GitHub, for one repository.
pub struct Github {
    client: Octocrab,
    repository: Repository,
    clock: Clock,
}

impl Github {
    /// A client for `api_url` (`https://api.github.com`, a GitHub Enterprise `…/api/v3`, or a stand-in).
    ///
    /// octocrab's own retry is not compiled in, because it repeats POSTs and so makes duplicate issues.
    ///
    /// # Errors
    ///
    /// If `api_url` is no URL.
    pub fn new(api_url: &str, token: &SecretString, repository: Repository, clock: Clock) -> Result<Self, SetupError> {
        let url = api_url.to_owned();
        let builder = match Octocrab::builder().base_uri(api_url) {
            Ok(builder) => builder,
            Err(error) => return Err(SetupError::Url { url, source: Box::new(error) }),
        };
        match builder.personal_token(token.expose_secret().to_owned()).build() {
            Ok(client) => Ok(Self { client, repository, clock }),
            Err(error) => Err(SetupError::Client { url, source: Box::new(error) }),
        }
    }

    /// A path in the repository, such as `/repos/acme/shop/issues` for `issues`.
    fn path(&self, rest: &str) -> String {
        let Repository { owner, name } = &self.repository;
        if rest.is_empty() { format!("/repos/{owner}/{name}") } else { format!("/repos/{owner}/{name}/{rest}") }
    }

    /// The login behind the credential.
    pub(crate) async fn login(&self) -> GithubResult<String> {
        Ok(self.get::<User>("/user").await?.login)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> GithubResult<T> {
        self.call("GET", path, None::<&()>).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> GithubResult<T> {
        self.call("POST", path, Some(body)).await
    }

    async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> GithubResult<T> {
        self.call("PATCH", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> GithubResult<()> {
        self.call::<IgnoredAny>("DELETE", path, None::<&()>).await.map(drop)
    }

    /// The entries of a list, up to [`MAX_PAGES`] pages.
    async fn list<T: DeserializeOwned>(&self, path: &str) -> GithubResult<List<T>> {
        let (mut entries, mut is_incomplete) = (Vec::new(), false);
        for number in 1..=MAX_PAGES {
            let (page, _) = self.page(path, number).await?;
            let is_last = page.len() < PAGE_SIZE;
            for entry in page {
                match entry {
                    Entry::Readable(entry) => entries.push(entry),
                    Entry::Other(_) => is_incomplete = true,
                }
            }
            if is_last {
                return Ok(List { entries, is_incomplete });
            }
        }
        Ok(List { entries, is_incomplete: true })
    }

    /// One page of a list, and the number of its last page.
    async fn page<T: DeserializeOwned>(&self, path: &str, number: usize) -> GithubResult<(Vec<Entry<T>>, usize)> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}per_page={PAGE_SIZE}&page={number}");
        let (entries, headers): (Vec<Entry<T>>, _) = self.exchange("GET", &path, None::<&()>).await?;
        let link = headers.get("link").and_then(|link| link.to_str().ok()).unwrap_or_default();
        Ok((entries, last_page(link).unwrap_or(number)))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> GithubResult<T> {
        self.exchange(method, path, body).await.map(|(result, _)| result)
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> GithubResult<(T, HeaderMap)> {
        let exchange = async {
            let response = match method {
                "GET" => self.client._get(path).await?,
                "PATCH" => self.client._patch(path, body).await?,
                "DELETE" => self.client._delete(path, body).await?,
                _ => self.client._post(path, body).await?,
            };
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok::<_, octocrab::Error>((status, headers, self.client.body_to_string(response).await?))
        };
        let (status, headers, text) = match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(transport(&error)),
            Err(_) => return Err(GithubError::Lost(format!("no response to {method} {path} in {TIMEOUT:?}"))),
        };
        tracing::debug!(method, path, status, "github: response");
        match status {
            200..=299 => {
                let json = if text.is_empty() { "null" } else { &text };
                // The write happened; its result is unknown.
                serde_json::from_str(json).map(|result| (result, headers)).map_err(|error| {
                    GithubError::Lost(format!("the response to {method} {path} ({status}) cannot be read: {error}"))
                })
            }
            500..=599 => Err(GithubError::Lost(format!("{method} {path} failed with {status}"))),
            _ => {
                let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
                Err(refusal::read(status, &text, header, self.clock.now()))
            }
        }
    }
}

/// Entries of a list.
#[derive(Debug)]
pub(crate) struct List<T> {
    /// The entries, in the list's order.
    pub(crate) entries: Vec<T>,
    /// Whether the list has more pages than were read, or entries that cannot be read.
    pub(crate) is_incomplete: bool,
}

/// Entry of a list. One that cannot be read must not hide the others.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Entry<T> {
    Readable(T),
    Other(IgnoredAny),
}

impl<T> Entry<T> {
    fn readable(self) -> Option<T> {
        match self {
            Self::Readable(entry) => Some(entry),
            Self::Other(_) => None,
        }
    }
}

/// The fields of a user that are read.
#[derive(Debug, Clone, Deserialize)]
struct User {
    login: String,
    /// `User`, `Bot` or `Organization`.
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

/// The number of the last page, from the header `Link`.
fn last_page(link: &str) -> Option<usize> {
    let last = link.split(',').find(|part| part.contains("rel=\"last\""))?;
    let url = last.split('<').nth(1)?.split('>').next()?;
    let query = url.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}

/// The only field of a created object that is read: the address of its web page.
#[derive(Debug, Deserialize)]
struct Page {
    html_url: String,
}

/// The error of a failed exchange. Without a connection nothing happened; after any other error the write may have
/// happened.
fn transport(error: &octocrab::Error) -> GithubError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(error) = cause {
        if let Some(client) = error.downcast_ref::<hyper_util::client::legacy::Error>()
            && client.is_connect()
        {
            return GithubError::Unreachable(client.to_string());
        }
        innermost = error.to_string();
        cause = error.source();
    }
    GithubError::Lost(innermost)
}
