//! Tests of the store.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod behaviour;
mod call_ends;
mod erasing;
mod files;
mod hostile;
mod kills;
mod left_log;
mod limit;
mod raise;
mod repeats;
mod reports;
mod sizes;
mod source_maps;
mod stalls;
