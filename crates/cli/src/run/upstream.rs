//! `POST /report-error` to the service that `AUTOHEAL_URL` names.

use autoheal_contract::{Receipt, ReceiptStatus, Refusal};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret, SecretString};

use crate::spool::Kept;

/// Most of an answer that is read, in bytes.
const ANSWER: usize = 256 * 1024;

/// Sends reports in one request. What comes back is why the first was rejected, for which sending it again is no help;
/// an error says what to look at before they are sent again.
pub(super) async fn send(url: &str, key: Option<&SecretString>, waiting: &[Kept]) -> Result<Option<String>, String> {
    let uri: Uri = format!("{}/report-error", url.trim_end_matches('/'))
        .parse()
        .map_err(|_| format!("AUTOHEAL_URL: `{url}` is no URL; write it like https://errors.example"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("AUTOHEAL_URL: `{url}` is neither http:// nor https://"));
    }
    let mut request = Request::post(uri).header(CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()))
            .map_err(|_| "AUTOHEAL_KEY holds characters that no key has".to_owned())?;
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer);
    }
    let request = request.body(Full::new(Bytes::from(body(waiting)))).map_err(|error| error.to_string())?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("the system's certificates cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let answer =
        client.request(request).await.map_err(|error| format!("{url} cannot be reached: {}", innermost(&error)))?;
    let status = answer.status();
    let read = Limited::new(answer.into_body(), ANSWER).collect().await;
    let body = read.map_err(|_| format!("{url} broke off its answer"))?.to_bytes();
    if status != 202 {
        let refusal = serde_json::from_slice::<Refusal>(&body).ok().map(|refusal| refusal.message);
        return Err(format!("{url} answered {status}: {}", refusal.as_deref().unwrap_or("no reason given")));
    }
    let receipts: Vec<Receipt> = serde_json::from_slice(&body)
        .map_err(|_| format!("{url} answered 202 without receipts; is it an autoheal service?"))?;
    let rejected = receipts.into_iter().next().filter(|receipt| receipt.status == ReceiptStatus::Rejected);
    Ok(rejected.map(|receipt| format!("{url} rejected it: {}", receipt.reason.unwrap_or_default())))
}

fn body(waiting: &[Kept]) -> String {
    let reports: Vec<&str> = waiting.iter().map(|kept| kept.report.get()).collect();
    format!("[{}]", reports.join(","))
}

/// What lies at the bottom of it, such as "Connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
