//! Reports on their way: noted, held back, sent, and kept when the service cannot take them.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Date, Function, Math};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::kept::{self, Kept};
use crate::noted::{Noted, Pending};
use crate::page;
use crate::send::{self, Answer};
use crate::storm::{Repeats, Storm};

/// One client's reports. It is shared with the requests in flight, whose answers say how to go on.
pub(crate) struct Outbox {
    address: String,
    state: RefCell<State>,
}

struct State {
    /// What may leave with the next [`Outbox::flush`].
    noted: Vec<(Pending, Repeats)>,
    storm: Storm<Pending>,
    kept: Kept,
    in_flight: usize,
}

impl Outbox {
    pub(crate) fn new(address: String) -> Rc<Self> {
        let state = State { noted: Vec::new(), storm: Storm::new(), kept: Kept::default(), in_flight: 0 };
        Rc::new(Self { address, state: RefCell::new(state) })
    }

    /// Remembers a failure; `error` is the same for the same error.
    pub(crate) fn note(&self, error: u64, noted: Noted) {
        let state = &mut *self.state.borrow_mut();
        state.noted.extend(state.storm.admit(error, noted.into(), Date::now()));
    }

    /// Sends what may leave. `later` is called, now or after each answer, with the milliseconds until more may leave, or
    /// undefined if nothing is left.
    pub(crate) fn flush(self: &Rc<Self>, later: &Function) {
        let leaving = self.state.borrow_mut().leaving(Date::now());
        for report in leaving {
            let (outbox, later) = (Rc::clone(self), later.clone());
            spawn_local(async move {
                let answer = send::post(&outbox.address, &report).await;
                outbox.state.borrow_mut().answered(answer, report);
                outbox.call_back(&later);
            });
        }
        if self.state.borrow().in_flight == 0 {
            self.call_back(later);
        }
    }

    /// Hands what has not left to the browser, since the page may go and not come back.
    pub(crate) fn farewell(&self) {
        let state = &mut *self.state.borrow_mut();
        let noted = state.noted.drain(..).chain(state.storm.release_all());
        let mut reports: Vec<_> = noted.filter_map(write).collect();
        reports.extend(std::iter::from_fn(|| state.kept.pop()));
        if reports.is_empty() {
            return;
        }
        let (body, told) = kept::beacon(&mut reports);
        // Nobody hears the answer to a beacon. Where it is doubtful the reports stay: told twice, an id counts once.
        let is_certain = page::send_beacon(&self.address, &body) && !state.storm.in_trouble();
        reports.extend(told.into_iter().filter(|_| !is_certain));
        reports.into_iter().for_each(|report| state.kept.push(report));
    }

    fn call_back(&self, later: &Function) {
        let wait = self.state.borrow_mut().wait(Date::now());
        // It sets a timer; there is nobody to tell if it cannot.
        let _ = later.call1(&JsValue::UNDEFINED, &wait.into());
    }
}

impl State {
    /// The reports to send now, written; from here on their ids and counts are frozen.
    fn leaving(&mut self, now: f64) -> Vec<String> {
        let mut leaving: Vec<_> = self.noted.drain(..).filter_map(write).collect();
        // What stays is built now, while the page is still where it failed, and bounded from here on.
        self.storm.each_held(Pending::build);
        if self.storm.in_trouble() {
            // One report asks whether the service is well again, the others wait for the answer.
            leaving.drain(..).for_each(|report| self.kept.push(report));
            if self.in_flight == 0 && !self.kept.is_empty() && self.storm.may_send(now) {
                leaving.extend(self.kept.pop());
            }
        } else {
            while !self.kept.is_empty() && self.storm.may_send(now) {
                leaving.extend(self.kept.pop());
            }
            while let Some(held) = self.storm.release(now) {
                leaving.extend(write(held));
            }
        }
        self.in_flight += leaving.len();
        leaving
    }

    fn answered(&mut self, answer: Answer, report: String) {
        self.in_flight -= 1;
        match answer {
            Answer::Final => self.storm.answered(),
            Answer::Later(asked) => {
                self.storm.refused(asked, Math::random(), Date::now());
                self.kept.push(report);
            }
        }
    }

    /// Milliseconds until something more may leave; `None` if there is nothing.
    fn wait(&mut self, now: f64) -> Option<f64> {
        let is_empty = self.noted.is_empty() && self.kept.is_empty() && !self.storm.holds();
        (!is_empty).then(|| self.storm.wait(now).max(0.0))
    }
}

/// The failure as its report goes over the wire.
fn write((pending, repeats): (Pending, Repeats)) -> Option<String> {
    send::write(&pending.finish(&repeats)?)
}
