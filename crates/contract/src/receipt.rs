//! What a sender gets back for each report, in input order.

use serde::{Deserialize, Serialize};

/// The answer to one report: `202` carries an array of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The report's own `id`, or the one the service gave it.
    pub id: String,
    /// The fingerprint the report was filed under: 32 hexadecimal digits; empty when it was rejected.
    pub fingerprint: String,
    /// What became of the report.
    pub status: ReceiptStatus,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptStatus {
    /// Counted, and durable.
    Accepted,
    /// This `id` was counted before; nothing was counted twice.
    Duplicate,
    /// Not a report the service can use; `reason` says why.
    Rejected,
}
