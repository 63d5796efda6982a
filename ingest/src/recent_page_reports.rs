//! `RecentPageReports`: the calls that pages reported recently, so that the gateway's own report of such a call is
//! dropped.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::{Class, ErrorReport, Source};
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_prepare::repeat::Repeat;
use autoheal_prepare::{CallKey, Timestamp, request_key};

/// Delay of the gateway's report, so that the page's report can come first. The page's report has more details, and
/// pages send reports late.
pub(crate) const PAGE_REPORT_WAIT: Duration = Duration::from_secs(4);
/// Maximum number of stored reports. The oldest is evicted first.
const MAX_REPORTS: usize = 10_000;

/// The calls that pages reported recently.
///
/// Anyone can post a report, so a report excuses a failure only with a proof that it is about the same call: the id of the
/// request, and the hash of its session if it has one. Without a session the id must be too long to guess. Method and tool
/// have to be the same too, because a caller could otherwise hide the failures of its own calls behind another one.
#[derive(Debug, Default)]
pub(crate) struct RecentPageReports {
    /// The reported calls, by arrival.
    calls: Mutex<VecDeque<(Timestamp, ReportedCall)>>,
}

/// A call that a page reported: its key, and the fingerprint of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportedCall(CallKey, Fingerprint);

impl ReportedCall {
    /// The call that a report of the JavaScript SDK is about; `None` for other reports and for one without a proof.
    pub(crate) fn of(report: &ErrorReport, fingerprint: Fingerprint) -> Option<Self> {
        let is_page = report.source.unwrap_or_default() == Source::JavascriptSdk;
        proof(report).filter(|_| is_page).map(|proof| Self(proof, fingerprint))
    }

    /// The call that a repeat is about, as of its report.
    pub(crate) fn of_repeat(repeat: &Repeat) -> Option<Self> {
        let is_page = repeat.source() == Source::JavascriptSdk;
        repeat.request_key().filter(|_| is_page).map(|proof| Self(proof, repeat.fingerprint()))
    }
}

/// Key of the call by the id and the session of its request; `None` if they prove nothing.
fn proof(report: &ErrorReport) -> Option<CallKey> {
    request_key(report.rpc.as_ref()?)
}

impl RecentPageReports {
    /// Adds the call of a report that was stored. Ignores repeated ones.
    pub(crate) fn add(&self, call: ReportedCall, now: Timestamp) {
        let mut calls = self.lock();
        let oldest = now.minus(PAGE_REPORT_WAIT * 2);
        while calls.len() >= MAX_REPORTS || calls.front().is_some_and(|(time, _)| *time < oldest) {
            calls.pop_front();
        }
        if !calls.iter().any(|(_, reported)| *reported == call) {
            calls.push_back((now, call));
        }
    }

    /// The gateway's report without the failure that a page reported, shortly before `seen` or later; `None` if no failure
    /// is left. A page's report excuses one failure, if both are of one group by `fingerprint`.
    pub(crate) fn without_reported(
        &self,
        mut report: ErrorReport,
        seen: Timestamp,
        fingerprint: impl FnOnce(&ErrorReport) -> Option<Fingerprint>,
    ) -> Option<ErrorReport> {
        if !self.take(&report, seen, fingerprint) {
            return Some(report);
        }
        // the gateway counts equal failures of several calls in one report
        let others = report.count.unwrap_or(1).saturating_sub(1);
        report.count = Some(others);
        (others > 0).then_some(report)
    }

    /// Removes the page's report of this call; false if there is none.
    fn take(
        &self,
        report: &ErrorReport,
        seen: Timestamp,
        fingerprint: impl FnOnce(&ErrorReport) -> Option<Fingerprint>,
    ) -> bool {
        let Some(proof) = proof(report) else { return false };
        let earliest = seen.minus(PAGE_REPORT_WAIT);
        if !self.lock().iter().any(|(time, reported)| reported.0 == proof && *time >= earliest) {
            return false;
        }
        // A fault of the page has two reports that differ, and the page's stack shows it. Otherwise both must be of one group,
        // which costs as much as preparing the report.
        let is_fault_of_page = report.class.as_deref() == Some(Class::CallerError.name());
        let fingerprint = if is_fault_of_page { None } else { fingerprint(report) };
        let fits =
            |reported: ReportedCall| reported.0 == proof && (is_fault_of_page || Some(reported.1) == fingerprint);
        let mut calls = self.lock();
        let found = calls.iter().position(|(time, reported)| fits(*reported) && *time >= earliest);
        found.is_some_and(|at| calls.remove(at).is_some())
    }

