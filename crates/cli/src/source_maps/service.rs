//! The service that takes source maps, over HTTP. Repeats requests that may succeed later.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use autoheal_contract::Refusal;
use autoheal_source_maps::DebugId;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::bundle::Bundle;

/// Number of attempts of one request.
const ATTEMPTS: u32 = 6;
/// Timeout of one request. Building a large map takes a while.
const TIMEOUT: Duration = Duration::from_secs(180);
/// Longest wait before a request is repeated.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Maximum number of files in one question.
const LIST_FILES: usize = 1_000;
/// Maximum size of a response, in bytes.
const RESPONSE_BYTES: usize = 1024 * 1024;

/// The service, and the HTTP client for it.
pub(super) struct Service {
    base: String,
    query: String,
    key: HeaderValue,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// A map that was not uploaded.
pub(super) enum UploadError {
    /// The service refuses this map; others may be uploaded.
    Refused(String),
    /// No other map can be uploaded either.
    Stopped(anyhow::Error),
}

impl Service {
    pub(super) fn at(url: &str, project: Option<&str>, key: &SecretString) -> Result<Self> {
        let base = url.trim().trim_end_matches('/').to_owned();
        let uri: Uri = base
            .parse()
            .ok()
            .with_context(|| format!("AUTOHEAL_URL: `{url}` is no URL; write it like https://errors.example"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            bail!("AUTOHEAL_URL: `{url}` is neither http:// nor https://");
        }
        let mut key = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()))
            .context("AUTOHEAL_KEY holds characters that no key has")?;
        key.set_sensitive(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .context("the system's certificates cannot be read")?
            .https_or_http()
            .enable_http1()
            .build();
        let query = project.map(|project| format!("?key={}", utf8_percent_encode(project, NON_ALPHANUMERIC)));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, query: query.unwrap_or_default(), key, client })
    }

    /// Asks which maps the service has, and names this release and the URLs for them.
    pub(super) async fn known(&self, release: &str, files: &[(DebugId, String)]) -> Result<HashSet<DebugId>> {
        let mut known = HashSet::new();
        for chunk in files.chunks(LIST_FILES) {
            let file = |(id, url): &(DebugId, String)| json!({"debug_id": id.to_string(), "url": url});
            let body = json!({"release": release, "files": chunk.iter().map(file).collect::<Vec<_>>()});
            let response = self.post("/api/sourcemaps/known", body.to_string().into()).await;
            let response = response.map_err(|error| match error {
                UploadError::Refused(reason) => anyhow!("{}: {reason}", self.base),
                UploadError::Stopped(error) => error,
            })?;
            let ids = response["known"].as_array().with_context(|| format!("{} is no autoheal service", self.base))?;
            known.extend(ids.iter().filter_map(|id| DebugId::parse(id.as_str()?)));
        }
        Ok(known)
    }

    /// Uploads one map.
    pub(super) async fn upload(&self, bundle: &Bundle, release: &str, url: &str) -> Result<(), UploadError> {
        let refused = |error: &dyn std::fmt::Display| UploadError::Refused(error.to_string());
        let map = bundle.map.iter().position(|byte| *byte == b'{').map_or(&[][..], |start| &bundle.map[start..]);
        let map = std::str::from_utf8(map).map_err(|error| refused(&error))?;
        let text = |text: &str| serde_json::to_string(text).map_err(|error| refused(&error));
        // the map as it is, without another level of quotes
        let body = format!(
            r#"{{"debug_id":"{}","release":{},"url":{},"generated":{},"map":{map}}}"#,
            bundle.debug_id,
            text(release)?,
            text(url)?,
            text(&bundle.code)?,
        );
        self.post("/api/sourcemaps", body.into()).await.map(drop)
    }

    /// Sends a request. Repeats it while the service is busy or cannot be reached.
    async fn post(&self, path: &str, body: Bytes) -> Result<Value, UploadError> {
        let mut attempt = 1;
        loop {
            let (error, wait) = match self.try_post(path, body.clone()).await {
                Ok((status, _, body)) if status.is_success() => {
                    return Ok(serde_json::from_slice(&body).unwrap_or_default());
                }
                Ok((status, retry_after, body)) => {
                    let reason = reason(&body);
                    match status {
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => {
                            (anyhow!("{} responded {status}: {reason}", self.base), retry_after)
                        }
                        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::BAD_REQUEST => {
                            return Err(UploadError::Refused(reason));
                        }
                        _ => {
                            return Err(UploadError::Stopped(anyhow!("{} responded {status}: {reason}", self.base)));
                        }
                    }
                }
                Err(error) => (error, None),
            };
            if attempt == ATTEMPTS {
                return Err(UploadError::Stopped(error));
            }
            let doubled = Duration::from_millis(250 << attempt);
            tokio::time::sleep(wait.unwrap_or(doubled).min(MAX_WAIT)).await;
            attempt += 1;
        }
    }

    async fn try_post(&self, path: &str, body: Bytes) -> Result<(StatusCode, Option<Duration>, Bytes)> {
        let request = Request::post(format!("{}{path}{}", self.base, self.query))
            .header(AUTHORIZATION, self.key.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let exchange = async {
            let response =
                self.client.request(request).await.with_context(|| format!("{} cannot be reached", self.base))?;
            let (head, body) = response.into_parts();
            let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let body = Limited::new(body, RESPONSE_BYTES).collect().await;
            let body = body.map_err(|_| anyhow!("{} closed the connection within its response", self.base))?;
            Ok((head.status, seconds.map(Duration::from_secs), body.to_bytes()))
        };
        let late = |_| anyhow!("{} did not respond in {} s", self.base, TIMEOUT.as_secs());
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(late)?
    }
}

/// The reason of a refusal.
fn reason(body: &[u8]) -> String {
    let refusal: Option<Refusal> = serde_json::from_slice(body).ok();
    refusal.map_or_else(|| "no reason; is it an autoheal service?".to_owned(), |refusal| refusal.message)
}
