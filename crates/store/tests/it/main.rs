//! The stores against real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod store_story;
