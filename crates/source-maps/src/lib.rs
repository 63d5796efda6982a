//! Source maps: turns positions in generated JavaScript into original ones. Pure: no I/O and no clock.
//!
//! [`check()`] judges a map as ECMA-426 does, [`Lookup::build`] makes the form that is stored, and [`Lookup::open`] reads it.

mod bad_map;
mod build;
mod check;
pub mod debug_id;
mod form;
mod functions;
pub mod limits;
mod lookup;
mod packed;
mod path;
mod vlq;

pub use bad_map::BadMap;
pub use check::check;
pub use debug_id::DebugId;
pub use lookup::{BadLookup, Function, Lookup, Original, SourceLines};
pub use packed::{pack, unpack};
pub use path::original_path;
