//! Splitting of a report whose count is larger than an anonymous report may claim.

use std::borrow::Cow;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::ANONYMOUS_COUNT;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::spool::SpooledReport;

/// Maximum number of reports that one becomes. A failure counted more often is known well enough.
const MAX_SHARES: u64 = 50;

/// Splits a report into one for every [`ANONYMOUS_COUNT`] occurrences, because a receiver caps an anonymous report at that
/// count. Each gets an id derived from the first one's, so that a repeated delivery is counted once.
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
        shares.push(ErrorReport { id: Some(id_of(id, at).to_string()), count: Some(count), ..report.clone() });
    }
    shares
}

/// The reports that are sent for a spooled one; more than one if its count is capped and too large.
#[must_use]
pub fn shares(kept: &SpooledReport, is_capped: bool) -> Vec<Cow<'_, RawValue>> {
    let whole = || vec![Cow::Borrowed(&*kept.report)];
    // parse only a report with a count, because most have none and parsing costs time
    if !is_capped || !kept.report.get().contains("\"count\":") {
        return whole();
    }
    let Ok(report) = serde_json::from_str::<ErrorReport>(kept.report.get()) else { return whole() };
    if report.count.unwrap_or(1) <= ANONYMOUS_COUNT {
        return whole();
    }
    share_out(report).iter().filter_map(|share| to_raw_value(share).ok()).map(Cow::Owned).collect()
}

fn id_of(first: Uuid, at: u64) -> Uuid {
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
    fn what_one_report_becomes_is_bounded() {
        assert_eq!(share_out(counted(u64::MAX)).len(), 50);
        let nameless = ErrorReport { count: Some(1_000), ..ErrorReport::default() };
        assert_eq!(share_out(nameless.clone()), [nameless]);
    }
}
