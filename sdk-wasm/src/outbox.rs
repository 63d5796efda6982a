//! Reports on their way: noted, written, sent together, and kept when the service cannot take them.
//!
//! What a failure was stays with the shell, under a number, until its report may leave: text crosses once, when the
//! report is written. From then on its id and its count are frozen.

use js_sys::{Date, Math};
use wasm_bindgen::prelude::*;

use crate::kept::Kept;
use crate::page;
use crate::report::{self, Stamp};
use crate::storm::{Held, Storm, same_error};

/// One client's reports.
#[wasm_bindgen]
pub struct Outbox {
    client: String,
    storm: Storm,
    numbers: u32,
    writing: Option<Held>,
    kept: Kept,
    /// On their way: by a request, and by a beacon.
    bundled: [Vec<String>; 2],
}

#[wasm_bindgen]
impl Outbox {
    /// Nothing to report yet, and at most so many requests a minute.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(per_minute: u32) -> Outbox {
        Outbox {
            client: page::mark(),
            storm: Storm::new(per_minute),
            numbers: 0,
            writing: None,
            kept: Kept::default(),
            bundled: [Vec::new(), Vec::new()],
        }
    }

    /// Counts a failure. The shell keeps what it was under the number it gets; undefined if the same error waits
    /// already, whose number stands for both, or if too many others do.
    pub fn note(&mut self, class: &str, method: &str, place: &str, message: &str) -> Option<u32> {
        self.numbers += 1;
        let is_new = self.storm.hold(same_error([class, method, place, message]), self.numbers, Date::now());
        is_new.then_some(self.numbers)
    }

    /// The number of the next failure whose report is to be written with [`Outbox::write`], if a request may leave now.
    pub fn next(&mut self, is_urgent: bool, is_last_word: bool) -> Option<u32> {
        let may_send = is_last_word || !self.kept.is_full() && self.storm.may_send(is_urgent, Date::now());
        self.writing = if may_send { self.storm.release() } else { None };
        Some(self.writing?.number)
    }

    /// Writes the report of the failure that [`Outbox::next`] named last; `draft` is an object in JSON text, and `params`,
    /// unless it is empty, the JSON text that stands for its parameters.
    pub fn write(&mut self, draft: &str, params: &str) -> String {
        let (count, first, last) =
            self.writing.take().map_or((1, 0.0, 0.0), |held| (held.count, held.first, held.last));
        let span = [first, last].map(page::rfc3339);
        report::finish(draft, params, &Stamp { id: page::uuid(), client: self.client.clone(), count, span })
    }

    /// Takes a written report.
    pub fn keep(&mut self, report: String) {
        self.kept.push(report);
    }

    /// Written reports as one body of at most so many bytes, if there are any and a request may leave now. The last word
    /// of a page that goes is always free.
    pub fn bundle(&mut self, bytes: usize, is_urgent: bool, is_last_word: bool) -> Option<String> {
        if self.kept.is_empty() || !is_last_word && !self.storm.may_send(is_urgent, Date::now()) {
            return None;
        }
        self.storm.spend();
        let body;
        (body, self.bundled[usize::from(is_last_word)]) = self.kept.bundle(bytes);
        Some(body)
    }

    /// What became of the bundle; a status of 0 is no answer. True when it needs not be sent again.
    ///
    /// Nobody hears the answer to a beacon, which counts as well received unless the service was in trouble before.
    /// Where it is doubtful the reports stay: told twice, an id counts once.
    pub fn bundled(&mut self, status: u16, retry_after: Option<String>, is_beacon: bool) -> bool {
        let is_answer = !matches!(status, 0 | 408 | 429 | 502 | 503 | 504);
        let is_final = is_answer && !(is_beacon && self.storm.in_trouble());
        if is_final {
            self.storm.answered();
        } else if !is_beacon {
            let asked = retry_after.and_then(|text| page::asked_wait(&text));
            self.storm.refused(asked, Math::random(), Date::now());
        }
        for report in std::mem::take(&mut self.bundled[usize::from(is_beacon)]) {
            if !is_final {
                self.kept.push(report);
            }
        }
        is_final
    }

    /// Milliseconds until something more may leave; undefined if there is nothing.
    pub fn wait(&mut self) -> Option<f64> {
        let is_empty = self.kept.is_empty() && !self.storm.holds();
        (!is_empty).then(|| self.storm.wait(Date::now()).max(0.0))
    }
}
