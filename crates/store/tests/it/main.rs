//! Tests of the stores with real files.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod behaviour;
