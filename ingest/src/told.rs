//! What pages told of themselves lately: a call that its own page reports is no second failure of the gateway's.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use autoheal_contract::{ErrorReport, Json, Source};
use autoheal_prepare::Timestamp;

/// How long the gateway's view of a failure waits for the page's, which holds more: a page reports when it has time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
/// Most reports that are remembered.
const MOST: usize = 10_000;

/// The calls that pages reported lately.
#[derive(Debug, Default)]
pub(crate) struct Told {
    hasher: RandomState,
    calls: Mutex<VecDeque<(Timestamp, u64)>>,
}

impl Told {
    /// A page, or another client of ours, reported this.
    pub(crate) fn add(&self, report: &ErrorReport, now: Timestamp) {
        if report.source.unwrap_or_default() != Source::JavascriptSdk {
            return;
        }
        let Some(call) = self.call(report) else { return };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let old = now.minus(PATIENCE * 2);
        while calls.len() >= MOST || calls.front().is_some_and(|(at, _)| *at < old) {
            calls.pop_front();
        }
        calls.push_back((now, call));
    }

    /// Whether the page behind this failure of the gateway's told of it, shortly before or since.
    pub(crate) fn has(&self, report: &ErrorReport, seen: Timestamp) -> bool {
        let Some(call) = self.call(report) else { return false };
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().any(|(at, told)| *told == call && *at >= seen.minus(PATIENCE))
    }

    /// What both sides know of a call: the method and the tool. Codes and messages they may word differently.
    fn call(&self, report: &ErrorReport) -> Option<u64> {
        let rpc = report.rpc.as_ref();
        let text = |name: &str| report.context.as_ref().and_then(|context| context.get(name)).and_then(Json::as_str);
        let method = rpc.and_then(|rpc| rpc.method.as_deref()).or_else(|| text("method"))?;
        Some(self.hasher.hash_one((method, rpc.and_then(|rpc| rpc.tool.as_deref()))))
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
    fn only_the_same_call_at_the_same_time_is_told() {
        let (told, now) = (Told::default(), Timestamp(1_000_000));
        told.add(&report(Source::JavascriptSdk, "tools/call", Some("price")), now);
        told.add(&report(Source::Cli, "tools/call", Some("order")), now);
        let seen = |tool: &str, at: Timestamp| told.has(&report(Source::McpTool, "tools/call", Some(tool)), at);
        assert!(seen("price", now) && seen("price", now.minus(PATIENCE)) && seen("price", now.plus(PATIENCE)));
        assert!(!seen("price", now.plus(PATIENCE * 2)) && !seen("order", now) && !seen("other", now));
    }
}
