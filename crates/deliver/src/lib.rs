//! Delivery of this machine's reports: first into a spool on disk, then to a service, or to a store that the caller
//! provides.
//!
//! A program that is about to end calls [`deliver`]; a program that keeps running has a [`Reporter`].

mod delivery;
mod destination;
mod known_secrets;
mod place;
mod reporter;
mod repository;
mod share;
mod source_code;
pub mod spool;
mod upstream;

pub use delivery::{Delivery, IN_USE, MAX_DELAY, Outcome, deliver, spool};
pub use destination::{Destination, REMOTE, Receiver, Record, Refusal, is_remote};
pub use known_secrets::known_secrets;
pub use place::{NO_DATA_DIRECTORY, data_directory, default_store, store_file, store_name};
pub use reporter::Reporter;
pub use repository::Repository;
pub use share::{share_out, shares};
pub use source_code::{SourceCodePolicy, add_source_code};
pub use spool::has_spooled_reports;
