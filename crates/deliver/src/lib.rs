//! Delivery of this machine's reports: into a spool on disk first, then to a service, or to a store that the caller brings.
//!
//! [`deliver`] is for a program about to end, [`Reporter`] for one that goes on.

mod delivery;
mod destination;
mod place;
mod reporter;
mod share;
pub mod spool;
mod upstream;

pub use delivery::{Delivery, MAX_DELAY, Outcome, deliver, spool};
pub use destination::{Destination, Receiver, Record, Refusal};
pub use place::data_directory;
pub use reporter::Reporter;
pub use share::{share_out, shares};
pub use spool::has_spooled_reports;
