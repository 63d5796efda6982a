//! Sends one report, in the background: nobody waits for it, and its failure is nobody's error.

use autoheal_contract::ErrorReport;
use gloo_net::http::{Headers, Response};
use js_sys::{JSON, Promise, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::RequestInit;

use crate::page;

/// Browsers let bodies outlive their page up to 64 KiB for all requests in flight together; larger ones are refused.
const KEEPALIVE_BYTES: usize = 60 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(address: &str, options: &RequestInit) -> Result<Promise, JsValue>;
}

/// What became of a report.
pub(crate) enum Answer {
    /// It was taken, or refused for what it is: sending it again would change nothing.
    Final,
    /// The service could not take it now, or cannot be reached; it may ask for a wait, in milliseconds.
    Later(Option<f64>),
}

/// The report as it goes over the wire; it is written once, so that sending it again sends the same.
pub(crate) fn write(report: &ErrorReport) -> Option<String> {
    let value = report.serialize(&Serializer::json_compatible()).ok()?;
    JSON::stringify(&value).ok()?.as_string()
}

/// Posts a report. No failure leaves this function: a report about a failed report would never end.
pub(crate) async fn post(address: &str, report: &str) -> Answer {
    let Ok(answer) = try_post(address, report).await else { return Answer::Later(None) };
    match answer.status() {
        408 | 429 | 502 | 503 | 504 => {
            Answer::Later(answer.headers().get("retry-after").and_then(|text| page::asked_wait(&text)))
        }
        _ => Answer::Final,
    }
}

async fn try_post(address: &str, report: &str) -> Result<Response, JsValue> {
    let headers = Headers::new();
    // Text needs no preflight, which a report service on another origin would have to answer first.
    headers.set("content-type", if page::is_foreign(address) { "text/plain" } else { "application/json" });
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&headers.into_raw());
    options.set_body(&report.into());
    // web-sys does not know `keepalive` yet
    if report.len() < KEEPALIVE_BYTES {
        Reflect::set(&options, &"keepalive".into(), &JsValue::TRUE)?;
    }
    let answer = JsFuture::from(fetch(address, &options)?).await?;
    Ok(Response::from(answer.unchecked_into::<web_sys::Response>()))
}