    /// Ignores poisoning: a panic cannot leave the list half-changed.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(Timestamp, ReportedCall)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use autoheal_contract::Rpc;

    use super::*;

    const ID: &str = "1764228366123456";
    const NOW: Timestamp = Timestamp(1_000_000);
    const SAME: Fingerprint = Fingerprint([1; 16]);

    fn report(source: Source, id: Option<&str>, session: Option<&str>) -> ErrorReport {
        let text = |text: &str| Some(text.to_owned());
        let rpc = Rpc {
            method: text("tools/call"),
            tool: text("price"),
            id: id.and_then(text),
            session_hash: session.and_then(text),
            ..Rpc::default()
        };
        ErrorReport { source: Some(source), rpc: Some(rpc), ..ErrorReport::default() }
    }

    fn add(reports: &RecentPageReports, report: &ErrorReport) {
        if let Some(call) = ReportedCall::of(report, SAME) {
            reports.add(call, NOW);
        }
    }

    /// True if a page's report with this id and session excuses the gateway's.
    fn excuses(page: (Option<&str>, Option<&str>), gateway: (Option<&str>, Option<&str>)) -> bool {
        let reports = RecentPageReports::default();
        add(&reports, &report(Source::JavascriptSdk, page.0, page.1));
        reports.without_reported(report(Source::McpTool, gateway.0, gateway.1), NOW, |_| Some(SAME)).is_none()
    }

    #[test]
    fn only_the_id_and_the_session_of_a_call_prove_that_it_is_the_same() {
        let same = |id, session| excuses((id, session), (id, session));
        assert!(same(Some(ID), None) && same(Some(ID), Some("77")) && same(Some("1"), Some("77")));
        assert!(same(Some("req-6f1d5c0e"), None));
        for (id, session) in [(None, None), (None, Some("77")), (Some("1"), None), (Some("99999999999"), None)] {
            assert!(!same(id, session), "{id:?} {session:?}");
        }
        assert!(!same(Some("1"), Some("")) && !same(Some(""), Some("77")));
        assert!(!excuses((Some("1764228366123457"), None), (Some(ID), None)));
        assert!(!excuses((Some(ID), Some("78")), (Some(ID), Some("77"))));
        assert!(!excuses((Some(ID), None), (Some(ID), Some("77"))));
        assert!(!excuses((Some(ID), Some("77")), (Some(ID), None)));
    }

    #[test]
    fn a_report_of_another_failure_excuses_none() {
        let reports = RecentPageReports::default();
        add(&reports, &report(Source::JavascriptSdk, Some(ID), None));
        let gateway = || report(Source::McpTool, Some(ID), None);
        assert!(reports.without_reported(gateway(), NOW, |_| Some(Fingerprint([2; 16]))).is_some());
        assert!(reports.without_reported(gateway(), NOW, |_| Some(SAME)).is_none());
    }

    #[test]
    fn a_report_excuses_one_failure_of_the_same_time() {
        let check = |source, seen, expected: &[Option<u64>]| {
            let reports = RecentPageReports::default();
            add(&reports, &report(source, Some(ID), None));
            add(&reports, &report(source, Some(ID), None));
            let counts = expected.iter().map(|_| {
                let failures = ErrorReport { count: Some(3), ..report(Source::McpTool, Some(ID), None) };
                reports.without_reported(failures, seen, |_| Some(SAME)).and_then(|report| report.count)
            });
            assert_eq!(counts.collect::<Vec<_>>(), expected);
        };
        for seen in [NOW, NOW.minus(PAGE_REPORT_WAIT), NOW.plus(PAGE_REPORT_WAIT)] {
            check(Source::JavascriptSdk, seen, &[Some(2), Some(3)]);
        }
        check(Source::JavascriptSdk, NOW.plus(PAGE_REPORT_WAIT * 2), &[Some(3)]);
        check(Source::Cli, NOW, &[Some(3)]);
    }
}
