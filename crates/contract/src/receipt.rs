//! `Receipt`: the service's response to one report. A batch gets its receipts in the order of its reports.

use serde::{Deserialize, Serialize};

/// The response to one report. The body of a `202` is an array of receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The report's `id`; if it has none, an id made by the service.
    pub id: String,
    /// The report's fingerprint in 32 hexadecimal digits; empty if it was rejected.
    pub fingerprint: String,
    /// The outcome for the report.
    pub status: ReceiptStatus,
    /// The reason for a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Outcome for one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptStatus {
    /// Counted and durably stored.
    Accepted,
    /// Its `id` was counted before. It is not counted again.
    Duplicate,
    /// The service cannot use it; see `reason`.
    Rejected,
}
