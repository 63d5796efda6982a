//! `POST /report-error` to the service that `AUTOHEAL_URL` names.

use std::borrow::Cow;

use autoheal_contract::limits::{BATCH_REPORTS, BODY_BYTES};
use autoheal_contract::{Receipt, ReceiptStatus};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;

use super::share::shares;
use super::spool::SpooledReport;

/// Part of the maximum size of a request body that reports do not use, in bytes.
pub(crate) const BODY_MARGIN: usize = 64 * 1024;
/// Maximum size of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// Reports that the receiver rejected: the position in the batch, and the reason.
pub(crate) type Rejected = Vec<(usize, String)>;

/// Reason why reports could not be sent, as a sentence for people.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("AUTOHEAL_URL: `{url}` is no URL; write it like https://errors.example")]
    Url { url: String, source: hyper::http::uri::InvalidUri },
    #[error("AUTOHEAL_URL: `{0}` is neither http:// nor https://")]
    Scheme(String),
    #[error("AUTOHEAL_KEY holds characters that no key has")]
    Key(#[source] hyper::header::InvalidHeaderValue),
    #[error("the system's certificates cannot be read: {0}")]
    Certificates(#[source] std::io::Error),
    #[error("the request cannot be built: {0}")]
    Request(#[source] hyper::http::Error),
    #[error("{url} cannot be reached: {cause}")]
    Unreachable { url: String, cause: String, source: hyper_util::client::legacy::Error },
    #[error("{url} closed the connection within its response")]
    Cut { url: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{url} responded {status}: {reason}")]
    Refused { url: String, status: hyper::StatusCode, reason: String },
    #[error("{url} responded 202 without receipts; is it an autoheal service?")]
    NoReceipts { url: String, source: serde_json::Error },
    #[error("{url} responded 202 with {receipts} receipts for {reports} reports; is it an autoheal service?")]
    FewReceipts { url: String, receipts: usize, reports: usize },
    #[error("{0} did not respond in time")]
    Timeout(String),
}

impl SendError {
    fn unreachable(url: &str, source: hyper_util::client::legacy::Error) -> Self {
        Self::Unreachable { url: url.to_owned(), cause: innermost(&source), source }
    }
}

/// Sends reports in as few requests as possible, and removes each from the spool once its request got a 202. Returns the
/// rejected reports, which are not sent again. An error is a sentence for people; the remaining reports stay spooled.
pub(super) async fn send(
    url: &str,
    project: Option<&str>,
    key: Option<&SecretString>,
    waiting: &[SpooledReport],
) -> Result<Rejected, SendError> {
    let service = Service::at(url, project, key)?;
    let mut rejected = Vec::new();
    // anonymous reports are sent without the key, because the service trusts the text of a sender with a key
    for is_anonymous in kinds_in_order(waiting) {
        let key = service.key.as_ref().filter(|_| !is_anonymous);
        let of_kind = waiting.iter().enumerate().filter(|(_, spooled)| spooled.is_anonymous() == is_anonymous);
        let mut request = RequestBatch::default();
        for (at, spooled) in of_kind {
            for share in shares(spooled, key.is_none()) {
                if !request.fits(&share) {
                    let full = std::mem::take(&mut request);
                    rejected.extend(service.post(key, full, waiting, Some(at)).await?);
                }
                request.add(at, share);
            }
        }
        rejected.extend(service.post(key, request, waiting, None).await?);
    }
    Ok(rejected)
}

/// The two kinds of report, anonymous and not anonymous, in the order of sending. The kind of the first report comes
/// first, because the new reports are at the beginning.
fn kinds_in_order(waiting: &[SpooledReport]) -> [bool; 2] {
    let first = waiting.first().is_some_and(SpooledReport::is_anonymous);
    [first, !first]
}

/// The reports of one request, each with the position of its spooled report.
#[derive(Default)]
struct RequestBatch<'a> {
    reports: Vec<(usize, Cow<'a, RawValue>)>,
    bytes: usize,
}

impl<'a> RequestBatch<'a> {
    fn fits(&self, report: &RawValue) -> bool {
        self.reports.is_empty()
            || self.reports.len() < BATCH_REPORTS && self.bytes + report.get().len() < BODY_BYTES - BODY_MARGIN
    }

    fn add(&mut self, at: usize, report: Cow<'a, RawValue>) {
        self.bytes += report.get().len() + 1;
        self.reports.push((at, report));
    }

    fn body(&self) -> String {
        let reports: Vec<&str> = self.reports.iter().map(|(_, report)| report.get()).collect();
        format!("[{}]", reports.join(","))
    }
}

/// A service and the HTTP client for it.
struct Service<'a> {
    url: &'a str,
    uri: Uri,
    key: Option<HeaderValue>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl<'a> Service<'a> {
    fn at(url: &'a str, project: Option<&str>, key: Option<&SecretString>) -> Result<Self, SendError> {
        let query = project.map(|project| format!("?key={}", percent_encoded(project))).unwrap_or_default();
        let uri: Uri = format!("{}/report-error{query}", url.trim_end_matches('/'))
            .parse()
            .map_err(|source| SendError::Url { url: url.to_owned(), source })?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(SendError::Scheme(url.to_owned()));
        }
        let bearer = |key: &SecretString| {
            let mut bearer =
                HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim())).map_err(SendError::Key)?;
            bearer.set_sensitive(true);
            Ok::<_, SendError>(bearer)
        };
        let key = key.map(bearer).transpose()?;
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(SendError::Certificates)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { url, uri, key, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Sends one request, unless the batch is empty, and removes its reports from the spool. The report at `unfinished`
    /// stays, because a later request holds more of its shares.
    async fn post(
        &self,
        key: Option<&HeaderValue>,
        batch: RequestBatch<'_>,
        waiting: &[SpooledReport],
        unfinished: Option<usize>,
    ) -> Result<Rejected, SendError> {
        if batch.reports.is_empty() {
            return Ok(Vec::new());
        }
        let url = self.url;
        let mut request = Request::post(self.uri.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        let request = request.body(Full::new(Bytes::from(batch.body()))).map_err(SendError::Request)?;
        let response = self.client.request(request).await;
        let response = response.map_err(|source| SendError::unreachable(url, source))?;
        let status = response.status();
        let read = Limited::new(response.into_body(), MAX_RESPONSE_BYTES).collect().await;
        let body = read.map_err(|source| SendError::Cut { url: url.to_owned(), source })?.to_bytes();
        if status != 202 {
            let refusal = serde_json::from_slice::<autoheal_contract::Refusal>(&body).ok();
            let refusal = refusal.map(|refusal| refusal.message);
            let reason = refusal.unwrap_or_else(|| "no reason given".to_owned());
            return Err(SendError::Refused { url: url.to_owned(), status, reason });
        }
        let receipts: Vec<Receipt> =
            serde_json::from_slice(&body).map_err(|source| SendError::NoReceipts { url: url.to_owned(), source })?;
        let reports = batch.reports.len();
        if receipts.len() != reports {
            return Err(SendError::FewReceipts { url: url.to_owned(), receipts: receipts.len(), reports });
        }
        for (at, _) in batch.reports.iter().filter(|(at, _)| Some(*at) != unfinished) {
            waiting[*at].remove();
        }
        let is_rejected = |receipt: &Receipt| receipt.status == ReceiptStatus::Rejected;
        let rejected = batch.reports.iter().zip(receipts).filter(|(_, receipt)| is_rejected(receipt));
        let reason = |receipt: Receipt| format!("{url} rejected it: {}", receipt.reason.unwrap_or_default());
        Ok(rejected.map(|((at, _), receipt)| (*at, reason(receipt))).collect())
    }
}

/// Text as the value of a URL parameter.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The innermost cause, such as "Connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
