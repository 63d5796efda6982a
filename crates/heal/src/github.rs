//! GitHub's API through octocrab: one client with a base URL. Every error says whether a write may have happened.

mod agents;
mod issues;
mod pulls;
mod refusal;
mod rename;
mod transport;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

pub(crate) use issues::Issue;
pub(crate) use pulls::{Pull, Review};

use crate::settings::Repository;
use crate::status::Cause;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;

/// Timeout of a call, with the whole response. A response that comes later counts as lost.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of a response, in bytes: a page of a hundred issues with bodies of 65,536 characters of four bytes.
const MAX_RESPONSE_BYTES: usize = 32 * 1024 * 1024;
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
    #[error("GitHub cannot be reached: {message}")]
    Unreachable {
        /// The cause.
        cause: Cause,
        /// The errors, from the outermost to the innermost.
        message: String,
    },
    /// The response was lost or cannot be read: a write may have happened.
    #[error("GitHub's response was lost: {message}")]
    Lost {
        /// The cause.
        cause: Cause,
        /// End of the wait that the response asks for, if it does.
        until: Option<Timestamp>,
        /// What was wrong with the response.
        message: String,
    },
}

impl GithubError {
    /// A lost response, because GitHub does not respond, or with an error of its own.
    pub(crate) fn lost(message: impl Into<String>) -> Self {
        Self::Lost { cause: Cause::GithubDown, until: None, message: message.into() }
    }

    /// A lost response, because it cannot be read.
    fn unexpected(message: impl Into<String>) -> Self {
        Self::Lost { cause: Cause::UnexpectedResponse, until: None, message: message.into() }
    }

    /// The cause, for people.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Refused { status, message } => refusal::cause(*status, message),
            Self::Limited { .. } => Cause::RateLimit,
            Self::Unreachable { cause, .. } | Self::Lost { cause, .. } => *cause,
        }
    }

    /// True if the refusal is about the credential or the repository, so that writes for other groups would be refused
    /// too.
    #[must_use]
    pub(crate) fn concerns_everything(&self) -> bool {
        matches!(self, Self::Refused { status: 300..=399 | 401 | 403 | 404 | 407 | 410 | 451, .. })
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
    /// The token is empty, or no header of HTTP can carry it.
    #[error("the token is empty, or holds characters other than printable ASCII, which no header of HTTP carries")]
    Token,
}

/// One credential at one GitHub, for one repository.
pub struct Github {
    client: Octocrab,
    api_url: Uri,
    /// The repository, under its present name. Shared by the clients of a worker, so that all follow a new name.
    repository: Arc<Mutex<Repository>>,
    clock: Clock,
}

impl Github {
    /// A client for `api_url` (`https://api.github.com`, a GitHub Enterprise `…/api/v3`, or a stand-in).
    ///
    /// octocrab's own retry is not compiled in, because it repeats POSTs and so makes duplicate issues.
    ///
    /// # Errors
    ///
    /// If `api_url` is no URL, or if the token, without blanks and line ends around it, cannot be sent.
    pub fn new(api_url: &str, token: &SecretString, repository: Repository, clock: Clock) -> Result<Self, SetupError> {
        let url = api_url.to_owned();
        let builder = match Octocrab::builder().base_uri(api_url) {
            Ok(builder) => builder,
            Err(error) => return Err(SetupError::Url { url, source: Box::new(error) }),
        };
        // octocrab panics at a token that no header can carry
        let token = token.expose_secret().trim();
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SetupError::Token);
        }
        match builder.personal_token(token.to_owned()).build() {
            Ok(client) => {
                let api_url = api_url.parse().unwrap_or_default();
                Ok(Self { client, api_url, repository: Arc::new(Mutex::new(repository)), clock })
            }
            Err(error) => Err(SetupError::Client { url, source: Box::new(error) }),
        }
    }

    /// The repository, under its present name.
    pub(crate) fn repository(&self) -> Repository {
        self.repository.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes this client follow a new name of the repository that the other client finds.
    pub(crate) fn share_repository(&mut self, other: &Self) {
        self.repository = Arc::clone(&other.repository);
    }

    /// A path in the repository, such as `/repos/acme/shop/issues` for `issues`.
    fn path(&self, rest: &str) -> String {
        let Repository { owner, name, .. } = self.repository();
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
        self.list_pages(path, MAX_PAGES).await
    }

    /// The entries on the first pages of a list.
    async fn list_pages<T: DeserializeOwned>(&self, path: &str, max_pages: usize) -> GithubResult<List<T>> {
        let (mut entries, mut is_incomplete) = (Vec::new(), false);
        for number in 1..=max_pages {
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
        let mut response = self.request(method, path, body).await?;
        if let Some(path) = self.path_after_rename(path, &response).await? {
            response = self.request(method, &path, body).await?;
        }
        self.result(method, path, response)
    }

    /// The result in a response, and its headers.
    fn result<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        response: Response,
    ) -> GithubResult<(T, HeaderMap)> {
        let Response { status, headers, text } = response;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match status {
            200..=299 => {
                let json = if text.is_empty() { "null" } else { &text };
                // The write happened; its result is unknown.
                serde_json::from_str(json).map(|result| (result, headers)).map_err(|error| {
                    GithubError::unexpected(format!(
                        "the response to {method} {path} ({status}) cannot be read: {error}"
                    ))
                })
            }
            500..=599 => Err(GithubError::Lost {
                cause: Cause::GithubDown,
                until: refusal::retry_after(header, self.clock.now()),
                message: format!("{method} {path} failed with {status}"),
            }),
            _ => Err(refusal::read(status, &text, header, self.clock.now())),
        }
    }

    /// Sends one request and reads its response, whatever its status.
    async fn request(&self, method: &str, path: &str, body: Option<&impl Serialize>) -> GithubResult<Response> {
        let exchange = async {
            let response = match method {
                "GET" => self.client._get(path).await,
                "PATCH" => self.client._patch(path, body).await,
                "DELETE" => self.client._delete(path, body).await,
                _ => self.client._post(path, body).await,
            };
            let response = response.map_err(|error| transport::read(&error))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let collected = Limited::new(response.into_body(), MAX_RESPONSE_BYTES).collect().await;
            let bytes = collected.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
                Some(_) => GithubError::unexpected(format!(
                    "the response to {method} {path} is longer than {MAX_RESPONSE_BYTES} bytes"
                )),
                None => transport::read(&*error),
            })?;
            let text = String::from_utf8_lossy(&bytes.to_bytes()).into_owned();
            Ok(Response { status, headers, text })
        };
        let response = match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(response) => response?,
            Err(_) => return Err(GithubError::lost(format!("no response to {method} {path} in {TIMEOUT:?}"))),
        };
        tracing::debug!(method, path, status = response.status, "github: response");
        Ok(response)
    }
}

/// A response that was read to its end.
struct Response {
    status: u16,
    headers: HeaderMap,
    text: String,
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
