//! The healing pipeline behind every source: prepare a report, store it, act on it.
//!
//! [`prepare`] is pure; [`store`] is what a crash cannot take; [`worker`] is the only caller of [`github`]; [`delivery`] is
//! how a program's own reports get into a store, here or behind a service.

mod act;
pub mod arguments;
pub mod capture;
pub mod clock;
pub mod compose;
pub mod decide;
pub mod delivery;
pub mod excerpt;
pub mod fingerprint;
pub mod github;
pub mod mcp;
pub mod memory;
pub mod normalise;
pub mod parse;
pub mod prepare;
pub mod scrub;
pub mod settings;
pub mod severity;
pub mod shell;
pub mod store;
pub mod validate;
pub mod worker;

pub use autoheal_scrub::Level as ScrubLevel;
