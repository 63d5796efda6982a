//! Healing: a known failure becomes an issue, a draft pull request, and a hand-over to a coding agent.
//!
//! [`decide()`](decide::decide) says what comes next, [`compose`] writes the text, [`worker`] carries it out and is the only
//! caller of [`github`].

pub mod compose;
pub mod decide;
pub mod github;
pub mod settings;
pub mod worker;
