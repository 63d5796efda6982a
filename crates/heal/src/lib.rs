//! Healing: a known failure becomes an issue, a draft pull request, and a hand-over to a coding agent.
//!
//! `decide` names the next step, [`compose`] writes the text, [`worker`] carries it out and is the only caller of
//! [`github`]. [`plan()`] shows the steps for a report without taking them.

pub mod compose;
mod decide;
pub mod github;
mod opening;
mod plan;
mod request_bodies;
pub mod settings;
pub mod status;
pub mod worker;
mod write;

pub use decide::NOISE;
pub use plan::{Step, plan};
