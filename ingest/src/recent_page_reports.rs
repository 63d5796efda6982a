//! `RecentPageReports`: the calls that pages reported recently, so that the gateway's own report of such a call is
//! dropped.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::{ErrorReport, Json, Source};
use autoheal_prepare::Timestamp;

/// Delay of the gateway's report, so that the page's report can come first. The page's report has more details, and
/// pages send reports late.
pub(crate) const PAGE_REPORT_WAIT: Duration = Duration::from_secs(4);
/// Maximum number of stored reports. The oldest is evicted first.
const MAX_REPORTS: usize = 10_000;

/// The calls that pages reported recently.
#[derive(Debug, Default)]
pub(crate) struct RecentPageReports {
    hasher: RandomState,
    /// Hashes of the calls, by arrival.
    calls: Mutex<VecDeque<(Timestamp, u64)>>,
}

impl RecentPageReports {
    /// Adds a report of the JavaScript SDK. Ignores other reports.
    pub(crate) fn add(&self, report: &ErrorReport, now: Timestamp) {
        if report.source.unwrap_or_default() != Source::JavascriptSdk {
            return;
        }
        let Some(call) = self.call_hash(report) else { return };
        let mut calls = self.lock();
        let oldest = now.minus(PAGE_REPORT_WAIT * 2);
        while calls.len() >= MAX_REPORTS || calls.front().is_some_and(|(time, _)| *time < oldest) {
            calls.pop_front();
        }
        calls.push_back((now, call));
    }

    /// True if a page reported the call of this gateway report, shortly before `seen` or later.
    pub(crate) fn contain(&self, report: &ErrorReport, seen: Timestamp) -> bool {
        let Some(call) = self.call_hash(report) else { return false };
        self.lock().iter().any(|(time, reported)| *reported == call && *time >= seen.minus(PAGE_REPORT_WAIT))
    }

    /// Hashes the method and the tool, which are the same in both reports. Codes and messages may differ.
    fn call_hash(&self, report: &ErrorReport) -> Option<u64> {
        let rpc = report.rpc.as_ref();
        let text = |name: &str| report.context.as_ref().and_then(|context| context.get(name)).and_then(Json::as_str);
        let method = rpc.and_then(|rpc| rpc.method.as_deref()).or_else(|| text("method"))?;
        Some(self.hasher.hash_one((method, rpc.and_then(|rpc| rpc.tool.as_deref()))))
    }

    /// Ignores poisoning: a panic cannot leave the list half-changed.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(Timestamp, u64)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use autoheal_contract::Rpc;

    use super::*;

    fn report(source: Source, method: &str, tool: Option<&str>) -> ErrorReport {
        let rpc = Rpc { method: Some(method.to_owned()), tool: tool.map(str::to_owned), ..Rpc::default() };
        ErrorReport { source: Some(source), rpc: Some(rpc), ..ErrorReport::default() }
    }

    #[test]
    fn only_the_same_call_at_the_same_time_counts_as_reported() {
        let (reports, now) = (RecentPageReports::default(), Timestamp(1_000_000));
        reports.add(&report(Source::JavascriptSdk, "tools/call", Some("price")), now);
        reports.add(&report(Source::Cli, "tools/call", Some("order")), now);
        let reported = |tool: &str, seen| reports.contain(&report(Source::McpTool, "tools/call", Some(tool)), seen);
        assert!(reported("price", now));
        assert!(reported("price", now.minus(PAGE_REPORT_WAIT)) && reported("price", now.plus(PAGE_REPORT_WAIT)));
        assert!(!reported("price", now.plus(PAGE_REPORT_WAIT * 2)));
        assert!(!reported("order", now) && !reported("other", now));
    }
}
