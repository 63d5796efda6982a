//! Tests of the crate's public functions.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod bundles;
mod hostile;
mod judged;
