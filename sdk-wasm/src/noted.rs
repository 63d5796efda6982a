//! A failure on its way to becoming a report: remembered at the least cost, built later.

use autoheal_contract::limits::CUT_MARK;
use autoheal_contract::{ErrorReport, Json};
use js_sys::{JSON, JsString};
use wasm_bindgen::prelude::*;

use crate::report::{self, Circumstances, FailedCall};
use crate::storm::Repeats;
use crate::{page, value};

/// Longest parameters that are read into a report, in UTF-16 units of JSON; longer ones are only marked.
const READABLE_PARAMS: u32 = 256 * 1024;

/// A failed call with values the page's own engine still holds. Nothing of it has been read or scrubbed.
pub(crate) struct Noted {
    pub(crate) call: FailedCall,
    pub(crate) params: JsValue,
    pub(crate) data: JsValue,
}

/// A noted failure, and its report once that was built.
pub(crate) struct Pending {
    noted: Option<Noted>,
    report: Option<ErrorReport>,
}

impl From<Noted> for Pending {
    fn from(noted: Noted) -> Self {
        Self { noted: Some(noted), report: None }
    }
}

impl Pending {
    /// Builds the report, unless that was done. `moment` is when it failed, in milliseconds since 1970.
    pub(crate) fn build(&mut self, moment: f64) {
        if let Some(noted) = self.noted.take() {
            self.report = Some(noted.into_report(moment));
        }
    }

    /// The report, which is final from here on.
    pub(crate) fn finish(mut self, repeats: &Repeats) -> Option<ErrorReport> {
        self.build(repeats.last);
        let mut report = self.report?;
        if repeats.count > 1 {
            report::tell_repeats(&mut report, repeats.count, page::rfc3339(repeats.first), page::rfc3339(repeats.last));
        }
        Some(report)
    }
}

impl Noted {
    fn into_report(self, moment: f64) -> ErrorReport {
        let call = FailedCall {
            params: sent(&self.params),
            data: (!self.data.is_undefined()).then(|| value::read(&self.data)),
            ..self.call
        };
        report::build(
            call,
            Circumstances {
                id: page::uuid(),
                timestamp: page::rfc3339(moment),
                user_agent: page::user_agent(),
                url: page::address(),
                client: page::client(),
            },
        )
    }
}

/// The parameters as they were sent, from their JSON text.
fn sent(params: &JsValue) -> Option<Json> {
    let text = params.dyn_ref::<JsString>()?;
    if text.length() > READABLE_PARAMS {
        return Some(Json::Text(CUT_MARK.to_owned()));
    }
    Some(value::read(&JSON::parse(&text.as_string()?).ok()?))
}
