//! `Outbox`: one client's reports, from the failure to the delivery.
//!
//! The shell stores the facts of a failure, under a number, until its report may be sent. Text therefore crosses into
//! the module once, when the report is written. From then on its id and its count no longer change.

use js_sys::{Date, Math};
use wasm_bindgen::prelude::*;

use crate::page;
use crate::report::{self, Stamp};
use crate::report_queue::ReportQueue;
use crate::throttle::{Pending, Throttle, error_hash};

/// One client's reports.
#[wasm_bindgen]
pub struct Outbox {
    client: String,
    throttle: Throttle,
    last_number: u32,
    /// The failure whose report is being written.
    writing: Option<Pending>,
    queue: ReportQueue,
    /// Reports in flight: in a request, and in a beacon.
    in_flight: [Vec<String>; 2],
}

#[wasm_bindgen]
impl Outbox {
    /// An empty outbox of a page view, `client`, that sends at most `per_minute` requests per minute.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(per_minute: u32, client: String) -> Outbox {
        Outbox {
            client,
            throttle: Throttle::new(per_minute),
            last_number: 0,
            writing: None,
            queue: ReportQueue::default(),
            in_flight: [Vec::new(), Vec::new()],
        }
    }

    /// Counts a failure. Returns the number under which the shell stores its facts; undefined if the same error is
    /// pending already, or if too many errors are pending.
    ///
    /// Two errors are the same if `facts` are: class, method, tool and heading, one per line.
    pub fn note(&mut self, facts: &str) -> Option<u32> {
        self.last_number += 1;
        let is_new = self.throttle.add(error_hash(facts), self.last_number, Date::now());
        is_new.then_some(self.last_number)
    }

    /// The number of the next failure, whose report [`Outbox::write`] must then write; undefined if no request may be
    /// sent now.
    pub fn next(&mut self, is_urgent: bool, is_closing: bool) -> Option<u32> {
        let may_send = is_closing || !self.queue.is_full() && self.throttle.may_send(is_urgent, Date::now());
        self.writing = if may_send { self.throttle.take_oldest() } else { None };
        Some(self.writing?.number)
    }

    /// Writes the report of the failure whose number [`Outbox::next`] returned last. `draft` is an object as JSON text.
    /// `params`, unless it is empty, is JSON text that replaces its parameters. `id` is the report's id.
    pub fn write(&mut self, draft: &str, params: &str, id: &str) -> String {
        let (count, first, last) =
            self.writing.take().map_or((1, 0.0, 0.0), |error| (error.count, error.first, error.last));
        let span = [first, last].map(page::rfc3339);
        report::finish(draft, params, &Stamp { id, client: &self.client, count, span })
    }

    /// Adds a written report to the queue.
    pub fn keep(&mut self, report: String) {
        self.queue.push(report);
    }

    /// Written reports as one body of at most `max_bytes`; undefined if there are none, or if no request may be sent
    /// now. The last request of a closing page may always be sent.
    pub fn bundle(&mut self, max_bytes: usize, is_urgent: bool, is_closing: bool) -> Option<String> {
        if self.queue.is_empty() || !is_closing && !self.throttle.may_send(is_urgent, Date::now()) {
            return None;
        }
        self.throttle.count_request();
        let body;
        (body, self.in_flight[usize::from(is_closing)]) = self.queue.bundle(max_bytes);
        Some(body)
    }

    /// Records the outcome of a bundle, with status 0 for no response. Returns true if its reports need not be sent
    /// again.
    ///
    /// A beacon has no response. It counts as delivered unless the last request failed. Reports that may not have
    /// arrived are sent again, because the service counts an id once.
    pub fn bundled(&mut self, status: u16, retry_after: Option<String>, is_beacon: bool) -> bool {
        // Cloudflare answers 520 to 530 if it did not reach the service.
        let is_handled = !matches!(status, 0 | 408 | 429 | 502 | 503 | 504 | 520..=530);
        let is_final = is_handled && !(is_beacon && self.throttle.is_failing());
        if is_final {
            self.throttle.succeed();
        } else if !is_beacon {
            let requested = retry_after.and_then(|text| page::requested_wait(&text));
            self.throttle.fail(requested, Math::random(), Date::now());
        }
        for report in std::mem::take(&mut self.in_flight[usize::from(is_beacon)]) {
            if !is_final {
                self.queue.push(report);
            }
        }
        is_final
    }

    /// Milliseconds until the next request may be sent; undefined if there is nothing to send.
    pub fn wait(&mut self) -> Option<f64> {
        let is_empty = self.queue.is_empty() && !self.throttle.has_pending();
        (!is_empty).then(|| self.throttle.wait(Date::now()).max(0.0))
    }
}
