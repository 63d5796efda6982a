//! The data that a store takes and returns: one file per kind.

mod accepted;
mod approval;
mod change;
mod claims;
mod detail;
mod erased;
mod group;
mod health;
mod intent;
mod issue_counts;
mod maintained;
mod pause;
mod record;
mod regrouped;
mod sample;
mod source_map;
mod usage;
mod work;

pub use accepted::Accepted;
pub use approval::{Approval, Revocation};
pub use change::Change;
pub use claims::Claims;
pub use detail::Detail;
pub use erased::Erased;
pub use group::{ClientHash, Group, GroupId, IssueText, Link, Release, SampleId, Status, TextForm};
pub use health::{Health, Loss};
pub use intent::{Intent, IntentId, IntentKind, IntentState};
pub use issue_counts::IssueCounts;
pub use maintained::Maintained;
pub use pause::Pause;
pub use record::Record;
pub use regrouped::Regrouped;
pub use sample::Sample;
pub use source_map::{GeneratedFile, NewSourceMap, SourceMapId, SourceMapKey};
pub use usage::Usage;
pub use work::Work;
