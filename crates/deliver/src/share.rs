//! Splitting of a report whose count is larger than an anonymous report may claim.

use std::borrow::Cow;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::ANONYMOUS_COUNT;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::spool::SpooledReport;

/// Maximum number of shares of a report. Further occurrences are dropped, because the shares already show that the
/// failure is frequent.
const MAX_SHARES: u64 = 50;

/// Splits a report into shares of at most [`ANONYMOUS_COUNT`] occurrences, because a receiver caps the count of an
/// anonymous report. The first share keeps the report's id, and the ids of the others are derived from it, so that a
/// repeated delivery is counted once.
#[must_use]
pub fn share_out(report: ErrorReport) -> Vec<ErrorReport> {
    let mut left = report.count.unwrap_or(1);
    let id = report.id.as_deref().and_then(|id| Uuid::parse_str(id).ok());
    // without an id no split, because an id made here would differ at the next delivery
    let (Some(id), true) = (id, left > ANONYMOUS_COUNT) else { return vec![report] };
    let mut shares = Vec::new();
    for at in 0..MAX_SHARES.min(left.div_ceil(ANONYMOUS_COUNT)) {
        let count = left.min(ANONYMOUS_COUNT);
        left -= count;
        shares.push(ErrorReport { id: Some(share_id(id, at).to_string()), count: Some(count), ..report.clone() });
    }
    shares
}

/// The reports to send for a spooled report: its shares if the receiver caps the count and the count is larger than the
/// cap, else the report itself.
#[must_use]
pub fn shares(spooled: &SpooledReport, is_capped: bool) -> Vec<Cow<'_, RawValue>> {
    let whole = || vec![Cow::Borrowed(&*spooled.report)];
    // parse only a report with a count, because most have none and parsing costs time
    if !is_capped || !spooled.report.get().contains("\"count\":") {
        return whole();
    }
    let Ok(report) = serde_json::from_str::<ErrorReport>(spooled.report.get()) else { return whole() };
    if report.count.unwrap_or(1) <= ANONYMOUS_COUNT {
        return whole();
    }
    share_out(report).iter().filter_map(|share| to_raw_value(share).ok()).map(Cow::Owned).collect()
}

/// The id of the share at this index.
fn share_id(first: Uuid, at: u64) -> Uuid {
    if at == 0 {
        return first;
    }
    let digest = Sha256::new().chain_update(first.as_bytes()).chain_update(at.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn counted(count: u64) -> ErrorReport {
        let id = Some("6f2b1a52-6c47-4c49-9f0a-9a3f6f9f3a11".to_owned());
        ErrorReport { id, count: Some(count), ..ErrorReport::default() }
    }

    #[test]
    fn a_count_over_the_limit_becomes_several_reports_that_stay_the_same() {
        for count in [1, 100, 101, 250, 4_999] {
            let shares = share_out(counted(count));
            assert_eq!(shares.iter().filter_map(|share| share.count).sum::<u64>(), count);
            assert!(shares.iter().all(|share| share.count <= Some(ANONYMOUS_COUNT)), "{count}");
            let ids: BTreeSet<_> = shares.iter().map(|share| share.id.clone()).collect();
            assert_eq!(ids.len(), shares.len(), "{count}");
            assert_eq!(shares[0].id, counted(1).id, "{count}");
            assert_eq!(shares, share_out(counted(count)), "{count}");
        }
    }

    #[test]
    fn the_number_of_shares_is_limited_and_a_report_without_an_id_has_none() {
        assert_eq!(share_out(counted(u64::MAX)).len(), 50);
        let without_id = ErrorReport { count: Some(1_000), ..ErrorReport::default() };
        assert_eq!(share_out(without_id.clone()), [without_id]);
    }
}
