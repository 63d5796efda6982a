//! The healing pipeline behind every source: prepare a report, store it, act on it.
//!
//! [`prepare`] is pure; [`store`] is what a crash cannot take; [`worker`] is the only caller of [`github`]; [`delivery`] is
//! how a program's own reports get into a store, here or behind a service.

mod act;
pub mod compose;
pub mod decide;
pub mod github;
pub mod settings;
pub mod worker;
