//! The data that a store takes and returns: one file per kind.

mod accepted;
mod approval;
mod change;
mod detail;
mod group;
mod intent;
mod pause;
mod sample;
mod work;

pub use accepted::Accepted;
pub use approval::{Approval, Revocation};
pub use change::Change;
pub use detail::Detail;
pub use group::{Group, GroupId, Link, Release, Status};
pub use intent::{Intent, IntentId, IntentKind, IntentState};
pub use pause::Pause;
pub use sample::Sample;
pub use work::Work;
