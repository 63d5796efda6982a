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
const KEEPALIVE_BYTES: u32 = 60 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(address: &str, options: &RequestInit) -> Result<Promise, JsValue>;
}

/// Posts the report. Resolves to the milliseconds for which the service asks us to stay away, if it does.
///
/// Every failure ends here as `None`: a report about a failed report would never end.
pub(crate) async fn post(address: &str, report: &ErrorReport) -> Option<f64> {
    let value = report.serialize(&Serializer::json_compatible()).ok()?;
    let body = JSON::stringify(&value).ok()?;

    let headers = Headers::new();
    // Text needs no preflight, which a report service on another origin would have to answer first.
    headers.set("content-type", if page::is_foreign(address) { "text/plain" } else { "application/json" });
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&headers.into_raw());
    options.set_body(&body);
    // web-sys does not know `keepalive` yet. UTF-8 takes at most three bytes per UTF-16 unit.
    if body.length() * 3 < KEEPALIVE_BYTES {
        Reflect::set(&options, &"keepalive".into(), &JsValue::TRUE).ok()?;
    }

    let answer = JsFuture::from(fetch(address, &options).ok()?).await.ok()?;
    let answer = Response::from(answer.dyn_into::<web_sys::Response>().ok()?);
    if !matches!(answer.status(), 429 | 503) {
        return None;
    }
    crate::retry::seconds(&answer.headers().get("retry-after")?)
}
