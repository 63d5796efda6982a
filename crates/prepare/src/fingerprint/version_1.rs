//! The recipe of version 1, by which stores of earlier releases grouped. Frozen, because the store finds an old group by
//! this fingerprint and gives it the new one as an alias.

mod normalise;
mod parts;
#[cfg(test)]
mod tests;

use autoheal_contract::ErrorReport;

use super::{Fingerprint, hash};
use crate::parse::Frame;

const VERSION: u32 = 1;

/// Computes the fingerprint that version 1 gave this report.
pub(super) fn fingerprint(report: &ErrorReport, frames: &[Frame]) -> Fingerprint {
    let message = normalise::normalise_message(&report.error_message);
    hash(VERSION, &parts::parts(report, frames, &message))
}
